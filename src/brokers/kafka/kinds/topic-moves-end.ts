import { notYet, type Outcome, yes } from '../../../model/plan.ts'
import type { Context } from '../../../ports/context.ts'
import type { MoveRecord } from '../move-record.ts'
import type { KafkaSession } from '../session.ts'
import { areOurs, readRates, readThrottles, writeRates, writeThrottles } from '../throttles.ts'
import { isRateOurs } from './topic-moves-seen.ts'

/**
 * Takes away the throttles of moves that are over, then forgets them: on topics where they are ours, on brokers that no
 * other move needs. A broker that does not answer keeps its rate, and the record stays to tell: without replicas that it
 * holds for, it holds nothing up. @returns outcomes by topic.
 */
export async function endMoves(
  session: KafkaSession,
  ended: ReadonlyMap<string, MoveRecord>,
  ctx: Context,
): Promise<ReadonlyMap<string, Outcome>> {
  if (ended.size === 0) return new Map()
  const outcomes = new Map<string, Outcome>([...ended.keys()].map((name) => [name, yes]))
  const found = await readThrottles(session, [...ended.keys()], ctx)
  const mine = [...ended].filter(([name, record]) => {
    const throttles = found.get(name) ?? {}
    return Object.keys(throttles).length > 0 && areOurs(throttles, record)
  })
  for (const [name, outcome] of await writeThrottles(session, new Map(mine.map(([name]) => [name, null])), ctx))
    outcomes.set(name, outcome)
  const others = [...(await session.moves.read(ctx))].filter(([name]) => !ended.has(name)).map(([, record]) => record)
  const rates = await readRates(session, ctx)
  const free = new Map<number, null>()
  for (const [node, own] of rates) {
    const ours = [...ended.values()].some((record) => isRateOurs(record, node, own))
    if (ours && !others.some((record) => node in record.rates)) free.set(node, null)
  }
  const outcome = await writeRates(session, free, ctx)
  const forgotten = new Map<string, MoveRecord | null>()
  for (const [name, record] of ended) {
    if (outcomes.get(name)?.is === 'yes')
      outcomes.set(name, outcome.is === 'failed' ? notYet(outcome.error.summary) : outcome)
    const silent = Object.entries(record.rates).filter(([node]) => !rates.has(Number(node)))
    if (outcomes.get(name)?.is === 'yes')
      forgotten.set(name, silent.length === 0 ? null : { ...record, rates: Object.fromEntries(silent) })
  }
  await session.moves.write(forgotten, ctx)
  return outcomes
}

/** Moves of topics that are gone, or that are others than those that were moved: only their brokers' rates are left. */
export async function sweepMoves(session: KafkaSession, names: readonly string[], ctx: Context): Promise<void> {
  const records = await session.moves.read(ctx)
  const ended = names.flatMap((name) => {
    const record = records.get(name)
    return record?.spec === session.cluster ? [[name, record] as const] : []
  })
  await endMoves(session, new Map(ended), ctx)
}
