import { printLocal } from '../../model/address.ts'
import type { Failure } from '../../model/failure.ts'
import type { Json } from '../../model/json.ts'
import type { Observed, Step } from '../../model/plan.ts'
import type { ClusterSpec } from '../../model/spec.ts'
import type { AnyKind, Change } from '../../ports/kind.ts'

type Seen = {
  readonly kind: AnyKind
  readonly observed: readonly (readonly [readonly string[], Observed<Json>])[]
}

/** `changes`: in place of what was planned for it. A failure: it is not ours to stop. */
export type Restart =
  | { readonly kind: AnyKind; readonly key: readonly string[]; readonly changes: readonly Change[] }
  | { readonly failure: Failure }

/**
 * What makes a thing by itself whenever it is not there (a shovel its queues) would have it back before it is made again
 * as the spec says: it goes first, and comes back after. Pure. `steps`: what is planned so far.
 */
export function restartsOf(
  spec: ClusterSpec,
  seen: readonly Seen[],
  steps: readonly Step[],
  isOurs: (local: string) => boolean,
): readonly Restart[] {
  const going = new Set(steps.filter((step) => step.action.endsWith('.delete')).map((step) => printLocal(step.address)))
  if (going.size === 0) return []
  return seen.flatMap(({ kind, observed }) => {
    if (!kind.declares) return []
    const wanted = new Map(kind.desired(spec).map(({ key, value }) => [JSON.stringify(key), value]))
    return observed.flatMap(([key, have]): readonly Restart[] => {
      const local = printLocal({ kind: kind.name, key })
      if (have.is !== 'present' || going.has(local)) return []
      const made = kind.declares?.(key, have.value) ?? []
      const again = made.map(([of = '', ...rest]) => printLocal({ kind: of, key: rest })).find((one) => going.has(one))
      if (again === undefined) return []
      const want = wanted.get(JSON.stringify(key))
      if (want !== undefined) return [{ kind, key, changes: restart(want, have.value, again) }]
      return isOurs(local) ? [] : [{ failure: standsInTheWay(spec, kind, key, again) }]
    })
  })
}

const restart = (want: Json, reads: Json, again: string): readonly Change[] => [
  {
    verb: 'delete',
    want: null,
    reads,
    reason: `${again} is removed, and it would make that again by itself: it is taken away first`,
    risk: 'disruptive',
    reversible: true,
    changes: [],
  },
  {
    verb: 'create',
    want,
    reads: null,
    reason: 'made again after that',
    risk: 'safe',
    reversible: true,
    changes: [],
  },
]

const standsInTheWay = (spec: ClusterSpec, kind: AnyKind, key: readonly string[], again: string): Failure => ({
  code: 'MQOPS_CLASH',
  summary: `${again} can't be removed: it would be made again by this, which mqops did not make`,
  address: { cluster: spec.name, kind: kind.name, key },
  retryable: false,
  hint: 'Take it away first, or make it part of the spec: then mqops stops it meanwhile.',
})
