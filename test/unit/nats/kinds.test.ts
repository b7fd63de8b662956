import { describe, expect, test } from 'vitest'
import { nats } from '../../../src/brokers/nats/index.ts'
import { diffConsumer } from '../../../src/brokers/nats/kinds/consumer.ts'
import { consumerWire, normalConsumer, wantedConsumer } from '../../../src/brokers/nats/kinds/consumer-config.ts'
import { normalStream, streamWire, wantedStream } from '../../../src/brokers/nats/kinds/stream-config.ts'
import { diffStream, type StreamSeen } from '../../../src/brokers/nats/kinds/stream-diff.ts'
import { diffUser } from '../../../src/brokers/nats/kinds/user.ts'
import { fieldsOf } from '../../../src/brokers/nats/fields.ts'
import type { Change } from '../../../src/ports/kind.ts'
import type { Observed } from '../../../src/model/plan.ts'
import { specOf } from './support.ts'

const SECOND = 1e9 // ns

/** A stream and its consumer `c` as the spec's fields give them. */
const streamOf = (stream: object) => {
  const found = fieldsOf(specOf({ accounts: { A: { streams: { S: stream } } } })).accounts['A']?.streams?.['S']
  if (!found) throw new Error('no stream')
  return found
}
const want = (stream: object) => wantedStream(streamOf({ subjects: ['s.>'], ...stream }), { members: 3 })
const wantConsumer = (consumer: object, stream: object = {}) => {
  const fields = streamOf({ subjects: ['s.>'], ...stream, consumers: { c: consumer } })
  const found = fields.consumers?.['c']
  if (!found) throw new Error('no consumer')
  return wantedConsumer(found, fields, {})
}
const have = (stream: object, messages = 100, bytes = 1000): Observed<StreamSeen> => ({
  is: 'present',
  value: { config: want(stream), messages, bytes },
  uid: 'u1',
  owner: { by: 'nobody' },
})
const brief = (changes: readonly Change[]): string[] =>
  changes.map(({ verb, risk, changes: fields }) =>
    `${verb} ${risk} ${fields.map(({ field }) => field).join(',')}`.trim(),
  )

/** As nats-server 2.15.1 answered a create of { subjects: ['s.>'], num_replicas: 3 }. */
const SERVER_STREAM = {
  name: 'S',
  subjects: ['s.>'],
  retention: 'limits',
  max_consumers: -1,
  max_msgs: -1,
  max_bytes: -1,
  max_age: 0,
  max_msgs_per_subject: -1,
  max_msg_size: -1,
  discard: 'old',
  storage: 'file',
  num_replicas: 3,
  duplicate_window: 120 * SECOND,
  compression: 'none',
  allow_direct: false,
  mirror_direct: false,
  sealed: false,
  deny_delete: false,
  deny_purge: false,
  allow_rollup_hdrs: false,
  consumer_limits: {},
  allow_msg_ttl: false,
  metadata: { '_nats.level': '5', '_nats.req.level': '0', '_nats.ver': '2.15.1' },
} // prettier-ignore

/** As nats-server 2.15.1 answered a create of { ack_policy: 'explicit' }. */
const SERVER_CONSUMER = {
  durable_name: 'c',
  name: 'c',
  deliver_policy: 'all',
  ack_policy: 'explicit',
  ack_wait: 30 * SECOND,
  max_deliver: -1,
  replay_policy: 'instant',
  max_waiting: 512,
  max_ack_pending: 1000,
  num_replicas: 0,
  metadata: { '_nats.level': '5' },
} // prettier-ignore

describe('normal forms', () => {
  test('what the server makes of the smallest stream is what the spec asks for', () => {
    expect(normalStream(SERVER_STREAM)).toEqual(want({}))
  })

  test('what the server makes of the smallest consumer is what the spec asks for', () => {
    expect(normalConsumer(SERVER_CONSUMER)).toEqual(wantConsumer({}))
  })

  test.each([
    [{}, 120 * SECOND],
    [{ maxAge: '30s' }, 30 * SECOND],
    [{ maxAge: '7d' }, 120 * SECOND],
    [{ maxAge: '7d', duplicateWindow: '1h' }, 3600 * SECOND],
    [{ sources: [{ stream: 'T' }] }, 0],
  ])('the duplicate window of %j', (stream, window) => {
    expect(want(stream)['duplicate_window']).toBe(window)
  })

  test('ten years are exact in nanoseconds', () => {
    expect(JSON.stringify(want({ maxAge: '3650d' })['max_age'])).toBe('315360000000000000')
  })

  test('labels of the server are not configuration', () => {
    expect(normalStream({ metadata: { '_nats.ver': 'x', team: 'a' } })['metadata']).toEqual({ team: 'a' })
  })

  test('the order of subjects and the form of filters mean nothing', () => {
    expect(normalStream({ subjects: ['b', 'a'] })).toEqual(normalStream({ subjects: ['a', 'b'] }))
    expect(normalConsumer({ filter_subjects: ['a'] })).toEqual(normalConsumer({ filter_subject: 'a' }))
  })

  test('instants are compared, not their spelling', () => {
    const at = { deliver: { startTime: '2024-01-01T02:00:00+02:00' } }
    expect(wantConsumer(at)).toEqual(
      normalConsumer({ ...SERVER_CONSUMER, deliver_policy: 'by_start_time', opt_start_time: '2024-01-01T00:00:00Z' }),
    )
  })

  test.each([
    [{ ack: 'none' }, { ack_wait: 0, max_ack_pending: 0 }],
    [{ backoff: ['1s', '5s'] }, { ack_wait: SECOND, backoff: [SECOND, 5 * SECOND] }],
    [{ deliverSubject: 'd' }, { max_waiting: 0 }],
    [{ deliver: 'lastPerSubject' }, { deliver_policy: 'last_per_subject' }],
    [{ deliver: { startSequence: 7 } }, { deliver_policy: 'by_start_sequence', opt_start_seq: 7 }],
  ])('consumer %j', (consumer, expected) => {
    expect(wantConsumer(consumer)).toMatchObject(expected)
  })

  test("the stream's consumer limits are defaults of its consumers", () => {
    expect(wantConsumer({}, { consumerLimits: { maxAckPending: 7, inactiveThreshold: '1h' } })).toMatchObject({
      max_ack_pending: 7,
      inactive_threshold: 3600 * SECOND,
    })
  })

  test('what is sent has no empty parts', () => {
    const sent = streamWire('S', want({ mirror: { stream: 'T' }, subjects: undefined }))
    expect(sent).toMatchObject({ name: 'S', mirror: { name: 'T' } })
    expect(Object.values(sent)).not.toContain(null)
    expect(sent).not.toHaveProperty('subjects')
    expect(consumerWire('c', wantConsumer({ filters: ['s.a', 's.b'] }))).toMatchObject({
      name: 'c',
      durable_name: 'c',
      filter_subjects: ['s.a', 's.b'],
    })
    expect(consumerWire('c', wantConsumer({ filter: 's.a' }))).toMatchObject({ filter_subject: 's.a' })
  })
})

describe('stream differences', () => {
  test('none', () => expect(diffStream(want({}), have({}))).toEqual([]))
  test('unknown is never absent', () => expect(diffStream(want({}), { is: 'unknown', why: 'x' })).toEqual([]))
  test('gone on both sides', () => expect(diffStream(undefined, { is: 'absent' })).toEqual([]))
  test('a create says what is not usual', () => {
    expect(brief(diffStream(want({ maxAge: '7d' }), { is: 'absent' }))).toEqual([
      'create safe duplicate_window,max_age,num_replicas,subjects',
    ])
  })
  test('a delete names what is lost', () => {
    expect(diffStream(undefined, have({}, 12, 345))).toMatchObject([
      { verb: 'delete', risk: 'destructive', loses: { messages: 12, bytes: 345 }, reads: { uid: 'u1' } },
    ])
  })

  test.each([
    ['description', { description: 'x' }, 'safe'],
    ['max_age', { maxAge: '7d', duplicateWindow: '2m' }, 'destructive'],
    ['max_bytes', { maxBytes: 10 }, 'destructive'],
    ['max_msgs', { maxMessages: 10 }, 'destructive'],
    ['max_msgs_per_subject', { maxMessagesPerSubject: 10 }, 'destructive'],
    ['retention', { retention: 'interest' }, 'destructive'],
    ['max_msg_size', { maxMessageSize: 10 }, 'safe'],
    ['allow_direct', { allowDirect: true }, 'safe'],
    ['subjects', { subjects: ['t'] }, 'disruptive'],
    ['deny_delete', { denyDelete: true }, 'safe'],
  ])('%s is changed in place', (field, stream, risk) => {
    expect(brief(diffStream(want(stream), have({})))).toEqual([`update ${risk} ${field}`])
  })

  test('with sources the duplicate window is what the server makes it, unless the spec says', () => {
    const copy = { sources: [{ stream: 'T' }] }
    const made = have({ ...copy, duplicateWindow: '2m' })
    expect(diffStream(want(copy), made)).toEqual([])
    expect(brief(diffStream(want({ ...copy, duplicateWindow: '1m' }), made))).toEqual(['update safe duplicate_window'])
    const [younger] = diffStream(want({ ...copy, maxAge: '90s' }), made)
    expect(younger?.want).toMatchObject({ max_age: 90 * SECOND, duplicate_window: 90 * SECOND })
  })

  test('a limit that becomes wider loses nothing', () => {
    expect(brief(diffStream(want({ maxBytes: 20 }), have({ maxBytes: 10 })))).toEqual(['update safe max_bytes'])
    expect(brief(diffStream(want({}), have({ maxBytes: 10 })))).toEqual(['update safe max_bytes'])
  })

  test('how much a tighter limit loses', () => {
    expect(diffStream(want({ maxMessages: 10 }), have({}, 100, 1000))[0]?.loses).toEqual({ messages: 90, bytes: 900 })
    expect(diffStream(want({ maxBytes: 500 }), have({}, 100, 1000))[0]?.loses).toEqual({ messages: 50, bytes: 500 })
    expect(diffStream(want({ maxMessages: 500 }), have({}, 100, 1000))[0]?.loses).toEqual({ messages: 0, bytes: 0 })
  })

  test.each([
    ['storage', { storage: 'memory' }, {}],
    ['retention', { retention: 'workqueue' }, {}],
    ['retention', {}, { retention: 'workqueue' }],
    ['deny_delete', {}, { denyDelete: true }],
    ['deny_purge', {}, { denyPurge: true }],
    ['allow_msg_ttl', {}, { allowMessageTtl: true }],
    ['allow_msg_counter', { allowMessageCounter: true }, {}],
    ['mirror', { subjects: undefined, mirror: { stream: 'T' } }, {}],
  ])('%s wants a replace', (field, wanted, seen) => {
    const changes = diffStream(want(wanted), have(seen))
    expect(changes.map(({ verb, risk }) => `${verb} ${risk}`)).toEqual(['delete destructive', 'create safe'])
    expect(changes[0]?.reason).toContain(field)
  })

  test('a mirror is promoted in place', () => {
    expect(diffStream(want({}), have({ subjects: undefined, mirror: { stream: 'T' } }))).toMatchObject([
      { verb: 'update', risk: 'disruptive', reversible: false },
    ])
  })

  test('replicas change in a step of their own, after the others', () => {
    const wanted = want({ description: 'x', replicas: 1 })
    const changes = diffStream(wanted, have({}))
    expect(brief(changes)).toEqual(['update safe description', 'update disruptive num_replicas'])
    // The second decides on replicas only: what the first changes must not make it stale.
    const between: Observed<StreamSeen> = {
      is: 'present',
      value: { config: want({ description: 'x' }), messages: 1, bytes: 1 },
      owner: { by: 'nobody' },
    }
    expect(diffStream(wanted, between)[0]?.reads).toEqual(changes[1]?.reads)
    expect(diffStream(changes[0]?.want as typeof wanted, between)).toEqual([])
  })

  test('a plain delete and the delete of a replace decide on the same', () => {
    expect(diffStream(want({ storage: 'memory' }), have({}))[0]?.reads).toEqual(
      diffStream(undefined, have({}))[0]?.reads,
    )
  })
})

describe('consumer differences', () => {
  const seen = (consumer: object, more: object = {}) => ({
    is: 'present' as const,
    value: { config: wantConsumer(consumer), retention: 'limits', pending: 0, delivered: 0, paused: false, ...more },
    uid: 'u2',
    owner: { by: 'nobody' as const },
  })
  test('none', () => expect(diffConsumer(wantConsumer({}), seen({}))).toEqual([]))
  test.each([
    ['ack_wait', { ackWait: '5s' }, 'safe'],
    ['max_deliver', { maxDeliver: 5 }, 'safe'],
    ['filters', { filter: 's.a' }, 'disruptive'],
    ['num_replicas', { replicas: 1 }, 'safe'],
  ])('%s is changed in place', (field, consumer, risk) => {
    expect(brief(diffConsumer(wantConsumer(consumer), seen({})))).toEqual([`update ${risk} ${field}`])
  })
  test.each([
    ['ack_policy', { ack: 'all' }],
    ['deliver_policy', { deliver: 'new' }],
    ['replay_policy', { replay: 'original' }],
    ['mem_storage', { memory: true }],
    ['max_waiting', { maxWaiting: 5 }],
    ['deliver_subject', { deliverSubject: 'd', maxWaiting: 512 }],
  ])('%s wants a replace', (field, consumer) => {
    const changes = diffConsumer(wantConsumer(consumer), seen({}))
    expect(changes.map(({ verb }) => verb)).toEqual(['delete', 'create'])
    expect(changes[0]?.reason).toContain(field)
  })
  test('only one that was used has something to lose', () => {
    expect(diffConsumer(undefined, seen({}))[0]?.risk).toBe('disruptive')
    expect(diffConsumer(undefined, seen({}, { delivered: 9 }))[0]?.risk).toBe('destructive')
    expect(diffConsumer(undefined, seen({}, { retention: 'interest', pending: 7 }))[0]?.loses).toEqual({ messages: 7 })
  })
})

test('another password of a user is a difference, and names no secret', () => {
  const user = (name: string) => ({
    password: { secretRef: { env: name } },
    publish: null,
    subscribe: null,
    allowResponses: false,
    connectionTypes: [],
  })
  const changes = diffUser(user('B'), { is: 'present', value: user('A'), owner: { by: 'mqops' } })
  expect(changes).toMatchObject([
    { verb: 'update', risk: 'disruptive', changes: [{ field: 'password', from: 'env:A', to: 'env:B' }] },
  ])
})

test('streams wait for their account and for what they copy, consumers for their stream', () => {
  const kind = (name: string) => nats.kinds.find((one) => one.name === name)
  expect(kind('stream')?.needs?.(['A', 'M'], want({ subjects: undefined, mirror: { stream: 'S' } }))).toEqual([
    ['account', 'A'],
    ['stream', 'A', 'S'],
  ])
  expect(kind('consumer')?.needs?.(['A', 'S', 'c'], wantConsumer({}))).toEqual([['stream', 'A', 'S']])
})
