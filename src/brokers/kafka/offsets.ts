import type { Context } from '../../ports/context.ts'
import { answerOf, type ItemError } from './errors.ts'
import { api, itemError } from './protocol.ts'
import type { KafkaSession } from './session.ts'

/** A partition, and the broker that leads it (-1: none). */
export type Led = { readonly name: string; readonly index: number; readonly leader: number }

export const idOf = (p: Pick<Led, 'name' | 'index'>): string => `${p.name}-${p.index}`
export const byTopic = <T extends Pick<Led, 'name'>>(partitions: readonly T[]) => [
  ...Map.groupBy(partitions, (p) => p.name),
]

/**
 * By partition, asked of its leader: the first offset from this time on (ms; EARLIEST, LATEST; -1 in the answer: there is
 * none), or the broker's error. Partitions without leader are left out.
 */
export async function offsetsAt(
  session: KafkaSession,
  partitions: readonly Led[],
  timestamp: (topic: string) => bigint,
  ctx: Context,
): Promise<ReadonlyMap<string, number | ItemError>> {
  const found = new Map<string, number | ItemError>()
  for (const [leader, own] of Map.groupBy(partitions, (p) => p.leader)) {
    if (leader < 0) continue
    const asked = byTopic(own).map(([name, list]) => ({
      name,
      partitions: list.map((p) => ({ partitionIndex: p.index, currentLeaderEpoch: -1, timestamp: timestamp(name) })),
    }))
    const answer = await session.at(leader, (connection) => answerOf(api.listOffsets(connection, -1, 0, asked)), ctx)
    for (const topic of answer.topics)
      for (const p of topic.partitions)
        found.set(idOf({ name: topic.name, index: p.partitionIndex }), itemError(p.errorCode, null) ?? Number(p.offset))
  }
  return found
}
