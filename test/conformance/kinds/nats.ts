import type { JsonObject } from '../../../src/model/json.ts'
import { KEPT, type Sample } from './sample.ts'

/** A request of the JetStream API by a plain client: `set`, into what INFO says where that is asked for; or a member's file edited by hand. */
export type NatsCall =
  | { readonly request: string; readonly info?: string; readonly set?: JsonObject }
  | { readonly slot: number; readonly file: string; readonly from: string; readonly to: string }

const nats = (account: JsonObject): JsonObject => ({
  members: 3,
  accounts: { SHOP: { users: { shop: {} }, ...account } },
})
const API = 'JetStream API, by nats-py'
const BY_HAND = 'the file by hand, `nats-server --signal reload`'

const reports = (limits: JsonObject, more: JsonObject = {}): JsonObject => ({
  members: 3,
  accounts: { REPORTS: { users: { reports: {} }, ...limits }, ...more },
})
const work = (consumers: JsonObject): JsonObject =>
  nats({ streams: { WORK: { subjects: ['work.>'], ...(Object.keys(consumers).length > 0 ? { consumers } : {}) } } })

export const natsSamples: readonly Sample<NatsCall>[] = [
  {
    kind: 'account',
    base: {},
    made: reports({}),
    changed: reports(
      {
        jetstream: { streams: 5 },
        limits: { connections: 50 },
        exports: [{ stream: 'news.>' }, { service: 'price.*', responseThreshold: '2s' }],
      },
      {
        DESK: {
          imports: [
            { account: 'REPORTS', stream: 'news.>', prefix: 'shop' },
            { account: 'REPORTS', service: 'price.*', to: 'ask.*' },
          ],
        },
      },
    ),
    drift: {
      tool: BY_HAND,
      calls: [{ slot: 1, file: 'accounts.conf', from: '"max_connections":50', to: '"max_connections":500' }],
      finds: ['reload member/1'],
    },
    creation: ['safe'],
    removal: ['disruptive'],
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
    drift: {
      tool: BY_HAND,
      calls: [{ slot: 2, file: 'accounts.conf', from: '"orders.>"', to: '">"' }],
      finds: ['reload member/2'],
    },
    creation: ['safe'],
    removal: ['disruptive'],
  },
  {
    kind: 'server settings',
    file: 'server.conf',
    imported: KEPT,
    base: {},
    made: { config: { max_payload: '2MiB' } },
    changed: { config: { max_payload: '4MiB' } },
    drift: {
      tool: BY_HAND,
      calls: [{ slot: 3, file: 'server.conf', from: 'max_payload: 4194304', to: 'max_payload: 65536' }],
      finds: ['reload member/3'],
    },
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
    drift: {
      tool: API,
      calls: [
        { request: 'STREAM.UPDATE.ORDERS', info: 'STREAM.INFO.ORDERS', set: { max_age: 0, description: 'theirs' } },
        { request: 'STREAM.DELETE.ALL' },
        { request: 'STREAM.CREATE.THEIRS', set: { name: 'THEIRS', subjects: ['theirs'] } },
      ],
      strangers: ['stream/SHOP/THEIRS'],
      finds: ['update stream/SHOP/ORDERS', 'create stream/SHOP/ALL'],
    },
    creation: ['safe'],
    removal: ['destructive'],
    loses: { messages: 0, bytes: 0 },
  },
  {
    kind: 'kv',
    base: nats({}),
    made: nats({ kv: { sessions: { history: 5, ttl: '1h' }, copy: { mirror: { bucket: 'sessions' } } } }),
    changed: nats({
      kv: { sessions: { history: 8, ttl: '2h', maxBytes: '1MiB', compression: 's2' }, copy: { replicas: 1 } },
    }),
    drift: {
      tool: API,
      calls: [
        { request: 'STREAM.UPDATE.KV_sessions', info: 'STREAM.INFO.KV_sessions', set: { max_age: 0 } },
        { request: 'STREAM.DELETE.KV_copy' },
        {
          request: 'STREAM.CREATE.KV_theirs',
          set: {
            name: 'KV_theirs',
            subjects: ['$KV.theirs.>'],
            max_msgs_per_subject: 1,
            discard: 'new',
            allow_rollup_hdrs: true,
            deny_delete: true,
            allow_direct: true,
          },
        },
      ],
      strangers: ['kv/SHOP/theirs'],
      tells: [{ field: 'ttl', from: 0, to: '2h' }],
      finds: ['update kv/SHOP/sessions', 'create kv/SHOP/copy'],
    },
    creation: ['safe'],
    removal: ['destructive'],
    loses: { messages: 0, bytes: 0 },
  },
  {
    kind: 'objects',
    base: nats({}),
    made: nats({ objects: { files: { ttl: '1d', maxBytes: '8MiB' }, logs: {} } }),
    changed: nats({ objects: { files: { ttl: '2d', description: 'pictures', replicas: 1 }, logs: {} } }),
    drift: {
      tool: API,
      calls: [
        { request: 'STREAM.UPDATE.OBJ_files', info: 'STREAM.INFO.OBJ_files', set: { description: 'theirs' } },
        { request: 'STREAM.DELETE.OBJ_logs' },
      ],
      tells: [{ field: 'description', from: 'theirs', to: 'pictures' }],
      finds: ['update objects/SHOP/files', 'create objects/SHOP/logs'],
    },
    creation: ['safe'],
    removal: ['destructive'],
    loses: { messages: 0, bytes: 0 },
  },
  {
    kind: 'consumer',
    base: work({}),
    made: work({
      billing: { ack: 'explicit', pauseUntil: '2031-01-01T00:00:00Z' },
      push: { deliverSubject: 'to.shop', deliverGroup: 'shop', flowControl: true, idleHeartbeat: '5s' },
    }),
    changed: work({
      billing: { ack: 'explicit', ackWait: '10s', priority: { policy: 'pinnedClient', groups: ['a'] } },
      push: { deliverSubject: 'to.desk', deliverGroup: 'desk', flowControl: true, idleHeartbeat: '5s' },
    }),
    drift: {
      tool: API,
      calls: [
        {
          request: 'CONSUMER.CREATE.WORK.billing',
          info: 'CONSUMER.INFO.WORK.billing',
          set: { ack_wait: 77_000_000_000 },
        },
        { request: 'CONSUMER.DELETE.WORK.push' },
        {
          request: 'CONSUMER.CREATE.WORK.theirs',
          set: { stream_name: 'WORK', config: { durable_name: 'theirs', ack_policy: 'explicit' }, action: 'create' },
        },
      ],
      strangers: ['consumer/SHOP/WORK/theirs'],
      finds: ['update consumer/SHOP/WORK/billing', 'create consumer/SHOP/WORK/push'],
    },
    creation: ['safe'],
    removal: ['disruptive'],
  },
]
