import type { Observed, Outcome } from '../../../model/plan.ts'
import type { Context } from '../../../ports/context.ts'
import type { Kind, KindItem } from '../../../ports/kind.ts'
import { apiPath } from '../client.ts'
import { definitions } from '../definitions.ts'
import { fieldsOf } from '../fields.ts'
import { CANARY_VHOST, isBuiltInExchange } from '../names.ts'
import { attempt, inParallel } from '../pool.ts'
import type { RabbitmqSession } from '../session.ts'
import { diffInPlace, inScope } from './shared.ts'
import { isOwnUser } from './user.ts'

/** Regular expressions of routing keys. */
export type TopicPermissionValue = { readonly write: string; readonly read: string }

/** Which routing keys of a topic exchange a user may publish with and bind by; key: [user, vhost, exchange]. */
export const topicPermission: Kind<RabbitmqSession, TopicPermissionValue, TopicPermissionValue> = {
  name: 'topic-permission',
  action: 'rabbitmq.topic-permission',
  via: 'api',
  maxBatch: 500,
  after: ['user', 'vhost', 'exchange'],
  needs: ([user = '', vhost = '', exchange = '']) => [
    ['user', user],
    ['vhost', vhost],
    ...(isBuiltInExchange(exchange) ? [] : [['exchange', vhost, exchange]]),
  ],

  desired: (spec) =>
    Object.entries(fieldsOf(spec).users).flatMap(([user, { topicPermissions }]) =>
      Object.entries(topicPermissions).flatMap(([vhost, exchanges]) =>
        Object.entries(exchanges).map(([exchange, { write, read }]) => ({
          key: [user, vhost, exchange],
          value: { write, read },
          path: ['users', user, 'topicPermissions', vhost, exchange],
        })),
      ),
    ),

  async list(session, scope, ctx) {
    const { topic_permissions = [] } = await definitions(session, ctx)
    const found = topic_permissions
      .filter((row) => scope !== 'all' || (!isOwnUser(session, row.user) && row.vhost !== CANARY_VHOST))
      .map(({ user, vhost, exchange, write, read }): readonly [readonly string[], Observed<TopicPermissionValue>] => [
        [user, vhost, exchange],
        { is: 'present', value: { write, read }, owner: { by: 'nobody' } },
      ])
    return inScope(found, scope)
  },

  diff: (want, have) =>
    diffInPlace(want, have, {
      risk: 'disruptive',
      gone: {
        reason: 'the spec has it no more: the user may use all routing keys of the exchange',
        risk: 'disruptive',
        reversible: true,
      },
    }),

  act(verb, items, session, ctx) {
    if (verb !== 'delete') return inParallel(items, (item) => put(item, session, ctx))
    return inParallel(items, (item) => remove(item, session, ctx))
  },

  toSpec: (have) => have,
}

const put = (
  { key: [user = '', vhost = '', exchange = ''], want }: KindItem<TopicPermissionValue>,
  session: RabbitmqSession,
  ctx: Context,
): Promise<Outcome> =>
  attempt(() =>
    session.http.ask(apiPath('topic-permissions', vhost, user), ctx, {
      method: 'PUT',
      body: { exchange, write: want.write, read: want.read },
    }),
  )

const remove = (
  { key: [user = '', vhost = '', exchange = ''] }: KindItem<TopicPermissionValue>,
  session: RabbitmqSession,
  ctx: Context,
): Promise<Outcome> =>
  attempt(() =>
    session.http.ask(apiPath('topic-permissions', vhost, user, exchange), ctx, { method: 'DELETE', accept: [404] }),
  )
