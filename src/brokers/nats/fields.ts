import { z } from 'zod'
import type { Dict } from '../../model/json.ts'
import type { ClusterSpec } from '../../model/spec.ts'
import { settings, size } from '../shared/fields.ts'
import {
  accountLimits,
  exportFields,
  importFields,
  jetstreamLimits,
  type SharingFields,
  userFields,
} from './fields-account.ts'
import { type BucketFields, kvFields, objectsFields } from './fields-bucket.ts'
import { type StreamFields, streamFields } from './fields-stream.ts'
import { OPTIONS, printOption } from './options.ts'

const MIB = 1024 ** 2

const SHARING =
  'https://docs.nats.io/running-a-nats-service/configuration/securing_nats/accounts#exporting-and-importing'

const account = z.strictObject({
  jetstream: z
    .union([z.literal(false), jetstreamLimits])
    .optional()
    .describe('JetStream limits of the account; `false`: no JetStream at all')
    .meta({ examples: [{ storage: '3GiB' }] }),
  limits: accountLimits.optional(),
  exports: z
    .array(exportFields)
    .optional()
    .describe('Subjects that other accounts may import')
    .meta({ link: SHARING, examples: [[{ service: 'prices.get' }]] }),
  imports: z
    .array(importFields)
    .optional()
    .describe('Subjects of other accounts that are used here')
    .meta({ link: SHARING, examples: [[{ account: 'PRICES', service: 'prices.get' }]] }),
  users: z
    .record(z.string().min(1), userFields)
    .optional()
    .describe('Users by name; names are unique in the whole cluster')
    .meta({
      parts: true,
      link: 'https://docs.nats.io/running-a-nats-service/configuration/securing_nats/authorization',
      examples: [{ billing: { publish: ['billing.>'] } }],
    }),
  streams: z
    .record(z.string().min(1), streamFields)
    .optional()
    .describe('Streams by name')
    .meta({
      parts: true,
      link: 'https://docs.nats.io/nats-concepts/jetstream/streams',
      examples: [{ ORDERS: { subjects: ['orders.>'], maxAge: '7d' } }],
    }),
  kv: z
    .record(z.string().min(1), kvFields)
    .optional()
    .describe('Key-value buckets by name')
    .meta({
      parts: true,
      link: 'https://docs.nats.io/nats-concepts/jetstream/key-value-store',
      examples: [{ sessions: { history: 5, ttl: '1h' } }],
    }),
  objects: z
    .record(z.string().min(1), objectsFields)
    .optional()
    .describe('Object stores by name')
    .meta({
      parts: true,
      link: 'https://docs.nats.io/nats-concepts/jetstream/obj_store',
      examples: [{ reports: { maxBytes: '64MiB' } }],
    }),
})

/** zod fields of a NATS cluster's `spec:`, in the order people should read them. */
export const fields = {
  members: z
    .union([z.literal(1), z.literal(3), z.literal(5)])
    .default(3)
    .describe('Servers: 1, 3 or 5; JetStream needs a majority of them')
    .meta({ ofCluster: true, mutability: 'grows' }),
  memory: size()
    .default(256 * MIB)
    .describe('JetStream memory of each server (max_memory_store)')
    .meta({ ofCluster: true, mutability: 'restart' }),
  storage: size()
    .default(1024 * MIB)
    .describe('JetStream file storage of each server (max_file_store)')
    .meta({ ofCluster: true, mutability: 'restart' }),
  config: settings()
    .default({})
    .describe("Server options by the server's own names, for example max_payload, ping_interval, sync_interval")
    .meta({
      ofCluster: true,
      mutability: 'restart',
      link: 'https://docs.nats.io/running-a-nats-service/configuration',
      keys: Object.fromEntries([...OPTIONS].map(([name, option]) => [name, printOption(option)])),
      examples: [{ max_payload: '1MiB' }],
    }),
  accounts: z
    .record(z.string().min(1), account)
    .default({})
    .describe('Accounts by name: users, streams and consumers live in one')
    .meta({
      link: 'https://docs.nats.io/running-a-nats-service/configuration/securing_nats/accounts',
      examples: [{ ORDERS: { streams: { ORDERS: { subjects: ['orders.>'] } } } }],
    }),
}

export type AccountFields = SharingFields &
  BucketFields & {
    readonly streams?: Dict<StreamFields>
  }
export type NatsFields = {
  readonly members: number
  readonly memory: number // bytes
  readonly storage: number // bytes
  readonly config: Dict<string | number | boolean>
  readonly accounts: Dict<AccountFields>
}

/** The broker's own part of a normalised spec: what the zod fields above gave. */
export const fieldsOf = (spec: ClusterSpec): NatsFields => spec.fields as unknown as NatsFields
