import { z } from 'zod'
import type { Dict } from '../../model/json.ts'
import type { SecretRef } from '../../model/secret.ts'
import type { ClusterSpec } from '../../model/spec.ts'
import { secretRef, settings, size } from '../shared/fields.ts'
import { type BucketFields, kvFields, objectsFields } from './fields-bucket.ts'
import { type StreamFields, streamFields } from './fields-stream.ts'

const MIB = 1024 ** 2

const limits = z
  .strictObject({
    memory: size()
      .optional()
      .describe(
        'Most memory that streams of this account may use in the whole cluster, replicas counted; unlimited when left out',
      ),
    storage: size()
      .optional()
      .describe('Most file storage that streams of this account may use in the whole cluster, replicas counted'),
    streams: z.number().int().positive().optional().describe('Most streams'),
    consumers: z.number().int().positive().optional().describe('Most consumers of one stream'),
  })
  .describe('JetStream limits of the account; `false`: no JetStream at all')

const subjects = z.array(z.string().min(1))

const permission = z.union([
  subjects.describe('Only these subjects'),
  z.strictObject({
    allow: subjects.optional().describe('Only these subjects; wildcards * and >'),
    deny: subjects.optional().describe('Never these subjects, whatever is allowed'),
  }),
])

const user = z.strictObject({
  password: secretRef()
    .optional()
    .describe('Where the password comes from; left out: mqops makes one (see `mqops connect`)'),
  publish: permission.optional().describe('Subjects that the user may publish to; all when left out'),
  subscribe: permission.optional().describe('Subjects that the user may subscribe to; all when left out'),
  allowResponses: z.boolean().optional().describe('May answer requests that it received, whatever `publish` says'),
})

const account = z.strictObject({
  jetstream: z.union([z.literal(false), limits]).optional(),
  users: z.record(z.string().min(1), user).optional().describe('Users by name; names are unique in the whole cluster'),
  streams: z.record(z.string().min(1), streamFields).optional().describe('Streams by name'),
  kv: z.record(z.string().min(1), kvFields).optional().describe('Key-value buckets by name'),
  objects: z.record(z.string().min(1), objectsFields).optional().describe('Object stores by name'),
})

/** zod fields of a NATS cluster's `spec:`, in the order people should read them. */
export const fields = {
  members: z
    .union([z.literal(1), z.literal(3), z.literal(5)])
    .default(3)
    .describe('Servers: 1, 3 or 5; JetStream needs a majority of them'),
  memory: size()
    .default(256 * MIB)
    .describe('JetStream memory of each server (max_memory_store)'),
  storage: size()
    .default(1024 * MIB)
    .describe('JetStream file storage of each server (max_file_store)'),
  config: settings()
    .default({})
    .describe("Server options by the server's own names, for example max_payload, ping_interval, sync_interval"),
  accounts: z
    .record(z.string().min(1), account)
    .default({})
    .describe('Accounts by name: users, streams and consumers live in one'),
}

export type Permission = readonly string[] | { readonly allow?: readonly string[]; readonly deny?: readonly string[] }
export type UserFields = {
  readonly password?: SecretRef
  readonly publish?: Permission
  readonly subscribe?: Permission
  readonly allowResponses?: boolean
}
/** Bytes and counts. */
export type LimitFields = {
  readonly memory?: number
  readonly storage?: number
  readonly streams?: number
  readonly consumers?: number
}
export type AccountFields = {
  readonly jetstream?: false | LimitFields
  readonly users?: Dict<UserFields>
  readonly streams?: Dict<StreamFields>
} & BucketFields
export type NatsFields = {
  readonly members: number
  readonly memory: number // bytes
  readonly storage: number // bytes
  readonly config: Dict<string | number | boolean>
  readonly accounts: Dict<AccountFields>
}

/** The broker's own part of a normalised spec: what the zod fields above gave. */
export const fieldsOf = (spec: ClusterSpec): NatsFields => spec.fields as unknown as NatsFields
