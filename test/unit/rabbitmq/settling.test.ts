import { expect, test } from 'vitest'
import { checks } from '../../../src/brokers/rabbitmq/checks.ts'
import type { RabbitmqSession } from '../../../src/brokers/rabbitmq/session.ts'
import { clientOf, context, specOf } from './support.ts'

const ALL = ['a', 'b', 'c']

/** A cluster with one quorum queue that comes to three online members after so many looks at it. */
async function replicas(looks: number, uptime: number) {
  let asked = 0
  const http = clientOf((path) => {
    if (path.startsWith('/api/queues')) {
      asked += 1
      const online = asked > looks ? ALL : ALL.slice(1)
      return { status: 200, body: [{ name: 'q', vhost: 'v', type: 'quorum', leader: 'b', members: ALL, online }] }
    }
    if (path.startsWith('/api/nodes')) return { status: 200, body: [{ uptime: 9e9 }, { uptime: uptime + asked * 500 }] }
    return { status: 200, body: path.startsWith('/api/overview') ? { listeners: [] } : [] }
  })
  const session = { spec: specOf(), http } as unknown as RabbitmqSession
  const all = await checks(session, context())
  return { ok: all.find((check) => check.name === 'replicas')?.ok, asked }
}

test('replicas that are on their way after a start are waited for', async () => {
  expect(await replicas(5, 10_000)).toEqual({ ok: true, asked: 6 })
})

test('no longer than a start explains', async () => {
  expect(await replicas(5, 40_000)).toEqual({ ok: false, asked: 1 })
  const slow = await replicas(1000, 25_000)
  expect(slow.ok).toBe(false)
  expect(slow.asked).toBeLessThan(20)
})
