import type { Connection } from '@platformatic/kafka'
import type { JsonObject } from '../../../model/json.ts'
import type { Observed } from '../../../model/plan.ts'
import type { Context } from '../../../ports/context.ts'
import { answerOf, brokerError } from '../errors.ts'
import { chunks } from '../partitions.ts'
import { api, itemError, printUuid, RESOURCE, SOURCE } from '../protocol.ts'
import type { KafkaSession } from '../session.ts'
import { canonicalSetting, ownedBecause, type Scalar } from '../settings.ts'
import { TOPIC_SETTINGS } from '../topic-settings.ts'
import type { TopicHave } from './topic-value.ts'

type Metadata = Awaited<ReturnType<typeof api.metadata>>
type TopicMetadata = Metadata['topics'][number]
type Listed = readonly (readonly [readonly string[], Observed<TopicHave & JsonObject>])[]

/** Topics in one DescribeConfigs: some forty settings each. */
const CONFIG_CHUNK = 500

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
    const described = await describe(session, topics, ctx)
    return topics.map((topic) => [[topic.name as string], described(topic)])
  }
  const names = [...new Set(scope.map(([name]) => name as string))]
  if (names.length === 0) return []
  const views = await session.everyBroker((connection) => metadataOf(connection, names), ctx)
  const unsettled = await findUnsettled(session, views, names, ctx)
  const [first] = views.values()
  const byName = new Map((first as readonly TopicMetadata[]).map((topic) => [topic.name as string, topic]))
  const settled = names.filter((name) => !unsettled.has(name)).flatMap((name) => byName.get(name) ?? [])
  const described = await describe(session, settled, ctx)
  return scope.map((key) => {
    const name = key[0] as string
    const why = unsettled.get(name)
    const found = byName.get(name)
    return [key, why !== undefined ? { is: 'unknown', why } : found ? described(found) : { is: 'absent' }] as const
  })
}

const isOwn = (name: string): boolean => name.startsWith('__') || name.startsWith('mqops.')

/** What this broker knows of these topics; those that it doesn't know are left out. */
async function metadataOf(connection: Connection, names: readonly string[]): Promise<readonly TopicMetadata[]> {
  const answer = await api.metadata(connection, names)
  return answer.topics.filter((topic) => topic.name && topic.errorCode !== UNKNOWN_TOPIC)
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
  views: ReadonlyMap<number, readonly TopicMetadata[]>,
  names: readonly string[],
  ctx: Context,
): Promise<ReadonlyMap<string, string>> {
  const unsettled = new Map<string, string>()
  const byBroker = new Map(
    [...views].map(([broker, topics]) => [broker, new Map(topics.map((t) => [t.name as string, t]))]),
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

/** Settings, fallbacks and running reassignments for these topics; then one topic after another without asking again. */
async function describe(
  session: KafkaSession,
  topics: readonly TopicMetadata[],
  ctx: Context,
): Promise<(topic: TopicMetadata) => Observed<TopicHave & JsonObject>> {
  if (topics.length === 0) return () => ({ is: 'absent' })
  const [configs, defaults, moving] = await Promise.all([
    readConfigs(session, topics, ctx),
    readDefaults(session, ctx),
    readMoving(session, ctx),
  ])
  return (topic) => {
    const name = topic.name as string
    const config = configs.get(name)
    if (typeof config === 'string') return { is: 'unknown', why: config }
    if (!config) return { is: 'absent' } // deleted between the two questions
    const replicas = [...new Set(topic.partitions.map((p) => p.replicaNodes.length))].sort()
    return {
      is: 'present',
      value: { partitions: topic.partitions.length, replicas, config, defaults },
      uid: printUuid(topic.topicId),
      owner: moving.has(name) ? { by: 'other', name: 'a running reassignment' } : { by: 'nobody' },
    }
  }
}

type Configs = ReadonlyMap<string, Readonly<Record<string, Scalar>> | string>

async function readConfigs(session: KafkaSession, topics: readonly TopicMetadata[], ctx: Context): Promise<Configs> {
  const found = new Map<string, Record<string, Scalar> | string>()
  for (const chunk of chunks(topics, CONFIG_CHUNK)) {
    const resources = chunk.map((topic) => ({ resourceType: RESOURCE.topic, resourceName: topic.name as string }))
    for (const result of await describeConfigs(session, resources, ctx)) {
      const error = itemError(result.errorCode, result.errorMessage)
      if (error?.id === 'UNKNOWN_TOPIC_OR_PARTITION') continue
      if (error) found.set(result.resourceName, `${error.id}: ${error.message}`)
      else {
        const own = result.configs.filter(
          (c) => c.configSource === SOURCE.topic && c.value !== null && ownedBecause(c.name) === null,
        )
        const sorted = own.sort((a, b) => (a.name < b.name ? -1 : 1))
        found.set(
          result.resourceName,
          Object.fromEntries(sorted.map((c) => [c.name, canonicalSetting(c.name, c.value as string, TOPIC_SETTINGS)])),
        )
      }
    }
  }
  return found
}

type ConfigResource = { resourceType: typeof RESOURCE.topic; resourceName: string }
type ConfigResults = Awaited<ReturnType<typeof api.describeConfigs>>['results']

/** Errors of single topics stand in the results. */
const describeConfigs = (session: KafkaSession, resources: ConfigResource[], ctx: Context): Promise<ConfigResults> =>
  session.call(
    async (connection) => (await answerOf(api.describeConfigs(connection, resources, false, false))).results,
    ctx,
  )

const FALLBACKS = [
  'log.retention.ms',
  'log.retention.minutes',
  'log.retention.hours',
  'log.retention.bytes',
  'log.cleanup.policy',
]

/** What a topic without its own retention has: Kafka takes the finest unit that is given. Empty when it can't be known. */
async function readDefaults(session: KafkaSession, ctx: Context): Promise<Readonly<Record<string, Scalar>>> {
  try {
    const answers = await session.everyBroker(
      (connection, node) =>
        api.describeConfigs(
          connection,
          [{ resourceType: RESOURCE.broker, resourceName: String(node), configurationKeys: FALLBACKS }],
          false,
          false,
        ),
      ctx,
    )
    const [first] = answers.values()
    const value = (name: string) => first?.results[0]?.configs.find((c) => c.name === name)?.value ?? null
    const minutes = value('log.retention.minutes')
    const ms =
      value('log.retention.ms') ??
      (minutes === null ? Number(value('log.retention.hours') ?? 168) * 3_600_000 : Number(minutes) * 60_000)
    return {
      'retention.ms': Number(ms),
      'retention.bytes': Number(value('log.retention.bytes') ?? -1),
      'cleanup.policy': value('log.cleanup.policy') ?? 'delete',
    }
  } catch (error) {
    if (brokerError(error) === 'CLUSTER_AUTHORIZATION_FAILED') return {}
    throw error
  }
}

/** Topics that somebody moves replicas of at this moment. */
async function readMoving(session: KafkaSession, ctx: Context): Promise<ReadonlySet<string>> {
  try {
    const answer = await session.call((connection) => api.listPartitionReassignments(connection, 10_000, null), ctx)
    return new Set(answer.topics.map((topic) => topic.name))
  } catch (error) {
    if (brokerError(error) === 'CLUSTER_AUTHORIZATION_FAILED') return new Set()
    throw error
  }
}
