import { createHash } from 'node:crypto'
import { canonical, type Json, type JsonObject, same } from '../../../model/json.ts'
import type { FieldChange, Observed } from '../../../model/plan.ts'
import type { Change } from '../../../ports/kind.ts'

/** Fields of two flat objects that differ, in the order of the wanted one. */
export const fieldChanges = (from: JsonObject, to: JsonObject): readonly FieldChange[] =>
  Object.keys({ ...to, ...from })
    .filter((field) => !same(from[field], to[field]))
    .map((field) => ({
      field,
      ...(from[field] === undefined ? {} : { from: from[field] }),
      ...(to[field] === undefined ? {} : { to: to[field] }),
    }))

/** Field changes with arguments one by one: 'x-max-length' says more than 'arguments'. */
export function changesWithArguments(
  from: JsonObject & { arguments: JsonObject },
  to: JsonObject & { arguments: JsonObject },
): readonly FieldChange[] {
  const { arguments: before, ...restBefore } = from
  const { arguments: after, ...restAfter } = to
  return [...fieldChanges(restBefore, restAfter), ...fieldChanges(before, after)]
}

/** A replacement's steps carry what changes from what; a first create has nothing to change from. */
export const isReplacement = (changes: readonly FieldChange[]): boolean => changes.length > 0

/** What is as it should be but for bindings that a replacement took away and has not brought back. */
export const bindingsToRestore = (want: Json, reads: JsonObject, unbound: number | undefined): readonly Change[] =>
  unbound === undefined
    ? []
    : [
        {
          verb: 'update',
          want,
          reads: { ...reads, unbound },
          reason: `${unbound} bindings that went when it was replaced are not back yet`,
          risk: 'safe',
          reversible: true,
          changes: [],
        },
      ]

/** Short and repeatable: part of a binding's key. */
export const digestOf = (value: Json): string => createHash('sha256').update(canonical(value)).digest('hex').slice(0, 8)

export const keyText = (key: readonly string[]): string => JSON.stringify(key)

/** Everything that was found, or exactly the keys asked for: absent ones included. */
export const inScope = <O>(
  found: readonly (readonly [readonly string[], Observed<O>])[],
  scope: readonly (readonly string[])[] | 'all',
): readonly (readonly [readonly string[], Observed<O>])[] => {
  if (scope === 'all') return found
  const byKey = new Map(found.map(([key, have]) => [keyText(key), have]))
  return scope.map((key) => [key, byKey.get(keyText(key)) ?? { is: 'absent' }] as const)
}

/** What is not there: made when the spec wants it. */
export const creation = (want: Json | undefined): readonly Change[] =>
  want === undefined
    ? []
    : [{ verb: 'create', want, reads: null, reason: 'it is not there', risk: 'safe', reversible: true, changes: [] }]

/** Kinds whose value is set as a whole: made, changed in place, taken away. Pure. */
export function diffInPlace<V extends JsonObject>(
  want: V | undefined,
  have: Observed<V>,
  o: {
    /** Of a change in place. */
    readonly risk: Change['risk'] | ((from: V, to: V) => Change['risk'])
    readonly gone: Pick<Change, 'reason' | 'risk' | 'reversible'>
    readonly changes?: (from: V, to: V) => readonly FieldChange[]
  },
): readonly Change[] {
  if (have.is !== 'present') return creation(want)
  const reads = have.value
  if (want === undefined) return [{ verb: 'delete', want: null, reads, changes: [], ...o.gone }]
  const changes = (o.changes ?? fieldChanges)(reads, want)
  if (changes.length === 0) return []
  const reason = `${changes.map((change) => change.field).join(', ')} ${changes.length === 1 ? 'differs' : 'differ'}`
  const risk = typeof o.risk === 'string' ? o.risk : o.risk(reads, want)
  return [{ verb: 'update', want, reads, reason, risk, reversible: risk !== 'destructive', changes }]
}

/** What goes through Erlang's terms comes back with every empty table as an empty list. */
export const asStored = (value: Json): Json => {
  if (value === null || typeof value !== 'object') return value
  if (Array.isArray(value)) return value.map(asStored)
  const fields = Object.entries(value)
  return fields.length === 0 ? [] : Object.fromEntries(fields.map(([name, inner]) => [name, asStored(inner)]))
}
