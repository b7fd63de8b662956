import type { Commit, GroupMember, Log } from '../../src/model/group.ts'
import { failed, type Outcome, yes } from '../../src/model/plan.ts'
import type { Groups } from '../../src/ports/groups.ts'
import type { FakeSession } from './fake-session.ts'

/** A partition's log: timestamps of its records; the first `deleted` of them are gone. */
export type FakeLog = { readonly times: number[]; deleted: number; leaderless?: boolean }
export type FakeGroup = {
  readonly type: 'classic' | 'consumer' | 'share' | 'streams'
  members: GroupMember[]
  /** By 'topic-partition'. */
  readonly offsets: Map<string, Commit>
}

/** Groups of a simulated cluster, as the port tells of them. */
export function fakeGroups(session: FakeSession): Groups {
  const { groups, logs } = session.cluster
  const asGroup = (name: string, group: FakeGroup) => ({
    name,
    type: group.type,
    state: group.members.length > 0 ? 'Stable' : 'Empty',
    members: group.type === 'share' || group.type === 'streams' ? null : group.members,
  })
  return {
    list: async () => {
      await session.call('groups.list')
      const all = [...groups].map(([name, group]) => asGroup(name, group))
      return { groups: all.sort((a, b) => (a.name < b.name ? -1 : 1)), silent: [] }
    },
    find: async (name) => {
      await session.call('groups.find')
      const group = groups.get(name)
      return group ? asGroup(name, group) : null
    },
    committed: async (names) => {
      await session.call('groups.committed')
      return new Map(names.map((name) => [name, [...(groups.get(name)?.offsets.values() ?? [])]]))
    },
    settled: async (name, partitions) => {
      await session.call('groups.settled')
      const offsets = groups.get(name)?.offsets
      return partitions.flatMap((p) => offsets?.get(`${p.topic}-${p.partition}`) ?? [])
    },
    logs: async (topics) => {
      await session.call('groups.logs')
      return new Map(
        topics.map((topic) => [
          topic,
          logs
            .get(topic)
            ?.map(
              (log, partition): Log =>
                log.leaderless
                  ? { topic, partition, start: 0, end: 0, problem: 'it has no leader' }
                  : { topic, partition, start: log.deleted, end: log.times.length },
            ) ?? null,
        ]),
      )
    },
    since: async (partitions, time) => {
      await session.call('groups.since')
      return partitions.map(({ topic, partition }) => {
        const log = logs.get(topic)?.[partition]
        const found = log?.times.findIndex((at, offset) => offset >= log.deleted && at >= time) ?? -1
        return found < 0 ? null : found
      })
    },
    commit: async (name, commits) => {
      const group = groups.get(name) ?? { type: 'classic' as const, members: [], offsets: new Map() }
      groups.set(name, group)
      const outcomes: Outcome[] = []
      for (const commit of commits) {
        await session.call(`commit ${commit.topic}-${commit.partition}`) // a fault here leaves the request half done
        if (group.members.length > 0)
          outcomes.push(failed({ code: 'MQOPS_GROUP_ACTIVE', summary: 'it has members', retryable: false }))
        else {
          group.offsets.set(`${commit.topic}-${commit.partition}`, commit)
          outcomes.push(yes)
        }
      }
      return outcomes
    },
  }
}
