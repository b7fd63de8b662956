import type { BindingField } from './fields.ts'

/** What exchanges ask of the bindings that lead from them (RabbitMQ 4.3.6, `validate_binding` of their types). */

/** Of the built-in exchanges. */
const BUILT_IN: Readonly<Record<string, string>> = {
  'amq.headers': 'headers',
  'amq.match': 'headers',
  'amq.topic': 'topic',
  'amq.rabbitmq.trace': 'topic',
  'amq.rabbitmq.log': 'topic',
  'amq.rabbitmq.event': 'topic',
}
/** Of a topic exchange's routing key: more would take its matching too long. */
const MOST_HASHES = 2
const LARGEST_SHARE = 10_000
const MATCHES = ['all', 'any', 'all-with-x', 'any-with-x']

export type BindingProblem = { readonly field: string; readonly message: string; readonly hint?: string }
type Named = { readonly type: string }
type Known = { readonly exchanges: Readonly<Record<string, Named>>; readonly queues: Readonly<Record<string, Named>> }

/** What the exchange that it comes from would refuse, or null. Pure. */
export function bindingProblem(binding: BindingField, { exchanges, queues }: Known): BindingProblem | null {
  const { source, destination, routingKey, arguments: table } = binding
  switch (exchanges[source]?.type ?? BUILT_IN[source]) {
    case 'x-consistent-hash':
      return /^\+?0*[1-9]\d*$/.test(routingKey) && Number(routingKey) <= LARGEST_SHARE
        ? null
        : {
            field: 'routingKey',
            message: `"${source}" is an x-consistent-hash exchange: the routing key is the share of the queue, 1 to ${LARGEST_SHARE}, not "${routingKey}"`,
            hint: 'Write routingKey: "1", or more for a larger share.',
          }
    case 'x-local-random':
      return localProblem(source, routingKey, destination === undefined ? undefined : queues[destination]?.type)
    case 'x-jms-topic':
      return typeof table['rjms_erlang_selector'] === 'string'
        ? null
        : {
            field: 'arguments',
            message: `"${source}" is an x-jms-topic exchange: it wants the argument rjms_erlang_selector`,
            hint: 'Write rjms_erlang_selector: "true." for one that lets everything through.',
          }
    case 'topic': {
      const hashes = routingKey.split('.').filter((word) => word === '#').length
      return hashes <= MOST_HASHES
        ? null
        : {
            field: 'routingKey',
            message: `"${source}" is a topic exchange: "${routingKey}" has ${hashes} #, at most ${MOST_HASHES} are allowed`,
          }
    }
    case 'headers': {
      const match = table['x-match']
      return match === undefined || MATCHES.some((one) => one === match)
        ? null
        : { field: 'arguments', message: `x-match is one of ${MATCHES.join(', ')}, not ${JSON.stringify(match)}` }
    }
    default:
      return null
  }
}

const localProblem = (source: string, routingKey: string, queue: string | undefined): BindingProblem | null =>
  routingKey !== ''
    ? { field: 'routingKey', message: `"${source}" is an x-local-random exchange: it takes no routing key` }
    : queue === 'classic'
      ? null
      : { field: 'destination', message: `"${source}" is an x-local-random exchange: it leads to classic queues only` }
