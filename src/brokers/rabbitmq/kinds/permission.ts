import { same } from '../../../model/json.ts'
import type { Observed, Outcome } from '../../../model/plan.ts'
import type { Change, Kind, KindItem } from '../../../ports/kind.ts'
import type { Context } from '../../../ports/context.ts'
import { apiPath } from '../client.ts'
import { definitions, type PermissionDefinition } from '../definitions.ts'
import { fieldsOf } from '../fields.ts'
import { CANARY_VHOST } from '../names.ts'
import { attempt, inParallel } from '../pool.ts'
import type { RabbitmqSession } from '../session.ts'
import { creation, fieldChanges, inScope } from './shared.ts'
import { isOwnUser } from './user.ts'

/** Regular expressions of names in one virtual host. */
export type PermissionValue = { readonly configure: string; readonly write: string; readonly read: string }

const valueOf = ({ configure, write, read }: PermissionValue): PermissionValue => ({ configure, write, read })

function userAndVhost([user = '', vhost = '']: readonly string[]): readonly (readonly string[])[] {
  return [
    ['user', user],
    ['vhost', vhost],
  ]
}

/** What a user may do in a virtual host; key: [user, vhost]. */
export const permission: Kind<RabbitmqSession, PermissionValue, PermissionValue> = {
  name: 'permission',
  action: 'rabbitmq.permission',
  via: 'api',
  maxBatch: 1000,
  after: ['user', 'vhost'],
  needs: userAndVhost,
  standsOn: userAndVhost,

  desired: (spec) =>
    Object.entries(fieldsOf(spec).users).flatMap(([user, { permissions }]) =>
      Object.entries(permissions).map(([vhost, value]) => ({
        key: [user, vhost],
        value: valueOf(value),
        path: ['users', user, 'permissions', vhost],
      })),
    ),

  async list(session, scope, ctx) {
    const rows =
      scope === 'all'
        ? (await definitions(session, ctx)).permissions
        : ((await session.http.get('/api/permissions', ctx)) as unknown as readonly PermissionDefinition[])
    const found = rows
      .filter((row) => scope !== 'all' || (!isOwnUser(session, row.user) && row.vhost !== CANARY_VHOST))
      .map((row): readonly [readonly string[], Observed<PermissionValue>] => [
        [row.user, row.vhost],
        { is: 'present', value: valueOf(row), owner: { by: 'nobody' } },
      ])
    return inScope(found, scope)
  },

  diff(want, have): readonly Change[] {
    if (have.is !== 'present') return creation(want)
    const reads = valueOf(have.value)
    if (want === undefined)
      return [
        {
          verb: 'delete',
          want: null,
          reads,
          reason: 'the spec has it no more',
          risk: 'disruptive',
          reversible: true,
          changes: [],
        },
      ]
    if (same(reads, valueOf(want))) return []
    const changes = fieldChanges(reads, valueOf(want))
    return [
      {
        verb: 'update',
        want,
        reads,
        reason: `${changes.map((c) => c.field).join(', ')} differ`,
        risk: 'disruptive',
        reversible: true,
        changes,
      },
    ]
  },

  act: (verb, items, session, ctx) => inParallel(items, (item) => send(verb, item, session, ctx)),

  toSpec: valueOf,
}

const send = (
  verb: 'create' | 'update' | 'delete',
  { key: [user = '', vhost = ''], want }: KindItem<PermissionValue>,
  session: RabbitmqSession,
  ctx: Context,
): Promise<Outcome> =>
  attempt(() => {
    const path = apiPath('permissions', vhost, user)
    return verb === 'delete'
      ? session.http.ask(path, ctx, { method: 'DELETE', accept: [404] })
      : session.http.ask(path, ctx, { method: 'PUT', body: valueOf(want) })
  })
