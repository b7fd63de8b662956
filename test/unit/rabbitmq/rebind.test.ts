import { describe, expect, test } from 'vitest'
import { forgetNotes, missingBindings, noteBindings, restoreBindings } from '../../../src/brokers/rabbitmq/rebind.ts'
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
function broker(bindings: Json[], missing: readonly string[] = []) {
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

  test('a crash before they are back leaves a difference, and is caught up on', async () => {
    const { session, store, posts } = broker([row('orders', 'a')])
    await noteBindings(session, 'queue', '/', 'q', ctx)
    expect(
      await missingBindings(
        session,
        'queue',
        [
          ['/', 'q'],
          ['/', 'other'],
        ],
        ctx,
      ),
    ).toEqual([1, 0])
    await restoreBindings(session, 'queue', [['/', 'q']], ctx)
    expect(posts()).toHaveLength(1)
    expect(await missingBindings(session, 'queue', [['/', 'q']], ctx)).toEqual([0])
    expect(store.stored.size).toBe(0)
  })

  test('what an interrupted delete has noted stays noted when it is asked again', async () => {
    const bindings = [row('orders', 'a')]
    const { session, posts } = broker(bindings)
    await noteBindings(session, 'queue', '/', 'q', ctx)
    bindings[0] = row('orders', 'b')
    await noteBindings(session, 'queue', '/', 'q', ctx)
    await restoreBindings(session, 'queue', [['/', 'q']], ctx)
    expect(posts()).toHaveLength(2)
  })

  test('one whose exchange is being replaced too comes back with that exchange', async () => {
    const missing = ['gone']
    const { session, store, posts } = broker([row('gone', 'a'), row('orders', 'b')], missing)
    await noteBindings(session, 'queue', '/', 'q', ctx)
    await restoreBindings(session, 'queue', [['/', 'q']], ctx)
    expect(await missingBindings(session, 'exchange', [['/', 'gone']], ctx)).toEqual([1])
    missing.pop()
    await restoreBindings(session, 'exchange', [['/', 'gone']], ctx)
    expect(posts().filter((post) => post.includes('/e/gone/'))).toHaveLength(2)
    expect(store.stored.size).toBe(0)
  })

  test('what is deleted for good has nothing to bring back', async () => {
    const { session, store } = broker([row('orders', 'a')])
    await noteBindings(session, 'queue', '/', 'q', ctx)
    await forgetNotes(session, (note) => note.name === 'q', ctx)
    expect(store.stored.size).toBe(0)
  })
})
