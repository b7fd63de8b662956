import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { OffsetsAsk } from '../../src/operations/offsets/index.ts'
import { ALL, built, SAFE } from './support.ts'
import { busy, spec, member, groupOf, place, standing, ask, of } from './offsets-support.ts'

describe('what a plan says', () => {
  test('backwards is read again and disruptive; onwards is skipped, destructive, and takes the name', async () => {
    const clusters = await busy()
    const alice = built(clusters)
    const back = await alice.planOffsets(spec, ask({ to: 'shift', by: -10 }))
    expect(back.plan.steps).toMatchObject([{ risk: 'disruptive', rereads: { messages: 20, atMost: true } }])
    expect(back.plan.notes.map((note) => note.text)).toEqual([
      'partition 2 has no committed offset to shift from: left alone',
    ])
    const on = await alice.planOffsets(spec, ask({ to: 'latest' }))
    expect(on.plan.steps).toMatchObject([
      { risk: 'destructive', loses: { messages: 60 + 40 + 100, atMost: true, skipped: true } },
    ])
    await expect(alice.run(on.plan, SAFE)).rejects.toMatchObject({ code: 'MQOPS_APPROVAL_NEEDED' })
    expect(standing(of(clusters))).toEqual({ 'orders-0': 40, 'orders-1': 60 })
    expect((await alice.run(on.plan, ALL)).state).toBe('done')
    expect(standing(of(clusters))).toEqual({ 'orders-0': 100, 'orders-1': 100, 'orders-2': 100 })
    expect((await alice.planOffsets(spec, ask({ to: 'latest' }))).plan.steps).toEqual([])
  })

  test('to a time: the first record from then on; none is the end, with a word', async () => {
    const clusters = await busy()
    const alice = built(clusters)
    of(clusters).logs.set('orders', [
      { times: [1000, 2000, 3000], deleted: 0 },
      { times: [1000], deleted: 0 },
      { times: [5000, 6000], deleted: 1 },
    ])
    place(of(clusters), { 'orders-0': 3, 'orders-1': 0, 'orders-2': 2 })
    const { plan } = await alice.planOffsets(spec, ask({ to: 'time', at: 1500 }))
    expect(plan.steps[0]?.changes).toMatchObject([
      { field: 'partition 0', from: 3, to: 1, rereads: { messages: 2 } },
      { field: 'partition 1', from: 0, to: 1, loses: { messages: 1 }, note: 'no record is that new: the end' },
      { field: 'partition 2', from: 2, to: 1, rereads: { messages: 1 } },
    ])
  })

  test('only the partitions that are named; beyond the log its end, said also where the group stands there already', async () => {
    const clusters = await busy()
    const alice = built(clusters)
    place(of(clusters), { 'orders-1': 100 })
    const { plan } = await alice.planOffsets(
      spec,
      ask({ to: 'offset', offset: 5000 }, [{ topic: 'orders', partitions: [0, 1] }]),
    )
    expect(plan.steps[0]?.changes).toMatchObject([
      { field: 'partition 0', to: 100, note: "5000 is beyond the log's end: 100" },
    ])
    expect(plan.notes.map((note) => note.text)).toEqual(["partition 1: 5000 is beyond the log's end: 100"])
    expect((await alice.run(plan, ALL)).state).toBe('done')
    expect(standing(of(clusters))).toEqual({ 'orders-0': 100, 'orders-1': 100 })
  })

  test.each([
    ['a group that is not there', { ...ask({ to: 'latest' }), group: 'bil' }, 'MQOPS_GROUP_UNKNOWN', 'billing'],
    [
      'a topic that is not there',
      ask({ to: 'latest' }, [{ topic: 'no', partitions: null }]),
      'MQOPS_TOPIC_UNKNOWN',
      '',
    ],
    [
      'a partition that is not there',
      ask({ to: 'latest' }, [{ topic: 'orders', partitions: [0, 3, 4] }]),
      'MQOPS_PARTITION_UNKNOWN',
      '',
    ],
    [
      'a named partition with nothing to shift from',
      ask({ to: 'shift', by: 1 }, [{ topic: 'orders', partitions: [2] }]),
      'MQOPS_OFFSETS_NONE',
      '',
    ],
  ] as const)('%s is an error', async (_, asked, code, detail) => {
    const { failures } = await built(await busy()).planOffsets(spec, asked)
    expect(failures).toMatchObject([{ code }])
    expect(failures[0]?.detail ?? '').toContain(detail)
  })

  test('a group without offsets needs topics; a topic that is gone is left alone, a log without leader is unknown', async () => {
    const clusters = await busy()
    const alice = built(clusters)
    place(of(clusters), { 'gone-0': 5 })
    const { plan, failures } = await alice.planOffsets(spec, ask({ to: 'earliest' }))
    expect([plan.steps.length, plan.notes.map((note) => note.text), failures]).toEqual([
      1,
      ['its topic is gone: left alone'],
      [],
    ])
    Object.assign(of(clusters).logs.get('orders')?.[1] ?? {}, { leaderless: true })
    expect((await alice.planOffsets(spec, ask({ to: 'earliest' }))).failures).toMatchObject([
      { code: 'MQOPS_UNKNOWN_STATE', summary: expect.stringContaining('partition 1') },
    ])
    groupOf(of(clusters)).offsets.clear()
    expect((await alice.planOffsets(spec, ask({ to: 'earliest' }))).failures).toMatchObject([
      { code: 'MQOPS_OFFSETS_NONE' },
    ])
  })

  test.each(['share', 'streams'] as const)('a %s group is refused with words', async (type) => {
    const clusters = await busy()
    of(clusters).groups.set('other', { type, members: [], offsets: new Map() })
    for (const topics of [[], [{ topic: 'orders', partitions: null }]]) {
      const planned = await built(clusters).planOffsets(spec, { ...ask({ to: 'latest' }, topics), group: 'other' })
      expect(planned.failures).toMatchObject([
        { code: 'MQOPS_NOT_SUPPORTED', summary: expect.stringContaining(`a ${type} group`) },
      ])
      expect(planned.plan.steps).toEqual([])
    }
  })

  test('a group that is read is refused, with who reads; the preview stands all the same', async () => {
    const clusters = await busy()
    groupOf(of(clusters)).members = [member]
    const { plan, failures } = await built(clusters).planOffsets(spec, ask({ to: 'earliest' }))
    expect(plan.steps.length).toBe(1)
    expect(failures).toMatchObject([{ code: 'MQOPS_GROUP_ACTIVE', detail: 'billing-app on 10.0.0.7' }])
  })
})

test('any target: what is set is what was planned, and skips and rereads are the records between', async () => {
  const targets = fc.oneof(
    fc.constantFrom<OffsetsAsk['target']>({ to: 'earliest' }, { to: 'latest' }),
    fc.integer({ min: 0, max: 140 }).map((offset) => ({ to: 'offset' as const, offset })),
    fc.integer({ min: -10_000, max: 120_000 }).map((at) => ({ to: 'time' as const, at })),
    fc.integer({ min: -140, max: 140 }).map((by) => ({ to: 'shift' as const, by })),
  )
  const partition = fc.record({ committed: fc.option(fc.nat(120)), deleted: fc.nat(100) })
  const clusters = await busy()
  const cluster = of(clusters)
  await fc.assert(
    fc.asyncProperty(fc.array(partition, { minLength: 1, maxLength: 4 }), targets, async (partitions, target) => {
      const times = Array.from({ length: 100 }, (_, i) => i * 1000)
      cluster.logs.set(
        'orders',
        partitions.map(({ deleted }) => ({ times, deleted })),
      )
      groupOf(cluster).offsets.clear()
      for (const [i, { committed }] of partitions.entries())
        if (committed !== null) place(cluster, { [`orders-${i}`]: committed })
      const alice = built(clusters)
      const { plan, failures } = await alice.planOffsets(spec, ask(target, [{ topic: 'orders', partitions: null }]))
      expect(failures).toEqual([])
      const before = standing(cluster)
      if (plan.steps.length > 0) expect((await alice.run(plan, ALL)).state).toBe('done')
      const after = standing(cluster)
      let [skipped, again] = [0, 0]
      for (const [i, { committed, deleted }] of partitions.entries()) {
        const to = after[`orders-${i}`]
        if (to === undefined) continue
        if (to !== before[`orders-${i}`]) expect(to >= deleted && to <= 100).toBe(true)
        // Counted record by record: still in the log, read before or not, to be read from now on or not.
        for (let offset = deleted; offset < 100; offset++) {
          const read = committed !== null && offset < committed
          const comes = offset >= to
          if (read && comes) again += 1
          if (!read && !comes) skipped += 1
        }
      }
      expect([plan.steps[0]?.loses?.messages ?? 0, plan.steps[0]?.rereads?.messages ?? 0]).toEqual([skipped, again])
      expect(plan.steps.map((step) => step.risk)).toEqual(
        plan.steps.length === 0 ? [] : [skipped > 0 ? 'destructive' : 'disruptive'],
      )
    }),
    { numRuns: 200 },
  )
})
