import { describe, expect, test } from 'vitest'
import { comparePlans, parsePlanFile, printPlanFile } from '../../src/engine/plan-file.ts'
import { seeded, VirtualClock } from '../support/clock.ts'
import { fakeSpec } from '../support/fake-cluster.ts'
import { memoryStore } from '../support/memory-store.ts'
import { operator } from '../support/operator.ts'
import { ALL, built, dyingStore, Killed, SAFE } from './support.ts'
import { busy, spec, member, groupOf, place, standing, ask, of } from './offsets-support.ts'

describe('between plan and act', () => {
  test('somebody who commits makes it stale, said with both offsets; nothing is set', async () => {
    const clusters = await busy()
    const alice = built(clusters)
    const { plan } = await alice.planOffsets(spec, ask({ to: 'earliest' }))
    place(of(clusters), { 'orders-1': 61 })
    const { state, failures } = await alice.run(plan, SAFE)
    expect([state, failures]).toMatchObject([
      'failed',
      [{ code: 'MQOPS_STALE', summary: expect.stringMatching(/partition 1 is at 61, the plan found 60/) }],
    ])
    expect(standing(of(clusters))).toEqual({ 'orders-0': 40, 'orders-1': 61 })
  })

  test('records that are deleted make it stale', async () => {
    const clusters = await busy()
    const alice = built(clusters)
    const { plan } = await alice.planOffsets(spec, ask({ to: 'earliest' }))
    Object.assign(of(clusters).logs.get('orders')?.[0] ?? {}, { deleted: 10 })
    expect((await alice.run(plan, SAFE)).failures).toMatchObject([
      { code: 'MQOPS_STALE', summary: 'partition 0 holds the offsets 10 to 100 now, not 0' },
    ])
  })

  test('a member that joins before the guard, or between guard and act, is named; resume goes on when it is gone', async () => {
    for (const when of ['groups.find', 'commit orders-0']) {
      const clusters = await busy()
      const cluster = of(clusters)
      const alice = built(clusters)
      const { plan } = await alice.planOffsets(spec, ask({ to: 'offset', offset: 10 }))
      const sent: string[] = []
      cluster.disturb = async (call) => {
        if (call.startsWith('commit')) sent.push(call)
        if (call === when) groupOf(cluster).members = [member]
      }
      const { run, state, failures } = await alice.run(plan, ALL)
      expect([when, state, failures]).toMatchObject([
        when,
        'failed',
        [
          {
            code: 'MQOPS_GROUP_ACTIVE',
            detail: 'billing-app on 10.0.0.7',
            hint: expect.stringContaining('mqops resume'),
          },
        ],
      ])
      expect(sent.length > 0).toBe(when === 'commit orders-0') // the guard sends nothing
      cluster.disturb = async () => {}
      groupOf(cluster).members = []
      expect((await alice.resume(run)).state).toBe('done')
      expect(standing(cluster)).toEqual({ 'orders-0': 10, 'orders-1': 10, 'orders-2': 10 })
    }
  })

  test('who commits right after it was set is told of, at once', async () => {
    const clusters = await busy()
    const cluster = of(clusters)
    const alice = built(clusters)
    const { plan } = await alice.planOffsets(spec, ask({ to: 'earliest' }))
    let set = false
    cluster.disturb = async (call) => {
      if (call === 'commit orders-2') set = true
      else if (set && call === 'groups.settled') place(cluster, { 'orders-0': 3 })
    }
    expect((await alice.run(plan, SAFE)).failures).toMatchObject([
      { code: 'MQOPS_STALE', summary: expect.stringContaining('partition 0 is at 3, not at 0') },
    ])
  })
})

test('killed before or after every journal entry: a shift shifts once', async () => {
  let boundaries = 0
  for (let at = 1; ; at++) {
    let reached = false
    for (const when of ['before', 'after'] as const) {
      const clusters = await busy()
      const cluster = of(clusters)
      const store = memoryStore()
      const clock = new VirtualClock()
      const dying = operator('alice', clusters, dyingStore(store, at, when), clock, seeded(at))
      const { plan } = await dying.planOffsets(spec, ask({ to: 'shift', by: -5 }))
      const died = await dying.run(plan, SAFE).then(
        () => false,
        (error: Error) => error instanceof Killed,
      )
      if (!died) continue
      reached = true
      boundaries += 1
      cluster.lease = null // the dead process's lease is taken over
      const alice = operator('alice', clusters, store, clock, seeded(at))
      const [last] = await store.runs(1)
      const result = last ? await alice.resume(last.run) : await alice.run(plan, SAFE)
      expect([at, when, result.state]).toEqual([at, when, 'done'])
      expect(standing(cluster)).toEqual({ 'orders-0': 35, 'orders-1': 55 })
    }
    if (!reached) break
  }
  expect(boundaries).toBe(8)
})

test('half set before a crash is no staleness; what somebody else set meanwhile is', async () => {
  for (const [foreign, state] of [
    [{}, 'done'],
    [{ 'orders-1': 7 }, 'failed'],
  ] as const) {
    const clusters = await busy()
    const cluster = of(clusters)
    const store = memoryStore()
    const clock = new VirtualClock()
    const alice = operator('alice', clusters, store, clock, seeded(1))
    const { plan } = await alice.planOffsets(spec, ask({ to: 'earliest' }))
    cluster.disturb = async (call) => {
      if (call === 'commit orders-1') throw new Killed('killed')
    }
    await expect(alice.run(plan, SAFE)).rejects.toThrow('killed')
    expect(standing(cluster)).toEqual({ 'orders-0': 0, 'orders-1': 60 })
    cluster.disturb = async () => {}
    cluster.lease = null
    place(cluster, foreign)
    const [last] = await store.runs(1)
    expect((await alice.resume(last?.run as string)).state).toBe(state)
  }
})

test('a filed plan is the same while the log grows, and stale when the group has moved', async () => {
  const clusters = await busy()
  const cluster = of(clusters)
  const alice = built(clusters)
  const { plan } = await alice.planOffsets(spec, ask({ to: 'latest' }))
  const filed = parsePlanFile(printPlanFile(plan))
  for (const log of cluster.logs.get('orders') ?? []) log.times.push(200_000)
  comparePlans(filed, (await alice.planRequested(spec, filed)).plan)
  place(cluster, { 'orders-0': 41 })
  const now = await alice.planRequested(spec, filed)
  expect(() => comparePlans(filed, now.plan)).toThrow(/orders/)
})

test('an operation remembers no spec as applied', async () => {
  const clusters = await busy()
  const cluster = of(clusters)
  const alice = built(clusters)
  const edited = fakeSpec('blue', { members: 3, things: { a: 1 } })
  const { plan } = await alice.planOffsets(edited, ask({ to: 'earliest' }))
  await alice.run(plan, SAFE)
  expect(cluster.remembered?.fields).toEqual({ members: 3 })
})
