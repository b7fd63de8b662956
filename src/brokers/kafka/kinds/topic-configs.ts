import type { Dict } from '../../../model/json.ts'
import type { Context } from '../../../ports/context.ts'
import { brokerError } from '../errors.ts'
import { chunks } from '../partitions.ts'
import { api, itemError, RESOURCE } from '../protocol.ts'
import type { KafkaSession } from '../session.ts'
import { canonicalSetting, ownedBecause, type Scalar } from '../settings.ts'
import { describeTopicConfigs } from '../topic-configs.ts'
import { throttlesAmong, type TopicThrottles } from '../throttles.ts'
import { TOPIC_SETTINGS } from '../topic-settings.ts'

/** Topics in one DescribeConfigs: some forty settings each. Small enough that several connections share them evenly. */
const CONFIG_CHUNK = 250

/** What a topic has of its own; or why that can't be read. */
export type TopicConfig = { readonly config: Dict<Scalar>; readonly throttles: TopicThrottles }
type Configs = ReadonlyMap<string, TopicConfig | string>

/** Settings of each topic; those that are gone are left out. */
export async function readConfigs(session: KafkaSession, topics: readonly string[], ctx: Context): Promise<Configs> {
  const answers = await session.spread(chunks(topics, CONFIG_CHUNK), describeTopicConfigs, ctx)
  const found = new Map<string, TopicConfig | string>()
  for (const { name, errorCode, errorMessage, configs } of answers.flat()) {
    const error = itemError(errorCode, errorMessage)
    if (error?.id === 'UNKNOWN_TOPIC_OR_PARTITION') continue
    if (error) found.set(name, `${error.id}: ${error.message}`)
    else {
      const own = configs.filter((c) => c.value !== null && ownedBecause(c.name) === null)
      const sorted = own.sort((a, b) => (a.name < b.name ? -1 : 1))
      const config = Object.fromEntries(
        sorted.map((c) => [c.name, canonicalSetting(c.name, c.value as string, TOPIC_SETTINGS)]),
      )
      found.set(name, { config, throttles: throttlesAmong(configs) })
    }
  }
  return found
}

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
