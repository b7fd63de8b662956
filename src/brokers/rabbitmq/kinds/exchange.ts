import { type JsonObject, same } from '../../../model/json.ts'
import { type Observed, type Outcome, yes } from '../../../model/plan.ts'
import type { Context } from '../../../ports/context.ts'
import type { Change, Kind, KindItem } from '../../../ports/kind.ts'
import { apiPath } from '../client.ts'
import { fieldsOf } from '../fields.ts'
import { CANARY_VHOST, isBuiltInExchange } from '../names.ts'
import { attempt, inParallel } from '../pool.ts'
import { forgetNotes, missingBindings, noteBindings, restoreBindings, tableOf } from '../rebind.ts'
import { keepSelfDeleting } from '../self-deleting.ts'
import { inVhost, type RabbitmqSession } from '../session.ts'
import { bindingsToRestore, changesWithArguments, creation, inScope, isReplacement, keyText } from './shared.ts'

export type ExchangeValue = {
  readonly type: string
  readonly durable: boolean
  readonly autoDelete: boolean
  readonly internal: boolean
  readonly arguments: JsonObject
}

/** `unbound`: bindings noted when it was replaced, and not back yet. */
export type ExchangeHave = ExchangeValue & { readonly unbound?: number }

type ExchangeRow = {
  readonly name: string
  readonly vhost: string
  readonly type: string
  readonly durable: boolean
  readonly auto_delete: boolean
  readonly internal: boolean
  readonly arguments: JsonObject
}

type Found = readonly (readonly [readonly string[], Observed<ExchangeHave>])[]

const COLUMNS = 'disable_stats=true&columns=name,vhost,type,durable,auto_delete,internal,arguments'
const FEW = 64

const settingsOf = ({
  type,
  durable,
  autoDelete,
  internal,
  arguments: table,
}: ExchangeValue): ExchangeValue & JsonObject => ({ type, durable, autoDelete, internal, arguments: table })

const read = (row: ExchangeRow): ExchangeValue => ({
  type: row.type,
  durable: row.durable,
  autoDelete: row.auto_delete,
  internal: row.internal,
  arguments: tableOf(row.arguments),
})

const observed = (row: ExchangeRow): Found[number] => [
  [row.vhost, row.name],
  { is: 'present', value: read(row), owner: { by: 'nobody' } },
]

/** An exchange. All of it is fixed at declaration; it holds no messages, but what is published while it is gone fails. */
export const exchange: Kind<RabbitmqSession, ExchangeValue, ExchangeHave> = {
  name: 'exchange',
  action: 'rabbitmq.exchange',
  via: 'api',
  maxBatch: 1000,
  after: ['vhost'],
  needs: ([vhost = '']) => [['vhost', vhost]],
  standsOn: ([vhost = '']) => [['vhost', vhost]],

  desired: (spec) =>
    Object.entries(fieldsOf(spec).vhosts).flatMap(([vhost, { exchanges }]) =>
      Object.entries(exchanges).map(([name, value]) => ({
        key: [vhost, name],
        value: { ...value, arguments: value.arguments },
        path: ['vhosts', vhost, 'exchanges', name],
      })),
    ),

  async list(session, scope, ctx) {
    if (scope !== 'all' && scope.length <= FEW) {
      const found = await inParallel(scope, async ([vhost = '', name = '']) => {
        const { status, body } = await session.http.ask(`${apiPath('exchanges', vhost, name)}?${COLUMNS}`, ctx, {
          accept: [404],
        })
        return status === 404 ? null : observed(body as unknown as ExchangeRow)
      })
      const there = found.filter((one) => one !== null)
      return inScope(await withUnbound(there, session, ctx), scope)
    }
    const rows = (await session.http.get(`/api/exchanges?${COLUMNS}`, ctx)) as unknown as readonly ExchangeRow[]
    const own = rows.filter((row) => scope !== 'all' || (row.vhost !== CANARY_VHOST && !isBuiltInExchange(row.name)))
    return inScope(await withUnbound(own.map(observed), session, ctx), scope)
  },

  diff(want, have): readonly Change[] {
    if (have.is !== 'present') return creation(want)
    const reads = settingsOf(have.value)
    const remove: Change = {
      verb: 'delete',
      want: null,
      reads,
      reason: 'the spec has it no more',
      risk: 'disruptive',
      reversible: true,
      changes: [],
    }
    if (want === undefined) return [remove]
    if (same(reads, settingsOf(want))) return bindingsToRestore(want, reads, have.value.unbound)
    const changes = changesWithArguments(reads, settingsOf(want))
    return [
      {
        ...remove,
        reason: `${changes.map((c) => c.field).join(', ')} can't be changed on a declared exchange: it is deleted and declared again`,
        changes,
      },
      {
        verb: 'create',
        want,
        reads: null,
        reason: 'declared again as the spec says; its bindings come back',
        risk: 'safe',
        reversible: true,
        changes,
      },
    ]
  },

  async act(verb, items, session, ctx) {
    if (verb === 'delete') {
      const outcomes = await keepSelfDeleting(session, items, ctx, () =>
        inParallel(items, (item) => remove(item, session, ctx)),
      )
      const gone = new Set(items.flatMap((item) => (isReplacement(item.changes) ? [] : [keyText(item.key)])))
      if (gone.size > 0)
        await forgetNotes(
          session,
          (note) => note.kind === 'exchange' && gone.has(keyText([note.vhost, note.name])),
          ctx,
        )
      return outcomes
    }
    const outcomes =
      verb === 'create' ? await inParallel(items, (item) => declare(item, session, ctx)) : items.map(() => yes)
    const there = items.filter((_, i) => outcomes[i]?.is === 'yes').map((item) => item.key)
    if (there.length > 0) await restoreBindings(session, 'exchange', there, ctx)
    return outcomes
  },

  toSpec: (have) => settingsOf(have),
}

async function withUnbound(found: Found, session: RabbitmqSession, ctx: Context): Promise<Found> {
  const missing = await missingBindings(
    session,
    'exchange',
    found.map(([key]) => key),
    ctx,
  )
  return found.map(([key, have], i) => {
    const unbound = missing[i] ?? 0
    return have.is === 'present' && unbound > 0 ? [key, { ...have, value: { ...have.value, unbound } }] : [key, have]
  })
}

const declare = (
  { key: [vhost = '', name = ''], want }: KindItem<ExchangeValue>,
  session: RabbitmqSession,
  ctx: Context,
): Promise<Outcome> =>
  attempt(() => {
    const body = {
      type: want.type,
      durable: want.durable,
      auto_delete: want.autoDelete,
      internal: want.internal,
      arguments: want.arguments,
    }
    return inVhost(
      session,
      vhost,
      () => session.http.ask(apiPath('exchanges', vhost, name), ctx, { method: 'PUT', body }),
      ctx,
    )
  })

const remove = (
  { key: [vhost = '', name = ''], changes }: KindItem<ExchangeValue>,
  session: RabbitmqSession,
  ctx: Context,
): Promise<Outcome> =>
  attempt(async () => {
    if (isReplacement(changes)) await noteBindings(session, 'exchange', vhost, name, ctx)
    await inVhost(
      session,
      vhost,
      () => session.http.ask(apiPath('exchanges', vhost, name), ctx, { method: 'DELETE', accept: [404] }),
      ctx,
    )
  })
