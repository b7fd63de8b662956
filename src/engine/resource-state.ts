import type { Failure } from '../model/failure.ts'
import { printLocal } from '../model/address.ts'
import type { Json } from '../model/json.ts'
import { failed, notYet, type Observed, type Outcome, type Step, yes } from '../model/plan.ts'
import type { ClusterWorld, World } from '../ports/action.ts'
import type { AnyKind, Change, Verb } from '../ports/kind.ts'
import type { OwnerRecord } from '../ports/session.ts'
import { digest } from './digest.ts'
import { otherOwner, standsFor } from './owners.ts'
import { secretDigests } from './secrets.ts'

/** What a resource step carries: enough to act and to verify after a crash, without the spec. */
export type ResourceArgs = {
  readonly key: readonly string[]
  readonly want: Json
  /** Of a delete: the incarnation that the plan showed, where the broker tells one from the next. */
  readonly uid: string | null
  /** The spec that it is taken over from, as the plan said it. */
  readonly from?: string
}

export const resourceArgs = (step: Step): ResourceArgs => step.args as unknown as ResourceArgs

export const isFailure = (value: readonly Change[] | Failure): value is Failure => !Array.isArray(value)

export const clusterOf = (steps: readonly Step[], world: World): ClusterWorld =>
  world.cluster((steps[0] as Step).address.cluster)

/**
 * `record`: what the cluster records of its name as ours. `owned`: the same, if it is of the incarnation that stands
 * there. `other`: the spec that claims it, when that is not ours.
 */
export type Seen = {
  readonly have: Observed<Json>
  readonly record: OwnerRecord | undefined
  readonly owned: OwnerRecord | undefined
  readonly other: string | null
}

export async function observe(kind: AnyKind, steps: readonly Step[], cluster: ClusterWorld): Promise<readonly Seen[]> {
  const session = await cluster.session()
  const keys = steps.map((step) => resourceArgs(step).key)
  const [listed, owners] = await Promise.all([
    kind.list(session, keys, cluster.ctx),
    session.ownership.read(cluster.ctx),
  ])
  const byKey = new Map(listed.map(([key, have]) => [JSON.stringify(key), have]))
  return steps.map((step, i) => {
    const found = owners.get(printLocal(step.address))
    const other = otherOwner(found, cluster.spec.name)
    const have = byKey.get(JSON.stringify(keys[i])) ?? { is: 'absent' as const }
    const record = other === null ? found : undefined
    return { have, record, owned: record && standsFor(record, have) ? record : undefined, other }
  })
}

/** The incarnation that a delete was planned for has gone, and somebody else made what stands there now. */
export const isAnother = (step: Step, have: Observed<Json>): boolean =>
  have.is === 'present' && resourceArgs(step).uid !== null && have.uid !== resourceArgs(step).uid

/** What diff says of a resource now; `adopt` is added when it fits but isn't ours yet. */
export async function changesNow(
  kind: AnyKind,
  step: Step,
  seen: Seen,
  cluster: ClusterWorld,
): Promise<readonly Change[] | Failure> {
  const { key, want } = resourceArgs(step)
  const session = await cluster.session()
  const there = seen.have.is === 'present' ? session : null
  const secret = await secretDigests(kind, key, want, seen.owned, there, cluster)
  return kind.diff(want === null ? undefined : want, seen.have, {
    address: step.address,
    capabilities: session.capabilities,
    ...(secret ? { secret } : {}),
  })
}

export async function resourceDone(
  kind: AnyKind,
  verb: Verb,
  steps: readonly Step[],
  world: World,
): Promise<readonly Outcome[]> {
  const cluster = clusterOf(steps, world)
  const seen = await observe(kind, steps, cluster)
  return Promise.all(steps.map((step, i) => standing(kind, verb, step, seen[i] as Seen, cluster)))
}

/**
 * Asked after the act. What stands there and is neither as before nor as wanted is somebody else's doing: the act was
 * accepted, so it need not be waited for until the deadline. And what stands is recorded with its incarnation.
 */
export async function resourceSettled(
  kind: AnyKind,
  verb: Verb,
  steps: readonly Step[],
  world: World,
): Promise<readonly Outcome[]> {
  const cluster = clusterOf(steps, world)
  const seen = await observe(kind, steps, cluster)
  const outcomes = await Promise.all(
    steps.map(async (step, i): Promise<Outcome> => {
      const outcome = await standing(kind, verb, step, seen[i] as Seen, cluster)
      if (outcome.is !== 'not-yet' || kind.readsLate) return outcome
      const contested = await contestedBy(kind, verb, step, seen[i] as Seen, cluster)
      return contested ? { ...outcome, contested } : outcome
    }),
  )
  if (verb !== 'delete') await recordIncarnations(steps, seen, outcomes, cluster)
  return outcomes
}

async function standing(kind: AnyKind, verb: Verb, step: Step, seen: Seen, cluster: ClusterWorld): Promise<Outcome> {
  const { have, record, owned } = seen
  if (have.is === 'unknown') return notYet(have.why)
  if (verb === 'delete') {
    if (have.is === 'present' && !isAnother(step, have)) return notYet('still there')
    // What somebody else made under its name must not pass for ours.
    const itsOwn = have.is === 'present' && have.uid !== undefined && record?.uid === have.uid
    return record !== undefined && !itsOwn ? notYet('still recorded as ours') : yes
  }
  if (have.is === 'absent') return notYet('not there yet')
  if (owned === undefined) return notYet('not recorded as ours yet')
  if (verb === 'adopt') return yes
  const changes = await changesNow(kind, step, seen, cluster)
  if (isFailure(changes)) return failed(changes)
  return changes.length === 0 ? yes : notYet(changes.map((change) => change.reason).join('; '))
}

async function contestedBy(
  kind: AnyKind,
  verb: Verb,
  step: Step,
  seen: Seen,
  cluster: ClusterWorld,
): Promise<Failure | null> {
  const { have } = seen
  if (have.is === 'unknown' || (verb === 'delete' && have.is === 'absent')) return null
  if (have.is === 'absent') return meanwhile(step, 'removed by someone else', 'it was accepted, and is not there')
  if (verb === 'adopt') return null
  const changes = await changesNow(kind, step, seen, cluster)
  if (isFailure(changes) || changes.length === 0) return null
  const asBefore = (change: Change) => change.verb === verb && digest(change.reads) === step.reads
  // A create was decided on nothing: whatever differs was not there, or has been changed.
  if (verb !== 'create' && changes.some(asBefore)) return null
  return meanwhile(step, 'changed by someone else', changes.map((change) => change.reason).join('; '))
}

const meanwhile = (step: Step, what: string, detail: string): Failure => ({
  code: 'MQOPS_STALE',
  summary: `it was ${what} while the plan was applied`,
  detail,
  address: step.address,
  retryable: false,
  hint: 'Look at the new difference: mqops plan',
})

/** So that what a foreign tool makes anew under the same name is told from what mqops made. */
async function recordIncarnations(
  steps: readonly Step[],
  seen: readonly Seen[],
  outcomes: readonly Outcome[],
  cluster: ClusterWorld,
): Promise<void> {
  const records = new Map<string, OwnerRecord>()
  for (const [i, step] of steps.entries()) {
    const { have, owned } = seen[i] as Seen
    if (outcomes[i]?.is !== 'yes' || have.is !== 'present' || !owned || have.uid === undefined) continue
    if (owned.uid !== have.uid) records.set(printLocal(step.address), { ...owned, uid: have.uid })
  }
  if (records.size > 0) await (await cluster.session()).ownership.write(records, cluster.ctx)
}
