import { z } from 'zod'
import type { Dict } from '../../model/json.ts'
import { duration, size } from '../shared/fields.ts'

/** zod fields of streams and consumers: camelCase for the server's names, durations in ms, sizes in bytes. */

export const metadata = z
  .record(z.string().min(1), z.string())
  .optional()
  .describe('Free labels, kept by the server')
  .meta({ examples: [{ team: 'billing' }] })
export const replicas = z.union([z.literal(1), z.literal(2), z.literal(3), z.literal(4), z.literal(5)])
export const storage = z.enum(['file', 'memory'])
export const compression = z.enum(['none', 's2']).optional().describe('Compression on disk; none unless said')
export const placement = z
  .strictObject({
    cluster: z.string().optional().describe('Name of the cluster, in a super-cluster'),
    tags: z
      .array(z.string())
      .optional()
      .describe('Only on servers with all of these tags')
      .meta({ examples: [['ssd']] }),
  })
  .optional()
  .describe('Servers that may keep it')
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

const deliver = z.union([
  z.enum(['all', 'last', 'new', 'lastPerSubject']),
  z.strictObject({ startSequence: z.number().int().positive().describe('From this message on') }),
  z.strictObject({ startTime: z.string().datetime({ offset: true }).describe('From this time on') }),
])

const consumerFields = z.strictObject({
  description: z.string().optional().describe('For people'),
  ack: z
    .enum(['explicit', 'all', 'none'])
    .optional()
    .describe('How messages are acknowledged; explicit unless said')
    .meta({ mutability: 'replace' }),
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
  backoff: z
    .array(duration())
    .optional()
    .describe('Pauses before each redelivery, in place of ackWait')
    .meta({ examples: [['1s', '10s', '1m']] }),
  deliver: deliver
    .optional()
    .describe('Where it starts: all, last, new, lastPerSubject, { startSequence } or { startTime }')
    .meta({ mutability: 'replace' }),
  replay: z
    .enum(['instant', 'original'])
    .optional()
    .describe('As fast as possible, or at the pace of arrival')
    .meta({ mutability: 'replace' }),
  filter: z
    .string()
    .optional()
    .describe('Only messages of this subject')
    .meta({ examples: ['orders.created'] }),
  filters: z
    .array(z.string())
    .optional()
    .describe('Only messages of these subjects')
    .meta({ examples: [['orders.created', 'orders.paid']] }),
  replicas: replicas.optional().describe("Replicas of the consumer's state; those of the stream unless said"),
  memory: z.boolean().optional().describe('Keep its state in memory').meta({ mutability: 'replace' }),
  headersOnly: z.boolean().optional().describe('Messages without their bodies'),
  inactiveThreshold: duration().optional().describe('The server removes it when nobody used it for this long'),
  maxWaiting: z
    .number()
    .int()
    .positive()
    .optional()
    .describe('Most waiting pull requests; 512 unless said')
    .meta({ mutability: 'replace' }),
  maxRequestBatch: z.number().int().positive().optional().describe('Most messages that one pull request may ask for'),
  maxRequestBytes: size().optional().describe('Most bytes that one pull request may ask for'),
  maxRequestExpires: duration().optional().describe('Longest that a pull request may wait'),
  sampleFrequency: z
    .string()
    .optional()
    .describe('Share of acknowledgements to sample, for example 10%')
    .meta({ examples: ['10%'] }),
  rateLimit: z.number().int().positive().optional().describe('Bits per second, push consumers only'),
  pauseUntil: z.string().datetime({ offset: true }).optional().describe('Delivers nothing before this time'),
  priority: z
    .strictObject({
      policy: z
        .enum(['overflow', 'pinnedClient', 'prioritized'])
        .describe(
          'overflow: others help when much waits; pinnedClient: one at a time; prioritized: lower ones when higher ones are idle',
        ),
      groups: z
        .array(z.string())
        .min(1)
        .describe('Names that pull requests give')
        .meta({ examples: [['workers']] }),
      timeout: duration()
        .optional()
        .describe('A pinned client that is silent for this long loses its place; 2m unless said'),
    })
    .optional()
    .describe('Which of several pulling clients gets messages'),
  deliverSubject: z
    .string()
    .optional()
    .describe('Makes it a push consumer that delivers to this subject')
    .meta({ examples: ['deliver.billing'] }),
  deliverGroup: z.string().optional().describe('Queue group of a push consumer'),
  flowControl: z
    .boolean()
    .optional()
    .describe('The client says how fast it can take messages; wants idleHeartbeat')
    .meta({ mutability: 'replace' }),
  idleHeartbeat: duration()
    .optional()
    .describe('A sign of life after this long without messages; push consumers only')
    .meta({ mutability: 'replace' }),
  metadata,
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
    .describe('Nothing may be written, deleted or changed any more; cannot be taken back')
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
