import type { Connection } from '@platformatic/kafka'
import type { JsonObject } from '../../../model/json.ts'
import type { Observed } from '../../../model/plan.ts'
import type { Context } from '../../../ports/context.ts'
import { brokerError } from '../errors.ts'
import { api, printUuid } from '../protocol.ts'
import type { KafkaSession } from '../session.ts'
import { readConfigs, readDefaults } from './topic-configs.ts'
import { observeMoves } from './topic-moves-seen.ts'
import type { TopicHave } from './topic-value.ts'

type Metadata = Awaited<ReturnType<typeof api.metadata>>
type TopicMetadata = Metadata['topics'][number]
type View = { readonly topics: readonly TopicMetadata[]; readonly brokers: number }
type Listed = readonly (readonly [readonly string[], Observed<TopicHave & JsonObject>])[]

/** Names of every topic but Kafka's and mqops' own, by one request. */
export async function topicNames(session: KafkaSession, ctx: Context): Promise<readonly (readonly string[])[]> {
  const { topics } = await session.call((connection) => api.metadata(connection, null), ctx)
  return topics.flatMap(({ name, isInternal }) => (name && !isInternal && !isOwn(name) ? [[name]] : []))
}

/** Every topic but Kafka's and mqops' own in a few requests; or these, and then only what all brokers agree about. */
export async function listTopics(
  session: KafkaSession,
  scope: readonly (readonly string[])[] | 'all',
  ctx: Context,
): Promise<Listed> {
  if (scope === 'all') {
    const metadata = await session.call((connection) => api.metadata(connection, null), ctx)
    const topics = metadata.topics.filter((topic) => topic.name && !topic.isInternal && !isOwn(topic.name))
    const described = await describe(session, topics, metadata.brokers.length, ctx)
    return topics.map((topic) => [[topic.name as string], described(topic)])
  }
  const names = [...new Set(scope.map(([name]) => name as string))]
  if (names.length === 0) return []
  const views = await session.everyBroker((connection) => metadataOf(connection, names), ctx)
  const unsettled = await findUnsettled(session, views, names, ctx)
  const [first] = views.values() as Iterable<View>
  const byName = new Map((first as View).topics.map((topic) => [topic.name as string, topic]))
  const settled = names.filter((name) => !unsettled.has(name)).flatMap((name) => byName.get(name) ?? [])
  const described = await describe(session, settled, (first as View).brokers, ctx)
  return scope.map((key) => {
    const name = key[0] as string
    const why = unsettled.get(name)
    const found = byName.get(name)
    return [key, why !== undefined ? { is: 'unknown', why } : found ? described(found) : { is: 'absent' }] as const
  })
}

const isOwn = (name: string): boolean => name.startsWith('__') || name.startsWith('mqops.')

/** What this broker knows of these topics (those that it doesn't know are left out), and how many brokers. */
async function metadataOf(connection: Connection, names: readonly string[]): Promise<View> {
  const answer = await api.metadata(connection, names)
  const topics = answer.topics.filter((topic) => topic.name && topic.errorCode !== UNKNOWN_TOPIC)
  return { topics, brokers: answer.brokers.length }
}

/** UNKNOWN_TOPIC_OR_PARTITION */
const UNKNOWN_TOPIC = 3

/**
 * Topics that are being made, grown or deleted at this moment, with why: a broker that has not heard of it, a partition
 * without leader although a replica lives, a log that is not on its disk yet (CreateTopics answers before). Brokers that
 * don't answer are not waited for.
 */
async function findUnsettled(
  session: KafkaSession,
  views: ReadonlyMap<number, View>,
  names: readonly string[],
  ctx: Context,
): Promise<ReadonlyMap<string, string>> {
  const unsettled = new Map<string, string>()
  const byBroker = new Map(
    [...views].map(([broker, { topics }]) => [broker, new Map(topics.map((t) => [t.name as string, t]))]),
  )
  const known = new Map<string, TopicMetadata>()
  for (const name of names) {
    const seen = [...byBroker].map(([broker, topics]) => ({ broker, topic: topics.get(name) }))
    const holders = seen.filter(({ topic }) => topic)
    const most = Math.max(...seen.map(({ topic }) => topic?.partitions.length ?? 0))
    const late = seen.find(({ topic }) => (topic?.partitions.length ?? 0) !== most)
    const ids = new Set(holders.map(({ topic }) => topic?.topicId))
    if (late || ids.size > 1) unsettled.set(name, `kafka-${(late ?? seen[0])?.broker} has not heard of the change yet`)
    else if (holders[0]?.topic) {
      const leaderless = holders[0].topic.partitions.find(
        (p) => p.leaderId < 0 && p.isrNodes.some((id) => views.has(id)),
      )
      if (leaderless) unsettled.set(name, `partition ${leaderless.partitionIndex} has no leader yet`)
      else known.set(name, holders[0].topic)
    }
  }
  for (const [name, why] of await findUnwritten(session, known, ctx)) unsettled.set(name, why)
  return unsettled
}

async function findUnwritten(
  session: KafkaSession,
  known: ReadonlyMap<string, TopicMetadata>,
  ctx: Context,
): Promise<readonly (readonly [string, string])[]> {
  if (known.size === 0) return []
  const asked = [...known].map(([name, topic]) => ({ name, partitions: topic.partitions.map((p) => p.partitionIndex) }))
  const folders = await session
    .everyBroker((connection) => api.describeLogDirs(connection, asked), ctx)
    .catch((error: unknown) => {
      if (brokerError(error) === 'CLUSTER_AUTHORIZATION_FAILED') return null // not for this user to see: judged without it
      throw error
    })
  if (!folders) return []
  const missing: (readonly [string, string])[] = []
  for (const [broker, { results }] of folders) {
    if (results.length === 0 || results.some((folder) => folder.errorCode !== 0)) continue
    const there = new Map<string, Set<number>>()
    for (const topic of results.flatMap((folder) => folder.topics)) {
      there.set(
        topic.name,
        new Set([...(there.get(topic.name) ?? []), ...topic.partitions.map((p) => p.partitionIndex)]),
      )
    }
    for (const [name, topic] of known) {
      const absent = topic.partitions.find(
        (p) => p.isrNodes.includes(broker) && !there.get(name)?.has(p.partitionIndex),
      )
      if (absent) missing.push([name, `kafka-${broker} has not written partition ${absent.partitionIndex} yet`])
    }
  }
  return missing
}

/** Settings, fallbacks and moves of these topics; then one topic after another without asking again. */
async function describe(
  session: KafkaSession,
  topics: readonly TopicMetadata[],
  brokers: number,
  ctx: Context,
): Promise<(topic: TopicMetadata) => Observed<TopicHave & JsonObject>> {
  if (topics.length === 0) return () => ({ is: 'absent' })
  const [configs, defaults, movesOf] = await Promise.all([
    readConfigs(
      session,
      topics.map((topic) => topic.name as string),
      ctx,
    ),
    readDefaults(session, ctx),
    observeMoves(session, ctx),
  ])
  return (topic) => {
    const found = configs.get(topic.name as string)
    if (typeof found === 'string') return { is: 'unknown', why: found }
    if (!found) return { is: 'absent' } // deleted between the two questions
    const { owner, ...moves } = movesOf(topic, found.throttles)
    return {
      is: 'present',
      value: { partitions: topic.partitions.length, config: found.config, defaults, brokers, ...moves },
      uid: printUuid(topic.topicId),
      owner,
    }
  }
}
