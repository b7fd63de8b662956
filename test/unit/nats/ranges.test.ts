import { describe, expect, test } from 'vitest'
import { check } from '../../../src/brokers/nats/check.ts'
import { consumer } from '../../../src/brokers/nats/kinds/consumer.ts'
import { specOf } from './support.ts'

const problems = (account: object): readonly string[] =>
  check(specOf({ accounts: { A: account } })).map(({ path, message }) => `${path.slice(2).join('.')}: ${message}`)
const S = (stream: object) => ({ streams: { S: { subjects: ['s.>'], ...stream } } })

describe('what the server takes for something else, or refuses', () => {
  test.each<readonly [string, object]>([
    ['streams.S.maxBytes: the server takes 0 for no limit', S({ maxBytes: 0 })],
    ['streams.S.maxMessageSize: the server takes 0 for no limit', S({ maxMessageSize: 0 })],
    ['streams.S.maxMessageSize: the server counts up to 2147483647 bytes', S({ maxMessageSize: '2GiB' })],
    ['streams.S.duplicateWindow: the server takes 0 for 2m', S({ duplicateWindow: '0s' })],
    ['streams.S.consumerLimits.maxAckPending: 0 is no limit', S({ consumerLimits: { maxAckPending: 0 } })],
    ['streams.S.description: it is longer than 4096 bytes', S({ description: 'é'.repeat(2049) })],
    ['streams.S.metadata: it holds more than 128KiB', S({ metadata: { a: 'x'.repeat(2 ** 17) } })],
    ['kv.b.maxBytes: the server takes 0 for no limit', { kv: { b: { maxBytes: 0 } } }],
    ['kv.b.maxValueSize: the server takes 0 for no limit', { kv: { b: { maxValueSize: 0 } } }],
    ['objects.b.maxBytes: the server takes 0 for no limit', { objects: { b: { maxBytes: 0 } } }],
  ])('%s', (message, account) => {
    expect(problems(account)).toEqual([expect.stringContaining(message)])
  })
  test('nobody publishes to a mirror: it has no duplicates', () => {
    const streams = { O: { subjects: ['o'] }, M: { mirror: { stream: 'O' }, duplicateWindow: '1m' } }
    expect(problems({ streams })).toEqual(['streams.M.duplicateWindow: nobody publishes to a mirror'])
  })
  test('a copy takes what its origin takes', () => {
    const streams = { O: { subjects: ['o'], maxMessageSize: 5 }, M: { mirror: { stream: 'O' }, maxMessageSize: 4 } }
    expect(problems({ streams })).toEqual([
      'streams.M.maxMessageSize: it is less than that of O, whose messages are copied',
    ])
    const kv = {
      o: { maxValueSize: 5 },
      m: { sources: [{ bucket: 'o' }], maxValueSize: 4 },
      n: { mirror: { bucket: 'o' } },
    }
    expect(problems({ kv })).toEqual(['kv.m.maxValueSize: it is less than that of KV_o, whose messages are copied'])
  })
  test.each<readonly [string, object]>([
    ['ackWait: the server takes 0 for 30s', { ackWait: '0s' }],
    ['backoff.1: a pause of 0 is none', { backoff: ['1s', '0s'] }],
    ['maxAckPending: -5 is no limit', { maxAckPending: -5 }],
    ['idleHeartbeat: it is 100ms at least', { deliverSubject: 'd', idleHeartbeat: '99ms' }],
    ['maxWaiting: it is for pull consumers', { deliverSubject: 'd', maxWaiting: 5 }],
    ['deliverSubject: "d.*" is no subject to publish on', { deliverSubject: 'd.*' }],
    ['deliverSubject: "d..e" has an empty token', { deliverSubject: 'd..e' }],
    ['sampleFrequency: "often" is no share', { sampleFrequency: 'often' }],
    ['deliver: lastPerSubject wants a filter', { deliver: 'lastPerSubject' }],
  ])('%s', (message, of) => {
    expect(problems(S({ consumers: { c: of } }))).toEqual([expect.stringContaining(`streams.S.consumers.c.${message}`)])
  })
  test.each<readonly [string, object, object]>([
    ['maxAckPending: consumerLimits of the stream let it be 5 at most', { maxAckPending: 6 }, { maxAckPending: 5 }],
    ['inactiveThreshold: consumerLimits', { inactiveThreshold: '2h' }, { inactiveThreshold: '1h' }],
    ['inactiveThreshold: consumerLimits', { inactiveThreshold: '0s' }, { inactiveThreshold: '1h' }],
  ])('%s', (message, of, consumerLimits) => {
    const found = problems(S({ consumers: { c: of }, consumerLimits }))
    expect(found).toEqual([expect.stringContaining(`streams.S.consumers.c.${message}`)])
  })
  test('the ends of the ranges are taken', () => {
    const c = { ackWait: '1ms', maxAckPending: -1, sampleFrequency: '10', deliver: 'lastPerSubject', filter: 's.>' }
    const d = { deliverSubject: 'd', idleHeartbeat: '100ms' }
    expect(problems(S({ maxBytes: 1, maxMessageSize: 2 ** 31 - 1, consumers: { c, d } }))).toEqual([])
  })
})

describe('limits of an account', () => {
  test.each<readonly [string, object, object]>([
    ['streams.S: accounts.A.jetstream.maxBytesRequired wants', { maxBytesRequired: true }, {}],
    ['streams.S.maxBytes: accounts.A.jetstream.storageStreamBytes', { storageStreamBytes: 5 }, { maxBytes: 6 }],
    [
      'streams.S.maxBytes: accounts.A.jetstream.memoryStreamBytes',
      { memoryStreamBytes: 5 },
      { maxBytes: 6, storage: 'memory' },
    ],
    ['streams.S.maxConsumers: accounts.A.jetstream.consumers', { consumers: 1 }, { maxConsumers: 2 }],
    ['streams.S.consumers: accounts.A.jetstream.consumers', { consumers: 1 }, { consumers: { a: {}, b: {} } }],
    [
      'streams.S.consumers.a.maxAckPending: accounts.A',
      { maxAckPending: 5 },
      { consumers: { a: { maxAckPending: 6 } } },
    ],
    [
      'streams.S.consumerLimits.maxAckPending: accounts.A',
      { maxAckPending: 5 },
      { consumerLimits: { maxAckPending: 6 } },
    ],
  ])('%s', (message, jetstream, stream) => {
    expect(problems({ jetstream, ...S(stream) })).toEqual([expect.stringContaining(message)])
  })
  test.each<readonly [object, { readonly ack?: string; readonly consumerLimits?: object }, number]>([
    [{}, {}, 1000],
    [{ maxAckPending: 50 }, {}, 50],
    [{ maxAckPending: 5000 }, {}, 1000],
    [{ maxAckPending: 50 }, { consumerLimits: { maxAckPending: 20 } }, 20],
    [{}, { consumerLimits: { maxAckPending: 20 }, ack: 'none' }, 20],
    [{ maxAckPending: 50 }, { ack: 'none' }, 0],
  ])('of %j, with %j, a consumer has the pending messages of the least', (jetstream, { ack, ...stream }, count) => {
    const c = ack === undefined ? {} : { ack }
    const [one] = consumer.desired(specOf({ accounts: { A: { jetstream, ...S({ ...stream, consumers: { c } }) } } }))
    expect(one?.value['max_ack_pending']).toBe(count)
  })
})
