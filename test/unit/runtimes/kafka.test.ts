import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { findKafka, installKafka, readyKafka } from '../../../src/runtimes/kafka.ts'
import type { Installation } from '../../../src/runtimes/types.ts'
import { type KafkaLock, pinned } from '../../../src/runtimes/versions.ts'
import { fakeJava } from './support/java.ts'
import { bytes, repository, sha256 } from './support/repository.ts'
import { cacheIn, options, rejection, scratch } from './support/scratch.ts'
import { zip } from './support/zip.ts'

const VERSION = pinned('kafka')[0] ?? ''
const never = new AbortController().signal
const JARS: Record<string, { content: Buffer; sets: string[] }> = {
  'org/apache/kafka/kafka_2.13/9/kafka_2.13-9.jar': { content: zip({ 'kafka/Kafka.class': 'x' }), sets: ['broker'] },
  'org/apache/kafka/kafka-tools/9/kafka-tools-9.jar': {
    content: zip({ 'org/apache/kafka/tools/TopicCommand.class': 'x', 'kafka/tools/StorageTool.class': 'x' }),
    sets: ['tools'],
  },
  'org/example/lib/1/lib-1.jar': { content: bytes(300_000), sets: ['broker', 'tools'] },
}
const LOCK: KafkaLock = {
  version: VERSION,
  jars: Object.entries(JARS).map(([path, { content, sets }]) => ({
    path,
    size: content.length,
    sha256: sha256(content),
    sets,
  })),
}
const LIB = '/org/example/lib/1/lib-1.jar'

async function machine() {
  const folder = scratch()
  const server = await repository(Object.fromEntries(Object.entries(JARS).map(([path, j]) => [`/${path}`, j.content])))
  await fakeJava(join(folder, 'java'), '21.0.1')
  const env = { HOME: folder, PATH: join(folder, 'java/bin'), MQOPS_MAVEN_REPOSITORY: server.url }
  const cache = cacheIn(folder, env)
  const get = (o = options()) => installKafka(cache, VERSION, o, [LOCK])
  const find = () => findKafka(cache, VERSION, never)
  return { folder, server, cache, env, get, find }
}

test('it is installed from a Maven repository, and found again without it', async () => {
  const { server, get, find } = await machine()
  const said = options()
  const found = await get(said)
  expect(found).toMatchObject({ software: 'kafka', version: VERSION })
  expect(found.from).toContain('Maven jars; Java 21.0.1')
  const total = LOCK.jars.reduce((sum, j) => sum + j.size, 0)
  expect(said.said.at(-1)).toEqual({ part: `kafka ${VERSION} jars`, doneBytes: total, totalBytes: total })
  await server.close()
  server.asked.splice(0)
  expect(await find()).toEqual(found)
  expect(await get()).toEqual(found)
  expect(server.asked).toEqual([])
})

test('a jar that breaks off is resumed, an altered one fetched again', async () => {
  const { server, get } = await machine()
  server.fail(LIB, { breakAfter: 100_000 })
  server.fail('/org/apache/kafka/kafka_2.13/9/kafka_2.13-9.jar', { alter: true })
  await get()
  expect(server.asked.filter((a) => a.path === LIB).map((a) => a.range !== undefined)).toEqual([false, true])
})

test('a jar altered twice: nothing is installed, the error names it', async () => {
  const { server, get, find } = await machine()
  server.fail(LIB, { alter: true }, { alter: true })
  const error = await rejection(get())
  expect(error).toMatchObject({ code: 'MQOPS_RUNTIME_CHECKSUM' })
  expect(error.message).toContain('lib-1.jar')
  expect(await find()).toBeNull()
})

test('no network and a cold cache: what was tried, and the setting that mends it', async () => {
  const { server, get } = await machine()
  await server.close()
  const error = await rejection(get())
  expect(error).toMatchObject({ code: 'MQOPS_RUNTIME_NO_NETWORK', retryable: true })
  expect(error.message).toContain(`kafka ${VERSION} is not in the cache`)
  expect((error['failure'] as { detail: string }).detail).toContain(server.url)
  expect(error['hint']).toContain('MQOPS_MAVEN_REPOSITORY')
})

test('a damaged installation is made again from the jars that are here, without the network', async () => {
  const { server, get, find, cache } = await machine()
  await get()
  await server.close()
  await rm(join(cache.root, 'kafka', VERSION, 'libs/kafka-tools-9.jar'))
  expect(await rejection(find())).toMatchObject({ code: 'MQOPS_RUNTIME_BROKEN' })
  await get()
  expect(await find()).not.toBeNull()
})

test('jars are shared, not copied', async () => {
  const { get, cache } = await machine()
  const { bin } = await get()
  const [lib] = LOCK.jars.filter((j) => LIB.endsWith(j.path))
  const [one, two] = await Promise.all([
    stat(join(bin, '../libs/lib-1.jar')),
    stat(join(cache.root, 'blobs', lib?.sha256 ?? '')),
  ])
  expect(one.ino).toBe(two.ino)
})

describe('its commands', () => {
  const call = async (kafka: Installation, command: string, args: string[], env: Record<string, string> = {}) => {
    const { stdout } = await promisify(execFile)(join(kafka.bin, command), args, {
      env: { PATH: '', ...kafka.env, ...env },
    })
    return stdout.trim().split('\n')
  }

  test('are those whose classes this version has', async () => {
    const { get } = await machine()
    expect((await readdir((await get()).bin)).sort()).toEqual(['kafka-server-start', 'kafka-storage', 'kafka-topics'])
  })

  test('start the broker with its own jars, fast, with a logger, arguments kept apart', async () => {
    const { get } = await machine()
    const kafka = await get()
    const libs = join(kafka.bin, '../libs')
    const [, ...args] = await call(kafka, 'kafka-server-start', ['my server.properties', '--override', 'a=b'])
    expect(args).toEqual([
      '-Xms64m',
      '-Xmx256m',
      '-XX:TieredStopAtLevel=1',
      '-XX:+UseSerialGC',
      `-Dlog4j2.configurationFile=${join(kafka.bin, '../log4j2.properties')}`,
      '-cp',
      `${libs}/kafka_2.13-9.jar:${libs}/lib-1.jar`,
      'kafka.Kafka',
      'my server.properties',
      '--override',
      'a=b',
    ])
  })

  test('take heap, flags and logger from the environment', async () => {
    const { get } = await machine()
    const env = {
      KAFKA_HEAP_OPTS: '-Xmx1g',
      KAFKA_JVM_OPTS: '',
      KAFKA_OPTS: '-javaagent:x.jar',
      KAFKA_LOG4J_CONFIG: '/l.properties',
    }
    const [, ...args] = await call(await get(), 'kafka-server-start', [], env)
    expect(args.slice(0, 3)).toEqual(['-Xmx1g', '-javaagent:x.jar', '-Dlog4j2.configurationFile=/l.properties'])
  })

  test('give tools all jars, the broker’s first, and a heap of their own', async () => {
    const { get } = await machine()
    const kafka = await get()
    const args = await call(kafka, 'kafka-topics', ['--list'], { KAFKA_HEAP_OPTS: '-Xmx8g' })
    expect(args).not.toContain('-Xmx8g')
    expect(args).toContain(
      ['kafka_2.13-9', 'lib-1', 'kafka-tools-9'].map((j) => join(kafka.bin, `../libs/${j}.jar`)).join(':'),
    )
    expect(args.slice(-2)).toEqual(['org.apache.kafka.tools.TopicCommand', '--list'])
  })

  test('become the Java process: its pid is the broker’s', async () => {
    const { get } = await machine()
    const kafka = await get()
    const child = spawn(join(kafka.bin, 'kafka-server-start'), [], {
      env: { PATH: '', ...kafka.env },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const [out] = await once(child.stdout, 'data')
    expect(String(out)).toContain(`pid ${child.pid}\n`)
  })

  test('work wherever the folder is', async () => {
    const { get, folder } = await machine()
    const kafka = await get()
    await rename(join(kafka.bin, '..'), join(folder, 'else where'))
    const args = await call({ ...kafka, bin: join(folder, 'else where/bin') }, 'kafka-topics', [])
    expect(args.join()).toContain(join(folder, 'else where/libs/lib-1.jar'))
  })

  test('use a class archive that is there, and do without one that is not', async () => {
    const { get, folder } = await machine()
    const kafka = await get()
    const archive = join(folder, 'a.jsa')
    const without = await call(kafka, 'kafka-topics', [], { MQOPS_KAFKA_CDS: archive })
    expect(without.join()).not.toContain('SharedArchiveFile')
    await writeFile(archive, '')
    expect(await call(kafka, 'kafka-topics', [], { MQOPS_KAFKA_CDS: archive })).toContain(
      `-XX:SharedArchiveFile=${archive}`,
    )
  })
})

describe('the archive of its classes', () => {
  /** Writes the archive when it is ended, and listens meanwhile, as a broker does. */
  const BROKER = `PATH=${process.execPath.replace(/\/node$/, '')}:/usr/bin:/bin
echo start >> ../starts
exec node -e '
const [port] = /:(\\d+),/.exec(require("fs").readFileSync("server.properties", "utf8")).slice(1)
const server = require("net").createServer().listen(port, "127.0.0.1")
process.on("SIGTERM", () => { require("fs").writeFileSync("classes.jsa", "classes"); process.exit(143) })' -- "$@"`

  test('is made once for each Java', async () => {
    const { get, folder, cache } = await machine()
    await fakeJava(join(folder, 'java'), '21.0.1', BROKER)
    const kafka = await get()
    await readyKafka(cache, kafka, options())
    await readyKafka(cache, kafka, options())
    const cds = join(cache.root, 'cds')
    expect(kafka.env['MQOPS_KAFKA_CDS']).toBe(join(cds, `kafka-${VERSION}-java-21.0.1.jsa`))
    expect(await readFile(kafka.env['MQOPS_KAFKA_CDS'] ?? '', 'utf8')).toBe('classes')
    expect(await readFile(join(cds, 'starts'), 'utf8')).toBe('start\n')
    await fakeJava(join(folder, 'java'), '21.0.2', BROKER)
    await readyKafka(cache, await get(), options())
    expect(await readFile(join(cds, 'starts'), 'utf8')).toBe('start\nstart\n')
    expect((await readdir(cds)).filter((n) => n.startsWith('making-'))).toEqual([])
  })

  test('that can’t be made is said once, and is no failure', async () => {
    const { get, folder, cache } = await machine()
    await fakeJava(join(folder, 'java'), '21.0.1', 'exit 3')
    const kafka = await get()
    const [first, second] = [options(), options()]
    await readyKafka(cache, kafka, first)
    await readyKafka(cache, kafka, second)
    expect(first.said.at(-1)?.note).toContain('the broker ended with 3')
    expect(second.said).toEqual([])
  })
})
