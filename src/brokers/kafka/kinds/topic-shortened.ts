import type { Loss } from '../../../model/plan.ts'
import type { Context } from '../../../ports/context.ts'
import type { Updated } from '../../../ports/kind.ts'
import { idOf, type Led } from '../offsets.ts'
import { EARLIEST, LATEST } from '../protocol.ts'
import { limitOf } from '../retention.ts'
import type { KafkaSession } from '../session.ts'
import { readDefaults } from './topic-configs.ts'
import { countBytes, findPartitions, measureTopics, offsets } from './topic-losses.ts'
import type { TopicWant } from './topic-value.ts'

/** What a topic keeps from now on; Infinity: without limit. */
type Limits = { readonly name: string; readonly ms: number; readonly bytes: number }

/**
 * What shorter retention lets go of, where the topic's own has been taken away by what is behind it. By age: messages
 * that are older. By size: bytes of each partition beyond it, at most, for whole segments go. Of both together, and of a
 * new compaction, only that it is at most all there is. Nothing is said where what is behind can't be known.
 */
export async function measureShortened(
  session: KafkaSession,
  items: readonly Updated<TopicWant>[],
  ctx: Context,
): Promise<readonly Loss[]> {
  const defaults = await readDefaults(session, ctx)
  const compacted = items.filter(gainsCompaction).map(({ key: [name] }) => name as string)
  const limits = items.flatMap((item) => (gainsCompaction(item) ? [] : (limitsOf(item, defaults) ?? [])))
  const partitions = await findPartitions(session, [...new Set(limits.map(({ name }) => name))], ctx)
  const older = await countOlder(session, partitions, limits, ctx)
  const sized = new Set(limits.filter(({ bytes }) => bytes < Infinity).map(({ name }) => name))
  const sizes = await countBytes(
    session,
    partitions.filter(({ name }) => sized.has(name)),
    ctx,
  )
  const found = new Map<string, Loss | null>(compacted.map((name) => [name, null]))
  for (const one of limits) found.set(one.name, lossOf(one, partitions, older, sizes))
  const whole = items.map(({ key: [name] }) => name as string).filter((name) => found.get(name) === null)
  const all = await measureTopics(
    session,
    whole.map((name) => [name]),
    ctx,
  )
  for (const [i, name] of whole.entries()) found.set(name, { ...all[i], atMost: true })
  return items.map(({ key: [name] }) => found.get(name as string) ?? {})
}

const changed = ({ changes }: Updated<TopicWant>, setting: string): boolean =>
  changes.some(({ field }) => field === `config.${setting}`)

/** Which messages have a later one of the same key is not to be told from outside. */
const gainsCompaction = (item: Updated<TopicWant>): boolean =>
  changed(item, 'cleanup.policy') && String(item.want.config['cleanup.policy']).includes('compact')

/** What is as it was lets go of nothing more. null: what is behind a setting that the topic has no more is not known. */
function limitsOf(item: Updated<TopicWant>, defaults: TopicWant['config']): Limits | null {
  const limit = (setting: string): number => {
    if (!changed(item, setting) && !changed(item, 'cleanup.policy')) return Infinity
    return limitOf(item.want.config[setting] ?? defaults[setting] ?? Number.NaN)
  }
  const [ms, bytes] = [limit('retention.ms'), limit('retention.bytes')]
  return Number.isNaN(ms) || Number.isNaN(bytes) ? null : { name: item.key[0] as string, ms, bytes }
}

/** By partition: messages before the time that its topic keeps. What a leader can't tell is left out. */
async function countOlder(
  session: KafkaSession,
  partitions: readonly Led[],
  limits: readonly Limits[],
  ctx: Context,
): Promise<ReadonlyMap<string, number>> {
  const from = new Map(limits.filter(({ ms }) => ms < Infinity).map(({ name, ms }) => [name, BigInt(ctx.now() - ms)]))
  const aged = partitions.filter(({ name }) => from.has(name))
  const first = await offsets(session, aged, () => EARLIEST, ctx)
  const kept = await offsets(session, aged, (name) => from.get(name) as bigint, ctx)
  const last = await offsets(session, aged, () => LATEST, ctx)
  return new Map(
    aged.map(idOf).flatMap((id) => {
      const begin = kept.get(id) ?? Number.NaN
      const count = (begin < 0 ? (last.get(id) ?? Number.NaN) : begin) - (first.get(id) ?? Number.NaN)
      return Number.isNaN(count) ? [] : [[id, count]]
    }),
  )
}

/** null: more than one limit takes away, so that only all is a bound. */
function lossOf(
  { name, ms, bytes }: Limits,
  partitions: readonly Led[],
  older: ReadonlyMap<string, number>,
  sizes: ReadonlyMap<string, number>,
): Loss | null {
  const own = partitions.filter((p) => p.name === name).map(idOf)
  const sum = (of: (id: string) => number) => own.reduce((all, id) => all + of(id), 0)
  const messages = ms === Infinity ? 0 : sum((id) => older.get(id) ?? Number.NaN)
  const beyond = bytes === Infinity ? 0 : sum((id) => Math.max(0, (sizes.get(id) ?? Number.NaN) - bytes))
  if (own.length === 0 || Number.isNaN(messages) || Number.isNaN(beyond)) return {}
  if (beyond === 0) return { messages }
  return messages === 0 ? { bytes: beyond, atMost: true } : null
}
