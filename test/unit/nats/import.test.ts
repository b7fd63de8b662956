import { expect, test } from 'vitest'
import { bucketOf } from '../../../src/brokers/nats/import.ts'
import { nats } from '../../../src/brokers/nats/index.ts'
import { normalConsumer } from '../../../src/brokers/nats/kinds/consumer-config.ts'
import { normalStream, type StreamValue } from '../../../src/brokers/nats/kinds/stream-config.ts'
import type { JsonObject } from '../../../src/model/json.ts'
import { sayable } from '../../../src/operations/import/sayable.ts'
import { specOf } from './support.ts'

const stream = (name: string, config: JsonObject) => ({
  kind: 'stream',
  key: ['A', name],
  value: {
    config: normalStream({ num_replicas: 3, duplicate_window: 120_000_000_000, ...config }),
    messages: 0,
    bytes: 0,
  },
})
const consumer = (name: string, config: JsonObject) => ({
  kind: 'consumer',
  key: ['A', 'S', name],
  value: {
    config: normalConsumer({ ...PULLED, ...config }),
    retention: 'limits',
    pending: 0,
    delivered: 0,
    paused: false,
  },
})
const PULLED = { ack_wait: 30_000_000_000, max_ack_pending: 1000, max_waiting: 512 }

test('what a spec may not say is left with the reason, and what stands on it: the file can be loaded', () => {
  const seen = [
    stream('S', { subjects: ['s'] }),
    stream('nb\u00a0sp', { subjects: ['n'] }),
    stream('ctl\u0001', { subjects: ['c'] }),
    stream('COPY', { sources: [{ name: 'nb\u00a0sp' }], duplicate_window: 0 }),
    consumer('c', {}),
    consumer('v\u000btab', {}),
    consumer('slow', { backoff: [1_000_000_000, 1_500_000], ack_wait: 1_000_000_000 }),
  ]
  const { fields, left } = sayable(nats, seen, { spec: specOf({}), generated: new Set() })
  expect(fields).toEqual({
    accounts: {
      A: { users: {}, kv: {}, objects: {}, streams: { S: { subjects: ['s'], consumers: { c: {} } } } },
    },
  })
  expect(left.map(({ key, why }) => `${key.at(-1)}: ${why}`).sort()).toEqual([
    expect.stringMatching(/^COPY: stream\/A\/nb.* is left out, and it can't be there without that/),
    expect.stringMatching(/^ctl\u0001: .* control characters/),
    expect.stringMatching(/^nb\u00a0sp: /),
    'slow: it has settings that a spec of this version can not say: backoff',
    expect.stringMatching(/^v\u000btab: /),
  ])
})

test('a bucket may have been given its sources later: it keeps the duplicate window that it began with', () => {
  const { config } = nats.kinds
    .filter(({ name }) => name === 'kv')
    .flatMap((kind) => kind.desired(specOf({ accounts: { A: { kv: { b: { sources: [{ bucket: 'a' }] } } } } })))
    .map(({ value }) => ({ config: value as StreamValue }))[0] as { config: StreamValue }
  for (const window of [0, 120_000_000_000])
    expect(bucketOf('kv', 'b', { ...config, duplicate_window: window }, { members: 3 })).toEqual({
      sources: [{ bucket: 'a' }],
    })
})
