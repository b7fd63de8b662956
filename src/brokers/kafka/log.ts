import { MqopsError } from '../../model/failure.ts'
import type { Context } from '../../ports/context.ts'
import { api, EARLIEST, itemError, LATEST } from './protocol.ts'
import type { KafkaSession } from './session.ts'

/** A topic's first partition as a small log: what mqops keeps on the cluster itself. */
export type Place = { readonly topic: string; readonly id: string; readonly leader: number }
export type Entry = { readonly key: string; readonly value: string | null }

const ACKNOWLEDGED_BY_ALL = -1
const PRODUCE_TIMEOUT_MS = 10_000
const FETCH_WAIT_MS = 200
const FETCH_BYTES = 4 * 1024 ** 2
const CONTROL_BATCH = 0x20

/** Where the topic is; null: there is none. Throws (retryable) while it has no leader. */
export async function locate(session: KafkaSession, topic: string, ctx: Context): Promise<Place | null> {
  const answer = await session.ask((connection) => api.metadata(connection, [topic]), ctx)
  const found = answer.topics[0]
  const error = itemError(found?.errorCode ?? 0, null)
  if (!found || error?.id === 'UNKNOWN_TOPIC_OR_PARTITION') return null
  if (error?.id.endsWith('_AUTHORIZATION_FAILED')) {
    const hint = 'Allow it on topics with the prefix mqops. (read, write, create, describe).'
    throw new MqopsError({ code: 'MQOPS_FORBIDDEN', summary: `${topic}: ${error.message}`, hint })
  }
  const leader = found.partitions[0]?.leaderId ?? -1
  if (leader < 0) throw new MqopsError({ code: 'MQOPS_BROKER', summary: `${topic} has no leader`, retryable: true })
  return { topic, id: found.topicId, leader }
}

/** Appends in this order; durable on all in-sync replicas when it resolves. */
export async function append(
  session: KafkaSession,
  place: Place,
  entries: readonly Entry[],
  ctx: Context,
): Promise<void> {
  const timestamp = BigInt(ctx.now())
  const records = entries.map(({ key, value }) => ({
    topic: place.topic,
    partition: 0,
    timestamp,
    key: Buffer.from(key),
    // The library's type knows no tombstones, its writer does: null is the length -1.
    value: (value === null ? null : Buffer.from(value)) as Buffer,
  }))
  await session.at(
    place.leader,
    (connection) => api.produce(connection, ACKNOWLEDGED_BY_ALL, PRODUCE_TIMEOUT_MS, records, {}),
    ctx,
  )
}

/** One end of the log: the offset after the last record that is safe, or that of the first. */
export async function offsetAt(
  session: KafkaSession,
  place: Place,
  timestamp: typeof EARLIEST | typeof LATEST,
  ctx: Context,
): Promise<bigint> {
  const partitions = [{ partitionIndex: 0, currentLeaderEpoch: -1, timestamp }]
  const answer = await session.askAt(
    place.leader,
    (connection) => api.listOffsets(connection, -1, 0, [{ name: place.topic, partitions }]),
    ctx,
  )
  return answer.topics[0]?.partitions[0]?.offset ?? 0n
}

/** Everything from an offset to the end as it is now; null: what was to be read is gone. @returns the offset to go on from. */
export async function readOn(
  session: KafkaSession,
  place: Place,
  from: bigint | null,
  ctx: Context,
  seen: (entry: Entry) => void,
): Promise<bigint> {
  const end = await offsetAt(session, place, LATEST, ctx)
  let next = from ?? (await offsetAt(session, place, EARLIEST, ctx))
  while (next < end) {
    const partition = {
      partition: 0,
      currentLeaderEpoch: -1,
      fetchOffset: next,
      lastFetchedEpoch: -1,
      partitionMaxBytes: FETCH_BYTES,
    }
    const topics = [{ topicId: place.id, partitions: [partition] }]
    const answer = await session.askAt(
      place.leader,
      (connection) => api.fetch(connection, FETCH_WAIT_MS, 1, FETCH_BYTES, 0, 0, -1, topics, [], ''),
      ctx,
    )
    const batches = answer.responses[0]?.partitions[0]?.records ?? []
    const before = next
    for (const batch of batches) {
      for (const record of batch.records) {
        const offset = batch.firstOffset + BigInt(record.offsetDelta)
        if (offset < next || record.key === null || (batch.attributes & CONTROL_BATCH) !== 0) continue
        seen({ key: record.key.toString(), value: record.value === null ? null : record.value.toString() })
      }
      const after = batch.firstOffset + BigInt(batch.lastOffsetDelta) + 1n
      if (after > next) next = after
    }
    if (next === before)
      throw new MqopsError({
        code: 'MQOPS_BROKER',
        summary: `${place.topic} can't be read on from offset ${next}`,
        retryable: true,
      })
  }
  return next
}

const PAUSE_MS = 50
/** As long as an election of leaders takes, with room. */
const PATIENCE_MS = 15_000

/** Tries again while the broker says that the reason will pass (a leader is being elected, a coordinator loads). */
export async function patiently<T>(work: () => Promise<T>, ctx: Context): Promise<T> {
  const deadline = ctx.now() + PATIENCE_MS
  for (;;) {
    try {
      return await work()
    } catch (error) {
      const passing = error instanceof MqopsError && error.failure.retryable && error.code === 'MQOPS_BROKER'
      if (!passing || ctx.now() > deadline) throw error
    }
    await ctx.sleep(PAUSE_MS)
  }
}
