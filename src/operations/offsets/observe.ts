import { address, type Address } from '../../model/address.ts'
import { MqopsError, type Failure } from '../../model/failure.ts'
import { type Group, type GroupMember, type Log, printPartition } from '../../model/group.ts'
import type { ClusterWorld } from '../../ports/action.ts'
import type { Groups } from '../../ports/groups.ts'
import type { Standing } from './moves.ts'

/** A group and where it stands in some topics, read at one moment. By topic: null where there is none. */
export type Observed = { readonly group: Group; readonly topics: ReadonlyMap<string, readonly Standing[] | null> }

export const addressOf = (cluster: string, group: string, ...topic: string[]): Address =>
  address(cluster, 'group', group, ...topic)

/** Throws MQOPS_NOT_SUPPORTED for a broker that keeps no offsets of groups, without asking it. */
export async function groupsOf(world: ClusterWorld): Promise<Groups> {
  const { broker, spec } = world
  if (!broker.groups)
    throw new MqopsError({
      code: 'MQOPS_NOT_SUPPORTED',
      summary: `not with ${broker.kind}: it has no consumer groups whose offsets could be set`,
      address: address(spec.name, 'cluster'),
    })
  return broker.groups(await world.session())
}

/**
 * `topics` null: those that the group has offsets for. null: there is no such group. 'settled': open transactions that
 * commit there are waited for; 'seen': as it is at this moment.
 */
export async function observe(
  groups: Groups,
  name: string,
  topics: readonly string[] | null,
  { ctx }: ClusterWorld,
  how: 'settled' | 'seen' = 'settled',
): Promise<Observed | null> {
  const group = await groups.find(name, ctx)
  if (!group) return null
  if (ownOffsets(group)) return { group, topics: new Map() }
  const all = topics && how === 'settled' ? [] : ((await groups.committed([name], ctx)).get(name) ?? [])
  const logs = await groups.logs(topics ?? [...new Set(all.map((commit) => commit.topic))].sort(), ctx)
  const partitions = [...logs.values()].flatMap((own) => own ?? [])
  const commits = how === 'settled' ? await groups.settled(name, partitions, ctx) : all
  return { group, topics: join(logs, new Map(commits.map((commit) => [printPartition(commit), commit.offset]))) }
}

const join = (
  logs: ReadonlyMap<string, readonly Log[] | null>,
  committed: ReadonlyMap<string, number>,
): Observed['topics'] =>
  new Map(
    [...logs].map(([topic, all]) => [
      topic,
      all?.map((log) => ({ ...log, committed: committed.get(printPartition(log)) ?? null })) ?? null,
    ]),
  )

export const KILLED = 'One that was killed counts until its session has timed out.'

/** Types of groups whose place in a log is more than one offset. */
const ownOffsets = (group: Group): boolean => group.type === 'share' || group.type === 'streams'

/** Why the offsets of this group can't be set by anybody, or not now; null: they can. */
export function refusalOf(group: Group, cluster: string): Failure | null {
  const at = addressOf(cluster, group.name)
  if (ownOffsets(group))
    return {
      code: 'MQOPS_NOT_SUPPORTED',
      summary: `it is a ${group.type} group: where it stands is more than an offset for each partition`,
      address: at,
      retryable: false,
      hint: "Use the broker's own tool for groups of this type.",
    }
  const members = group.members ?? []
  const count = members.length
  if (count === 0) return null
  return {
    code: 'MQOPS_GROUP_ACTIVE',
    summary: `it is read by ${count} member${count === 1 ? '' : 's'} now (${group.state})`,
    detail: membersText(members),
    address: at,
    retryable: false,
    hint: `Stop them first. ${KILLED}`,
  }
}

const SHOWN = 10

/** One member a line: client id, host, and its static name. */
function membersText(members: readonly GroupMember[]): string {
  const lines = members
    .slice(0, SHOWN)
    .map((m) => `${m.clientId} on ${m.host}${m.instance === undefined ? '' : ` (${m.instance})`}`)
  return [...lines, ...(members.length > SHOWN ? [`and ${members.length - SHOWN} more`] : [])].join('\n')
}

export async function unknownGroup(groups: Groups, name: string, world: ClusterWorld): Promise<Failure> {
  const near = (await groups.list(world.ctx)).groups.map((group) => group.name).filter((one) => isNear(one, name))
  return {
    code: 'MQOPS_GROUP_UNKNOWN',
    summary: `there is no group "${name}"`,
    ...(near.length === 0 ? {} : { detail: `there are: ${near.slice(0, SHOWN).join(', ')}` }),
    address: addressOf(world.spec.name, name),
    retryable: false,
    hint: `See the groups: mqops offsets ${world.spec.name}`,
  }
}

export const unknownTopic = (at: Address): Failure => ({
  code: 'MQOPS_TOPIC_UNKNOWN',
  summary: `there is no topic "${at.key.at(-1)}"`,
  address: at,
  retryable: false,
})

const isNear = (one: string, name: string): boolean => {
  const [a, b] = [one.toLowerCase(), name.toLowerCase()]
  return a.includes(b) || b.includes(a) || a.startsWith(b.slice(0, 3))
}
