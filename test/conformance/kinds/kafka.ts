import type { JsonObject } from '../../../src/model/json.ts'
import type { Sample } from './sample.ts'

/** Arguments of a tool of the distribution; where to connect is added. */
export type KafkaCall = { readonly tool: string; readonly args: readonly string[] }

const configs = (type: string, name: string | null, ...args: readonly string[]): KafkaCall => ({
  tool: 'kafka-configs',
  args: [
    '--alter',
    '--entity-type',
    type,
    ...(name === null ? ['--entity-default'] : ['--entity-name', name]),
    ...args,
  ],
})
const topics = (orders: JsonObject): JsonObject => ({
  topics: { orders, audit: { partitions: 1, replicas: 3 } },
})
const singles = (first: JsonObject): JsonObject => ({
  brokers: { '1': { config: first }, '2': { config: { 'log.flush.interval.ms': '30s' } } },
})
const acls = (...rules: readonly JsonObject[]): JsonObject => ({
  users: {
    reader: {
      acls: [
        ...rules,
        { group: 'shop*', allow: ['read'] },
        { transactionalId: 'shop', allow: ['write'] },
        { cluster: true, allow: ['describe'] },
        { delegationToken: '*', allow: ['describe'] },
        { user: 'reader', allow: ['createTokens'] },
        { topic: 'secret', deny: ['all'], host: '10.0.0.9' },
      ],
    },
  },
})

/** Messages so old are refused from then on: mqops' own topic must take its records all the same. */
const own: JsonObject = {
  'log.cleaner.backoff.ms': 20_000,
  'log.message.timestamp.before.max.ms': 0,
  'message.max.bytes': '2MiB',
}

export const kafkaSamples: readonly Sample<KafkaCall>[] = [
  {
    kind: 'topic',
    base: {},
    made: topics({ partitions: 1, replicas: 3 }),
    changed: topics({ partitions: 2, replicas: 3, config: { 'retention.ms': '1d' } }),
    drift: {
      tool: '`kafka-configs`, `kafka-topics`',
      calls: [
        configs('topics', 'orders', '--add-config', 'retention.ms=7200000,max.message.bytes=2000000'),
        { tool: 'kafka-topics', args: ['--delete', '--topic', 'audit'] },
        { tool: 'kafka-topics', args: ['--create', '--topic', 'theirs'] },
      ],
      strangers: ['topic/theirs'],
      finds: ['update topic/orders', 'create topic/audit'],
      tells: [
        { field: 'config.max.message.bytes', from: 2_000_000 },
        { field: 'config.retention.ms', from: 7_200_000, to: 86_400_000 },
      ],
    },
    creation: ['safe'],
    removal: ['destructive'],
    loses: { messages: 0, bytes: 0 },
  },
  {
    kind: 'user',
    base: {},
    made: { users: { shop: {}, desk: {} } },
    changed: { users: { shop: { mechanism: 'SCRAM-SHA-256' }, desk: {} } },
    drift: {
      tool: '`kafka-configs`',
      calls: [
        configs('users', 'shop', '--add-config', 'SCRAM-SHA-256=[iterations=4096,password=another]'),
        configs('users', 'desk', '--delete-config', 'SCRAM-SHA-512'),
      ],
      tells: [{ field: 'password' }],
      finds: ['update user/shop', 'create user/desk'],
    },
    creation: ['safe'],
    removal: ['disruptive'],
  },
  {
    kind: 'acl',
    base: { users: { reader: {} } },
    made: acls({ topic: 'orders', allow: ['read'] }),
    changed: acls({ topic: 'orders', allow: ['write'] }),
    drift: {
      tool: '`kafka-acls`',
      calls: [
        {
          tool: 'kafka-acls',
          args: [
            '--remove',
            '--force',
            '--allow-principal',
            'User:reader',
            '--operation',
            'Write',
            '--topic',
            'orders',
          ],
        },
      ],
      finds: ['create acl/User:reader/topic/literal/orders/allow/write/*'],
    },
    // A rule that denies is noticed when it comes, the others when they go.
    creation: ['safe', 'disruptive'],
    removal: ['disruptive', 'safe'],
  },
  {
    kind: 'config',
    base: {},
    made: { config: { ...own, 'log.cleaner.threads': 2 } },
    changed: { config: { ...own, 'log.cleaner.threads': 3 } },
    drift: {
      tool: '`kafka-configs`',
      calls: [
        configs(
          'brokers',
          null,
          '--add-config',
          'log.cleaner.backoff.ms=10000',
          '--delete-config',
          'message.max.bytes',
        ),
        configs('brokers', '3', '--add-config', 'log.cleaner.backoff.ms=5000'),
      ],
      tells: [
        { field: 'value', from: 10_000, to: 20_000 },
        { field: 'broker 3', from: 5000 },
      ],
      finds: ['update config/log.cleaner.backoff.ms', 'create config/message.max.bytes'],
    },
    creation: ['safe'],
    removal: ['safe'],
  },
  {
    kind: 'broker-config',
    base: {},
    made: singles({ 'message.max.bytes': '3MiB', 'num.io.threads': 20 }),
    changed: singles({ 'message.max.bytes': '4MiB', 'num.io.threads': 5 }),
    drift: {
      tool: '`kafka-configs`',
      calls: [
        configs('brokers', '1', '--add-config', 'message.max.bytes=1000000'),
        configs('brokers', '2', '--delete-config', 'log.flush.interval.ms'),
        // The second is what all brokers have: it hides nothing, and must not stand in the way when that goes.
        configs('brokers', '3', '--add-config', 'background.threads=12,message.max.bytes=2097152'),
      ],
      strangers: ['broker-config/3/background.threads', 'broker-config/3/message.max.bytes'],
      finds: ['update broker-config/1/message.max.bytes', 'create broker-config/2/log.flush.interval.ms'],
      tells: [{ field: 'value', from: 1_000_000, to: 4_194_304 }],
    },
    creation: ['safe'],
    removal: ['safe'],
  },
  {
    kind: 'quota',
    base: {},
    made: {
      quotas: [
        { user: 'buyer', producer_byte_rate: '1MiB' },
        { clientId: 'reports', consumer_byte_rate: '1MiB' },
        { user: 'buyer', clientId: 'reports', request_percentage: '50%' },
        { user: '*', controller_mutation_rate: 10.5 },
        { user: 'buyer', clientId: '*', producer_byte_rate: 1000 },
        { ip: '10.0.0.7', connection_creation_rate: 5 },
        { ip: '*', connection_creation_rate: 50 },
      ],
    },
    changed: {
      quotas: [
        { user: 'buyer', producer_byte_rate: '2MiB', consumer_byte_rate: '2MiB' },
        { ip: '10.0.0.7', connection_creation_rate: 4 },
      ],
    },
    drift: {
      tool: '`kafka-configs`',
      calls: [
        configs('users', 'buyer', '--add-config', 'producer_byte_rate=77'),
        configs('ips', '10.0.0.7', '--delete-config', 'connection_creation_rate'),
      ],
      tells: [{ field: 'producer_byte_rate', from: 77, to: 2_097_152 }],
      finds: ['update quota/user/buyer', 'create quota/ip/10.0.0.7'],
    },
    creation: ['disruptive'],
    removal: ['safe'],
  },
]
