import fc from 'fast-check'
import type { Json, JsonObject } from '../../../src/model/json.ts'
import {
  boolean,
  constant,
  constantFrom,
  count,
  exactly,
  mapOf,
  rarely,
  someOf,
  sparse,
  WIDTH,
  wide,
} from './arbitraries.ts'

/** Streams, buckets, object stores and consumers of one account; nats-links.ts makes them fit each other. */

const STREAMS = wide(['ORDERS', 'a', 'it\'s_"quoted"', 'ünï-✓', '$odd=+;{}[]', 'null', 'x'.repeat(255)], 255)
const CONSUMERS = ['billing', 'b', 'çonsumer-✓', '{"odd"}=+', 'y'.repeat(255)]
const BUCKETS = wide(['sessions', 'A-b_9', '0', 'k'.repeat(200)], 200)
/** Subjects that go from one stream to another. */
const SHARED = [
  ...Array.from({ length: WIDTH }, (_, i) => [`p${i}.>`, `p${i}.a`, `p${i}.b`, `p${i}.a.*`, `p${i}.*`]).flat(),
  '$JS.EVENT.ADVISORY.NOBODY.>',
]

const text = constantFrom('plain', 'ünï "quoted" ✓\n\ttwo lines', ' ', 'd'.repeat(4096))
const metadata = constantFrom<JsonObject>({ team: 'billing' }, { 'a.b/c': '', 'ü "x"': '✓'.repeat(100) }, {})
const instant = constantFrom('2026-01-01T00:00:00Z', '2001-02-03T04:05:06.789+02:00', '2031-12-31T23:59:59.999Z')
const longest = '10000d'
const time = (least: string) => constantFrom(least, '90s', '1h30m', '7d', longest)
/** A consumer that goes sooner would go while the suite looks. */
const unused = constantFrom('2h', '7d', longest)
const bytes = constantFrom<Json>(1, 1_000_000, '1MiB', '3MiB')
const on = constant(true)

const subjectsOf = (prefix: string): readonly (readonly string[])[] => [
  [`${prefix}.>`],
  [`${prefix}.a`],
  [`${prefix}.b.*`, `${prefix}.a`],
  [`${prefix}.*`, `${prefix}.*.deep`],
  [`${prefix}.ünï`, `${prefix}.$x-y_z`, `${prefix}.{}"`],
  Array.from({ length: 30 }, (_, i) => `${prefix}.${i}`),
]

/** `shape` and `origin` are for `linkedStreams`. */
const stream = (index: number): fc.Arbitrary<JsonObject> =>
  fc
    .tuple(
      exactly({
        shape: constantFrom('plain', 'plain', 'plain', 'sources', 'mirror'),
        origin: fc.nat(STREAMS.length),
        more: fc.array(fc.nat(STREAMS.length), { maxLength: 2 }),
        far: rarely(4, boolean()),
        subjects: constantFrom(...subjectsOf(`s${index}`)),
        shared: someOf(SHARED, 0, 2),
        exact: boolean(),
      }),
      sparse({
        description: text,
        replicas: constantFrom(1, 2, 3),
        retention: constantFrom('limits', 'interest', 'workqueue'),
        storage: constantFrom('file', 'memory'),
        maxAge: time('100ms'),
        maxBytes: bytes,
        maxMessages: count(1, Number.MAX_SAFE_INTEGER),
        maxMessageSize: constantFrom<Json>(1, '1MiB', 2 ** 31 - 1),
        maxMessagesPerSubject: count(1, Number.MAX_SAFE_INTEGER),
        maxConsumers: count(5, 2 ** 31 - 1),
        discard: constantFrom('old', 'new'),
        discardNewPerSubject: boolean(),
        duplicateWindow: time('100ms'),
        compression: constantFrom('none', 's2'),
        allowDirect: boolean(),
        allowRollup: boolean(),
        allowMessageTtl: boolean(),
        allowAtomicPublish: boolean(),
        allowBatchPublish: boolean(),
        allowMessageCounter: boolean(),
        allowMessageSchedules: boolean(),
        deleteMarkerTtl: time('1s'),
        denyDelete: boolean(),
      }),
      sparse({
        denyPurge: boolean(),
        noAck: boolean(),
        firstSequence: count(1, Number.MAX_SAFE_INTEGER),
        persistMode: constantFrom('default', 'async'),
        sealed: rarely(4, on),
        consumerLimits: sparse({ inactiveThreshold: unused, maxAckPending: count(1, 2 ** 31 - 1) }),
        republish: constantFrom<JsonObject>(
          { source: `s${index}.>`, destination: `seen.s${index}.>` },
          { source: `s${index}.*`, destination: `seen.s${index}.{{wildcard(1)}}`, headersOnly: true },
          { source: '', destination: 'seen.>' },
          { source: `s${index}.*.*`, destination: 'seen.{{split(1,-)}}.$2.{{left(1,2)}}.{{random(3)}}' },
        ),
        subjectTransform: constantFrom<JsonObject>(
          { source: `s${index}.*`, destination: `s${index}.t.{{wildcard(1)}}` },
          { source: `s${index}.*`, destination: `s${index}.{{partition(3,1)}}.$1` },
          { destination: `moved${index}.>` },
        ),
        metadata,
      }),
      mapOf(CONSUMERS, 3, (_, nth) => consumer(nth)),
    )
    .map(([shape, some, more, consumers]) => ({ ...shape, ...some, ...more, consumers }))

const consumer = (nth: number): fc.Arbitrary<JsonObject> =>
  fc
    .tuple(
      exactly({ push: fc.nat(2).map((n) => n === 0), filterCount: fc.nat(3) }),
      sparse({
        description: text,
        ack: constantFrom('explicit', 'all', 'none'),
        ackWait: time('1ms'),
        maxDeliver: count(4, 2 ** 31 - 1),
        maxAckPending: constantFrom(-1, 1, 1000, 5000, 2 ** 31 - 1),
        backoff: constantFrom<Json>(['1s'], ['1s', '1s', '1h'], ['5s', '1ms', longest]),
        deliver: fc.oneof(
          constantFrom<Json>('all', 'last', 'new', 'lastPerSubject'),
          exactly({ startSequence: count(1, Number.MAX_SAFE_INTEGER) }),
          exactly({ startTime: instant }),
        ),
        replay: constantFrom('instant', 'original'),
        replicas: constantFrom(1, 2, 3),
        memory: boolean(),
        headersOnly: boolean(),
        inactiveThreshold: unused,
        maxWaiting: count(1, 2 ** 31 - 1),
        maxRequestBatch: count(1, 2 ** 31 - 1),
        maxRequestBytes: bytes,
        maxRequestExpires: time('1ms'),
        sampleFrequency: constantFrom('10%', '100', '1%'),
        rateLimit: count(1, Number.MAX_SAFE_INTEGER),
        pauseUntil: instant,
        priority: fc.oneof(
          exactly({
            policy: constantFrom('overflow', 'prioritized'),
            groups: someOf(['a', 'b/=-_', 'z'.repeat(16)], 1),
          }),
          exactly({ policy: constant('pinnedClient'), groups: constant(['pin']), timeout: rarely(2, time('1s')) }),
        ),
        deliverGroup: constantFrom('shop', 'ünï'),
        flowControl: on,
        idleHeartbeat: time('100ms'),
        metadata,
      }),
    )
    .map(([shape, some]) => ({ ...shape, deliverSubject: `to.${nth}`, ...some }))

const origin = sparse({ filter: constantFrom('*', '>', 'a.*'), startSequence: count(1, 2 ** 40), startTime: instant })
const bucket = {
  description: text,
  ttl: time('100ms'),
  maxBytes: bytes,
  replicas: constantFrom(1, 2, 3),
  storage: constantFrom('file', 'memory'),
  compression: constantFrom('none', 's2'),
  metadata,
}
const kv = (name: string): fc.Arbitrary<JsonObject> =>
  fc
    .tuple(
      exactly({
        shape: constantFrom('plain', 'plain', 'sources', 'mirror'),
        origin: fc.nat(BUCKETS.length),
        copy: origin,
      }),
      sparse({
        ...bucket,
        history: count(1, 64),
        maxValueSize: constantFrom<Json>(1, '1MiB'),
        limitMarkerTtl: time('1s'),
        allowDirect: boolean(),
        republish: exactly({
          source: rarely(2, constant(`$KV.${name}.>`)),
          destination: constant(`kv.>`),
          headersOnly: rarely(2, boolean()),
        }),
      }),
    )
    .map(([shape, some]) => ({ ...shape, ...some }))

const least = (count: number): number => (WIDTH > 1 ? count * WIDTH : 0)

export const stores = {
  streams: mapOf(STREAMS, 4 * WIDTH, (_, index) => stream(index), least(3)),
  kv: mapOf(BUCKETS, 2 * WIDTH, (name) => kv(name), least(1)),
  objects: mapOf(BUCKETS, 2 * WIDTH, () => sparse(bucket), least(1)),
}
