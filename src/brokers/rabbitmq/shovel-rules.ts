import type { Json, JsonObject } from '../../model/json.ts'
import { mismatch, RULES } from './argument-rules.ts'
import { SHORT_STRING } from './names.ts'

/** What a shovel may say, as rabbit_shovel_parameters and its protocols judge it, RabbitMQ 4.3.6. */

export type ShovelProblem = { readonly path: readonly string[]; readonly message: string; readonly hint?: string }
type Side = 'src' | 'dest'
type Protocol = 'amqp091' | 'amqp10' | 'local'

const ENDS = ['exchange', 'exchange-key', 'queue', 'queue-args']
const ALWAYS = ['uri', 'protocol', 'predeclared']
const CONSUMER = ['consumer-args', 'consumer-name', 'delete-after']
const HEADERS = ['add-forward-headers', 'add-timestamp-header']
/** Without the side that stands before each. */
const FIELDS: Readonly<Record<Protocol, Readonly<Record<Side, readonly string[]>>>> = {
  amqp091: {
    src: [...ALWAYS, ...ENDS, ...CONSUMER, 'prefetch-count'],
    dest: [...ALWAYS, ...ENDS, ...HEADERS, 'publish-properties'],
  },
  local: { src: [...ALWAYS, ...ENDS, ...CONSUMER], dest: [...ALWAYS, ...ENDS, ...HEADERS] },
  amqp10: {
    src: [...ALWAYS, ...CONSUMER, 'address', 'prefetch-count'],
    dest: [...ALWAYS, ...HEADERS, 'address', 'application-properties', 'message-annotations', 'properties'],
  },
}

/** Properties of AMQP 0-9-1 that a shovel can set; headers are none of them. */
const PROPERTIES: Readonly<Record<string, 'text' | 'number'>> = {
  content_type: 'text',
  content_encoding: 'text',
  delivery_mode: 'number',
  priority: 'number',
  correlation_id: 'text',
  reply_to: 'text',
  expiration: 'text',
  message_id: 'text',
  timestamp: 'number',
  type: 'text',
  user_id: 'text',
  app_id: 'text',
  cluster_id: 'text',
}

/** Everything wrong but its URIs; paths stand against the shovel. Pure. */
export function checkShovel(shovel: JsonObject): readonly ShovelProblem[] {
  return [
    ...(['src', 'dest'] as const).flatMap((side) => {
      const protocol = (shovel[`${side}-protocol`] ?? 'amqp091') as Protocol
      const ends = protocol === 'amqp10' ? checkAddress(side, shovel) : checkEnds(side, shovel)
      return [...ends, ...checkFields(side, protocol, shovel), ...checkTables(side, shovel)]
    }),
    ...checkDeleteAfter(shovel),
  ]
}

function checkAddress(side: Side, shovel: JsonObject): readonly ShovelProblem[] {
  const address = `${side}-address`
  return [
    ...(shovel[address] === undefined
      ? [{ path: [`${side}-protocol`], message: `over amqp10 a shovel needs ${address}` }]
      : []),
    ...[`${side}-queue`, `${side}-exchange`]
      .filter((field) => shovel[field] !== undefined)
      .map((field) => ({ path: [field], message: `over amqp10 it is ${address}, not ${field}` })),
  ]
}

function checkEnds(side: Side, shovel: JsonObject): readonly ShovelProblem[] {
  const [queue, exchange, address] = [`${side}-queue`, `${side}-exchange`, `${side}-address`]
  const has = (field: string): boolean => shovel[field] !== undefined
  const hint = `Write ${queue} or ${exchange}, or ${side}-protocol: amqp10.`
  return [
    ...(has(address) ? [{ path: [address], message: `${address} belongs to amqp10`, hint }] : []),
    ...(has(queue) && has(exchange)
      ? [{ path: [exchange], message: `${queue} and ${exchange} exclude each other` }]
      : []),
    ...(side === 'src' && !has(queue) && !has(exchange)
      ? [{ path: [], message: `a shovel needs ${queue} or ${exchange}` }]
      : []),
  ]
}

/** What has been said of queue, exchange and address is not said again. */
function checkFields(side: Side, protocol: Protocol, shovel: JsonObject): readonly ShovelProblem[] {
  const own = FIELDS[protocol][side]
  return Object.keys(shovel)
    .filter((field) => field.startsWith(`${side}-`))
    .map((field) => field.slice(side.length + 1))
    .filter((name) => !own.includes(name) && !['queue', 'exchange', 'address'].includes(name))
    .map((name) => {
      const others = Object.entries(FIELDS).filter(([, of]) => of[side].includes(name))
      const hint = `It belongs to ${others.map(([other]) => other).join(' and ')}.`
      return { path: [`${side}-${name}`], message: `over ${protocol} a shovel has no ${side}-${name}`, hint }
    })
}

function checkTables(side: Side, shovel: JsonObject): readonly ShovelProblem[] {
  const each = (field: string, wrong: (name: string, value: Json) => string | null): readonly ShovelProblem[] =>
    Object.entries((shovel[field] ?? {}) as JsonObject).flatMap(([name, value]) => {
      const message = wrong(name, value)
      return message === null ? [] : [{ path: [field, name], message }]
    })
  const argument = (name: string, value: Json): string | null => {
    const rule = name === 'x-queue-type' ? ['quorum', 'classic', 'stream'] : RULES[name]
    const wrong = rule === undefined ? null : mismatch(rule, value)
    return wrong === null ? null : `"${name}" must be ${wrong}, not ${JSON.stringify(value)}`
  }
  const text = (name: string, value: Json): string | null =>
    typeof value === 'string' ? null : `"${name}" must be a text, not ${JSON.stringify(value)}`
  const consumer = (name: string, value: Json): string | null => {
    if (name === 'x-priority' && !Number.isSafeInteger(value))
      return `"x-priority" must be a whole number, not ${JSON.stringify(value)}`
    const wrong = name === 'x-consumer-timeout' ? mismatch('natural', value) : null
    return wrong === null ? null : `"${name}" must be ${wrong}, not ${JSON.stringify(value)}`
  }
  const queue = shovel[`${side}-queue`]
  return [
    ...(typeof queue === 'string' && Buffer.byteLength(queue) > SHORT_STRING
      ? [{ path: [`${side}-queue`], message: `the name of a queue has at most ${SHORT_STRING} bytes` }]
      : []),
    ...each('src-consumer-args', side === 'src' ? consumer : () => null),
    ...each(`${side}-queue-args`, argument),
    ...(side === 'src'
      ? []
      : [
          ...each('dest-publish-properties', wrongProperty),
          ...['dest-properties', 'dest-application-properties', 'dest-message-annotations'].flatMap((field) =>
            each(field, text),
          ),
        ]),
  ]
}

function wrongProperty(name: string, value: Json): string | null {
  const type = PROPERTIES[name]
  if (type === undefined) return `"${name}" is no property that a shovel sets: ${Object.keys(PROPERTIES).join(', ')}`
  return typeof value === (type === 'text' ? 'string' : 'number')
    ? null
    : `"${name}" must be a ${type}, not ${JSON.stringify(value)}`
}

function checkDeleteAfter(shovel: JsonObject): readonly ShovelProblem[] {
  const path = ['src-delete-after']
  const after = shovel['src-delete-after']
  return [
    ...(typeof after === 'number' && shovel['ack-mode'] === 'no-ack'
      ? [{ path, message: 'a shovel with ack-mode no-ack can not count messages' }]
      : []),
    ...(after === 'queue-length' && shovel['src-protocol'] === 'amqp10'
      ? [{ path, message: 'over amqp10 a shovel does not know how long a queue is', hint: 'Write a number, or never.' }]
      : []),
  ]
}
