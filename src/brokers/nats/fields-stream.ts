import { z } from 'zod'
import type { Dict } from '../../model/json.ts'
import { duration, size } from '../shared/fields.ts'
import { compression, type Deep, metadata, placement, replicas, storage } from './fields-common.ts'
import { type ConsumerFields, consumerFields } from './fields-consumer.ts'

/** zod fields of streams: camelCase for the server's names, durations in ms, sizes in bytes. */

const transform = z.strictObject({
  source: z
    .string()
    .optional()
    .describe('Subjects that are rewritten; all when left out')
    .meta({ examples: ['orders.*'] }),
  destination: z
    .string()
    .describe('What they become; {{wildcard(1)}} is the first wildcard')
    .meta({ examples: ['archive.{{wildcard(1)}}'] }),
})

const source = z.strictObject({
  stream: z
    .string()
    .min(1)
    .describe('Stream that is copied; of a bucket KV_NAME, of an object store OBJ_NAME')
    .meta({ examples: ['ORDERS'] }),
  filter: z
    .string()
    .optional()
    .describe('Only messages of this subject')
    .meta({ examples: ['orders.created'] }),
  startSequence: z.number().int().positive().optional().describe('First sequence that is copied'),
  startTime: z.string().datetime({ offset: true }).optional().describe('Copies what was stored since then'),
  api: z
    .string()
    .optional()
    .describe('API prefix of another domain or account, for example $JS.hub.API')
    .meta({ examples: ['$JS.hub.API'] }),
  deliver: z.string().optional().describe('Delivery prefix of another account'),
  transforms: z.array(transform).optional().describe('Messages are stored under other subjects here'),
})

export const streamFields = z.strictObject({
  description: z.string().optional().describe('For people'),
  subjects: z
    .array(z.string().min(1))
    .min(1)
    .optional()
    .describe('Subjects whose messages it keeps; needed unless it is a mirror or has sources')
    .meta({ examples: [['orders.>']] }),
  replicas: replicas.optional().describe('Copies of each message: 3 or 5 for quorum; 3 unless the cluster is smaller'),
  retention: z
    .enum(['limits', 'interest', 'workqueue'])
    .optional()
    .describe(
      'When messages go: at limits, when all consumers acknowledged, when one did; to and from workqueue is a replace',
    )
    .meta({ mutability: 'replace' }),
  storage: storage
    .optional()
    .describe('file unless said; another storage means another stream')
    .meta({ mutability: 'replace' }),
  maxAge: duration().optional().describe('Oldest message kept'),
  maxBytes: size().optional().describe('Most bytes kept (of one replica)'),
  maxMessages: z
    .number()
    .int()
    .positive()
    .optional()
    .describe('Most messages kept')
    .meta({ examples: [1_000_000] }),
  maxMessageSize: size().optional().describe('Largest message; larger ones are refused'),
  maxMessagesPerSubject: z.number().int().positive().optional().describe('Most messages kept of each subject'),
  maxConsumers: z.number().int().positive().optional().describe('Most consumers of the stream'),
  discard: z.enum(['old', 'new']).optional().describe('At a limit: drop the oldest message or refuse the new one'),
  discardNewPerSubject: z
    .boolean()
    .optional()
    .describe('Refuse the new message also at maxMessagesPerSubject; wants discard: new'),
  duplicateWindow: duration()
    .optional()
    .describe('Messages with the same Nats-Msg-Id within this time are one; 2m unless said'),
  compression,
  allowDirect: z.boolean().optional().describe('Reads of single messages from any replica, possibly a little behind'),
  allowRollup: z.boolean().optional().describe('A message may take the place of all before it (Nats-Rollup)'),
  allowMessageTtl: z
    .boolean()
    .optional()
    .describe('Messages may carry a time to live of their own; cannot be turned off again')
    .meta({ mutability: 'one-way' }),
  allowAtomicPublish: z.boolean().optional().describe('Several messages are published all or none'),
  allowBatchPublish: z
    .boolean()
    .optional()
    .describe('Many messages may be published with one acknowledgement; nats-server 2.14 or newer'),
  allowMessageCounter: z
    .boolean()
    .optional()
    .describe('Messages are increments of counters; cannot be changed')
    .meta({ mutability: 'replace' }),
  allowMessageSchedules: z
    .boolean()
    .optional()
    .describe('Messages may be delivered later; cannot be turned off again')
    .meta({ mutability: 'one-way' }),
  deleteMarkerTtl: duration()
    .optional()
    .describe('For this long a marker stands where limits took the last message of a subject'),
  denyDelete: z
    .boolean()
    .optional()
    .describe('Nobody may delete single messages; cannot be turned off again')
    .meta({ mutability: 'one-way' }),
  denyPurge: z
    .boolean()
    .optional()
    .describe('Nobody may purge; cannot be turned off again')
    .meta({ mutability: 'one-way' }),
  noAck: z.boolean().optional().describe('Publishers get no acknowledgement'),
  firstSequence: z
    .number()
    .int()
    .positive()
    .optional()
    .describe('Sequence of the first message; of a stream that is there another one means another stream')
    .meta({ mutability: 'replace' }),
  persistMode: z
    .enum(['default', 'async'])
    .optional()
    .describe('async: acknowledged before it is written to disk; one replica in files only, cannot be changed')
    .meta({ mutability: 'replace' }),
  sealed: z
    .boolean()
    .optional()
    .describe('Nothing may be written or deleted any more; cannot be taken back')
    .meta({ mutability: 'one-way' }),
  consumerLimits: z
    .strictObject({
      inactiveThreshold: duration().optional().describe('Longest, and default, inactiveThreshold of its consumers'),
      maxAckPending: z
        .number()
        .int()
        .optional()
        .describe('Largest, and default, maxAckPending of its consumers')
        .meta({ examples: [1000] }),
    })
    .optional()
    .describe('Limits and defaults of its consumers'),
  placement,
  republish: z
    .strictObject({
      source: z
        .string()
        .describe('Subjects whose messages are republished')
        .meta({ examples: ['orders.>'] }),
      destination: z
        .string()
        .describe('Subject that each is published to again; {{wildcard(1)}} is the first wildcard')
        .meta({ examples: ['copies.orders.>'] }),
      headersOnly: z.boolean().optional().describe('Without bodies'),
    })
    .optional()
    .describe('Each message that was stored is published again on another subject'),
  subjectTransform: transform.optional().describe('Messages are stored under another subject'),
  mirror: source
    .optional()
    .describe('Copy of another stream, with its sequences; takes no messages of its own')
    .meta({ mutability: 'replace' }),
  sources: z.array(source).optional().describe('Messages of other streams are copied into this one'),
  metadata,
  consumers: z
    .record(z.string().min(1), consumerFields)
    .optional()
    .describe('Durable consumers by name')
    .meta({
      parts: true,
      link: 'https://docs.nats.io/nats-concepts/jetstream/consumers',
      examples: [{ billing: { filter: 'orders.created', ackWait: '30s' } }],
    }),
})

export type StreamFields = Deep<Omit<z.output<typeof streamFields>, 'consumers'>> & {
  readonly consumers?: Dict<ConsumerFields>
}
export type SourceFields = Deep<z.output<typeof source>>
