import fc from 'fast-check'
import type { Json, JsonObject } from '../../../src/model/json.ts'
import { boolean, constant, constantFrom, count, exactly, sparse } from './arbitraries.ts'
import { HOUR, key, timer } from './rabbitmq-values.ts'

/** Federation upstreams, sets of them, and shovels; rabbitmq-links.ts makes them lead to what is there. */

const uri = constantFrom<Json>(
  'amqp://localhost:1/ünreachable',
  ['amqp://localhost:1', 'amqps://localhost:2/%2F?heartbeat=5'],
  { secretRef: { env: 'MQOPS_RANDOM_URI' } },
  // One of this cluster would have queues made that import takes for somebody else's.
  'amqps://localhost:3/there',
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
export const upstream = fc.tuple(uri, sparse(link)).map(([of, more]): JsonObject => ({ uri: of, ...more }))
const { 'queue-type': _, ...ofSet } = link
export const upstreamSet = fc.array(sparse(ofSet), { minLength: 1, maxLength: 2 })

/** Of both sides and all protocols; `from` and `to`: which of the queues, where it leads to one of this cluster. */
const table = constantFrom<Json>({ 'x-queue-type': 'quorum' }, { 'x-max-length': 5, ünï: [1, { a: true }] }, {})
const far = constantFrom<Json>('amqp://localhost:1', ['amqp://localhost:1/ü', 'amqps://localhost:2'], {
  secretRef: { env: 'MQOPS_RANDOM_URI' },
})
const address = constantFrom('/queues/orders', '/exchanges/amq.fanout/%C3%BC', 'ünï "✓"')
const annotations = constantFrom<Json>({ 'x-opt': 'ünï' }, { 'x-one': '1', ünï: '' })

const classic = (side: 'src' | 'dest') =>
  sparse({
    [`${side}-protocol`]: constant('amqp091'),
    [`${side}-queue-args`]: table,
    [`${side}-predeclared`]: constant(true),
  })
const prefetch = { 'src-prefetch-count': count(0, 65_535) }
/** Each makes one side: what is there is where it leads. */
const source = fc.oneof(
  fc.tuple(
    exactly({ from: fc.nat(99) }),
    classic('src'),
    sparse({ 'src-consumer-args': constant({ 'x-priority': 5 }), ...prefetch }),
  ),
  fc.tuple(
    exactly({ from: fc.nat(99), 'src-protocol': constant('local') }),
    sparse({ 'src-consumer-args': constant({}) }),
  ),
  fc.tuple(
    exactly({ 'src-uri': far, 'src-exchange': constantFrom('orders', 'ünï/✓') }),
    sparse({ 'src-exchange-key': key, ...prefetch }),
  ),
  fc.tuple(
    exactly({ 'src-uri': far, 'src-protocol': constant('amqp10'), 'src-address': address }),
    sparse({ 'src-consumer-name': constantFrom('ünï', 'name'), ...prefetch }),
  ),
)
const destination = fc.oneof(
  fc.tuple(exactly({ to: fc.nat(99) }), classic('dest'), sparse({ 'dest-exchange-key': key, ...properties() })),
  fc.tuple(exactly({ to: fc.nat(99), 'dest-protocol': constant('local') }), sparse({ 'dest-exchange-key': key })),
  fc.tuple(
    exactly({ 'dest-uri': far, 'dest-protocol': constant('amqp10'), 'dest-address': address }),
    sparse({
      'dest-properties': constantFrom<Json>({ user_id: 'someone' }, { subject: 'ünï' }),
      'dest-application-properties': annotations,
      'dest-message-annotations': annotations,
      'dest-add-forward-headers': boolean(),
      'dest-add-timestamp-header': boolean(),
    }),
  ),
)

function properties(): Readonly<Record<string, fc.Arbitrary<Json>>> {
  return {
    'dest-publish-properties': constantFrom<Json>({ delivery_mode: 2, type: 'ünï ✓' }, { priority: 5 }, {}),
    'dest-add-forward-headers': boolean(),
    'dest-add-timestamp-header': boolean(),
  }
}

export const shovel = fc
  .tuple(
    source,
    destination,
    sparse({
      'src-delete-after': constant('never'),
      'ack-mode': constantFrom('on-confirm', 'on-publish', 'no-ack'),
      'reconnect-delay': count(0, 1000),
    }),
  )
  .map(([from, to, more]): JsonObject => Object.assign({}, ...from, ...to, more))
