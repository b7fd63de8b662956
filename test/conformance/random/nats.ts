import fc from 'fast-check'
import { overlap } from '../../../src/brokers/nats/subjects.ts'
import type { Json, JsonObject } from '../../../src/model/json.ts'
import {
  boolean,
  constant,
  constantFrom,
  count,
  defined,
  exactly,
  map,
  mapOf,
  rarely,
  someOf,
  sparse,
  WIDTH,
} from './arbitraries.ts'
import { linkedBuckets, linkedStreams } from './nats-links.ts'
import { mended } from './nats-mend.ts'
import { stores } from './nats-streams.ts'
import type { RandomSpecs } from './specs.ts'

/** Random specs of NATS: accounts that share subjects, users, and all that JetStream keeps. */

const ACCOUNTS = ['SHOP', 'DESK', 'acc.x-1_Z', '0'.repeat(64)]
const USERS = ['shop', 'bill.ing@x+y', 'u-1']
const PASSWORDS = { MQOPS_RANDOM_A: 'correct horse "battery" stäple', MQOPS_RANDOM_B: 'b' }

const subjects = someOf(['orders.>', '>', 'a.*.b', '$JS.API.>', '_INBOX.>', 'ünï', 'quo"te'])
const groups = someOf(['orders.>', 'a.* workers', '> ünï'])
const permission = (of: fc.Arbitrary<readonly string[]>) =>
  fc.oneof(of, sparse({ allow: of, deny: of }) as fc.Arbitrary<Json>)

const user = sparse({
  password: constantFrom<Json>(...Object.keys(PASSWORDS).map((env) => ({ secretRef: { env } }))),
  publish: permission(subjects),
  subscribe: permission(groups),
  allowResponses: fc.oneof(
    boolean(),
    sparse({ max: count(1, 2 ** 31 - 1), expires: constantFrom('1ms', '90s', '7d') }) as fc.Arbitrary<Json>,
  ),
  connectionTypes: someOf(['standard', 'websocket', 'leafnode', 'leafnode_ws', 'mqtt', 'mqtt_ws', 'in_process']),
})

/** What another account's streams are copied by. */
const API = { service: '$JS.API.>' }
const DELIVERIES = { stream: 'deliver.>' }

const OFFERS: readonly JsonObject[] = [
  { stream: 'news.>' },
  { stream: 'own.*.x', accountTokenPosition: 2 },
  { service: 'price.*' },
  { service: 'list', responseType: 'stream', responseThreshold: '2s' },
  { service: 'part.>', responseType: 'chunked', allowTrace: true },
  { service: 'slow', latency: { subject: 'latency.slow', sampling: 100 } },
  { service: 'slower', latency: { subject: 'latency.slower', sampling: 'headers' }, responseType: 'single' },
  { stream: 'few.>', accounts: ['SHOP', 'DESK'] },
  { service: 'few', accounts: ['DESK', 'acc.x-1_Z'], responseThreshold: '500ms' },
  { service: 'own.*', accountTokenPosition: 2, allowTrace: true },
  API,
  DELIVERIES,
]
const USES: readonly JsonObject[] = [
  { stream: 'news.>', prefix: 'from.news' },
  { stream: 'news.a', to: 'ünï.a', allowTrace: true },
  { stream: 'news.b' },
  { service: 'price.*', to: 'ask.*', share: true },
  { service: 'price.x' },
  { service: 'list', to: 'lists' },
  { service: 'part.>' },
  { service: 'slow' },
  { service: 'slower', to: 'a.b.c', share: false },
  { stream: 'few.*.x', to: 'x.$1' },
  { stream: 'few.>', prefix: 'ünï' },
  { service: 'few' },
  { service: 'own.SHOP', to: 'own' },
  { service: 'own.DESK' },
  { stream: 'own.DESK.x' },
  ...ACCOUNTS.flatMap((account) => [
    { ...API, account, to: `JS.${account}.API.>` },
    { ...DELIVERIES, account },
  ]),
]

const account = (index: number): fc.Arbitrary<JsonObject> =>
  fc
    .tuple(
      exactly({ exports: someOf(OFFERS, 0), imports: rarely(2, someOf(USES)), exact: boolean() }),
      sparse({
        jetstream: fc.oneof<fc.WeightedArbitrary<Json>[]>(
          { weight: 1, arbitrary: constant(false) },
          {
            weight: 6,
            arbitrary: sparse({
              memory: constantFrom('200MiB', '700MiB'),
              storage: constantFrom('200MiB', '2GiB'),
              streams: count(8, 2 ** 31 - 1),
              consumers: count(4, 2 ** 31 - 1),
              maxAckPending: count(1, 2 ** 31 - 1),
              memoryStreamBytes: constantFrom('3MiB', '1GiB'),
              storageStreamBytes: constantFrom('3MiB', '1GiB'),
              maxBytesRequired: boolean(),
            }),
          },
        ),
        limits: sparse({
          connections: count(4, 2 ** 31 - 1),
          subscriptions: count(1, 2 ** 31 - 1),
          payload: constantFrom<Json>('64KiB', '1MiB', 2 ** 31 - 1),
          leafNodes: count(0, 2 ** 31 - 1),
        }),
      }),
      exactly({
        users: mapOf(
          USERS.map((name) => `${name}${index}`),
          2,
          () => user,
        ),
      }),
      exactly(stores),
    )
    .map(([sharing, limits, users, kept]) => ({ ...sharing, ...limits, ...users, ...kept }))

const config = fc
  .tuple(
    sparse({
      max_payload: constantFrom<Json>('1MiB', '8MiB', 1_000_000),
      max_connections: count(1000, 2 ** 31 - 1),
      max_control_line: constantFrom<Json>('4KiB', 5000),
      write_deadline: constantFrom('1s', '90s'),
      ping_interval: constantFrom('10s', '1d'),
      ping_max: count(1, 100),
      debug: boolean(),
      trace: constant(false),
      trace_verbose: constant(false),
      logtime: boolean(),
      logtime_utc: boolean(),
      connect_error_reports: count(1, 10_000),
      reconnect_error_reports: count(1, 10_000),
      max_traced_msg_len: count(0, 10_000),
      no_fast_producer_stall: boolean(),
    }),
    // Each of these is a rolling restart.
    rarely(
      12,
      sparse({
        max_pending: constant('32MiB'),
        max_subscriptions: constant(1_000_000),
        max_closed_clients: count(1, 100),
        sync_interval: constantFrom('always', '1m'),
        request_queue_limit: constant(5000),
        pool_size: constantFrom(1, 4),
        max_subscription_tokens: constant(32),
        disable_sublist_cache: boolean(),
        max_outstanding_catchup: constantFrom('16MiB', '128MiB'),
        strict: boolean(),
      }),
    ),
  )
  .map(([reloaded, restarted]) => ({ ...reloaded, ...restarted }))

const any = exactly({
  config: rarely(2, config),
  accounts: mapOf(WIDTH > 1 ? ACCOUNTS.slice(0, 2) : ACCOUNTS, 3, (_, index) => account(index), WIDTH > 1 ? 2 : 0),
}).map((fields) => {
  const accounts = map<JsonObject>(fields['accounts'])
  const shared = Object.fromEntries(Object.entries(accounts).map(([name, one]) => [name, linked(name, one, accounts)]))
  return mended({ members: 3, ...ROOM, ...fields, accounts: shared })
})

/** For what many streams reserve. */
const ROOM: JsonObject = WIDTH > 1 ? { storage: '64GiB', memory: '16GiB' } : {}

const empty: JsonObject = { streams: {}, kv: {}, objects: {} }

function linked(name: string, one: JsonObject, all: Readonly<Record<string, JsonObject>>): JsonObject {
  const { imports, exact, ...fields } = one
  // From accounts before it, so that there is no ring.
  const before = Object.keys(all).slice(0, Object.keys(all).indexOf(name))
  const uses = ((imports ?? []) as readonly JsonObject[]).flatMap((use) => {
    const from = before.find((other) => (use['account'] ?? other) === other && offers(all[other] as JsonObject, use))
    return from === undefined ? [] : [{ account: from, ...use }]
  })
  const far = uses.flatMap(({ to }: JsonObject) =>
    typeof to === 'string' && to.startsWith('JS.')
      ? [{ api: to.slice(0, -2), deliver: `deliver.${USERS.length}` }]
      : [],
  )
  const stores: JsonObject =
    one['jetstream'] === false
      ? empty
      : {
          streams: linkedStreams(one['streams'] as JsonObject, far),
          kv: linkedBuckets(one['kv'] as JsonObject),
          objects: one['objects'] as JsonObject,
        }
  return {
    ...fields,
    ...limited(stores, one['jetstream'], exact === true),
    imports: uses,
  }
}

const head = (subject: Json | undefined): string => (typeof subject === 'string' ? subject.split('.')[0] : '') ?? ''
const offers = ({ exports }: JsonObject, use: JsonObject): boolean =>
  (exports as readonly JsonObject[]).some((offer) =>
    (['stream', 'service'] as const).some(
      (type) => use[type] !== undefined && offer[type] !== undefined && head(use[type]) === head(offer[type]),
    ),
  )

/** What the account's limits ask of everything that it keeps. `exact`: it has as many streams as it may have. */
function limited(stores: JsonObject, jetstream: Json | undefined, exact: boolean): JsonObject {
  const { maxBytesRequired, streams: most, ...rest } = (jetstream || {}) as JsonObject
  const count = Object.values(stores).reduce((sum: number, of) => sum + Object.keys(of as JsonObject).length, 0)
  const streams = most !== undefined && (exact || Number(most) < count) ? Math.max(1, count) : most
  const fit = (one: JsonObject): JsonObject =>
    maxBytesRequired === true ? { ...one, maxBytes: one['maxBytes'] ?? '1MiB' } : one
  const all = Object.entries(stores).map(([group, of]) => [
    group,
    Object.fromEntries(Object.entries(map<JsonObject>(of)).map(([name, one]) => [name, fit(one)])),
  ])
  return {
    ...Object.fromEntries(all),
    ...(typeof jetstream === 'object' ? { jetstream: defined({ ...rest, maxBytesRequired, streams }) } : {}),
  }
}

const KEEPS = ['streams', 'kv', 'objects'] as const

/** Accounts with streams stay, and no subjects go round in a ring: both are refused with the reason. */
function possible(before: JsonObject, after: JsonObject): JsonObject {
  const had = map<JsonObject>(before['accounts'])
  const accounts: Record<string, JsonObject> = { ...map<JsonObject>(after['accounts']) }
  for (const [name, one] of Object.entries(had)) {
    if (KEEPS.every((group) => Object.keys(map(one[group])).length === 0)) continue
    const { jetstream, ...rest } = accounts[name] ?? {}
    accounts[name] = jetstream === undefined || jetstream === false ? rest : { ...rest, jetstream }
  }
  return mended({ ...after, accounts: movable(had, accounts) })
}

const STREAMS_OF = (account: JsonObject | undefined) => Object.entries(map<JsonObject>(account?.['streams']))
const subjectsOf = (stream: JsonObject): readonly string[] => (stream['subjects'] ?? []) as readonly string[]

/** Streams that would wait for each other's subjects in a ring are refused: a later one does without them. */
function movable(
  before: Readonly<Record<string, JsonObject>>,
  after: Readonly<Record<string, JsonObject>>,
): Readonly<Record<string, JsonObject>> {
  const done: Record<string, JsonObject> = {}
  for (const [name, account] of Object.entries(after)) {
    const had = STREAMS_OF(before[name])
    const streams: Record<string, JsonObject> = {}
    const rank = new Map(had.map(([stream], i) => [stream, i]))
    for (const [stream, fields] of STREAMS_OF(account)) {
      const own = rank.get(stream) ?? -1
      const later = had.filter(([other], i) => other !== stream && i > own && own >= 0)
      const subjects = subjectsOf(fields).filter((subject) =>
        later.every(([, theirs]) => !subjectsOf(theirs).some((other) => overlap(other, subject))),
      )
      streams[stream] = fields['subjects'] === undefined ? fields : { ...fields, subjects }
    }
    done[name] = { ...account, streams }
  }
  return done
}

export const natsSpecs: RandomSpecs = {
  broker: 'Nats',
  first: { members: 3, ...ROOM },
  any,
  possible,
  env: PASSWORDS,
  runs: 8,
}
