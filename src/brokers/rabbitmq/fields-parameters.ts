import { z } from 'zod'
import { secretRef } from '../shared/fields.ts'
import { LONGEST } from './argument-rules.ts'
import { argumentsField } from './fields-policy.ts'

/** Fields of runtime parameters, in the broker's own names: shovels and federation, RabbitMQ 4.3.6. */

const text = () => z.string().min(1).optional()
const number = () => z.number().int().nonnegative().optional()
const time = () => z.number().int().nonnegative().max(LONGEST).optional()
const flag = () => z.boolean().optional()
const table = () => argumentsField().optional()
const uri = () => z.union([z.string(), z.array(z.string()).min(1), secretRef()])
const ACK_MODES = ['on-confirm', 'on-publish', 'no-ack'] as const
const PROTOCOLS = ['amqp091', 'amqp10', 'local'] as const
const deleteAfter = () => z.union([z.enum(['never', 'queue-length']), z.number().int().positive()]).optional()

const URI = 'amqp:// or amqps://; with a password in it by secretRef only; several are tried in turns'

export const shovel = z.strictObject({
  'src-uri': uri().describe(`Where messages come from: ${URI}`),
  'src-protocol': z.enum(PROTOCOLS).optional().describe('amqp091 unless said'),
  'src-queue': text().describe('The queue that they are taken from'),
  'src-queue-args': table().describe('Arguments of that queue, when the shovel declares it'),
  'src-exchange': text().describe('Or the exchange that a queue of its own is bound to'),
  'src-exchange-key': z.string().optional().describe('By this routing key'),
  'src-address': text().describe('The same over AMQP 1.0'),
  'src-prefetch-count': number().describe('Unacknowledged messages under way; 1000 unless said'),
  'src-delete-after': deleteAfter().describe('The shovel ends itself: never, queue-length, or after so many messages'),
  'src-consumer-args': table().describe('Arguments of its consumer'),
  'src-consumer-name': text().describe('Name of its consumer'),
  'src-predeclared': flag().describe('The source is there: nothing is declared'),
  'dest-uri': uri().describe(`Where messages go to: ${URI}`),
  'dest-protocol': z.enum(PROTOCOLS).optional().describe('amqp091 unless said'),
  'dest-queue': text().describe('The queue that they are put into'),
  'dest-queue-args': table().describe('Arguments of that queue, when the shovel declares it'),
  'dest-exchange': text().describe('Or the exchange that they are published to'),
  'dest-exchange-key': z.string().optional().describe('With this routing key instead of their own'),
  'dest-address': text().describe('The same over AMQP 1.0'),
  'dest-publish-properties': table().describe('Properties that are set anew'),
  'dest-properties': table().describe('The same over AMQP 1.0'),
  'dest-application-properties': table().describe('Application properties, over AMQP 1.0'),
  'dest-message-annotations': table().describe('Message annotations, over AMQP 1.0'),
  'dest-add-forward-headers': flag().describe('Headers that say which shovel moved it'),
  'dest-add-timestamp-header': flag().describe('A header that says when'),
  'dest-predeclared': flag().describe('The destination is there: nothing is declared'),
  'ack-mode': z.enum(ACK_MODES).optional().describe('on-confirm loses nothing; it is the default'),
  'reconnect-delay': number().describe('Seconds between two tries'),
})

const shared = {
  exchange: text().describe('Name of the upstream exchange, when it is another one'),
  queue: text().describe('Name of the upstream queue, when it is another one'),
  'consumer-tag': text().describe('Tag of the consumer at the upstream'),
  'prefetch-count': number().describe('Unacknowledged messages under way'),
  'reconnect-delay': number().describe('Seconds between two tries'),
  'max-hops': number().describe('How many federation links a message may pass'),
  expires: time().describe('Milliseconds that the upstream keeps for a link that is gone'),
  'message-ttl': time().describe('Milliseconds that messages wait in the upstream for it'),
  'trust-user-id': flag().describe("Keeps the upstream's user-id property"),
  'ack-mode': z.enum(ACK_MODES).optional().describe('on-confirm loses nothing; it is the default'),
  'resource-cleanup-mode': z.enum(['default', 'never']).optional().describe('Whether the internal queue is deleted'),
  'queue-type': z.enum(['classic', 'quorum']).optional().describe('Type of the internal queue'),
  'bind-nowait': flag().describe('Bindings are not waited for'),
  'channel-use-mode': z.enum(['multiple', 'single']).optional().describe('Channels of a link'),
}

export const federationUpstream = z.strictObject({
  uri: uri().describe(`The upstream: ${URI}`),
  ...shared,
})

export const federationUpstreamSet = z
  .array(z.strictObject({ upstream: z.string().min(1).describe('Name of an upstream'), ...shared }))
  .min(1)

export const parameters = z
  .strictObject({
    shovel: z
      .record(z.string().min(1), shovel)
      .optional()
      .describe('Needs the plugin rabbitmq_shovel')
      .meta({
        parts: true,
        link: 'https://www.rabbitmq.com/docs/shovel-dynamic',
        examples: [
          {
            move: { 'src-uri': 'amqp://', 'src-queue': 'old', 'dest-uri': 'amqp://', 'dest-queue': 'new' },
          },
        ],
      }),
    'federation-upstream': z
      .record(z.string().min(1), federationUpstream)
      .optional()
      .describe('Needs the plugin rabbitmq_federation; a policy says what is federated')
      .meta({
        parts: true,
        link: 'https://www.rabbitmq.com/docs/federation-reference',
        examples: [{ north: { uri: { secretRef: { env: 'NORTH_URI' } } } }],
      }),
    'federation-upstream-set': z
      .record(z.string().min(1), federationUpstreamSet)
      .optional()
      .describe('Upstreams under one name; the set "all" is there by itself')
      .meta({
        parts: true,
        link: 'https://www.rabbitmq.com/docs/federation-reference',
        examples: [{ both: [{ upstream: 'north' }, { upstream: 'south' }] }],
      }),
  })
  .default({})
  .describe('Runtime parameters, by component')
  .meta({ parts: true, link: 'https://www.rabbitmq.com/docs/parameters' })
