import type { Json } from '../../model/json.ts'
import { mismatch, OF_TYPE, RULES } from './argument-rules.ts'
import type { QueueField } from './fields.ts'

/**
 * What a queue's arguments may be, as the server judges them at declaration: rabbit_queue_type:arguments/2 of each type
 * and rabbit_amqqueue:declare_args/0, RabbitMQ 4.3.6. Arguments that it does not know it takes and ignores; so names
 * that start with 'x-' and mean nothing are refused here, where it can still be said.
 */
export type ArgumentProblem = { readonly path: readonly string[]; readonly message: string; readonly hint?: string }

/** Everything wrong with a queue of the spec; paths stand against the queue. Pure. */
export function checkQueue(queue: QueueField, members: number): readonly ArgumentProblem[] {
  return [
    ...checkFlags(queue),
    ...Object.entries(queue.arguments).flatMap(([name, value]) => checkArgument(name, value, queue.type)),
    ...checkTogether(queue, members),
  ]
}

function checkFlags({ type, durable, autoDelete }: QueueField): readonly ArgumentProblem[] {
  if (type === 'classic') return []
  return [
    ...(durable
      ? []
      : [
          {
            path: ['durable'],
            message: `a ${type} queue is always durable`,
            hint: 'Take the type classic for a queue that may go.',
          },
        ]),
    ...(autoDelete
      ? [
          {
            path: ['autoDelete'],
            message: `a ${type} queue is never deleted by itself`,
            hint: 'x-expires deletes an unused quorum queue.',
          },
        ]
      : []),
  ]
}

function checkArgument(name: string, value: Json, type: string): readonly ArgumentProblem[] {
  const path = ['arguments', name]
  if (name === 'x-queue-type') return [{ path, message: 'the type stands in `type`', hint: 'Take x-queue-type away.' }]
  if (name.startsWith('ha-') || name === 'x-ha-policy')
    return [{ path, message: 'RabbitMQ 4 has no mirrored classic queues', hint: 'Take the type quorum.' }]
  const rule = RULES[name]
  if (rule === undefined)
    return name.startsWith('x-') ? [{ path, message: `RabbitMQ knows no argument "${name}"` }] : []
  if (!OF_TYPE[type]?.includes(name)) {
    const others = Object.keys(OF_TYPE).filter((other) => OF_TYPE[other]?.includes(name))
    return [
      {
        path,
        message: `a ${type} queue has no "${name}"`,
        ...(others.length > 0 ? { hint: `It belongs to ${others.join(' and ')} queues.` } : {}),
      },
    ]
  }
  const wrong = mismatch(rule, value)
  return wrong === null ? [] : [{ path, message: `"${name}" must be ${wrong}, not ${JSON.stringify(value)}` }]
}

/** Arguments that exclude or need each other. */
function checkTogether({ type, arguments: table }: QueueField, members: number): readonly ArgumentProblem[] {
  const problems: ArgumentProblem[] = []
  const put = (name: string, message: string, hint?: string) =>
    problems.push({ path: ['arguments', name], message, ...(hint === undefined ? {} : { hint }) })
  const overflow = table['x-overflow']
  const exchange = table['x-dead-letter-exchange']
  if (table['x-dead-letter-routing-key'] !== undefined && exchange === undefined)
    put('x-dead-letter-routing-key', 'a dead letter routing key needs x-dead-letter-exchange')
  if (type === 'quorum' && overflow === 'reject-publish-dlx')
    put('x-overflow', 'a quorum queue has no reject-publish-dlx', 'Take reject-publish.')
  if (table['x-dead-letter-strategy'] === 'at-least-once') {
    if (exchange === undefined) put('x-dead-letter-strategy', 'at-least-once needs x-dead-letter-exchange')
    if (overflow !== 'reject-publish')
      put(
        'x-dead-letter-strategy',
        'at-least-once works with x-overflow: reject-publish only; otherwise the queue falls back to at-most-once',
      )
  }
  for (const name of ['x-quorum-initial-group-size', 'x-initial-cluster-size']) {
    const size = table[name]
    if (typeof size === 'number' && size > members) put(name, `${size} copies can't stand on ${members} members`)
  }
  const [least, most] = [table['x-delayed-retry-min'], table['x-delayed-retry-max']]
  if (isDelayed(table['x-delayed-retry-type']) && least === undefined)
    put('x-delayed-retry-type', 'without x-delayed-retry-min nothing is delayed')
  if (typeof least === 'number' && typeof most === 'number' && most < least)
    put('x-delayed-retry-max', `${most} is less than x-delayed-retry-min, ${least}`)
  return problems
}

/** Does this type of delayed retries want to know how long? */
export const isDelayed = (type: Json | undefined): boolean => type !== undefined && type !== 'disabled'
