import { z } from 'zod'
import type { Json } from '../../model/json.ts'
import { policyKeys } from './argument-rules.ts'

/** Fields of policies, operator policies, limits and topic permissions. */

/** Arguments of AMQP 0-9-1 as RabbitMQ takes them: scalars, lists and tables. */
export const argument: z.ZodType<Json> = z.lazy(() =>
  z.union([z.string(), z.number(), z.boolean(), z.array(argument), z.record(z.string(), argument)]),
)
export const argumentsField = () => z.record(z.string().min(1), argument)

export const APPLY_TO = ['all', 'exchanges', 'queues', 'classic_queues', 'quorum_queues', 'streams'] as const
export const OPERATOR_APPLY_TO = ['queues', 'classic_queues', 'quorum_queues', 'streams'] as const

const policyFields = <T extends z.ZodType<string>>(applyTo: T, definition: string, operator: boolean) => ({
  pattern: z.string().describe('Regular expression of the names that it is for'),
  applyTo,
  priority: z
    .number()
    .int()
    .default(0)
    .describe('Of those that match one queue or exchange, only the one with the highest priority holds'),
  definition: argumentsField()
    .describe(definition)
    .meta({ keys: policyKeys(operator) }),
})

export const policy = z.strictObject(
  policyFields(
    z.enum(APPLY_TO).default('all').describe('What it is for'),
    "The settings, in the broker's own names: max-length, message-ttl, dead-letter-exchange, federation-upstream-set",
    false,
  ),
)

export const operatorPolicy = z.strictObject(
  policyFields(
    z.enum(OPERATOR_APPLY_TO).default('queues').describe('What it is for'),
    "Limits in the broker's own names: max-length, max-length-bytes, message-ttl, expires, delivery-limit",
    true,
  ),
)

const limit = () => z.number().int().nonnegative().optional()

export const vhostLimits = z
  .strictObject({
    maxConnections: limit().describe('Connections at once; 0 lets nobody in'),
    maxQueues: limit().describe('Queues; 0 lets nobody declare one'),
  })
  .default({})
  .describe('What is left out has no limit')

export const userLimits = z
  .strictObject({
    maxConnections: limit().describe('Connections at once; 0 lets the user in no more'),
    maxChannels: limit().describe('Channels at once, over all its connections'),
  })
  .default({})
  .describe('What is left out has no limit')

const topicPermission = z.strictObject({
  write: z.string().default('^$').describe('Routing keys that the user may publish with, as a regular expression'),
  read: z.string().default('^$').describe('Routing keys that the user may bind queues by'),
})

export const topicPermissions = z
  .record(z.string().min(1), z.record(z.string().min(1), topicPermission).meta({ parts: true }))
  .default({})
  .describe('By virtual host and topic exchange; an exchange that is left out is not restricted')
  .meta({
    parts: true,
    link: 'https://www.rabbitmq.com/docs/access-control#topic-authorisation',
    examples: [{ shop: { events: { write: '^shop\\.' } } }],
  })
