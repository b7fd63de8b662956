import type { Json } from '../../../src/model/json.ts'
import { importCluster } from '../../../src/operations/import/index.ts'
import { seeded, simulatedContext, VirtualClock } from '../../support/clock.ts'
import { FakeCluster, fakeSpec } from '../../support/fake-cluster.ts'
import { fakeWorld } from '../../support/fake-world.ts'
import { memoryStore } from '../../support/memory-store.ts'
import { operator } from '../../support/operator.ts'
import type { Harness, Sample } from './sample.ts'

export const ALL = { all: true, confirmed: ['suite'] }

/** A thing as the simulated cluster has it; null: gone. */
export type FakeCall = { readonly kind: string; readonly name: string; readonly value: Json }

/** The simulated broker, held to the same suite as real ones. */
export function fakeHarness(): Harness<FakeCall> {
  const cluster = new FakeCluster()
  const clock = new VirtualClock()
  const alice = operator('alice', new Map([['suite', cluster]]), memoryStore(), clock, seeded(1))
  const planOf = async (fields: Parameters<typeof fakeSpec>[1]) => {
    const { plan, failures } = await alice.plan([fakeSpec('suite', fields)])
    if (failures.length > 0) throw new Error(JSON.stringify(failures))
    return plan
  }
  const world = (fields: Parameters<typeof fakeSpec>[1]) => {
    const ctx = simulatedContext(clock, seeded(2), new AbortController().signal)
    return fakeWorld(cluster, fakeSpec('suite', fields), ctx)
  }
  return {
    plan: planOf,
    world: async (fields) => world(fields),
    run: async (plan) => (await alice.run(plan, ALL)).state,
    import: async (fields) => {
      const imported = await importCluster(world(fields), [])
      if (imported.problem) throw new Error(JSON.stringify(imported.problem))
      const { groups: _, things: __, ...ofCluster } = fields
      return {
        counts: imported.counts,
        left: imported.left.map(({ address }) => address),
        plan: await planOf({ ...ofCluster, ...imported.fields }),
      }
    },
    foreign: async (calls) => {
      for (const { kind, name, value } of calls) cluster.change(kind, [name], value)
    },
    end: async () => {},
  }
}

const of = (kind: string, removal: Sample<FakeCall>['removal']): Sample<FakeCall> => ({
  kind,
  base: { members: 3 },
  made: { members: 3, [`${kind}s`]: { a: 1, b: { of: [2] }, c: 3, d: 4 } },
  changed: { members: 3, [`${kind}s`]: { a: 2, b: { of: [2] }, c: 3, d: 4 } },
  drift: {
    tool: 'itself',
    calls: [
      { kind, name: 'a', value: 77 },
      { kind, name: 'b', value: null },
      { kind, name: 'foreign', value: 1 },
    ],
    finds: [`update ${kind}/a`, `create ${kind}/b`],
    tells: [{ field: 'value', from: 77, to: 2 }],
    strangers: [`${kind}/foreign`],
  },
  creation: ['safe'],
  ...(removal ? { removal } : {}),
  loses: { messages: 1 },
})

export const fakeSamples: readonly Sample<FakeCall>[] = [of('group', ['destructive']), of('thing', ['destructive'])]
