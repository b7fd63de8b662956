import type { Failure } from '../model/failure.ts'
import { printLocal } from '../model/address.ts'
import type { Json } from '../model/json.ts'
import { failed, type Loss, notYet, type Observed, type Outcome, type Step, yes } from '../model/plan.ts'
import type { Action, ClusterWorld, World } from '../ports/action.ts'
import type { AnyKind, Change, Verb } from '../ports/kind.ts'
import type { OwnerRecord } from '../ports/session.ts'
import { digest } from './digest.ts'
import { lossesNow, lossGrown } from './losses.ts'
import { claimedBy, otherOwner } from './owners.ts'
import { secretDigests } from './secrets.ts'

/** What a resource step carries: enough to act and to verify after a crash, without the spec. */
export type ResourceArgs = {
  readonly key: readonly string[]
  readonly want: Json
  readonly uid: string | null
  /** The spec that it is taken over from, as the plan said it. */
  readonly from?: string
}

export const resourceArgs = (step: Step): ResourceArgs => step.args as unknown as ResourceArgs

const isFailure = (value: readonly Change[] | Failure): value is Failure => !Array.isArray(value)

/**
 * A kind's actions. `done` is "diff is empty and it is ours", `guard` is "what the plan read is still so", `act` claims,
 * acts and (after a delete) forgets: the same for every kind of every broker.
 */
export function kindActions(kind: AnyKind): readonly Action[] {
  if (kind.via === 'config') return [configAction(kind)]
  return (['create', 'update', 'delete', 'adopt'] as const).map((verb) => ({
    name: `${kind.action}.${verb}`,
    maxBatch: kind.maxBatch,
    exclusive: 'address' as const,
    deadlineMs: 120_000,
    done: (steps, world) => resourceDone(kind, verb, steps, world),
    guard: (steps, world, resumed) => resourceGuard(kind, verb, steps, world, resumed),
    act: (steps, world) => resourceAct(kind, verb, steps, world),
    ...(kind.takeBack ? { takeBack: (steps, world) => resourceTakeBack(kind, steps, world) } : {}),
  }))
}

async function resourceTakeBack(kind: AnyKind, steps: readonly Step[], world: World): Promise<readonly Outcome[]> {
  const cluster = clusterOf(steps, world)
  return kind.takeBack?.(itemsOf(steps), await cluster.session(), cluster.ctx) ?? []
}

/** `owned`: our record of it. `other`: the spec that claims it, when that is not ours. */
type Seen = {
  readonly have: Observed<Json>
  readonly owned: OwnerRecord | undefined
  readonly other: string | null
}

async function observe(kind: AnyKind, steps: readonly Step[], cluster: ClusterWorld): Promise<readonly Seen[]> {
  const session = await cluster.session()
  const keys = steps.map((step) => resourceArgs(step).key)
  const [listed, owners] = await Promise.all([
    kind.list(session, keys, cluster.ctx),
    session.ownership.read(cluster.ctx),
  ])
  const byKey = new Map(listed.map(([key, have]) => [JSON.stringify(key), have]))
  return steps.map((step, i) => {
    const record = owners.get(printLocal(step.address))
    const other = otherOwner(record, cluster.spec.name)
    const have = byKey.get(JSON.stringify(keys[i])) ?? { is: 'absent' as const }
    return { have, owned: other === null ? record : undefined, other }
  })
}

const clusterOf = (steps: readonly Step[], world: World): ClusterWorld =>
  world.cluster((steps[0] as Step).address.cluster)

/** What diff says of a resource now; `adopt` is added when it fits but isn't ours yet. */
async function changesNow(
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

async function resourceDone(
  kind: AnyKind,
  verb: Verb,
  steps: readonly Step[],
  world: World,
): Promise<readonly Outcome[]> {
  const cluster = clusterOf(steps, world)
  const seen = await observe(kind, steps, cluster)
  return Promise.all(
    steps.map(async (step, i): Promise<Outcome> => {
      const { have, owned } = seen[i] as Seen
      if (have.is === 'unknown') return notYet(have.why)
      if (verb === 'delete') {
        const gone = have.is === 'absent' || (resourceArgs(step).uid !== null && have.uid !== resourceArgs(step).uid)
        if (!gone) return notYet('still there')
        return owned === undefined || have.is === 'present' ? yes : notYet('still recorded as ours')
      }
      if (have.is === 'absent') return notYet('not there yet')
      if (owned === undefined) return notYet('not recorded as ours yet')
      if (verb === 'adopt') return yes
      const changes = await changesNow(kind, step, seen[i] as Seen, cluster)
      if (isFailure(changes)) return failed(changes)
      return changes.length === 0 ? yes : notYet(changes.map((change) => change.reason).join('; '))
    }),
  )
}

async function resourceGuard(
  kind: AnyKind,
  verb: Verb,
  steps: readonly Step[],
  world: World,
  resumed: ReadonlySet<string>,
): Promise<readonly Outcome[]> {
  const cluster = clusterOf(steps, world)
  const seen = await observe(kind, steps, cluster)
  const losses =
    verb === 'delete' ? await lossesNow(kind, steps, await cluster.session(), cluster.ctx) : new Map<string, Loss>()
  return Promise.all(
    steps.map(async (step, i): Promise<Outcome> => {
      const { have, owned, other } = seen[i] as Seen
      if (have.is === 'unknown') return notYet(have.why)
      if (have.is === 'present' && have.owner.by === 'other') {
        return failed({
          code: 'MQOPS_OWNED_BY_OTHER',
          summary: `${have.owner.name} owns it now`,
          address: step.address,
          retryable: false,
          hint: 'Wait until it has finished, then plan again.',
        })
      }
      const taken = verb === 'adopt' && other === resourceArgs(step).from
      if (have.is === 'present' && other !== null && !taken) return failed(claimedBy(other, step.address))
      if (verb === 'adopt' && have.is === 'absent') return failed(gone(step))
      // Its own act, begun before a crash, has changed what was read: that is no staleness.
      if (resumed.has(step.id) || verb === 'adopt') return yes
      if (verb === 'delete' && have.is === 'absent') return yes
      const changes = await changesNow(kind, step, seen[i] as Seen, cluster)
      if (isFailure(changes)) return failed(changes)
      const grown = lossGrown(step, losses.get(step.id))
      if (grown) return failed(grown)
      // Already as wanted, and nobody's: it is only claimed, as a plan made now would say.
      if (verb !== 'delete' && changes.length === 0 && owned === undefined) return yes
      if (changes.some((change) => change.verb === verb && digest(change.reads) === step.reads)) return yes
      return failed({
        code: 'MQOPS_STALE',
        summary: 'it was changed by someone else after the plan was made',
        detail: changes.length === 0 ? 'nothing is left to do' : changes.map((change) => change.reason).join('; '),
        address: step.address,
        retryable: false,
        hint: 'Look at the new difference: mqops plan',
      })
    }),
  )
}

const gone = (step: Step): Failure => ({
  code: 'MQOPS_STALE',
  summary: 'it was removed by someone else after the plan was made',
  address: step.address,
  retryable: false,
  hint: 'Look at the new difference: mqops plan',
})

const itemsOf = (steps: readonly Step[]) =>
  steps.map((step) => {
    const { key, want } = resourceArgs(step)
    return { step, key, want, changes: step.changes }
  })

async function resourceAct(
  kind: AnyKind,
  verb: Verb,
  steps: readonly Step[],
  world: World,
): Promise<readonly Outcome[]> {
  const cluster = clusterOf(steps, world)
  const session = await cluster.session()
  const records = await Promise.all(
    steps.map(async (step): Promise<readonly [string, OwnerRecord | null]> => {
      const secret = await secretDigests(
        kind,
        resourceArgs(step).key,
        resourceArgs(step).want,
        undefined,
        null,
        cluster,
      )
      const { from } = resourceArgs(step)
      const record: OwnerRecord = {
        spec: cluster.spec.name,
        ...(from === undefined ? {} : { from }),
        ...(secret?.wanted ? { secret: secret.wanted } : {}),
      }
      return [printLocal(step.address), verb === 'delete' ? null : record]
    }),
  )
  // A create is claimed first: a crash between the two leaves a claim on nothing, never a thing that nobody claims.
  // An update's record (the digest of the new password) must not be there before the password is.
  if (verb === 'create' || verb === 'adopt') await session.ownership.write(new Map(records), cluster.ctx)
  if (verb === 'adopt') return steps.map(() => yes)
  const outcomes = await kind.act(verb, itemsOf(steps), session, cluster.ctx)
  if (verb !== 'create') {
    const accepted = records.filter((_, i) => outcomes[i]?.is === 'yes')
    if (accepted.length > 0) await session.ownership.write(new Map(accepted), cluster.ctx)
  }
  return outcomes
}

/**
 * Kinds that live in the members' files: `member.reload` puts the files in place, this step sees that each running
 * member has taken this resource up.
 */
function configAction(kind: AnyKind): Action {
  const done = async (steps: readonly Step[], world: World): Promise<readonly Outcome[]> => {
    const cluster = clusterOf(steps, world)
    const states = await cluster.target.observe(
      (await cluster.nodes()).map((node) => node.member),
      cluster.ctx,
    )
    const running = states.map(
      (state) =>
        new Map(
          (kind.configured?.(state.running?.files ?? {}) ?? []).map(([key, have]) => [JSON.stringify(key), have]),
        ),
    )
    return steps.map((step): Outcome => {
      const { key, want } = resourceArgs(step)
      const behind = running.filter((of) => {
        const changes = kind.diff(want === null ? undefined : want, of.get(JSON.stringify(key)) ?? { is: 'absent' }, {
          address: step.address,
          capabilities: new Set(),
        })
        return isFailure(changes) || changes.length > 0
      })
      return behind.length === 0 ? yes : notYet(`${behind.length} members have not taken it up`)
    })
  }
  return {
    name: `${kind.action}.configure`,
    maxBatch: 10_000,
    exclusive: 'address',
    deadlineMs: 60_000,
    done,
    guard: async (steps) => steps.map(() => yes),
    act: async (steps) => steps.map(() => yes),
  }
}
