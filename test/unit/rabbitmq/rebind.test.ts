import { describe, expect, test } from 'vitest'
import { noteBindings, restoreBindings } from '../../../src/brokers/rabbitmq/rebind.ts'
import type { RabbitmqSession } from '../../../src/brokers/rabbitmq/session.ts'
import type { Json } from '../../../src/model/json.ts'
import { clientOf, context, parameterStore } from './support.ts'

const ctx = context()
const row = (source: string, key: string): Json => ({
  source,
  vhost: '/',
  destination: 'q',
  destination_type: 'queue',
  routing_key: key,
  arguments: {},
  properties_key: key,
})

/** A broker with these bindings of the queue '/' 'q'; posts to `missing` exchanges are answered 404. */
function broker(bindings: readonly Json[], missing: readonly string[] = []) {
  const store = parameterStore()
  const client = clientOf((path, method, body) => {
    if (path.startsWith('/api/global-parameters')) return store.handler(path, method, body)
    if (method === 'POST') return { status: missing.some((name) => path.includes(`/e/${name}/`)) ? 404 : 201 }
    return { status: 200, body: [...bindings] }
  })
  const posts = () => client.changes.filter((change) => change.startsWith('POST'))
  return { session: { http: client, ownOperator: true } as unknown as RabbitmqSession, store, posts }
}

describe("a replaced queue's bindings", () => {
  test('are noted in the cluster and come back after a new declaration', async () => {
    const { session, store, posts } = broker([row('', 'q'), row('orders', 'a'), row('amq.fanout', 'foreign')])
    expect(await noteBindings(session, 'queue', '/', 'q', ctx)).toBe(true)
    expect(store.stored.size).toBe(1)
    await restoreBindings(
      session,
      'queue',
      [
        ['/', 'q'],
        ['/', 'other'],
      ],
      ctx,
    )
    expect(posts()).toEqual(['POST /api/bindings/%2F/e/orders/q/q', 'POST /api/bindings/%2F/e/amq.fanout/q/q'])
    expect(store.stored.size).toBe(0)
  })

  test('a queue that only the default exchange leads to has nothing to note', async () => {
    const { session, store } = broker([row('', 'q')])
    expect(await noteBindings(session, 'queue', '/', 'q', ctx)).toBe(false)
    expect(store.stored.size).toBe(0)
  })

  test('one whose exchange is gone stays away, the others come back', async () => {
    const { session, store, posts } = broker([row('gone', 'a'), row('orders', 'b')], ['gone'])
    await noteBindings(session, 'queue', '/', 'q', ctx)
    await restoreBindings(session, 'queue', [['/', 'q']], ctx)
    expect(posts()).toHaveLength(2)
    expect(store.stored.size).toBe(0)
  })
})
