import { describe, expect, test } from 'vitest'
import { compare, percentiles } from '../../../src/brokers/rabbitmq/canary.ts'
import { leftOvers } from '../../../src/brokers/rabbitmq/canary-traces.ts'
import {
  judgeAlarms,
  judgeFlags,
  judgeListeners,
  judgeNodes,
  judgeReplicas,
} from '../../../src/brokers/rabbitmq/checks.ts'
import { neededBy } from '../../../src/brokers/rabbitmq/critical.ts'
import { judge, members, type MemberView, rollOrder } from '../../../src/brokers/rabbitmq/members.ts'
import { judgeRefusals } from '../../../src/brokers/rabbitmq/refusals.ts'
import type { RabbitmqSession } from '../../../src/brokers/rabbitmq/session.ts'
import { clientOf, context } from './support.ts'

const node = (slot: number): string => `shop-rabbitmq-${slot}@localhost`
const rows = (running: readonly number[], all = [1, 2, 3]) =>
  all.map((slot) => ({ name: node(slot), running: running.includes(slot) }))
const view = (slot: number, running: readonly number[] = [1, 2, 3], more: Partial<MemberView> = {}): MemberView => ({
  slot,
  endpoint: `h:${slot}`,
  error: null,
  version: '4.3.6',
  node: node(slot),
  nodes: rows(running),
  alarm: null,
  critical: null,
  bare: [],
  ...more,
})
const silent = (slot: number): MemberView =>
  view(slot, [], { error: `h:${slot}: no answer`, version: null, node: null, nodes: null })
const ups = (seen: readonly MemberView[]) =>
  judge(seen)
    .map((m) => `${m.slot}${m.up ? '+' : '-'}`)
    .join(' ')

describe('members', () => {
  test('all well', () => {
    expect(ups([view(1), view(2), view(3)])).toBe('1+ 2+ 3+')
    expect(
      judge([view(1), view(2), view(3)]).every((m) => m.mayStop.is === 'yes' && !m.leader && m.version === '4.3.6'),
    ).toBe(true)
  })

  test('one that does not answer is down, and says why', () => {
    const seen = [view(1, [1, 2]), view(2, [1, 2]), silent(3)]
    expect(ups(seen)).toBe('1+ 2+ 3-')
    expect(judge(seen)[2]).toMatchObject({ slot: 3, why: 'h:3: no answer' })
  })

  test('one that hangs does not take those with it that wait for it', () => {
    const waiting = { node: null, nodes: null, critical: 'it can not tell yet' }
    expect(ups([silent(1), view(2, [], waiting), view(3, [], waiting)])).toBe('1- 2+ 3+')
  })

  test('one that the others do not see is down though it answers', () => {
    const seen = [view(1, [1]), view(2, [2, 3]), view(3, [2, 3])]
    expect(ups(seen)).toBe('1- 2+ 3+')
    expect(judge(seen)[0]?.why).toMatch(/shop-rabbitmq-1@localhost sees only a minority/)
    const proud = [view(1, [1, 2]), view(2, [2, 3]), view(3, [2, 3])]
    expect(judge(proud)[0]?.why).toMatch(/majority does not see shop-rabbitmq-1/)
  })

  test('without a majority nobody is up', () => {
    expect(ups([view(1, [1]), silent(2), silent(3)])).toBe('1- 2- 3-')
    expect(judge([view(1, [1]), silent(2), silent(3)])[0]?.why).toMatch(/only 1 of 3/)
  })

  test('a single member is its own majority', () => {
    expect(ups([view(1, [1], { nodes: rows([1], [1]) })])).toBe('1+')
  })

  test('maintenance mode', () => {
    const drained = rows([1, 2, 3]).map((row) => ({ ...row, being_drained: row.name === node(2) }))
    expect(judge([view(1, [], { nodes: drained }), view(2), view(3, [], { nodes: drained })])[1]?.why).toMatch(
      /maintenance/,
    )
  })

  test('maintenance mode closes the member itself: its peers tell', () => {
    const drained = rows([1, 2, 3]).map((row) => ({ ...row, being_drained: row.name === node(2) }))
    const peers = [view(1, [], { nodes: drained }), silent(2), view(3, [], { nodes: drained })]
    expect(judge(peers)[1]).toMatchObject({ up: false, why: expect.stringMatching(/maintenance/) })
  })

  test('RabbitMQ 4.0 knows no is-in-service (406): it is judged by the rest', async () => {
    const http = clientOf((path) => {
      if (path.includes('is-in-service')) return { status: 406 }
      if (path === '/api/version') return { status: 200, body: '4.0.5' }
      if (path.startsWith('/api/overview')) return { status: 200, body: { node: node(1) } }
      return { status: 200, body: path.startsWith('/api/nodes') ? rows([1], [1]) : [] }
    })
    expect(await members({ http } as unknown as RabbitmqSession, context())).toMatchObject([
      { slot: 1, up: true, version: '4.0.5' },
    ])
  })

  test('members behind a balancer are judged by what the cluster says', () => {
    const foreign = ['rabbit@a', 'rabbit@b', 'rabbit@c'].map((name) => ({ name, running: name !== 'rabbit@c' }))
    const one = view(1, [], { node: 'rabbit@a', nodes: foreign })
    expect(ups([one, { ...one, slot: 2, node: 'rabbit@b' }])).toBe('1+ 2+ 3-')
    expect(ups([one])).toBe('1+ 2+ 3-')
  })

  test('may not stop: it is needed, or there is an alarm', () => {
    expect(
      judge([view(1, [1, 2, 3], { critical: 'q would lose' }), view(2), view(3)]).map((m) => m.mayStop.is),
    ).toEqual(['not-yet', 'yes', 'yes'])
    const alarmed = judge([view(1, [1, 2, 3], { alarm: 'alarm: disk' }), view(2), view(3)])
    expect(alarmed.map((m) => m.mayStop.is)).toEqual(['not-yet', 'not-yet', 'not-yet'])
    expect(alarmed.map((m) => m.warning)).toEqual(['alarm: disk: publishers wait', undefined, undefined])
  })

  test('queues without a replica to spare are an outage that waiting does not mend', () => {
    const [one] = judge([view(1, [1, 2, 3], { bare: ['shop/logs'] }), view(2), view(3)])
    expect(one).toMatchObject({ mayStop: { is: 'yes' }, outage: ['shop/logs'] })
    expect(judge([view(1)])[0]).not.toHaveProperty('outage')
  })

  describe('what needs a member', () => {
    const queue = (name: string, on: readonly number[], online = on) => ({
      name,
      vhost: 'v',
      members: on.map(node),
      online: online.map(node),
    })
    const needed = (
      status: number,
      queues: readonly object[],
      list: readonly object[],
      name: string | null = node(1),
    ) => {
      const http = clientOf((path) =>
        path.includes('quorum-critical')
          ? { status, body: status === 503 ? ({ reason: 'why', queues } as never) : {} }
          : { status: 200, body: list as never },
      )
      const named = Promise.resolve(name ?? undefined)
      return neededBy({ http } as unknown as RabbitmqSession, named, context(), { at: 0, timeoutMs: 1 })
    }
    const told = (name: string) => ({ name, virtual_host: 'v', readable_name: `queue '${name}' in vhost 'v'` })
    const list = [queue('one', [1]), queue('two', [1, 3]), queue('three', [1, 2, 3]), queue('else', [2])]

    test('nothing', async () => expect(await needed(200, [], list)).toEqual({ critical: null, bare: [] }))
    test('those with one or two replicas will always: they are told apart', async () => {
      const bare = ['v/one', 'v/two']
      expect(await needed(503, [told('one'), told('two')], list)).toEqual({ critical: null, bare })
      const text = "queue 'three' in vhost 'v' would lose the majority without it"
      expect(await needed(503, [told('one'), told('three')], list)).toEqual({ critical: text, bare })
      expect(await needed(503, [], list)).toMatchObject({ critical: 'why' })
    })
    test('where one of two replicas is down, waiting is of use', async () => {
      const half = queue('two', [1, 3], [1])
      expect(await needed(503, [told('two')], [half])).toEqual({
        critical: "queue 'two' in vhost 'v' would lose the majority without it",
        bare: [],
      })
    })
    test('where RabbitMQ fails to write a name, the list of queues tells', async () => {
      expect(await needed(500, [], list)).toEqual({ critical: null, bare: ['v/one', 'v/two'] })
      const behind = [queue('✓', [1, 2, 3], [1, 3]), queue('theirs', [2, 3, 4], [2, 3]), queue('five', [1, 2, 3, 4, 5])]
      expect(await needed(500, [], behind)).toEqual({ critical: 'v/✓ would lose the majority without it', bare: [] })
    })
    test('can not be told of a member without a name', () =>
      expect(needed(500, [], list, null)).rejects.toThrow(/name/))
  })

  test('unready ones roll first', () => {
    expect(rollOrder(judge([view(1, [1, 2]), view(2, [1, 2]), silent(3)])).map((m) => m.slot)).toEqual([3, 1, 2])
  })
})

describe('checks', () => {
  test('members', () => {
    expect(judgeNodes(rows([1, 2, 3]), 3).ok).toBe(true)
    expect(judgeNodes(rows([1, 2]), 3)).toEqual({ ok: false, evidence: `not running: ${node(3)}` })
    expect(judgeNodes(rows([1, 2], [1, 2]), 3).evidence).toMatch(/2 of 3 members have joined/)
    expect(judgeNodes([{ name: 'a', running: true, partitions: ['b'] }], 1).evidence).toMatch(/cut off.*a/)
  })

  test('alarms name member and resource', () => {
    expect(judgeAlarms([{ name: 'a', running: true, mem_alarm: false, disk_free_alarm: false }]).ok).toBe(true)
    expect(judgeAlarms([{ name: 'a', running: true, mem_alarm: true }]).evidence).toMatch(/memory on a/)
    expect(
      judgeAlarms([
        { name: 'a', running: true, disk_free_alarm: true, disk_free: 1_048_576, disk_free_limit: 2_097_152 },
      ]).evidence,
    ).toMatch(/disk on a \(1 MiB free, limit 2 MiB\)/)
  })

  const good = { name: 'q', vhost: 'v', type: 'quorum', leader: 'a', members: ['a', 'b', 'c'], online: ['a', 'b', 'c'] }
  test.each([
    ['a leader and all members', good, null],
    ['no leader', { ...good, leader: '' }, /v\/q has no leader/],
    ['a leader that is gone', { ...good, online: ['b', 'c'] }, /v\/q has no leader/],
    ['a member offline', { ...good, online: ['a', 'b'] }, /2 of 3 members online/],
    ['too few members', { ...good, members: ['a', 'b'] }, /2 members, 3 wanted/],
    [
      'as few as asked',
      { ...good, members: ['a'], online: ['a'], arguments: { 'x-quorum-initial-group-size': 1 } },
      null,
    ],
    ['a stream', { ...good, type: 'stream', online: ['a'] }, /1 of 3 members online/],
    ['a classic queue has no replicas', { name: 'c', vhost: 'v', type: 'classic' }, null],
    ["mqops's own canaries", { ...good, vhost: 'mqops', online: [] }, null],
  ])('replicas: %s', (_, queue, problem) => {
    const verdict = judgeReplicas([queue], 3)
    expect(verdict.ok).toBe(problem === null)
    if (problem) expect(verdict.evidence).toMatch(problem)
  })

  test('one member can hold one replica', () => {
    expect(judgeReplicas([{ ...good, members: ['a'], online: ['a'] }], 1).ok).toBe(true)
  })

  test('only stable feature flags count', () => {
    const flag = (state: string, stability: string) => judgeFlags([{ name: 'f', state, stability }]).ok
    expect([flag('enabled', 'stable'), flag('disabled', 'stable'), flag('disabled', 'experimental')]).toEqual([
      true,
      false,
      true,
    ])
  })

  test('a plaintext listener is found, with or without the word of the broker', () => {
    const listener = (protocol: string, tls?: boolean) => ({
      node: 'a',
      protocol,
      port: 1,
      ip_address: '::',
      ...(tls === undefined ? {} : { tls }),
    })
    expect(judgeListeners([listener('amqp/ssl', true), listener('https')], true).ok).toBe(true)
    expect(judgeListeners([listener('amqp/ssl', true), listener('amqp', false)], true)).toEqual({
      ok: false,
      evidence: 'plaintext: amqp on :::1',
    })
    expect(judgeListeners([listener('http/prometheus')], true).ok).toBe(false)
    expect(judgeListeners([listener('amqp/ssl', true), listener('clustering', false)], true).ok).toBe(false)
    expect(judgeListeners([listener('amqp/ssl'), listener('clustering')], true).ok).toBe(true) // 4.0 tells no more
    expect(judgeListeners([listener('amqp', false)], false).ok).toBe(true)
  })
})

describe('canary', () => {
  const sent = ['a', 'b', 'c']
  const got = (...all: [number, string][]) => all.map(([number, hash]) => ({ number, hash }))

  test('complete, in order, unchanged', () => {
    expect(compare(sent, got([0, 'a'], [1, 'b'], [2, 'c']))).toBeNull()
    expect(compare(sent, got([0, 'a'], [1, 'b']))).toMatch(/2 of 3/)
    expect(compare(sent, got([0, 'a'], [2, 'c'], [1, 'b']))).toMatch(/out of order/)
    expect(compare(sent, got([0, 'a'], [1, 'x'], [2, 'c']))).toMatch(/message 1 came back with other bytes/)
  })

  test('percentiles by nearest rank', () => {
    expect(percentiles(Array.from({ length: 100 }, (_, i) => 100 - i))).toEqual({ p50: 50, p95: 95, p99: 99 })
    expect(percentiles([3])).toEqual({ p50: 3, p95: 3, p99: 3 })
  })

  test('left-overs are those of other runs whose connection has ended', () => {
    const all = ['1.ab.1', '1.ab.2', '2.cd.1', '2.cd.alive', '3.ef.1', '3.ef.alive'].map((n) => `mqops.canary.${n}`)
    expect(leftOvers([...all, 'orders.1'], 'mqops.canary.3.ef')).toEqual(['mqops.canary.1.ab.1', 'mqops.canary.1.ab.2'])
    expect(leftOvers(all, 'mqops.canary.1.ab')).toEqual([])
  })
})

test('refused means: by every member', () => {
  const no = { refused: true, how: 'closed' }
  expect(judgeRefusals(['a', 'b'], [no, no])).toEqual({ ok: true, evidence: '2 members refuse: closed' })
  expect(judgeRefusals(['a', 'b'], [no, { refused: false, how: 'let in' }])).toEqual({
    ok: false,
    evidence: 'accepted by b',
  })
  expect(judgeRefusals([], [])).toBeNull()
})
