import type { JsonObject } from '../../../src/model/json.ts'
import type { Sample } from './sample.ts'
import { gone, HTTP, rabbit, type RabbitmqCall } from './rabbitmq-calls.ts'

const routed = (routingKey: string): JsonObject =>
  rabbit({
    exchanges: { news: { type: 'topic' } },
    queues: { readers: { type: 'quorum' } },
    bindings: [
      { source: 'news', destination: 'readers', routingKey },
      { source: 'amq.topic', destinationExchange: 'news', routingKey: 'all' },
    ],
  })
/** What messages go through. */
export const routingSamples: readonly Sample<RabbitmqCall>[] = [
  {
    kind: 'exchange',
    base: rabbit({}),
    made: rabbit({ exchanges: { events: { type: 'topic' }, alarms: { type: 'direct' } } }),
    changed: rabbit({ exchanges: { events: { type: 'fanout' }, alarms: { type: 'direct' } } }),
    drift: {
      tool: HTTP,
      calls: [
        gone('exchanges/shop/events'),
        { method: 'PUT', path: 'exchanges/shop/events', body: { type: 'headers', durable: true } },
        gone('exchanges/shop/alarms'),
        { method: 'PUT', path: 'exchanges/shop/theirs', body: { type: 'headers', durable: true } },
      ],
      strangers: ['exchange/shop/theirs'],
      finds: ['delete exchange/shop/events', 'create exchange/shop/events', 'create exchange/shop/alarms'],
    },
    creation: ['safe'],
    removal: ['disruptive'],
  },
  {
    kind: 'queue',
    base: rabbit({}),
    made: rabbit({ queues: { orders: { type: 'quorum' }, bills: { type: 'stream' } } }),
    changed: rabbit({ queues: { orders: { type: 'classic' }, bills: { type: 'stream' } } }),
    drift: {
      tool: HTTP,
      calls: [
        gone('queues/shop/orders'),
        {
          method: 'PUT',
          path: 'queues/shop/orders',
          body: { durable: true, arguments: { 'x-queue-type': 'classic', 'x-max-length': 5 } },
        },
        gone('queues/shop/bills'),
        { method: 'PUT', path: 'queues/shop/theirs', body: { durable: true } },
      ],
      strangers: ['queue/shop/theirs'],
      finds: ['delete queue/shop/orders', 'create queue/shop/orders', 'create queue/shop/bills'],
    },
    creation: ['safe'],
    removal: ['destructive'],
    loses: { messages: 0 },
  },
  {
    kind: 'binding',
    base: rabbit({ exchanges: { news: { type: 'topic' } }, queues: { readers: { type: 'quorum' } } }),
    made: routed('a.#'),
    changed: routed('b.#'),
    drift: {
      tool: HTTP,
      calls: [
        gone('bindings/shop/e/news/q/readers/b.%23'),
        { method: 'POST', path: 'bindings/shop/e/news/q/readers', body: { routing_key: 'theirs' } },
      ],
      strangers: ['binding/shop/news/queue/readers/theirs'],
      finds: ['create binding/shop/news/queue/readers/b.#'],
    },
    creation: ['safe'],
    removal: ['disruptive'],
  },
]
