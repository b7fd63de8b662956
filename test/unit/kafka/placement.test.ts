import fc from 'fast-check'
import { expect, test } from 'vitest'
import { crowded, place, type Place, type Placed } from '../../../src/brokers/kafka/placement.ts'

const brokers = fc.uniqueArray(fc.integer({ min: 0, max: 30 }), { minLength: 1, maxLength: 9 }).chain((ids) =>
  fc.tuple(
    ...ids.map((id) =>
      fc.record({
        id: fc.constant(id),
        rack: fc.constantFrom('a', 'b', 'c', null),
        load: fc.integer({ min: 0, max: 20 }),
      }),
    ),
  ),
)
const partitionOf = (places: readonly Place[], index: number): fc.Arbitrary<Placed> =>
  fc
    .shuffledSubarray(
      places.map(({ id }) => id),
      { minLength: 1 },
    )
    .chain((replicas) =>
      fc.record({
        index: fc.constant(index),
        replicas: fc.constant(replicas),
        isr: fc.subarray(replicas, { minLength: 1 }),
        leader: fc.constantFrom(...replicas),
      }),
    )
    // Who leads is in sync.
    .map((p) => ({ ...p, isr: [...new Set([p.leader, ...p.isr])] }))
const worlds = brokers.chain((places) =>
  fc.record({
    places: fc.constant(places as readonly Place[]),
    partitions: fc.tuple(...Array.from({ length: 6 }, (_, i) => partitionOf(places, i))),
    count: fc.integer({ min: 1, max: places.length }),
  }),
)

const rackOf = (places: readonly Place[], id: number) => places.find((p) => p.id === id)?.rack ?? `broker ${id}`
const racksOf = (places: readonly Place[], ids: readonly number[]) => new Set(ids.map((id) => rackOf(places, id))).size

test('every list is distinct, of known brokers and as long as wanted; what stays keeps its order', () => {
  fc.assert(
    fc.property(worlds, ({ places, partitions, count }) => {
      const lists = place(partitions, count, places)
      for (const { index, replicas } of partitions) {
        const list = lists.get(index) as readonly number[]
        expect(new Set(list).size).toBe(list.length)
        expect(list).toHaveLength(count)
        expect(list.every((id) => places.some((p) => p.id === id))).toBe(true)
        const stay = replicas.filter((id) => list.includes(id))
        expect(list.slice(0, stay.length)).toEqual(stay)
        expect(stay).toHaveLength(Math.min(replicas.length, count))
      }
      expect(place(partitions, count, places)).toEqual(lists)
    }),
  )
})

test('fewer: the leader stays, and nothing in sync goes while something out of sync stays', () => {
  fc.assert(
    fc.property(worlds, ({ places, partitions, count }) => {
      const lists = place(partitions, count, places)
      for (const { index, replicas, isr, leader } of partitions) {
        const list = lists.get(index) as readonly number[]
        expect(list).toContain(leader)
        if (replicas.filter((id) => !list.includes(id)).some((id) => isr.includes(id)))
          expect(list.filter((id) => replicas.includes(id)).every((id) => isr.includes(id))).toBe(true)
      }
    }),
  )
})

test('racks: more replicas span as many as they can beside what stays, fewer as many as the leader allows', () => {
  fc.assert(
    fc.property(worlds, ({ places, partitions, count }) => {
      const synced = partitions.map((p) => ({ ...p, isr: p.replicas }))
      const lists = place(synced, count, places)
      for (const { index, replicas } of synced) {
        const list = lists.get(index) as readonly number[]
        const all = racksOf(
          places,
          places.map(({ id }) => id),
        )
        if (count >= replicas.length) {
          const before = racksOf(places, replicas)
          expect(racksOf(places, list)).toBe(Math.min(all, before + count - replicas.length))
        } else expect(racksOf(places, list)).toBe(Math.min(count, racksOf(places, replicas)))
      }
    }),
  )
})

test('balanced: one of many equal partitions after another goes where least is', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 2, max: 8 }),
      fc.integer({ min: 1, max: 5 }),
      fc.integer({ min: 1, max: 8 }),
      (size, rounds, wanted) => {
        const count = Math.min(wanted, size)
        const places = Array.from({ length: size }, (_, id) => ({ id, rack: null, load: rounds }))
        const partitions = Array.from({ length: size * rounds }, (_, index) => {
          const leader = index % size
          return { index, replicas: [leader], isr: [leader], leader }
        })
        const load = new Map<number, number>()
        for (const list of place(partitions, count, places).values())
          for (const id of list) load.set(id, (load.get(id) ?? 0) + 1)
        expect(Math.max(...load.values()) - Math.min(...load.values())).toBeLessThanOrEqual(1)
      },
    ),
  )
})

test('the emptiest broker is taken, and of equal ones the next in the round', () => {
  const places = [5, 1, 3, 1].map((load, id) => ({ id, rack: null, load }))
  const one = { index: 0, replicas: [0], isr: [0], leader: 0 }
  expect(place([one], 3, places).get(0)).toEqual([0, 1, 3])
})

test('a broker that is down keeps its replica while replicas are added', () => {
  const places = [1, 2, 3].map((id) => ({ id, rack: null, load: 0 }))
  const one = { index: 0, replicas: [9, 2], isr: [2], leader: 2 }
  expect(place([one], 3, places).get(0)).toEqual([9, 2, 3])
  expect(place([one], 1, places).get(0)).toEqual([2])
})

test('crowded: only where every broker says its rack', () => {
  const racks = (...names: (string | null)[]) => names.map((rack, id) => ({ id, rack }))
  const lists = [[0, 1], [0, 2], [0], [0, 1, 2]].map((replicas) => ({ replicas }))
  expect(crowded(lists, racks('a', 'a', 'b')).map((p) => p.replicas)).toEqual([[0, 1]])
  expect(crowded(lists, racks('a', 'a', null))).toEqual([])
  expect(crowded(lists, racks('a', 'a', 'a'))).toEqual([])
})
