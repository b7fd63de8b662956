import { failed, notYet, type Outcome } from '../../../model/plan.ts'
import type { Context } from '../../../ports/context.ts'
import type { MoveRecord } from '../move-record.ts'
import { printPartition } from '../partitions.ts'
import { place, type Placed } from '../placement.ts'
import { api } from '../protocol.ts'
import { alterReassignments, type Reassignment } from '../reassignments.ts'
import type { KafkaSession } from '../session.ts'
import { addedTo, readRates, throttlesOf, writeRates, writeThrottles } from '../throttles.ts'
import { outcomeOf } from './answers.ts'
import { endMoves } from './topic-moves-end.ts'
import type { Followed } from './topic-moves-pace.ts'
import { isRateOurs } from './topic-moves-seen.ts'
import type { TopicHave } from './topic-value.ts'

type Topic = { readonly id: string; readonly partitions: readonly Placed[] }
/** One topic that is to have another number of replicas, and what is known of it. */
export type Case = {
  readonly name: string
  readonly want: number
  readonly have: TopicHave | null
  readonly topic: Topic
  readonly running: ReadonlyMap<number, Reassignment>
  readonly record: MoveRecord | undefined
}

export const somebodyElses: Outcome = failed({
  code: 'MQOPS_OWNED_BY_OTHER',
  summary: 'somebody else moves its replicas now',
  retryable: false,
  hint: 'Wait until it has finished, then plan again.',
})

/** Record, throttles, then the reassignment itself: whatever it breaks off at, what is there is known as ours. */
export async function startMoves(
  cases: readonly Case[],
  session: KafkaSession,
  ctx: Context,
  outcomes: Map<string, Outcome>,
): Promise<readonly Followed[]> {
  const all = await session.call((connection) => api.metadata(connection, null), ctx)
  const load = new Map(all.brokers.map(({ nodeId }) => [nodeId, 0]))
  for (const id of all.topics.flatMap((topic) => topic.partitions.flatMap((p) => p.replicaNodes)))
    if (load.has(id)) load.set(id, (load.get(id) ?? 0) + 1)
  const rates = await readRates(session, ctx)
  const moves = new Map<string, MoveRecord>()
  for (const one of cases) {
    const why = unfit(one, load.size)
    if (why !== null) {
      outcomes.set(one.name, why)
      continue
    }
    const places = all.brokers.map(({ nodeId, rack }) => ({
      id: nodeId,
      rack: rack ?? null,
      load: load.get(nodeId) as number,
    }))
    const from = one.topic.partitions.map((p) => p.replicas)
    const lists = place(one.topic.partitions, one.want, places)
    const to = stillFits(one, load) ?? one.topic.partitions.map((p) => lists.get(p.index) as readonly number[])
    for (const [index, before] of from.entries()) {
      for (const id of addedTo(before, to[index])) load.set(id, (load.get(id) ?? 0) + 1)
      for (const id of addedTo(to[index] ?? [], before)) load.set(id, (load.get(id) ?? 0) - 1)
    }
    moves.set(one.name, recordOf(one, from, to, rates, session))
  }
  if (moves.size === 0) return []
  await session.moves.write(moves, ctx)
  const throttled = await throttle(session, moves, rates, ctx)
  for (const [name, outcome] of throttled) outcomes.set(name, outcome)
  const ready = [...moves].filter(([name]) => !throttled.has(name))
  const wanted = ready.flatMap(([name, { to }]) => to.map((replicas, index) => ({ name, index, replicas })))
  const refused = await alterReassignments(session, wanted, ctx)
  for (const [name, refusal] of refused) outcomes.set(name, outcomeOf(refusal))
  await endMoves(session, new Map([...moves].filter(([name]) => isFinal(outcomes.get(name)))), ctx)
  return ready
    .filter(([name]) => !refused.has(name))
    .map(([name, record]) => ({ name, record, running: new Map(record.to.map((_, index) => [index, null])) }))
}

const isFinal = (outcome: Outcome | undefined): boolean => outcome?.is === 'failed' && !outcome.error.retryable

/** Why it can't be begun now; null: it can. What every replica has is safe; a partition that is short of them waits. */
function unfit({ want, have, topic, name }: Case, brokers: number): Outcome | null {
  if (have?.throttled) return somebodyElses
  if (want > brokers) return notYet(`${want} replicas need as many brokers; there are ${brokers}`)
  const minimum = Number(have?.config['min.insync.replicas'] ?? have?.defaults['min.insync.replicas'] ?? 1)
  const short = topic.partitions.find((p) => p.leader < 0 || p.isr.length < Math.min(minimum, p.replicas.length))
  if (!short) return null
  const what = short.leader < 0 ? 'has no leader' : 'has too few replicas in sync'
  return notYet(`${printPartition({ topic: name, index: short.index })} ${what}: its replicas are not moved now`)
}

/** What an earlier try has decided on is kept: a broker may not have heard yet that it is done. */
function stillFits(
  { record, topic, want }: Case,
  brokers: ReadonlyMap<number, number>,
): readonly (readonly number[])[] | null {
  if (record?.to.length !== topic.partitions.length) return null
  const fits = topic.partitions.every(({ replicas }, index) => {
    const target = record.to[index] as readonly number[]
    const [few, many] = replicas.length < target.length ? [replicas, target] : [target, replicas]
    const alive = addedTo(replicas, target).every((id) => brokers.has(id))
    return target.length === want && alive && few.every((id) => many.includes(id))
  })
  return fits ? record.to : null
}

/** The brokers that copy are throttled, unless somebody else has throttled them: their rate holds for ours too. */
function recordOf(
  { topic, record }: Case,
  from: readonly (readonly number[])[],
  to: readonly (readonly number[])[],
  rates: ReadonlyMap<number, ReadonlyMap<string, number>>,
  session: KafkaSession,
): MoveRecord {
  const copying = new Set(
    from.flatMap((before, index) => {
      const added = addedTo(before, to[index])
      return added.length > 0 ? [...before, ...added] : []
    }),
  )
  const before = record?.rates ?? {}
  const free = [...copying].filter((id) => rates.has(id) && (rates.get(id)?.size === 0 || id in before))
  return {
    spec: session.cluster,
    id: topic.id,
    from,
    to,
    rates: {
      ...before,
      ...Object.fromEntries(free.map((id) => [id, [...new Set([...(before[id] ?? []), session.moveRate])]])),
    },
  }
}

/** Sets what the records say. @returns topics that could not be throttled. */
async function throttle(
  session: KafkaSession,
  moves: ReadonlyMap<string, MoveRecord>,
  rates: ReadonlyMap<number, ReadonlyMap<string, number>>,
  ctx: Context,
): Promise<ReadonlyMap<string, Outcome>> {
  const brokers = new Map<number, number>()
  for (const record of moves.values()) {
    for (const id of Object.keys(record.rates).map(Number)) {
      const own = rates.get(id)
      if (own && (own.size === 0 || isRateOurs(record, id, own))) brokers.set(id, session.moveRate)
    }
  }
  const outcome = await writeRates(session, brokers, ctx)
  if (outcome.is !== 'yes') return new Map([...moves.keys()].map((name) => [name, outcome]))
  return writeThrottles(session, new Map([...moves].map(([name, record]) => [name, throttlesOf(record)])), ctx)
}
