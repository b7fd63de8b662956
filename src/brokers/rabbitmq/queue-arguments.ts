import type { Json } from '../../model/json.ts'
import type { QueueField } from './fields.ts'

/**
 * What a queue's arguments may be, as the server judges them at declaration: rabbit_queue_type:arguments/2 of each type
 * and rabbit_amqqueue:declare_args/0, RabbitMQ 4.3.6. Arguments that it does not know it takes and ignores; so names
 * that start with 'x-' and mean nothing are refused here, where it can still be said.
 */
export type ArgumentProblem = { readonly path: readonly string[]; readonly message: string; readonly hint?: string }

export type Rule = 'positive' | 'natural' | 'integer' | 'boolean' | 'text' | 'age' | readonly string[]

const RULES: Readonly<Record<string, Rule>> = {
  'x-consumer-disconnected-timeout': 'natural',
  'x-consumer-timeout': 'natural',
  'x-dead-letter-exchange': 'text',
  'x-dead-letter-routing-key': 'text',
  'x-dead-letter-strategy': ['at-most-once', 'at-least-once'],
  'x-delayed-retry-max': 'natural',
  'x-delayed-retry-min': 'natural',
  'x-delayed-retry-type': 'text',
  'x-delivery-limit': 'integer',
  'x-expires': 'positive',
  'x-initial-cluster-size': 'positive',
  'x-max-age': 'age',
  'x-max-in-memory-bytes': 'natural',
  'x-max-in-memory-length': 'natural',
  'x-max-length': 'natural',
  'x-max-length-bytes': 'natural',
  'x-max-priority': 'natural',
  'x-message-ttl': 'natural',
  'x-overflow': ['drop-head', 'reject-publish', 'reject-publish-dlx'],
  'x-queue-leader-locator': ['client-local', 'balanced'],
  'x-queue-mode': ['default', 'lazy'],
  'x-queue-version': 'positive',
  'x-quorum-initial-group-size': 'positive',
  'x-single-active-consumer': 'boolean',
  'x-stream-filter-size-bytes': 'positive',
  'x-stream-max-segment-size-bytes': 'positive',
}

const COMMON = ['x-max-length-bytes', 'x-queue-leader-locator']
const DEAD_LETTERS = [
  'x-dead-letter-exchange',
  'x-dead-letter-routing-key',
  'x-expires',
  'x-max-length',
  'x-message-ttl',
  'x-overflow',
  'x-single-active-consumer',
]

const OF_TYPE: Readonly<Record<string, readonly string[]>> = {
  quorum: [
    ...COMMON,
    ...DEAD_LETTERS,
    'x-consumer-disconnected-timeout',
    'x-consumer-timeout',
    'x-dead-letter-strategy',
    'x-delayed-retry-max',
    'x-delayed-retry-min',
    'x-delayed-retry-type',
    'x-delivery-limit',
    'x-max-in-memory-bytes',
    'x-max-in-memory-length',
    'x-quorum-initial-group-size',
  ],
  classic: [...COMMON, ...DEAD_LETTERS, 'x-max-priority', 'x-queue-mode', 'x-queue-version'],
  stream: [
    ...COMMON,
    'x-initial-cluster-size',
    'x-max-age',
    'x-stream-filter-size-bytes',
    'x-stream-max-segment-size-bytes',
  ],
}

const LARGEST_PRIORITY = 255
const FILTER_BYTES = [16, 255] as const
/** rabbit_stream_queue refuses larger segments. */
const LARGEST_SEGMENT = 3_000_000_000

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

/** @returns what the value must be, or null. */
export function mismatch(rule: Rule, value: Json): string | null {
  if (typeof rule === 'object')
    return typeof value === 'string' && rule.includes(value) ? null : `one of ${rule.join(', ')}`
  const whole = typeof value === 'number' && Number.isSafeInteger(value)
  switch (rule) {
    case 'positive':
      return whole && value > 0 ? null : 'a whole number above 0'
    case 'natural':
      return whole && value >= 0 ? null : 'a whole number, 0 or more'
    case 'integer':
      return whole && value >= -1 ? null : 'a whole number; -1 is no limit'
    case 'boolean':
      return typeof value === 'boolean' ? null : 'true or false'
    case 'text':
      return typeof value === 'string' ? null : 'a text'
    case 'age':
      return typeof value === 'string' && /^\d+[YMDhms]$/.test(value)
        ? null
        : 'a number with Y, M, D, h, m or s, such as 7D'
  }
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
  const priority = table['x-max-priority']
  if (typeof priority === 'number' && priority > LARGEST_PRIORITY)
    put('x-max-priority', `at most ${LARGEST_PRIORITY} priorities`)
  const filter = table['x-stream-filter-size-bytes']
  if (typeof filter === 'number' && (filter < FILTER_BYTES[0] || filter > FILTER_BYTES[1]))
    put('x-stream-filter-size-bytes', `from ${FILTER_BYTES[0]} to ${FILTER_BYTES[1]}`)
  const segment = table['x-stream-max-segment-size-bytes']
  if (typeof segment === 'number' && segment > LARGEST_SEGMENT)
    put('x-stream-max-segment-size-bytes', `at most ${LARGEST_SEGMENT}`)
  return problems
}
