import { expect, test } from 'vitest'
import { MqopsError } from '../../src/model/failure.ts'
import { seeded, VirtualClock } from '../support/clock.ts'
import { type FakeCluster, fakeSpec } from '../support/fake-cluster.ts'
import { memoryStore } from '../support/memory-store.ts'
import { operator } from '../support/operator.ts'
import { ALL, SAFE, built, contents, one } from './support.ts'

test('two operators: one works, the other is told who holds the lease', async () => {
  const clusters = one()
  const clock = new VirtualClock()
  const alice = operator('alice', clusters, memoryStore(), clock, seeded(1))
  const bob = operator('bob', clusters, memoryStore(), clock, seeded(2))
  const spec = fakeSpec('blue', { members: 3, things: { a: 1 } })
  const [plan, same] = [(await alice.plan([spec])).plan, (await bob.plan([spec])).plan]
  const results = await Promise.allSettled([alice.run(plan, SAFE), bob.run(same, SAFE)])
  expect(results.map((r) => r.status)).toEqual(['fulfilled', 'rejected'])
  expect((results[1] as PromiseRejectedResult).reason).toMatchObject({
    code: 'MQOPS_LOCKED',
    message: expect.stringContaining('alice'),
  })
})

test('a lost lease stops the run before the next act', async () => {
  const clusters = one()
  const cluster = clusters.get('blue') as FakeCluster
  const clock = new VirtualClock()
  const alice = operator('alice', clusters, memoryStore(), clock, seeded(1))
  const { plan } = await alice.plan([fakeSpec('blue', { members: 3, things: { a: 1 } })])
  cluster.disturb = async (call) => {
    if (call === 'prepare') {
      // Paused for longer than the lease: another operator has taken it meanwhile.
      if (cluster.lease?.holder !== 'bob') clock.time += 60_000
      cluster.lease = { holder: 'bob', epoch: 99, expires: clock.time + 30_000 }
      throw new MqopsError({ code: 'MQOPS_UNREACHABLE', summary: 'slow', retryable: true })
    }
  }
  await expect(alice.run(plan, SAFE)).rejects.toMatchObject({ code: 'MQOPS_LEASE_LOST' })
  expect(cluster.starts).toBe(0)
  expect(cluster.lease?.holder).toBe('bob')
})

test('a resource that someone changed after the plan makes that step stale, and only that', async () => {
  const clusters = one()
  const alice = built(clusters)
  const cluster = clusters.get('blue') as FakeCluster
  await alice.run((await alice.plan([fakeSpec('blue', { members: 3, things: { a: 1, b: 1 } })])).plan, ALL)
  const { plan } = await alice.plan([fakeSpec('blue', { members: 3, things: { a: 2, b: 2 } })])
  const a = cluster.things.get('["thing","a"]') as { value: number }
  a.value = 7
  const result = await alice.run(plan, SAFE)
  expect([result.state, result.failures.map((f) => [f.code, f.address?.key])]).toEqual([
    'partly',
    [['MQOPS_STALE', ['a']]],
  ])
  expect(contents(cluster)).toEqual({ 'thing/a': 7, 'thing/b': 2 })
})

test('what appears after the plan just as the spec wants it is claimed, and nothing is stale', async () => {
  const clusters = one()
  const alice = built(clusters)
  const cluster = clusters.get('blue') as FakeCluster
  const spec = fakeSpec('blue', { members: 3, things: { a: 1 } })
  await alice.run((await alice.plan([fakeSpec('blue', { members: 3 })])).plan, ALL)
  const { plan } = await alice.plan([spec])
  const bob = operator('bob', clusters, memoryStore(), new VirtualClock(), seeded(2))
  expect((await bob.run((await bob.plan([spec])).plan, SAFE)).state).toBe('done')
  cluster.owners.clear() // as if somebody had made it by hand
  expect((await alice.run(plan, SAFE)).state).toBe('done')
  expect((await alice.plan([spec])).plan.steps).toEqual([])
})

test('the first Ctrl-C ends the wait of a guard: nothing is restarted, resume goes on', async () => {
  const clusters = one()
  const cluster = clusters.get('blue') as FakeCluster
  const store = memoryStore()
  const alice = built(clusters, store)
  await alice.run((await alice.plan([fakeSpec('blue', { members: 3 })])).plan, SAFE)
  const { plan } = await alice.plan([fakeSpec('blue', { members: 3, static: 1 })])
  const stopping = new AbortController()
  const down = cluster.disks.get(3) as { running: object | null }
  const was = down.running
  cluster.disturb = async (call) => {
    if (call !== 'members') return
    if (down.running) down.running = null
    else stopping.abort()
  }
  const result = await alice.run(plan, SAFE, { stopping: stopping.signal })
  expect([result.state, cluster.starts]).toEqual(['cancelled', 3])
  cluster.disturb = async () => {}
  down.running = was
  expect((await alice.resume(result.run)).state).toBe('done')
  expect(cluster.starts).toBe(6)
})

test('the first Ctrl-C finishes what runs and begins nothing; resume goes on', async () => {
  const clusters = one()
  const cluster = clusters.get('blue') as FakeCluster
  const store = memoryStore()
  const alice = built(clusters, store)
  const stopping = new AbortController()
  const spec = fakeSpec('blue', { members: 3, things: { a: 1 } })
  cluster.disturb = async (call) => {
    if (call === 'converge start 2') stopping.abort()
  }
  const result = await alice.run((await alice.plan([spec])).plan, SAFE, { stopping: stopping.signal })
  expect([result.state, cluster.starts, cluster.things.size]).toEqual(['cancelled', 3, 0])
  expect((await alice.resume(result.run)).state).toBe('done')
  expect((await alice.plan([spec])).plan.steps).toEqual([])
})

test('destroy takes everything, only with consent by name', async () => {
  const clusters = one()
  const alice = built(clusters)
  const spec = fakeSpec('blue', { members: 3, things: { a: 1 } })
  await alice.run((await alice.plan([spec])).plan, SAFE)
  const plan = await alice.planDestroy([spec])
  await expect(alice.run(plan, SAFE)).rejects.toMatchObject({ code: 'MQOPS_APPROVAL_NEEDED' })
  expect((await alice.run(plan, ALL)).state).toBe('done')
  expect(clusters.get('blue')?.allocation).toBeNull()
})

test('a member that ends soon after its start is said at once with its last words, not waited for', async () => {
  const clusters = one()
  const clock = new VirtualClock()
  const alice = operator('alice', clusters, memoryStore(), clock, seeded(1))
  const cluster = clusters.get('blue') as FakeCluster
  const began = clock.time
  cluster.disturb = async (call) => {
    const disk = cluster.disks.get(2)
    if (call !== 'members' || !disk?.running) return
    disk.log.push('no room for my heap')
    disk.running = null
  }
  const { state, failures } = await alice.run((await alice.plan([fakeSpec('blue', { members: 3 })])).plan, SAFE)
  expect([state, failures.map((f) => [f.code, f.address?.key])]).toEqual(['partly', [['MQOPS_MEMBER_ENDED', ['2']]]])
  expect(failures[0]?.detail).toMatch(/no room for my heap$/)
  expect(clock.time - began).toBeLessThan(10_000)
})
