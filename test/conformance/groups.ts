import { expect } from 'vitest'
import type { Commit } from '../../src/model/group.ts'
import { connectionOf } from '../../src/operations/access/index.ts'
import type { ClusterWorld } from '../../src/ports/action.ts'
import type { Context } from '../../src/ports/context.ts'
import type { Groups } from '../../src/ports/groups.ts'
import { ended, plainClient } from '../e2e/project.ts'
import type { FakeCluster } from '../support/fake-cluster.ts'

/** What happens around groups besides us. The topic has two partitions, and nothing in them yet. */
export type Around = {
  readonly topic: string
  /** So many records into each partition, one a second from this time on (ms). */
  fill(each: number, from: number): Promise<void>
  /** As a client that is nobody's member. */
  commit(group: string, offsets: Readonly<Record<number, number>>): Promise<void>
  /** Resolves when it has partitions; then with how to leave. */
  join(group: string, protocol: 'classic' | 'consumer'): Promise<() => Promise<void>>
}

export function aroundFake(cluster: FakeCluster, topic: string): Around {
  const logs = [0, 1].map(() => ({ times: [] as number[], deleted: 0 }))
  cluster.logs.set(topic, logs)
  const groupOf = (name: string, type: 'classic' | 'consumer') => {
    const group = cluster.groups.get(name) ?? { type, members: [], offsets: new Map() }
    cluster.groups.set(name, group)
    return group
  }
  return {
    topic,
    fill: async (each, from) => {
      for (const log of logs) log.times.push(...Array.from({ length: each }, (_, i) => from + i * 1000))
    },
    commit: async (name, offsets) => {
      const group = groupOf(name, 'classic')
      for (const [partition, offset] of Object.entries(offsets))
        group.offsets.set(`${topic}-${partition}`, { topic, partition: Number(partition), offset })
    },
    join: async (name, protocol) => {
      const group = groupOf(name, protocol)
      group.members = [{ id: 'm', clientId: 'plain-member', host: '127.0.0.1' }]
      return async () => {
        group.members = []
      }
    },
  }
}

export async function aroundKafka(world: ClusterWorld, topic: string): Promise<Around> {
  const connection = await connectionOf(world, { user: null, secrets: true }, async () => '')
  const client = (verb: string, resource: object) =>
    plainClient(verb, 'Kafka', [], { ...connection, resource: { topic, ...resource } })
  const done = async (verb: string, resource: object) => {
    const ran = await ended(client(verb, resource))
    expect(ran.code, ran.stdout).toBe(0)
  }
  return {
    topic,
    fill: (each, from) => done('stamp', { partitions: 2, each, from }),
    commit: (group, offsets) => done('commit', { group, offsets }),
    join: async (group, protocol) => {
      const member = client('hold', { group, protocol })
      const end = ended(member)
      await new Promise((resolve) => member.stdout?.once('data', resolve)) // it has partitions
      return async () => {
        member.stdin?.end()
        expect((await end).code).toBe(0)
      }
    },
  }
}

/** Groups, logs and offsets as they are, whoever made them; and no commit beside members. */
export async function groupsHold(groups: Groups, again: Groups, around: Around, ctx: Context): Promise<void> {
  const { topic } = around
  const from = ctx.now() - 3_600_000
  expect(await groups.find('nobody', ctx)).toBe(null)
  expect((await groups.committed(['nobody'], ctx)).get('nobody')).toEqual([])
  expect(await groups.logs(['nothing'], ctx)).toEqual(new Map([['nothing', null]]))

  await around.fill(10, from)
  const logs = [0, 1].map((partition) => ({ topic, partition, start: 0, end: 10 }))
  expect(await groups.logs([topic, 'nothing'], ctx)).toEqual(
    new Map([
      [topic, logs],
      ['nothing', null],
    ]),
  )
  const both = [1, 0].map((partition) => ({ topic, partition }))
  expect(await groups.since(both, from + 2500, ctx)).toEqual([3, 3])
  expect(await groups.since(both, from - 1, ctx)).toEqual([0, 0])
  expect(await groups.since([...both, ...both], from + 9001, ctx)).toEqual([null, null, null, null])

  await around.commit('billing', { 0: 4 })
  expect(await groups.find('billing', ctx)).toEqual({ name: 'billing', type: 'classic', state: 'Empty', members: [] })
  const seen = async (of: Groups) => (await of.committed(['billing', 'nobody'], ctx)).get('billing')
  expect(await seen(groups)).toEqual([{ topic, partition: 0, offset: 4 }])
  expect(await groups.settled('billing', both, ctx)).toEqual([{ topic, partition: 0, offset: 4 }])
  expect(await groups.settled('billing', [{ topic, partition: 1 }], ctx)).toEqual([])
  const wanted = [
    { topic, partition: 1, offset: 0 },
    { topic, partition: 0, offset: 10 },
  ]
  expect(await groups.commit('billing', wanted, ctx)).toEqual([{ is: 'yes' }, { is: 'yes' }])
  const byPartition = (commits: readonly Commit[] | undefined) => commits?.toSorted((a, b) => a.partition - b.partition)
  expect(byPartition(await groups.settled('billing', both, ctx))).toEqual(wanted.toReversed())
  expect(byPartition(await seen(again))).toEqual(wanted.toReversed())

  for (const protocol of ['classic', 'consumer'] as const) {
    const leave = await around.join(protocol, protocol)
    expect(await groups.find(protocol, ctx)).toMatchObject({
      name: protocol,
      type: protocol,
      members: [{ id: expect.stringMatching(/./), clientId: 'plain-member', host: '127.0.0.1' }],
    })
    const commits = [{ topic, partition: 0, offset: 1 }]
    expect(await groups.commit(protocol, commits, ctx)).toMatchObject([
      { is: 'failed', error: { code: 'MQOPS_GROUP_ACTIVE', retryable: false } },
    ])
    await leave()
    expect(await groups.find(protocol, ctx)).toEqual({ name: protocol, type: protocol, state: 'Empty', members: [] })
    expect(await groups.commit(protocol, commits, ctx)).toEqual([{ is: 'yes' }])
    expect((await again.committed([protocol], ctx)).get(protocol)).toEqual(commits)
  }
  await around.commit('audit', { 0: 1 })
  const { groups: all, silent } = await groups.list(ctx)
  expect([all.map(({ name, type }) => [name, type]), silent]).toEqual([
    [
      ['audit', 'classic'],
      ['billing', 'classic'],
      ['classic', 'classic'],
      ['consumer', 'consumer'],
    ],
    [],
  ])
}
