import { type Json, same } from '../../../model/json.ts'
import type { Observed } from '../../../model/plan.ts'
import type { Kind } from '../../../ports/kind.ts'
import { definitions } from '../definitions.ts'
import { fieldsOf } from '../fields.ts'
import { isBrokersParameter } from '../names.ts'
import { deleteGlobalParameter, putGlobalParameter } from '../ownership.ts'
import { attempt, inParallel } from '../pool.ts'
import type { RabbitmqSession } from '../session.ts'
import { asStored, diffInPlace, inScope } from './shared.ts'

export type GlobalParameterValue = { readonly value: Json }

/** A parameter of the whole cluster. mqops's own and the broker's are no resources. */
export const globalParameter: Kind<RabbitmqSession, GlobalParameterValue, GlobalParameterValue> = {
  name: 'global-parameter',
  action: 'rabbitmq.global-parameter',
  via: 'api',
  maxBatch: 500,
  after: [],

  desired: (spec) =>
    Object.entries(fieldsOf(spec).globalParameters).map(([name, value]) => ({
      key: [name],
      value: { value },
      path: ['globalParameters', name],
    })),

  async list(session, scope, ctx) {
    const { global_parameters = [] } = await definitions(session, ctx)
    const found = global_parameters
      .filter(({ name }) => scope !== 'all' || !isBrokersParameter(name))
      .map(({ name, value }): readonly [readonly string[], Observed<GlobalParameterValue>] => [
        [name],
        { is: 'present', value: { value }, owner: { by: 'nobody' } },
      ])
    return inScope(found, scope)
  },

  diff: (want, have) =>
    diffInPlace(want, have, {
      risk: 'disruptive',
      gone: { reason: 'the spec has it no more', risk: 'disruptive', reversible: true },
      changes: (from, to) =>
        same(asStored(from.value), asStored(to.value)) ? [] : [{ field: 'value', from: from.value, to: to.value }],
    }),

  act: (verb, items, session, ctx) =>
    inParallel(items, ({ key: [name = ''], want }) =>
      attempt(() =>
        verb === 'delete'
          ? deleteGlobalParameter(session.http, name, ctx)
          : putGlobalParameter(session.http, name, want.value, ctx),
      ),
    ),

  toSpec: (have) => have,
}
