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
  WIDTH,
  wide,
} from './arbitraries.ts'
import { shovel, upstream, upstreamSet } from './rabbitmq-parameters.ts'
import { HOUR, key, LARGE, number, timer } from './rabbitmq-values.ts'

/** What stands in one virtual host; rabbitmq-links.ts makes bindings and parameters lead to what is there. */

const NAMES = wide(['orders', 'with space', 'ünï/✓%2F', '"quoted"\\', 'new\nline', 'n'.repeat(255), '-', 'null'], 255)
/** The broker takes line breaks out of names of queues and exchanges. */
const DECLARED = NAMES.filter((name) => !name.includes('\n'))
const SETS = wide(['both', 'sét/2'])

const text = constantFrom('plain', 'ünï "quoted" ✓\n\ttwo lines', ' ')
const scalar = constantFrom<Json>('text', '', 'ünï ✓', 0, -1, 1.5, LARGE, -LARGE, true, false)
const free = fc.oneof(scalar, constantFrom<Json>([], [1, 'two', [3]], { a: 1, b: { c: [true] } }, [{ a: 1 }]))
const letters = {
  'dead-letter-exchange': constantFrom('', 'orders', 'not there'),
  'dead-letter-routing-key': key,
  expires: timer(HOUR),
  'max-length': number(0),
  'max-length-bytes': number(0),
  'message-ttl': timer(0),
}
const common = { 'queue-leader-locator': constantFrom('client-local', 'balanced', 'random', 'least-leaders') }
const retried = {
  'delayed-retry-max': timer(1),
  'delayed-retry-min': timer(1),
  'delayed-retry-type': constantFrom('all', 'failed', 'returned', 'disabled'),
  'delivery-limit': constantFrom<Json>(-1, 0, 5, 100_000),
}
const ofQuorum = {
  'consumer-disconnected-timeout': timer(0),
  'consumer-timeout': timer(0),
  'dead-letter-strategy': constantFrom('at-most-once', 'at-least-once'),
  ...retried,
  'max-in-memory-bytes': number(0),
  'max-in-memory-length': number(0),
  overflow: constantFrom('drop-head', 'reject-publish'),
}
const ofStream = {
  'max-age': constantFrom('7D', '1Y', '1s', '0100h'),
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
      'x-queue-version': constant(2),
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
  const type = of['x-delayed-retry-type']
  drop(min === undefined && type !== 'disabled', 'x-delayed-retry-type')
  drop(min !== undefined && max !== undefined && min > max, 'x-delayed-retry-max')
  drop(of['x-dead-letter-exchange'] === undefined, 'x-dead-letter-routing-key')
  const strict = of['x-dead-letter-exchange'] !== undefined && of['x-overflow'] === 'reject-publish'
  drop(of['x-dead-letter-strategy'] === 'at-least-once' && !strict, 'x-dead-letter-strategy')
  return of
}

const TYPES = [
  ...['direct', 'fanout', 'topic', 'headers', 'x-local-random', 'x-consistent-hash', 'x-random'],
  ...['x-recent-history', 'x-modulus-hash'],
]
const exchange: fc.Arbitrary<JsonObject> = fc
  .tuple(
    exactly({
      type: constantFrom(...TYPES),
      durable: rarely(4, constant(false)),
      autoDelete: rarely(4, constant(true)),
      internal: rarely(4, constant(true)),
    }),
    sparse({ 'alternate-exchange': constantFrom('orders', 'not there', 'amq.fanout'), ...own }),
  )
  .map(([fields, table]) => ({ ...fields, arguments: table }))

const pattern = constantFrom('^orders$', '.*', '', '^(?!amq\\.).*', 'ünï|✓', '^with\\s', '"')
const priority = constantFrom<Json>(0, 1, -5, 2 ** 31, LARGE)
const some = (of: fc.Arbitrary<JsonObject>): fc.Arbitrary<JsonObject> =>
  of.map((one) => (Object.keys(one).length === 0 ? { 'max-length': 5 } : one))
// One that grows has two members for up to an hour, neither of which may be restarted.
const grown = { 'queue-version': constantFrom(1, 2), 'target-group-size': constant(1) }
const { 'dead-letter-exchange': _, 'dead-letter-routing-key': __, ...ofLetters } = letters
const limits = {
  ...ofLetters,
  ...retried,
  ...grown,
  'max-in-memory-bytes': number(0),
  'max-in-memory-length': number(0),
  overflow: constantFrom('drop-head', 'reject-publish', 'reject-publish-dlx'),
}

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
      'initial-cluster-size': constantFrom(0, 1, 3),
      'queue-mode': constantFrom('default', 'lazy'),
      overflow: constantFrom('drop-head', 'reject-publish', 'reject-publish-dlx'),
      ...grown,
      // Which of the upstreams or sets, for `linked`.
      federated: fc.nat(99),
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
  definition: some(sparse(limits).map((of) => withoutPrefix(fitted(x0(of))))),
})

const binding = exactly({
  source: fc.nat(20 * WIDTH),
  destination: fc.nat(20 * WIDTH),
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
      exchanges: mapOf(DECLARED, 4 * WIDTH, () => exchange),
      queues: mapOf(DECLARED, 4 * WIDTH, () => queue),
      bindings: fc.array(binding, { maxLength: 5 * WIDTH }),
      policies: mapOf(NAMES, 3 * WIDTH, () => policy),
      operatorPolicies: mapOf(NAMES, 2 * WIDTH, () => operatorPolicy),
      upstreams: mapOf(NAMES, 2 * WIDTH, () => upstream),
      sets: mapOf(SETS, WIDTH, () => upstreamSet),
      shovels: mapOf(NAMES, 2 * WIDTH, () => shovel),
    }),
  )
  .map(([fields, parts]) => ({ ...fields, ...parts }))
