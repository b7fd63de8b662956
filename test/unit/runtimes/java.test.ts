import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ensureJava, findJava, major } from '../../../src/runtimes/java.ts'
import { fakeJava } from './support/java.ts'
import { cacheIn, options, rejection, scratch, sh } from './support/scratch.ts'

const never = new AbortController().signal

test.each([
  ['17.0.15', 17],
  ['25', 25],
  ['21-ea', 21],
  ['1.8.0_402', 8],
])('%s is a Java %d', (version, number) => expect(major(version)).toBe(number))

test('JAVA_HOME comes before PATH', async () => {
  const folder = scratch()
  await fakeJava(join(folder, 'home'), '21.0.1')
  await fakeJava(join(folder, 'path'), '17.0.1')
  const env = { HOME: folder, JAVA_HOME: join(folder, 'home'), PATH: join(folder, 'path/bin') }
  expect(await findJava(cacheIn(folder, env), never)).toMatchObject({
    version: '21.0.1',
    path: join(folder, 'home/bin/java'),
  })
})

test('one that is too old is passed over', async () => {
  const folder = scratch()
  await fakeJava(join(folder, 'home'), '11.0.2')
  await fakeJava(join(folder, 'path'), '17.0.1')
  const env = { HOME: folder, JAVA_HOME: join(folder, 'home'), PATH: join(folder, 'path/bin') }
  expect((await findJava(cacheIn(folder, env), never))?.version).toBe('17.0.1')
})

test('without a release file it is asked', async () => {
  const folder = scratch()
  await sh(join(folder, 'bin/java'), 'echo \'openjdk version "23.0.1" 2024-10-15\' >&2')
  expect((await findJava(cacheIn(folder, { PATH: join(folder, 'bin') }), never))?.version).toBe('23.0.1')
})

test('a JAVA_HOME that is not there counts as none', async () => {
  const folder = scratch()
  expect(await findJava(cacheIn(folder, { PATH: '', JAVA_HOME: join(folder, 'no') }), never)).toBeNull()
})

test('none at all, and no way to get one: says what Kafka needs', async () => {
  const folder = scratch()
  const error = await rejection(ensureJava(cacheIn(folder), options()))
  expect(error).toMatchObject({ code: 'MQOPS_RUNTIME_NO_SOURCE' })
  expect(error.message).toContain('Kafka needs Java 17')
  expect(error['hint']).toContain('JAVA_HOME')
})
