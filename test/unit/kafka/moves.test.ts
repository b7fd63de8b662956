import { expect, test } from 'vitest'
import { isShort, rackSpread } from '../../../src/brokers/kafka/checks-moves.ts'
import { diffTopic } from '../../../src/brokers/kafka/kinds/topic.ts'
import { keepPace, type Pace } from '../../../src/brokers/kafka/kinds/topic-moves-pace.ts'
import { seenOf } from '../../../src/brokers/kafka/kinds/topic-moves-seen.ts'
import type { TopicHave } from '../../../src/brokers/kafka/kinds/topic-value.ts'
import type { MoveRecord } from '../../../src/brokers/kafka/move-record.ts'
import type { Reassignment } from '../../../src/brokers/kafka/reassignments.ts'
import { areOurs, FOLLOWER_REPLICAS, LEADER_REPLICAS, throttlesOf } from '../../../src/brokers/kafka/throttles.ts'
import { address } from '../../../src/model/address.ts'
import type { Failure } from '../../../src/model/failure.ts'
import type { Observed } from '../../../src/model/plan.ts'
import type { Change } from '../../../src/ports/kind.ts'

const at = address('shop', 'topic', 'orders')
const want = (replicas: number, config = {}) => ({ partitions: 2, replicas, config })
const have = (replicas: readonly number[], more: Partial<TopicHave> = {}): Observed<TopicHave> => ({
  is: 'present',
  owner: { by: 'nobody' },
  value: { partitions: 2, replicas, config: {}, defaults: { 'min.insync.replicas': 1 }, brokers: 3, ...more },
})
const changesOf = (...args: Parameters<typeof diffTopic>) => diffTopic(...args) as readonly Change[]
const refusalOf = (...args: Parameters<typeof diffTopic>) => diffTopic(...args) as Failure

test.each([
  [3, [1], 1, '1 replica becomes 3: copied while clients go on'],
  [3, [1, 3], '1 and 3', '1 and 3 replicas become 3: copied while clients go on'],
  [2, [3], 3, '3 replicas become 2: fewer brokers can be lost'],
])('to %i replicas from %j: a safe update in place', (to, from, shown, reason) => {
  expect(changesOf(want(to), have(from), at)).toMatchObject([
    { verb: 'update', risk: 'safe', reversible: true, reason, changes: [{ field: 'replicas', from: shown, to }] },
  ])
})

test('with other changes beside it, all are said', () => {
  const changes = changesOf(
    { partitions: 4, replicas: 3, config: { 'retention.ms': 5 } },
    have([1], { defaults: { 'retention.ms': 10 } }),
    at,
  )
  expect(changes).toMatchObject([{ risk: 'destructive' }])
  expect(changes[0]?.reason).toBe(
    '2 partitions become 4: keys map to other partitions; 1 replica becomes 3: copied while clients go on; shorter retention.ms: older messages will be deleted',
  )
})

test('what can not work is refused: too few brokers, no write could be acknowledged, throttled by somebody else', () => {
  expect(refusalOf(want(4), have([1]), at)).toMatchObject({
    code: 'MQOPS_REPLICAS_CHANGE',
    path: ['replicas'],
    summary: '4 replicas need as many brokers; there are 3',
  })
  expect(refusalOf(want(1, { 'min.insync.replicas': 2 }), have([3]), at)).toMatchObject({
    code: 'MQOPS_REPLICAS_CHANGE',
    summary: 'no write could ever have 2 copies of 1',
  })
  expect(refusalOf(want(1), have([3], { defaults: { 'min.insync.replicas': 2 } }), at).code).toBe(
    'MQOPS_REPLICAS_CHANGE',
  )
  expect(refusalOf(want(3), have([1], { throttled: true }), at).code).toBe('MQOPS_OWNED_BY_OTHER')
})

test('what stands in the way of a move stands in the way of nothing else', () => {
  expect(changesOf(want(3), have([3], { throttled: true, brokers: 2 }), at)).toEqual([])
  expect(changesOf(want(1), have([1], { defaults: { 'min.insync.replicas': 2 } }), at)).toEqual([])
})

test('a move that broke off is finished, and what it left is removed, whatever it has come to meanwhile', () => {
  const running = changesOf(want(3), have([3], { move: 'running' }), at)
  const left = changesOf(want(3), have([3], { move: 'left' }), at)
  const halfway = changesOf(want(3), have([1], { move: 'left' }), at)
  expect([running, left, halfway].map(([change]) => change?.reason)).toEqual([
    'a move of its replicas has broken off: it is finished',
    'throttles are left of a move of its replicas: they are removed',
    'a move of its replicas has broken off: it is finished',
  ])
  expect(left[0]?.reads).toEqual(running[0]?.reads)
  expect(changesOf(want(2), have([3], { move: 'running' }), at)).toMatchObject([{ verb: 'update' }])
})

const record: MoveRecord = {
  spec: 'shop',
  id: 'id',
  from: [[1], [2]],
  to: [[1, 2, 3], [2]],
  rates: { 1: [100], 2: [100], 3: [100, 200] },
}
const topic = (...replicas: readonly (readonly number[])[]) => ({
  name: 'orders',
  topicId: 'id',
  partitions: replicas.map((replicaNodes, partitionIndex) => ({ partitionIndex, replicaNodes })),
})
const toThree: Reassignment = { replicas: [1, 2, 3], adding: [2, 3], removing: [] }
const seen = (
  o: {
    running?: Record<number, Reassignment>
    record?: MoveRecord | undefined
    rates?: Record<number, number>
    throttles?: object
    spec?: string
  },
  of = topic([1, 2, 3], [2]),
) =>
  seenOf(of, o.throttles ?? {}, {
    spec: o.spec ?? 'shop',
    record: o.record,
    running: new Map(
      o.running ? [['orders', new Map(Object.entries(o.running).map(([i, one]) => [Number(i), one]))]] : [],
    ),
    rates: new Map(
      Object.entries(o.rates ?? {}).map(([id, rate]) => [
        Number(id),
        new Map([['leader.replication.throttled.rate', rate]]),
      ]),
    ),
  })

test('throttles: those that send a partition which gains replicas, and those that receive it', () => {
  expect(throttlesOf(record)).toEqual({ [LEADER_REPLICAS]: '0:1', [FOLLOWER_REPLICAS]: '0:2,0:3' })
  expect(throttlesOf({ from: [[1, 2, 3]], to: [[1, 2]] })).toEqual({ [LEADER_REPLICAS]: '', [FOLLOWER_REPLICAS]: '' })
  expect(areOurs({ [FOLLOWER_REPLICAS]: '0:3,0:2' }, record)).toBe(true)
  expect(areOurs({ [FOLLOWER_REPLICAS]: '0:2,1:3' }, record)).toBe(false)
})

test('a running move is ours by its record: this spec, this topic, this target', () => {
  const running = { 0: toThree }
  expect(seen({ running, record })).toEqual({ replicas: [1, 3], owner: { by: 'nobody' }, move: 'running' })
  const others = { by: 'other', name: 'a running reassignment' }
  expect(seen({ running }).owner).toEqual(others)
  expect(seen({ running, record: { ...record, id: 'of the topic before' } }).owner).toEqual(others)
  expect(seen({ running, record: { ...record, to: [[1, 2, 4], [2]] } }).owner).toEqual(others)
  expect(seen({ running, record: { ...record, spec: 'desk' } }).owner).toEqual({ by: 'other', name: 'the spec "desk"' })
})

test('replicas on their way count as they will be', () => {
  const shrinking: Reassignment = { replicas: [1, 2, 3], adding: [], removing: [3] }
  const to = { ...record, to: [[1, 2], [2]] }
  expect(seen({ running: { 0: shrinking }, record: to }).replicas).toEqual([1, 2])
})

test('what is left of a move: its throttles on the topic, its rates on brokers; another rate is not ours', () => {
  expect(seen({ record, throttles: { [LEADER_REPLICAS]: '0:1' } }).move).toBe('left')
  expect(seen({ record, rates: { 3: 100 } }).move).toBe('left')
  expect(seen({ record, rates: { 1: 200 } }).move).toBeUndefined()
  expect(seen({ record }).move).toBeUndefined()
  expect(seen({ rates: { 1: 100 } }).move).toBeUndefined()
})

test('throttles of somebody else are only said', () => {
  const owner = { by: 'nobody' }
  expect(seen({ throttles: { [LEADER_REPLICAS]: '0:1' } })).toEqual({ replicas: [1, 3], owner, throttled: true })
  expect(seen({ record, throttles: { [LEADER_REPLICAS]: '1:2' } })).toMatchObject({ throttled: true })
})

test('the rate is doubled when bytes are copied for half a minute and there is not less to copy', () => {
  const pace: Pace = { rate: 10, moves: new Map() }
  const copied = (done: number, of: number) => new Map([['orders', { done, of }]])
  keepPace(pace, copied(0, 100), 0)
  keepPace(pace, copied(20, 130), 29_000)
  expect(pace.rate).toBe(10)
  keepPace(pace, copied(30, 140), 30_000)
  expect(pace.rate).toBe(20)
  keepPace(pace, copied(50, 160), 40_000) // the next half minute begins
  expect(pace.rate).toBe(20)
  keepPace(pace, copied(120, 170), 50_000)
  keepPace(pace, copied(140, 175), 79_000)
  expect(pace.rate).toBe(20)
})

test('a move that copies nothing is not helped by a rate', () => {
  const pace: Pace = { rate: 10, moves: new Map() }
  for (const now of [0, 60_000, 120_000]) keepPace(pace, new Map([['orders', { done: 5, of: 100 }]]), now)
  expect(pace.rate).toBe(10)
})

const partition = (index: number, replicas: readonly number[], isr = replicas) => ({
  topic: 'orders',
  index,
  leader: isr[0] ?? -1,
  replicas,
  isr,
  minIsr: 1,
})

test('racks: replicas that share one without need are named; nothing is said where there are none to span', () => {
  const racks = (...names: (string | null)[]) => names.map((rack, i) => ({ id: i + 1, rack }))
  const partitions = [partition(0, [1, 2]), partition(1, [1, 3]), partition(2, [2])]
  expect(rackSpread(partitions, racks('a', 'a', 'b'))).toMatchObject({
    ok: false,
    evidence: '1 of 3 partitions have replicas in fewer racks than they could: orders-0',
  })
  expect(rackSpread(partitions.slice(1), racks('a', 'a', 'b'))).toMatchObject({ ok: true })
  expect(rackSpread(partitions, racks('a', 'a', 'a'))).toBeNull()
  expect(rackSpread(partitions, racks('a', null, 'b'))).toBeNull()
})

test('under-replicated: a replica that is only on its way is not missing', () => {
  const running = new Map([['orders', new Map([[0, toThree]])]])
  expect(isShort(partition(0, [1, 2, 3], [1]), running)).toBe(false)
  expect(isShort(partition(0, [1, 2, 3], [1]), null)).toBe(true)
  expect(isShort(partition(1, [1, 2], [1]), running)).toBe(true)
})
