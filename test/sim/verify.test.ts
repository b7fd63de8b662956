import { expect, test } from 'vitest'
import type { NodeSpec } from '../../src/model/member.ts'
import { verifyCluster } from '../../src/operations/verify/index.ts'
import { seeded, simulatedContext, VirtualClock } from '../support/clock.ts'
import { FakeCluster, fakeSpec } from '../support/fake-cluster.ts'
import { fakeWorld } from '../support/fake-world.ts'
import { memoryStore } from '../support/memory-store.ts'
import { operator } from '../support/operator.ts'
import { SAFE } from './support.ts'

test('health that is bad only in passing is waited for after a run, and told at once when asked', async () => {
  const cluster = new FakeCluster()
  const clock = new VirtualClock()
  const alice = operator('alice', new Map([['blue', cluster]]), memoryStore(), clock, seeded(1))
  const spec = fakeSpec('blue', { members: 3 })
  await alice.run((await alice.plan([spec])).plan, SAFE)
  const world = fakeWorld(cluster, spec, simulatedContext(clock, seeded(2), new AbortController().signal))
  const third = (await world.nodes()).filter((node: NodeSpec) => node.member.slot === 3)
  const verify = async (patienceMs: number) => {
    await world.target.stop(third, world.ctx)
    const back = clock.time + 5000
    cluster.disturb = async (call) => {
      if (call !== 'members' || clock.time < back) return
      cluster.disturb = async () => {}
      await world.target.converge(third, 'start', () => ({}), world.ctx)
    }
    const checks = await verifyCluster(
      world,
      () => alice.plan([spec]),
      () => {},
      patienceMs,
    )
    cluster.disturb = async () => {}
    await world.target.converge(third, 'start', () => ({}), world.ctx)
    return checks.find((check) => check.name === 'quorum')?.ok
  }
  expect(await verify(0)).toBe(false)
  expect(await verify(30_000)).toBe(true)
})
