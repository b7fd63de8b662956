import { printLocal } from '../../../model/address.ts'
import { same } from '../../../model/json.ts'
import type { Observed } from '../../../model/plan.ts'
import type { Context } from '../../../ports/context.ts'
import { apiPath } from '../client.ts'
import { definitions, type QueueDefinition } from '../definitions.ts'
import { neverLed } from '../leaders.ts'
import { CANARY_VHOST } from '../names.ts'
import { inParallel } from '../pool.ts'
import { missingBindings, tableOf } from '../rebind.ts'
import type { RabbitmqSession } from '../session.ts'
import { type Measured, measureQueues } from './messages.ts'
import { desired, type QueueHave, settingsOf } from './queue-value.ts'
import { inScope, keyText } from './shared.ts'

type QueueRow = QueueDefinition & { readonly exclusive?: boolean | null }

const COLUMNS = 'disable_stats=true&columns=name,vhost,type,durable,auto_delete,exclusive,arguments'
/** Up to so many are asked for one by one: cheaper than the whole list. */
const FEW = 64

function read(row: QueueRow): QueueHave {
  const { 'x-queue-type': declared, ...rest } = tableOf(row.arguments)
  return {
    type: row.type ?? (typeof declared === 'string' ? declared : 'classic'),
    durable: row.durable,
    autoDelete: row.auto_delete,
    arguments: rest,
  }
}

/** The broker's own: named by the server, canaries. */
const isForeign = (row: QueueDefinition): boolean => row.vhost === CANARY_VHOST || row.name.startsWith('amq.')

const observed = (row: QueueRow): Observed<QueueHave> =>
  row.exclusive === true
    ? { is: 'unknown', why: 'a client has an exclusive queue of that name: it goes with its connection' }
    : { is: 'present', value: read(row), owner: { by: 'nobody' } }

type Found = readonly (readonly [readonly string[], Observed<QueueHave>])[]

export async function listQueues(
  session: RabbitmqSession,
  scope: readonly (readonly string[])[] | 'all',
  ctx: Context,
): Promise<Found> {
  const found =
    scope !== 'all' && scope.length <= FEW ? await some(session, scope, ctx) : await all(session, scope === 'all', ctx)
  const seen = await withUnbound(await withLeaders(inScope(found, scope), session, ctx), session, ctx)
  return scope === 'all' ? counted(seen, session, ctx) : seen // who asks for some has them measured by `loses`
}

export const queueNames = async (session: RabbitmqSession, ctx: Context): Promise<readonly (readonly string[])[]> =>
  (await definitions(session, ctx)).queues.flatMap((row) => (isForeign(row) ? [] : [[row.vhost, row.name]]))

const all = async (session: RabbitmqSession, own: boolean, ctx: Context): Promise<Found> =>
  (await definitions(session, ctx)).queues
    .filter((row) => !own || !isForeign(row))
    .map((row) => [[row.vhost, row.name], observed(row)])

const some = (session: RabbitmqSession, keys: readonly (readonly string[])[], ctx: Context): Promise<Found> =>
  inParallel(keys, async (key) => {
    const [vhost = '', name = ''] = key
    const path = `${apiPath('queues', vhost, name)}?${COLUMNS}`
    const { status, body } = await session.http.ask(path, ctx, { accept: [404] })
    return [key, status === 404 ? { is: 'absent' } : observed(body as unknown as QueueRow)]
  })

/** Messages are counted where a delete may be planned: ours and not wanted any more, or wanted otherwise. */
async function counted(found: Found, session: RabbitmqSession, ctx: Context): Promise<Found> {
  const wanted = new Map(desired(session.spec).map((d) => [keyText(d.key), d.value]))
  const differs = ([key, have]: Found[number]): boolean => {
    const want = wanted.get(keyText(key))
    return have.is === 'present' && (want === undefined || !same(settingsOf(have.value), settingsOf(want)))
  }
  const suspects = found.filter(differs)
  if (suspects.length === 0) return found
  const owned = await session.ownership.read(ctx)
  const counting = suspects.filter(([key]) => wanted.has(keyText(key)) || owned.has(printLocal({ kind: 'queue', key })))
  const measured = await measureQueues(
    session,
    counting.map(([key]) => key),
    ctx,
  )
  const counts = new Map(counting.map(([key], i) => [keyText(key), measured[i] as Measured]))
  return found.map(([key, have]) => {
    const count = counts.get(keyText(key))
    if (!count || have.is !== 'present') return [key, have]
    return 'unknown' in count
      ? [key, { is: 'unknown', why: count.unknown }]
      : [key, { ...have, value: { ...have.value, ...count } }]
  })
}

async function withLeaders(found: Found, session: RabbitmqSession, ctx: Context): Promise<Found> {
  if (!found.some(([, have]) => have.is === 'present' && have.value.type === 'quorum')) return found
  const without = new Set((await neverLed(session, ctx)).map(({ vhost, name }) => keyText([vhost, name])))
  return found.map(([key, have]) =>
    have.is === 'present' && without.has(keyText(key))
      ? [key, { ...have, value: { ...have.value, neverLed: true } }]
      : [key, have],
  )
}

async function withUnbound(found: Found, session: RabbitmqSession, ctx: Context): Promise<Found> {
  const present = found.filter(([, have]) => have.is === 'present').map(([key]) => key)
  const missing = await missingBindings(session, 'queue', present, ctx)
  const unbound = new Map(present.flatMap((key, i) => ((missing[i] ?? 0) > 0 ? [[keyText(key), missing[i]]] : [])))
  return found.map(([key, have]) => {
    const count = unbound.get(keyText(key))
    return have.is === 'present' && count !== undefined
      ? [key, { ...have, value: { ...have.value, unbound: count } }]
      : [key, have]
  })
}
