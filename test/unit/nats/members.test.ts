import { describe, expect, test } from 'vitest'
import { judge, lateGroups } from '../../../src/brokers/nats/checks.ts'
import { type Heard, healthOf, metaGroup, rollOrder } from '../../../src/brokers/nats/members.ts'
import type { Peer, StreamDetail } from '../../../src/brokers/nats/monitor.ts'

const peer = (name: string, more: Partial<Peer> = {}): Peer => ({ name, current: true, ...more })
const stream = (leader: string, replicas: readonly Peer[], size = 3): StreamDetail => ({
  name: 'S',
  cluster: { leader, replicas },
  config: { num_replicas: size },
})

type Server = {
  name: string
  leader?: string
  peers?: readonly Peer[]
  size?: number
  status?: string
  streams?: readonly StreamDetail[]
}

const server = (
  slot: number,
  { name, leader = 'n1', peers, size = 3, status = 'ok', streams = [] }: Server,
): Heard => ({
  slot,
  endpoint: `host:${slot}`,
  ok: true,
  health: { status, ...(status === 'ok' ? {} : { error: 'recovering' }) },
  vars: { server_name: name, version: '2.15.1', config_load_time: '', connections: 0 },
  jetstream: {
    config: { max_memory: 0, max_storage: 1000 },
    storage: 100,
    reserved_storage: 200,
    meta_cluster: { leader, cluster_size: size, replicas: peers ?? [] },
    account_details: [{ name: 'APP', stream_detail: streams }],
  },
})
const silent = (slot: number): Heard => ({
  slot,
  endpoint: `host:${slot}`,
  ok: false,
  why: `host:${slot} did not answer`,
})

const both = [peer('n2'), peer('n3')]
const whole = (streams: readonly StreamDetail[] = []): Heard[] => [
  server(1, { name: 'n1', peers: both, streams }),
  server(2, { name: 'n2', streams }),
  server(3, { name: 'n3', streams }),
]
const mayStop = (heard: readonly Heard[], slot: number, expected = 3) => healthOf(heard, expected)[slot - 1]?.mayStop

describe('members', () => {
  test('a whole cluster: all up, one leads, each may stop', () => {
    const members = healthOf(whole([stream('n1', both)]), 3)
    expect(members.map(({ up, leader }) => [up, leader])).toEqual([
      [true, true],
      [true, false],
      [true, false],
    ])
    expect(members.map((member) => member.mayStop.is)).toEqual(['yes', 'yes', 'yes'])
  })

  test('one that is silent is down, and takes the others’ leave to stop', () => {
    const heard = [server(1, { name: 'n1', peers: both }), server(2, { name: 'n2' }), silent(3)]
    const members = healthOf(heard, 3)
    expect(members[2]).toMatchObject({ up: false, why: 'host:3 did not answer', mayStop: { is: 'yes' } })
    // The leader still counts n3 as current: what does not answer is not counted.
    expect(mayStop(heard, 1)).toMatchObject({ is: 'not-yet', why: expect.stringContaining('1 of 3 meta peers') })
  })

  test('a server that the meta group has removed is not up, whatever its /healthz says', () => {
    const heard = [
      server(1, { name: 'n1', peers: [peer('n2'), peer('old')] }),
      server(2, { name: 'n2' }),
      server(3, { name: 'n3' }),
    ]
    expect(healthOf(heard, 3)[2]).toMatchObject({ up: false, why: 'the meta leader does not count it as current' })
  })

  test('a server that does not know the meta leader yet is not up, though the leader counts it in', () => {
    const heard = [
      server(1, { name: 'n1', peers: both }),
      server(2, { name: 'n2', leader: '' }),
      server(3, { name: 'n3' }),
    ]
    expect(healthOf(heard, 3).map(({ up, why }) => [up, why])).toEqual([
      [true, undefined],
      [false, 'it follows no leader, and n1 leads'],
      [true, undefined],
    ])
  })

  test('without a meta leader nobody is up', () => {
    const heard = [1, 2, 3].map((slot) => server(slot, { name: `n${slot}`, leader: '' }))
    expect(healthOf(heard, 3).map(({ up }) => up)).toEqual([false, false, false])
  })

  test('of two that believe they lead, the one with the larger following does', () => {
    const heard = [
      server(1, { name: 'n1', peers: [peer('n2', { current: false }), peer('n3', { current: false })] }),
      server(2, { name: 'n2', leader: 'n2', peers: [peer('n1', { offline: true }), peer('n3')] }),
    ]
    expect(metaGroup(heard)?.leader).toBe('n2')
  })

  test('a stream whose other replicas are behind keeps its server up', () => {
    const late = whole([stream('n1', [peer('n2'), peer('n3', { current: false, lag: 1234 })])])
    expect(mayStop(late, 2)).toEqual({ is: 'not-yet', why: 'APP/S: n3 is 1234 behind' })
    expect(mayStop(late, 3)).toEqual({ is: 'yes' })
  })

  test('a stream without leader stops every roll; one or two replicas can never spare one', () => {
    expect(mayStop(whole([stream('', [])]), 2)).toEqual({ is: 'not-yet', why: 'APP/S has no leader' })
    expect(mayStop(whole([stream('n1', [peer('n2', { current: false })], 2)]), 1)).toEqual({ is: 'yes' })
    expect(mayStop(whole([stream('n1', [], 1)]), 1)).toEqual({ is: 'yes' })
  })

  test('a single server may always stop', () => {
    expect(healthOf([{ ...server(1, { name: 'n1' }) }], 1)[0]).toMatchObject({ up: true, mayStop: { is: 'yes' } })
  })

  test('roll: unready first, the meta leader last', () => {
    const heard = [
      server(1, { name: 'n1', peers: both }),
      server(2, { name: 'n2' }),
      server(3, { name: 'n3', status: 'unavailable' }),
    ]
    expect(rollOrder(healthOf(heard, 3)).map(({ slot }) => slot)).toEqual([3, 2, 1])
  })
})

describe('checks', () => {
  const find = (heard: readonly Heard[], name: string, expected = 3) =>
    judge(heard, lateGroups(heard), expected, 'orders').find((finding) => finding.name === name)

  test('a whole cluster passes', () => {
    const heard = whole([stream('n1', both)])
    expect(judge(heard, lateGroups(heard), 3, 'orders').filter(({ ok }) => ok !== true)).toEqual([])
  })
  test('quorum fails while a peer is silent, behind, or too many are known', () => {
    expect(
      find([server(1, { name: 'n1', peers: both }), server(2, { name: 'n2' }), silent(3)], 'quorum'),
    ).toMatchObject({ ok: false, evidence: expect.stringContaining('2 of 3') })
    expect(find([silent(1), silent(2), silent(3)], 'quorum')).toMatchObject({ ok: false })
    const short = [
      server(1, { name: 'n1', size: 2, peers: [peer('n2')] }),
      server(2, { name: 'n2' }),
      server(3, { name: 'n3' }),
    ]
    expect(find(short, 'quorum')).toMatchObject({ ok: false, evidence: expect.stringContaining('3 are expected') })
    const grown = [
      server(1, { name: 'n1', size: 4, peers: [...both, peer('old', { offline: true, current: false })] }),
      server(2, { name: 'n2' }),
      server(3, { name: 'n3' }),
    ]
    expect(find(grown, 'quorum')).toMatchObject({ ok: false, evidence: expect.stringContaining('offline: old') })
  })
  test('replicas name what is late', () => {
    expect(find(whole([stream('n1', [peer('n2'), peer('n3', { current: false, lag: 7 })])]), 'replicas')).toMatchObject(
      { ok: false, evidence: 'APP/S: n3 7 behind' },
    )
    expect(find(whole([stream('', [])]), 'replicas')).toMatchObject({ ok: false, evidence: 'APP/S: no leader' })
    expect(find(whole([stream('n1', [peer('n2')])]), 'replicas')).toMatchObject({
      ok: false,
      evidence: 'APP/S: 2 of 3 replicas',
    })
    expect(find([silent(1), silent(2), silent(3)], 'replicas')).toMatchObject({ ok: null })
  })
  test('storage that is nearly full fails', () => {
    const [first, ...rest] = whole()
    const full = {
      ...first,
      jetstream: {
        config: { max_memory: 0, max_storage: 1000 },
        storage: 950,
        meta_cluster: { leader: 'n1', cluster_size: 3, replicas: both },
      },
    } as Heard
    expect(find([full, ...rest], 'storage')).toMatchObject({ ok: false })
  })
})
