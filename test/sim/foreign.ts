import { expect } from 'vitest'
import { printLocal } from '../../src/model/address.ts'
import { type Json, type JsonObject, same } from '../../src/model/json.ts'
import { verifyCluster } from '../../src/operations/verify/index.ts'
import { seeded, simulatedContext, VirtualClock } from '../support/clock.ts'
import { FakeCluster, fakeSpec } from '../support/fake-cluster.ts'
import { fakeWorld } from '../support/fake-world.ts'
import { memoryStore } from '../support/memory-store.ts'
import { operator } from '../support/operator.ts'
import { ALL, asked, contents } from './support.ts'

/** An apply, and a foreign tool that changes things at chosen calls of it. */

/** `gone` before `becomes`: taken away and made again. Of a thing, as 'kind/key'. */
export type ForeignChange = { readonly at: string; readonly gone: boolean; readonly becomes: Json }
export type Disturbance = { readonly call: number; readonly change: ForeignChange }
export type Manners = Pick<FakeCluster, 'existing' | 'deletes'>
export type Scenario = { readonly first: JsonObject; readonly second: JsonObject; readonly manners: Manners }

type Call = { readonly name: string; readonly about: readonly string[]; readonly look: boolean }
type Thing = { readonly value: Json; readonly uid: string }

const READS = ['list', 'measure', 'connect', 'observe', 'members', 'refusals', 'ownership.read', 'lease']
const IDLE = ['connect', 'observe', 'members', 'refusals', 'lease']
const THING = /^(group|thing)(\/.+)?$/
const split = (at: string): readonly [string, string] => at.split('/') as [string, string]
const keyOf = (at: string): string => JSON.stringify(split(at))
const touches = (call: Call | undefined, at: string): boolean =>
  call !== undefined && (call.about.includes(at) || call.about.includes(split(at)[0]))

export type Ended = {
  readonly calls: number
  /** Those that look at things, or change them: between the others nothing is decided. */
  readonly points: readonly number[]
  /** Whether anything was said: by the run, or by the verification after it. */
  readonly silent: boolean
  /** Foreign changes that came between the last look at a thing and the write that followed. */
  readonly instants: number
}

/** Runs the apply of `second` over `first`, and holds how it ended to what mqops claims. Throws what is not as claimed. */
export async function interleaved(
  { first, second, manners }: Scenario,
  disturbances: readonly Disturbance[],
): Promise<Ended> {
  const cluster = Object.assign(new FakeCluster(), manners)
  const clock = new VirtualClock()
  const alice = operator('alice', new Map([['blue', cluster]]), memoryStore(), clock, seeded(1))
  const [before, after] = [first, second].map((fields) => fakeSpec('blue', { members: 1, ...fields })) as [never, never]
  expect((await alice.run((await alice.plan([before])).plan, ALL)).state).toBe('done')
  const { plan } = await alice.plan([after])
  const planned = new Map([...cluster.things].map(([key, thing]) => [key, { ...thing }]))
  cluster.acts.length = 0

  const calls: Call[] = []
  const others = new Map<string, Thing>() // what the foreign tool left
  let turn = Promise.resolve()
  cluster.disturb = async (name, about = []) => {
    // One call takes hold before the next begins: so it is told what came before what.
    const before = turn
    turn = before.then(settled)
    await before
    for (const { call, change } of disturbances) if (call === calls.length) changeBy(cluster, change, others)
    calls.push({ name, about, look: READS.includes(name) })
  }
  const result = await alice.run(plan, ALL)
  // What a call is about decides what counts as seen: lists that say nothing would excuse what is not.
  expect(calls.filter(({ name, about }) => name === 'list' && !about.every((at) => THING.test(at)))).toEqual([])
  const world = fakeWorld(cluster, after, simulatedContext(clock, seeded(2), new AbortController().signal))
  const checks =
    result.state === 'done'
      ? await verifyCluster(
          world,
          () => alice.plan([after]),
          () => {},
        )
      : []
  cluster.disturb = async () => {}

  const told = [
    ...result.failures.map((one) => `${one.address ? printLocal(one.address) : ''}: ${one.summary}; ${one.detail}`),
    ...result.todo,
    ...checks.filter((check) => !check.ok).map((check) => check.evidence),
  ]
  const silent = result.state === 'done' && told.length === 0
  if (result.state !== 'done') expect(told).not.toEqual([])
  // In the instant between its last look and its write nobody can see a change: brokers have no conditional update.
  const instant = (at: string): boolean =>
    disturbances.some(({ call, change }) => {
      const next = calls.slice(call).find((one) => touches(one, at))
      return change.at === at && next !== undefined && !next.look
    })
  for (const { at, verb, want, before: stood } of cluster.acts) {
    const expected = verb === 'create' ? undefined : planned.get(keyOf(at))
    const unchanged = same(stood?.value ?? null, expected?.value ?? null) || same(stood?.value ?? null, want)
    const another = verb === 'delete' && stood?.uid !== expected?.uid
    const excused =
      instant(at) &&
      !(another && manners.deletes === 'incarnation') &&
      !(verb === 'create' && manners.existing !== 'overwritten')
    if ((!unchanged || another) && !excused)
      throw new Error(`${verb} ${at} was planned for ${JSON.stringify(expected)} and met ${JSON.stringify(stood)}`)
  }
  const wanted = asked({ groups: {}, things: {}, ...second })
  const late = disturbances.filter(
    ({ call, change }) => call >= calls.length || !calls.slice(call).some((one) => one.look && touches(one, change.at)),
  )
  const now = contents(cluster)
  const next = await alice.plan([after])
  const shown = next.plan.steps.map((step) => printLocal(step.address))
  for (const at of new Set([...Object.keys(now), ...Object.keys(wanted)])) {
    const strange = wanted[at] === undefined && !cluster.owners.has(at)
    if (strange || same(now[at] ?? null, wanted[at] ?? null)) continue
    expect([at, shown]).toEqual([at, expect.arrayContaining([at])])
    if (silent) expect(late.map(({ change }) => change.at)).toContain(at)
    else if (disturbances.length === 1 && disturbances[0]?.change.at === at) expect(told.join('\n')).toContain(at)
  }
  if (silent && late.length === 0) expect(shown).toEqual([])
  for (const [at] of others) if (instant(at) && manners.deletes === 'name') others.delete(at)
  untouchedStrangers(cluster, others, wanted)

  // The foreign tool has gone: the next apply converges, and its own things are still there.
  expect((await alice.run(next.plan, ALL)).state).toBe('done')
  expect((await alice.plan([after])).plan.steps).toEqual([])
  untouchedStrangers(cluster, others, wanted)
  for (const [at, value] of Object.entries(wanted)) expect([at, contents(cluster)[at]]).toEqual([at, value])
  const points = calls.flatMap(({ name }, i) => (IDLE.includes(name) ? [] : [i]))
  return {
    calls: calls.length,
    points,
    silent,
    instants: disturbances.filter(({ change }) => instant(change.at)).length,
  }
}

async function settled(): Promise<void> {
  for (let i = 0; i < 20; i++) await Promise.resolve()
}

function changeBy(cluster: FakeCluster, { at, gone, becomes }: ForeignChange, others: Map<string, Thing>): void {
  const [kind, name] = split(at)
  if (gone) cluster.change(kind, [name], null)
  if (becomes !== null) cluster.change(kind, [name], becomes)
  const thing = cluster.things.get(keyOf(at))
  if (thing && gone) others.set(at, { value: thing.value, uid: thing.uid })
  else others.delete(at)
}

/** What the foreign tool made, and the spec doesn't name, is as it left it. */
function untouchedStrangers(cluster: FakeCluster, others: ReadonlyMap<string, Thing>, wanted: JsonObject): void {
  for (const [at, { value, uid }] of others)
    if (wanted[at] === undefined) expect([at, cluster.things.get(keyOf(at))]).toMatchObject([at, { value, uid }])
}
