import { z } from 'zod'
import type { Dict, Json } from '../../model/json.ts'
import type { SecretRef } from '../../model/secret.ts'
import type { ClusterSpec } from '../../model/spec.ts'
import { secretRef, settings, size } from '../shared/fields.ts'
import { exchangeKeys, queueKeys } from './argument-rules.ts'
import { parameters } from './fields-parameters.ts'
import {
  argument,
  argumentsField,
  operatorPolicy,
  policy,
  topicPermissions,
  userLimits,
  vhostLimits,
} from './fields-policy.ts'
import { settingTypes } from './settings.ts'

/** Always on: mqops speaks through the one and scrapes the other. */
export const BASE_PLUGINS = ['rabbitmq_management', 'rabbitmq_prometheus'] as const

/** Extra plugins that open a listener: mqops allots its port and locks it like the others. */
export const LISTENER_PLUGINS: Dict<string> = {
  rabbitmq_stream: 'stream',
  rabbitmq_mqtt: 'mqtt',
  rabbitmq_stomp: 'stomp',
}

/** Plugins of the distribution that need no listener of their own, or one that mqops can lock. */
export const EXTRA_PLUGINS = [
  'rabbitmq_stream',
  'rabbitmq_stream_management',
  'rabbitmq_mqtt',
  'rabbitmq_stomp',
  'rabbitmq_shovel',
  'rabbitmq_shovel_management',
  'rabbitmq_federation',
  'rabbitmq_federation_management',
  'rabbitmq_consistent_hash_exchange',
  'rabbitmq_random_exchange',
  'rabbitmq_recent_history_exchange',
  'rabbitmq_jms_topic_exchange',
  'rabbitmq_event_exchange',
  'rabbitmq_sharding',
  'rabbitmq_top',
  'rabbitmq_tracing',
] as const

/** Exchange types of the server itself, and those that a plugin adds. */
export const EXCHANGE_TYPES: Dict<string | null> = {
  direct: null,
  fanout: null,
  topic: null,
  headers: null,
  'x-local-random': null,
  'x-consistent-hash': 'rabbitmq_consistent_hash_exchange',
  'x-random': 'rabbitmq_random_exchange',
  'x-recent-history': 'rabbitmq_recent_history_exchange',
  'x-jms-topic': 'rabbitmq_jms_topic_exchange',
  'x-modulus-hash': 'rabbitmq_sharding',
}

export const QUEUE_TYPES = ['quorum', 'classic', 'stream'] as const
export const USER_TAGS = ['monitoring', 'management', 'policymaker', 'administrator', 'impersonator'] as const

const exchange = z.strictObject({
  type: z
    .enum(Object.keys(EXCHANGE_TYPES) as [string, ...string[]])
    .describe('How it routes; types that start with x- need their plugin'),
  durable: z.boolean().default(true).describe('Survives a restart of the whole cluster'),
  autoDelete: z.boolean().default(false).describe('Deleted when its last binding is removed'),
  internal: z.boolean().default(false).describe('Only other exchanges may publish to it'),
  arguments: argumentsField()
    .default({})
    .describe('Such as alternate-exchange')
    .meta({ keys: exchangeKeys(), examples: [{ 'alternate-exchange': 'unrouted' }] }),
})

const queue = z.strictObject({
  type: z.enum(QUEUE_TYPES).default('quorum').describe('quorum and stream are replicated; classic lives on one member'),
  durable: z.boolean().default(true).describe('Survives a restart; only classic queues may say false'),
  autoDelete: z.boolean().default(false).describe('Deleted when its last consumer is gone; only classic queues'),
  arguments: argumentsField()
    .default({})
    .describe('x-arguments in their own names: x-max-length, x-dead-letter-exchange; fixed at declaration')
    .meta({
      keys: queueKeys(),
      link: 'https://www.rabbitmq.com/docs/queues#optional-arguments',
      examples: [{ 'x-delivery-limit': 5 }],
    }),
})

const binding = z.strictObject({
  source: z
    .string()
    .min(1)
    .describe('The exchange that messages come from')
    .meta({ examples: ['orders'] }),
  destination: z.string().min(1).optional().describe('The queue that they go to'),
  destinationExchange: z.string().min(1).optional().describe('Or the exchange that they go to'),
  routingKey: z.string().default('').describe('What the source compares, in its own way'),
  arguments: argumentsField()
    .default({})
    .describe('Of a headers exchange: what it compares')
    .meta({ examples: [{ 'x-match': 'all', region: 'eu' }] }),
})

const vhost = z.strictObject({
  description: z.string().default('').describe('For people'),
  tags: z.array(z.string().min(1)).default([]).describe('Free labels'),
  defaultQueueType: z
    .enum(QUEUE_TYPES)
    .optional()
    .describe('Type of queues that clients declare without one; not managed when left out'),
  limits: vhostLimits,
  exchanges: z
    .record(z.string().min(1), exchange)
    .default({})
    .describe('Exchanges by name')
    .meta({
      parts: true,
      mutability: 'replace',
      link: 'https://www.rabbitmq.com/docs/exchanges',
      examples: [{ orders: { type: 'topic' } }],
    }),
  queues: z
    .record(z.string().min(1), queue)
    .default({})
    .describe('Queues by name')
    .meta({
      parts: true,
      mutability: 'replace',
      link: 'https://www.rabbitmq.com/docs/queues',
      examples: [{ billing: { type: 'quorum' } }],
    }),
  bindings: z
    .array(binding)
    .default([])
    .describe('What goes from an exchange to a queue or another exchange')
    .meta({
      parts: true,
      mutability: 'replace',
      link: 'https://www.rabbitmq.com/tutorials/amqp-concepts',
      examples: [[{ source: 'orders', destination: 'billing', routingKey: 'orders.created' }]],
    }),
  policies: z
    .record(z.string().min(1), policy)
    .default({})
    .describe('Settings of queues and exchanges by their names; changed in place, unlike arguments')
    .meta({
      parts: true,
      link: 'https://www.rabbitmq.com/docs/policies',
      examples: [{ 'short-lived': { pattern: '^events\\.', definition: { 'message-ttl': 3_600_000 } } }],
    }),
  operatorPolicies: z
    .record(z.string().min(1), operatorPolicy)
    .default({})
    .describe('Limits over what policies say')
    .meta({
      parts: true,
      link: 'https://www.rabbitmq.com/docs/policies#operator-policies',
      examples: [{ bounded: { pattern: '.*', definition: { 'max-length': 100_000 } } }],
    }),
  parameters,
})

const permission = z.strictObject({
  configure: z
    .string()
    .default('^$')
    .describe('Names that the user may declare and delete, as a regular expression; ^$ is none'),
  write: z.string().default('^$').describe('Names that the user may publish to and bind'),
  read: z.string().default('^$').describe('Names that the user may consume from'),
})

const user = z.strictObject({
  password: secretRef().optional().describe('Left out: mqops generates one, shown by mqops connect'),
  tags: z.array(z.enum(USER_TAGS)).default([]).describe('What the user may do in the management interface'),
  permissions: z
    .record(z.string().min(1), permission)
    .default({})
    .describe('By virtual host')
    .meta({ parts: true, examples: [{ shop: { write: '^orders$' } }] }),
  topicPermissions,
  limits: userLimits,
})

const MEBIBYTE = 1024 ** 2
export const DEFAULT_MEMORY = 512 * MEBIBYTE
export const DEFAULT_DISK_FREE_LIMIT = 1024 * MEBIBYTE

export const fields = {
  members: z
    .union([z.literal(1), z.literal(3), z.literal(5)])
    .default(3)
    .describe('Servers; an odd number, so that a majority remains')
    .meta({ ofCluster: true, mutability: 'grows' }),
  memory: size()
    .default(DEFAULT_MEMORY)
    .describe('Memory at which a member makes publishers wait (vm_memory_high_watermark.absolute)')
    .meta({ ofCluster: true }),
  diskFreeLimit: size()
    .default(DEFAULT_DISK_FREE_LIMIT)
    .describe('Free disk below which the cluster makes publishers wait; the broker itself would say 50 MB')
    .meta({ ofCluster: true }),
  plugins: z
    .array(z.enum(EXTRA_PLUGINS))
    .default([])
    .describe(`Besides ${BASE_PLUGINS.join(' and ')}`)
    .meta({ ofCluster: true, link: 'https://www.rabbitmq.com/docs/plugins' }),
  config: settings()
    .default({})
    .describe('Settings of rabbitmq.conf, in its own names')
    .meta({
      ofCluster: true,
      mutability: 'restart',
      link: 'https://www.rabbitmq.com/docs/configure',
      keys: settingTypes(),
      examples: [{ heartbeat: 30 }],
    }),
  advancedConfig: z
    .string()
    .default('')
    .describe('advanced.config: Erlang terms, for what rabbitmq.conf has no name for; taken up by a restart')
    .meta({
      ofCluster: true,
      mutability: 'restart',
      link: 'https://www.rabbitmq.com/docs/configure#advanced-config-file',
      examples: ['[{rabbit, [{consumer_timeout, undefined}]}].'],
    }),
  vhosts: z
    .record(z.string().min(1), vhost)
    .default({})
    .describe('Virtual hosts and what is in them')
    .meta({ link: 'https://www.rabbitmq.com/docs/vhosts', examples: [{ shop: { queues: { billing: {} } } }] }),
  users: z
    .record(z.string().min(1), user)
    .default({})
    .describe('Users by name')
    .meta({
      link: 'https://www.rabbitmq.com/docs/access-control',
      examples: [{ billing: { permissions: { shop: { read: '^billing$' } } } }],
    }),
  globalParameters: z
    .record(z.string().min(1), argument)
    .default({})
    .describe('Parameters of the whole cluster, as plugins and tools read them')
    .meta({ link: 'https://www.rabbitmq.com/docs/parameters#global' }),
  featureFlags: z
    .array(z.string().min(1))
    .default([])
    .describe('Flags to enable; none can be turned off again. A new cluster has all stable ones on')
    .meta({ ofCluster: true, mutability: 'one-way', link: 'https://www.rabbitmq.com/docs/feature-flags' }),
}

export type ExchangeField = z.output<typeof exchange>
export type QueueField = z.output<typeof queue>
export type BindingField = z.output<typeof binding>
export type PolicyField = z.output<typeof policy>
export type VhostField = z.output<typeof vhost>
export type PermissionField = z.output<typeof permission>
export type UserField = Omit<z.output<typeof user>, 'password'> & { password?: SecretRef }
export type RabbitmqFields = {
  readonly members: 1 | 3 | 5
  readonly memory: number
  readonly diskFreeLimit: number
  readonly plugins: readonly (typeof EXTRA_PLUGINS)[number][]
  readonly config: Dict<string | number | boolean>
  readonly advancedConfig: string
  readonly vhosts: Dict<VhostField>
  readonly users: Dict<UserField>
  readonly globalParameters: Dict<Json>
  readonly featureFlags: readonly string[]
}

/** The broker's own part of a normalised spec; what a spec of another making leaves out has its default. */
export const fieldsOf = (spec: ClusterSpec): RabbitmqFields => {
  const given = spec.fields
  const defaults = {
    members: 3,
    memory: DEFAULT_MEMORY,
    diskFreeLimit: DEFAULT_DISK_FREE_LIMIT,
    plugins: [],
    config: {},
    advancedConfig: '',
    vhosts: {},
    users: {},
    globalParameters: {},
    featureFlags: [],
  }
  return { ...defaults, ...given } as unknown as RabbitmqFields
}

/** Plugins that are on: the base and the extra ones with what they stand on, without repetition. */
export const pluginsOf = (spec: ClusterSpec): readonly string[] =>
  [...new Set<string>([...BASE_PLUGINS, ...fieldsOf(spec).plugins])].sort()

/** Extra listeners as [plugin, port name]. */
export const listenersOf = (spec: ClusterSpec): readonly (readonly [string, string])[] => {
  const wanted = new Set<string>(
    fieldsOf(spec).plugins.map((plugin) => (plugin === 'rabbitmq_stream_management' ? 'rabbitmq_stream' : plugin)),
  )
  return Object.entries(LISTENER_PLUGINS).filter(([plugin]) => wanted.has(plugin))
}
