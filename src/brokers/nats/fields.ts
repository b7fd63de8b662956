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

const MIB = 1024 ** 2

const account = z.strictObject({
  jetstream: z.union([z.literal(false), jetstreamLimits]).optional(),
  limits: accountLimits.optional(),
  exports: z.array(exportFields).optional().describe('Subjects that other accounts may import'),
  imports: z.array(importFields).optional().describe('Subjects of other accounts that are used here'),
  users: z
    .record(z.string().min(1), userFields)
    .optional()
    .describe('Users by name; names are unique in the whole cluster'),
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
