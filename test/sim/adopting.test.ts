import { expect, test } from 'vitest'
import { comparePlans } from '../../src/engine/plan-file.ts'
import { FakeCluster, fakeSpec } from '../support/fake-cluster.ts'
import { ALL, built, contents, one, SAFE } from './support.ts'

const blue = (things: Record<string, number>) => fakeSpec('blue', { members: 3, things })
const teal = (things: Record<string, number>) => fakeSpec('teal', { members: 3, things })

/** Two specs of one cluster: blue has made what it names. */
async function shared(things: Record<string, number>) {
  const cluster = new FakeCluster()
  const clusters = new Map([
    ['blue', cluster],
    ['teal', cluster],
  ])
  const alice = built(clusters)
  expect((await alice.run((await alice.plan([blue(things)])).plan, ALL)).state).toBe('done')
  return { cluster, alice }
}

/** A built cluster with things that somebody made by hand. */
async function byHand(things: Record<string, number>) {
  const clusters = one()
  const alice = built(clusters)
  const cluster = clusters.get('blue') as FakeCluster
  await alice.run((await alice.plan([blue({})])).plan, ALL)
  for (const [name, value] of Object.entries(things))
    cluster.things.set(`["thing","${name}"]`, { kind: 'thing', key: [name], value, uid: `uid ${name}` })
  return { cluster, alice }
}

test('what nobody owns and the spec names: the plan says that it is taken over, and what changes', async () => {
  const { cluster, alice } = await byHand({ same: 1, other: 1, theirs: 1 })
  const spec = blue({ same: 1, other: 2 })
  const { plan } = await alice.plan([spec])
  expect(plan.steps.map(({ action, address, changes }) => [action, ...address.key, changes.length])).toEqual([
    ['fake.thing.adopt', 'same', 0],
    ['fake.thing.adopt', 'other', 0],
    ['fake.thing.update', 'other', 1],
  ])
  // Its record must not say yet that a password is as wanted.
  expect(plan.steps.map(({ args }) => (args as { want: unknown }).want)).toEqual([1, null, 2])
  expect(plan.steps[0]?.reason).toBe('the spec names it, it exists and nobody owns it: mqops takes it over')
  expect((await alice.run(plan, SAFE)).state).toBe('done')
  expect([contents(cluster), [...cluster.owners.keys()].sort()]).toEqual([
    { 'thing/same': 1, 'thing/other': 2, 'thing/theirs': 1 },
    ['thing/other', 'thing/same'],
  ])
  expect((await alice.plan([spec])).plan.steps).toEqual([])
})

test('what nobody owns and has to be replaced, with what stands on it: claimed before anything goes', async () => {
  const cluster = new FakeCluster()
  const alice = built(new Map([['blue', cluster]]))
  const fields = (fixed: number) => ({ members: 3, groups: { g: { fixed } }, things: { a: { fixed } } })
  await alice.run((await alice.plan([fakeSpec('blue', fields(1))])).plan, ALL)
  cluster.owners.clear()
  const spec = fakeSpec('blue', fields(2))
  const { plan } = await alice.plan([spec])
  expect(plan.steps.map(({ action, address }) => `${action} ${address.key.join()}`)).toEqual([
    'fake.group.adopt g',
    'fake.group.delete g',
    'fake.group.create g',
    'fake.thing.adopt a',
    'fake.thing.delete a',
    'fake.thing.create a',
  ])
  expect((await alice.run(plan, ALL)).state).toBe('done')
  expect((await alice.plan([spec])).plan.steps).toEqual([])
})

test('what is gone when it is to be taken over is said at once, and not claimed', async () => {
  const { cluster, alice } = await byHand({ a: 1 })
  const { plan } = await alice.plan([blue({ a: 1 })])
  cluster.things.clear()
  const { failures } = await alice.run(plan, SAFE)
  expect(failures).toMatchObject([{ code: 'MQOPS_STALE', summary: expect.stringContaining('removed') }])
  expect([...cluster.owners]).toEqual([])
})

test('what another spec owns is noted, refused when this one names it, and taken over by its address', async () => {
  const { cluster, alice } = await shared({ a: 1, b: 1 })
  const without = await alice.plan([teal({})])
  expect([without.plan.steps, without.plan.notes.map((note) => note.kind)]).toEqual([
    [],
    ['other-owner', 'other-owner'],
  ])
  const spec = teal({ a: 2 })
  const { plan, failures } = await alice.plan([spec])
  expect([plan.steps, failures]).toMatchObject([
    [],
    [
      {
        code: 'MQOPS_OWNED_BY_OTHER',
        address: { key: ['a'] },
        hint: expect.stringContaining("--adopt 'teal/thing/a'"),
      },
    ],
  ])
  const taken = (await alice.plan([spec], { adopt: ['teal/thing/a'] })).plan
  expect(taken.steps.map((step) => step.action)).toEqual(['fake.thing.adopt', 'fake.thing.update'])
  expect(taken.steps[0]?.reason).toContain('the spec "blue" owns it')
  expect((await alice.run(taken, SAFE)).state).toBe('done')
  expect(contents(cluster)).toEqual({ 'thing/a': 2, 'thing/b': 1 })
  expect((await alice.plan([spec])).plan.steps).toEqual([])
  const before = await alice.plan([blue({ a: 1, b: 1 })])
  expect(before.failures.map(({ code, summary }) => [code, summary])).toEqual([
    ['MQOPS_OWNED_BY_OTHER', 'the spec "teal" has taken it over: this one no longer owns it'],
  ])
  const released = await alice.plan([blue({ b: 1 })])
  expect([released.failures, released.plan.steps, released.plan.notes.map((note) => note.kind)]).toEqual([
    [],
    [],
    ['other-owner'],
  ])
})

test('what another spec claimed and somebody removed is not made here either', async () => {
  const { cluster, alice } = await shared({ a: 1 })
  cluster.things.clear()
  expect((await alice.plan([teal({ a: 1 })])).failures.map(({ code }) => code)).toEqual(['MQOPS_OWNED_BY_OTHER'])
})

test('claimed by a third spec after the plan: refused', async () => {
  const { cluster, alice } = await shared({ a: 1 })
  const { plan } = await alice.plan([teal({ a: 1 })], { adopt: ['teal/*'] })
  cluster.owners.set('thing/a', { spec: 'green' })
  expect((await alice.run(plan, SAFE)).failures.map(({ code }) => code)).toEqual(['MQOPS_OWNED_BY_OTHER'])
  expect(cluster.owners.get('thing/a')).toEqual({ spec: 'green' })
})

test('nobody owned it when it was planned, somebody does now: refused', async () => {
  const { cluster, alice } = await byHand({ a: 1 })
  const { plan } = await alice.plan([blue({ a: 1 })])
  cluster.owners.set('thing/a', { spec: 'green' })
  expect((await alice.run(plan, SAFE)).failures.map(({ code }) => code)).toEqual(['MQOPS_OWNED_BY_OTHER'])
})

test('a plan keeps what it was told to take over: derived again it is the same', async () => {
  const { alice } = await shared({ a: 1 })
  const spec = teal({ a: 2 })
  const { plan } = await alice.plan([spec], { adopt: ['teal/thing/*'] })
  expect(plan.adopt).toEqual(['teal/thing/*'])
  const again = await alice.plan([spec], { adopt: plan.adopt ?? [] })
  expect(() => comparePlans(plan, again.plan)).not.toThrow()
})

test('taken over in the same run from members that are started first', async () => {
  const { cluster, alice } = await shared({ a: 1 })
  for (const disk of cluster.disks.values()) disk.running = null
  const { plan, failures } = await alice.plan([teal({ a: 2 })], { adopt: ['teal/thing/a'] })
  expect([failures, plan.later.length]).toEqual([[], 1])
  expect((await alice.run(plan, SAFE)).state).toBe('done')
  expect(cluster.owners.get('thing/a')?.spec).toBe('teal')
})

test.each([
  ['blue/thing/named', []],
  ['blue/thing/*', []],
  ['*/thing/named', []],
  ['blue/thing/missing', []],
  ['blue/thing/theirs', [['MQOPS_ADOPT_UNNAMED', "import blue --only 'thing/theirs'"]]],
  ['blue/thing/th*', [['MQOPS_ADOPT_UNNAMED', "import blue --only 'thing/th*'"]]],
  ['blue/thing/nemed', [['MQOPS_ADOPT_UNKNOWN', 'Did you mean blue/thing/named?']]],
  ['blue/thong/named', [['MQOPS_ADOPT_UNKNOWN', 'Did you mean blue/thing/named? Kinds are: group, thing']]],
  ['blue/x*', [['MQOPS_ADOPT_UNKNOWN', '']]],
] as const)('--adopt %s', async (pattern, said) => {
  const { alice } = await byHand({ named: 1, theirs: 1 })
  const { failures } = await alice.plan([blue({ named: 1, missing: 1 })], { adopt: [pattern] })
  expect(failures.map(({ code }) => code)).toEqual(said.map(([code]) => code))
  for (const [i, [, hint]] of said.entries()) expect(failures[i]?.hint ?? '').toContain(hint)
})
