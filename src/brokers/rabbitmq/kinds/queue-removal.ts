import type { Channel } from 'amqplib'
import type { Json } from '../../../model/json.ts'
import { notYet, type Outcome, yes } from '../../../model/plan.ts'
import type { Context } from '../../../ports/context.ts'
import type { KindItem } from '../../../ports/kind.ts'
import { type Job, type Lanes, overAmqp } from '../bulk.ts'
import { apiPath } from '../client.ts'
import { attempt, inParallel } from '../pool.ts'
import { forgetNotes, noteBindings } from '../rebind.ts'
import { inVhost, type RabbitmqSession } from '../session.ts'
import { type Measured, measured, measureQueues, refuseGrown, statisticsOf, type Totals } from './messages.ts'
import { isReplacement, keyText } from './shared.ts'

type Item = KindItem<Json>

/** How long one call goes on beginning deletes: what is left then is told as work, so that deadlines count from it. */
const PATIENCE_MS = 20_000
/** Measured together and deleted by the management API at a time, where AMQP lets nobody in. */
const SLICE = 250

/** Measured again just before: only what still holds about as much as the plan said goes. */
export async function removeAll(
  items: readonly Item[],
  session: RabbitmqSession,
  ctx: Context,
  by: Pick<Lanes, 'connect'> = {},
): Promise<readonly Outcome[]> {
  const keys = items.map((item) => item.key)
  const rows = new Map((await statisticsOf(session, keys, ctx)).map((row, i) => [items[i] as Item, row]))
  const until = ctx.now() + PATIENCE_MS
  const removal: Removal = { rows, outcomes: new Map(), begun: new Set(), enough: () => ctx.now() > until }
  const { outcomes, begun, enough } = removal
  const jobs = items.map((item) => jobOf(item, removal))
  await overAmqp(session, jobs, ctx, { enough, atLeast: 1, ...by })
  const open = items.filter((item) => !outcomes.has(item))
  // What a channel was refused is asked again at once, for the reason; what only waits for its turn goes on waiting.
  const late = begun.size > 0 && enough()
  await removeByHttp(late ? open.filter((item) => begun.has(item)) : open, removal, session, ctx, by.connect)
  const gone = new Set(
    items.flatMap((item) =>
      outcomes.get(item)?.is === 'yes' && !isReplacement(item.changes) ? [keyText(item.key)] : [],
    ),
  )
  if (gone.size > 0)
    await forgetNotes(session, (note) => note.kind === 'queue' && gone.has(keyText([note.vhost, note.name])), ctx)
  const waiting = notYet(`${items.length - outcomes.size} queues are still to be deleted`, {
    done: outcomes.size,
    of: items.length,
    unit: 'items',
  })
  return items.map((item) => outcomes.get(item) ?? waiting)
}

type Removal = {
  readonly rows: ReadonlyMap<Item, Totals | null>
  readonly outcomes: Map<Item, Outcome>
  readonly begun: Set<Item>
  enough(): boolean
}

/** A classic queue that was empty goes only if it still is, which the broker itself sees to; of other types it refuses to. */
const onlyIfEmpty = ({ step }: Item, row: Totals | null | undefined): boolean =>
  row?.type === 'classic' && (step.loses?.messages ?? 0) === 0

/** Over AMQP: counted and deleted on one channel. A replaced queue's bindings are noted first, by the management API. */
function jobOf(item: Item, { rows, outcomes, begun }: Removal): Job {
  const [vhost = '', name = ''] = item.key
  const row = rows.get(item) ?? null
  if (row === null) outcomes.set(item, yes) // gone already; if it comes back, the engine sees it
  if (row === null || isReplacement(item.changes)) return null
  const work = async (channel: Channel) => {
    begun.add(item)
    outcomes.set(item, await attempt(() => removeOver(channel, name, item, row)))
  }
  return { vhost, work }
}

async function removeOver(channel: Channel, name: string, item: Item, row: Totals): Promise<void> {
  const { step } = item
  const ifEmpty = onlyIfEmpty(item, row)
  const ready = ifEmpty ? 0 : (await channel.checkQueue(name)).messageCount
  refuseGrown(step.loses, measured(row, ready), step.address)
  await channel.deleteQueue(name, { ifEmpty })
}

async function removeByHttp(
  items: readonly Item[],
  { rows, outcomes, enough }: Removal,
  session: RabbitmqSession,
  ctx: Context,
  connect: Lanes['connect'],
): Promise<void> {
  for (let i = 0; i < items.length && (i === 0 || !enough()); i += SLICE) {
    const slice = items.slice(i, i + SLICE)
    const keys = slice.map((item) => item.key)
    const now = await measureQueues(session, keys, ctx, connect)
    const ends = await inParallel(slice, (item, k) => {
      const query = onlyIfEmpty(item, rows.get(item)) ? '?if-empty=true' : ''
      return remove(item, now[k] as Measured, query, session, ctx)
    })
    for (const [k, item] of slice.entries()) outcomes.set(item, ends[k] as Outcome)
  }
}

/** A replaced queue's bindings are noted before it goes. */
const remove = (
  { key: [vhost = '', name = ''], step, changes }: Item,
  now: Measured,
  query: string,
  session: RabbitmqSession,
  ctx: Context,
): Promise<Outcome> =>
  attempt(async () => {
    refuseGrown(step.loses, now, step.address)
    if (isReplacement(changes)) await noteBindings(session, 'queue', vhost, name, ctx)
    const path = `${apiPath('queues', vhost, name)}${query}`
    await inVhost(session, vhost, () => session.http.ask(path, ctx, { method: 'DELETE', accept: [404] }), ctx)
  })
