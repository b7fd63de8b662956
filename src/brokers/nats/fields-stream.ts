import { z } from 'zod'
import type { Dict } from '../../model/json.ts'
import { duration, size } from '../shared/fields.ts'

/** zod fields of streams and consumers: camelCase for the server's names, durations in ms, sizes in bytes. */

export const metadata = z.record(z.string().min(1), z.string()).optional().describe('Free labels, kept by the server')
export const replicas = z.union([z.literal(1), z.literal(2), z.literal(3), z.literal(4), z.literal(5)])
export const storage = z.enum(['file', 'memory'])
export const compression = z.enum(['none', 's2']).optional().describe('Compression on disk; none unless said')
export const placement = z
  .strictObject({
    cluster: z.string().optional().describe('Name of the cluster, in a super-cluster'),
    tags: z.array(z.string()).optional().describe('Only on servers with all of these tags'),
  })
  .optional()
  .describe('Servers that may keep it')
const transform = z.strictObject({ source: z.string().optional(), destination: z.string() })

const deliver = z.union([
  z.enum(['all', 'last', 'new', 'lastPerSubject']),
  z.strictObject({ startSequence: z.number().int().positive() }),
  z.strictObject({ startTime: z.string().datetime({ offset: true }) }),
])

const consumerFields = z.strictObject({
  description: z.string().optional(),
  ack: z.enum(['explicit', 'all', 'none']).optional().describe('How messages are acknowledged; explicit unless said'),
  ackWait: duration()
    .optional()
    .describe('A message not acknowledged for this long is delivered again; 30s unless said'),
  maxDeliver: z
    .number()
    .int()
    .positive()
    .optional()
    .describe('Most deliveries of one message; unlimited when left out'),
  maxAckPending: z
    .number()
    .int()
    .optional()
    .describe('Most messages delivered and not acknowledged; 1000 unless said, -1 unlimited'),
  backoff: z.array(duration()).optional().describe('Pauses before each redelivery, in place of ackWait'),
  deliver: deliver
    .optional()
    .describe('Where it starts: all, last, new, lastPerSubject, { startSequence } or { startTime }'),
  replay: z.enum(['instant', 'original']).optional(),
  filter: z.string().optional().describe('Only messages of this subject'),
  filters: z.array(z.string()).optional().describe('Only messages of these subjects'),
  replicas: replicas.optional().describe("Replicas of the consumer's state; those of the stream unless said"),
  memory: z.boolean().optional().describe('Keep its state in memory'),
  headersOnly: z.boolean().optional(),
  inactiveThreshold: duration().optional().describe('The server removes it when nobody used it for this long'),
  maxWaiting: z.number().int().positive().optional().describe('Most waiting pull requests; 512 unless said'),
  maxRequestBatch: z.number().int().positive().optional(),
  maxRequestBytes: size().optional(),
  maxRequestExpires: duration().optional(),
  sampleFrequency: z.string().optional().describe('Share of acknowledgements to sample, for example 10%'),
  rateLimit: z.number().int().positive().optional().describe('Bits per second, push consumers only'),
  deliverSubject: z.string().optional().describe('Makes it a push consumer that delivers to this subject'),
  deliverGroup: z.string().optional().describe('Queue group of a push consumer'),
  flowControl: z.boolean().optional(),
  idleHeartbeat: duration().optional(),
  metadata,
})

const source = z.strictObject({
  stream: z.string().min(1),
  filter: z.string().optional(),
  startSequence: z.number().int().positive().optional(),
  startTime: z.string().datetime({ offset: true }).optional(),
  api: z.string().optional().describe('API prefix of another domain or account, for example $JS.hub.API'),
  deliver: z.string().optional().describe('Delivery prefix of another account'),
  transforms: z.array(transform).optional(),
})

export const streamFields = z.strictObject({
  description: z.string().optional(),
  subjects: z
    .array(z.string().min(1))
    .min(1)
    .optional()
    .describe('Subjects whose messages it keeps; needed unless it is a mirror or has sources'),
  replicas: replicas.optional().describe('Copies of each message: 3 or 5 for quorum; 3 unless the cluster is smaller'),
  retention: z
    .enum(['limits', 'interest', 'workqueue'])
    .optional()
    .describe('When messages go: at limits, when all consumers acknowledged, when one did'),
  storage: storage.optional().describe('file unless said; another storage means another stream'),
  maxAge: duration().optional().describe('Oldest message kept'),
  maxBytes: size().optional().describe('Most bytes kept (of one replica)'),
  maxMessages: z.number().int().positive().optional(),
  maxMessageSize: size().optional(),
  maxMessagesPerSubject: z.number().int().positive().optional(),
  maxConsumers: z.number().int().positive().optional(),
  discard: z.enum(['old', 'new']).optional().describe('At a limit: drop the oldest message or refuse the new one'),
  discardNewPerSubject: z.boolean().optional(),
  duplicateWindow: duration()
    .optional()
    .describe('Messages with the same Nats-Msg-Id within this time are one; 2m unless said'),
  compression,
  allowDirect: z.boolean().optional().describe('Reads of single messages from any replica, possibly a little behind'),
  allowRollup: z.boolean().optional(),
  allowMessageTtl: z
    .boolean()
    .optional()
    .describe('Messages may carry a time to live of their own; cannot be turned off again'),
  allowAtomicPublish: z.boolean().optional(),
  allowBatchPublish: z.boolean().optional(),
  allowMessageCounter: z.boolean().optional(),
  allowMessageSchedules: z.boolean().optional(),
  deleteMarkerTtl: duration().optional(),
  denyDelete: z.boolean().optional().describe('Nobody may delete single messages; cannot be turned off again'),
  denyPurge: z.boolean().optional().describe('Nobody may purge; cannot be turned off again'),
  noAck: z.boolean().optional().describe('Publishers get no acknowledgement'),
  firstSequence: z.number().int().positive().optional(),
  consumerLimits: z
    .strictObject({ inactiveThreshold: duration().optional(), maxAckPending: z.number().int().optional() })
    .optional(),
  placement,
  republish: z
    .strictObject({ source: z.string(), destination: z.string(), headersOnly: z.boolean().optional() })
    .optional(),
  subjectTransform: transform.optional(),
  mirror: source.optional(),
  sources: z.array(source).optional(),
  metadata,
  consumers: z.record(z.string().min(1), consumerFields).optional().describe('Durable consumers by name'),
})

export type Deep<T> = T extends readonly (infer U)[]
  ? readonly Deep<U>[]
  : T extends object
    ? { readonly [K in keyof T]: Deep<T[K]> }
    : T
export type ConsumerFields = Deep<z.output<typeof consumerFields>>
export type StreamFields = Deep<Omit<z.output<typeof streamFields>, 'consumers'>> & {
  readonly consumers?: Dict<ConsumerFields>
}
export type SourceFields = Deep<z.output<typeof source>>
