import { expect, test } from 'vitest'
import { check } from '../../../src/brokers/kafka/check.ts'
import { external, specOf } from './support.ts'

/** Settings that brokers take together only. */
const found = (body: Record<string, unknown>, more?: Parameters<typeof specOf>[1]): readonly string[] =>
  check(specOf(body, more)).map(({ path, message }) => `${path.join('.')}: ${message}`)
const config = (settings: object) => found({ config: settings })

test.each<readonly [object, string]>([
  [
    { 'group.consumer.session.timeout.ms': 1000 },
    'config.group.consumer.session.timeout.ms: group.consumer.min.session.timeout.ms (45000, unless said) may not be more than group.consumer.session.timeout.ms (1000)',
  ],
  [
    { 'group.share.max.heartbeat.interval.ms': 6000, 'group.share.heartbeat.interval.ms': 7000 },
    'config.group.share.heartbeat.interval.ms: group.share.heartbeat.interval.ms (7000) may not be more than group.share.max.heartbeat.interval.ms (6000)',
  ],
  [
    { 'connections.max.idle.ms': 50 },
    'config.connections.max.idle.ms: connection.failed.authentication.delay.ms (100, unless said) must be less than connections.max.idle.ms (50)',
  ],
  [
    { 'log.cleaner.threads': 8 },
    'config.log.cleaner.threads: log.cleaner.dedupe.buffer.size (8388608, unless said) must be more than 1MiB for each of log.cleaner.threads (8)',
  ],
  [
    { 'log.local.retention.ms': -1 },
    'config.log.local.retention.ms: it may not be more than log.retention.ms (604800000)',
  ],
  [
    { 'log.local.retention.ms': '2h', 'log.retention.hours': 1 },
    'config.log.local.retention.ms: it may not be more than log.retention.ms (3600000)',
  ],
  [
    { 'log.local.retention.bytes': 9, 'log.retention.bytes': 8 },
    'config.log.local.retention.bytes: it may not be more than log.retention.bytes (8)',
  ],
])('%j is refused', (settings, message) => {
  expect(config(settings)).toEqual([message])
})

test.each([
  { 'group.consumer.session.timeout.ms': 1000, 'group.consumer.min.session.timeout.ms': 1000 },
  { 'connections.max.idle.ms': -1 },
  { 'log.cleaner.threads': 8, 'log.cleaner.dedupe.buffer.size': '9MiB' },
  { 'log.local.retention.ms': '1h' },
  { 'log.local.retention.ms': -1, 'log.retention.ms': -1 },
  { 'log.local.retention.bytes': 9 },
])('%j is taken', (settings) => {
  expect(config(settings)).toEqual([])
})

test('of one broker, what all have counts; of a cluster that somebody else built, what Kafka has', () => {
  const threads = { config: { 'log.cleaner.threads': 8 } }
  expect(found({ members: 1, brokers: { 1: threads } })).toEqual([
    expect.stringMatching(/^brokers\.1\.config\.log\.cleaner\.threads: log\.cleaner\.dedupe\.buffer\.size \(8388608/),
  ])
  const roomy = { 'log.cleaner.dedupe.buffer.size': '9MiB' }
  expect(found({ members: 1, config: roomy, brokers: { 1: threads } })).toEqual([])
  expect(found(threads, external)).toEqual([])
})
