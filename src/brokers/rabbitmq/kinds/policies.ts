import { same } from '../../../model/json.ts'
import type { FieldChange, Observed, Outcome } from '../../../model/plan.ts'
import type { Context } from '../../../ports/context.ts'
import type { Kind, KindItem } from '../../../ports/kind.ts'
import { apiPath } from '../client.ts'
import { type Definitions, definitions } from '../definitions.ts'
import { fieldsOf, type VhostField } from '../fields.ts'
import { CANARY_VHOST } from '../names.ts'
import { attempt, inParallel } from '../pool.ts'
import { inVhost, type RabbitmqSession } from '../session.ts'
import { isTighter, LIMITS, measureTightened, type PolicyValue } from './policy-losses.ts'
import { asStored, diffInPlace, fieldChanges, inScope } from './shared.ts'

/** What policies and operator policies have in common. */

type Row = readonly [vhost: string, name: string, value: PolicyValue]

/** Its settings one by one: 'max-length' says more than 'definition'. */
function changesOf(from: PolicyValue, to: PolicyValue): readonly FieldChange[] {
  const { definition: before, ...restBefore } = from
  const { definition: after, ...restAfter } = to
  const settings = fieldChanges(before, after).filter(
    ({ field }) => !same(asStored(before[field] ?? null), asStored(after[field] ?? null)),
  )
  return [...fieldChanges(restBefore, restAfter), ...settings]
}

/** A tighter limit, or a limit for other queues than before, takes away what is there already. */
function dropsMessages(from: PolicyValue, to: PolicyValue): boolean {
  const limits = LIMITS.filter((name) => to.definition[name] !== undefined)
  const elsewhere = from.pattern !== to.pattern || from.applyTo !== to.applyTo || from.priority < to.priority
  return limits.some((name) => elsewhere || isTighter(from.definition[name], to.definition[name]))
}

/** Key: [vhost, name]. Taken up by what it matches at once; when it goes, its settings go from there too. */
export const policyKind = (o: {
  readonly name: string
  readonly path: string // of the HTTP interface
  readonly field: 'policies' | 'operatorPolicies'
  rows(all: Definitions): readonly Row[]
}): Kind<RabbitmqSession, PolicyValue, PolicyValue> => {
  const send = (
    verb: 'create' | 'update' | 'delete',
    { key: [vhost = '', name = ''], want }: KindItem<PolicyValue>,
    session: RabbitmqSession,
    ctx: Context,
  ): Promise<Outcome> =>
    attempt(() => {
      const path = apiPath(o.path, vhost, name)
      if (verb === 'delete')
        return inVhost(session, vhost, () => session.http.ask(path, ctx, { method: 'DELETE', accept: [404] }), ctx)
      const { pattern, applyTo, priority, definition } = want
      const body = { pattern, 'apply-to': applyTo, priority, definition }
      return inVhost(session, vhost, () => session.http.ask(path, ctx, { method: 'PUT', body }), ctx)
    })
  return {
    name: o.name,
    action: `rabbitmq.${o.name}`,
    via: 'api',
    maxBatch: 500,
    after: ['vhost'],
    needs: ([vhost = '']) => [['vhost', vhost]],

    desired: (spec) =>
      Object.entries(fieldsOf(spec).vhosts).flatMap(([vhost, fields]) =>
        Object.entries((fields[o.field] ?? {}) as NonNullable<VhostField['policies']>).map(([name, value]) => ({
          key: [vhost, name],
          value,
          path: ['vhosts', vhost, o.field, name],
        })),
      ),

    async list(session, scope, ctx) {
      const found = o
        .rows(await definitions(session, ctx))
        .filter(([vhost]) => scope !== 'all' || vhost !== CANARY_VHOST)
        .map(([vhost, name, value]): readonly [readonly string[], Observed<PolicyValue>] => [
          [vhost, name],
          { is: 'present', value, owner: { by: 'nobody' } },
        ])
      return inScope(found, scope)
    },

    diff: (want, have) =>
      diffInPlace(want, have, {
        risk: (from, to) => (dropsMessages(from, to) ? 'destructive' : 'disruptive'),
        gone: {
          reason: 'the spec has it no more: what it set goes from the queues and exchanges that it matches',
          risk: 'disruptive',
          reversible: true,
        },
        changes: changesOf,
      }).map((change) => {
        const limits = want === undefined ? [] : LIMITS.filter((name) => want.definition[name] !== undefined)
        const drops = change.risk === 'destructive' || (change.verb === 'create' && limits.length > 0)
        if (!drops) return change
        // A queue that it newly is for may hold more: of a first policy nobody asks by name, but it is said.
        const risk = change.verb === 'create' ? 'disruptive' : change.risk
        return {
          ...change,
          risk,
          reason: `${change.reason}; queues that it is for drop what is beyond ${limits.join(', ')}`,
        }
      }),

    act: (verb, items, session, ctx) => inParallel(items, (item) => send(verb, item, session, ctx)),

    losesByUpdate: measureTightened,

    toSpec: (have) => have,
  }
}
