import fc from 'fast-check'
import type { JsonObject } from '../../src/model/json.ts'
import type { Store } from '../../src/ports/store.ts'
import { seeded, VirtualClock } from '../support/clock.ts'
import { FakeCluster } from '../support/fake-cluster.ts'
import { memoryStore } from '../support/memory-store.ts'
import { operator } from '../support/operator.ts'

export const ALL = { all: true, confirmed: ['blue', 'red'] }
export const SAFE = { all: true, confirmed: [] }

/** A process that is gone: nothing it awaited comes back, nothing more is written. */
export class Killed extends Error {
  override name = 'AbortError'
}

/** Ends the operator around its n-th journal entry, as SIGKILL would. */
export function dyingStore(store: Store, at: number, when: 'before' | 'after'): Store {
  let count = 0
  return {
    ...store,
    append: async (event) => {
      count += 1
      if (count > at || (count === at && when === 'before')) throw new Killed('killed')
      const appended = await store.append(event)
      if (count === at) throw new Killed('killed')
      return appended
    },
  }
}

const names = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g')
const things = fc.dictionary(names, fc.integer({ min: 0, max: 3 }), { noNullPrototype: true, maxKeys: 6 })
export const fields = fc.record({
  members: fc.constant(3),
  static: fc.integer({ min: 0, max: 2 }),
  dynamic: fc.integer({ min: 0, max: 2 }),
  groups: things,
  things,
})
export const built = (clusters: ReadonlyMap<string, FakeCluster>, store = memoryStore(), seed = 1) =>
  operator('alice', clusters, store, new VirtualClock(), seeded(seed))
export const one = () => new Map([['blue', new FakeCluster()]])
export const contents = (cluster: FakeCluster) =>
  Object.fromEntries([...cluster.things.values()].map((t) => [`${t.kind}/${t.key.join('/')}`, t.value]))
export const asked = (f: JsonObject) =>
  Object.fromEntries(
    ['group', 'thing'].flatMap((kind) =>
      Object.entries(f[`${kind}s`] as JsonObject).map(([key, value]) => [`${kind}/${key}`, value]),
    ),
  )
