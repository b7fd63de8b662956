import { expect, test } from 'vitest'
import type { Node } from '../../../src/brokers/kafka/access.ts'
import { judgeMembers, missingNodes, rollOrder, type Seen } from '../../../src/brokers/kafka/members.ts'
import type { Partition } from '../../../src/brokers/kafka/partitions.ts'
import type { Failure } from '../../../src/model/failure.ts'
import type { MemberHealth } from '../../../src/ports/session.ts'

const failure: Failure = { code: 'MQOPS_TIMEOUT', summary: 'no answer', retryable: true }
const combined = (id: number): Node => ({ id, role: 'broker', isController: true, endpoints: {} })
const partition = (index: number, replicas: number[], isr = replicas, minIsr = 2): Partition => ({
  topic: 't',
  index,
  leader: isr[0] ?? -1,
  replicas,
  isr,
  minIsr,
})

/** Three healthy members with one fully replicated partition, and what differs from that. */
const seen = (over: Partial<Seen> & { behind?: readonly number[]; dead?: readonly number[] } = {}): Seen => {
  const { behind = [], dead = [], ...rest } = over
  const ids = [1, 2, 3]
  return {
    nodes: ids.map(combined),
    answers: new Map(ids.map((id) => [id, dead.includes(id) ? { why: 'nothing listens there' } : { version: '4.3' }])),
    registered: new Set(ids.filter((id) => !dead.includes(id))),
    quorum: {
      leader: 1,
      voters: ids.map((id) => ({ id, caughtUp: ![...behind, ...dead].includes(id), behindMs: 9000 })),
    },
    partitions: [partition(0, [1, 2, 3])],
    ...rest,
  }
}

const one = (what: Seen, id: number) => judgeMembers(what).find((member) => member.slot === id) as MemberHealth
const stops = (what: Seen) => judgeMembers(what).map((member) => member.mayStop.is)

test('healthy members are up, one leads, each may stop', () => {
  expect(judgeMembers(seen()).map(({ up, leader, version }) => [up, leader, version])).toEqual([
    [true, true, '4.3'],
    [true, false, '4.3'],
    [true, false, '4.3'],
  ])
  expect(stops(seen())).toEqual(['yes', 'yes', 'yes'])
})

test('up means: it answers, it is registered, and as a voter it has caught up', () => {
  expect(one(seen({ dead: [2] }), 2)).toMatchObject({ up: false, why: 'nothing listens there' })
  expect(one(seen({ registered: new Set([1, 3]) }), 2)).toMatchObject({
    up: false,
    why: expect.stringContaining('fenced'),
  })
  expect(one(seen({ behind: [2] }), 2)).toMatchObject({ up: false, why: 'as a voter it is 9000 ms behind' })
  expect(one(seen({ registered: failure }), 2)).toMatchObject({ up: false })
  expect(one(seen({ answers: new Map() }), 2)).toMatchObject({ up: false, why: 'it was not asked' })
})

test('without a quorum nobody is up, and nobody that answers may stop', () => {
  const what = seen({ quorum: failure, dead: [2, 3] })
  expect(judgeMembers(what).map(({ up }) => up)).toEqual([false, false, false])
  expect(stops(what)).toEqual(['not-yet', 'yes', 'yes'])
})

test('a user that may not ask about the quorum still sees which brokers it has let in', () => {
  const theirs = [1, 2].map((id): Node => ({ id, role: 'broker', isController: null, endpoints: {} }))
  const forbidden: Failure = { code: 'MQOPS_FORBIDDEN', summary: 'not for you', retryable: false }
  const what = seen({ nodes: theirs, quorum: forbidden, registered: new Set([1]) })
  expect(judgeMembers(what).map(({ up, why }) => [up, why])).toEqual([
    [true, undefined],
    [false, 'it answers, but the controller has not let it in (fenced)'],
  ])
  expect(judgeMembers(seen({ quorum: forbidden })).map(({ up }) => up)).toEqual([false, false, false])
})

test('one voter behind: the others keep the majority and must stay', () => {
  expect(stops(seen({ behind: [3] }))).toEqual(['not-yet', 'not-yet', 'yes'])
  expect(one(seen({ behind: [3] }), 1).mayStop).toEqual({
    is: 'not-yet',
    why: 'only 1 other controllers are caught up, 2 are the majority of 3',
  })
})

test('a partition that would fall below its minimum is named', () => {
  const what = seen({ partitions: [partition(0, [1, 2, 3], [1, 2])] })
  expect(stops(what)).toEqual(['not-yet', 'not-yet', 'yes'])
  expect(one(what, 1).mayStop).toMatchObject({ why: 'too few in-sync replicas without kafka-1: t-0' })
})

test('a partition with no replica to spare is an outage to be consented to, with its numbers, not a deadlock', () => {
  const what = seen({
    partitions: [
      partition(0, [1, 2, 3]),
      { ...partition(7, [2], [2], 1), topic: 'single' },
      partition(8, [1, 2], [1, 2], 2),
    ],
  })
  expect(stops(what)).toEqual(['yes', 'yes', 'yes'])
  expect(judgeMembers(what).map((member) => member.outage)).toEqual([
    ['t (replicas 2, min.insync.replicas 2)'],
    ['single (replicas 1, min.insync.replicas 1)', 't (replicas 2, min.insync.replicas 2)'],
    undefined,
  ])
})

test('also with consent it goes down only while all replicas are in sync', () => {
  expect(one(seen({ partitions: [partition(8, [1, 2], [1], 2)] }), 1)).toMatchObject({
    mayStop: { is: 'not-yet', why: 'too few in-sync replicas without kafka-1: t-8' },
    outage: ['t (replicas 2, min.insync.replicas 2)'],
  })
})

test('what does not answer takes nothing more down with it', () => {
  const what = seen({ dead: [2], partitions: [partition(7, [2], [2], 1)] })
  expect(one(what, 2)).toMatchObject({ up: false, mayStop: { is: 'yes' } })
  expect(one(what, 2).outage).toBeUndefined()
})

test('two controllers never have a majority without one of them', () => {
  const what = seen({
    nodes: [combined(1), combined(2)],
    quorum: { leader: 1, voters: [1, 2].map((id) => ({ id, caughtUp: true, behindMs: 0 })) },
    partitions: [],
  })
  expect(stops(what)).toEqual(['needs-human', 'needs-human'])
})

test('a single member may stop: nobody asked for more', () => {
  const what = seen({
    nodes: [combined(1)],
    quorum: { leader: 1, voters: [{ id: 1, caughtUp: true, behindMs: 0 }] },
    partitions: [partition(0, [1], [1], 1)],
  })
  expect(stops(what)).toEqual(['yes'])
})

test('unreadable partitions let no broker stop, but a pure controller', () => {
  const controller: Node = { id: 3, role: 'controller', isController: true, endpoints: {} }
  expect(stops(seen({ partitions: failure, nodes: [combined(1), combined(2), controller] }))).toEqual([
    'not-yet',
    'not-yet',
    'yes',
  ])
})

test('a pure broker is no voter, and a controller need not be registered', () => {
  const nodes: Node[] = [
    { id: 1, role: 'controller', isController: true, endpoints: {} },
    { id: 2, role: 'broker', isController: false, endpoints: {} },
    { id: 3, role: 'broker', isController: false, endpoints: {} },
  ]
  const what = seen({
    nodes,
    registered: new Set([2, 3]),
    quorum: { leader: 1, voters: [{ id: 1, caughtUp: true, behindMs: 0 }] },
    partitions: [partition(0, [2, 3], [2, 3], 1)],
  })
  expect(judgeMembers(what).map(({ up, leader }) => [up, leader])).toEqual([
    [true, true],
    [true, false],
    [true, false],
  ])
  expect(stops(what)).toEqual(['yes', 'yes', 'yes'])
})

test('roll: unready first, controllers before brokers, the one that leads last among its like', () => {
  const member = (role: string, slot: number, up = true, leader = false): MemberHealth => ({
    role,
    slot,
    up,
    leader,
    mayStop: { is: 'yes' },
  })
  const order = (...members: MemberHealth[]) => rollOrder(members).map(({ slot }) => slot)
  expect(order(member('broker', 1, true, true), member('broker', 2), member('broker', 3, false))).toEqual([3, 2, 1])
  expect(
    order(member('broker', 4), member('controller', 1, true, true), member('controller', 2), member('controller', 3)),
  ).toEqual([2, 3, 1, 4])
  expect(order()).toEqual([])
})

test('brokers that the cluster tells nothing about show in the replicas that are on them', () => {
  const nodes = [combined(1), combined(2)]
  expect(missingNodes(nodes, [partition(0, [1, 2]), partition(1, [1, 7]), partition(2, [5, 7])])).toMatchObject([
    { id: 5, role: 'broker', endpoints: {} },
    { id: 7, role: 'broker', endpoints: {} },
  ])
  expect(missingNodes(nodes, [partition(0, [1, 2])])).toEqual([])
})
