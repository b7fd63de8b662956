import type { Observed } from '../../../model/plan.ts'
import type { Change, Kind } from '../../../ports/kind.ts'
import { apiPath } from '../client.ts'
import { fieldsOf } from '../fields.ts'
import { attempt, inParallel } from '../pool.ts'
import type { RabbitmqSession } from '../session.ts'
import { inScope } from './shared.ts'

type FlagRow = { readonly name: string; readonly state: string }
export type FlagValue = { readonly enabled: true }

/** Enabling a flag may migrate data on all members. */
const ENABLE_MS = 110_000

/** A feature flag that is on. None can be turned off again, so what the spec drops stays as it is. */
export const featureFlag: Kind<RabbitmqSession, FlagValue, FlagValue> = {
  name: 'feature-flag',
  action: 'rabbitmq.feature-flag',
  via: 'api',
  maxBatch: 50,
  after: [],

  desired: (spec) =>
    fieldsOf(spec).featureFlags.map((name, i) => ({
      key: [name],
      value: { enabled: true },
      path: ['featureFlags', i],
    })),

  async list(session, scope, ctx) {
    if (scope === 'all') return [] // the broker's own: about those of the spec it is asked by name
    const rows = (await session.http.get('/api/feature-flags', ctx)) as unknown as readonly FlagRow[]
    const states = new Map(rows.map(({ name, state }) => [name, state]))
    const found = scope.map(([name = '']): readonly [readonly string[], Observed<FlagValue>] => {
      const state = states.get(name)
      if (state === 'enabled') return [[name], { is: 'present', value: { enabled: true }, owner: { by: 'nobody' } }]
      if (state === 'disabled') return [[name], { is: 'absent' }]
      const why = state === undefined ? `RabbitMQ ${session.version} knows no such flag` : `it is ${state}`
      return [[name], { is: 'unknown', why }]
    })
    return inScope(found, scope)
  },

  diff(want, have): readonly Change[] {
    if (want === undefined || have.is === 'present') return []
    const reason = 'it is not enabled; members of versions without it can join no more'
    return [{ verb: 'create', want, reads: null, reason, risk: 'safe', reversible: false, changes: [] }]
  },

  act: (_verb, items, session, ctx) =>
    inParallel(
      items,
      ({ key: [name = ''] }) =>
        attempt(() =>
          session.http.ask(apiPath('feature-flags', name, 'enable'), ctx, {
            method: 'PUT',
            body: { name },
            timeoutMs: ENABLE_MS,
          }),
        ),
      1,
    ),

  toSpec: (have) => have,
}
