import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { install } from '../../../src/runtimes/cache.ts'
import { createRuntimes } from '../../../src/runtimes/index.ts'
import { kafkaHome, kafkaOnMachine } from '../../../src/runtimes/kafka-path.ts'
import { fakeJava } from './support/java.ts'
import { cacheIn, file, options, scratch, sh } from './support/scratch.ts'
import { zip } from './support/zip.ts'

async function machine() {
  const folder = scratch()
  const path = join(folder, 'path')
  const env: NodeJS.ProcessEnv = { PATH: path, HOME: folder }
  const cache = cacheIn(folder, env)
  const put = (version: string) =>
    install(
      cache,
      {
        thing: 'nats',
        version,
        neededBytes: 1,
        build: async (at) => {
          await file(join(at, 'bin/nats-server'), version)
          return { source: 'a test', key: ['bin/nats-server'] }
        },
      },
      options(),
    )
  const runtimes = createRuntimes({ cache: folder, env })
  return { folder, path, env, cache, put, runtimes }
}
const nats = (version: string, allowPath: boolean) => ({ software: 'nats', version, allowPath }) as const

describe('what is on PATH', () => {
  test('comes before the cache where the spec allows it and its version fits', async () => {
    const { path, put, runtimes } = await machine()
    await put('2.11.0')
    await sh(join(path, 'nats-server'), 'echo "nats-server: v2.11.4"')
    const own = { software: 'nats', version: '2.11.4', from: `PATH: ${join(path, 'nats-server')}`, bin: path, env: {} }
    expect(await runtimes.installed(nats('2.11', true))).toEqual(own)
    expect(await runtimes.ensure(nats('2.11', true), options())).toEqual(own)
    expect((await runtimes.installed(nats('2.11', false)))?.from).toBe('cache: a test')
  })

  test.each([
    ['another version', 'echo "nats-server: v2.9.1"', /PATH: .*nats-server is version 2\.9\.1: the pinned one is used/],
    ['nothing of its kind', null, /no nats on PATH: the pinned one is used/],
    ['one that does not run', 'exit 1', /no nats on PATH/],
  ])('%s: the cache is used, and it is said why', async (_, script, note) => {
    const { path, put, runtimes } = await machine()
    await put('2.11.0')
    if (script !== null) await sh(join(path, 'nats-server'), script)
    const said = options()
    expect((await runtimes.ensure(nats('2.11', true), said)).from).toBe('cache: a test')
    expect(said.said.map((p) => p.note)).toEqual([expect.stringMatching(note)])
  })
})

describe('a Kafka of one’s own', () => {
  async function kafka(folder: string, version = '4.3.1') {
    const home = join(folder, `kafka_2.13-${version}`)
    const start = await sh(join(home, 'bin/kafka-server-start.sh'), 'exit 1')
    await file(join(home, `libs/kafka_2.13-${version}.jar`), zip({ 'kafka/Kafka.class': 'x' }))
    await file(join(home, 'libs/other.jar'), 'jar')
    return { home, start }
  }

  test.each(['PATH', 'KAFKA_HOME'])('is found by %s, and run by our scripts over its jars', async (by) => {
    const { folder, env, cache } = await machine()
    const { home, start } = await kafka(folder)
    await fakeJava(join(folder, 'java'), '21.0.1')
    Object.assign(env, { PATH: join(folder, 'java/bin') + (by === 'PATH' ? `:${join(home, 'bin')}` : '') })
    if (by === 'KAFKA_HOME') env['KAFKA_HOME'] = home
    expect(await kafkaOnMachine(cache, '4.2')).toBeNull()
    const found = await (await kafkaOnMachine(cache, '4.3'))?.use(options())
    expect(found).toMatchObject({ software: 'kafka', version: '4.3.1' })
    expect(found?.from).toContain(by === 'PATH' ? `PATH: ${start}` : `KAFKA_HOME: ${home}`)
    expect(found?.env['MQOPS_KAFKA_CDS']).toMatch(/kafka-4\.3\.1-[0-9a-f]{12}-java-21\.0\.1\.jsa$/)
    // asked again, nothing is made anew
    expect(await (await kafkaOnMachine(cache, '4.3'))?.use(options())).toEqual(found)
  })

  test('a folder without its jars is none', async () => {
    const { folder } = await machine()
    await mkdir(join(folder, 'libs'))
    expect(await kafkaHome({ KAFKA_HOME: folder, PATH: '' })).toBeNull()
  })
})
