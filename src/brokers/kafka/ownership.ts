import { MqopsError } from '../../model/failure.ts'
import type { Context } from '../../ports/context.ts'
import type { Ownership } from '../../ports/session.ts'
import { brokerError } from './errors.ts'
import type { MoveRecord, Moves } from './move-record.ts'
import { append, type Entry, locate, patiently, type Place, readOn } from './log.ts'
import { api } from './protocol.ts'
import type { KafkaSession } from './session.ts'
import { defaultReplicas, minInSync } from './topology.ts'

/** Compacted: key = what is owned ('topic/orders'), value = its record, a tombstone forgets. */
export const OWNERSHIP_TOPIC = 'mqops.ownership'
/** Not an owned thing: who works on a cluster that has no other place for a lease. */
export const LEASE_KEY = 'lease'
const RECORDS_AT_ONCE = 1000
const BYTES_AT_ONCE = 512 * 1024

/** Before the name of a topic: replicas that mqops moves, see MoveRecord. No kind of resource has this name. */
const MOVE_PREFIX = 'move/'

/**
 * What is remembered on the cluster itself: who owns what, and what moves. What was read once is kept, and read on from
 * there: asking again costs one small request.
 */
export function createMirror(session: () => KafkaSession): { readonly ownership: Ownership; readonly moves: Moves } {
  let topic: string | null = null // id: a topic that was deleted and made anew is another log
  let next: bigint | null = null
  const records = new Map<string, object>()
  let turn: Promise<unknown> = Promise.resolve()

  /** One after another: two readers at once would apply the same part of the log twice, out of order. */
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const result = turn.then(work, work)
    turn = result.catch(() => undefined)
    return result
  }

  const readNow = async (ctx: Context) => {
    const place = await locate(session(), OWNERSHIP_TOPIC, ctx)
    if (place?.id !== topic) {
      topic = place?.id ?? null
      next = null
      records.clear()
    }
    if (!place) return
    next = await readOn(session(), place, next, ctx, ({ key, value }) => {
      if (key === LEASE_KEY) return
      if (value === null) records.delete(key)
      else records.set(key, parseRecord(key, value))
    })
  }

  const read = (ctx: Context) =>
    inTurn(async () => {
      await patiently(() => readNow(ctx), ctx)
      return [...records]
    })
  const write = (changes: readonly (readonly [string, object | null])[], ctx: Context) =>
    inTurn(async () => {
      if (changes.length === 0) return
      await ensureOwnershipTopic(session(), ctx)
      for (const entries of portions(changes)) {
        await patiently(async () => append(session(), await ownershipPlace(session(), ctx), entries, ctx), ctx)
      }
    })
  return {
    ownership: {
      read: async (ctx) => new Map((await read(ctx)).filter(([key]) => !key.startsWith(MOVE_PREFIX))),
      write: (changes, ctx) => write([...changes], ctx),
    },
    moves: {
      read: async (ctx) =>
        new Map(
          (await read(ctx))
            .filter(([key]) => key.startsWith(MOVE_PREFIX))
            .map(([key, record]) => [key.slice(MOVE_PREFIX.length), record as MoveRecord]),
        ),
      write: (changes, ctx) =>
        write(
          [...changes].map(([name, record]) => [MOVE_PREFIX + name, record]),
          ctx,
        ),
    },
  }
}

/** Requests that a broker takes: not too many records, not too large (message.max.bytes is 1 MiB unless set). */
function portions(changes: readonly (readonly [string, object | null])[]): readonly (readonly Entry[])[] {
  const all: Entry[][] = [[]]
  let size = 0
  for (const [key, record] of changes) {
    const value = record === null ? null : JSON.stringify(record)
    const bytes = key.length + (value?.length ?? 0)
    if (
      (all.at(-1) as Entry[]).length > 0 &&
      (all.at(-1)?.length === RECORDS_AT_ONCE || size + bytes > BYTES_AT_ONCE)
    ) {
      all.push([])
      size = 0
    }
    all.at(-1)?.push({ key, value })
    size += bytes
  }
  return all
}

function parseRecord(key: string, value: string): object {
  try {
    const record: unknown = JSON.parse(value)
    if (typeof record === 'object' && record !== null) return record
  } catch {
    // falls through: said below
  }
  throw new MqopsError({
    code: 'MQOPS_BROKER',
    summary: `the record of ${key} in ${OWNERSHIP_TOPIC} is not readable`,
    hint: 'Somebody else wrote to it.',
  })
}

export async function ownershipPlace(session: KafkaSession, ctx: Context): Promise<Place> {
  const place = await locate(session, OWNERSHIP_TOPIC, ctx)
  if (place) return place
  // Just created: the broker that was asked has not heard of it yet.
  throw new MqopsError({ code: 'MQOPS_BROKER', summary: `${OWNERSHIP_TOPIC} is not there yet`, retryable: true })
}

/** Makes the topic unless it is there: three copies where there are three brokers, two of which must have each write. */
export async function ensureOwnershipTopic(session: KafkaSession, ctx: Context): Promise<void> {
  if ((await locate(session, OWNERSHIP_TOPIC, ctx)) !== null) return
  const replicas = defaultReplicas(session.nodes.filter((node) => node.role === 'broker').length)
  // What a spec says for all topics must not keep mqops from its own.
  const configs = [
    { name: 'cleanup.policy', value: 'compact' },
    { name: 'max.message.bytes', value: String(2 * BYTES_AT_ONCE) },
    { name: 'message.timestamp.type', value: 'LogAppendTime' },
    { name: 'unclean.leader.election.enable', value: 'false' },
    { name: 'min.insync.replicas', value: String(minInSync(replicas)) },
  ]
  const topic = { name: OWNERSHIP_TOPIC, numPartitions: 1, replicationFactor: replicas, assignments: [], configs }
  try {
    await session.call((connection) => api.createTopics(connection, [topic], 15_000, false), ctx)
  } catch (error) {
    const id = brokerError(error)
    if (id === 'TOPIC_ALREADY_EXISTS') return
    if (id !== 'INVALID_REPLICATION_FACTOR' || !(error instanceof MqopsError)) throw error
    throw new MqopsError(
      { ...error.failure, retryable: true, hint: 'Not all brokers have registered yet.' },
      { cause: error.cause },
    )
  }
}
