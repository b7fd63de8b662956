import type { Json, JsonObject } from '../../../model/json.ts'
import { same } from '../../../model/json.ts'
import type { FieldChange, Loss } from '../../../model/plan.ts'
import type { Context } from '../../../ports/context.ts'
import type { Updated } from '../../../ports/kind.ts'
import { asJavascript } from '../patterns.ts'
import type { RabbitmqSession } from '../session.ts'
import { type Counted, measureAll, type QueueMeasured } from './messages.ts'

export type PolicyValue = {
  readonly pattern: string
  readonly applyTo: string
  readonly priority: number
  readonly definition: JsonObject
}

/** Settings beyond which messages, or whole queues, go. */
export const LIMITS = ['max-length', 'max-length-bytes', 'message-ttl', 'expires', 'max-age', 'delivery-limit']

export function isTighter(from: Json | undefined, to: Json | undefined): boolean {
  if (typeof from !== 'number' || typeof to !== 'number') return !same(from, to)
  const unlimited = (value: number) => (value < 0 ? Infinity : value) // a delivery-limit of -1
  return unlimited(to) < unlimited(from)
}

const TYPES: Readonly<Record<string, string>> = {
  classic_queues: 'classic',
  quorum_queues: 'quorum',
  streams: 'stream',
}

type Item = Updated<PolicyValue>

/**
 * What a tighter limit lets go of at once, at most: of a length what is beyond it, of an age all that is there. Queues
 * that another limit holds already, or that refuse instead of dropping, lose less. Nothing is said where a queue can't
 * tell what it has.
 */
export async function measureTightened(
  session: RabbitmqSession,
  items: readonly Item[],
  ctx: Context,
): Promise<readonly Loss[]> {
  const vhosts = [...new Set(items.map(({ key }) => key[0] as string))]
  const queues = new Map<string, readonly QueueMeasured[]>()
  for (const vhost of vhosts) queues.set(vhost, await measureAll(session, vhost, ctx))
  return items.map((item) => lossOf(item, queues.get(item.key[0] as string) ?? []))
}

const isElsewhere = ({ changes }: Item): boolean =>
  changes.some(({ field }) => ['pattern', 'applyTo', 'priority'].includes(field))

/** Pure. `all`: queues of its virtual host. */
export function lossOf(item: Item, all: readonly QueueMeasured[]): Loss {
  const { definition } = item.want
  const tighter = ({ field, from, to }: FieldChange) =>
    to !== undefined && LIMITS.includes(field) && isTighter(from, to)
  const limits = isElsewhere(item)
    ? LIMITS.filter((name) => definition[name] !== undefined)
    : item.changes.filter(tighter).map(({ field }) => field)
  const own = queuesOf(item.want, all)
  const counts = own.flatMap(({ measured }) => ('unknown' in measured ? [] : [measured]))
  if (counts.length < own.length) return {}
  const [only] = limits
  const limit = Number(definition[only ?? ''])
  if (limits.length === 1 && only === 'max-length')
    return { messages: total(counts, ({ messages }) => Math.max(0, messages - limit)), atMost: true }
  if (limits.length === 1 && only === 'max-length-bytes' && counts.every(({ bytes }) => bytes !== undefined))
    return { bytes: total(counts, ({ bytes = 0 }) => Math.max(0, bytes - limit)), atMost: true }
  return { messages: total(counts, ({ messages }) => messages), atMost: true }
}

const total = (counts: readonly Counted[], of: (one: Counted) => number): number =>
  counts.reduce((sum, one) => sum + of(one), 0)

/** Those that it may hold for: all, where its pattern is not to be read here. Which of several does is told late. */
function queuesOf({ pattern, applyTo }: PolicyValue, all: readonly QueueMeasured[]): readonly QueueMeasured[] {
  if (applyTo === 'exchanges') return []
  const type = TYPES[applyTo]
  const readable = asJavascript(pattern)
  return all.filter((queue) => (readable?.test(queue.name) ?? true) && (type === undefined || queue.type === type))
}
