import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { JsonObject } from '../../src/model/json.ts'
import type { Plan } from '../../src/model/plan.ts'
import { seeded, VirtualClock } from '../support/clock.ts'
import { FakeCluster, fakeSpec } from '../support/fake-cluster.ts'
import { memoryStore } from '../support/memory-store.ts'
import { operator } from '../support/operator.ts'
import { ALL, RealCluster } from './real.ts'

/** What the suite needs of an implementation: a cluster that takes the fields of a spec. */
type Harness = {
  plan(fields: JsonObject): Promise<Plan>
  run(plan: Plan): Promise<string>
  end(): Promise<void>
}

/** One resource of a kind, as the whole cluster's fields with it, with it changed, and without it. */
type Sample = {
  readonly kind: string
  readonly base: JsonObject
  readonly made: JsonObject
  readonly changed: JsonObject | null // null: the kind has nothing to change
  readonly creation?: 'disruptive' // where clients notice it
  readonly removal: 'destructive' | 'disruptive' | 'safe'
  /** What the removal must say that it would lose. */
  readonly loses?: JsonObject
}

function fake(): Harness {
  const clusters = new Map([['suite', new FakeCluster()]])
  const alice = operator('alice', clusters, memoryStore(), new VirtualClock(), seeded(1))
  return {
    plan: async (fields) => (await alice.plan([fakeSpec('suite', fields)])).plan,
    run: async (plan) => (await alice.run(plan, ALL)).state,
    end: async () => {},
  }
}

const real = (broker: string): Promise<Harness> => RealCluster.open(broker)

const nats = (account: JsonObject): JsonObject => ({
  members: 3,
  accounts: { SHOP: { users: { shop: {} }, ...account } },
})
const rabbit = (vhost: JsonObject, more: JsonObject = {}): JsonObject => ({
  members: 3,
  vhosts: { shop: vhost },
  ...more,
})
const topics = { orders: { partitions: 1, replicas: 3 } }
const events = { events: { type: 'topic' } }
const orders = { orders: { type: 'quorum' } }
const shovel = (more: JsonObject): JsonObject => ({
  'src-uri': 'amqp:///shop',
  'src-queue': 'orders',
  'dest-uri': 'amqp:///shop',
  'dest-queue': 'moved',
  ...more,
})

const SUITES: readonly { name: string; open: () => Harness | Promise<Harness>; samples: readonly Sample[] }[] = [
  {
    name: 'fake',
    open: fake,
    samples: [
      {
        kind: 'group',
        base: { members: 3 },
        made: { members: 3, groups: { a: 1 } },
        changed: { members: 3, groups: { a: 2 } },
        removal: 'destructive',
      },
      {
        kind: 'thing',
        base: { members: 3 },
        made: { members: 3, things: { a: 1 } },
        changed: { members: 3, things: { a: 2 } },
        removal: 'destructive',
        loses: { messages: 1 },
      },
    ],
  },
  {
    name: 'Kafka',
    open: () => real('Kafka'),
    samples: [
      {
        kind: 'topic',
        base: {},
        made: { topics },
        changed: { topics: { orders: { partitions: 2, replicas: 2, config: { 'retention.ms': '1d' } } } },
        removal: 'destructive',
        loses: { messages: 0, bytes: 0 },
      },
      { kind: 'user', base: { topics }, made: { topics, users: { shop: {} } }, changed: null, removal: 'disruptive' },
      {
        kind: 'acl',
        base: { topics, users: { shop: {} } },
        made: {
          topics,
          users: {
            shop: {
              acls: [
                { topic: 'orders', allow: ['read'] },
                { group: 'shop*', allow: ['read'] },
                { transactionalId: 'shop', allow: ['write'] },
                { cluster: true, allow: ['describe'] },
                { delegationToken: '*', allow: ['describe'] },
                { user: 'shop', allow: ['createTokens'] },
              ],
            },
          },
        },
        changed: null,
        removal: 'disruptive',
      },
      {
        kind: 'config',
        base: {},
        made: { config: { 'log.cleaner.threads': 2 } },
        changed: { config: { 'log.cleaner.threads': 3 } },
        removal: 'safe',
      },
      {
        kind: 'quota',
        base: {},
        made: {
          quotas: [
            { user: 'shop', producer_byte_rate: '1MiB' },
            { clientId: 'reports', consumer_byte_rate: '1MiB' },
            { user: 'shop', clientId: 'reports', request_percentage: '50%' },
            { user: '*', controller_mutation_rate: 10.5 },
            { user: 'shop', clientId: '*', producer_byte_rate: 1000 },
            { ip: '10.0.0.7', connection_creation_rate: 5 },
            { ip: '*', connection_creation_rate: 50 },
          ],
        },
        changed: {
          quotas: [
            { user: 'shop', producer_byte_rate: '2MiB', consumer_byte_rate: '2MiB' },
            { ip: '10.0.0.7', connection_creation_rate: 4 },
          ],
        },
        creation: 'disruptive',
        removal: 'safe',
      },
    ],
  },
  {
    name: 'Nats',
    open: () => real('Nats'),
    samples: [
      {
        kind: 'account',
        base: {},
        made: nats({}),
        changed: {
          members: 3,
          accounts: {
            SHOP: {
              jetstream: { streams: 5 },
              limits: { connections: 50 },
              users: { shop: {} },
              exports: [{ stream: 'news.>' }, { service: 'price.*', responseThreshold: '2s' }],
            },
            DESK: {
              imports: [
                { account: 'SHOP', stream: 'news.>', prefix: 'shop' },
                { account: 'SHOP', service: 'price.*', to: 'ask.*' },
              ],
            },
          },
        },
        removal: 'disruptive',
      },
      {
        kind: 'user',
        base: nats({}),
        made: nats({ users: { shop: {}, billing: {} } }),
        changed: nats({
          users: {
            shop: {},
            billing: {
              publish: ['orders.>'],
              subscribe: ['work.> billing'],
              allowResponses: { max: 2 },
              connectionTypes: ['standard'],
            },
          },
        }),
        removal: 'disruptive',
      },
      {
        kind: 'stream',
        base: nats({}),
        made: nats({
          streams: {
            ORDERS: { subjects: ['orders.>'], firstSequence: 100 },
            FAST: { subjects: ['fast'], replicas: 1, persistMode: 'async' },
            COPY: { mirror: { stream: 'ORDERS', startSequence: 100, filter: 'orders.new' } },
          },
        }),
        changed: nats({
          streams: {
            ORDERS: {
              subjects: ['orders.>', 'returns.>'],
              firstSequence: 100,
              maxAge: '1d',
              discard: 'new',
              discardNewPerSubject: true,
              maxMessagesPerSubject: 50,
              compression: 's2',
              republish: { source: 'orders.*', destination: 'seen.{{wildcard(1)}}', headersOnly: true },
              subjectTransform: { source: 'returns.*', destination: 'orders.returned.{{wildcard(1)}}' },
            },
            FAST: { subjects: ['fast'], replicas: 1, persistMode: 'async', sealed: true },
            COPY: { mirror: { stream: 'ORDERS', startSequence: 100, filter: 'orders.new' }, maxBytes: '1MiB' },
            ALL: {
              sources: [
                { stream: 'ORDERS', filter: 'orders.new', startTime: '2026-01-01T00:00:00Z' },
                { stream: 'FAST', transforms: [{ source: 'fast', destination: 'all.fast' }] },
              ],
            },
          },
        }),
        removal: 'destructive',
      },
      {
        kind: 'kv',
        base: nats({}),
        made: nats({ kv: { sessions: { history: 5, ttl: '1h' }, copy: { mirror: { bucket: 'sessions' } } } }),
        changed: nats({
          kv: { sessions: { history: 8, ttl: '2h', maxBytes: '1MiB', compression: 's2' }, copy: { replicas: 1 } },
        }),
        removal: 'destructive',
      },
      {
        kind: 'objects',
        base: nats({}),
        made: nats({ objects: { files: { ttl: '1d', maxBytes: '8MiB' } } }),
        changed: nats({ objects: { files: { ttl: '2d', description: 'pictures', replicas: 1 } } }),
        removal: 'destructive',
      },
      {
        kind: 'consumer',
        base: nats({ streams: { ORDERS: { subjects: ['orders.>'] } } }),
        made: nats({
          streams: {
            ORDERS: {
              subjects: ['orders.>'],
              consumers: {
                billing: { ack: 'explicit', pauseUntil: '2031-01-01T00:00:00Z' },
                push: { deliverSubject: 'to.shop', deliverGroup: 'shop', flowControl: true, idleHeartbeat: '5s' },
              },
            },
          },
        }),
        changed: nats({
          streams: {
            ORDERS: {
              subjects: ['orders.>'],
              consumers: {
                billing: { ack: 'explicit', ackWait: '10s', priority: { policy: 'pinnedClient', groups: ['a'] } },
                push: { deliverSubject: 'to.desk', deliverGroup: 'desk', flowControl: true, idleHeartbeat: '5s' },
              },
            },
          },
        }),
        removal: 'disruptive',
      },
    ],
  },
  {
    name: 'RabbitMQ',
    open: () => real('RabbitMQ'),
    samples: [
      {
        kind: 'vhost',
        base: { members: 3 },
        made: rabbit({}),
        changed: rabbit({ description: 'the shop' }),
        removal: 'destructive',
      },
      {
        kind: 'user',
        base: rabbit({}),
        made: rabbit({}, { users: { shop: {} } }),
        changed: rabbit({}, { users: { shop: { tags: ['monitoring'] } } }),
        removal: 'disruptive',
      },
      {
        kind: 'permission',
        base: rabbit({}, { users: { shop: {} } }),
        made: rabbit({}, { users: { shop: { permissions: { shop: { read: '.*' } } } } }),
        changed: rabbit({}, { users: { shop: { permissions: { shop: { read: '^a' } } } } }),
        removal: 'disruptive',
      },
      {
        kind: 'exchange',
        base: rabbit({}),
        made: rabbit({ exchanges: events }),
        changed: rabbit({ exchanges: { events: { type: 'fanout' } } }),
        removal: 'disruptive',
      },
      {
        kind: 'queue',
        base: rabbit({}),
        made: rabbit({ queues: orders }),
        changed: rabbit({ queues: { orders: { type: 'classic' } } }),
        removal: 'destructive',
      },
      {
        kind: 'binding',
        base: rabbit({ exchanges: events, queues: orders }),
        made: rabbit({
          exchanges: events,
          queues: orders,
          bindings: [{ source: 'events', destination: 'orders', routingKey: 'a.#' }],
        }),
        changed: null,
        removal: 'disruptive',
      },
      {
        kind: 'policy',
        base: rabbit({}),
        made: rabbit({ policies: { dead: { pattern: '^o', definition: { 'dead-letter-exchange': 'dead' } } } }),
        changed: rabbit({
          policies: { dead: { pattern: '^o', applyTo: 'queues', definition: { 'dead-letter-exchange': 'late' } } },
        }),
        removal: 'disruptive',
      },
      {
        kind: 'operator-policy',
        base: rabbit({}),
        made: rabbit({ operatorPolicies: { cap: { pattern: '.*', definition: { 'target-group-size': 3 } } } }),
        changed: rabbit({ operatorPolicies: { cap: { pattern: '.*', definition: { 'max-length': 9 } } } }),
        removal: 'disruptive',
      },
      {
        kind: 'vhost-limits',
        base: rabbit({}),
        made: rabbit({ limits: { maxQueues: 10, maxConnections: 5 } }),
        changed: rabbit({ limits: { maxQueues: 20 } }),
        removal: 'safe',
      },
      {
        kind: 'user-limits',
        base: rabbit({}, { users: { shop: {} } }),
        made: rabbit({}, { users: { shop: { limits: { maxConnections: 5 } } } }),
        changed: rabbit({}, { users: { shop: { limits: { maxChannels: 5 } } } }),
        removal: 'safe',
      },
      {
        kind: 'topic-permission',
        base: rabbit({ exchanges: events }, { users: { shop: {} } }),
        made: rabbit(
          { exchanges: events },
          { users: { shop: { topicPermissions: { shop: { events: { write: '^a' } } } } } },
        ),
        changed: rabbit(
          { exchanges: events },
          { users: { shop: { topicPermissions: { shop: { events: { write: '^b' } } } } } },
        ),
        removal: 'disruptive',
      },
      {
        kind: 'parameter',
        base: rabbit({ queues: orders }, { plugins: ['rabbitmq_shovel'] }),
        made: rabbit(
          { queues: orders, parameters: { shovel: { move: shovel({}) } } },
          { plugins: ['rabbitmq_shovel'] },
        ),
        changed: rabbit(
          { queues: orders, parameters: { shovel: { move: shovel({ 'ack-mode': 'on-publish' }) } } },
          { plugins: ['rabbitmq_shovel'] },
        ),
        removal: 'disruptive',
      },
      {
        kind: 'global-parameter',
        base: { members: 3 },
        made: { members: 3, globalParameters: { team: { name: 'shop', tags: {} } } },
        changed: { members: 3, globalParameters: { team: { name: 'billing' } } },
        removal: 'disruptive',
      },
    ],
  },
]

const RISKS = ['safe', 'disruptive', 'destructive']
const kindsOf = (plan: Plan, kind: string) => plan.steps.filter((step) => step.address.kind === kind)

describe.each(SUITES)('kinds of $name', ({ open, samples }) => {
  let harness: Harness
  beforeAll(async () => {
    harness = await open()
    await harness.run(await harness.plan((samples[0] as Sample).base))
  })
  afterAll(() => harness?.end())

  const apply = async (fields: JsonObject): Promise<Plan> => {
    const plan = await harness.plan(fields)
    if (plan.steps.length > 0) expect(await harness.run(plan)).toBe('done')
    expect((await harness.plan(fields)).steps).toEqual([])
    return plan
  }

  it.each(samples)(
    '$kind: made, found again, changed, removed; each leaves an empty plan',
    async ({ kind, base, made, changed, creation = 'safe', removal, loses }) => {
      await apply(base)
      const create = kindsOf(await apply(made), kind)
      expect(create.length).toBeGreaterThan(0)
      expect(create.every((step) => step.risk === creation)).toBe(true)
      if (changed) expect(kindsOf(await apply(changed), kind).length).toBeGreaterThan(0)
      const remove = await harness.plan(base)
      const steps = kindsOf(remove, kind)
      expect(steps.length).toBeGreaterThan(0)
      // Never milder than said: what loses data must ask by name.
      for (const step of steps) expect(RISKS.indexOf(step.risk)).toBeGreaterThanOrEqual(RISKS.indexOf(removal))
      if (loses) expect(steps.map((step) => step.loses)).toEqual(steps.map(() => loses))
      expect(await harness.run(remove)).toBe('done')
      expect((await harness.plan(base)).steps).toEqual([])
    },
  )
})
