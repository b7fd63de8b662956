import { type Commit, type Log, printPartition, type TopicPartition } from '../../../model/group.ts'
import { MqopsError } from '../../../model/failure.ts'
import { failed, type Outcome, yes } from '../../../model/plan.ts'
import type { Context } from '../../../ports/context.ts'
import type { Groups } from '../../../ports/groups.ts'
import { answerOf } from '../errors.ts'
import { noAnswer, outcomeOf } from '../kinds/answers.ts'
import { byTopic, idOf, type Led, offsetsAt } from '../offsets.ts'
import { api, EARLIEST, itemError, LATEST } from '../protocol.ts'
import type { KafkaSession } from '../session.ts'
import { askCoordinators, coordinatorsOf, mustBeFine, refusal } from './coordinators.ts'
import { findGroup, listGroups } from './describe.ts'

export const createGroups = (session: KafkaSession): Groups => ({
  list: (ctx) => listGroups(session, ctx),
  find: (name, ctx) => findGroup(session, name, ctx),
  committed: async (names, ctx) =>
    new Map((await fetchOffsets(session, names, null, ctx)).map((group) => [group.name, group.commits])),
  settled: async (name, partitions, ctx) =>
    (await fetchOffsets(session, [name], partitions, ctx)).flatMap((group) => group.commits),
  logs: (topics, ctx) => logs(session, topics, ctx),
  since: (partitions, time, ctx) => since(session, partitions, time, ctx),
  commit: (name, commits, ctx) => commit(session, name, commits, ctx),
})

/** `partitions` null: all that have an offset, as it is; else stable: one that an open transaction commits is waited for. */
async function fetchOffsets(
  session: KafkaSession,
  names: readonly string[],
  partitions: readonly TopicPartition[] | null,
  ctx: Context,
): Promise<readonly { readonly name: string; readonly commits: readonly Commit[] }[]> {
  const topics =
    partitions &&
    [...Map.groupBy(partitions, (p) => p.topic)].map(([name, own]) => ({
      name,
      partitionIndexes: own.map((p) => p.partition),
    }))
  if (topics?.length === 0) return []
  return askCoordinators(
    session,
    names,
    async (node, own) => {
      const asked = own.map((groupId) => ({ groupId, memberEpoch: -1, topics }))
      const answer = await session.askAt(
        node,
        (connection) => answerOf(api.offsetFetch(connection, asked, topics !== null)),
        ctx,
      )
      return answer.groups.map((group) => {
        mustBeFine(`group ${group.groupId}`, group.errorCode, null)
        const commits = group.topics.flatMap(({ name, partitions: answered }) =>
          answered.flatMap((p): readonly Commit[] => {
            mustBeFine(`group ${group.groupId}, ${name}-${p.partitionIndex}`, p.errorCode, null)
            const offset = Number(p.committedOffset)
            return offset < 0 ? [] : [{ topic: name, partition: p.partitionIndex, offset }]
          }),
        )
        return { name: group.groupId, commits }
      })
    },
    ctx,
  )
}

async function logs(
  session: KafkaSession,
  topics: readonly string[],
  ctx: Context,
): Promise<ReadonlyMap<string, readonly Log[] | null>> {
  const found = await findLeaders(session, topics, ctx)
  const partitions = [...found.values()].flatMap((led) => led ?? [])
  const [first, last] = await Promise.all([
    offsetsAt(session, partitions, () => EARLIEST, ctx),
    offsetsAt(session, partitions, () => LATEST, ctx),
  ])
  const logOf = (p: Led): Log => {
    const at = { topic: p.name, partition: p.index }
    const [start, end] = [first.get(idOf(p)), last.get(idOf(p))]
    if (typeof start === 'number' && typeof end === 'number') return { ...at, start, end }
    const error = typeof start === 'object' ? start : typeof end === 'object' ? end : null
    if (error?.id === 'TOPIC_AUTHORIZATION_FAILED') throw refusal(`topic ${p.name}`, error)
    const problem = error ? `${error.id}: ${error.message}` : 'it has no leader'
    return { ...at, start: 0, end: 0, problem }
  }
  return new Map([...found].map(([name, led]) => [name, led?.map(logOf) ?? null]))
}

/** By topic: its partitions in order, or null where there is none. Throws MQOPS_FORBIDDEN. */
async function findLeaders(
  session: KafkaSession,
  topics: readonly string[],
  ctx: Context,
): Promise<ReadonlyMap<string, readonly Led[] | null>> {
  if (topics.length === 0) return new Map()
  const metadata = await session.ask((connection) => api.metadata(connection, topics), ctx)
  return new Map(
    metadata.topics.map((topic) => {
      const name = topic.name ?? ''
      const error = itemError(topic.errorCode, null)
      if (error?.id === 'UNKNOWN_TOPIC_OR_PARTITION' || error?.id === 'INVALID_TOPIC_EXCEPTION') return [name, null]
      if (error && topic.partitions.length === 0) throw refusal(`topic ${name}`, error)
      const led = topic.partitions.map((p) => ({ name, index: p.partitionIndex, leader: p.leaderId }))
      return [name, led.sort((a, b) => a.index - b.index)]
    }),
  )
}

async function since(
  session: KafkaSession,
  partitions: readonly TopicPartition[],
  time: number,
  ctx: Context,
): Promise<readonly (number | null)[]> {
  const topics = await findLeaders(session, [...new Set(partitions.map((p) => p.topic))], ctx)
  const wanted = new Set(partitions.map(printPartition))
  const led = [...topics.values()].flatMap((all) => (all ?? []).filter((p) => wanted.has(idOf(p))))
  const found = await offsetsAt(session, led, () => BigInt(time), ctx)
  return partitions.map((p) => {
    const offset = found.get(printPartition(p))
    if (typeof offset === 'number') return offset < 0 ? null : offset
    if (offset) throw refusal(printPartition(p), offset)
    const summary = `${printPartition(p)} has no leader`
    throw new MqopsError({ code: 'MQOPS_BROKER', summary, retryable: true })
  })
}

/** What the coordinator says while the group has members: offsets are theirs to commit. */
const ACTIVE = [
  'UNKNOWN_MEMBER_ID',
  'ILLEGAL_GENERATION',
  'REBALANCE_IN_PROGRESS',
  'STALE_MEMBER_EPOCH',
  'FENCED_MEMBER_EPOCH',
]
const NOBODY = -1 // generation of a commit that is no member's

async function commit(
  session: KafkaSession,
  name: string,
  commits: readonly Commit[],
  ctx: Context,
): Promise<readonly Outcome[]> {
  const [node] = (await coordinatorsOf(session, [name], ctx)).keys()
  if (node === undefined) return commits.map(() => noAnswer)
  const topics = byTopic(commits.map((c) => ({ ...c, name: c.topic }))).map(([topic, own]) => ({
    name: topic,
    partitions: own.map(({ partition, offset }) => ({
      partitionIndex: partition,
      committedOffset: BigInt(offset),
      committedLeaderEpoch: -1,
      committedMetadata: '',
    })),
  }))
  const answer = await session.at(
    node,
    (connection) => answerOf(api.offsetCommit(connection, name, NOBODY, '', null, topics)),
    ctx,
  )
  const codes = new Map(
    answer.topics.flatMap((topic) =>
      topic.partitions.map((p) => [printPartition({ topic: topic.name, partition: p.partitionIndex }), p.errorCode]),
    ),
  )
  return commits.map((one): Outcome => {
    const code = codes.get(printPartition(one))
    if (code === undefined) return noAnswer
    const error = itemError(code, null)
    if (error && ACTIVE.includes(error.id)) {
      const summary = `group ${name} has members: ${error.id}: ${error.message}`
      return failed({ code: 'MQOPS_GROUP_ACTIVE', summary, retryable: false })
    }
    return error ? outcomeOf({ errorCode: code }) : yes
  })
}
