import type { Loss } from '../../../model/plan.ts'
import type { Context } from '../../../ports/context.ts'
import { brokerError } from '../errors.ts'
import { byTopic, idOf, type Led, offsetsAt } from '../offsets.ts'
import { api, EARLIEST, LATEST } from '../protocol.ts'
import type { KafkaSession } from '../session.ts'

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
  const partitions = await findPartitions(session, names, ctx)
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

export async function findPartitions(
  session: KafkaSession,
  names: readonly string[],
  ctx: Context,
): Promise<readonly Led[]> {
  if (names.length === 0) return []
  const metadata = await session.call((connection) => api.metadata(connection, names), ctx)
  return metadata.topics.flatMap((topic) =>
    topic.partitions.map((p) => ({ name: topic.name as string, index: p.partitionIndex, leader: p.leaderId })),
  )
}

/** By partition: how far its first and its next offset are apart. */
async function countMessages(
  session: KafkaSession,
  partitions: readonly Led[],
  ctx: Context,
): Promise<ReadonlyMap<string, number>> {
  const first = await offsets(session, partitions, () => EARLIEST, ctx)
  const last = await offsets(session, partitions, () => LATEST, ctx)
  return new Map([...first].flatMap(([id, from]) => (last.has(id) ? [[id, (last.get(id) as number) - from]] : [])))
}

/** As `offsetsAt`; what a leader can't tell is left out. */
export async function offsets(
  session: KafkaSession,
  partitions: readonly Led[],
  timestamp: (topic: string) => bigint,
  ctx: Context,
): Promise<ReadonlyMap<string, number>> {
  const found = await offsetsAt(session, partitions, timestamp, ctx)
  return new Map([...found].flatMap(([id, offset]) => (typeof offset === 'number' ? [[id, offset] as const] : [])))
}

/** By partition: the size of its leader's copy. Empty when this user may not see log folders. */
export async function countBytes(
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
