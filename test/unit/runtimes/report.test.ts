import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { install } from '../../../src/runtimes/cache.ts'
import { createRuntimes } from '../../../src/runtimes/index.ts'
import { pinned } from '../../../src/runtimes/versions.ts'
import { fakeJava } from './support/java.ts'
import { cacheIn, file, options, rejection, scratch, sh } from './support/scratch.ts'

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
  const report = () => createRuntimes({ cache: folder, env }).report({ whole: true })
  const about = async (software: string) => (await report()).filter((r) => r.software === software)
  return { folder, env, put, report, about }
}

test('an empty machine: the newest of each is missing, and so is Java; what else is pinned can be had', async () => {
  const { report, about } = await machine()
  const brokers = (await report()).filter((r) => r.software !== 'java')
  expect(brokers.map((r) => r.version)).toEqual([...pinned('kafka'), ...pinned('nats'), ...pinned('rabbitmq')])
  for (const software of ['kafka', 'nats', 'rabbitmq'] as const) {
    const states = brokers.filter((r) => r.software === software).map((r) => r.state)
    expect(states).toEqual([
      'missing',
      ...pinned(software)
        .slice(1)
        .map(() => 'available'),
    ])
  }
  for (const { software, version, mend } of brokers) expect(mend).toBe(`mqops doctor --install ${software}@${version}`)
  expect(await about('java')).toEqual([
    expect.objectContaining({ state: 'missing', mend: 'mqops doctor --install kafka' }),
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
  ['a key file is gone', 'bin/nats-server', null, 'is gone'],
  ['any other file is gone', 'other', null, 'holds 5 bytes where 8 were installed'],
  ['a byte is another one', 'other', '679', 'differ from those that were installed'],
])('what is damaged: %s', async (_, name, content, problem) => {
  const { put, about } = await machine()
  const { folder } = await put('9.9.9')
  if (content === null) await rm(join(folder, name))
  else await writeFile(join(folder, name), content)
  const [nats] = await about('nats')
  expect(nats).toMatchObject({ state: 'broken', mend: 'mqops doctor --install nats@9.9.9' })
  expect(nats?.problem).toContain(problem)
})

test('damage that only a full reading finds: left alone by a start, installed afresh by a repair', async () => {
  const { put, env, folder: base } = await machine()
  const { folder } = await put('9.9.9')
  await writeFile(join(folder, 'other'), '679')
  const runtimes = createRuntimes({ cache: base, env })
  const wish = { software: 'nats', version: '9.9.9', allowPath: false } as const
  expect((await runtimes.ensure(wish, options())).version).toBe('9.9.9')
  // nothing that it could be installed from here: but it was tried, and what is damaged is no longer used
  const error = await rejection(runtimes.ensure(wish, { ...options(), repair: true }))
  expect(error).toMatchObject({ code: 'MQOPS_RUNTIME_NO_SOURCE' })
  expect(await runtimes.installed(wish)).toBeNull()
})

test('what is on PATH, its version from its own mouth', async () => {
  const { folder, env, about } = await machine()
  const path = await sh(join(folder, 'path/nats-server'), 'echo "nats-server: v2.7.1"')
  const start = await sh(join(folder, 'kafka/bin/kafka-server-start.sh'), '')
  await file(join(folder, 'kafka/libs/kafka_2.13-4.0.1.jar'), '')
  env['PATH'] += `:${join(folder, 'kafka/bin')}`
  expect(await about('nats')).toContainEqual({
    software: 'nats',
    version: '2.7.1',
    state: 'on-path',
    from: `PATH: ${path}`,
  })
  expect(await about('kafka')).toContainEqual({
    software: 'kafka',
    version: '4.0.1',
    state: 'on-path',
    from: `PATH: ${start}`,
  })
})

test('Java: the one that Kafka gets, and those that are too old', async () => {
  const { folder, env, about } = await machine()
  await fakeJava(join(folder, 'old'), '11.0.1')
  await fakeJava(join(folder, 'new'), '21.0.1')
  Object.assign(env, { JAVA_HOME: join(folder, 'old'), PATH: join(folder, 'new/bin') })
  expect(await about('java')).toEqual([
    expect.objectContaining({ version: '11.0.1', state: 'on-path', from: expect.stringContaining('older than 17') }),
    expect.objectContaining({ version: '21.0.1', state: 'on-path' }),
  ])
})
