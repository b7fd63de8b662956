import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { install } from '../../../src/runtimes/cache.ts'
import { createRuntimes } from '../../../src/runtimes/index.ts'
import { pinned } from '../../../src/runtimes/versions.ts'
import { fakeJava } from './support/java.ts'
import { cacheIn, file, options, scratch, sh } from './support/scratch.ts'

async function machine() {
  const folder = scratch()
  const env: NodeJS.ProcessEnv = { PATH: join(folder, 'path'), HOME: folder }
  const put = (version: string) =>
    install(
      cacheIn(folder, env),
      {
        thing: 'nats',
        version,
        neededBytes: 1,
        build: async (at) => {
          await file(join(at, 'bin/nats-server'), '12345')
          await file(join(at, 'other'), '678')
          return { source: 'a test', key: ['bin/nats-server'] }
        },
      },
      options(),
    )
  const report = () => createRuntimes({ cache: folder, env }).report()
  const about = async (software: string) => (await report()).filter((r) => r.software === software)
  return { folder, env, put, report, about }
}

test('an empty machine: all that is pinned is missing, and so is Java', async () => {
  const { report, about } = await machine()
  const brokers = (await report()).filter((r) => r.software !== 'java')
  expect(brokers.map((r) => r.version)).toEqual([...pinned('kafka'), ...pinned('nats'), ...pinned('rabbitmq')])
  expect(brokers.every((r) => r.state === 'missing' && r.mend !== undefined)).toBe(true)
  expect(await about('java')).toEqual([
    expect.objectContaining({ state: 'missing', mend: expect.stringContaining('JAVA_HOME') }),
  ])
})

test('what is installed: pinned or not, with its bytes and where it came from', async () => {
  const { put, about } = await machine()
  await put('9.9.9')
  expect((await about('nats'))[0]).toEqual({
    software: 'nats',
    version: '9.9.9',
    state: 'installed',
    from: 'cache: a test',
    bytes: 8,
  })
})

test.each([
  ['a key file', 'bin/nats-server', 'is gone'],
  ['any other file', 'other', 'holds 5 bytes where 8 were installed'],
])('what is damaged: %s', async (_, name, problem) => {
  const { put, about } = await machine()
  const { folder } = await put('9.9.9')
  await rm(join(folder, name))
  const [nats] = await about('nats')
  expect(nats).toMatchObject({ state: 'broken', mend: `rm -r ${folder}` })
  expect(nats?.problem).toContain(problem)
})

test('what is on PATH, its version from its own mouth', async () => {
  const { folder, about } = await machine()
  const path = await sh(join(folder, 'path/nats-server'), 'echo "nats-server: v2.7.1"')
  await sh(join(folder, 'path/kafka-server-start.sh'), '')
  expect(await about('nats')).toContainEqual({
    software: 'nats',
    version: '2.7.1',
    state: 'on-path',
    from: `PATH: ${path}`,
  })
  expect(await about('kafka')).toContainEqual(expect.objectContaining({ state: 'on-path' }))
})

test('Java: the one that Kafka gets, and those that are too old', async () => {
  const { folder, env, about } = await machine()
  await fakeJava(join(folder, 'old'), '11.0.1')
  await fakeJava(join(folder, 'new'), '21.0.1')
  Object.assign(env, { JAVA_HOME: join(folder, 'old'), PATH: join(folder, 'new/bin') })
  expect(await about('java')).toEqual([
    expect.objectContaining({ version: '11.0.1', state: 'broken', problem: 'older than 17' }),
    expect.objectContaining({ version: '21.0.1', state: 'on-path' }),
  ])
})
