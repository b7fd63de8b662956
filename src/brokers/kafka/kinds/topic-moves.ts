import type { JsonObject } from '../../../model/json.ts'
import { failed, notYet, type Outcome, yes } from '../../../model/plan.ts'
import type { Context } from '../../../ports/context.ts'
import type { KindItem } from '../../../ports/kind.ts'
import type { MoveRecord } from '../move-record.ts'
import type { Placed } from '../placement.ts'
import { api } from '../protocol.ts'
import { alterReassignments, isOurs, readReassignments, type Reassignment, targetOf } from '../reassignments.ts'
import type { KafkaSession } from '../session.ts'
import { outcomeOf } from './answers.ts'
import { endMoves } from './topic-moves-end.ts'
import { type Followed, followMoves, forgetPace } from './topic-moves-pace.ts'
import { type Case, somebodyElses, startMoves } from './topic-moves-start.ts'
import type { TopicHave, TopicWant } from './topic-value.ts'

type Item = KindItem<TopicWant & JsonObject>
/** `have` null: only to be taken back. */
type Seen = { readonly item: Item; readonly have: TopicHave | null }
type Metadata = Awaited<ReturnType<typeof api.metadata>>
const nothingRuns: ReadonlyMap<number, Reassignment> = new Map()

/**
 * Brings topics to the wanted number of replicas, one step on with each call: starts the move, says how far it is, takes
 * its throttles away when it is done. What is to be done is read afresh from the cluster each time, so a call after a crash
 * goes on where the last one ended. @returns outcomes by topic; 'yes' when nothing is left of the move.
 */
export async function moveTopics(
  items: readonly { readonly item: Item; readonly have: TopicHave }[],
  session: KafkaSession,
  ctx: Context,
): Promise<ReadonlyMap<string, Outcome>> {
  const outcomes = new Map<string, Outcome>()
  const cases = await readCases(items, session, ctx, outcomes)
  const start: Case[] = []
  const end = new Map<string, MoveRecord>()
  const follow: Followed[] = []
  const give: Case[] = []
  for (const one of cases) {
    const { name, want, topic, running, record } = one
    if (running.size > 0) {
      if (!isOurs(record, { spec: session.cluster, id: topic.id }, running)) {
        outcomes.set(name, somebodyElses)
        if (record && record.spec === session.cluster) end.set(name, record) // its throttles are no use to them
      } else if ([...running.values()].some((target) => targetOf(target).length !== want)) give.push(one)
      else follow.push({ name, record: record as MoveRecord, running })
    } else if (topic.partitions.every((p) => p.replicas.length === want)) {
      outcomes.set(name, yes)
      if (record) end.set(name, record)
    } else start.push(one)
  }
  for (const [name, outcome] of await endMoves(session, end, ctx))
    if (outcomes.get(name)?.is === 'yes') outcomes.set(name, outcome)
  for (const [name, outcome] of await giveUp(give, session, ctx)) outcomes.set(name, outcome)
  const started = start.length === 0 ? [] : await startMoves(start, session, ctx, outcomes)
  for (const [name, outcome] of await followMoves(session, [...follow, ...started], ctx)) outcomes.set(name, outcome)
  return outcomes
}

async function readCases(
  items: readonly Seen[],
  session: KafkaSession,
  ctx: Context,
  outcomes: Map<string, Outcome>,
): Promise<readonly Case[]> {
  const names = items.map(({ item }) => item.key[0] as string)
  const [metadata, running, records] = await Promise.all([
    session.call((connection) => api.metadata(connection, names), ctx),
    readReassignments(session, ctx),
    session.moves.read(ctx),
  ])
  const topics = new Map(metadata.topics.map((topic) => [topic.name as string, topic]))
  return items.flatMap(({ item, have }, i): readonly Case[] => {
    const name = names[i] as string
    const topic = topics.get(name)
    if (!topic || topic.errorCode !== 0) {
      outcomes.set(name, notYet('not there yet'))
      return []
    }
    if (running === null) {
      outcomes.set(name, forbidden)
      return []
    }
    const found = records.get(name)
    return [
      {
        name,
        want: item.want.replicas,
        have,
        topic: { id: topic.topicId, partitions: partitionsOf(topic) },
        running: running.get(name) ?? nothingRuns,
        record: found?.id === topic.topicId ? found : undefined,
      },
    ]
  })
}

const forbidden: Outcome = failed({
  code: 'MQOPS_FORBIDDEN',
  summary: 'this user may not see whose replicas are moved',
  retryable: false,
  hint: 'Moving replicas wants describe, alter and alterConfigs on the cluster.',
})

const partitionsOf = (topic: Metadata['topics'][number]): readonly Placed[] =>
  topic.partitions
    .map((p) => ({ index: p.partitionIndex, replicas: p.replicaNodes, isr: p.isrNodes, leader: p.leaderId }))
    .sort((a, b) => a.index - b.index)

/** Cancels what of ours runs: Kafka puts each partition that is not done back on its old replicas. */
async function giveUp(
  cases: readonly Case[],
  session: KafkaSession,
  ctx: Context,
): Promise<ReadonlyMap<string, Outcome>> {
  if (cases.length === 0) return new Map()
  const wanted = cases.flatMap(({ name, running }) =>
    [...running.keys()].map((index) => ({ name, index, replicas: null })),
  )
  const refused = await alterReassignments(session, wanted, ctx)
  return new Map(
    cases.map(({ name }) => {
      const refusal = refused.get(name)
      return [name, refusal ? outcomeOf(refusal) : notYet('its replicas go back to where they were')]
    }),
  )
}

const PAUSE_MS = 100
const PATIENCE_MS = 20_000

/** Gives up what of ours still runs, waits until it has ended, and takes the throttles away. */
export async function takeBackMoves(
  items: readonly Item[],
  session: KafkaSession,
  ctx: Context,
): Promise<ReadonlyMap<string, Outcome>> {
  const deadline = ctx.now() + PATIENCE_MS
  for (;;) {
    const outcomes = new Map<string, Outcome>()
    const cases = await readCases(
      items.map((item) => ({ item, have: null })),
      session,
      ctx,
      outcomes,
    )
    const mine = cases.filter(({ running, record, topic }) =>
      isOurs(record, { spec: session.cluster, id: topic.id }, running),
    )
    const running = mine.filter((one) => one.running.size > 0)
    for (const { name } of cases) outcomes.set(name, yes)
    for (const [name, outcome] of await giveUp(running, session, ctx)) outcomes.set(name, outcome)
    if (running.length === 0) {
      const ended = new Map(mine.map(({ name, record }) => [name, record as MoveRecord]))
      for (const [name, outcome] of await endMoves(session, ended, ctx)) outcomes.set(name, outcome)
      forgetPace(session, [...ended.keys()])
    }
    if (running.length === 0 || ctx.now() > deadline) return outcomes
    await ctx.sleep(PAUSE_MS)
  }
}
