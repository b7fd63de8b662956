import fc from 'fast-check'
import type { Json, JsonObject } from '../../../src/model/json.ts'
import {
  boolean,
  constant,
  constantFrom,
  count,
  defined,
  exactly,
  mapOf,
  rarely,
  someOf,
  sparse,
} from './arbitraries.ts'

/** What stands in one virtual host; rabbitmq-links.ts makes bindings and parameters lead to what is there. */

const NAMES = ['orders', 'with space', 'ünï/✓%2F', '"quoted"\\', 'new\nline', 'n'.repeat(255), '-', 'null']
/** The broker takes line breaks out of names of queues and exchanges. */
const DECLARED = NAMES.filter((name) => !name.includes('\n'))
const SETS = ['both', 'sét/2']
const LARGE = 2 ** 53 - 1
/** What expires sooner would go while the suite looks. */
const HOUR = 3_600_000
/** Milliseconds that Erlang's timers take. */
const LONGEST = 2 ** 32 - 1

const text = constantFrom('plain', 'ünï "quoted" ✓\n\ttwo lines', ' ')
const scalar = constantFrom<Json>('text', '', 'ünï ✓', 0, -1, 1.5, LARGE, -LARGE, true, false)
const free = fc.oneof(scalar, constantFrom<Json>([], [1, 'two', [3]], { a: 1, b: { c: [true] } }, [{ a: 1 }]))
const key = constantFrom('', '#', 'a.*.b', 'ünï ✓', 'k'.repeat(255), '1')

const number = (least: number): fc.Arbitrary<Json> => constantFrom<Json>(least, least + 1, 100_000, LARGE)
const timer = (least: number): fc.Arbitrary<Json> => constantFrom<Json>(least, 2 * HOUR, LONGEST)
const letters = {
  'dead-letter-exchange': constantFrom('', 'orders', 'not there'),
  'dead-letter-routing-key': key,
  expires: timer(HOUR),
  'max-length': number(0),
  'max-length-bytes': number(0),
  'message-ttl': timer(0),
}
const common = { 'queue-leader-locator': constantFrom('client-local', 'balanced') }
const ofQuorum = {
  'consumer-disconnected-timeout': timer(0),
  'consumer-timeout': timer(0),
  'dead-letter-strategy': constantFrom('at-most-once', 'at-least-once'),
  'delayed-retry-max': timer(1),
  'delayed-retry-min': timer(1),
  'delayed-retry-type': constantFrom('all', 'failed', 'returned', 'disabled'),
  'delivery-limit': constantFrom<Json>(-1, 0, 5, 100_000),
  overflow: constantFrom('drop-head', 'reject-publish'),
}
const ofStream = {
  'max-age': constantFrom('7D', '1Y', '0s', '100h'),
  'max-length-bytes': number(1),
  'stream-filter-size-bytes': constantFrom(16, 100, 255),
  'stream-max-segment-size-bytes': constantFrom(1, 500_000_000, 3_000_000_000),
}

const x = (of: Readonly<Record<string, fc.Arbitrary<Json>>>) =>
  Object.fromEntries(Object.entries(of).map(([name, one]) => [`x-${name}`, one]))
const own = { 'own argument': free, ünï: free }

const queue: fc.Arbitrary<JsonObject> = fc.oneof(
  exactly({
    type: constant('quorum'),
    arguments: sparse({
      ...x({ ...common, ...letters, ...ofQuorum }),
      'x-quorum-initial-group-size': constantFrom(1, 3),
      'x-single-active-consumer': boolean(),
      ...own,
    }).map(fitted),
  }),
  exactly({
    type: constant('classic'),
    durable: rarely(3, constant(false)),
    autoDelete: rarely(3, constant(true)),
    arguments: sparse({
      ...x({ ...common, ...letters }),
      'x-overflow': constantFrom('drop-head', 'reject-publish', 'reject-publish-dlx'),
      'x-max-priority': constantFrom(0, 1, 255),
      'x-queue-mode': constantFrom('default', 'lazy'),
      'x-queue-version': constantFrom(1, 2),
      'x-single-active-consumer': boolean(),
      ...own,
    }).map(fitted),
  }),
  exactly({
    type: constant('stream'),
    arguments: sparse({ ...x({ ...common, ...ofStream }), 'x-initial-cluster-size': constantFrom(1, 3), ...own }),
  }),
  constant({}),
)

function fitted(table: JsonObject): JsonObject {
  let of = table
  const drop = (when: boolean, name: string): void => void (of = when ? defined({ ...of, [name]: undefined }) : of)
  const min = of['x-delayed-retry-min'] as number | undefined
  const max = of['x-delayed-retry-max'] as number | undefined
  drop(min !== undefined && max !== undefined && min > max, 'x-delayed-retry-min')
  drop(of['x-dead-letter-exchange'] === undefined, 'x-dead-letter-routing-key')
  const strict = of['x-dead-letter-exchange'] !== undefined && of['x-overflow'] === 'reject-publish'
  drop(of['x-dead-letter-strategy'] === 'at-least-once' && !strict, 'x-dead-letter-strategy')
  return of
}

const exchange: fc.Arbitrary<JsonObject> = fc
  .tuple(
    exactly({
      type: constantFrom('direct', 'fanout', 'topic', 'headers', 'x-local-random', 'x-consistent-hash', 'x-random'),
      durable: rarely(4, constant(false)),
      internal: rarely(4, constant(true)),
    }),
    sparse({ 'alternate-exchange': constantFrom('orders', 'not there', 'amq.fanout'), ...own }),
  )
  .map(([fields, table]) => ({ ...fields, arguments: table }))

const pattern = constantFrom('^orders$', '.*', '', '^(?!amq\\.).*', 'ünï|✓', '^with\\s', '"')
const priority = constantFrom<Json>(0, 1, -5, 2 ** 31, LARGE)
const some = (of: fc.Arbitrary<JsonObject>): fc.Arbitrary<JsonObject> =>
  of.map((one) => (Object.keys(one).length === 0 ? { 'max-length': 5 } : one))
const operated = {
  ...letters,
  'delivery-limit': ofQuorum['delivery-limit'],
  overflow: constantFrom('drop-head', 'reject-publish'),
}
const { 'dead-letter-exchange': _, 'dead-letter-routing-key': __, ...limits } = operated

const policy = exactly({
  pattern,
  applyTo: rarely(2, constantFrom('all', 'exchanges', 'queues', 'classic_queues', 'quorum_queues', 'streams')),
  priority: rarely(2, priority),
  definition: some(
    sparse({
      ...common,
      ...letters,
      ...ofQuorum,
      ...ofStream,
      'alternate-exchange': constantFrom('orders', 'not there'),
      'federation-upstream-set': constant('all'),
    }).map((of) => withoutPrefix(fitted(x0(of)))),
  ),
})
const x0 = (of: JsonObject): JsonObject =>
  Object.fromEntries(Object.entries(of).map(([name, value]) => [`x-${name}`, value]))
const withoutPrefix = (of: JsonObject): JsonObject =>
  Object.fromEntries(Object.entries(of).map(([name, value]) => [name.slice(2), value]))

const operatorPolicy = exactly({
  pattern,
  applyTo: rarely(2, constantFrom('queues', 'classic_queues', 'quorum_queues', 'streams')),
  priority: rarely(2, priority),
  definition: some(sparse(limits)),
})

const uri = constantFrom<Json>(
  'amqp://localhost:1/ünreachable',
  ['amqp://localhost:1', 'amqps://localhost:2/%2F?heartbeat=5'],
  { secretRef: { env: 'MQOPS_RANDOM_URI' } },
  'amqp://',
)
const link = {
  exchange: constantFrom('orders', 'ünï ✓'),
  queue: constantFrom('orders', 'ünï ✓'),
  'consumer-tag': constantFrom('tag', 'ünï'),
  'prefetch-count': count(0, 65_535),
  'reconnect-delay': count(1, 1000),
  'max-hops': count(1, 255),
  expires: timer(HOUR),
  'message-ttl': timer(0),
  'trust-user-id': boolean(),
  'ack-mode': constantFrom('on-confirm', 'on-publish', 'no-ack'),
  'resource-cleanup-mode': constantFrom('default', 'never'),
  'queue-type': constantFrom('classic', 'quorum'),
  'bind-nowait': boolean(),
  'channel-use-mode': constantFrom('multiple', 'single'),
}
const upstream = fc.tuple(uri, sparse(link)).map(([of, more]): JsonObject => ({ uri: of, ...more }))
const { 'queue-type': ___, ...ofSet } = link
const upstreamSet = fc.array(sparse(ofSet), { minLength: 1, maxLength: 2 })

/** `from`, `to`: which of the queues; for `linked`. */
const shovel = fc
  .tuple(
    exactly({ from: fc.nat(9), to: fc.nat(9) }),
    sparse({
      'src-prefetch-count': count(0, 65_535),
      'src-delete-after': constant('never'),
      'src-consumer-args': constant({ 'x-priority': 5 }),
      'src-predeclared': constant(true),
      'dest-exchange-key': key,
      'dest-publish-properties': constantFrom<Json>({ delivery_mode: 2, headers: { a: 1 } }, { priority: 5 }),
      'dest-add-forward-headers': boolean(),
      'dest-add-timestamp-header': boolean(),
      'dest-predeclared': constant(true),
      'ack-mode': constantFrom('on-confirm', 'on-publish', 'no-ack'),
      'reconnect-delay': count(1, 1000),
    }),
  )
  .map(([ends, more]): JsonObject => ({ ...ends, ...more }))

const binding = exactly({
  source: fc.nat(20),
  destination: fc.nat(20),
  toExchange: rarely(3, constant(true)),
  routingKey: rarely(4, key).map((one) => one ?? 'key'),
  arguments: rarely(2, sparse({ 'x-match': constantFrom('all', 'any', 'all-with-x'), region: free, ünï: free })).map(
    (of) => of ?? {},
  ),
})

export const vhost: fc.Arbitrary<JsonObject> = fc
  .tuple(
    sparse({
      description: text,
      tags: someOf(['a', 'ünï ✓', 'b c']),
      defaultQueueType: constantFrom('quorum', 'classic', 'stream'),
      limits: sparse({ maxConnections: count(5, LARGE), maxQueues: constantFrom(0, 1, 100, LARGE) }),
    }),
    exactly({
      exchanges: mapOf(DECLARED, 4, () => exchange),
      queues: mapOf(DECLARED, 4, () => queue),
      bindings: fc.array(binding, { maxLength: 5 }),
      policies: mapOf(NAMES, 3, () => policy),
      operatorPolicies: mapOf(NAMES, 2, () => operatorPolicy),
      upstreams: mapOf(NAMES, 2, () => upstream),
      sets: mapOf(SETS, 1, () => upstreamSet),
      shovels: mapOf(NAMES, 2, () => shovel),
    }),
  )
  .map(([fields, parts]) => ({ ...fields, ...parts }))
