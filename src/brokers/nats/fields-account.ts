import { z } from 'zod'
import type { Dict } from '../../model/json.ts'
import type { SecretRef } from '../../model/secret.ts'
import { duration, secretRef, size } from '../shared/fields.ts'
import type { Deep } from './fields-common.ts'

/** zod fields of accounts and users: what becomes accounts.conf. */

const count = () => z.number().int().positive().optional()

export const jetstreamLimits = z
  .strictObject({
    memory: size()
      .optional()
      .describe(
        'Most memory that streams of this account may use in the whole cluster, replicas counted; unlimited when left out',
      ),
    storage: size()
      .optional()
      .describe('Most file storage that streams of this account may use in the whole cluster, replicas counted'),
    streams: count().describe('Most streams, buckets and object stores'),
    consumers: count().describe('Most consumers of one stream'),
    maxAckPending: count().describe('Largest maxAckPending that a consumer may ask for'),
    memoryStreamBytes: size().optional().describe('Largest maxBytes of one memory stream'),
    storageStreamBytes: size().optional().describe('Largest maxBytes of one file stream'),
    maxBytesRequired: z.boolean().optional().describe('Every stream must say maxBytes'),
  })
  .describe('JetStream limits of the account; `false`: no JetStream at all')
  .meta({ examples: [{ storage: '3GiB' }] })

export const accountLimits = z
  .strictObject({
    connections: z
      .number()
      .int()
      .min(4)
      .optional()
      .describe('Most clients connected at once, in the whole cluster; mqops itself uses up to 3 while it works'),
    subscriptions: count().describe('Most subscriptions of one client'),
    payload: size().optional().describe('Largest message'),
    leafNodes: z.number().int().nonnegative().optional().describe('Most leaf nodes connected at once'),
  })
  .describe('Limits of the account beyond JetStream; unlimited when left out')

const of = {
  stream: z.string().min(1).optional().describe('Subject whose messages flow to the importing account'),
  service: z.string().min(1).optional().describe('Subject whose requests flow to the exporting account'),
}

export const exportFields = z.strictObject({
  ...of,
  accounts: z
    .array(z.string().min(1))
    .min(1)
    .optional()
    .describe('Only these accounts may import it; all when left out'),
  responseType: z
    .enum(['single', 'stream', 'chunked'])
    .optional()
    .describe('Answers to one request; single unless said'),
  responseThreshold: duration().optional().describe('An answer may take this long; 2m unless said'),
  accountTokenPosition: count().describe("Place of the * in the subject that must be the importing account's own name"),
  latency: z
    .strictObject({
      subject: z.string().min(1).describe('Where measurements are published'),
      sampling: z
        .union([z.number().int().min(1).max(100), z.literal('headers')])
        .optional()
        .describe('Per cent of requests; 100 unless said'),
    })
    .optional()
    .describe('Measures how long requests take'),
  allowTrace: z.boolean().optional().describe('Message traces may follow requests into this account'),
})

export const importFields = z.strictObject({
  account: z.string().min(1).describe('Account that exports it'),
  ...of,
  to: z.string().min(1).optional().describe('Subject here; that of the export when left out'),
  prefix: z.string().min(1).optional().describe('Put before the subjects of a stream'),
  share: z.boolean().optional().describe('Who asks is told to the service'),
  allowTrace: z.boolean().optional().describe('Message traces may follow a stream into this account'),
})

const subjects = z.array(z.string().min(1)).meta({ examples: [['orders.>']] })

const permission = z.union([
  subjects.describe('Only these subjects'),
  z.strictObject({
    allow: subjects.optional().describe('Only these subjects; wildcards * and >'),
    deny: subjects.optional().describe('Never these subjects, whatever is allowed'),
  }),
])

/** As nats-server writes them, upper case. */
export const CONNECTION_TYPES = [
  'standard',
  'websocket',
  'leafnode',
  'leafnode_ws',
  'mqtt',
  'mqtt_ws',
  'in_process',
] as const

export const userFields = z.strictObject({
  password: secretRef()
    .optional()
    .describe('Where the password comes from; left out: mqops makes one (see `mqops connect`)'),
  publish: permission.optional().describe('Subjects that the user may publish to; all when left out'),
  subscribe: permission
    .optional()
    .describe('Subjects that the user may subscribe to; all when left out. "SUBJECT QUEUE": only in that queue group'),
  allowResponses: z
    .union([
      z.boolean(),
      z.strictObject({
        max: count().describe('Answers to one request; 1 unless said'),
        expires: duration().optional().describe('An answer may take this long; 2m unless said'),
      }),
    ])
    .optional()
    .describe('May answer requests that it received; without `publish.allow` it may then publish nothing but answers'),
  connectionTypes: z
    .array(z.enum(CONNECTION_TYPES))
    .min(1)
    .optional()
    .describe('Kinds of connections that it may log in from; all when left out'),
})

export type Permission = readonly string[] | { readonly allow?: readonly string[]; readonly deny?: readonly string[] }
export type UserFields = Deep<Omit<z.output<typeof userFields>, 'password' | 'publish' | 'subscribe'>> & {
  readonly password?: SecretRef
  readonly publish?: Permission
  readonly subscribe?: Permission
}
/** Bytes and counts. */
export type LimitFields = Deep<z.output<typeof jetstreamLimits>>
export type AccountLimits = Deep<z.output<typeof accountLimits>>
export type ExportFields = Deep<z.output<typeof exportFields>>
export type ImportFields = Deep<z.output<typeof importFields>>
export type SharingFields = {
  readonly jetstream?: false | LimitFields
  readonly limits?: AccountLimits
  readonly users?: Dict<UserFields>
  readonly exports?: readonly ExportFields[]
  readonly imports?: readonly ImportFields[]
}
