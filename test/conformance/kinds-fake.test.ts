import { describe, expect, it } from 'vitest'
import type { JsonObject } from '../../src/model/json.ts'
import type { Step } from '../../src/model/plan.ts'
import { seeded, simulatedContext, VirtualClock } from '../support/clock.ts'
import { fakeBroker } from '../support/fake-broker.ts'
import { FakeCluster, fakeFailure, fakeSpec } from '../support/fake-cluster.ts'
import { fakeGroups } from '../support/fake-groups.ts'
import { fakeWorld } from '../support/fake-world.ts'
import { FakeSession } from '../support/fake-session.ts'
import { memoryStore } from '../support/memory-store.ts'
import { operator } from '../support/operator.ts'
import { ALL, fakeHarness, fakeSamples } from './kinds/fake.ts'
import { kindsSuite } from './kinds/suite.ts'

// The suite that real brokers are held to: what the simulations run on is not kinder than they are.
describe('kinds of the fake', () => {
  kindsSuite(
    { name: fakeBroker.kind, kinds: fakeBroker.kinds, open: async () => fakeHarness(), samples: fakeSamples },
    new Map(),
  )
})

const ctx = simulatedContext(new VirtualClock(), seeded(2), new AbortController().signal)

/** A cluster of three with the thing `a`. */
async function built(more: JsonObject = {}) {
  const cluster = new FakeCluster()
  const alice = operator('alice', new Map([['suite', cluster]]), memoryStore(), new VirtualClock(), seeded(1))
  const plan = (fields: JsonObject) => alice.plan([fakeSpec('suite', { members: 3, ...fields })])
  expect((await alice.run((await plan({ things: { a: 1 }, ...more })).plan, ALL)).state).toBe('done')
  return { cluster, plan, run: alice.run, session: await FakeSession.open(cluster) }
}
const [, thing] = fakeBroker.kinds as [unknown, (typeof fakeBroker.kinds)[number]]

describe('the fake, where no cluster can be brought to it at will', () => {
  it('answers nobody while no member runs, and fails where a fault is', async () => {
    const { cluster, plan, session } = await built()
    const [step] = (await plan({})).plan.steps as [Step]
    for (const disk of cluster.disks.values()) disk.running = null
    const groups = fakeGroups(session)
    const read = { topic: 'read', partition: 0 }
    const calls: readonly (() => Promise<unknown>)[] = [
      () => groups.list(ctx),
      () => groups.find('billing', ctx),
      () => groups.committed(['billing'], ctx),
      () => groups.settled('billing', [read], ctx),
      () => groups.logs(['read'], ctx),
      () => groups.since([read], 0, ctx),
      () => groups.commit('billing', [{ ...read, offset: 1 }], ctx),
      () => FakeSession.open(cluster),
      () => session.ownership.read(),
      () => session.ownership.write(new Map([['thing/a', null]])),
      () => session.members(),
      () => session.checks(),
      () => session.refusals(),
      () => session.lease('me', 1000, ctx),
      () => thing.list(session, 'all', ctx),
      async () => thing.loses?.(session, [['a']], ctx),
      () => thing.act('delete', [{ key: ['a'], want: null, step, changes: [] }], session, ctx),
    ]
    for (const call of calls) {
      const failure = expect.objectContaining({ code: 'MQOPS_UNREACHABLE', retryable: true })
      await expect(call()).rejects.toMatchObject({ failure })
    }
    cluster.disturb = async () => {
      throw fakeFailure('MQOPS_LOST', 'a fault')
    }
    for (const call of calls) await expect(call()).rejects.toMatchObject({ code: 'MQOPS_LOST' })
  })

  it('is known by the id that was allotted, whoever asks', async () => {
    const { cluster, session } = await built()
    expect(session.clusterId).toBe(cluster.allocation?.clusterId)
    expect(new FakeSession(new FakeCluster()).clusterId).toBe('none')
  })

  it('says of a member that is down why, and lets no other one go', async () => {
    const { cluster, session } = await built()
    const said = async () =>
      (await session.members()).map(({ up, leader, why, outage, mayStop }) => [up, leader, why, outage, mayStop.is])
    expect(await said()).toEqual([1, 2, 3].map((slot) => [true, slot === 1, undefined, undefined, 'yes']))
    const [first] = cluster.disks.values()
    if (first) first.running = null
    cluster.outage = ['thing/a']
    expect(await said()).toEqual([
      [false, false, 'it does not run', ['thing/a'], 'not-yet'],
      [true, true, undefined, ['thing/a'], 'not-yet'],
      [true, false, undefined, ['thing/a'], 'not-yet'],
    ])
    expect(await session.checks()).toMatchObject([
      { name: 'quorum', about: { cluster: 'suite' }, ok: false, evidence: 'a member is down', ms: 0 },
    ])
    expect(await session.refusals()).toMatchObject([{ ok: true, evidence: 'as it should be', ms: 0 }])
  })

  it('hides what its user may not see: nothing is planned for it, and the place in the spec is said', async () => {
    const { cluster, plan } = await built()
    cluster.hidden.add(JSON.stringify(['thing', 'a']))
    const { plan: seen, failures } = await plan({ things: { a: 1 } })
    expect(seen.steps).toEqual([])
    expect(failures).toMatchObject([{ code: 'MQOPS_UNKNOWN_STATE', path: ['things', 'a'] }])
  })

  it('tells one incarnation from the next: a delete is of the one that was seen', async () => {
    const { cluster, plan, run } = await built()
    const { plan: removal } = await plan({})
    cluster.change('thing', ['a'], null)
    cluster.change('thing', ['a'], 1)
    expect((await run(removal, ALL)).state).toBe('done')
    expect(cluster.things.size).toBe(1)
    cluster.change('thing', ['a'], 2) // the same one still
    expect(cluster.things.get(JSON.stringify(['thing', 'a']))?.uid).toBe('u2')
  })

  it('has no members written down before anything is allotted', async () => {
    expect(await fakeWorld(new FakeCluster(), fakeSpec('suite', { members: 3 }), ctx).nodes()).toEqual([])
  })

  it('tells what is not there from what is, and how much a thing holds', async () => {
    const { cluster, session, plan } = await built()
    expect(await thing.list(session, [['b'], ['a']], ctx)).toMatchObject([
      [['b'], { is: 'absent' }],
      [['a'], { is: 'present', value: 1 }],
    ])
    cluster.messages.set(JSON.stringify(['thing', 'a']), 5)
    expect((await plan({})).plan.steps.map((step) => step.loses)).toEqual([{ messages: 5 }])
  })

  it('has groups and logs as no client here makes them', async () => {
    const { cluster, session } = await built()
    const groups = fakeGroups(session)
    for (const type of ['share', 'streams'] as const) {
      cluster.groups.set(type, { type, members: [{ id: 'm', clientId: 'c', host: 'h' }], offsets: new Map() })
      expect(await groups.find(type, ctx)).toEqual({ name: type, type, state: 'Stable', members: null })
    }
    cluster.logs.set('read', [
      { times: [1000, 2000, 3000], deleted: 1 },
      { times: [1000], deleted: 0, leaderless: true },
    ])
    expect((await groups.logs(['read'], ctx)).get('read')).toEqual([
      { topic: 'read', partition: 0, start: 1, end: 3 },
      { topic: 'read', partition: 1, start: 0, end: 0, problem: 'it has no leader' },
    ])
    const since = (time: number) =>
      groups.since(
        ['read', 'nothing'].map((topic) => ({ topic, partition: 0 })),
        time,
        ctx,
      )
    expect([await since(0), await since(3000), await since(3001)]).toEqual([
      [1, null],
      [2, null],
      [null, null],
    ])
    const first = { topic: 'read', partition: 0, offset: 2 }
    expect(await groups.settled('nobody', [first], ctx)).toEqual([])
    expect(await groups.commit('nobody', [first], ctx)).toEqual([{ is: 'yes' }])
    expect(await groups.settled('nobody', [first], ctx)).toEqual([first])
    expect(await groups.find('nobody', ctx)).toEqual({ name: 'nobody', type: 'classic', state: 'Empty', members: [] })
  })

  it('takes up one file by a reload, which may cut clients off, and another by a restart', async () => {
    const { plan, run } = await built({ static: 1, dynamic: 1 })
    const changes = async (fields: JsonObject) => {
      const made = (await plan({ things: { a: 1 }, ...fields })).plan
      expect((await run(made, ALL)).state).toBe('done')
      return made.steps.map(({ action, risk }) => [action, risk])
    }
    const each = (action: string, risk: string) => [1, 2, 3].map(() => [action, risk])
    expect(await changes({ static: 1, dynamic: 2 })).toEqual(each('member.reload', 'safe'))
    expect(await changes({ static: 1, dynamic: 0 })).toEqual(each('member.reload', 'disruptive'))
    expect(await changes({ static: 2, dynamic: 0 })).toEqual(each('member.restart', 'disruptive'))
  })

  it('says what each change is: what can be taken back, and what can not', async () => {
    const { plan } = await built()
    const changes = async (fields: JsonObject) =>
      (await plan(fields)).plan.steps.map(({ action, risk, reversible }) => [action, risk, reversible])
    expect(await changes({ things: { a: 2, b: 1 } })).toEqual([
      ['fake.thing.update', 'safe', true],
      ['fake.thing.create', 'safe', true],
    ])
    expect(await changes({})).toEqual([['fake.thing.delete', 'destructive', false]])
  })

  it('tells a value from the next: what was changed since the plan is neither changed nor removed by it', async () => {
    const edits: readonly JsonObject[] = [{}, { things: { a: 5 } }]
    for (const fields of edits) {
      const { cluster, plan, run } = await built()
      const { plan: made } = await plan(fields)
      cluster.change('thing', ['a'], 9)
      const { state, failures } = await run(made, ALL)
      expect([state === 'done', failures.map(({ code }) => code)]).toEqual([false, ['MQOPS_STALE']])
      expect([...cluster.things.values()].map(({ value }) => value)).toEqual([9])
    }
  })
})
