import type { Context } from '../../ports/context.ts'
import { type Outcome, yes } from '../../model/plan.ts'
import { answerOf } from './errors.ts'
import { outcomeOf } from './kinds/answers.ts'
import type { MoveRecord } from './move-record.ts'
import { api, OPERATION, RESOURCE, SOURCE } from './protocol.ts'
import type { KafkaSession } from './session.ts'

/** Kafka's names: a rate on each broker, and on each topic the replicas that it holds for. */
const RATES = ['leader.replication.throttled.rate', 'follower.replication.throttled.rate'] as const
const REPLICAS = ['leader.replication.throttled.replicas', 'follower.replication.throttled.replicas'] as const
export const [LEADER_REPLICAS, FOLLOWER_REPLICAS] = REPLICAS

/** What stands on a topic, by the setting's name; empty when nothing does. */
export type TopicThrottles = { readonly [name in (typeof REPLICAS)[number]]?: string }

/** Pure. 'partition:broker' as Kafka has it: who sends a partition that gains replicas, and who receives it. */
export function throttlesOf({ from, to }: Pick<MoveRecord, 'from' | 'to'>): Required<TopicThrottles> {
  const pairs = from.map((before, index) => {
    const added = addedTo(before, to[index])
    const print = (ids: readonly number[]) => ids.map((id) => `${index}:${id}`)
    return { leaders: added.length > 0 ? print(before) : [], followers: print(added) }
  })
  return {
    [LEADER_REPLICAS]: pairs.flatMap(({ leaders }) => leaders).join(','),
    [FOLLOWER_REPLICAS]: pairs.flatMap(({ followers }) => followers).join(','),
  }
}

export const addedTo = (before: readonly number[], after: readonly number[] = []): readonly number[] =>
  after.filter((id) => !before.includes(id))

const parts = (list: string | undefined) => new Set((list ?? '').split(',').filter((part) => part !== ''))

/** Nothing on the topic that this move has not put there; another one's list has replicas that ours has not. */
export function areOurs(found: TopicThrottles, record: Pick<MoveRecord, 'from' | 'to'>): boolean {
  const ours = throttlesOf(record)
  return REPLICAS.every((name) => parts(found[name]).isSubsetOf(parts(ours[name])))
}

/** By broker: rates that it has of its own. Each is asked about itself; those that don't answer are left out. */
export async function readRates(
  session: KafkaSession,
  ctx: Context,
): Promise<ReadonlyMap<number, ReadonlyMap<string, number>>> {
  const answers = await session.everyBroker((connection, node) => {
    const resource = { resourceType: RESOURCE.broker, resourceName: String(node), configurationKeys: [...RATES] }
    return answerOf(api.describeConfigs(connection, [resource], false, false))
  }, ctx)
  return new Map(
    [...answers].map(([node, { results }]) => [
      node,
      new Map(
        (results[0]?.configs ?? [])
          .filter(({ configSource, value }) => configSource === SOURCE.broker && value !== null)
          .map(({ name, value }) => [name, Number(value)]),
      ),
    ]),
  )
}

/** Sets both rates of each broker, or with null takes away those that stand there. @returns the first refusal. */
export async function writeRates(
  session: KafkaSession,
  rates: ReadonlyMap<number, number | null>,
  ctx: Context,
): Promise<Outcome> {
  const outcomes = await Promise.all(
    [...rates].map(async ([node, rate]): Promise<Outcome> => {
      const configs = RATES.map((name) =>
        rate === null
          ? { name, configOperation: OPERATION.unset }
          : { name, configOperation: OPERATION.set, value: String(rate) },
      )
      const resource = { resourceType: RESOURCE.broker, resourceName: String(node), configs }
      // A broker takes settings of its own only.
      const answer = await session.at(
        node,
        (connection) => answerOf(api.incrementalAlterConfigs(connection, [resource], false)),
        ctx,
      )
      return answer.responses[0] ? outcomeOf(answer.responses[0]) : yes
    }),
  )
  return outcomes.find((outcome) => outcome.is !== 'yes') ?? yes
}

/** Topics' lists of throttled replicas, or with null none. A topic that is gone needs none. @returns refusals by topic. */
export async function writeThrottles(
  session: KafkaSession,
  throttles: ReadonlyMap<string, Required<TopicThrottles> | null>,
  ctx: Context,
): Promise<ReadonlyMap<string, Outcome>> {
  if (throttles.size === 0) return new Map()
  const resources = [...throttles].map(([name, wanted]) => ({
    resourceType: RESOURCE.topic,
    resourceName: name,
    configs: REPLICAS.map((setting) => {
      const value = wanted?.[setting] ?? ''
      return value === ''
        ? { name: setting, configOperation: OPERATION.unset }
        : { name: setting, configOperation: OPERATION.set, value }
    }),
  }))
  const answer = await session.call(
    (connection) => answerOf(api.incrementalAlterConfigs(connection, resources, false)),
    ctx,
  )
  return new Map(
    answer.responses
      .map((one) => [one.resourceName, outcomeOf(one, ['UNKNOWN_TOPIC_OR_PARTITION'])] as const)
      .filter(([, outcome]) => outcome.is !== 'yes'),
  )
}

/** Of these topics, as they are now. */
export async function readThrottles(
  session: KafkaSession,
  names: readonly string[],
  ctx: Context,
): Promise<ReadonlyMap<string, TopicThrottles>> {
  if (names.length === 0) return new Map()
  const resources = names.map((resourceName) => ({
    resourceType: RESOURCE.topic,
    resourceName,
    configurationKeys: [...REPLICAS],
  }))
  const answer = await session.call(
    (connection) => answerOf(api.describeConfigs(connection, resources, false, false)),
    ctx,
  )
  return new Map(
    answer.results.map(({ resourceName, configs }) => [
      resourceName,
      throttlesAmong(configs.filter(({ configSource }) => configSource === SOURCE.topic)),
    ]),
  )
}

/** Among the settings that a topic has of its own those that are throttles. */
export const throttlesAmong = (
  configs: readonly { readonly name: string; readonly value?: string | null }[],
): TopicThrottles =>
  Object.fromEntries(
    configs.filter(({ name, value }) => isThrottle(name) && value).map(({ name, value }) => [name, value as string]),
  )

const isThrottle = (name: string): boolean => (REPLICAS as readonly string[]).includes(name)
