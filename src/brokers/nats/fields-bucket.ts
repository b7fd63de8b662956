import { z } from 'zod'
import type { Dict } from '../../model/json.ts'
import { duration, size } from '../shared/fields.ts'
import { compression, type Deep, metadata, placement, replicas, storage } from './fields-common.ts'

/** zod fields of key-value buckets and object stores, in the words of the client libraries. */

const origin = z.strictObject({
  bucket: z.string().min(1).describe('Bucket that is copied'),
  filter: z.string().optional().describe('Only these keys; wildcards * and >'),
  startSequence: z.number().int().positive().optional().describe('First revision that is copied'),
  startTime: z.string().datetime({ offset: true }).optional().describe('Copies what was written since then'),
  api: z.string().optional().describe('API prefix of another domain or account, for example $JS.hub.API'),
  deliver: z.string().optional().describe('Delivery prefix of another account'),
})

const shared = {
  description: z.string().optional().describe('For people'),
  ttl: duration().optional().describe('Entries go after this long; never when left out'),
  maxBytes: size().optional().describe('Most bytes kept (of one replica); they are reserved'),
  replicas: replicas
    .optional()
    .describe('Copies: 3 or 5 for quorum; 3 unless the cluster is smaller. Changed in place, nothing is lost'),
  storage: storage
    .optional()
    .describe('file unless said; another storage means another bucket')
    .meta({ mutability: 'replace' }),
  placement,
  compression,
  metadata,
}

export const kvFields = z.strictObject({
  ...shared,
  history: z.number().int().min(1).max(64).optional().describe('Values kept of each key; 1 unless said'),
  maxValueSize: size().optional().describe('Largest value'),
  limitMarkerTtl: duration()
    .optional()
    .describe('Entries may have a time to live of their own; for this long a marker tells watchers that one has gone'),
  allowDirect: z
    .boolean()
    .optional()
    .describe('Values are read from any replica, unless false: then from the leader, as Python clients make buckets'),
  mirror: origin.optional().describe('Copy of another bucket, read only').meta({ mutability: 'replace' }),
  sources: z.array(origin).min(1).optional().describe('Entries of other buckets are copied into this one'),
  republish: z
    .strictObject({
      source: z
        .string()
        .optional()
        .describe('Subjects of the bucket ($KV.BUCKET.…) that are republished; all unless said'),
      destination: z.string().describe('Subject that each write is published to again, for example kv.{{wildcard(1)}}'),
      headersOnly: z.boolean().optional().describe('Without values'),
    })
    .optional()
    .describe('Each write is published again on another subject'),
})

export const objectsFields = z.strictObject(shared)

export type OriginFields = Deep<z.output<typeof origin>>
export type KvFields = Deep<z.output<typeof kvFields>>
export type ObjectsFields = Deep<z.output<typeof objectsFields>>
export type BucketFields = { readonly kv?: Dict<KvFields>; readonly objects?: Dict<ObjectsFields> }
