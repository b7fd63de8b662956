import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { Monitor } from '../../../src/brokers/nats/monitor.ts'
import { seeded, simulatedContext, VirtualClock } from '../../support/clock.ts'

const ctx = simulatedContext(new VirtualClock(), seeded(1), new AbortController().signal)

/** As a server tells of three accounts, one of which has no JetStream, and of one that was reloaded away. */
const ANSWERS: Readonly<Record<string, unknown>> = {
  '/accountz': { accounts: ['$G', 'SHOP', 'DESK'] },
  '/jsz': { accounts: 3, account_details: [{ name: '$G' }, { name: 'SHOP' }, { name: 'GONE' }] },
}
const server = createServer((request, response) => {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://server')
  const acc = searchParams.get('acc')
  if (acc !== null) {
    response.end(JSON.stringify({ account_detail: { account_name: acc, jetstream_enabled: acc === 'a b' } }))
    return
  }
  const answer = pathname === '/jsz' && searchParams.get('accounts') !== 'true' ? {} : ANSWERS[pathname]
  response.end(JSON.stringify(answer ?? {}))
})
beforeAll(() => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)))
afterAll(() => void server.close())

it('an account counts from when it has JetStream: sooner mqops has no user in it', async () => {
  const endpoint = `127.0.0.1:${(server.address() as AddressInfo).port}`
  const monitor = new Monitor({ tls: false, endpoints: { management: [endpoint, '127.0.0.1:1'] } })
  expect(await monitor.accounts(ctx)).toEqual(new Set(['$G', 'SHOP']))
  expect(await new Monitor({ tls: false, endpoints: {} }).accounts(ctx)).toBeNull()
})

it('an account of the name of one that had JetStream has none for that', async () => {
  const endpoint = `127.0.0.1:${(server.address() as AddressInfo).port}`
  const monitor = new Monitor({ tls: false, endpoints: { management: [endpoint, '127.0.0.1:1'] } })
  expect(await Promise.all(['a b', 'SHOP'].map((name) => monitor.streaming(name, ctx)))).toEqual([true, false])
  expect(await new Monitor({ tls: false, endpoints: { management: ['127.0.0.1:1'] } }).streaming('x', ctx)).toBe(true)
})
