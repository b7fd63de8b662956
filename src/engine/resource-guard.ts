import type { Failure } from '../model/failure.ts'
import { failed, type Loss, notYet, type Outcome, type Step, yes } from '../model/plan.ts'
import type { ClusterWorld, World } from '../ports/action.ts'
import type { AnyKind, Unmeasured, Verb } from '../ports/kind.ts'
import { digest } from './digest.ts'
import { lossesNow, lossGrown } from './losses.ts'
import { claimedBy } from './owners.ts'
import { changesNow, clusterOf, isAnother, isFailure, observe, resourceArgs, type Seen } from './resource-state.ts'

/** Each step with whether it may act now: what the plan read must still be so. */
export async function resourceJudged(
  kind: AnyKind,
  verb: Verb,
  steps: readonly Step[],
  world: World,
  resumed: ReadonlySet<string>,
): Promise<readonly { readonly step: Step; readonly seen: Seen; readonly outcome: Outcome }[]> {
  const cluster = clusterOf(steps, world)
  const losses =
    verb === 'delete' ? await lossesNow(kind, steps, await cluster.session(), cluster.ctx) : new Map<string, never>()
  const seen = await observe(kind, steps, cluster) // last: nothing stands between this look and what follows it
  return Promise.all(
    steps.map(async (step, i) => {
      const one = seen[i] as Seen
      const outcome =
        refusedByOwner(verb, step, one) ??
        (await unchanged(kind, verb, step, one, losses.get(step.id), cluster, resumed.has(step.id)))
      return { step, seen: one, outcome }
    }),
  )
}

function refusedByOwner(verb: Verb, step: Step, { have, other }: Seen): Outcome | null {
  if (have.is === 'unknown') return notYet(have.why)
  if (have.is !== 'present') return null
  if (have.owner.by === 'other') {
    return failed({
      code: 'MQOPS_OWNED_BY_OTHER',
      summary: `${have.owner.name} owns it now`,
      address: step.address,
      retryable: false,
      hint: 'Wait until it has finished, then plan again.',
    })
  }
  const taken = verb === 'adopt' && other === resourceArgs(step).from
  return other !== null && !taken ? failed(claimedBy(other, step.address)) : null
}

async function unchanged(
  kind: AnyKind,
  verb: Verb,
  step: Step,
  seen: Seen,
  loss: Loss | Unmeasured | undefined,
  cluster: ClusterWorld,
  resumed: boolean,
): Promise<Outcome> {
  const { have, owned } = seen
  if (verb === 'adopt') return have.is === 'absent' ? failed(stale(step, 'removed')) : yes
  // Nothing is deleted then: it is only forgotten that the one which has gone was ours.
  if (verb === 'delete' && (have.is === 'absent' || isAnother(step, have))) return yes
  if (verb === 'delete' && owned === undefined) return failed(stale(step, 'taken out of what mqops has made'))
  // Its own act, begun before a crash, has changed what was read: that is no staleness. A delete is never half done.
  if (resumed && verb !== 'delete') return yes
  const changes = await changesNow(kind, step, seen, cluster)
  if (isFailure(changes)) return failed(changes)
  if (loss && 'unknown' in loss) return notYet(loss.unknown)
  const grown = lossGrown(step, loss)
  if (grown) return failed(grown)
  // Already as wanted, and nobody's: it is only claimed, as a plan made now would say.
  if (verb !== 'delete' && changes.length === 0 && owned === undefined) return yes
  const asPlanned = changes.some((change) => change.verb === verb && digest(change.reads) === step.reads)
  // To a replacement's create what stands there is not what its delete took away.
  if (asPlanned && !(verb === 'create' && have.is === 'present')) return yes
  const detail = changes.length === 0 ? 'nothing is left to do' : changes.map((change) => change.reason).join('; ')
  return failed({ ...stale(step, 'changed'), detail })
}

const stale = (step: Step, what: string): Failure => ({
  code: 'MQOPS_STALE',
  summary: `it was ${what} by someone else after the plan was made`,
  address: step.address,
  retryable: false,
  hint: 'Look at the new difference: mqops plan',
})
