import type { Loss } from '../../../model/plan.ts'
import type { Context } from '../../../ports/context.ts'
import { answerOf, brokerError } from '../errors.ts'
import { api, EARLIEST, LATEST } from '../protocol.ts'
import type { KafkaSession } from '../session.ts'

type Led = { readonly name: string; readonly index: number; readonly leader: number }

/**
 * Messages by offsets (compacted or transactional topics have fewer), bytes of one copy of each partition. What can't be
 * measured (a partition without leader, log folders that this user may not see) is left out, never read as nothing.
 */
export async function measureTopics(
  session: KafkaSession,
  keys: readonly (readonly string[])[],
  ctx: Context,
): Promise<readonly Loss[]> {
  const names = keys.map(([name]) => name as string)
  const metadata = await session.call((connection) => api.metadata(connection, names), ctx)
  const partitions = metadata.topics.flatMap((topic) =>
    topic.partitions.map((p): Led => ({ name: topic.name as string, index: p.partitionIndex, leader: p.leaderId })),
  )
  const messages = await countMessages(session, partitions, ctx)
  const bytes = await countBytes(session, partitions, ctx)
  return names.map((name) => {
    const own = partitions.filter((p) => p.name === name)
    const sum = (of: ReadonlyMap<string, number>) => own.reduce((all, p) => all + (of.get(idOf(p)) ?? Number.NaN), 0)
    const [allMessages, allBytes] = [sum(messages), sum(bytes)]
    return {
      ...(Number.isNaN(allMessages) ? {} : { messages: allMessages }),
      ...(Number.isNaN(allBytes) ? {} : { bytes: allBytes }),
    }
  })
}

const idOf = (p: { readonly name: string; readonly index: number }): string => `${p.name}-${p.index}`
const byTopic = (partitions: readonly Led[]) => [...Map.groupBy(partitions, (p) => p.name)]

/** By partition: how far its first and its next offset are apart. */
async function countMessages(
  session: KafkaSession,
  partitions: readonly Led[],
  ctx: Context,
): Promise<ReadonlyMap<string, number>> {
  const found = new Map<string, number>()
  for (const [leader, own] of Map.groupBy(partitions, (p) => p.leader)) {
    if (leader < 0) continue
    const offsets = async (timestamp: typeof EARLIEST | typeof LATEST) => {
      const asked = byTopic(own).map(([name, list]) => ({
        name,
        partitions: list.map((p) => ({ partitionIndex: p.index, currentLeaderEpoch: -1, timestamp })),
      }))
      const answer = await session.at(leader, (connection) => answerOf(api.listOffsets(connection, -1, 0, asked)), ctx)
      return new Map(
        answer.topics.flatMap((topic) =>
          topic.partitions
            .filter((p) => p.errorCode === 0)
            .map((p) => [idOf({ name: topic.name, index: p.partitionIndex }), Number(p.offset)] as const),
        ),
      )
    }
    const first = await offsets(EARLIEST)
    for (const [id, last] of await offsets(LATEST)) {
      const from = first.get(id)
      if (from !== undefined) found.set(id, last - from)
    }
  }
  return found
}

/** By partition: the size of its leader's copy. Empty when this user may not see log folders. */
async function countBytes(
  session: KafkaSession,
  partitions: readonly Led[],
  ctx: Context,
): Promise<ReadonlyMap<string, number>> {
  if (partitions.length === 0) return new Map()
  const asked = byTopic(partitions).map(([name, list]) => ({ name, partitions: list.map((p) => p.index) }))
  const leaders = new Map(partitions.map((p) => [idOf(p), p.leader]))
  try {
    const folders = await session.everyBroker((connection) => api.describeLogDirs(connection, asked), ctx)
    return new Map(
      [...folders].flatMap(([broker, { results }]) =>
        results
          .flatMap((folder) => folder.topics)
          .flatMap((topic) =>
            topic.partitions
              .map((p) => [idOf({ name: topic.name, index: p.partitionIndex }), Number(p.partitionSize)] as const)
              .filter(([id]) => leaders.get(id) === broker),
          ),
      ),
    )
  } catch (error) {
    if (brokerError(error) === 'CLUSTER_AUTHORIZATION_FAILED') return new Map()
    throw error
  }
}
