import type { Dict } from '../../../model/json.ts'
import type { Context } from '../../../ports/context.ts'
import { answerOf, brokerError } from '../errors.ts'
import { chunks } from '../partitions.ts'
import { api, itemError, RESOURCE, SOURCE } from '../protocol.ts'
import type { KafkaSession } from '../session.ts'
import { canonicalSetting, ownedBecause, type Scalar } from '../settings.ts'
import { throttlesAmong, type TopicThrottles } from '../throttles.ts'
import { TOPIC_SETTINGS } from '../topic-settings.ts'

/** Topics in one DescribeConfigs: some forty settings each. */
const CONFIG_CHUNK = 500

/** What a topic has of its own; or why that can't be read. */
export type TopicConfig = { readonly config: Dict<Scalar>; readonly throttles: TopicThrottles }
type Configs = ReadonlyMap<string, TopicConfig | string>

/** Settings of each topic; those that are gone are left out. */
export async function readConfigs(session: KafkaSession, topics: readonly string[], ctx: Context): Promise<Configs> {
  const found = new Map<string, TopicConfig | string>()
  for (const chunk of chunks(topics, CONFIG_CHUNK)) {
    const resources = chunk.map((name) => ({ resourceType: RESOURCE.topic, resourceName: name }))
    for (const result of await describeConfigs(session, resources, ctx)) {
      const error = itemError(result.errorCode, result.errorMessage)
      if (error?.id === 'UNKNOWN_TOPIC_OR_PARTITION') continue
      if (error) found.set(result.resourceName, `${error.id}: ${error.message}`)
      else {
        const own = result.configs.filter(
          (c) => c.configSource === SOURCE.topic && c.value !== null && ownedBecause(c.name) === null,
        )
        const sorted = own.sort((a, b) => (a.name < b.name ? -1 : 1))
        const config = Object.fromEntries(
          sorted.map((c) => [c.name, canonicalSetting(c.name, c.value as string, TOPIC_SETTINGS)]),
        )
        found.set(result.resourceName, { config, throttles: throttlesAmong(result.configs) })
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
  'min.insync.replicas',
]

/**
 * What a topic without settings of its own has, of those that decide over deletion and moves: Kafka takes the finest unit
 * of retention that is given. Empty when it can't be known.
 */
export async function readDefaults(session: KafkaSession, ctx: Context): Promise<Readonly<Record<string, Scalar>>> {
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
      'min.insync.replicas': Number(value('min.insync.replicas') ?? 1),
    }
  } catch (error) {
    if (brokerError(error) === 'CLUSTER_AUTHORIZATION_FAILED') return {}
    throw error
  }
}
