import { expect, test } from 'vitest'
import { BROKER_SETTINGS } from '../../../src/brokers/kafka/broker-settings.ts'
import { propertyLine } from '../../../src/brokers/kafka/properties.ts'
import {
  canonicalSetting,
  ownedBecause,
  parseSettings,
  problemOf,
  scalar,
} from '../../../src/brokers/kafka/settings.ts'
import { closest } from '../../../src/brokers/kafka/suggest.ts'
import { TOPIC_SETTINGS } from '../../../src/brokers/kafka/topic-settings.ts'

test('the tables are read as they are written', () => {
  const table = parseSettings('\na int cluster 1..9|-1\nb double static 0..1\nc list x|y\nd long\n')
  expect(table).toEqual({
    a: { type: 'int', mode: 'cluster', min: 1, max: 9, also: -1 },
    b: { type: 'double', mode: 'static', min: 0, max: 1 },
    c: { type: 'list', mode: 'static', oneOf: ['x', 'y'] },
    d: { type: 'long', mode: 'static' },
  })
})

test("Kafka's tables: what is changed while running and what takes a restart", () => {
  expect(BROKER_SETTINGS['log.retention.ms']?.mode).toBe('cluster')
  expect(BROKER_SETTINGS['message.max.bytes']?.mode).toBe('cluster')
  expect(BROKER_SETTINGS['num.partitions']?.mode).toBe('static')
  expect(TOPIC_SETTINGS['retention.ms']).toMatchObject({ type: 'long', min: -1 })
  // Kafka says 4, and then no broker can make the topic's log.
  expect(TOPIC_SETTINGS['segment.index.bytes']).toMatchObject({ min: 12 })
  expect(BROKER_SETTINGS['log.index.size.max.bytes']).toMatchObject({ min: 12 })
  const owned = [...Object.keys(BROKER_SETTINGS), ...Object.keys(TOPIC_SETTINGS)].filter(
    (name) => ownedBecause(name) !== null,
  )
  expect(owned).toEqual([])
  const types = new Set(Object.values({ ...BROKER_SETTINGS, ...TOPIC_SETTINGS }).map((setting) => setting.type))
  expect([...types].sort()).toEqual(['boolean', 'double', 'int', 'list', 'long', 'short', 'string'])
})

test('one form for what people write and what the broker says', () => {
  expect([scalar('1'), scalar('0.50'), scalar('true'), scalar('zstd'), scalar(3)]).toEqual([1, 0.5, true, 'zstd', 3])
  expect(scalar('9223372036854775807')).toBe('9223372036854775807')
  expect(canonicalSetting('cleanup.policy', 'delete, compact', TOPIC_SETTINGS)).toBe('compact,delete')
  expect(canonicalSetting('compression.type', 'zstd', TOPIC_SETTINGS)).toBe('zstd')
  expect(canonicalSetting('log.cleaner.io.max.bytes.per.second', '1.0E300', BROKER_SETTINGS)).toBe(1e300)
})

test('properties are escaped as java.util.Properties reads them', () => {
  expect(propertyLine('a', 'x=y:z#!')).toBe('a=x=y:z#!')
  expect(propertyLine('a', 'C:\\x')).toBe('a=C:\\\\x')
  expect(propertyLine('a', 'one\ntwo=three')).toBe('a=one\\ntwo=three')
  expect(propertyLine('a', ' é')).toBe('a=\\ \\u00e9')
  expect(propertyLine('a b=c', '1')).toBe('a\\ b\\=c=1')
})

test('the nearest name is suggested only when it is near', () => {
  expect(closest('retention.msec', ['retention.ms', 'segment.ms'])).toBe('retention.ms')
  expect(closest('something.else', ['retention.ms'])).toBeNull()
  expect(closest('x', [])).toBeNull()
})

test('a fraction is told from a number that YAML can not hold', () => {
  const whole = { type: 'long', mode: 'static' } as const
  expect(problemOf(whole, 1.5)).toBe('must be a whole number')
  expect(problemOf(whole, 2 ** 63)).toBe('is no exact whole number here: write it in quotes')
})
