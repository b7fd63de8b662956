import { printLocal } from '../../../model/address.ts'
import { type JsonObject, same } from '../../../model/json.ts'
import { type Observed, type Outcome, yes } from '../../../model/plan.ts'
import type { Context } from '../../../ports/context.ts'
import type { Change, Kind, KindItem } from '../../../ports/kind.ts'
import type { ClusterSpec } from '../../../model/spec.ts'
import { type Job, overAmqp } from '../bulk.ts'
import { apiPath } from '../client.ts'
import { definitions, type QueueDefinition } from '../definitions.ts'
import { fieldsOf } from '../fields.ts'
import { CANARY_VHOST } from '../names.ts'
import { mayMatch } from '../patterns.ts'
import { settingFor } from '../policy-settings.ts'
import { neverLed } from '../leaders.ts'
import { attempt, inParallel } from '../pool.ts'
import { forgetNotes, missingBindings, noteBindings, restoreBindings, tableOf } from '../rebind.ts'
import { inVhost, type RabbitmqSession } from '../session.ts'
import { type Measured, measureQueues, refuseGrown } from './messages.ts'
import { bindingsToRestore, changesWithArguments, inScope, isReplacement, keyText } from './shared.ts'

export type QueueWant = {
  readonly type: string
  readonly durable: boolean
  readonly autoDelete: boolean
  readonly arguments: JsonObject
}
/**
 * Messages and bytes are counted only where a delete may be planned. `unbound`: bindings noted when it was replaced, and
 * not back yet. `neverLed`: known, but of no use: a declaration of it was cut off.
 */
export type QueueHave = QueueWant & {
  readonly messages?: number
  readonly bytes?: number
  readonly unbound?: number
  readonly neverLed?: true
}

type QueueRow = QueueDefinition & { readonly exclusive?: boolean | null }

const COLUMNS = 'disable_stats=true&columns=name,vhost,type,durable,auto_delete,exclusive,arguments'
/** Up to so many are asked for one by one: cheaper than the whole list. */
const FEW = 64

const settingsOf = ({ type, durable, autoDelete, arguments: table }: QueueWant): QueueWant & JsonObject => ({
  type,
  durable,
  autoDelete,
  arguments: table,
})

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

const desired = (spec: ClusterSpec) =>
  Object.entries(fieldsOf(spec).vhosts).flatMap(([vhost, { queues }]) =>
    Object.entries(queues).map(([name, { type, durable, autoDelete, arguments: table }]) => ({
      key: [vhost, name],
      value: { type, durable, autoDelete, arguments: table },
      path: ['vhosts', vhost, 'queues', name],
    })),
  )

const declareAgain = (want: QueueWant, reads: JsonObject): Change => ({
  verb: 'update',
  want,
  reads: { ...reads, neverLed: true },
  reason: 'it never had a leader, because its declaration was cut off: it holds nothing, and is declared again',
  risk: 'safe',
  reversible: true,
  changes: [],
})

/** What a policy decides when a queue is declared, and not any more once it stands. */
const AT_DECLARATION = [
  'initial-cluster-size',
  'queue-leader-locator',
  'stream-filter-size-bytes',
  'stream-max-segment-size-bytes',
]

/** Policies that must be there before a queue is. */
const policiesFirst = (vhost: string, queue: string, spec: ClusterSpec | undefined): readonly (readonly string[])[] =>
  Object.entries((spec && fieldsOf(spec).vhosts[vhost]?.policies) ?? {})
    .filter(([, { definition }]) => AT_DECLARATION.some((name) => definition[name] !== undefined))
    .filter(([, { pattern }]) => mayMatch(pattern, queue))
    .map(([name]) => ['policy', vhost, name])

/** A queue of any type. All of it is fixed at declaration: a change is a delete and a new declaration. */
export const queue: Kind<RabbitmqSession, QueueWant, QueueHave> = {
  name: 'queue',
  action: 'rabbitmq.queue',
  via: 'api',
  maxBatch: 2500, // each batch reads everything three times: 0.3 s for 10,000 queues with bindings
  after: ['vhost', 'policy'],
  needs: ([vhost = '', name = ''], _want, spec) => [['vhost', vhost], ...policiesFirst(vhost, name, spec)],
  standsOn: ([vhost = '']) => [['vhost', vhost]],
  desired,

  async list(session, scope, ctx) {
    const found =
      scope !== 'all' && scope.length <= FEW
        ? await some(session, scope, ctx)
        : await all(session, scope === 'all', ctx)
    return counted(
      await withUnbound(await withLeaders(inScope(found, scope), session, ctx), session, ctx),
      session,
      ctx,
    )
  },

  names: async (session, ctx) =>
    (await definitions(session, ctx)).queues.flatMap((row) => (isForeign(row) ? [] : [[row.vhost, row.name]])),

  diff(want, have, { address }): readonly Change[] {
    const create = (value: QueueWant, reason: string, changes: Change['changes']): Change => ({
      verb: 'create',
      want: value,
      reads: null,
      reason,
      risk: 'safe',
      reversible: true,
      changes,
    })
    if (have.is !== 'present') return want === undefined ? [] : [create(want, 'it is not there', [])]
    const reads = settingsOf(have.value)
    const { messages, bytes } = have.value
    const loses = { loses: { messages: messages ?? 0, ...(bytes === undefined ? {} : { bytes }) } }
    const remove: Change = {
      verb: 'delete',
      want: null,
      reads,
      reason: 'the spec has it no more',
      risk: 'destructive',
      reversible: false,
      changes: [],
      ...loses,
    }
    if (want === undefined) return [remove]
    if (same(reads, settingsOf(want)))
      return have.value.neverLed ? [declareAgain(want, reads)] : bindingsToRestore(want, reads, have.value.unbound)
    const changes = changesWithArguments(reads, settingsOf(want))
    const why = `${changes.map((c) => c.field).join(', ')} can't be changed on a declared queue`
    const settings = changes.map(({ field }) => settingFor(field))
    const policy = settings.every((one) => one !== null) ? ` (a policy with ${settings.join(', ')} can be)` : ''
    return [
      { ...remove, reason: `${why}${policy}: it is deleted and declared again`, changes },
      create(want, `declared again as the spec says; ${address.key[1]}'s bindings come back`, changes),
    ]
  },

  async act(verb, items, session, ctx) {
    if (verb === 'delete') return removeAll(items, session, ctx)
    const outcomes = await declareAll(items, session, ctx)
    const there = items.filter((_, i) => outcomes[i]?.is === 'yes').map((item) => item.key)
    if (there.length > 0) await restoreBindings(session, 'queue', there, ctx)
    return outcomes
  },

  loses: async (session, keys, ctx) =>
    (await measureQueues(session, keys, ctx)).map((one) => ('unknown' in one ? {} : one)),

  toSpec: (have) => settingsOf(have),
}

type Found = readonly (readonly [readonly string[], Observed<QueueHave>])[]

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

/**
 * Over AMQP, whose channel ends what it has begun when the client dies: a request of the management interface dies with
 * its connection, and leaves a quorum queue that is known, but has no replicas or never elects a leader. What is there
 * like that goes first, since a declaration of what is known changes nothing: that it holds no message was read a moment
 * ago, from all its replicas.
 */
async function declareAll(
  items: readonly KindItem<QueueWant>[],
  session: RabbitmqSession,
  ctx: Context,
): Promise<readonly Outcome[]> {
  const stillborn = new Set((await neverLed(session, ctx)).map(({ vhost, name }) => keyText([vhost, name])))
  await inParallel(
    items.filter(({ key }) => stillborn.has(keyText(key))),
    async ({ key: [vhost = '', name = ''] }) => {
      await noteBindings(session, 'queue', vhost, name, ctx)
      await session.http.ask(apiPath('queues', vhost, name), ctx, { method: 'DELETE', accept: [404] })
    },
  )
  const jobs = items.map(({ key: [vhost = '', name = ''], want }): Job => {
    const { durable, autoDelete } = want
    const options = { durable, autoDelete, arguments: { ...want.arguments, 'x-queue-type': want.type } }
    return { vhost, work: (channel) => channel.assertQueue(name, options) }
  })
  const done = await overAmqp(session, jobs, ctx, { atLeast: 1 })
  return inParallel(items, async (item, i) => (done.has(i) ? yes : declare(item, session, ctx)))
}

/** Members in turns: a queue's leader stands where its declaration arrives. */
const declare = (
  { key: [vhost = '', name = ''], want }: KindItem<QueueWant>,
  session: RabbitmqSession,
  ctx: Context,
): Promise<Outcome> =>
  attempt(() => {
    const body = {
      durable: want.durable,
      auto_delete: want.autoDelete,
      arguments: { ...want.arguments, 'x-queue-type': want.type },
    }
    return inVhost(
      session,
      vhost,
      () => session.http.ask(apiPath('queues', vhost, name), ctx, { method: 'PUT', body, spread: true }),
      ctx,
    )
  })

/** Measured again just before: only what still holds about as much as the plan said goes. */
async function removeAll(
  items: readonly KindItem<QueueWant>[],
  session: RabbitmqSession,
  ctx: Context,
): Promise<readonly Outcome[]> {
  const now = await measureQueues(
    session,
    items.map((item) => item.key),
    ctx,
  )
  const outcomes = await inParallel(items, (item, i) => remove(item, now[i] as Measured, session, ctx))
  const gone = new Set(items.flatMap((item) => (isReplacement(item.changes) ? [] : [keyText(item.key)])))
  if (gone.size > 0)
    await forgetNotes(session, (note) => note.kind === 'queue' && gone.has(keyText([note.vhost, note.name])), ctx)
  return outcomes
}

/** A replaced queue's bindings are noted before it goes. */
const remove = (
  { key: [vhost = '', name = ''], step, changes }: KindItem<QueueWant>,
  now: Measured,
  session: RabbitmqSession,
  ctx: Context,
): Promise<Outcome> =>
  attempt(async () => {
    refuseGrown(step.loses, now, step.address)
    if (isReplacement(changes)) await noteBindings(session, 'queue', vhost, name, ctx)
    const path = apiPath('queues', vhost, name)
    await inVhost(session, vhost, () => session.http.ask(path, ctx, { method: 'DELETE', accept: [404] }), ctx)
  })
