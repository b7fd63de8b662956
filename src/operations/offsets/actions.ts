import { MqopsError, type Failure } from '../../model/failure.ts'
import { type Group, printPartition } from '../../model/group.ts'
import { failed, notYet, type Outcome, type Step, yes } from '../../model/plan.ts'
import type { Action, ClusterWorld, World } from '../../ports/action.ts'
import type { Groups } from '../../ports/groups.ts'
import { effectOf } from './moves.ts'
import { addressOf, groupsOf, KILLED, observe, type Observed, refusalOf } from './observe.ts'
import { ACTION, outsideOf, resetArgs } from './steps.ts'

/** Sets offsets of groups that nobody reads in. A batch is of one cluster; its groups are asked one after another. */
export const offsetsActions: readonly Action[] = [
  {
    name: ACTION,
    maxBatch: 1000,
    exclusive: 'address',
    deadlineMs: 60_000,
    done: (steps, world) => byGroup(steps, world, committedNow, (step, at) => differenceOf(step, at, notYet)),
    settled: (steps, world) =>
      byGroup(steps, world, committedNow, (step, at) => differenceOf(step, at, (why) => failed(overtaken(why)))),
    guard: (steps, world, resumed) =>
      byGroup(steps, world, standingNow, (step, seen, cluster) => guardOf(step, seen, cluster, resumed.has(step.id))),
    act: (steps, world) =>
      byGroup(steps, world, sent, (step, { outcomes, group }, cluster) => {
        const worst = outcomes.get(step.id) ?? yes
        if (worst.is !== 'failed' || worst.error.code !== 'MQOPS_GROUP_ACTIVE' || !group) return worst
        return failed(goOn(refusalOf(group, cluster.spec.name) ?? worst.error))
      }),
  },
]

type Offsets = ReadonlyMap<string, number>
type Own = { readonly group: string; readonly steps: readonly Step[]; readonly groups: Groups }

/** One outcome for each step, in order, from one reading of each group. */
async function byGroup<R>(
  steps: readonly Step[],
  world: World,
  read: (own: Own, cluster: ClusterWorld) => Promise<R>,
  judge: (step: Step, read: R, cluster: ClusterWorld) => Outcome,
): Promise<readonly Outcome[]> {
  const cluster = world.cluster((steps[0] as Step).address.cluster)
  const groups = await groupsOf(cluster)
  const outcomes = new Map<string, Outcome>()
  for (const [group, own] of Map.groupBy(steps, (step) => resetArgs(step).group)) {
    const seen = await read({ group, steps: own, groups }, cluster)
    for (const step of own) outcomes.set(step.id, judge(step, seen, cluster))
  }
  return steps.map((step) => outcomes.get(step.id) as Outcome)
}

async function committedNow({ group, groups, steps }: Own, cluster: ClusterWorld): Promise<Offsets> {
  const partitions = steps.flatMap((step) => {
    const { topic, moves } = resetArgs(step)
    return moves.map(({ partition }) => ({ topic, partition }))
  })
  const commits = await groups.settled(group, partitions, cluster.ctx)
  return new Map(commits.map((commit) => [printPartition(commit), commit.offset]))
}

const standingNow = ({ group, groups, steps }: Own, cluster: ClusterWorld): Promise<Observed | null> =>
  observe(
    groups,
    group,
    steps.map((step) => resetArgs(step).topic),
    cluster,
  )

/** 'yes' when every partition has the offset that was asked for. */
function differenceOf(step: Step, at: Offsets, otherwise: (why: string) => Outcome): Outcome {
  const { topic, moves } = resetArgs(step)
  const other = moves.find(({ partition, to }) => at.get(printPartition({ topic, partition })) !== to)
  if (!other) return yes
  const now = at.get(printPartition({ topic, partition: other.partition }))
  return otherwise(`partition ${other.partition} is at ${now ?? 'no offset'}, not at ${other.to}`)
}

const overtaken = (why: string): Failure => ({
  code: 'MQOPS_STALE',
  summary: `it was set, and somebody has committed since: ${why}`,
  retryable: false,
  hint: 'Stop who reads in the group, then ask again.',
})

const goOn = (failure: Failure): Failure => ({
  ...failure,
  hint: `Stop them, then go on with: mqops resume. ${KILLED}`,
})

/** Nobody reads, the group stands where the plan found it, and the log still has what is asked for. */
export function guardOf(step: Step, seen: Observed | null, cluster: ClusterWorld, resumed: boolean): Outcome {
  const { group, topic, moves } = resetArgs(step)
  const stale = (summary: string): Outcome =>
    failed({
      code: 'MQOPS_STALE',
      summary,
      address: addressOf(cluster.spec.name, group, topic),
      retryable: false,
      hint: 'Nothing was set. Ask again to see what it would do now.',
    })
  if (!seen) return stale('the group is gone')
  const refused = refusalOf(seen.group, cluster.spec.name)
  if (refused) return failed(goOn(refused))
  const standings = new Map((seen.topics.get(topic) ?? []).map((one) => [one.partition, one]))
  let skips = 0
  for (const { partition, from, to } of moves) {
    const standing = standings.get(partition)
    if (!standing) return stale(`partition ${partition} is gone`)
    const outside = outsideOf(standing, to)
    if (outside !== null) return stale(outside)
    // Its own act, begun before a crash, may have set some of them.
    if (standing.committed !== from && !(resumed && standing.committed === to))
      return stale(
        `somebody has committed since the plan was made: partition ${partition} is at ${standing.committed ?? 'no offset'}, the plan found ${from ?? 'none'}`,
      )
    skips += effectOf(standing, to).skips
  }
  const planned = step.loses?.messages ?? 0
  return skips <= planned ? yes : stale(`${skips} records would be skipped now, the plan said ${planned}`)
}

type Sent = { readonly outcomes: ReadonlyMap<string, Outcome>; readonly group: Group | null }

/** All topics of the group in one request; a step is as good as its worst partition. */
async function sent({ group, groups, steps }: Own, cluster: ClusterWorld): Promise<Sent> {
  const commits = steps.flatMap((step) => {
    const { topic, moves } = resetArgs(step)
    return moves.map(({ partition, to }) => ({ step: step.id, commit: { topic, partition, offset: to } }))
  })
  const answers = await groups.commit(
    group,
    commits.map(({ commit }) => commit),
    cluster.ctx,
  )
  if (answers.length !== commits.length)
    throw new MqopsError({ code: 'MQOPS_INTERNAL', summary: `${answers.length} answers for ${commits.length} offsets` })
  const outcomes = new Map<string, Outcome>()
  for (const [i, { step }] of commits.entries()) {
    const answer = answers[i] as Outcome
    if (answer.is !== 'yes' && !outcomes.has(step)) outcomes.set(step, answer)
  }
  const active = [...outcomes.values()].some((one) => one.is === 'failed' && one.error.code === 'MQOPS_GROUP_ACTIVE')
  return { outcomes, group: active ? await groups.find(group, cluster.ctx) : null }
}
