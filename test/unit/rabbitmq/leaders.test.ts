import { describe, expect, test } from 'vitest'
import { judgeLeaders } from '../../../src/brokers/rabbitmq/checks.ts'
import { queue } from '../../../src/brokers/rabbitmq/kinds/queue.ts'
import { isUntouched, leaderless, neverLed } from '../../../src/brokers/rabbitmq/leaders.ts'
import { CANARY_VHOST } from '../../../src/brokers/rabbitmq/names.ts'
import type { Json } from '../../../src/model/json.ts'
import type { RabbitmqSession } from '../../../src/brokers/rabbitmq/session.ts'
import { clientOf, context, specOf } from './support.ts'

const replica = (state: string, term: number | '', last: number | '') => ({
  'Raft State': state,
  Term: term,
  'Last Log Index': last,
})
const untouched = [replica('follower', 0, 0), replica('follower', 0, 0), replica('follower', 0, 0)]

/** A cluster whose quorum queues have these replicas; `failed`: how it answers the check of all at once, else it tells. */
function session(queues: Record<string, readonly object[]>, failed?: 404 | 500): RabbitmqSession {
  const leads = (name: string) =>
    queues[name]?.some((one) => (one as { 'Raft State': string })['Raft State'] === 'leader')
  const http = clientOf((path): { status: number; body: Json } => {
    if (path.startsWith('/api/health/checks/quorum-queues')) {
      if (failed) return { status: failed, body: {} }
      const without = Object.keys(queues).filter((name) => !leads(name))
      const body = { queues: without.map((name) => ({ name, virtual_host: 'v' })) }
      return without.length === 0 ? { status: 200, body: { status: 'ok' } } : { status: 503, body }
    }
    if (path.startsWith('/api/queues?')) {
      const rows = Object.keys(queues).map((name) => ({
        name,
        vhost: 'v',
        type: 'quorum',
        ...(leads(name) && name !== 'new' ? { messages: 0 } : {}),
      }))
      return { status: 200, body: rows }
    }
    const name = /^\/api\/queues\/quorum\/v\/(.+)\/status$/.exec(path)?.[1] ?? ''
    return name in queues ? { status: 200, body: queues[name] as Json } : { status: 404, body: {} }
  })
  return { spec: specOf(), http } as unknown as RabbitmqSession
}

describe('quorum queues without a leader', () => {
  const queues = {
    works: [replica('leader', 1, 2), replica('follower', 1, 2)],
    new: [replica('leader', 1, 2), replica('follower', 1, 2)],
    cut: untouched,
    lost: [replica('noproc', '', ''), replica('follower', 3, 7)],
  }

  test.each([
    ['by one check', undefined],
    ['one by one before 4.1', 404 as const],
    ['one by one where a name is beyond Latin-1', 500 as const],
  ])('are found: %s', async (_, failed) => {
    const found = await leaderless(session(queues, failed), context())
    expect(found.map(({ name }) => name)).toEqual(['cut', 'lost'])
  })

  test('only those that never held a message may be declared again', async () => {
    expect(await neverLed(session(queues), context())).toEqual([{ vhost: 'v', name: 'cut' }])
  })

  test('one that is removed meanwhile, which the broker answers with an error in a 200, is none of them', async () => {
    const http = clientOf((path): { status: number; body: Json } =>
      path.startsWith('/api/health')
        ? { status: 503, body: { queues: [{ name: 'gone', virtual_host: 'v' }] } }
        : { status: 200, body: { error: 'not_found' } },
    )
    expect(await neverLed({ spec: specOf(), http } as unknown as RabbitmqSession, context())).toEqual([])
  })

  test.each([
    ['an election was held', [replica('follower', 1, 0), ...untouched.slice(1)]],
    ['something was written', [replica('follower', 0, 1), ...untouched.slice(1)]],
    ['a replica does not run and may hold something', [replica('noproc', '', ''), ...untouched.slice(1)]],
    ['a candidate is about to win', [replica('candidate', 0, 0), ...untouched.slice(1)]],
    ['nobody answered', []],
  ])('not when %s', (_, replicas) => expect(isUntouched(replicas)).toBe(false))

  test('are named by verify; canaries that come and go are not', () => {
    expect(judgeLeaders([{ vhost: 'v', name: 'cut' }])).toEqual({ ok: false, evidence: 'no leader: v/cut' })
    expect(judgeLeaders([{ vhost: CANARY_VHOST, name: 'c' }]).ok).toBe(true)
    expect(judgeLeaders([]).ok).toBe(true)
  })

  test('are declared again by a plan, safely', () => {
    const want = { type: 'quorum', durable: true, autoDelete: false, arguments: {} }
    const have = (more: object) => ({
      is: 'present' as const,
      value: { ...want, ...more },
      owner: { by: 'nobody' as const },
    })
    const about = { address: { cluster: 'c', kind: 'queue', key: ['v', 'cut'] }, capabilities: new Set<string>() }
    expect(queue.diff(want, have({}), about)).toEqual([])
    expect(queue.diff(want, have({ neverLed: true }), about)).toMatchObject([{ verb: 'update', risk: 'safe' }])
  })
})
