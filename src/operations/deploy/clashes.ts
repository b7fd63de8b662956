import { type Address, printLocal } from '../../model/address.ts'
import type { Failure } from '../../model/failure.ts'
import type { Json } from '../../model/json.ts'
import type { Observed, Step } from '../../model/plan.ts'
import type { ClusterSpec } from '../../model/spec.ts'
import type { AnyKind, Clash, Standing } from '../../ports/kind.ts'
import { findCycle } from '../../engine/graph.ts'

type Seen = {
  readonly kind: AnyKind
  readonly observed: readonly (readonly [readonly string[], Observed<Json>])[]
}

/**
 * What the broker would refuse because of what is there now. What is not in the spec and stays: failures. What this plan
 * removes or changes: what is made or changed in its place waits until it has given way. Pure.
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
  const wanted = new Map(
    [...desired].flatMap(([kind, all]) => all.map(({ key, value }) => [printLocal({ kind, key }), value] as const)),
  )
  const touched = new Set(acting.map((step) => printLocal(step.address)))
  const standing = kinds.flatMap(({ kind, observed }) =>
    observed.flatMap(([key, have]): readonly Standing[] => {
      const becomes = wanted.get(printLocal({ kind: kind.name, key }))
      const one = { kind: kind.name, key, ...(becomes === undefined ? {} : { becomes }) }
      return have.is === 'present' ? [{ ...one, value: have.value }] : []
    }),
  )
  const clashesWith = (those: readonly Standing[]): readonly Found[] =>
    kinds.flatMap(({ kind }) => {
      const changed = (desired.get(kind.name) ?? []).filter(({ key }) =>
        touched.has(printLocal({ kind: kind.name, key })),
      )
      const paths = new Map(changed.map(({ key, path }) => [JSON.stringify(key), path]))
      return (kind.clashes?.(changed, those, spec) ?? [])
        .map((clash) => ({
          clash,
          address: { cluster: spec.name, kind: kind.name, key: clash.key },
          path: paths.get(JSON.stringify(clash.key)) ?? [],
        }))
        .filter(({ clash: { with: other }, address }) => printLocal(other) !== printLocal(address))
    })
  const moving = (one: Standing): boolean => touched.has(printLocal(one))
  const others = standing.filter((one) => one.becomes === undefined && !moving(one))
  const staying = clashesWith(others)
  // What is counted together counts what stays, too; only what moves can be waited for.
  const giving = clashesWith([...standing.filter(moving), ...others]).filter(({ clash }) =>
    touched.has(printLocal(clash.with)),
  )
  const files = new Set(seen.filter(({ kind: { via } }) => via === 'config').map(({ kind: { name } }) => name))
  const { steps: ordered, rings } = afterThose(steps, giving, files)
  return { steps: ordered, failures: firstOfEach([...staying.map(failureOf), ...rings.map(ringOf)]) }
}

type Found = { readonly clash: Clash; readonly address: Address; readonly path: Clash['path'] }

/** One reason is enough to refuse it. */
function firstOfEach(found: readonly (Failure & { readonly address: Address })[]): readonly Failure[] {
  const first = new Map<string, Failure>()
  for (const one of found) if (!first.has(printLocal(one.address))) first.set(printLocal(one.address), one)
  return [...first.values()]
}

const failureOf = ({ clash, address, path }: Found) => ({
  code: clash.code,
  summary: clash.summary,
  address,
  retryable: false,
  path: [...(path ?? []), ...(clash.path ?? [])],
  ...(clash.hint === undefined ? {} : { hint: clash.hint }),
})

const ringOf = (found: Found) => ({
  ...failureOf(found),
  code: 'MQOPS_SPEC_IMPOSSIBLE' as const,
  summary: `it takes what ${printLocal(found.clash.with)} has now, and that one waits for it in turn: no order of the two is taken`,
  hint: 'Take it away from one of them and apply, then give it to the other.',
})

/**
 * `rings`: what can't be had in any order. An order that the broker would do without gives way to one that it wants.
 * `files`: kinds that members read from their files: what these wait for, and all that it waits for in turn, comes before.
 */
function afterThose(
  steps: readonly Step[],
  found: readonly Found[],
  files: ReadonlySet<string>,
): { readonly steps: readonly Step[]; readonly rings: readonly Found[] } {
  if (found.length === 0) return { steps, rings: [] }
  const first = givingWay(steps)
  const waits = new Map<string, Set<string>>()
  for (const { clash, address } of found) {
    const id = first.get(printLocal(clash.with))
    if (id === undefined) continue
    const local = printLocal(address)
    const ids = waits.get(local)
    if (ids) ids.add(id)
    else waits.set(local, new Set([id]))
  }
  const locals = new Map(steps.map((step) => [step.id, printLocal(step.address)]))
  const waited = (id: string, by: Step): boolean => waits.get(locals.get(id) ?? '')?.has(by.id) ?? false
  const settled = steps.map((step) => {
    const ids = isDelete(step) ? undefined : waits.get(printLocal(step.address))
    const needs = step.needs.filter((id) => locals.get(id) === printLocal(step.address) || !waited(id, step))
    return ids === undefined && needs.length === step.needs.length
      ? step
      : { ...step, needs: [...new Set([...needs, ...(ids ?? [])])] }
  })
  const ordered = settled.reduce(
    (all, step) => (files.has(step.address.kind) && waits.has(printLocal(step.address)) ? last(all, step.id) : all),
    settled as readonly Step[],
  )
  const ring = new Set(circling(ordered).map((id) => locals.get(id)))
  return {
    steps: ring.size === 0 ? ordered : steps,
    rings: found.filter(({ clash, address }) => ring.has(printLocal(clash.with)) && ring.has(printLocal(address))),
  }
}

/** Nothing that the step waits for, directly or in turn, waits for it. */
function last(steps: readonly Step[], id: string): readonly Step[] {
  const byId = new Map(steps.map((step) => [step.id, step]))
  const before = new Set<string>()
  const add = (one: string): void => {
    if (one === id || before.has(one)) return
    before.add(one)
    byId.get(one)?.needs.forEach(add)
  }
  byId.get(id)?.needs.forEach(add)
  return steps.map((step) =>
    before.has(step.id) && step.needs.includes(id) ? { ...step, needs: step.needs.filter((of) => of !== id) } : step,
  )
}

/** Ids on a cycle, without those that only wait for it. */
function circling(steps: readonly Step[]): readonly string[] {
  const waiting = new Set(findCycle(steps))
  for (let size = -1; size !== waiting.size; ) {
    size = waiting.size
    const needed = new Set(steps.filter(({ id }) => waiting.has(id)).flatMap(({ needs }) => needs))
    for (const id of waiting) if (!needed.has(id)) waiting.delete(id)
  }
  return [...waiting]
}

/** By what is there now: the step that takes it away, or changes it. */
const givingWay = (steps: readonly Step[]): ReadonlyMap<string, string> =>
  new Map(
    [...steps]
      .reverse()
      .filter((step) => !step.action.endsWith('.adopt'))
      .toSorted((a, b) => Number(isDelete(a)) - Number(isDelete(b)))
      .map((step) => [printLocal(step.address), step.id]),
  )

const isDelete = (step: Step): boolean => step.action.endsWith('.delete')
