import fc from 'fast-check'
import { expect, test } from 'vitest'
import { MqopsError } from '../../src/model/failure.ts'
import { seeded, VirtualClock } from '../support/clock.ts'
import { FakeCluster, fakeSpec } from '../support/fake-cluster.ts'
import { memoryStore } from '../support/memory-store.ts'
import { operator } from '../support/operator.ts'
import { ALL, SAFE, asked, built, contents, dyingStore, fields, Killed, one } from './support.ts'

test('killed before or after every journal entry: resume converges, and nothing is made twice', async () => {
  const spec = fakeSpec('blue', { members: 3, static: 1, groups: { a: 1, b: 2 }, things: { c: 1, d: 1, e: 1, f: 2 } })
  const red = fakeSpec('red', { members: 3, things: { a: 1 } })
  let boundaries = 0
  for (let at = 1; ; at++) {
    let reached = false
    for (const when of ['before', 'after'] as const) {
      const clusters = new Map([
        ['blue', new FakeCluster()],
        ['red', new FakeCluster()],
      ])
      const store = memoryStore()
      const clock = new VirtualClock()
      const dying = operator('alice', clusters, dyingStore(store, at, when), clock, seeded(at))
      const { plan } = await dying.plan([spec, red])
      const died = await dying.run(plan, ALL).then(
        () => false,
        (error: Error) => error instanceof Killed,
      )
      if (!died) continue
      reached = true
      boundaries += 1
      const created = new Map(
        [...clusters].map(([name, c]) => [name, new Map([...c.things].map(([k, t]) => [k, t.uid]))]),
      )
      const alice = operator('alice', clusters, store, clock, seeded(at))
      const [last] = await store.runs(1)
      for (const c of clusters.values()) c.lease = null // the dead process's lease is taken over
      const result = last ? await alice.resume(last.run) : await alice.run(plan, ALL)
      expect([at, when, result.state]).toEqual([at, when, 'done'])
      expect((await alice.plan([spec, red])).plan.steps).toEqual([])
      for (const [name, uids] of created)
        for (const [k, uid] of uids) expect(clusters.get(name)?.things.get(k)?.uid).toBe(uid)
      expect((clusters.get('blue') as FakeCluster).starts).toBe(3)
    }
    if (!reached) break
  }
  expect(boundaries).toBeGreaterThan(20)
})

test('the journal has the intent before the side effect, and the outcome after it', async () => {
  const clusters = one()
  const cluster = clusters.get('blue') as FakeCluster
  const store = memoryStore()
  const alice = built(clusters, store)
  const { plan } = await alice.plan([fakeSpec('blue', { members: 3, groups: { g: 1 }, things: { a: 1, b: 1 } })])
  const seen: string[] = []
  cluster.disturb = async (call) => {
    const acts = {
      'create a': 'fake.thing.create',
      'create g': 'fake.group.create',
      prepare: 'software.prepare',
      allocate: 'cluster.allocate',
      'converge start 1': 'member.start',
    }
    const action = acts[call as keyof typeof acts]
    if (!action) return
    const [run] = await store.runs(1)
    const events = run ? await store.events(run.run) : []
    const id = plan.steps.find(
      (step) => step.action === action && (action !== 'fake.thing.create' || step.address.key[0] === 'a'),
    )?.id as string
    seen.push(call)
    expect(events.some((event) => event.type === 'intent' && event.steps.includes(id))).toBe(true)
    expect(
      events.some((event) => event.type === 'outcome' && event.outcomes.some((outcome) => outcome.step === id)),
    ).toBe(false)
  }
  const { run } = await alice.run(plan, SAFE)
  expect(seen.toSorted()).toEqual(['allocate', 'converge start 1', 'create a', 'create g', 'prepare'])
  const finished = (await store.events(run)).flatMap((event) =>
    event.type === 'outcome' ? event.outcomes.map((outcome) => outcome.step) : [],
  )
  expect(finished.toSorted()).toEqual(plan.steps.map((step) => step.id).toSorted())
})

test('a seeded storm of faults, crashes and foreign changes ends converged or says why', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer(), fields, fields, async (seed, first, second) => {
      const random = seeded(seed)
      const clusters = one()
      const cluster = clusters.get('blue') as FakeCluster
      const store = memoryStore()
      const clock = new VirtualClock()
      cluster.disturb = async () => {
        clock.time += Math.floor(random() * 50)
        if (random() < 0.08) throw new MqopsError({ code: 'MQOPS_UNREACHABLE', summary: 'a fault', retryable: true })
      }
      for (const f of [first, second]) {
        const spec = fakeSpec('blue', f)
        let done = false
        for (let tries = 0; tries < 200 && !done; tries++) {
          cluster.lease = null
          const alice = operator(
            'alice',
            clusters,
            random() < 0.5
              ? dyingStore(store, 1 + Math.floor(random() * 12), random() < 0.5 ? 'before' : 'after')
              : store,
            clock,
            random,
          )
          try {
            const { plan, failures } = await alice.plan([spec])
            if (failures.length > 0) continue
            done = (await alice.run(plan, ALL)).state === 'done'
          } catch (error) {
            if (!(error instanceof Killed) && !(error instanceof MqopsError)) throw error
          }
        }
        expect(done).toBe(true)
        const calm = cluster.disturb
        cluster.disturb = async () => {}
        expect(contents(cluster)).toEqual(asked(f))
        expect((await operator('alice', clusters, store, clock, random).plan([spec])).plan.steps).toEqual([])
        cluster.disturb = calm
      }
    }),
    { numRuns: 40 },
  )
})
