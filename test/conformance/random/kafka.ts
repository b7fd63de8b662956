import fc from 'fast-check'
import type { Dict, Json, JsonObject } from '../../../src/model/json.ts'
import { BROKER_SETTINGS } from '../../../src/brokers/kafka/broker-settings.ts'
import { OPERATIONS_OF } from '../../../src/brokers/kafka/fields.ts'
import type { Setting } from '../../../src/brokers/kafka/settings.ts'
import { isThreads } from '../../../src/brokers/kafka/threads.ts'
import { TOPIC_SETTINGS } from '../../../src/brokers/kafka/topic-settings.ts'
import {
  boolean,
  constantFrom,
  count,
  defined,
  exactly,
  map,
  mapOf,
  rarely,
  someOf,
  sparse,
  wide,
  WIDTH,
} from './arbitraries.ts'
import type { RandomSpecs } from './specs.ts'

/** Random specs of Kafka: topics and brokers with all their settings, users with rules, quotas. */

// Two that differ in . and _ only: never both at once, one after the other is fine.
const TOPICS = ['orders.created', 'a', 'A-b_c.9', 't'.repeat(249), 'col.lide', 'col_lide']
const USERS = ['billing', 'a.b_c@d-e', 'U'.repeat(128)]
const PASSWORDS = { MQOPS_RANDOM_A: 'correct horse "battery", =[x]', MQOPS_RANDOM_B: 'b' }

const HOUR = 3_600_000
const LARGEST: Dict<number> = { int: 2 ** 31 - 1, short: 2 ** 15 - 1, long: 2 ** 53 - 1 }

/** Ends of the range, and what lies between. */
function valueOf({ type, min = 0, max, also, oneOf }: Setting): fc.Arbitrary<Json> {
  if (type === 'boolean') return boolean()
  if (oneOf && type === 'list') return someOf(oneOf).map((some) => some.join(','))
  if (oneOf) return constantFrom<Json>(...oneOf)
  if (type === 'double') return constantFrom<Json>(min, 0.01, max ?? 1e9)
  const most = max ?? LARGEST[type] ?? LARGEST['int'] ?? 0
  return constantFrom<Json>(
    min,
    Math.min(most, min + 5),
    Math.min(most, 100_000),
    most,
    ...(also === undefined ? [] : [also]),
  )
}

const tableOf = (table: Dict<Setting>, names: (name: string) => boolean): Dict<fc.Arbitrary<Json>> =>
  Object.fromEntries(
    Object.entries(table).flatMap(([name, setting]) => (names(name) ? [[name, valueOf(setting)]] : [])),
  )

/** Wanting tiered storage, or files of this size on each broker. */
const OTHERWISE = /^(remote|local)\.|index\.bytes$|^preallocate$|^segment\.bytes$/
const topicConfig = sparse({
  ...tableOf(TOPIC_SETTINGS, (name) => !OTHERWISE.test(name)),
  'segment.bytes': constantFrom<Json>(1_048_576, '64MiB', 2 ** 31 - 1),
  'segment.index.bytes': constantFrom<Json>(12, '64KiB'),
  'index.interval.bytes': constantFrom<Json>(0, 4097),
  'min.insync.replicas': constantFrom(1, 2, 3),
  'retention.ms': constantFrom<Json>(-1, 0, '7d', '365d', LARGEST['long'] ?? 0),
  'retention.bytes': constantFrom<Json>(-1, 0, '1GiB', '9223372036854775807'),
})

const topic = exactly({
  partitions: rarely(2, constantFrom(1, 2, 3, 7)),
  replicas: rarely(2, constantFrom(1, 2, 3)),
  config: rarely(2, topicConfig),
}).map(({ config, ...fields }) => {
  const {
    'max.compaction.lag.ms': most,
    'min.compaction.lag.ms': least,
    'min.insync.replicas': copies,
    ...rest
  } = map<Json>(config)
  const fitting = defined({
    ...rest,
    'max.compaction.lag.ms': most,
    'min.compaction.lag.ms': Number(least) > Number(most ?? LARGEST['long']) ? undefined : least,
    'min.insync.replicas': Number(copies) > Number(fields['replicas'] ?? 3) ? undefined : copies,
  })
  return { ...fields, ...(config === undefined ? {} : { config: fitting }) }
})

const NAMES: Dict<readonly string[]> = {
  topic: ['orders.created', 'orders*', '*', 't'.repeat(249)],
  group: ['shop', 'grüppe ✓ "x"', 'a,b;c=d*', '*'],
  transactionalId: ['tx', 'ünï*', '*'],
  delegationToken: ['a/b+c=', '*'],
  user: ['billing', 'any*', '*'],
}
const HOSTS = ['*', '10.0.0.7', '::1', '2001:db8::9']

const aclsOf = (type: keyof typeof OPERATIONS_OF, name: Json): fc.Arbitrary<readonly JsonObject[]> => {
  const operations = someOf([...OPERATIONS_OF[type], 'all'], 1, 3)
  const one = (permission: 'allow' | 'deny') =>
    exactly({ [type]: fc.constant(name), [permission]: operations, host: rarely(3, constantFrom(...HOSTS)) })
  return fc.oneof(
    one('allow').map((of) => [of]),
    one('deny').map((of) => [of]),
    fc.tuple(one('allow'), one('deny')),
  )
}
const SUBJECTS = [
  ...Object.entries(NAMES).flatMap(([type, names]) => names.map((name) => [type, name] as const)),
  ['cluster', true] as const,
]
const acls = fc
  .subarray(SUBJECTS, { maxLength: 6 })
  .chain((some) => fc.tuple(...some.map(([type, name]) => aclsOf(type as keyof typeof OPERATIONS_OF, name))))
  .map((all) => all.flat())

const user = exactly({
  password: rarely(3, constantFrom<Json>(...Object.keys(PASSWORDS).map((env) => ({ secretRef: { env } })))),
  mechanism: rarely(3, constantFrom('SCRAM-SHA-256', 'SCRAM-SHA-512')),
  acls,
})

const rates = sparse({
  producer_byte_rate: constantFrom<Json>(1, '10MiB', 2 ** 53 - 1),
  consumer_byte_rate: constantFrom<Json>(1, '10MiB', 2 ** 53 - 1),
  request_percentage: constantFrom<Json>(0.01, '50%', 12.5, 1600),
  controller_mutation_rate: constantFrom<Json>(0.5, 10, 1e9),
}).map((of) => (Object.keys(of).length === 0 ? { request_percentage: 99 } : of))
const CLIENTS = ['reports', 'ünï ✓ "x"/=,', '*']
const ENTITIES: readonly JsonObject[] = [
  ...['billing', 'nobody yet', '*'].flatMap((name) => [
    { user: name },
    ...CLIENTS.map((clientId) => ({ user: name, clientId })),
  ]),
  ...CLIENTS.map((clientId) => ({ clientId })),
]
const quotas = fc
  .tuple(
    fc
      .subarray([...ENTITIES], { maxLength: Math.min(6 * WIDTH, ENTITIES.length) })
      .chain((some) => fc.tuple(...some.map((entity) => rates.map((of): JsonObject => ({ ...entity, ...of }))))),
    fc
      .subarray(['10.0.0.7', '::1', '*'])
      .chain((some) =>
        fc.tuple(
          ...some.map((ip) =>
            count(1000, 2 ** 31 - 1).map((rate): JsonObject => ({ ip, connection_creation_rate: rate })),
          ),
        ),
      ),
  )
  .map(([clients, ips]) => [...clients, ...ips])

/** Changed while brokers run; connections, and what tiered storage wants, stay. */
const STAYS =
  /threads|fetchers|^remote\..*(thread|reader)|^max\.conn|^log\.(cleaner\.(dedupe|io)|local|preallocate|segment|index|roll)|^message\.max|^min\.insync|throttled|assignment\.interval|producer\.id|follower\.fetch|buffer/
// Far apart, they are a rolling restart.
const threads = fc.oneof(
  { weight: 39, arbitrary: constantFrom(2, 3, 4) },
  { weight: 1, arbitrary: constantFrom(1, 9, 40) },
)
const running = sparse({
  ...tableOf(BROKER_SETTINGS, (name) => BROKER_SETTINGS[name]?.mode === 'cluster' && !STAYS.test(name)),
  'log.retention.ms': constantFrom<Json>(-1, '7d', 30 * 24 * HOUR),
  'log.retention.bytes': constantFrom<Json>(-1, '1GiB'),
  'log.roll.ms': constantFrom<Json>('1h', '7d'),
  'log.segment.bytes': constantFrom<Json>(1_048_576, '64MiB'),
  'log.flush.interval.ms': constantFrom<Json>(1000, HOUR),
  ...Object.fromEntries(Object.keys(BROKER_SETTINGS).flatMap((name) => (isThreads(name) ? [[name, threads]] : []))),
  'log.cleaner.threads': constantFrom(1, 2, 7), // of 8 MiB each has more than one
  'message.max.bytes': constantFrom<Json>('1MiB', '10MiB'),
  'max.connections.per.ip.overrides': constantFrom('10.0.0.7:5', '10.0.0.7:5,10.0.0.8:6'),
}).map(({ 'log.cleaner.max.compaction.lag.ms': most, 'log.cleaner.min.compaction.lag.ms': least, ...rest }) =>
  defined({
    ...rest,
    'log.cleaner.max.compaction.lag.ms': most,
    'log.cleaner.min.compaction.lag.ms': most === undefined ? least : undefined,
  }),
)
/** Each is a rolling restart. */
const restarting = sparse({
  'auto.create.topics.enable': boolean(),
  'num.partitions': constantFrom(1, 5),
  'group.max.size': constantFrom(100, 1000),
  'group.initial.rebalance.delay.ms': constantFrom<Json>(0, '3s'),
  'log.retention.check.interval.ms': constantFrom<Json>('5m', '1h'),
})

/** Where all brokers have lags of compaction, a topic or broker has none of its own: they would have to fit. */
const withoutLags = ([name, topic]: readonly [string, JsonObject]): readonly [string, JsonObject] => {
  if (topic['config'] === undefined) return [name, topic]
  const rest = Object.entries(map<Json>(topic['config'])).filter(([key]) => !key.endsWith('compaction.lag.ms'))
  return [name, { ...topic, config: Object.fromEntries(rest) }]
}

const any = exactly({
  topics: mapOf(wide(TOPICS, 249), 4 * WIDTH, () => topic),
  users: mapOf(wide(USERS, 128), 2 * WIDTH, () => user),
  quotas,
  config: fc.tuple(rarely(2, running), rarely(15, restarting)).map(([live, still]) => ({ ...live, ...still })),
  brokers: rarely(
    4,
    running.map((config) => ({ '2': { config } })),
  ),
  moves: rarely(4, exactly({ rate: constantFrom<Json>('1MiB', '100MiB') })),
}).map(({ topics, ...fields }) => {
  const all = map<JsonObject>(topics)
  const lags = Object.keys(map<Json>(fields['config'])).some((key) => key.endsWith('compaction.lag.ms'))
  const apart = Object.entries(all).filter(([name]) => !(name.startsWith('col_lide') && name.replace('_', '.') in all))
  const single = Object.entries(map<JsonObject>(fields['brokers'])).map(([id, one]) => withoutLags([id, one]))
  return {
    members: 3,
    ...fields,
    ...(lags ? { brokers: Object.fromEntries(single) } : {}),
    topics: Object.fromEntries(lags ? apart.map(withoutLags) : apart),
  }
})

/** Partitions only grow. */
function possible(before: JsonObject, after: JsonObject): JsonObject {
  const had = map<JsonObject>(before['topics'])
  const topics = Object.entries(map<JsonObject>(after['topics'])).map(([name, one]) => {
    const fewest = Number(had[name]?.['partitions'] ?? 1)
    return [name, Number(one['partitions'] ?? 1) < fewest ? { ...one, partitions: fewest } : one]
  })
  return { ...after, topics: Object.fromEntries(topics) }
}

export const kafkaSpecs: RandomSpecs = {
  broker: 'Kafka',
  first: { members: 3 },
  any,
  possible,
  env: PASSWORDS,
  runs: 6,
}
