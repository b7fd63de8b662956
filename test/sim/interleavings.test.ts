import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Json } from '../../src/model/json.ts'
import { type ForeignChange, interleaved, type Manners, type Scenario } from './foreign.ts'
import { seeded, VirtualClock } from '../support/clock.ts'
import { FakeCluster, fakeSpec } from '../support/fake-cluster.ts'
import { memoryStore } from '../support/memory-store.ts'
import { operator } from '../support/operator.ts'
import { ALL, asked, contents, dyingStore, Killed } from './support.ts'

const MINUTES = 60_000

/** How brokers differ in what they refuse: RabbitMQ's policies, NATS, Kafka's topics. */
const MANNERS: readonly Manners[] = [
  { existing: 'overwritten', deletes: 'name' },
  { existing: 'refused', deletes: 'name' },
  { existing: 'kept', deletes: 'incarnation' },
]

/** One that is made, changed, replaced, removed and left as it is; things stand on groups. */
const first = { groups: { u: 1, d: 1 }, things: { r: { fixed: 1 }, k: 1 } }
const second = { groups: { u: 2 }, things: { r: { fixed: 2 }, k: 1, c: 1 } }

/** All that a foreign tool may do to a thing. */
const changesOf = (at: string, was: Json, becomes: Json): readonly ForeignChange[] =>
  [
    { at, gone: false, becomes: 9 },
    { at, gone: false, becomes },
    { at, gone: true, becomes: null },
    { at, gone: true, becomes: 9 },
    { at, gone: true, becomes: was },
    { at, gone: true, becomes },
  ].filter((one, i, all) => all.findIndex((other) => JSON.stringify(other) === JSON.stringify(one)) === i)

test.each(MANNERS)(
  'a foreign change at each call of an apply: what is there is $existing, deletes by $deletes',
  async (manners) => {
    const scenario: Scenario = { first, second, manners }
    const { calls, points } = await interleaved(scenario, [])
    const [had, wants] = [asked(first), asked(second)]
    const names = [...new Set([...Object.keys(had), ...Object.keys(wants), 'thing/z'])]
    const all = names.flatMap((at) => changesOf(at, had[at] ?? null, wants[at] ?? null))
    const wrong: string[] = []
    let [silent, instants] = [0, 0]
    const where = [...points, calls]
    for (const call of where)
      for (const change of all) {
        try {
          const ended = await interleaved(scenario, [{ call, change }])
          silent += Number(ended.silent)
          instants += ended.instants
        } catch (error) {
          wrong.push(`at call ${call} of ${calls}, ${JSON.stringify(change)}: ${String(error)}`)
        }
      }
    const runs = where.length * all.length
    console.info(
      `${runs} interleavings: ${silent} ended as the spec says, ${runs - silent} said what is not; ${instants} in the instant of a write`,
    )
    expect([wrong.length, wrong.slice(0, 5)]).toEqual([0, []])
    expect(silent).toBeGreaterThan(0)
    expect(runs - silent).toBeGreaterThan(0)
  },
  10 * MINUTES,
)

const value = fc.oneof(fc.integer({ min: 0, max: 2 }), fc.record({ fixed: fc.integer({ min: 0, max: 2 }) }))
const name = fc.constantFrom('a', 'b', 'c', 'd', 'e')
const some = fc.dictionary(name, value, { noNullPrototype: true, maxKeys: 5 })
const fields = fc.record({ groups: some, things: some })
const change = fc.record({
  at: fc.tuple(fc.constantFrom('group', 'thing'), name).map((parts) => parts.join('/')),
  gone: fc.boolean(),
  becomes: fc.oneof(value, fc.constant(null)),
})
const SEED = 4
const RUNS = 400

test(
  'several foreign changes at random calls of random applies',
  async () => {
    let [changes, silent] = [0, 0]
    await fc.assert(
      fc.asyncProperty(
        fields,
        fields,
        fc.constantFrom(...MANNERS),
        fc.array(fc.record({ call: fc.integer({ min: 0, max: 150 }), change }), { minLength: 1, maxLength: 6 }),
        async (one, other, manners, disturbances) => {
          const ended = await interleaved({ first: one, second: other, manners }, disturbances)
          changes += disturbances.length
          silent += Number(ended.silent)
        },
      ),
      { numRuns: RUNS, seed: SEED },
    )
    console.info(`${RUNS} applies with ${changes} foreign changes: ${silent} ended as the spec says`)
  },
  10 * MINUTES,
)

test('killed at any journal entry, made again by a foreign tool meanwhile: resume deletes nothing of it', async () => {
  let kills = 0
  for (let at = 1; ; at++) {
    const cluster = new FakeCluster()
    const clusters = new Map([['blue', cluster]])
    const store = memoryStore()
    const clock = new VirtualClock()
    const alice = operator('alice', clusters, store, clock, seeded(at))
    await alice.run((await alice.plan([fakeSpec('blue', { members: 1, things: { d: 1, e: 1 } })])).plan, ALL)
    const spec = fakeSpec('blue', { members: 1, things: {} })
    const { plan } = await alice.plan([spec])
    const dying = operator('alice', clusters, dyingStore(store, at, 'after'), clock, seeded(-at))
    const result = await dying.run(plan, ALL).catch((error: unknown) => error)
    const died = (await store.runs(9)).find(({ state }) => state === 'running')
    if (!(result instanceof Killed) || !died) break
    kills += 1
    cluster.lease = null
    cluster.change('thing', ['d'], null)
    cluster.change('thing', ['d'], 1) // just the same, but another one
    const { uid } = cluster.things.get('["thing","d"]') ?? {}
    await alice.resume(died.run)
    expect([at, contents(cluster), cluster.things.get('["thing","d"]')?.uid]).toEqual([at, { 'thing/d': 1 }, uid])
    expect((await alice.plan([spec])).plan.steps).toEqual([])
  }
  expect(kills).toBeGreaterThanOrEqual(3)
})
