import { type JsonObject, same } from '../../../model/json.ts'
import type { Observed, Outcome } from '../../../model/plan.ts'
import type { Context } from '../../../ports/context.ts'
import type { Change, Kind, KindItem } from '../../../ports/kind.ts'
import { apiPath } from '../client.ts'
import { fieldsOf } from '../fields.ts'
import { CANARY_VHOST, isBuiltInExchange } from '../names.ts'
import { attempt, inParallel } from '../pool.ts'
import { noteBindings, restoreBindings, tableOf } from '../rebind.ts'
import { inVhost, type RabbitmqSession } from '../session.ts'
import { changesWithArguments, inScope, isReplacement } from './shared.ts'

export type ExchangeValue = {
  readonly type: string
  readonly durable: boolean
  readonly autoDelete: boolean
  readonly internal: boolean
  readonly arguments: JsonObject
}

type ExchangeRow = {
  readonly name: string
  readonly vhost: string
  readonly type: string
  readonly durable: boolean
  readonly auto_delete: boolean
  readonly internal: boolean
  readonly arguments: JsonObject
}

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

const observed = (row: ExchangeRow): readonly [readonly string[], Observed<ExchangeValue>] => [
  [row.vhost, row.name],
  { is: 'present', value: read(row), owner: { by: 'nobody' } },
]

/** An exchange. All of it is fixed at declaration; it holds no messages, but what is published while it is gone fails. */
export const exchange: Kind<RabbitmqSession, ExchangeValue, ExchangeValue> = {
  name: 'exchange',
  action: 'rabbitmq.exchange',
  via: 'api',
  maxBatch: 1000,
  after: ['vhost'],
  needs: ([vhost = '']) => [['vhost', vhost]],

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
      return inScope(
        found.filter((one) => one !== null),
        scope,
      )
    }
    const rows = (await session.http.get(`/api/exchanges?${COLUMNS}`, ctx)) as unknown as readonly ExchangeRow[]
    return inScope(
      rows
        .filter((row) => scope !== 'all' || (row.vhost !== CANARY_VHOST && !isBuiltInExchange(row.name)))
        .map(observed),
      scope,
    )
  },

  diff(want, have): readonly Change[] {
    if (have.is !== 'present')
      return want === undefined
        ? []
        : [
            {
              verb: 'create',
              want,
              reads: null,
              reason: 'it is not there',
              risk: 'safe',
              reversible: true,
              changes: [],
            },
          ]
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
    if (same(reads, settingsOf(want))) return []
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
    if (verb === 'delete') return inParallel(items, (item) => remove(item, session, ctx))
    const outcomes = await inParallel(items, (item) => declare(item, session, ctx))
    const replaced = items.filter((item, i) => isReplacement(item.changes) && outcomes[i]?.is === 'yes')
    if (replaced.length > 0)
      await restoreBindings(
        session,
        'exchange',
        replaced.map((item) => item.key),
        ctx,
      )
    return outcomes
  },

  toSpec: (have) => settingsOf(have),
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
