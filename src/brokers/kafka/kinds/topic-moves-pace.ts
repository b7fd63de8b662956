import { notYet, type Outcome, type Work } from '../../../model/plan.ts'
import { printSize } from '../../../model/units.ts'
import type { Context } from '../../../ports/context.ts'
import { brokerError } from '../errors.ts'
import type { MoveRecord } from '../move-record.ts'
import { api } from '../protocol.ts'
import type { KafkaSession } from '../session.ts'
import { addedTo, readRates, writeRates } from '../throttles.ts'
import { isRateOurs } from './topic-moves-seen.ts'

/** A move of ours that runs: its partitions that are not done yet. */
export type Followed = {
  readonly name: string
  readonly record: MoveRecord
  readonly running: ReadonlyMap<number, unknown>
}

/** Bytes are copied, and yet there is not less to copy, for this long: producers write faster than the rate. */
const RAISE_AFTER_MS = 30_000

/** What is known of the moves of a session: the rate that they have now, and how far each was when it last got on. */
export type Pace = { rate: number; readonly moves: Map<string, { left: number; done: number; at: number }> }
const paces = new WeakMap<KafkaSession, Pace>()

function paceOf(session: KafkaSession): Pace {
  const known = paces.get(session) ?? { rate: session.moveRate, moves: new Map() }
  paces.set(session, known)
  return known
}

export function forgetPace(session: KafkaSession, names: readonly string[]): void {
  for (const name of names) paceOf(session).moves.delete(name)
}

/** How far each is, in bytes of the replicas that it adds; and a higher rate where the present one can't reach the end. */
export async function followMoves(
  session: KafkaSession,
  moves: readonly Followed[],
  ctx: Context,
): Promise<ReadonlyMap<string, Outcome>> {
  if (moves.length === 0) return new Map()
  const copied = await countCopied(session, moves, ctx)
  const pace = paceOf(session)
  if (copied) keepPace(pace, copied, ctx.now())
  await bringRates(
    session,
    moves.map(({ name }) => name),
    pace.rate,
    ctx,
  )
  const raised = pace.rate > session.moveRate ? `: producers write faster, so at ${printSize(pace.rate)}/s` : ''
  return new Map(
    moves.map(({ name, record, running }) => {
      const of = record.to.length
      const work = copied?.get(name) ?? { done: of - running.size, of, unit: 'items' as const }
      return [name, notYet(`copying its replicas${raised}`, work)]
    }),
  )
}

/** Doubles the rate when a move has copied for a while and has not less to copy for it. Changes `pace`. */
export function keepPace(pace: Pace, copied: ReadonlyMap<string, Work>, now: number): void {
  let stuck = false
  for (const [name, { done, of }] of copied) {
    const before = pace.moves.get(name)
    if (!before || of - done < before.left) pace.moves.set(name, { left: of - done, done, at: now })
    else stuck ||= now - before.at >= RAISE_AFTER_MS && done > before.done
  }
  if (!stuck) return
  pace.rate *= 2
  for (const [name, { done, of }] of copied) pace.moves.set(name, { left: of - done, done, at: now })
}

/** Gives the brokers of these moves this rate, where theirs is another one of ours. */
async function bringRates(session: KafkaSession, names: readonly string[], rate: number, ctx: Context): Promise<void> {
  const records = await session.moves.read(ctx)
  const behind = (record: MoveRecord | undefined) => Object.values(record?.rates ?? {}).some((of) => of.at(-1) !== rate)
  if (!names.some((name) => behind(records.get(name)))) return
  const found = await readRates(session, ctx)
  const brokers = new Map<number, number>()
  for (const record of names.flatMap((name) => records.get(name) ?? [])) {
    for (const [node, own] of found)
      if (isRateOurs(record, node, own) && [...own.values()].some((one) => one !== rate)) brokers.set(node, rate)
  }
  // Said first, so that a crash between the two leaves no rate that nobody knows.
  await session.moves.write(
    new Map(
      [...records].flatMap(([name, record]): readonly (readonly [string, MoveRecord])[] => {
        const shared = Object.entries(record.rates).filter(([id]) => brokers.has(Number(id)))
        const more = Object.fromEntries(shared.map(([id, of]) => [id, [...of, rate]]))
        return shared.length === 0 ? [] : [[name, { ...record, rates: { ...record.rates, ...more } }]]
      }),
    ),
    ctx,
  )
  await writeRates(session, brokers, ctx)
}

/** Bytes of each topic; null when this user may not see log folders. */
async function countCopied(
  session: KafkaSession,
  moves: readonly Followed[],
  ctx: Context,
): Promise<ReadonlyMap<string, Work> | null> {
  const asked = moves.map(({ name, record }) => ({ name, partitions: record.to.map((_, index) => index) }))
  const folders = await session
    .everyBroker((connection) => api.describeLogDirs(connection, asked), ctx)
    .catch((error: unknown) => {
      if (brokerError(error) === 'CLUSTER_AUTHORIZATION_FAILED') return null
      throw error
    })
  if (!folders) return null
  const sizes = new Map<string, number>()
  for (const [node, { results }] of folders)
    for (const topic of results.flatMap((folder) => folder.topics))
      for (const p of topic.partitions)
        if (!p.isFutureKey) sizes.set(`${topic.name}-${p.partitionIndex}@${node}`, Number(p.partitionSize))
  return new Map(moves.map((move) => [move.name, copiedOf(move, sizes)]))
}

function copiedOf({ name, record, running }: Followed, sizes: ReadonlyMap<string, number>): Work {
  let [done, of] = [0, 0]
  for (const [index, before] of record.from.entries()) {
    const size = (node: number) => sizes.get(`${name}-${index}@${node}`) ?? 0
    const whole = Math.max(0, ...before.map(size))
    for (const node of addedTo(before, record.to[index])) {
      // What is done is done, whatever its segments weigh there.
      done += running.has(index) ? Math.min(size(node), whole) : whole
      of += whole
    }
  }
  return { done, of }
}
