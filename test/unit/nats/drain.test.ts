import { expect, test } from 'vitest'
import { drain, ledBy } from '../../../src/brokers/nats/drain.ts'
import type { Group, Jsz, Peer } from '../../../src/brokers/nats/monitor.ts'
import type { NatsSession } from '../../../src/brokers/nats/session.ts'
import type { NodeSpec } from '../../../src/model/member.ts'
import type { Context } from '../../../src/ports/context.ts'

const peer = (name: string, more: Partial<Peer> = {}): Peer => ({ name, current: true, ...more })
const group = (leader: string, ...names: string[]): Group => ({ leader, replicas: names.map((name) => peer(name)) })
type Groups = { S?: Group; T?: Group; c?: Group; meta?: Group }
const jsz = ({ S = group('n2'), T = group('n2'), c = group('n2'), meta = group('n2') }: Groups): Jsz => ({
  meta_cluster: { cluster_size: 3, ...meta },
  account_details: [
    {
      name: 'APP',
      stream_detail: [
        { name: 'S', cluster: S, consumer_detail: [{ name: 'c', stream_name: 'S', cluster: c }] },
        { name: 'T', cluster: T },
      ],
    },
  ],
})

/** A server n1 that looks as `looks` says, by how often it was asked to step down; the clock runs by pauses. */
async function run(looks: (asked: readonly string[]) => Groups, refuse: (subject: string) => boolean = () => false) {
  const asked: string[] = []
  const logged: string[] = []
  let now = 0
  let began = 0
  const link = {
    isClosed: () => false,
    getServer: () => 'm:1',
    request: async (subject: string, body: string) => {
      asked.push(
        `${subject.slice('$JS.API.'.length)} ${(JSON.parse(body) as { placement: { preferred: string } }).placement.preferred}`,
      )
      return { json: () => (refuse(subject) ? { error: { code: 503, err_code: 10008 } } : { success: true }) }
    },
  }
  const accounts: string[] = []
  const session = {
    monitor: {
      endpoints: ['m:1'],
      varz: async () => ({ server_name: 'n1' }),
      streams: async () => jsz(looks(asked)),
    },
    links: {
      access: { endpoints: {} },
      account: async (name: string) => (accounts.push(name), link),
      moveOn: async () => {},
    },
  } as unknown as NatsSession
  const ctx = {
    signal: new AbortController().signal,
    now: () => now,
    sleep: async (ms: number) => void (now += ms),
    log: (event: string) => void logged.push(event),
  } as unknown as Context
  const node = { name: 'nats-1', member: { role: 'server', slot: 1 } } as unknown as NodeSpec
  const exec = async () => ({ code: 1, stdout: '', stderr: '' })
  began = now
  await drain(node, exec, ctx, session)
  return { asked, accounts, logged, ms: now - began }
}

test('hands over streams and consumers, then the meta group, and waits until others lead', async () => {
  const mine = group('n1', 'n2', 'n3')
  const { asked, accounts, logged } = await run((done) =>
    done.length < 2
      ? { S: mine, c: mine, meta: mine }
      : done.length < 3
        ? { S: group(''), c: group('n3'), meta: mine }
        : {},
  )
  expect(asked).toEqual(['STREAM.LEADER.STEPDOWN.S n2', 'CONSUMER.LEADER.STEPDOWN.S.c n3', 'META.LEADER.STEPDOWN n2'])
  expect(accounts).toEqual(['APP', 'APP', 'SYS'])
  expect(logged).toEqual([])
})

test('a member that leads nothing is asked nothing', async () => {
  expect(await run(() => ({}))).toMatchObject({ asked: [], ms: 0 })
})

test('one that stepped down is waited for until somebody leads it', async () => {
  let looks = 0
  const { ms } = await run((done) => ({
    S: done.length === 0 ? group('n1', 'n2') : looks++ < 5 ? group('') : group('n2'),
  }))
  expect(looks).toBe(6)
  expect(ms).toBeGreaterThan(300)
})

test('a group that somebody else has left without leader is not waited for', async () => {
  expect((await run(() => ({ T: group('') }))).ms).toBe(0)
})

test('one that never goes is given up in time, and said', async () => {
  const { logged, ms } = await run(
    () => ({ T: group('n1', 'n2') }),
    () => true,
  )
  expect(ms).toBeGreaterThan(14_000)
  expect(ms).toBeLessThan(17_000)
  expect(new Set(logged)).toEqual(new Set(['nats.drain.refused', 'nats.drain.left']))
})

test('replicas that are behind or offline get nothing; an only replica stays', () => {
  const late: Group = {
    leader: 'n1',
    replicas: [peer('n2', { current: false }), peer('n3', { offline: true }), peer('n4')],
  }
  const led = ledBy(
    'n1',
    jsz({ S: late, T: group('n1'), c: { leader: 'n1', replicas: [peer('n2', { current: false })] } }),
  )
  expect(led.map(({ about, to }) => [about, to])).toEqual([['APP/S', 'n4']])
})
