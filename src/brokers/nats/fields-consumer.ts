import { z } from 'zod'
import { duration, size } from '../shared/fields.ts'
import { type Deep, metadata, replicas } from './fields-common.ts'

/** zod fields of consumers: camelCase for the server's names, durations in ms, sizes in bytes. */

const deliver = z.union([
  z.enum(['all', 'last', 'new', 'lastPerSubject']),
  z.strictObject({ startSequence: z.number().int().positive().describe('From this message on') }),
  z.strictObject({ startTime: z.string().datetime({ offset: true }).describe('From this time on') }),
])

export const consumerFields = z.strictObject({
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

export type ConsumerFields = Deep<z.output<typeof consumerFields>>
