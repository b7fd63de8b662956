import { describe, expect, test } from 'vitest'
import { check } from '../../../src/brokers/nats/check.ts'
import { fieldsOf } from '../../../src/brokers/nats/fields.ts'
import { diffConsumer } from '../../../src/brokers/nats/kinds/consumer.ts'
import { consumerWire, normalConsumer, wantedConsumer } from '../../../src/brokers/nats/kinds/consumer-config.ts'
import { normalStream, streamWire, wantedStream } from '../../../src/brokers/nats/kinds/stream-config.ts'
import { diffStream, lossOfUpdate } from '../../../src/brokers/nats/kinds/stream-diff.ts'
import { transformProblem } from '../../../src/brokers/nats/subjects.ts'
import type { JsonObject } from '../../../src/model/json.ts'
import { specOf } from './support.ts'

const streamOf = (stream: object) =>
  fieldsOf(specOf({ accounts: { A: { streams: { S: { subjects: ['s.>'], ...stream } } } } })).accounts['A']?.streams?.[
    'S'
  ] ?? {}
const want = (stream: object) => wantedStream(streamOf(stream), { members: 3 })
const seen = (config: JsonObject) =>
  ({
    is: 'present',
    value: { config: config as ReturnType<typeof want>, messages: 5, bytes: 50 },
    owner: { by: 'mqops' },
  }) as const
const brief = (to: object, from: JsonObject) =>
  diffStream(want(to), seen(from)).map(
    ({ verb, risk, changes }) => `${verb} ${risk} ${changes.map((c) => c.field).join()}`,
  )

describe('streams', () => {
  test('the order in which a server writes the parts of a mirror means nothing', () => {
    const mirror = { subjects: undefined, mirror: { stream: 'T', startSequence: 5, filter: 'a' } }
    const server = { mirror: { name: 'T', opt_start_seq: 5, filter_subject: 'a' }, num_replicas: 3 }
    const have = normalStream({ ...server, mirror: { opt_start_seq: 5, filter_subject: 'a', name: 'T' } })
    expect(diffStream(wantedStream(streamOf(mirror), { members: 3 }), seen(have))).toEqual([])
  })
  test('where it begins: asked for it is another stream, left out it is whatever there is', () => {
    expect(streamWire('S', want({ firstSequence: 100 }))).toMatchObject({ first_seq: 100 })
    expect(brief({ firstSequence: 100 }, want({}))[0]).toMatch(/^delete destructive/)
    expect(brief({}, want({ firstSequence: 100 }))).toEqual([])
    expect(brief({ firstSequence: 100 }, want({ firstSequence: 100 }))).toEqual([])
    const mirror = { subjects: undefined, mirror: { stream: 'T' } }
    const [, made] = diffStream(want(mirror), seen(want({ firstSequence: 100 })))
    expect(made?.want).toMatchObject({ first_seq: 0 })
  })
  test('the mode of writing is another stream; the usual one is not sent, older servers do not know it', () => {
    const one = { replicas: 1 }
    expect(streamWire('S', want(one))).not.toHaveProperty('persist_mode')
    expect(streamWire('S', want({ ...one, persistMode: 'async' }))).toMatchObject({ persist_mode: 'async' })
    expect(brief({ ...one, persistMode: 'async' }, want(one))[0]).toMatch(/^delete destructive/)
    expect(brief(one, normalStream({ ...want(one), persist_mode: 'default' }))).toEqual([])
  })
  test('a seal is an update that nobody takes back; what is around the messages can still be changed', () => {
    const [change] = diffStream(want({ sealed: true }), seen(want({})))
    expect(change).toMatchObject({ verb: 'update', risk: 'disruptive', reversible: false })
    expect(change?.reason).toContain('it is sealed')
    const sealed = want({ sealed: true })
    expect(brief({ sealed: true }, sealed)).toEqual([])
    expect(brief({ sealed: true, description: 'd' }, sealed)).toEqual(['update safe description'])
    expect(brief({}, sealed)[0]).toMatch(/^delete destructive/)
  })
})

test('less of each subject: what stands beyond it is counted, not guessed', () => {
  const have = { config: want({ maxMessagesPerSubject: 9 }), messages: 20, bytes: 2000 }
  const less = want({ maxMessagesPerSubject: 4 })
  expect(diffStream(less, { is: 'present', value: have, owner: { by: 'mqops' } })[0]).not.toHaveProperty('loses')
  expect(lossOfUpdate(have, less, { 's.a': 9, 's.b': 7, 's.c': 4 })).toEqual({ messages: 8, bytes: 800 })
  expect(lossOfUpdate(have, less, null)).toEqual({ messages: 20, bytes: 2000 })
  expect(lossOfUpdate(have, want({ maxMessagesPerSubject: 4, maxMessages: 5 }), { 's.a': 5 })).toMatchObject({
    messages: 15,
  })
  expect(lossOfUpdate(have, want({ maxMessagesPerSubject: 10 }), {})).toEqual({})
})

describe('consumers', () => {
  const consumer = (of: object) => {
    const stream = streamOf({ consumers: { c: of } })
    return wantedConsumer(stream.consumers?.['c'] ?? {}, stream, {})
  }
  const diff = (to: object, from: object, paused = false) =>
    diffConsumer(consumer(to), {
      is: 'present',
      value: { config: consumer(from), retention: 'limits', pending: 0, delivered: 0, paused },
      owner: { by: 'mqops' },
    }).map(({ verb, risk, changes }) => `${verb} ${risk} ${changes.map((c) => c.field).join()}`)
  const later = { pauseUntil: '2031-01-01T02:00:00+02:00' }

  test('a pause, in the instant that it means', () => {
    expect(consumerWire('c', consumer(later))).toMatchObject({ pause_until: '2031-01-01T00:00:00.000Z' })
    expect(diff(later, {})).toEqual(['update disruptive pause_until'])
    expect(diff({}, later, true)).toEqual(['update disruptive pause_until'])
    expect(diff({}, later, false)).toEqual([]) // it is over
    expect(diff(later, later, false)).toEqual([])
  })
  test('priorities change in place; the server’s default of a pinned client is ours', () => {
    const pinned = { priority: { policy: 'pinnedClient', groups: ['b', 'a'] } }
    expect(consumerWire('c', consumer(pinned))).toMatchObject({
      priority_policy: 'pinned_client',
      priority_groups: ['a', 'b'],
      priority_timeout: 120e9,
    })
    expect(diff({}, pinned)).toEqual(['update safe priority_groups,priority_policy,priority_timeout'])
    expect(normalConsumer({ priority_policy: 'none' })['priority_policy']).toBe('')
    expect(consumerWire('c', consumer({}))).not.toHaveProperty('priority_policy')
  })
})

describe('refused in the spec, each as nats-server 2.15.1 refuses it', () => {
  const problems = (stream: object, more: object = {}) =>
    check(specOf({ accounts: { A: { streams: { S: { subjects: ['s.>'], ...stream }, ...more } } } })).map(
      ({ path, message }) => `${path.slice(4).join('.')}: ${message}`,
    )
  const ttl = { allowMessageTtl: true }
  test.each([
    ['maxAge: it is 100ms', { maxAge: '50ms' }],
    ['duplicateWindow: it is 100ms', { duplicateWindow: '50ms' }],
    ['duplicateWindow: it is longer than maxAge', { maxAge: '1s', duplicateWindow: '2s' }],
    ['discardNewPerSubject: it wants discard: new', { discardNewPerSubject: true }],
    ['deleteMarkerTtl: a marker stays for 1s', { ...ttl, deleteMarkerTtl: '500ms' }],
    ['deleteMarkerTtl: it wants allowMessageTtl', { deleteMarkerTtl: '5s' }],
    ['denyPurge: it forbids', { denyPurge: true, allowRollup: true }],
    ['denyPurge: it forbids', { ...ttl, denyPurge: true, deleteMarkerTtl: '5s' }],
    ['allowMessageSchedules: it wants allowMessageTtl', { allowMessageSchedules: true }],
    ['allowMessageSchedules: it wants discard: old', { ...ttl, allowMessageSchedules: true, discard: 'new' }],
    ['allowMessageCounter: counters want discard: old', { allowMessageCounter: true, discard: 'new' }],
    ['allowMessageCounter: counters have no time to live', { ...ttl, allowMessageCounter: true }],
    ['allowMessageCounter: counters want retention: limits', { allowMessageCounter: true, retention: 'interest' }],
    ['persistMode: async wants replicas: 1, and it has 3', { persistMode: 'async' }],
    ['persistMode: async is for streams in files', { persistMode: 'async', replicas: 1, storage: 'memory' }],
    ['persistMode: async does not go', { persistMode: 'async', replicas: 1, allowAtomicPublish: true }],
    ['maxAge: a sealed stream', { sealed: true, maxAge: '1d' }],
    [
      'republish.destination: it would write into the stream again',
      { republish: { source: 's.>', destination: 's.>' } },
    ],
    ['republish: "s.*" and "y.>" both end in >', { republish: { source: 's.*', destination: 'y.>' } }],
  ])('%s', (message, stream) => {
    expect(problems(stream)).toEqual([expect.stringContaining(message)])
  }) // prettier-ignore
  const T = { T: { subjects: ['t.>'] } }
  const mirror = { subjects: undefined, mirror: { stream: 'T' } }
  test.each([
    ['allowMessageCounter: nobody publishes', { ...mirror, allowMessageCounter: true }],
    ['allowMessageCounter: a sealed stream refuses', { allowMessageCounter: true, sealed: true }],
    ['allowMessageSchedules: a sealed stream refuses', { ...ttl, allowMessageSchedules: true, sealed: true }],
    ['allowAtomicPublish: nobody publishes', { ...mirror, allowAtomicPublish: true }],
    ['firstSequence: a mirror has the sequences', { ...mirror, firstSequence: 5 }],
    ['deleteMarkerTtl: a mirror has the markers', { ...mirror, ...ttl, deleteMarkerTtl: '5s' }],
    [
      'allowMessageSchedules: a mirror and a stream',
      { ...ttl, sources: [{ stream: 'T' }], allowMessageSchedules: true },
    ],
    [
      'sources.0.startTime: give startSequence or',
      { sources: [{ stream: 'T', startSequence: 1, startTime: '2026-01-01T00:00:00Z' }] },
    ],
    [
      'sources.0.filter: transforms have a source',
      { sources: [{ stream: 'T', filter: 'a', transforms: [{ source: 'a', destination: 'b' }] }] },
    ],
    [
      'sources.0.transforms.0: "{{wildcard(2)}}": "a.*" has 1 *',
      { sources: [{ stream: 'T', transforms: [{ source: 'a.*', destination: 'b.{{wildcard(2)}}' }] }] },
    ],
  ])('%s', (message, stream) => {
    expect(problems(stream, T)).toEqual([expect.stringContaining(message)])
  }) // prettier-ignore
  test.each([
    ['priority: it is for pull consumers', { deliverSubject: 'd', priority: { policy: 'overflow', groups: ['a'] } }],
    ['priority.groups.0: "a b" is no name', { priority: { policy: 'overflow', groups: ['a b'] } }],
    [
      'priority.groups.0: "aaaaaaaaaaaaaaaaa" is no name',
      { priority: { policy: 'overflow', groups: ['a'.repeat(17)] } },
    ],
    [
      'priority.timeout: it is for policy: pinnedClient',
      { priority: { policy: 'overflow', groups: ['a'], timeout: '1m' } },
    ],
    ['priority.groups.0: "a+" is no name', { priority: { policy: 'overflow', groups: ['a+'] } }],
    ['flowControl: it wants idleHeartbeat', { deliverSubject: 'd', flowControl: true }],
  ])('%s', (message, consumer) => {
    expect(problems({ consumers: { c: consumer } })).toEqual([expect.stringContaining(message)])
  })
})

test.each([
  ['a.*', 'b.{{wildcard(1)}}', null],
  ['a.*.*', 'b.$2.$1', null],
  ['>', 'b.>', null],
  ['a.*', 'b.{{partition(3,1)}}', null],
  ['a.*', 'b', null],
  ['a.*', 'b.*', 'write {{wildcard(1)}}'],
  ['a.>', 'b', 'both end in >'],
  ['a', 'b.$1', 'has 0 *'],
  ['a', 'b.{{partition(3)}}.{{random(5)}}', null],
  ['a.*', 'b.{{Split(1,-)}}.{{sliceFromLeft(1,2)}}.$odd.{{', null],
  ['a.*', 'b.{{split(2,-)}}', 'has 1 *'],
  ['a.*', 'b.{{left(0,1)}}', 'has 1 *'],
  ['a.*', 'b.{{partition(3,2)}}', 'has 1 *'],
  ['a.*', 'b.{{wildcart(1)}}', 'no such function'],
  ['a.*', 'b.{{wildcard(1,2)}}', 'a whole number'],
  ['a.*', 'b.{{right(1)}}', 'two whole numbers'],
  ['a.*', 'b.{{split(1)}}', 'a separator'],
  ['a..b', 'c', 'empty token'],
])('%s to %s', (source, destination, message) => {
  expect(transformProblem(source, destination)).toEqual(message === null ? null : expect.stringContaining(message))
})
