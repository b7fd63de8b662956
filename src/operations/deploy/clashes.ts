import { type Address, printLocal } from '../../model/address.ts'
import type { Failure } from '../../model/failure.ts'
import type { Json } from '../../model/json.ts'
import type { Observed, Step } from '../../model/plan.ts'
import type { ClusterSpec } from '../../model/spec.ts'
import type { AnyKind, Clash, Standing } from '../../ports/kind.ts'

type Seen = {
  readonly kind: AnyKind
  readonly observed: readonly (readonly [readonly string[], Observed<Json>])[]
}

/**
 * What the broker would refuse because of things that are not in the spec. Those that stay: failures. Those that this plan
 * removes: what is made or changed in their place waits until they are gone. Pure.
 */
export function settleClashes(
  spec: ClusterSpec,
  seen: readonly Seen[],
  steps: readonly Step[],
): { readonly steps: readonly Step[]; readonly failures: readonly Failure[] } {
  const kinds = seen.filter(({ kind }) => kind.clashes)
  const acting = steps.filter((step) => !step.action.endsWith('.adopt'))
  if (kinds.length === 0 || acting.length === 0) return { steps, failures: [] }
  const desired = new Map(kinds.map(({ kind }) => [kind.name, kind.desired(spec)]))
  const wanted = new Set([...desired].flatMap(([kind, all]) => all.map(({ key }) => printLocal({ kind, key }))))
  const touched = new Set(acting.map((step) => printLocal(step.address)))
  const others = kinds.flatMap(({ kind, observed }) =>
    observed.flatMap(([key, have]): readonly Standing[] =>
      have.is === 'present' && !wanted.has(printLocal({ kind: kind.name, key }))
        ? [{ kind: kind.name, key, value: have.value }]
        : [],
    ),
  )
  const clashesWith = (those: readonly Standing[]) =>
    kinds.flatMap(({ kind }) => {
      const changed = (desired.get(kind.name) ?? []).filter(({ key }) =>
        touched.has(printLocal({ kind: kind.name, key })),
      )
      const paths = new Map(changed.map(({ key, path }) => [JSON.stringify(key), path]))
      return (kind.clashes?.(changed, those) ?? []).map((clash) => ({
        clash,
        address: { cluster: spec.name, kind: kind.name, key: clash.key },
        path: paths.get(JSON.stringify(clash.key)) ?? [],
      }))
    })
  const isGoing = (one: Standing): boolean => touched.has(printLocal(one))
  const staying = clashesWith(others.filter((one) => !isGoing(one)))
  const going = clashesWith(others.filter(isGoing))
  return { steps: after(steps, going), failures: firstOfEach(staying).map(failureOf) }
}

type Found = { readonly clash: Clash; readonly address: Address; readonly path: Clash['path'] }

/** One reason is enough to refuse it. */
const firstOfEach = (found: readonly Found[]): readonly Found[] => [
  ...new Map([...found].reverse().map((one) => [printLocal(one.address), one])).values(),
]

const failureOf = ({ clash, address, path }: Found): Failure => ({
  code: clash.code,
  summary: clash.summary,
  address,
  retryable: false,
  path: [...(path ?? []), ...(clash.path ?? [])],
  ...(clash.hint === undefined ? {} : { hint: clash.hint }),
})

function after(steps: readonly Step[], found: readonly Found[]): readonly Step[] {
  if (found.length === 0) return steps
  const gone = new Map(steps.filter(isDelete).map((step) => [printLocal(step.address), step.id]))
  const waits = new Map<string, string[]>()
  for (const { clash, address } of found) {
    const id = gone.get(printLocal(clash.with))
    const local = printLocal(address)
    if (id !== undefined) waits.set(local, [...(waits.get(local) ?? []), id])
  }
  return steps.map((step) => {
    const ids = isDelete(step) ? undefined : waits.get(printLocal(step.address))
    return ids === undefined ? step : { ...step, needs: [...new Set([...step.needs, ...ids])] }
  })
}

const isDelete = (step: Step): boolean => step.action.endsWith('.delete')
