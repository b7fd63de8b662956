import { describe, expect, test } from 'vitest'
import { check } from '../../../src/brokers/nats/check.ts'
import { fieldsOf } from '../../../src/brokers/nats/fields.ts'
import { bucketsOf } from '../../../src/brokers/nats/buckets.ts'
import { bucketOf } from '../../../src/brokers/nats/import.ts'
import { nats } from '../../../src/brokers/nats/index.ts'
import { kindOfStream, streamName } from '../../../src/brokers/nats/names.ts'
import { normalStream } from '../../../src/brokers/nats/kinds/stream-config.ts'
import type { JsonObject } from '../../../src/model/json.ts'
import type { Change } from '../../../src/ports/kind.ts'
import { specOf } from './support.ts'

const SECOND = 1e9 // ns
const account = (of: object, more: object = {}) => ({ ...more, accounts: { APP: of } })
const kindNamed = (name: string) => {
  const found = nats.kinds.find((kind) => kind.name === name)
  if (!found) throw new Error(`no kind ${name}`)
  return found
}
const wanted = (kind: string, of: object): JsonObject => {
  const [one] = kindNamed(kind).desired(specOf(account({ [kind]: { b: of, sessions: {} } })))
  return one?.value as JsonObject
}
const diff = (kind: string, want: object | undefined, have: JsonObject, messages = 7): readonly Change[] =>
  kindNamed(kind).diff(
    want && wanted(kind, want),
    { is: 'present', value: { config: have, messages, bytes: 70 }, owner: { by: 'mqops' } },
    { address: { cluster: 'orders', kind, key: ['APP', 'b'] }, capabilities: new Set() },
  ) as readonly Change[]

/** As nats-server 2.15.1 answered nats-py's key_value and object_store, and nats.js' kv, for a bucket b. */
const COMMON = {
  retention: 'limits',
  max_consumers: -1,
  max_msgs: -1,
  max_bytes: -1,
  max_msg_size: -1,
  discard: 'new',
  storage: 'file',
  num_replicas: 3,
  duplicate_window: 120 * SECOND,
  allow_rollup_hdrs: true,
  compression: 'none',
  metadata: { '_nats.level': '5' },
} // prettier-ignore
const PYTHON_KV = normalStream({
  ...COMMON,
  name: 'KV_b',
  subjects: ['$KV.b.>'],
  max_msgs_per_subject: 1,
  deny_delete: true,
  allow_direct: true,
  allow_msg_ttl: true,
}) // prettier-ignore
const NODE_KV = normalStream({
  ...COMMON,
  name: 'KV_b',
  subjects: ['$KV.b.>'],
  max_msgs_per_subject: 1,
  deny_delete: false,
  allow_direct: true,
}) // prettier-ignore
const PYTHON_OBJECTS = normalStream({
  ...COMMON,
  name: 'OBJ_b',
  subjects: ['$O.b.C.>', '$O.b.M.>'],
  max_msgs_per_subject: -1,
  max_age: 60 * SECOND,
  duplicate_window: 60 * SECOND,
  allow_direct: true,
}) // prettier-ignore

describe('what client libraries make is what the spec asks for', () => {
  test.each([
    ['kv', {}, PYTHON_KV],
    ['kv', {}, NODE_KV],
    ['objects', { ttl: '60s' }, PYTHON_OBJECTS],
  ])('%s %j', (kind, fields, made) => {
    expect(diff(kind, fields, made)).toEqual([])
  })
  test('what the spec makes is laid out as theirs', () => {
    expect(wanted('kv', {})).toEqual({ ...PYTHON_KV, allow_msg_ttl: false })
    expect(wanted('objects', { ttl: '60s' })).toEqual(PYTHON_OBJECTS)
  })
  test('a sealed store stays as it is: no field of it says so', () => {
    const sealed = {
      ...PYTHON_OBJECTS,
      sealed: true,
      deny_delete: true,
      deny_purge: true,
      allow_rollup_hdrs: false,
      max_age: 0,
    } // prettier-ignore
    expect(diff('objects', { ttl: '60s' }, sealed)).toEqual([])
  })
})

describe('changes', () => {
  test('more replicas are an update of their own, in the words of a bucket; nothing is made anew', () => {
    const one = { ...PYTHON_KV, num_replicas: 1 } as JsonObject
    expect(diff('kv', { history: 2 }, one).map(({ verb, risk, changes }) => [verb, risk, changes])).toEqual([
      ['update', 'safe', [{ field: 'history', from: 1, to: 2 }]],
      ['update', 'safe', [{ field: 'replicas', from: 1, to: 3 }]],
    ])
  })
  test('less history, a shorter life and fewer bytes delete values: named, and what goes', () => {
    const [change, ...rest] = diff('kv', { ttl: '1m', maxBytes: '1KiB' }, { ...PYTHON_KV, max_msgs_per_subject: 9 })
    expect(rest).toEqual([])
    expect(change).toMatchObject({
      risk: 'destructive',
      reason: 'ttl, maxBytes, history become tighter: messages beyond are deleted',
      loses: { messages: 7, bytes: 70 },
    })
  })
  test('another storage is another bucket, and says what is lost', () => {
    const [gone, made] = diff('kv', { storage: 'memory' }, PYTHON_KV)
    expect(gone).toMatchObject({ verb: 'delete', risk: 'destructive', loses: { messages: 7, bytes: 70 } })
    expect(gone?.reason).toContain('the bucket is deleted and made anew')
    expect(made).toMatchObject({ verb: 'create' })
  })
  test('a marker that is not wanted any more goes in place, though times to live can not be taken back', () => {
    const marked = { ...PYTHON_KV, subject_delete_marker_ttl: 60 * SECOND }
    expect(diff('kv', {}, marked).map(({ verb, changes }) => [verb, changes])).toEqual([
      ['update', [{ field: 'limitMarkerTtl', from: '1m', to: 0 }]],
    ])
  })
  test('whether replicas answer is said where a client library made it otherwise', () => {
    const led = { ...PYTHON_KV, allow_direct: false }
    expect(bucketOf('kv', 'b', led, { members: 3 })).toEqual({ allowDirect: false })
    expect(diff('kv', { allowDirect: false }, led)).toEqual([])
    expect(diff('kv', {}, led).map(({ verb, changes }) => [verb, changes])).toEqual([
      ['update', [{ field: 'allowDirect', from: false, to: true }]],
    ])
  })
  test('a mirror that becomes a bucket says that its copies are read no more', () => {
    const [change] = diff('kv', {}, wanted('kv', { mirror: { bucket: 'sessions' } }))
    expect(change).toMatchObject({ verb: 'update', risk: 'disruptive' })
    expect(change?.reason).toContain('not read in it any more')
  })
  test('removed from the spec: destructive, with all that it holds', () => {
    expect(diff('objects', undefined, PYTHON_OBJECTS, 3)).toMatchObject([
      { verb: 'delete', risk: 'destructive', loses: { messages: 3, bytes: 70 } },
    ])
  })
})

describe('copies', () => {
  const sourcesOf = (of: object) =>
    bucketsOf(fieldsOf(specOf(account({ kv: { b: of } }))).accounts['APP'] ?? {})[0]?.fields

  test('a mirror keeps the subjects of its origin and has none of its own', () => {
    const mirror = sourcesOf({ mirror: { bucket: 'o', filter: 'a.*' } })
    expect(mirror?.subjects).toBeUndefined()
    expect(mirror?.mirror).toEqual({ stream: 'KV_o', filter: '$KV.o.a.*' })
  })
  test('sources move keys to the subjects of the bucket; each wildcard keeps its token', () => {
    expect(sourcesOf({ sources: [{ bucket: 'o' }, { bucket: 'p', filter: '*.x.*' }] })?.sources).toEqual([
      { stream: 'KV_o', transforms: [{ source: '$KV.o.>', destination: '$KV.b.>' }] },
      {
        stream: 'KV_p',
        transforms: [{ source: '$KV.p.*.x.*', destination: '$KV.b.{{wildcard(1)}}.x.{{wildcard(2)}}' }],
      },
    ])
  })
  test('a bucket of the same name in another account needs no new subjects', () => {
    expect(sourcesOf({ sources: [{ bucket: 'b', api: '$JS.hub.API' }] })?.sources).toEqual([
      { stream: 'KV_b', api: '$JS.hub.API' },
    ])
  })
  test('wait for what they copy, a stream of a bucket too', () => {
    const needs = (kind: string, of: object) =>
      kindNamed(kind).needs?.(['APP', 'x'], kindNamed(kind).desired(specOf(of))[0]?.value)
    expect(needs('kv', account({ kv: { x: { mirror: { bucket: 'o' } }, o: {} } }))).toContainEqual(['kv', 'APP', 'o'])
    expect(needs('stream', account({ streams: { X: { mirror: { stream: 'OBJ_o' } } } }))).toContainEqual([
      'objects',
      'APP',
      'o',
    ])
  })
})

test('names of streams and of what people see are each other’s reverse', () => {
  for (const [kind, name, stream] of [
    ['kv', 'a', 'KV_a'],
    ['objects', 'a', 'OBJ_a'],
    ['stream', 'KV_', 'KV_'],
    ['stream', 'ORDERS', 'ORDERS'],
  ] as const) {
    expect(kindOfStream(stream)).toEqual([kind, name])
    expect(streamName(kind, name)).toBe(stream)
  }
})

describe('refused in the spec', () => {
  const problems = (of: object, more: object = {}) =>
    check(specOf(account(of, more))).map(({ path, message }) => `${path.slice(2).join('.')}: ${message}`)
  test.each([
    [{ kv: { 'a.b': {} } }, /^kv.a.b: "a.b" is no name of a bucket: .* no dots/],
    [{ kv: { 'a b': {} } }, /^kv.a b: .*no name/],
    [{ objects: { 'a.b': {} } }, /^objects.a.b: "a.b" is no name of an object store/],
    [{ kv: { mqops: {} } }, /mqops' own bucket/],
    [{ kv: { b: { replicas: 5 } } }, /^kv.b.replicas: 5 replicas, and the cluster has 3 members/],
    [{ kv: { b: { maxBytes: '2GiB', replicas: 1 } } }, /^kv.b.maxBytes: it reserves 2GiB/],
    [{ kv: { b: { mirror: { bucket: 'o' } } } }, /^kv.b.mirror.bucket: there is no bucket o/],
    [{ kv: { b: { mirror: { bucket: 'b' } } } }, /^kv.b.mirror.bucket: b would copy from itself/],
    [
      { kv: { b: { mirror: { bucket: 'o' }, sources: [{ bucket: 'o' }] }, o: {} } },
      /^kv.b.sources: a bucket is a mirror/,
    ],
    [{ kv: { b: { limitMarkerTtl: '10ms' } } }, /^kv.b.limitMarkerTtl: a marker stays for 1s/],
    [
      { kv: { b: { republish: { destination: '$KV.b.x.>' } } } },
      /^kv.b.republish.destination: .*into the bucket again/,
    ],
    [{ kv: { b: { republish: { source: 'x.>', destination: 'y.>' } } } }, /^kv.b.republish.source: no key/],
    [
      { streams: { S: { subjects: ['$KV.b.x'] } }, kv: { b: {} } },
      /^streams.S.subjects.0: "\$KV.b.x" overlaps "\$KV.b.>" of kv b/,
    ],
    [{ streams: { S: { subjects: ['$O.>'] } }, objects: { b: {} } }, /^streams.S.subjects.0: .* of objects b/],
    [{ streams: { KV_b: { subjects: ['x'] } } }, /^streams.KV_b: KV_b is the stream behind the key-value bucket b/],
    [{ jetstream: false, kv: { b: {} } }, /^jetstream: APP has streams or buckets/],
    [
      { jetstream: { streams: 1 }, kv: { b: {} }, objects: { b: {} } },
      /^streams: 2 streams, buckets and object stores/,
    ],
    [
      { jetstream: { storage: '10MiB' }, kv: { b: { maxBytes: '4MiB' } } },
      /^jetstream.storage: its streams reserve 12MiB/,
    ],
  ])('%j', (of, message) => {
    expect(problems(of)).toEqual([expect.stringMatching(message)])
  })
  test('a ring of buckets', () => {
    const ring = { a: { sources: [{ bucket: 'b' }] }, b: { sources: [{ bucket: 'a' }] } }
    expect(problems({ kv: ring })).toHaveLength(2)
  })
  test.each([0, 65])('a history of %i', (history) => {
    expect(() => specOf(account({ kv: { b: { history } } }))).toThrow('history')
  })
  test('a mirror of a bucket by a stream, and of another domain, are fine', () => {
    expect(
      problems({
        kv: { b: {}, c: { mirror: { bucket: 'x', api: '$JS.hub.API' } } },
        streams: { S: { mirror: { stream: 'KV_b' } } },
      }),
    ).toEqual([])
  })
})
