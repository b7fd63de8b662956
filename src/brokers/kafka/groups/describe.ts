import type { Group, GroupMember } from '../../../model/group.ts'
import type { Context } from '../../../ports/context.ts'
import { CONSUMER_PROTOCOL } from '../capabilities.ts'
import { answerOf } from '../errors.ts'
import { api, itemError } from '../protocol.ts'
import type { KafkaSession } from '../session.ts'
import { askCoordinators, mustBeFine, refusal } from './coordinators.ts'

/** A group as ListGroups has it. */
type Listed = { readonly name: string; readonly protocol: string; readonly state: string }

/** Protocol types that keep more than offsets, and are described by requests of their own. */
const OTHER_TYPES = ['share', 'streams'] as const
const otherType = (protocol: string) => OTHER_TYPES.find((type) => type === protocol)

/** Every group that this user may see; each broker tells of those that it coordinates. */
export async function listGroups(
  session: KafkaSession,
  ctx: Context,
): Promise<{ readonly groups: readonly Group[]; readonly silent: readonly string[] }> {
  const answers = await session.everyBroker((connection) => api.listGroups(connection, [], []), ctx)
  const listed = [...answers.values()].flatMap(({ groups }) =>
    groups.map((group): Listed => ({ name: group.groupId, protocol: group.protocolType, state: group.groupState })),
  )
  const others = listed.flatMap(({ name, protocol, state }): readonly Group[] => {
    const type = otherType(protocol)
    return type ? [{ name, type, state, members: null }] : []
  })
  const usual = listed.filter(({ protocol }) => !otherType(protocol)).map(({ name }) => name)
  const described = await describe(session, [...new Set(usual)], ctx)
  const silent = session.nodes
    .filter(({ id, role }) => role === 'broker' && !answers.has(id))
    .map(({ id }) => `kafka-${id}`)
  const groups = [...described, ...others].sort((a, b) => (a.name < b.name ? -1 : 1))
  return { groups, silent }
}

/** null: its coordinator does not know it. */
export async function findGroup(session: KafkaSession, name: string, ctx: Context): Promise<Group | null> {
  const [found] = await describe(session, [name], ctx)
  if (found) return found
  // Share and streams groups are nobody's to the requests above.
  const listed = await askCoordinators(
    session,
    [name],
    async (node) => (await session.askAt(node, (connection) => api.listGroups(connection, [], []), ctx)).groups,
    ctx,
  )
  const other = listed.find((group) => group.groupId === name)
  const type = otherType(other?.protocolType ?? '')
  return other && type ? { name, type, state: other.groupState, members: null } : null
}

/** Those that exist, classic and of the new protocol. */
async function describe(session: KafkaSession, names: readonly string[], ctx: Context): Promise<readonly Group[]> {
  if (names.length === 0) return []
  const classic = await askCoordinators(
    session,
    names,
    async (node, own) => {
      const answer = await session.askAt(
        node,
        (connection) => answerOf(api.describeGroups(connection, [...own], false)),
        ctx,
      )
      return answer.groups.map((group) => {
        mustBeFine(`group ${group.groupId}`, group.errorCode, null)
        return group
      })
    },
    ctx,
  )
  // The coordinator calls a group dead that it does not know, or that is of another type.
  const dead = classic.filter(({ groupState }) => groupState === 'Dead').map(({ groupId }) => groupId)
  const ofNew = session.capabilities.has(CONSUMER_PROTOCOL) ? await describeNew(session, dead, ctx) : []
  return [
    ...classic
      .filter(({ groupState }) => groupState !== 'Dead')
      .map(
        (group): Group => ({
          name: group.groupId,
          type: 'classic',
          state: group.groupState,
          members: group.members.map((m) => member(m.memberId, m.clientId, m.clientHost, m.groupInstanceId)),
        }),
      ),
    ...ofNew,
  ]
}

async function describeNew(session: KafkaSession, names: readonly string[], ctx: Context): Promise<readonly Group[]> {
  if (names.length === 0) return []
  return askCoordinators(
    session,
    names,
    async (node, own) => {
      const answer = await session.askAt(
        node,
        (connection) => answerOf(api.consumerGroupDescribe(connection, [...own], false)),
        ctx,
      )
      return answer.groups.flatMap((group): readonly Group[] => {
        const error = itemError(group.errorCode, group.errorMessage)
        if (error?.id === 'GROUP_ID_NOT_FOUND') return []
        if (error) throw refusal(`group ${group.groupId}`, error)
        const members = group.members.map((m) => member(m.memberId, m.clientId, m.clientHost, m.instanceId))
        return [{ name: group.groupId, type: 'consumer', state: group.groupState, members }]
      })
    },
    ctx,
  )
}

/** Kafka prints hosts as Java does: '/10.0.0.7'. */
const member = (id: string, clientId: string, host: string, instance: string | null | undefined): GroupMember => ({
  id,
  clientId,
  host: host.replace(/^\//, ''),
  ...(instance ? { instance } : {}),
})
