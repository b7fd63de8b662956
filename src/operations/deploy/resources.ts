import { type Address, parseLocal, printLocal } from '../../model/address.ts'
import type { Failure } from '../../model/failure.ts'
import type { Json } from '../../model/json.ts'
import type { Note, Observed, Step } from '../../model/plan.ts'
import type { ClusterSpec } from '../../model/spec.ts'
import type { AnyKind, Change, SecretDigests } from '../../ports/kind.ts'
import type { OwnerRecord } from '../../ports/session.ts'
import { claimedBy, splitOwners, standsFor } from '../../engine/owners.ts'
import { settleClashes } from './clashes.ts'
import { type Restart, restartsOf } from './declarers.ts'
import { toStep } from './steps.ts'

/** What was seen of one kind in one cluster. */
export type KindSeen = {
  readonly kind: AnyKind
  readonly observed: readonly (readonly [readonly string[], Observed<Json>])[]
  /** By JSON of the key: the state of write-only fields. */
  readonly secrets: ReadonlyMap<string, SecretDigests>
  /** This user may not read the kind at all. */
  readonly unreadable?: Failure
}

export type ResourcePlan = {
  readonly steps: readonly Step[]
  readonly notes: readonly Note[]
  readonly failures: readonly Failure[]
}

/**
 * Steps for everything inside a cluster, kind by kind. Pure. `ground`: ids of the member steps that all of them wait for.
 * Removed from the spec and ours: a planned delete. Not ours: a note, and left alone. Unknown: a failure, never "create".
 * A kind that this user may not read: one failure, if the spec has any of it. Owned by another spec of this cluster and
 * wanted here: a failure, or claimed when `adopts` says so.
 */
export function planResources(
  spec: ClusterSpec,
  all: readonly KindSeen[],
  owners: ReadonlyMap<string, OwnerRecord>,
  capabilities: ReadonlySet<string>,
  ground: readonly string[],
  adopts: (address: Address) => boolean = () => false,
): ResourcePlan {
  const { ours: owned, others } = splitOwners(owners, spec.name)
  const notes: Note[] = []
  const failures: Failure[] = []
  const byKind = new Map<string, Step[]>()
  const lasts = new Set<string>() // ids of steps that wait for what is done to all that needs theirs
  const seen = all.filter(({ unreadable }) => unreadable === undefined)
  for (const { kind, unreadable } of all) {
    if (unreadable === undefined) continue
    const address: Address = { cluster: spec.name, kind: kind.name, key: [] }
    if (kind.desired(spec).length === 0 && ownedKeys(kind, owned).length === 0)
      notes.push({ address, kind: 'unknown', text: `can't be read: ${unreadable.summary}` })
    else failures.push({ ...unreadable, address })
  }
  const known = new Set<string>() // printed keys of everything that is there or wanted
  for (const one of seen) {
    const steps: Step[] = []
    byKind.set(one.kind.name, steps)
    const desired = new Map(one.kind.desired(spec).map((d) => [JSON.stringify(d.key), d]))
    const observed = new Map(one.observed.map(([key, have]) => [JSON.stringify(key), { key, have }]))
    const keys = new Set([...desired.keys(), ...observed.keys()])
    for (const text of keys) {
      const want = desired.get(text)
      const { key, have } = observed.get(text) ?? { key: want?.key ?? [], have: { is: 'absent' as const } }
      const at: Address = { cluster: spec.name, kind: one.kind.name, key }
      const local = printLocal(at)
      const record = owned.get(local)
      const ours = one.kind.via === 'config' || (record !== undefined && standsFor(record, have))
      if (want || have.is !== 'absent') known.add(local)
      if (have.is === 'unknown') {
        failures.push({
          code: 'MQOPS_UNKNOWN_STATE',
          summary: `can't be read: ${have.why}`,
          address: at,
          retryable: true,
          ...(want ? { path: want.path } : {}),
          hint: 'Nothing is planned for what can not be seen.',
        })
        continue
      }
      if (have.is === 'present' && have.owner.by === 'other') {
        notes.push({ address: at, kind: 'other-owner', text: `${have.owner.name} owns it: left alone` })
        continue
      }
      const other = have.is === 'present' || want ? others.get(local) : undefined
      if (other !== undefined) {
        if (!want) notes.push({ address: at, kind: 'other-owner', text: `the spec "${other}" owns it: left alone` })
        else if (!adopts(at)) {
          const lost = owners.get(local)?.from === spec.name
          failures.push({ ...claimedBy(other, at, lost), path: want.path })
        }
        if (!want || !adopts(at)) continue
      }
      if (!want && !ours) {
        if (record !== undefined) steps.push(forgotten(one.kind, at, ground, record.uid))
        notes.push({ address: at, kind: 'unmanaged', text: 'not made by mqops and not in the spec: left alone' })
        continue
      }
      const secret = one.secrets.get(text)
      const changes = one.kind.diff(want?.value, have, { address: at, capabilities, ...(secret ? { secret } : {}) })
      if (!Array.isArray(changes)) {
        const failure = changes as Failure
        failures.push({ address: at, ...failure, ...(want ? { path: [...want.path, ...(failure.path ?? [])] } : {}) })
      } else {
        const uid = have.is === 'present' ? (have.uid ?? null) : null
        const claim = want && have.is === 'present' && !ours
        const complete = [
          // With more to come its record can't say yet that the password is as wanted.
          ...(claim ? [adoption(changes.length === 0 ? want.value : null, other)] : []),
          ...(changes as readonly Change[]),
        ]
        let previous: string[] = []
        for (const change of complete) {
          const step = toStep(one.kind, at, change, uid, [...ground, ...previous], claim ? other : undefined)
          const removes = !want && change.verb === 'delete' && !one.kind.isSetting
          const made = removes ? { ...step, removes: true as const } : step
          if (change.last) lasts.add(made.id)
          previous = [made.id] // a replace: the create waits for its delete
          steps.push(made)
        }
      }
    }
  }
  for (const [text] of owned) if (!known.has(text)) forgetGone(text, seen, byKind, spec, ground)
  const planned = [...byKind.values()].flat()
  for (const one of restartsOf(spec, seen, planned, (local) => owned.has(local))) {
    if ('failure' in one) failures.push(one.failure)
    else restart(spec, one, byKind.get(one.kind.name) ?? [], ground)
  }
  const ordered = order(
    seen.map((s) => s.kind),
    byKind,
    lasts,
    spec,
  )
  const settled = settleClashes(spec, seen, ordered)
  return { steps: settled.steps, notes, failures: [...failures, ...settled.failures] }
}

/** In place of its steps, but for its adoption. */
function restart(
  spec: ClusterSpec,
  one: Extract<Restart, { changes: unknown }>,
  steps: Step[],
  ground: readonly string[],
): void {
  const at: Address = { cluster: spec.name, kind: one.kind.name, key: one.key }
  const local = printLocal(at)
  const isAdoption = (step: Step) => step.action.endsWith('.adopt')
  const mine = steps.filter((step) => printLocal(step.address) === local)
  let previous = mine.filter(isAdoption).map(({ id }) => id)
  for (const step of mine) if (!isAdoption(step)) steps.splice(steps.indexOf(step), 1)
  for (const change of one.changes) {
    const step = toStep(one.kind, at, change, null, [...ground, ...previous])
    previous = [step.id]
    steps.push(step)
  }
}

const adoption = (want: Json, other?: string): Change => ({
  verb: 'adopt',
  want,
  reads: { owner: other ?? null },
  reason: `the spec names it, it exists and ${other === undefined ? 'nobody' : `the spec "${other}"`} owns it: mqops takes it over`,
  risk: 'safe',
  reversible: true,
  changes: [],
})

/** Keys of this kind that the cluster records as ours. */
export const ownedKeys = (kind: AnyKind, owned: ReadonlyMap<string, OwnerRecord>): readonly (readonly string[])[] =>
  [...owned.keys()].flatMap((text) => {
    if (!text.startsWith(`${kind.name}/`)) return [] // most are of other kinds: not taken apart for each of them
    const local = parseLocal(text)
    return local?.kind === kind.name ? [local.key] : []
  })

/** `anotherThan`: the incarnation that was ours, where somebody else has made another one since, which is left alone. */
const forgotten = (kind: AnyKind, at: Address, ground: readonly string[], anotherThan?: string): Step =>
  toStep(
    kind,
    at,
    {
      verb: 'delete',
      want: null,
      reads: null,
      reason:
        anotherThan === undefined
          ? 'it is gone already: forget that it was ours'
          : 'somebody else has removed it and made another one, which is left alone: forget that it was ours',
      risk: 'safe',
      reversible: true,
      changes: [],
    },
    anotherThan ?? null,
    ground,
  )

/** A claim on something that is gone and not wanted any more is a leftover of a crash or of a foreign delete. */
function forgetGone(
  text: string,
  seen: readonly KindSeen[],
  byKind: Map<string, Step[]>,
  spec: ClusterSpec,
  ground: readonly string[],
): void {
  const local = parseLocal(text)
  const one = seen.find((s) => s.kind.name === local?.kind)
  if (!local || !one || one.kind.via === 'config') return
  const at: Address = { cluster: spec.name, ...local }
  byKind.get(one.kind.name)?.push(forgotten(one.kind, at, ground))
}

const neededBy = (kind: AnyKind, step: Step, spec: ClusterSpec): readonly (readonly string[])[] =>
  kind.needs?.(step.address.key, (step.args as { readonly want: Json }).want, spec) ?? []

/** Creates wait for the kinds they stand on, deletes for the kinds that stand on them, but for what goes along with them. */
function order(
  kinds: readonly AnyKind[],
  byKind: ReadonlyMap<string, readonly Step[]>,
  lasts: ReadonlySet<string>,
  spec: ClusterSpec,
): readonly Step[] {
  const isDelete = (step: Step) => step.action.endsWith('.delete')
  const idsByAddress = new Map<string, string[]>()
  for (const step of [...byKind.values()].flat()) {
    if (isDelete(step) || lasts.has(step.id)) continue
    const local = printLocal(step.address)
    idsByAddress.set(local, [...(idsByAddress.get(local) ?? []), step.id])
  }
  const deletes = new Map(kinds.map((kind) => [kind, (byKind.get(kind.name) ?? []).filter(isDelete)]))
  const removed = new Map<string, string>() // what goes for good: ids of its deletes
  for (const { id, address, removes } of [...deletes.values()].flat()) if (removes) removed.set(printLocal(address), id)
  const takenAlong = (kind: AnyKind, { address, removes }: Step): readonly string[] =>
    removes ? (kind.goesWith?.(address.key) ?? []).map(([of, ...key]) => printLocal({ kind: of as string, key })) : []
  const firstGone = new Map<string, string[]>() // by what stands under them: ids of the deletes that it waits for
  for (const [kind, steps] of deletes)
    for (const step of steps)
      for (const [of, ...key] of kind.standsOn?.(step.address.key) ?? []) {
        const { id } = step
        const local = printLocal({ kind: of as string, key })
        if (removed.has(local) && takenAlong(kind, step).includes(local)) continue
        const ids = firstGone.get(local)
        if (ids) ids.push(id)
        else firstGone.set(local, [id])
      }
  const resting = new Map<string, string[]>() // by what they need or stand on: ids of all steps
  for (const kind of lasts.size === 0 ? [] : kinds)
    for (const step of byKind.get(kind.name) ?? [])
      for (const [of, ...key] of (isDelete(step) ? kind.standsOn?.(step.address.key) : neededBy(kind, step, spec)) ??
        []) {
        const local = printLocal({ kind: of as string, key })
        resting.set(local, [...(resting.get(local) ?? []), step.id])
      }
  return kinds.flatMap((kind) =>
    (byKind.get(kind.name) ?? []).map((step) => {
      if (step.action.endsWith('.adopt')) return step // what is only claimed stands already
      if (lasts.has(step.id)) return withNeeds(step, resting.get(printLocal(step.address)) ?? [])
      const extra = isDelete(step)
        ? kinds
            .filter((other) => other.after.includes(kind.name) && !other.standsOn)
            .flatMap((other) => (deletes.get(other) ?? []).map((s) => s.id))
            .concat(firstGone.get(printLocal(step.address)) ?? [])
            .concat(takenAlong(kind, step).flatMap((local) => removed.get(local) ?? []))
        : kind.needs
          ? neededBy(kind, step, spec).flatMap(
              ([of, ...key]) => idsByAddress.get(printLocal({ kind: of as string, key })) ?? [],
            )
          : kind.after.flatMap((name) => (byKind.get(name) ?? []).filter((s) => !isDelete(s)).map((s) => s.id))
      return withNeeds(step, extra)
    }),
  )
}

const withNeeds = (step: Step, more: readonly string[]): Step =>
  more.length === 0 ? step : { ...step, needs: [...new Set([...step.needs, ...more])] }
