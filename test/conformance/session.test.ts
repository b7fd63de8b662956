import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Address, address } from '../../src/model/address.ts'
import type { JsonObject } from '../../src/model/json.ts'
import type { ClusterWorld } from '../../src/ports/action.ts'
import type { Broker } from '../../src/ports/broker.ts'
import type { Context } from '../../src/ports/context.ts'
import type { Session } from '../../src/ports/session.ts'
import { seeded, simulatedContext, VirtualClock } from '../support/clock.ts'
import { fakeBroker } from '../support/fake-broker.ts'
import { FakeCluster, fakeSpec } from '../support/fake-cluster.ts'
import { FakeSession } from '../support/fake-session.ts'
import { memoryStore } from '../support/memory-store.ts'
import { operator } from '../support/operator.ts'
import { type Around, aroundFake, aroundKafka, groupsHold } from './groups.ts'
import { ALL, RealCluster } from './real.ts'

/** What the suite needs of an implementation: a built cluster of three with one resource in it. */
type Harness = {
  readonly ctx: Context
  readonly broker: Broker
  /** Of brokers with consumer groups. */
  readonly around: Around | null
  readonly sample: readonly Address[]
  /** A new session each time. */
  open(): Promise<Session>
  stop(slot: number): Promise<void>
  startAll(): Promise<void>
  /** Steps that a plan has now: what sessions do besides must leave none. */
  steps(): Promise<number>
  end(): Promise<void>
}

const never = new AbortController().signal

async function fake(): Promise<Harness> {
  const cluster = new FakeCluster()
  const clock = new VirtualClock()
  const alice = operator('alice', new Map([['suite', cluster]]), memoryStore(), clock, seeded(1))
  const spec = fakeSpec('suite', { members: 3, things: { a: 1 } })
  const apply = async () => {
    await alice.run((await alice.plan([spec])).plan, ALL)
  }
  await apply()
  return {
    ctx: simulatedContext(clock, seeded(2), never),
    broker: fakeBroker,
    around: aroundFake(cluster, 'read'),
    sample: [address('suite', 'thing', 'a')],
    open: () => FakeSession.open(cluster),
    stop: async (slot) => {
      const disk = cluster.disks.get(slot)
      if (disk) disk.running = null
    },
    startAll: apply,
    steps: async () => (await alice.plan([spec])).plan.steps.length,
    end: async () => {},
  }
}

async function real(
  broker: string,
  fields: JsonObject,
  sample: Address,
  around: (world: ClusterWorld) => Promise<Around | null> = async () => null,
): Promise<Harness> {
  const cluster = await RealCluster.open(broker)
  const apply = async () => {
    const plan = await cluster.plan(fields)
    if (plan.steps.length > 0) await cluster.run(plan)
  }
  await apply()
  const world = await cluster.world(fields)
  return {
    ctx: world.ctx,
    broker: world.broker,
    around: await around(world),
    sample: [sample],
    open: async () => {
      const session = await (await cluster.world(fields)).session()
      return session
    },
    stop: async (slot) => {
      const nodes = (await world.nodes()).filter((node) => node.member.slot === slot)
      await world.target.stop(nodes, world.ctx)
    },
    startAll: apply,
    steps: async () => (await cluster.plan(fields)).steps.length,
    end: () => cluster.end(),
  }
}

const CLUSTERS: readonly { name: string; make: () => Promise<Harness> }[] = [
  { name: 'fake', make: fake },
  {
    name: 'Kafka',
    make: () =>
      real(
        'Kafka',
        { topics: { a: { partitions: 1, replicas: 3 }, read: { partitions: 2, replicas: 3 } } },
        address('suite', 'topic', 'a'),
        (world) => aroundKafka(world, 'read'),
      ),
  },
  {
    name: 'Nats',
    make: () =>
      real(
        'Nats',
        { members: 3, accounts: { A: { users: { a: {} }, streams: { S: { subjects: ['s'], replicas: 3 } } } } },
        address('suite', 'stream', 'A', 'S'),
      ),
  },
  {
    name: 'RabbitMQ',
    make: () =>
      real(
        'RabbitMQ',
        { members: 3, vhosts: { v: { queues: { q: { type: 'quorum' } } } } },
        address('suite', 'queue', 'v', 'q'),
      ),
  },
]

// One suite for the port, run against every implementation.
describe.each(CLUSTERS)('session: $name', ({ make }) => {
  let harness: Harness
  let session: Session
  beforeAll(async () => {
    harness = await make()
    session = await harness.open()
  })
  afterAll(async () => {
    await session?.close()
    await harness?.end()
  })

  it('says which cluster it is, the same to everyone', async () => {
    const other = await harness.open()
    expect(session.clusterId).toMatch(/\S/)
    expect([other.clusterId, other.version]).toEqual([session.clusterId, session.version])
    await other.close()
  })

  it('remembers ownership on the cluster: written by one, read by another, forgotten with null', async () => {
    const { ctx } = harness
    const before = await session.ownership.read(ctx)
    const keys = Array.from({ length: 120 }, (_, i) => `thing/suite ${i}%2F"ü`)
    await session.ownership.write(
      new Map(keys.map((key, i) => [key, i % 2 === 0 ? {} : { spec: 'suite', secret: `digest ${i}` }])),
      ctx,
    )
    const other = await harness.open()
    const read = await other.ownership.read(ctx)
    expect(keys.map((key) => read.get(key))).toEqual(
      keys.map((_, i) => (i % 2 === 0 ? {} : { spec: 'suite', secret: `digest ${i}` })),
    )
    await other.ownership.write(new Map([[keys[1] as string, { secret: 'another' }]]), ctx)
    expect((await session.ownership.read(ctx)).get(keys[1] as string)).toEqual({ secret: 'another' })
    await other.ownership.write(new Map(keys.map((key) => [key, null])), ctx)
    expect(new Map(await session.ownership.read(ctx))).toEqual(new Map(before))
    await other.close()
  })

  it('has one lease at a time, with growing epochs; a holder that lost it is told', async () => {
    const { ctx } = harness
    const other = await harness.open()
    const first = await session.lease('alice', 30_000, ctx)
    await first.renew()
    await expect(other.lease('bob', 30_000, ctx)).rejects.toMatchObject({
      code: 'MQOPS_LOCKED',
      failure: { summary: expect.stringContaining('alice') },
    })
    await first.renew() // asking for it took nothing away
    await first.release()
    const second = await other.lease('bob', 30_000, ctx)
    expect(second.epoch).toBeGreaterThan(first.epoch)
    await expect(first.renew()).rejects.toMatchObject({ code: 'MQOPS_LEASE_LOST' })
    await second.renew()
    await second.release()
    await other.close()
  })

  it('finds a whole cluster healthy, carries messages, refuses strangers, and leaves nothing behind', async () => {
    const { ctx, sample } = harness
    const owned = new Map(await session.ownership.read(ctx))
    const members = await session.members(ctx)
    expect(members.map((m) => [m.slot, m.up, m.mayStop.is]).toSorted()).toEqual([1, 2, 3].map((s) => [s, true, 'yes']))
    expect(members.filter((m) => m.leader).length).toBeLessThanOrEqual(1)
    for (const checks of [await session.checks(ctx), await session.canary(sample, ctx), await session.refusals(ctx)]) {
      expect(checks.length).toBeGreaterThan(0)
      expect(checks.filter((check) => check.ok !== true)).toEqual([])
      for (const check of checks)
        expect([check.about.cluster, check.evidence]).toEqual(['suite', expect.stringMatching(/\S/)])
    }
    expect(await harness.steps()).toBe(0)
    expect(new Map(await session.ownership.read(ctx))).toEqual(owned)
  })

  it('tells of consumer groups and sets their offsets, or has none', async () => {
    const { broker, around, ctx } = harness
    expect(broker.groups === undefined).toBe(around === null)
    if (!broker.groups || !around) return
    const other = await harness.open()
    await groupsHold(broker.groups(session), broker.groups(other), around, ctx)
    await other.close()
  })

  it('tells which member is down and why; then no other may stop, and a check fails', async () => {
    const { ctx } = harness
    await harness.stop(2)
    const members = await session.members(ctx)
    const down = members.filter((m) => !m.up)
    expect(down.map((m) => [m.slot, m.why])).toEqual([[2, expect.stringMatching(/\S/)]])
    expect(members.filter((m) => m.up && m.mayStop.is === 'yes')).toEqual([])
    expect(members.find((m) => m.slot === 2)?.leader).toBe(false)
    const checks = await session.checks(ctx)
    expect(checks.filter((check) => check.ok !== true).length).toBeGreaterThan(0)
    await harness.startAll()
    const again = await session.members(ctx)
    expect(again.map((m) => m.up)).toEqual([true, true, true])
  })
})
