import { printLocal } from '../model/address.ts'
import { notYet, type Outcome, type Step, yes } from '../model/plan.ts'
import type { Action, ClusterWorld, World } from '../ports/action.ts'
import type { AnyKind, Verb } from '../ports/kind.ts'
import type { OwnerRecord } from '../ports/session.ts'
import { resourceJudged } from './resource-guard.ts'
import { clusterOf, isAnother, isFailure, resourceArgs, resourceDone, resourceSettled } from './resource-state.ts'
import { secretDigests } from './secrets.ts'

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
    guard: async (steps, world, resumed) =>
      (await resourceJudged(kind, verb, steps, world, resumed)).map(({ outcome }) => outcome),
    act: (steps, world) => resourceAct(kind, verb, steps, world),
    settled: (steps, world) => resourceSettled(kind, verb, steps, world),
    ...(verb === 'create' ? { givenUp: unclaim } : {}),
    ...(kind.takeBack ? { takeBack: (steps, world) => resourceTakeBack(kind, steps, world) } : {}),
  }))
}

async function resourceTakeBack(kind: AnyKind, steps: readonly Step[], world: World): Promise<readonly Outcome[]> {
  const cluster = clusterOf(steps, world)
  return kind.takeBack?.(itemsOf(steps), await cluster.session(), cluster.ctx) ?? []
}

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
  if (verb === 'delete') return resourceDelete(kind, steps, world)
  const cluster = clusterOf(steps, world)
  const session = await cluster.session()
  const records = new Map(await Promise.all(steps.map((step) => recordOf(kind, step, cluster))))
  // A create is claimed first: a crash between the two leaves a claim on nothing, never a thing that nobody claims.
  // An update's record (the digest of the new password) must not be there before the password is.
  if (verb === 'create' || verb === 'adopt') await session.ownership.write(records, cluster.ctx)
  if (verb === 'adopt') return steps.map(() => yes)
  const outcomes = await kind.act(verb, itemsOf(steps), session, cluster.ctx)
  if (verb === 'update') {
    const accepted = new Map([...records].filter((_, i) => outcomes[i]?.is === 'yes'))
    if (accepted.size > 0) await session.ownership.write(accepted, cluster.ctx)
  }
  return outcomes
}

async function recordOf(kind: AnyKind, step: Step, cluster: ClusterWorld): Promise<readonly [string, OwnerRecord]> {
  const { key, want, from } = resourceArgs(step)
  const secret = await secretDigests(kind, key, want, undefined, null, cluster)
  const record: OwnerRecord = {
    spec: cluster.spec.name,
    ...(from === undefined ? {} : { from }),
    ...(secret?.wanted ? { secret: secret.wanted } : {}),
  }
  return [printLocal(step.address), record]
}

/**
 * Looked at once more, since no broker deletes only what is still as it was: then it takes away the incarnations that the
 * plan showed, and forgets them. What somebody else has made since is left alone.
 */
async function resourceDelete(kind: AnyKind, steps: readonly Step[], world: World): Promise<readonly Outcome[]> {
  const cluster = clusterOf(steps, world)
  const session = await cluster.session()
  const judged = await resourceJudged(kind, 'delete', steps, world, new Set())
  const going = judged.filter(({ step, seen, outcome }) => outcome.is === 'yes' && !isAnother(step, seen.have))
  const items = itemsOf(going.map(({ step }) => step))
  const acted = items.length === 0 ? [] : await kind.act('delete', items, session, cluster.ctx)
  const outcomes = judged.map((one) => acted[going.indexOf(one)] ?? one.outcome)
  const gone = steps.filter((_, i) => outcomes[i]?.is === 'yes')
  if (gone.length > 0)
    await session.ownership.write(new Map(gone.map((step) => [printLocal(step.address), null])), cluster.ctx)
  return outcomes
}

/** What could not be made must not be recorded as ours: what stands there is somebody else's. */
async function unclaim(steps: readonly Step[], world: World): Promise<void> {
  const { session, ctx } = clusterOf(steps, world)
  await (await session()).ownership.write(new Map(steps.map((step) => [printLocal(step.address), null])), ctx)
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
