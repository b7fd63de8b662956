import { type Address, printLocal } from '../../model/address.ts'
import type { Failure } from '../../model/failure.ts'
import type { Step } from '../../model/plan.ts'
import type { ClusterSpec } from '../../model/spec.ts'
import type { Staying } from '../../ports/kind.ts'
import type { KindSeen } from './resources.ts'

/** What would be refused because of things that this plan neither makes nor removes. Pure. */
export function clashesOf(spec: ClusterSpec, seen: readonly KindSeen[], steps: readonly Step[]): readonly Failure[] {
  const kinds = seen.filter(({ kind }) => kind.clashes)
  if (kinds.length === 0 || steps.length === 0) return []
  const touched = new Set(
    steps.filter((step) => !step.action.endsWith('.adopt')).map((step) => printLocal(step.address)),
  )
  const desired = new Map(kinds.map(({ kind }) => [kind.name, kind.desired(spec)]))
  const wanted = new Set([...desired].flatMap(([kind, all]) => all.map(({ key }) => printLocal({ kind, key }))))
  const staying = kinds.flatMap(({ kind, observed }) =>
    observed.flatMap(([key, have]): readonly Staying[] => {
      const local = printLocal({ kind: kind.name, key })
      return have.is === 'present' && !wanted.has(local) && !touched.has(local)
        ? [{ kind: kind.name, key, value: have.value }]
        : []
    }),
  )
  if (staying.length === 0) return []
  return kinds.flatMap(({ kind }) => {
    const changed = (desired.get(kind.name) ?? []).filter(({ key }) =>
      touched.has(printLocal({ kind: kind.name, key })),
    )
    const paths = new Map(changed.map(({ key, path }) => [JSON.stringify(key), path]))
    return (kind.clashes?.(changed, staying) ?? []).map(({ key, path = [], ...clash }): Failure => {
      const address: Address = { cluster: spec.name, kind: kind.name, key }
      return { ...clash, address, retryable: false, path: [...(paths.get(JSON.stringify(key)) ?? []), ...path] }
    })
  })
}
