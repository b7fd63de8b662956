import { expect, it } from 'vitest'
import { resourceSettled } from '../../../src/engine/resource-state.ts'
import type { Step } from '../../../src/model/plan.ts'
import type { World } from '../../../src/ports/action.ts'
import type { AnyKind } from '../../../src/ports/kind.ts'
import { seeded, simulatedContext, VirtualClock } from '../../support/clock.ts'
import { fakeBroker } from '../../support/fake-broker.ts'
import { FakeCluster, fakeSpec } from '../../support/fake-cluster.ts'
import { memoryStore } from '../../support/memory-store.ts'
import { operator } from '../../support/operator.ts'
import { fakeWorld } from '../../support/fake-world.ts'

/** A create that was accepted, of a thing that nobody can see. */
async function unseen(kind: AnyKind) {
  const cluster = new FakeCluster()
  const spec = fakeSpec('blue', { members: 3, things: { a: 1 } })
  const alice = operator('alice', new Map([['blue', cluster]]), memoryStore(), new VirtualClock(), seeded(1))
  await alice.run((await alice.plan([fakeSpec('blue', { members: 3 })])).plan, { all: true, confirmed: [] })
  const [step] = (await alice.plan([spec])).plan.steps as readonly [Step]
  const ctx = simulatedContext(new VirtualClock(), seeded(2), new AbortController().signal)
  const world: World = { ctx, cluster: () => fakeWorld(cluster, spec, ctx), progress: () => {} }
  return (await resourceSettled(kind, 'create', [step], world))[0]
}

it('what a broker may read late is not taken for somebody else’s doing: it is waited for', async () => {
  const thing = fakeBroker.kinds.find((one) => one.name === 'thing') as AnyKind
  expect(await unseen(thing)).toMatchObject({ is: 'not-yet', contested: { code: 'MQOPS_STALE' } })
  expect(await unseen({ ...thing, readsLate: true })).toEqual({ is: 'not-yet', why: 'not there yet' })
})
