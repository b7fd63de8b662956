import type { JsonObject } from '../../../model/json.ts'
import type { ClusterSpec, Desired } from '../../../model/spec.ts'
import type { Observed, Outcome } from '../../../model/plan.ts'
import type { Context } from '../../../ports/context.ts'
import type { Kind, KindItem } from '../../../ports/kind.ts'
import { apiPath } from '../client.ts'
import { type Definitions, definitions } from '../definitions.ts'
import { attempt, inParallel } from '../pool.ts'
import { tableOf } from '../rebind.ts'
import type { RabbitmqSession } from '../session.ts'
import { diffInPlace, inScope } from './shared.ts'

/** What limits of virtual hosts and of users have in common: all limits of one of them are one resource. */

export type Limits = { readonly [name: string]: number } // in the broker's names: max-connections

/** Fields of the spec to the broker's names; what is left out has no limit. */
export const limitsFrom = (fields: JsonObject, names: Readonly<Record<string, string>>): Limits =>
  Object.fromEntries(
    Object.entries(names).flatMap(([field, name]) =>
      typeof fields[field] === 'number' ? [[name, fields[field]]] : [],
    ),
  )

export const limitsKind = (o: {
  readonly name: string
  readonly path: string // of the HTTP interface
  readonly of: 'vhost' | 'user'
  desired(spec: ClusterSpec): readonly Desired<Limits>[]
  rows(all: Definitions, session: RabbitmqSession): readonly (readonly [name: string, limits: JsonObject])[]
}): Kind<RabbitmqSession, Limits, Limits> => {
  /** Each limit is set and taken away by itself. */
  const send = ({ key: [name = ''], want }: KindItem<Limits>, session: RabbitmqSession, ctx: Context) =>
    attempt(async (): Promise<void> => {
      const have = new Map(o.rows(await definitions(session, ctx), session)).get(name) ?? {}
      const wanted: Limits = want ?? {}
      for (const [limit, value] of Object.entries(wanted))
        await session.http.ask(apiPath(o.path, name, limit), ctx, { method: 'PUT', body: { value } })
      for (const limit of Object.keys(have))
        if (!(limit in wanted))
          await session.http.ask(apiPath(o.path, name, limit), ctx, { method: 'DELETE', accept: [404] })
    })
  return {
    name: o.name,
    action: `rabbitmq.${o.name}`,
    via: 'api',
    isSetting: true,
    maxBatch: 500,
    after: [o.of],
    needs: ([name = '']) => [[o.of, name]],
    desired: (spec) => o.desired(spec).filter(({ value }) => Object.keys(value).length > 0),

    async list(session, scope, ctx) {
      const found = o
        .rows(await definitions(session, ctx), session)
        .filter(([, limits]) => Object.keys(limits).length > 0)
        .map(([name, limits]): readonly [readonly string[], Observed<Limits>] => [
          [name],
          { is: 'present', value: limits as Limits, owner: { by: 'nobody' } },
        ])
      return inScope(found, scope)
    },

    diff: (want, have) =>
      diffInPlace(want, have, {
        risk: 'disruptive', // who is above a lower limit is not thrown out, but gets no further
        gone: { reason: 'the spec has no limits any more', risk: 'safe', reversible: true },
      }),

    act: (_verb, items, session, ctx): Promise<readonly Outcome[]> =>
      inParallel(items, (item) => send(item, session, ctx)),

    toSpec: (have) => have,
  }
}

/** An empty table comes as a list. */
export const limitsOf = (value: Parameters<typeof tableOf>[0]): JsonObject => tableOf(value)
