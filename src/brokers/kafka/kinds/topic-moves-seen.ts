import type { Owner } from '../../../model/plan.ts'
import type { Context } from '../../../ports/context.ts'
import type { MoveRecord } from '../move-record.ts'
import { isOurs, readReassignments, type Reassignments, targetOf } from '../reassignments.ts'
import type { KafkaSession } from '../session.ts'
import { areOurs, readRates, type TopicThrottles } from '../throttles.ts'
import type { TopicHave } from './topic-value.ts'

type Topic = {
  readonly name?: string | null
  readonly topicId: string
  readonly partitions: readonly { readonly partitionIndex: number; readonly replicaNodes: readonly number[] }[]
}
type Seen = Pick<TopicHave, 'replicas' | 'move' | 'throttled'> & { readonly owner: Owner }

/** What moves in the cluster, and who moves it; then one topic after another without asking again. */
export async function observeMoves(
  session: KafkaSession,
  ctx: Context,
): Promise<(topic: Topic, throttles: TopicThrottles) => Seen> {
  const [running, records] = await Promise.all([readReassignments(session, ctx), session.moves.read(ctx)])
  const anyOfOurs = [...records.values()].some((record) => record.spec === session.cluster)
  const rates = anyOfOurs ? await readRates(session, ctx) : new Map<number, ReadonlyMap<string, number>>()
  return (topic, throttles) =>
    seenOf(topic, throttles, { spec: session.cluster, running, record: records.get(topic.name ?? ''), rates })
}

/** By broker: rates that it has of its own, by the setting's name. */
type Rates = ReadonlyMap<number, ReadonlyMap<string, number>>
type World = {
  readonly spec: string
  readonly running: Reassignments | null
  readonly record: MoveRecord | undefined
  readonly rates: Rates
}

/** Pure. */
export function seenOf(topic: Topic, throttles: TopicThrottles, world: World): Seen {
  const { spec, record, rates } = world
  const running = world.running?.get(topic.name ?? '') ?? new Map()
  const ours = record !== undefined && isOurs(record, { spec, id: topic.topicId }, running)
  const counts = topic.partitions.map(({ partitionIndex, replicaNodes }) => {
    const one = ours ? running.get(partitionIndex) : undefined
    return one ? targetOf(one).length : replicaNodes.length
  })
  const replicas = [...new Set(counts)].sort((a, b) => a - b)
  if (running.size > 0 && !ours) {
    const mover = record !== undefined && record.spec !== spec ? `the spec "${record.spec}"` : 'a running reassignment'
    return { replicas, owner: { by: 'other', name: mover } }
  }
  const owner = { by: 'nobody' } as const
  if (!ours) return { replicas, owner, ...(Object.keys(throttles).length > 0 ? { throttled: true } : {}) }
  if (running.size > 0) return { replicas, owner, move: 'running' }
  if (!areOurs(throttles, record)) return { replicas, owner, throttled: true }
  const left = Object.keys(throttles).length > 0 || [...rates].some(([node, own]) => isRateOurs(record, node, own))
  return { replicas, owner, ...(left ? { move: 'left' as const } : {}) }
}

/** One of the rates that the broker has now was set by this move. */
export const isRateOurs = (
  record: Pick<MoveRecord, 'rates'>,
  node: number,
  own: ReadonlyMap<string, number>,
): boolean => [...own.values()].some((rate) => record.rates[node]?.includes(rate) ?? false)
