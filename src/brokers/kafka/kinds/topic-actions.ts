import type { JsonObject } from '../../../model/json.ts'
import { failed, notYet, type Observed, type Outcome, yes } from '../../../model/plan.ts'
import type { Context } from '../../../ports/context.ts'
import type { KindItem } from '../../../ports/kind.ts'
import { answerOf } from '../errors.ts'
import { api, itemError, OPERATION, parseUuid, RESOURCE } from '../protocol.ts'
import type { KafkaSession } from '../session.ts'
import { noAnswer, outcomeOf } from './answers.ts'
import { listTopics } from './topic-list.ts'
import { moveTopics, takeBackMoves } from './topic-moves.ts'
import { sweepMoves } from './topic-moves-end.ts'
import { madeAgain, unsetBeforeRemoval } from './topic-unset.ts'
import { configChanges, type TopicHave, type TopicWant } from './topic-value.ts'

type Items = readonly KindItem<TopicWant & JsonObject>[]

/** The controller refuses requests that make more than 10,000 records; a partition is one, its topic one more. */
const PARTITIONS_PER_REQUEST = 2000
const TIMEOUT_MS = 18_000

/** A batch's outcomes by topic name. */
const outcomesOf = (
  results: readonly {
    readonly name?: string | null
    readonly errorCode: number
    readonly errorMessage?: string | null
  }[],
  fine: readonly string[],
): ReadonlyMap<string, Outcome> => new Map(results.map((result) => [result.name ?? '', outcomeOf(result, fine)]))

/** Many topics in one request, but not more than the controller takes. */
function portions(items: Items): readonly Items[] {
  const out: KindItem<TopicWant & JsonObject>[][] = [[]]
  let size = 0
  for (const item of items) {
    if (size > 0 && size + item.want.partitions > PARTITIONS_PER_REQUEST) {
      out.push([])
      size = 0
    }
    out.at(-1)?.push(item)
    size += item.want.partitions
  }
  return out
}

const nameOf = (item: KindItem<TopicWant & JsonObject>): string => item.key[0] as string
const inOrder = (items: Items, outcomes: ReadonlyMap<string, Outcome>): readonly Outcome[] =>
  items.map((item) => outcomes.get(nameOf(item)) ?? noAnswer)

export async function createTopics(items: Items, session: KafkaSession, ctx: Context): Promise<readonly Outcome[]> {
  const outcomes: Outcome[] = []
  for (const portion of portions(items)) {
    const topics = portion.map((item) => ({
      name: nameOf(item),
      numPartitions: item.want.partitions,
      replicationFactor: item.want.replicas,
      assignments: [],
      configs: Object.entries(item.want.config).map(([name, value]) => ({ name, value: String(value) })),
    }))
    const answer = await session.call(
      (connection) => answerOf(api.createTopics(connection, topics, TIMEOUT_MS, false)),
      ctx,
    )
    outcomes.push(...inOrder(portion, outcomesOf(answer.topics, ['TOPIC_ALREADY_EXISTS'])))
  }
  // One of that name may have been deleted in the midst of a move.
  await sweepMoves(session, items.map(nameOf), ctx)
  return outcomes
}

/** What is not there is not asked for again until the deadline: somebody has removed it since the guard saw it. */
const standing = (have: Observed<TopicHave> | undefined): Outcome => {
  if (have?.is === 'present') return yes
  if (have?.is === 'unknown') return notYet(have.why)
  return failed({ code: 'MQOPS_BROKER', summary: 'the topic is gone', retryable: false, hint: 'Plan again.' })
}

/** More partitions, changed settings, and another number of replicas; what is to be done is read afresh, so doing it twice does no harm. */
export async function updateTopics(items: Items, session: KafkaSession, ctx: Context): Promise<readonly Outcome[]> {
  const seen = new Map(
    (
      await listTopics(
        session,
        items.map((item) => item.key),
        ctx,
      )
    ).map(([key, have]) => [key[0] as string, have]),
  )
  const present = items.flatMap((item) => {
    const have = seen.get(nameOf(item))
    return have?.is === 'present' ? [{ item, have: have.value }] : []
  })
  const outcomes = new Map<string, Outcome>(items.map((item) => [nameOf(item), standing(seen.get(nameOf(item)))]))
  const merge = (more: ReadonlyMap<string, Outcome>) => {
    for (const [name, outcome] of more) if (outcome.is !== 'yes') outcomes.set(name, outcome)
  }

  const growing = present
    .filter(({ item, have }) => item.want.partitions > have.partitions)
    .map(({ item }) => ({ name: nameOf(item), count: item.want.partitions, assignments: null }))
  if (growing.length > 0) {
    const answer = await session.call(
      (connection) => answerOf(api.createPartitions(connection, growing, TIMEOUT_MS, false)),
      ctx,
    )
    merge(outcomesOf(answer.results, []))
  }
  const resources = present.flatMap(({ item, have }) => {
    const configs = configChanges(have.config, item.want.config).map(({ field, to }) => {
      const name = field.slice('config.'.length)
      return to === undefined
        ? { name, configOperation: OPERATION.unset }
        : { name, configOperation: OPERATION.set, value: String(to) }
    })
    return configs.length === 0 ? [] : [{ resourceType: RESOURCE.topic, resourceName: nameOf(item), configs }]
  })
  if (resources.length > 0) {
    const answer = await session.call(
      (connection) => answerOf(api.incrementalAlterConfigs(connection, resources, false)),
      ctx,
    )
    merge(
      outcomesOf(
        answer.responses.map((r) => ({ ...r, name: r.resourceName })),
        [],
      ),
    )
  }
  // What has just grown is not known to all yet: it moves next time.
  const [waiting, moving] = partition(
    present.filter(({ item, have }) => have.move !== undefined || have.replicas.some((n) => n !== item.want.replicas)),
    ({ item }) => growing.some(({ name }) => name === nameOf(item)),
  )
  merge(new Map(waiting.map(({ item }) => [nameOf(item), notYet('its partitions are being added')])))
  if (moving.length > 0) merge(await moveTopics(moving, session, ctx))
  return inOrder(items, outcomes)
}

function partition<T>(all: readonly T[], is: (one: T) => boolean): readonly [readonly T[], readonly T[]] {
  return [all.filter(is), all.filter((one) => !is(one))]
}

/** Gives up moves of replicas that are not done: the topics' own settings and partitions stay as they became. */
export async function takeBackTopics(items: Items, session: KafkaSession, ctx: Context): Promise<readonly Outcome[]> {
  return inOrder(items, await takeBackMoves(items, session, ctx))
}

/** By id where it is known: a topic that was made anew under the same name is another one. */
export async function deleteTopics(items: Items, session: KafkaSession, ctx: Context): Promise<readonly Outcome[]> {
  const uidOf = (item: Items[number]) => (item.step.args as { readonly uid?: string | null }).uid ?? null
  const topics = items.map((item) => {
    const uid = uidOf(item)
    return uid === null ? { name: nameOf(item) } : { topicId: parseUuid(uid) }
  })
  const unset = await unsetBeforeRemoval(new Map(items.map((item) => [nameOf(item), uidOf(item)])), session, ctx)
  const answer = await session.call((connection) => answerOf(api.deleteTopics(connection, topics, TIMEOUT_MS)), ctx)
  const results = answer.responses.map((result) => {
    const byId = items.find((item) => uidOf(item) !== null && parseUuid(uidOf(item) as string) === result.topicId)
    return { ...result, name: result.name ?? (byId ? nameOf(byId) : '') }
  })
  await sweepMoves(session, items.map(nameOf), ctx)
  const outcomes = new Map(outcomesOf(results, ['UNKNOWN_TOPIC_ID', 'UNKNOWN_TOPIC_OR_PARTITION']))
  for (const { name, errorCode } of results)
    if (unset.has(name) && itemError(errorCode, null)?.id === 'UNKNOWN_TOPIC_ID') outcomes.set(name, failed(madeAgain))
  return inOrder(items, outcomes)
}
