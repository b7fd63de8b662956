import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { createRuntimes } from '../../../src/runtimes/index.ts'
import { fits, KAFKA, NATS, newestFirst, pinned, RABBITMQ, resolve } from '../../../src/runtimes/versions.ts'
import { options, rejection, scratch } from './support/scratch.ts'

test.each([
  ['4.3.1', '4.3.1', true],
  ['4.3.1', '4.3', true],
  ['4.3.1', '4', true],
  ['4.30.1', '4.3', false],
  ['4.3.10', '4.3.1', false],
  ['4.3', '4.3.1', false],
  ['1.2.3', '', true],
])('%s for a wish of %s: %s', (version, wish, yes) => expect(fits(version, wish)).toBe(yes))

test('newest first, by number and not by letter', () => {
  expect(['4.9.0', '4.10.0', '4.9.12', '3.99.0', '4.9'].sort(newestFirst)).toEqual([
    '4.10.0',
    '4.9.12',
    '4.9.0',
    '4.9',
    '3.99.0',
  ])
})

describe.each(['kafka', 'nats', 'rabbitmq'] as const)('%s', (software) => {
  test('has at least two versions side by side, newest first', () => {
    const versions = pinned(software)
    expect(versions.length).toBeGreaterThanOrEqual(2)
    expect(versions).toEqual(versions.toSorted(newestFirst))
  })

  test('a wish resolves to the newest that fits', () => {
    const newest = pinned(software)[0] ?? ''
    expect(resolve(software, newest.split('.')[0] ?? '')).toBe(newest)
    expect(resolve(software, newest)).toBe(newest)
    expect(resolve(software, '0.1')).toBeUndefined()
  })

  const ensure = async (version: string) => {
    const folder = scratch()
    const runtimes = createRuntimes({ cache: folder, env: { PATH: '', HOME: folder } })
    return await rejection(runtimes.ensure({ software, version, allowPath: true }, options()))
  }

  test.each(['latest', '4.3.1; rm', '../x', ''])('what is no version is refused at once: %s', async (version) => {
    const error = await ensure(version)
    expect(error).toMatchObject({ code: 'MQOPS_RUNTIME_VERSION' })
    expect(error['hint']).toContain(pinned(software)[0])
  })

  test('a version that nobody has is an error of ours', async () => {
    const codes = ['MQOPS_RUNTIME_VERSION', 'MQOPS_RUNTIME_NO_SOURCE']
    expect(codes).toContain((await ensure('0.1.2'))['code'])
  })
})

describe('the locks', () => {
  const SHA256 = /^[0-9a-f]{64}$/
  const files = (pin: { files: object }) => Object.values(pin.files) as { sha256: string }[]

  test('pin every file', () => {
    for (const { jars } of KAFKA) for (const jar of jars) expect(jar.sha256).toMatch(SHA256)
    for (const pin of NATS) for (const file of files(pin)) expect(file.sha256).toMatch(SHA256)
    for (const pin of RABBITMQ) {
      expect(Object.keys(pin.sha256)).toContain('rabbitmq-server')
      for (const sum of Object.values(pin.sha256)) expect(sum).toMatch(SHA256)
    }
  })

  test('give Kafka a broker, tools and a logger', () => {
    for (const { version, jars } of KAFKA) {
      const broker = jars.filter((j) => j.sets.includes('broker')).map((j) => j.path)
      expect(broker).toContain(`org/apache/kafka/kafka_2.13/${version}/kafka_2.13-${version}.jar`)
      expect(broker.some((p) => p.includes('/log4j-slf4j-impl/'))).toBe(true)
      expect(jars.map((j) => j.path)).toContain(`org/apache/kafka/kafka-tools/${version}/kafka-tools-${version}.jar`)
      expect(new Set(jars.map((j) => j.path.split('/').at(-1))).size).toBe(jars.length)
    }
  })
})

test('no file of this room names a registry: the machine’s own clients know them', () => {
  const room = new URL('../../../src/runtimes/', import.meta.url)
  const names = readdirSync(room, { recursive: true, encoding: 'utf8' }).filter((n) => /\.(ts|json)$/.test(n))
  expect(names.length).toBeGreaterThan(20)
  for (const name of names) expect(readFileSync(new URL(name, room), 'utf8'), name).not.toMatch(/https?:\/\/[\w-]+\.\w/)
})
