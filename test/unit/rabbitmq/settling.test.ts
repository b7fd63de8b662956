import { expect, test } from 'vitest'
import { checks } from '../../../src/brokers/rabbitmq/checks.ts'
import type { RabbitmqSession } from '../../../src/brokers/rabbitmq/session.ts'
import { clientOf, context, specOf } from './support.ts'

const ALL = ['a', 'b', 'c']

/** A cluster with one quorum queue that comes to three online members after so many looks at it. */
async function replicas(looks: number, uptime: number | null) {
  let asked = 0
  const http = clientOf((path) => {
    if (path.startsWith('/api/queues')) {
      asked += 1
      const online = asked > looks ? ALL : ALL.slice(1)
      return { status: 200, body: [{ name: 'q', vhost: 'v', type: 'quorum', leader: 'b', members: ALL, online }] }
    }
    if (path.startsWith('/api/nodes'))
      return {
        status: 200,
        body: [
          { running: true, uptime: 9e9 },
          { running: true, ...(uptime === null ? {} : { uptime }) },
        ],
      }
    return { status: 200, body: path.startsWith('/api/overview') ? { listeners: [] } : [] }
  })
  const session = { spec: specOf(), http } as unknown as RabbitmqSession
  let now = 0
  const all = await checks(session, context({ now: () => now, sleep: async (ms) => void (now += ms) }))
  return { ok: all.find((check) => check.name === 'replicas')?.ok, asked }
}

test('replicas that are on their way after a start are waited for', async () => {
  expect(await replicas(5, 10_000)).toEqual({ ok: true, asked: 6 })
  expect(await replicas(5, null)).toEqual({ ok: true, asked: 6 }) // so young that nobody has statistics of it
})

test('no longer than a start explains', async () => {
  expect(await replicas(5, 40_000)).toEqual({ ok: false, asked: 1 })
  const slow = await replicas(1000, null)
  expect(slow.ok).toBe(false)
  expect(slow.asked).toBeLessThan(70)
})
