import { z } from 'zod'
import type { Dict, JsonObject } from '../../model/json.ts'
import type { SecretRef } from '../../model/secret.ts'
import { secretRef, size } from '../shared/fields.ts'
import { BROKER_SETTINGS } from './broker-settings.ts'
import { keysOf, settings } from './fields-settings.ts'
import type { Scalar } from './settings.ts'
import { TOPIC_SETTINGS } from './topic-settings.ts'

/** What a user may do, by resource: Kafka's own pairs (org.apache.kafka.server.authorizer, AclEntry.supportedOperations). */
export const OPERATIONS_OF = {
  topic: ['read', 'write', 'create', 'delete', 'alter', 'describe', 'describeConfigs', 'alterConfigs'],
  group: ['read', 'delete', 'describe', 'describeConfigs', 'alterConfigs'],
  cluster: ['create', 'alter', 'describe', 'clusterAction', 'describeConfigs', 'alterConfigs', 'idempotentWrite'],
  transactionalId: ['write', 'describe', 'twoPhaseCommit'],
  delegationToken: ['describe'],
  user: ['createTokens', 'describeTokens'],
} as const satisfies Dict<readonly string[]>

export type AclResource = keyof typeof OPERATIONS_OF
export const OPERATIONS = ['all', ...new Set(Object.values(OPERATIONS_OF).flat())] as const

const topic = z.strictObject({
  partitions: z
    .int()
    .min(1)
    .max(10_000)
    .default(1)
    .describe('Can grow, never shrink')
    .meta({ mutability: 'grows', examples: [6] }),
  replicas: z
    .int()
    .min(1)
    .max(100)
    .optional()
    .describe(
      'Copies of each partition; 3, or as many as there are brokers. Can change: replicas are moved, throttled by moves.rate',
    )
    .meta({ examples: [3] }),
  config: settings('Settings of the topic', {
    link: 'https://kafka.apache.org/documentation/#topicconfigs',
    keys: keysOf(TOPIC_SETTINGS, 'topicconfigs'),
  })
    .meta({ examples: [{ 'retention.ms': '7d' }] })
    .optional(),
})

const operations = z.array(z.enum(OPERATIONS)).min(1)
const acl = z
  .strictObject({
    topic: z.string().min(1).optional().describe("A topic, 'prefix*', or '*' for all"),
    group: z.string().min(1).optional().describe("A consumer group, 'prefix*', or '*'"),
    transactionalId: z.string().min(1).optional().describe("A transactional id, 'prefix*', or '*'"),
    delegationToken: z.string().min(1).optional().describe("A delegation token by its id, 'prefix*', or '*'"),
    user: z.string().min(1).optional().describe("A user whose delegation tokens it is about, 'prefix*', or '*'"),
    cluster: z.literal(true).optional().describe('The cluster itself'),
    allow: operations.optional().describe('What is allowed'),
    deny: operations.optional().describe('What is forbidden, whatever else allows it'),
    host: z.string().min(1).default('*').describe('The address that the client comes from'),
  })
  .refine(
    (entry) => (Object.keys(OPERATIONS_OF) as AclResource[]).filter((type) => entry[type] !== undefined).length === 1,
    {
      message: `name exactly one of ${Object.keys(OPERATIONS_OF).join(', ')}`,
    },
  )
  .refine((entry) => (entry.allow === undefined) !== (entry.deny === undefined), {
    message: 'give exactly one of allow, deny',
  })
  .meta({ examples: [{ topic: 'orders.*', allow: ['read', 'describe'] }] })

const user = z.strictObject({
  password: secretRef()
    .optional()
    .describe('Omitted: mqops makes one; see it with mqops connect CLUSTER --user NAME --show-secrets'),
  mechanism: z.enum(['SCRAM-SHA-512', 'SCRAM-SHA-256']).default('SCRAM-SHA-512').describe('How the password is proved'),
  acls: z.array(acl).default([]).describe('What the user may do. Without any: nothing'),
})

/** What brokers hold clients to, in Kafka's own names (org.apache.kafka.server.config.QuotaConfig). */
export const QUOTA_LIMITS = [
  'producer_byte_rate',
  'consumer_byte_rate',
  'request_percentage',
  'controller_mutation_rate',
  'connection_creation_rate',
] as const

const NO_LIMIT = { message: 'a quota of 0 lets nothing through: leave it out, or give more' }
const TOO_MUCH = { message: 'is more than can be written exactly: leave it out, it limits nobody' }
const byteRate = (of: string) =>
  size()
    .refine((bytes) => bytes > 0, NO_LIMIT)
    .optional()
    .describe(`${of} a second and broker, as 10MiB`)
export const quota = z
  .strictObject({
    user: z.string().min(1).optional().describe("A user, or '*' for each user without a quota of its own"),
    clientId: z.string().min(1).optional().describe("A client id, or '*'. With user: of that user alone"),
    ip: z.string().min(1).optional().describe("An address that clients come from, or '*'"),
    producer_byte_rate: byteRate('Bytes produced'),
    consumer_byte_rate: byteRate('Bytes fetched'),
    request_percentage: z
      .union([z.number(), z.string().regex(/^\d+(\.\d+)?%$/, { error: 'is no percentage: write 50 or 50%' })])
      .transform((value) => (typeof value === 'number' ? value : Number(value.slice(0, -1))))
      .refine((percent) => percent > 0, NO_LIMIT)
      .refine((percent) => percent <= Number.MAX_SAFE_INTEGER, TOO_MUCH)
      .optional()
      .describe('Time of request threads of a broker; 100 is one whole thread'),
    controller_mutation_rate: z
      .number()
      .refine((rate) => rate > 0, NO_LIMIT)
      .refine((rate) => rate <= Number.MAX_SAFE_INTEGER, TOO_MUCH)
      .optional()
      .describe('Partitions created or deleted a second, in the whole cluster'),
    connection_creation_rate: z
      .int()
      .refine((rate) => rate > 0, NO_LIMIT)
      .optional()
      .describe('New connections a second and broker; of an ip only'),
  })
  .refine(({ user, clientId, ip }) => (ip === undefined) === (user !== undefined || clientId !== undefined), {
    message: 'name a user, a clientId, both, or an ip',
  })
  .refine((entry) => QUOTA_LIMITS.some((name) => entry[name] !== undefined), {
    message: `give at least one of ${QUOTA_LIMITS.join(', ')}`,
  })
  .refine(
    (entry) =>
      QUOTA_LIMITS.every(
        (name) => entry[name] === undefined || (name === 'connection_creation_rate') === (entry.ip !== undefined),
      ),
    { message: 'an ip is limited by connection_creation_rate, users and client ids by the other rates' },
  )

/** Bytes a second: well below what a disk or a network of today can do, so that clients keep most of it. */
export const DEFAULT_MOVE_RATE = 50 * 1024 ** 2

const pool = z.strictObject({
  roles: z
    .array(z.enum(['controller', 'broker']))
    .min(1)
    .max(2)
    .describe('[controller], [broker], or both')
    .meta({ mutability: 'fixed' }),
  members: z
    .int()
    .min(1)
    .max(100)
    .describe('Servers of this pool')
    .meta({ mutability: 'grows', examples: [3] }),
})

export const fields = {
  members: z
    .int()
    .min(1)
    .max(100)
    .optional()
    .describe('Servers that are broker and controller in one; 3 when neither members nor pools is given')
    .meta({ ofCluster: true, mutability: 'grows', examples: [3] }),
  pools: z
    .record(z.string().min(1), pool)
    .optional()
    .describe('Servers with separate roles, in place of members')
    .meta({
      ofCluster: true,
      examples: [{ controllers: { roles: ['controller'], members: 3 }, brokers: { roles: ['broker'], members: 3 } }],
    }),
  memory: size()
    .default(256 * 1024 ** 2)
    .describe('Heap of each member, as 512MiB')
    .meta({ ofCluster: true, mutability: 'restart' }),
  config: settings('Settings of all brokers', {
    ofCluster: true,
    mutability: 'restart',
    link: 'https://kafka.apache.org/documentation/#brokerconfigs',
    keys: keysOf(BROKER_SETTINGS, 'brokerconfigs'),
  })
    .meta({ examples: [{ 'log.retention.ms': '7d' }] })
    .optional(),
  brokers: z
    .record(
      z.string().min(1),
      z.strictObject({
        config: settings('Settings of this broker alone, in place of what config says of all', {
          link: 'https://kafka.apache.org/documentation/#dynamicbrokerconfigs',
          keys: keysOf(BROKER_SETTINGS, 'brokerconfigs', ({ mode }) => mode === 'cluster'),
        })
          .meta({ examples: [{ 'log.cleaner.threads': 2 }] })
          .optional(),
      }),
    )
    .optional()
    .describe('What single brokers have of their own, by id: 1 for kafka-1')
    .meta({
      ofCluster: true,
      link: 'https://kafka.apache.org/documentation/#dynamicbrokerconfigs',
      examples: [{ 1: { config: { 'log.cleaner.threads': 2 } } }],
    }),
  moves: z
    .strictObject({
      rate: size()
        .refine((bytes) => bytes > 0, { message: 'a rate of 0 moves nothing' })
        .default(DEFAULT_MOVE_RATE)
        .describe(
          'Bytes a second that a broker sends, and receives, for replicas on the move. Raised when producers write faster: the move would never end',
        )
        .meta({ examples: ['50MiB'] }),
    })
    .optional()
    .describe('How replicas are moved when the number of replicas of a topic changes')
    .meta({
      ofCluster: true,
      link: 'https://kafka.apache.org/documentation/#rep-throttle',
      examples: [{ rate: '50MiB' }],
    }),
  topics: z
    .record(z.string(), topic)
    .default({})
    .describe('Topics by name')
    .meta({
      link: 'https://kafka.apache.org/documentation/#topicconfigs',
      examples: [{ 'orders.created': { partitions: 6, replicas: 3, config: { 'min.insync.replicas': 2 } } }],
    }),
  users: z
    .record(z.string(), user)
    .default({})
    .describe('SCRAM users by name, with their ACLs')
    .meta({
      link: 'https://kafka.apache.org/documentation/#security_authz',
      examples: [{ billing: { acls: [{ topic: 'orders.created', allow: ['read', 'describe'] }] } }],
    }),
  quotas: z
    .array(quota)
    .default([])
    .describe('Rates that clients are held to')
    .meta({
      link: 'https://kafka.apache.org/documentation/#design_quotas',
      examples: [[{ user: 'billing', producer_byte_rate: '10MiB' }]],
    }),
}

export type Limits = { readonly [name in (typeof QUOTA_LIMITS)[number]]?: number }
export type QuotaEntry = Limits & { readonly user?: string; readonly clientId?: string; readonly ip?: string }
export type AclEntry = {
  readonly topic?: string
  readonly group?: string
  readonly transactionalId?: string
  readonly delegationToken?: string
  readonly user?: string
  readonly cluster?: true
  readonly allow?: readonly string[]
  readonly deny?: readonly string[]
  readonly host: string
}
export type TopicFields = { readonly partitions: number; readonly replicas?: number; readonly config?: Dict<Scalar> }
export type UserFields = {
  readonly password?: SecretRef
  readonly mechanism: Mechanism
  readonly acls: readonly AclEntry[]
}
export type Mechanism = 'SCRAM-SHA-512' | 'SCRAM-SHA-256'
export type PoolFields = { readonly roles: readonly ('controller' | 'broker')[]; readonly members: number }

/** `fields` as zod gives them. */
export type KafkaFields = {
  readonly members?: number
  readonly pools?: Dict<PoolFields>
  readonly memory: number
  readonly config?: Dict<Scalar>
  readonly brokers?: Dict<{ readonly config?: Dict<Scalar> }>
  readonly moves?: { readonly rate: number }
  readonly topics: Dict<TopicFields>
  readonly users: Dict<UserFields>
  readonly quotas: readonly QuotaEntry[]
}

export const kafkaFields = (spec: { readonly fields: JsonObject }): KafkaFields => spec.fields as unknown as KafkaFields

/** The one resource that an entry names. */
export function aclResource(entry: AclEntry): { readonly type: AclResource; readonly name: string } {
  if (entry.topic !== undefined) return { type: 'topic', name: entry.topic }
  if (entry.group !== undefined) return { type: 'group', name: entry.group }
  if (entry.transactionalId !== undefined) return { type: 'transactionalId', name: entry.transactionalId }
  if (entry.delegationToken !== undefined) return { type: 'delegationToken', name: entry.delegationToken }
  // Kafka names a user as a resource by its whole principal.
  if (entry.user !== undefined) return { type: 'user', name: entry.user === '*' ? '*' : `User:${entry.user}` }
  return { type: 'cluster', name: 'kafka-cluster' }
}
