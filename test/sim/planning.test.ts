import fc from 'fast-check'
import { expect, test } from 'vitest'
import { MqopsError } from '../../src/model/failure.ts'
import { seeded, VirtualClock } from '../support/clock.ts'
import { FakeCluster, fakeSpec } from '../support/fake-cluster.ts'
import { memoryStore } from '../support/memory-store.ts'
import { operator } from '../support/operator.ts'
import { ALL, SAFE, asked, built, contents, fields, one } from './support.ts'

test('an applied plan leaves an empty one, whatever was there before', async () => {
  await fc.assert(
    fc.asyncProperty(fields, fields, async (first, second) => {
      const clusters = one()
      const alice = built(clusters)
      for (const f of [first, second]) {
        const spec = fakeSpec('blue', f)
        const { plan, failures } = await alice.plan([spec])
        expect(failures).toEqual([])
        expect((await alice.run(plan, ALL)).state).toBe('done')
        expect((await alice.plan([spec])).plan.steps).toEqual([])
        expect(contents(clusters.get('blue') as FakeCluster)).toEqual(asked(f))
      }
    }),
    { numRuns: 60 },
  )
})

test('planning twice gives the same ids; planning changes nothing', async () => {
  const clusters = one()
  const alice = built(clusters)
  const spec = fakeSpec('blue', { members: 3, groups: { a: 1 }, things: { b: 2 } })
  const ids = (await alice.plan([spec])).plan.steps.map((step) => step.id)
  expect((await alice.plan([spec])).plan.steps.map((step) => step.id)).toEqual(ids)
  expect(new Set(ids).size).toBe(ids.length)
  expect(clusters.get('blue')?.allocation).toBeNull()
})

test('nothing destructive happens without consent by name', async () => {
  await fc.assert(
    fc.asyncProperty(fields, fields, async (first, second) => {
      const clusters = one()
      const alice = built(clusters)
      await alice.run((await alice.plan([fakeSpec('blue', first)])).plan, ALL)
      const before = contents(clusters.get('blue') as FakeCluster)
      const { plan } = await alice.plan([fakeSpec('blue', second)])
      const destructive = plan.steps.some((step) => step.risk === 'destructive')
      const run = alice.run(plan, SAFE)
      if (!destructive) {
        expect((await run).state).toBe('done')
        return
      }
      await expect(run).rejects.toMatchObject({ code: 'MQOPS_APPROVAL_NEEDED' })
      expect(contents(clusters.get('blue') as FakeCluster)).toEqual(before)
    }),
    { numRuns: 60 },
  )
})

test('what mqops did not make is left alone and noted; what the spec names is taken over', async () => {
  const clusters = one()
  const alice = built(clusters)
  const cluster = clusters.get('blue') as FakeCluster
  await alice.run((await alice.plan([fakeSpec('blue', { members: 3 })])).plan, ALL)
  cluster.things.set('["thing","theirs"]', { kind: 'thing', key: ['theirs'], value: 1, uid: 'x' })
  cluster.things.set('["thing","wanted"]', { kind: 'thing', key: ['wanted'], value: 2, uid: 'y' })
  const spec = fakeSpec('blue', { members: 3, things: { wanted: 2 } })
  const { plan } = await alice.plan([spec])
  expect(plan.notes.map((note) => [note.kind, note.address.key])).toEqual([['unmanaged', ['theirs']]])
  expect(plan.steps.map((step) => step.action)).toEqual(['fake.thing.adopt'])
  await alice.run(plan, SAFE)
  expect(cluster.things.get('["thing","wanted"]')?.uid).toBe('y')
  expect((await alice.plan([spec])).plan.steps).toEqual([])
})

test('a file that somebody has edited is found at its member and written again, without a restart', async () => {
  const clusters = one()
  const alice = built(clusters)
  const cluster = clusters.get('blue') as FakeCluster
  const spec = fakeSpec('blue', { members: 3, static: 1, dynamic: 1 })
  await alice.run((await alice.plan([spec])).plan, ALL)
  for (const name of ['static.conf', 'dynamic.conf']) {
    const files = cluster.disks.get(2)?.files ?? {}
    const before = files[name]
    files[name] = { text: 'theirs', apply: 'reload', secrets: {} }
    const { plan } = await alice.plan([spec])
    expect(plan.steps).toMatchObject([
      { action: 'member.reload', address: { key: ['2'] }, reason: `${name} edited by someone else, written again` },
    ])
    expect(plan.steps[0]?.changes).toEqual([{ field: name, from: 'theirs', to: before?.text }])
    expect((await alice.run(plan, SAFE)).state).toBe('done')
    expect(cluster.disks.get(2)?.files[name]).toEqual(before)
    expect((await alice.plan([spec])).plan.steps).toEqual([])
  }
  expect(cluster.starts).toBe(3)
})

test('a restart shows all that it takes up: what would not have wanted one, and what it writes over', async () => {
  const clusters = one()
  const alice = built(clusters)
  const cluster = clusters.get('blue') as FakeCluster
  await alice.run((await alice.plan([fakeSpec('blue', { members: 3, static: 1, dynamic: 1 })])).plan, ALL)
  const spec = fakeSpec('blue', { members: 3, static: 2, dynamic: 2 })
  const both = (await alice.plan([spec])).plan.steps
  expect(both.map((step) => [step.action, step.reason, step.changes.map((change) => change.to)])).toEqual(
    Array.from({ length: 3 }, () => ['member.restart', 'static.conf, dynamic.conf changed', ['static=2', 'dynamic=2']]),
  )
  const files = cluster.disks.get(2)?.files ?? {}
  files['dynamic.conf'] = { text: 'theirs', apply: 'reload', secrets: {} }
  const { plan } = await alice.plan([fakeSpec('blue', { members: 3, static: 2, dynamic: 1 })])
  expect(plan.steps.find((step) => step.address.key[0] === '2')).toMatchObject({
    reason: 'static.conf changed; dynamic.conf edited by someone else, written again',
    changes: [
      { field: 'static.conf', from: 'static=1', to: 'static=2' },
      { field: 'dynamic.conf', from: 'theirs', to: 'dynamic=1' },
    ],
  })
})

test('a static change restarts one member at a time, the leader last; a dynamic one restarts nobody', async () => {
  const clusters = one()
  const alice = built(clusters)
  const cluster = clusters.get('blue') as FakeCluster
  await alice.run((await alice.plan([fakeSpec('blue', { members: 3, static: 1 })])).plan, ALL)
  const down: number[] = []
  const order: string[] = []
  cluster.disturb = async (call) => {
    if (!call.startsWith('between')) return
    order.push(call)
    down.push([...cluster.disks.values()].filter((disk) => !disk.running).length)
  }
  const { plan } = await alice.plan([fakeSpec('blue', { members: 3, static: 2 })])
  expect(plan.steps.map((step) => [step.action, step.risk])).toEqual(
    Array.from({ length: 3 }, () => ['member.restart', 'disruptive']),
  )
  expect((await alice.run(plan, SAFE)).state).toBe('done')
  expect(order).toEqual([2, 3, 1].map((slot) => `between stop and start ${slot}`))
  expect(down).toEqual([1, 1, 1])
  const starts = cluster.starts
  const dynamic = await alice.plan([fakeSpec('blue', { members: 3, static: 2, dynamic: 1 })])
  expect(new Set(dynamic.plan.steps.map((step) => `${step.action} ${step.risk}`))).toEqual(
    new Set(['member.reload safe']),
  )
  await alice.run(dynamic.plan, SAFE)
  const noticed = await alice.plan([fakeSpec('blue', { members: 3, static: 2, dynamic: 0 })])
  expect(new Set(noticed.plan.steps.map((step) => `${step.action} ${step.risk}`))).toEqual(
    new Set(['member.reload disruptive']),
  )
  expect(cluster.starts).toBe(starts)
})

test('members that were stopped hide what is inside: that is planned later in the same run, under the same consent', async () => {
  const clusters = one()
  const alice = built(clusters)
  const cluster = clusters.get('blue') as FakeCluster
  await alice.run((await alice.plan([fakeSpec('blue', { members: 3, things: { a: 1, b: 1 } })])).plan, ALL)
  for (const disk of cluster.disks.values()) disk.running = null
  const spec = fakeSpec('blue', { members: 3, things: { b: 2 } })
  const { plan } = await alice.plan([spec])
  expect(plan.later.map((at) => at.cluster)).toEqual(['blue'])
  const result = await alice.run(plan, SAFE)
  expect([result.state, result.uncovered.map((step) => step.address.key)]).toEqual(['partly', [['a']]])
  expect(contents(cluster)).toEqual({ 'thing/a': 1, 'thing/b': 1 })
  expect((await alice.run((await alice.plan([spec])).plan, ALL)).state).toBe('done')
  expect(contents(cluster)).toEqual({ 'thing/b': 2 })
})

test('what hides inside started members is asked for until it can be read; a lasting failure ends the run, and resume goes on', async () => {
  const clusters = one()
  const store = memoryStore()
  const clock = new VirtualClock()
  const alice = operator('alice', clusters, store, clock, seeded(1))
  const cluster = clusters.get('blue') as FakeCluster
  const spec = fakeSpec('blue', { members: 3, things: { a: 1 } })
  await alice.run((await alice.plan([spec])).plan, ALL)
  const electing = async (ms: number) => {
    for (const disk of cluster.disks.values()) disk.running = null
    const until = clock.time + ms
    cluster.disturb = async (call) => {
      if (call === 'ownership.read' && clock.time < until)
        throw new MqopsError({ code: 'MQOPS_TIMEOUT', summary: 'no leader yet', retryable: true })
    }
    return alice.run((await alice.plan([spec])).plan, SAFE)
  }
  expect((await electing(20_000)).state).toBe('done')
  const lasting = await electing(3_600_000)
  expect([lasting.state, lasting.failures.map((f) => f.code)]).toEqual(['partly', ['MQOPS_TIMEOUT']])
  cluster.disturb = async () => {}
  expect((await alice.resume(lasting.run)).state).toBe('done')
})

test('a delete says what it loses, and deletes nothing when that has grown since', async () => {
  const clusters = one()
  const alice = built(clusters)
  const cluster = clusters.get('blue') as FakeCluster
  await alice.run((await alice.plan([fakeSpec('blue', { members: 3, things: { a: 1, b: 1 } })])).plan, ALL)
  const [a, b] = ['["thing","a"]', '["thing","b"]']
  cluster.messages.set(a, 500).set(b, 500)
  const { plan } = await alice.plan([fakeSpec('blue', { members: 3 })])
  expect(plan.steps.map((step) => step.loses)).toEqual([{ messages: 500 }, { messages: 500 }])
  cluster.messages.set(a, 1000).set(b, 1001)
  const { state, failures } = await alice.run(plan, ALL)
  expect(state).toBe('partly')
  expect(failures).toMatchObject([{ code: 'MQOPS_STALE', summary: expect.stringContaining('1001 messages') }])
  expect([...cluster.things.keys()]).toEqual([b])
})

test('a restart that takes something down with it says so; what the plan did not say waits for a person', async () => {
  const clusters = one()
  const alice = built(clusters)
  const cluster = clusters.get('blue') as FakeCluster
  await alice.run((await alice.plan([fakeSpec('blue', { members: 3, static: 1 })])).plan, ALL)
  const spec = fakeSpec('blue', { members: 3, static: 2 })
  const before = (await alice.plan([spec])).plan
  cluster.outage = ['single']
  const starts = cluster.starts
  expect((await alice.run(before, ALL)).state).toBe('needs-human')
  expect(cluster.starts).toBe(starts)
  const { plan } = await alice.plan([spec])
  expect(plan.steps.map((step) => step.reason)).toEqual(
    Array.from({ length: 3 }, () => "static.conf changed; single can't be used while it restarts"),
  )
  expect((await alice.run(plan, SAFE)).state).toBe('done')
  expect(cluster.starts).toBe(starts + 3)
})

test('the leader goes last also while another member is down', async () => {
  const clusters = one()
  const alice = built(clusters)
  const cluster = clusters.get('blue') as FakeCluster
  await alice.run((await alice.plan([fakeSpec('blue', { members: 3, static: 1 })])).plan, ALL)
  ;(cluster.disks.get(3) as { running: unknown }).running = null
  const { plan } = await alice.plan([fakeSpec('blue', { members: 3, static: 2 })])
  expect(plan.steps.map((step) => `${step.action} ${step.address.key.join()}`)).toEqual([
    'member.start 3',
    'member.restart 2',
    'member.restart 1',
  ])
})

test('a kind that this user may not read: one failure, nothing of it planned or forgotten; the others are planned', async () => {
  const clusters = one()
  const alice = built(clusters)
  const cluster = clusters.get('blue') as FakeCluster
  await alice.run((await alice.plan([fakeSpec('blue', { members: 3, things: { a: 1, b: 1 } })])).plan, ALL)
  let lists = 0
  const blind = async (call: string) => {
    // Kinds are asked in their order: groups, then things.
    if (call === 'list' && ++lists === 2) throw new MqopsError({ code: 'MQOPS_FORBIDDEN', summary: 'things: no' })
  }
  cluster.disturb = blind
  const { plan, failures } = await alice.plan([fakeSpec('blue', { members: 3, groups: { g: 1 }, things: { a: 2 } })])
  expect(plan.steps.map((step) => step.address.kind)).toEqual(['group'])
  expect(failures).toMatchObject([{ code: 'MQOPS_FORBIDDEN', address: { kind: 'thing', key: [] } }])
  cluster.disturb = async () => {}
  await alice.run((await alice.plan([fakeSpec('blue', { members: 3 })])).plan, ALL)
  cluster.disturb = blind
  lists = 0
  const none = await alice.plan([fakeSpec('blue', { members: 3 })])
  expect([none.failures, none.plan.notes]).toMatchObject([[], [{ kind: 'unknown', address: { kind: 'thing' } }]])
})

test('what another spec owns and is out of sight stops nothing', async () => {
  const cluster = new FakeCluster()
  const clusters = new Map([
    ['blue', cluster],
    ['teal', cluster],
  ])
  const alice = built(clusters)
  await alice.run((await alice.plan([fakeSpec('blue', { members: 3, things: { a: 1 } })])).plan, ALL)
  cluster.hidden.add('["thing","a"]')
  const { plan, failures } = await alice.plan([fakeSpec('teal', { members: 3, things: { b: 1 } })])
  expect([failures, plan.steps.map((step) => step.address.key)]).toEqual([[], [['b']]])
})

test('what is ours but out of sight is unknown, not gone: nothing is planned, and the claim stays', async () => {
  const clusters = one()
  const alice = built(clusters)
  const cluster = clusters.get('blue') as FakeCluster
  await alice.run((await alice.plan([fakeSpec('blue', { members: 3, things: { a: 1 } })])).plan, ALL)
  cluster.hidden.add('["thing","a"]')
  const { plan, failures } = await alice.plan([fakeSpec('blue', { members: 3 })])
  expect(plan.steps).toEqual([])
  expect(failures).toMatchObject([{ code: 'MQOPS_UNKNOWN_STATE', address: { kind: 'thing', key: ['a'] } }])
  expect([...cluster.owners.keys()]).toEqual(['thing/a'])
})
