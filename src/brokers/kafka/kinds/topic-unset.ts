import type { Failure } from '../../../model/failure.ts'
import type { Context } from '../../../ports/context.ts'
import { describeBrokers } from '../describe-brokers.ts'
import { answerOf } from '../errors.ts'
import { chunks } from '../partitions.ts'
import { api, OPERATION, parseUuid, RESOURCE } from '../protocol.ts'
import type { KafkaSession } from '../session.ts'
import { readConfigs } from './topic-configs.ts'

/** By name: the id that it was planned with, where that is known. */
type Topics = ReadonlyMap<string, string | null>

/** A record for each of some forty settings at most; the controller refuses requests that make more than 10,000. */
const TOPICS_PER_REQUEST = 200

/**
 * A broker of Kafka 4.3.1 or before that starts again reads what was set on a topic of the past, and misses that it was
 * removed (ConfigurationsDelta.replay): another topic of that name would have those settings there, and lose messages to
 * them. What was taken away before, it reads, too. Not where topics can't be removed: one that stays keeps what it has.
 * @returns names of those of which something was taken away; it goes by name, whoever may have made it again just now
 */
export async function unsetBeforeRemoval(
  topics: Topics,
  session: KafkaSession,
  ctx: Context,
): Promise<ReadonlySet<string>> {
  const found = await readConfigs(session, [...topics.keys()], ctx)
  const resources = [...found].flatMap(([resourceName, one]) => {
    const own = typeof one === 'string' ? [] : Object.keys(one.config)
    const configs = own.map((name) => ({ name, configOperation: OPERATION.unset }))
    return configs.length === 0 ? [] : [{ resourceType: RESOURCE.topic, resourceName, configs }]
  })
  const unset = new Set<string>()
  if (resources.length === 0 || !(await removesTopics(session, ctx))) return unset
  for (const some of chunks(resources, TOPICS_PER_REQUEST)) {
    const names = some.map(({ resourceName }) => resourceName)
    const others = await madeSince(names, topics, session, ctx) // last: nothing stands between this look and the change
    const still = some.filter(({ resourceName }) => !others.has(resourceName))
    if (still.length === 0) continue
    const call = (connection: Parameters<typeof api.incrementalAlterConfigs>[0]) =>
      answerOf(api.incrementalAlterConfigs(connection, still, false))
    // Who may remove topics need not be let change them: then they go with their settings.
    for (const { resourceName, errorCode } of (await session.call(call, ctx)).responses)
      if (errorCode === 0) unset.add(resourceName)
  }
  return unset
}

/** Those that somebody has removed and made again since they were planned. */
async function madeSince(
  names: readonly string[],
  topics: Topics,
  session: KafkaSession,
  ctx: Context,
): Promise<ReadonlySet<string>> {
  const { topics: now } = await session.call((connection) => api.metadata(connection, [...names]), ctx)
  const others = now.filter(({ name, topicId, errorCode }) => {
    const uid = topics.get(name ?? '') ?? null
    return errorCode === 0 && uid !== null && topicId !== parseUuid(uid)
  })
  return new Set(others.map(({ name }) => name ?? ''))
}

const REMOVES = 'delete.topic.enable'

async function removesTopics(session: KafkaSession, ctx: Context): Promise<boolean> {
  const each = await describeBrokers(session, [REMOVES], ctx)
  return [...each.values()].every((result) => result?.configs[0]?.value === 'true')
}

/** Its settings were taken away, and then it was not there to be removed. */
export const madeAgain: Failure = {
  code: 'MQOPS_STALE',
  summary: 'somebody else removed it at this instant; another one that they made may have lost its settings',
  retryable: false,
  hint: 'If there is one, look at its settings. It is left alone.',
}
