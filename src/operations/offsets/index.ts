import { MqopsError } from '../../model/failure.ts'
import { type Group, printPartition } from '../../model/group.ts'
import type { ClusterWorld } from '../../ports/action.ts'
import type { Standing } from './moves.ts'
import { addressOf, groupsOf, observe, unknownGroup, unknownTopic } from './observe.ts'

export { offsetsActions } from './actions.ts'
export type { Standing, Target } from './moves.ts'
export type { OffsetsAsk } from './choose.ts'
export { OPERATION, planOffsets, planRequested } from './plan.ts'

/** `lag` null: not known (a share group, a partition that can't be read). `topics`: with a committed offset. */
export type GroupSummary = Group & { readonly topics: number; readonly lag: number | null }
export type GroupList = { readonly groups: readonly GroupSummary[]; readonly silent: readonly string[] }
/** `gone`: topics that the group has offsets for, and that are no more. */
export type GroupStanding = Group & {
  readonly partitions: readonly (Standing & { readonly lag: number | null })[]
  readonly gone: readonly string[]
}

/** Records between a committed offset and the log's end, by offsets, as Kafka's own tools count; null: not known. */
export const lagOf = ({ committed, end, problem }: Pick<Standing, 'committed' | 'end' | 'problem'>): number | null =>
  committed === null || problem !== undefined ? null : Math.max(0, end - committed)

/** Every group with its lag. Reads only. */
export async function listGroups(world: ClusterWorld): Promise<GroupList> {
  const groups = await groupsOf(world)
  const { groups: all, silent } = await groups.list(world.ctx)
  const usual = all.filter(({ type }) => type === 'classic' || type === 'consumer').map(({ name }) => name)
  const committed = await groups.committed(usual, world.ctx)
  const topics = [...new Set([...committed.values()].flat().map(({ topic }) => topic))]
  const logs = await groups.logs(topics, world.ctx)
  const byPartition = new Map([...logs.values()].flatMap((own) => (own ?? []).map((log) => [printPartition(log), log])))
  return {
    silent,
    groups: all.map((group) => {
      // Offsets of topics that are gone lag behind nothing.
      const commits = (committed.get(group.name) ?? []).filter(({ topic }) => logs.get(topic))
      const lags = commits.map((commit) => {
        const log = byPartition.get(printPartition(commit))
        return log ? lagOf({ ...log, committed: commit.offset }) : null
      })
      const known = committed.has(group.name) && !lags.includes(null)
      return {
        ...group,
        topics: new Set(commits.map(({ topic }) => topic)).size,
        lag: known ? lags.reduce<number>((sum, lag) => sum + (lag ?? 0), 0) : null,
      }
    }),
  }
}

/** Where a group stands; `topics` empty: in all that it has offsets for. Reads only. Throws MQOPS_GROUP_UNKNOWN, MQOPS_TOPIC_UNKNOWN. */
export async function standingOf(world: ClusterWorld, name: string, topics: readonly string[]): Promise<GroupStanding> {
  const groups = await groupsOf(world)
  const seen = await observe(groups, name, topics.length > 0 ? topics : null, world, 'seen')
  if (!seen) throw new MqopsError(await unknownGroup(groups, name, world))
  const unknown = topics.find((topic) => seen.topics.get(topic) === null)
  if (unknown !== undefined) throw new MqopsError(unknownTopic(addressOf(world.spec.name, name, unknown)))
  return {
    ...seen.group,
    partitions: [...seen.topics.values()].flatMap((all) => (all ?? []).map((one) => ({ ...one, lag: lagOf(one) }))),
    gone: [...seen.topics].flatMap(([topic, all]) => (all ? [] : [topic])),
  }
}
