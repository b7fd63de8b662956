import { createHash } from 'node:crypto'
import { type Address, address } from '../../model/address.ts'
import type { Check } from '../../model/check.ts'
import { MqopsError } from '../../model/failure.ts'
import type { Context } from '../../ports/context.ts'
import { checked, type Verdict } from './verdict.ts'
import { type Path, readBack, summarize, writeNumbered } from './canary-messages.ts'
import { patiently } from './log.ts'
import { someOf } from './partitions.ts'
import { api, EARLIEST, itemError, LATEST } from './protocol.ts'
import type { KafkaSession } from './session.ts'
import { defaultReplicas, minInSync } from './topology.ts'

const PREFIX = 'mqops.canary.'
/** A canary's topic that is older than this was left behind by one that was killed. */
const LEFT_BEHIND_MS = 3_600_000
const CREATE_TIMEOUT_MS = 15_000

/**
 * Numbered, hashed messages through a temporary topic with one partition led by each broker, the way that clients come,
 * with acks=all and idempotence; and the given topics are looked at without writing to them.
 */
export async function canary(
  session: KafkaSession,
  sample: readonly Address[],
  ctx: Context,
): Promise<readonly Check[]> {
  const [through, looked] = await Promise.all([
    throughEachBroker(session, ctx),
    Promise.all(
      sample
        .filter(({ kind }) => kind === 'topic')
        .map((about) => checked(about, 'topic', ctx, () => look(session, about.key[0] as string, ctx))),
    ),
  ])
  return [...through, ...looked]
}

async function throughEachBroker(session: KafkaSession, ctx: Context): Promise<readonly Check[]> {
  const random = Buffer.from(ctx.random(6)).toString('hex')
  const topic = `${PREFIX}${ctx.now().toString(36)}.${random}`
  const about = address(session.cluster, 'cluster')
  let id: string
  let brokers: readonly number[]
  try {
    await removeLeftBehind(session, ctx)
    brokers = await aliveBrokers(session, ctx)
    id = await createTopic(session, topic, brokers, ctx)
  } catch (error) {
    return [await checked(about, 'canary', ctx, () => Promise.reject(error))]
  }
  try {
    return await Promise.all(
      brokers.map((broker, partition) =>
        checked(address(session.cluster, 'member', String(broker)), 'canary', ctx, () =>
          roundTrip(session, { topic, id, partition, broker }, random, ctx),
        ),
      ),
    )
  } finally {
    await session
      .call((connection) => api.deleteTopics(connection, [{ name: topic }], CREATE_TIMEOUT_MS), ctx)
      .catch(() => undefined)
  }
}

async function aliveBrokers(session: KafkaSession, ctx: Context): Promise<readonly number[]> {
  const cluster = await session.ask((connection) => api.describeCluster(connection, false, 1), ctx)
  return cluster.brokers.map((broker) => broker.brokerId).sort((a, b) => a - b)
}

/** One partition led by each broker, copied to its neighbours. Resolves when every broker leads its own. */
async function createTopic(
  session: KafkaSession,
  name: string,
  brokers: readonly number[],
  ctx: Context,
): Promise<string> {
  const replicas = defaultReplicas(brokers.length)
  const assignments = brokers.map((_, i) => ({
    partitionIndex: i,
    brokerIds: Array.from({ length: replicas }, (_, k) => brokers[(i + k) % brokers.length] as number),
  }))
  const configs = [
    { name: 'min.insync.replicas', value: String(minInSync(replicas)) },
    { name: 'retention.ms', value: String(LEFT_BEHIND_MS) },
  ]
  await session.call(
    (connection) =>
      api.createTopics(
        connection,
        [{ name, numPartitions: -1, replicationFactor: -1, assignments, configs }],
        CREATE_TIMEOUT_MS,
        false,
      ),
    ctx,
  )
  return patiently(async () => {
    const seen = await session.everyBroker((connection) => api.metadata(connection, [name]), ctx)
    const late = [...seen].filter(
      ([, answer]) =>
        !brokers.every((broker, i) =>
          answer.topics[0]?.partitions.some((p) => p.partitionIndex === i && p.leaderId === broker),
        ),
    )
    const id = [...seen.values()][0]?.topics[0]?.topicId
    if (late.length === 0 && id !== undefined) return id
    throw new MqopsError({
      code: 'MQOPS_BROKER',
      summary: `the canary's topic is not led by all brokers yet (${late.map(([broker]) => `kafka-${broker}`).join(', ')})`,
      retryable: true,
    })
  }, ctx)
}

async function roundTrip(
  session: KafkaSession,
  { topic, id, partition, broker }: { topic: string; id: string; partition: number; broker: number },
  salt: string,
  ctx: Context,
): Promise<Verdict> {
  const { wire, endpoint } = await session.clientWire(ctx)
  const path: Path = { topic, id, partition, ask: (call) => patiently(() => wire.at(endpoint(broker), call, ctx), ctx) }
  const hash = (text: string) => createHash('sha256').update(salt).update(text).digest('hex')
  const written = await writeNumbered(path, hash, ctx)
  const read = await readBack(path, written.count, hash, ctx)
  return summarize(written, read)
}

async function removeLeftBehind(session: KafkaSession, ctx: Context): Promise<void> {
  const metadata = await session.ask((connection) => api.metadata(connection, null), ctx)
  const old = metadata.topics.flatMap(({ name }) => (name && isLeftBehind(name, ctx.now()) ? [{ name }] : []))
  if (old.length > 0)
    await session.call((connection) => api.deleteTopics(connection, old, CREATE_TIMEOUT_MS), ctx).catch(() => undefined)
}

/** The time of its making stands in a canary topic's name. */
export function isLeftBehind(name: string, now: number): boolean {
  if (!name.startsWith(PREFIX)) return false
  const made = Number.parseInt(name.slice(PREFIX.length).split('.')[0] ?? '', 36)
  return Number.isFinite(made) && now - made > LEFT_BEHIND_MS
}

const ONE_BYTE = 1

/** A user's topic: every partition has a leader that tells its offsets and hands out what lies there. Writes nothing. */
async function look(session: KafkaSession, name: string, ctx: Context): Promise<Verdict> {
  const metadata = await session.ask((connection) => api.metadata(connection, [name]), ctx)
  const topic = metadata.topics[0]
  const error = itemError(topic?.errorCode ?? 0, null)
  if (error && error.id !== 'UNKNOWN_TOPIC_OR_PARTITION')
    return { ok: null, evidence: `it can't be seen: ${error.id}: ${error.message}` }
  if (!topic || topic.partitions.length === 0) return { ok: false, evidence: 'it is not there' }
  const leaderless = topic.partitions.filter((p) => p.leaderId < 0).map((p) => `${name}-${p.partitionIndex}`)
  if (leaderless.length > 0) return { ok: false, evidence: `no leader: ${someOf(leaderless)}` }
  const byLeader = Map.groupBy(topic.partitions, (p) => p.leaderId)
  const { wire, endpoint } = await session.clientWire(ctx)
  let messages = 0n
  for (const [leader, partitions] of byLeader) {
    const offsets = (timestamp: typeof EARLIEST | typeof LATEST) =>
      wire.at(
        endpoint(leader),
        (connection) =>
          api.listOffsets(connection, -1, 0, [
            {
              name,
              partitions: partitions.map((p) => ({
                partitionIndex: p.partitionIndex,
                currentLeaderEpoch: -1,
                timestamp,
              })),
            },
          ]),
        ctx,
      )
    const first = new Map((await offsets(EARLIEST)).topics[0]?.partitions.map((p) => [p.partitionIndex, p.offset]))
    const last = new Map((await offsets(LATEST)).topics[0]?.partitions.map((p) => [p.partitionIndex, p.offset]))
    for (const p of partitions) messages += (last.get(p.partitionIndex) ?? 0n) - (first.get(p.partitionIndex) ?? 0n)
    const wanted = partitions.map((p) => ({
      partition: p.partitionIndex,
      currentLeaderEpoch: -1,
      fetchOffset: first.get(p.partitionIndex) ?? 0n,
      lastFetchedEpoch: -1,
      partitionMaxBytes: ONE_BYTE,
    }))
    await wire.at(
      endpoint(leader),
      (connection) =>
        api.fetch(connection, 0, 0, ONE_BYTE, 0, 0, -1, [{ topicId: topic.topicId, partitions: wanted }], [], ''),
      ctx,
    )
  }
  const short = topic.partitions.filter((p) => p.isrNodes.length < p.replicaNodes.length).length
  const evidence = `${topic.partitions.length} partitions with leaders, ${messages} messages, first ones readable`
  return {
    ok: short === 0,
    evidence: short === 0 ? evidence : `${evidence}; ${short} not fully in sync`,
    data: { partitions: topic.partitions.length, messages: Number(messages) },
  }
}
