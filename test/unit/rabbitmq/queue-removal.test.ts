import type { Channel } from 'amqplib'
import { expect, test } from 'vitest'
import type { Connection } from '../../../src/brokers/rabbitmq/amqp.ts'
import { measureQueues } from '../../../src/brokers/rabbitmq/kinds/messages.ts'
import { queue } from '../../../src/brokers/rabbitmq/kinds/queue.ts'
import { removeAll } from '../../../src/brokers/rabbitmq/kinds/queue-removal.ts'
import type { RabbitmqSession } from '../../../src/brokers/rabbitmq/session.ts'
import { address } from '../../../src/model/address.ts'
import { MqopsError } from '../../../src/model/failure.ts'
import type { Loss, Outcome, Step } from '../../../src/model/plan.ts'
import { clientOf, context, parameterStore } from './support.ts'

/** `ready`: on the spot. `told`: what the statistics still say, which lag. */
type Queue = { readonly type: string; readonly ready: number; readonly told?: number; readonly bytes?: number }

/** One virtual host, by AMQP and by the management API; a channel ends with the first refusal, as the broker's do. */
function broker(made: Readonly<Record<string, Queue>>, o: { amqp?: boolean; closes?: (name: string) => boolean } = {}) {
  const queues = new Map(Object.entries(made))
  const asked: string[] = []
  const state = { ms: 0, msEach: 0 }
  const row = (name: string) => {
    const { type, ready, told, bytes } = queues.get(name) as Queue
    const counted = { messages: told ?? ready, ...(bytes === undefined ? {} : { message_bytes: bytes }) }
    return { name, type, state: 'running', leader: 'a', online: ['a'], ...counted }
  }
  const createChannel = async () => {
    let open = true
    const within = async <T>(name: string, work: (queue: Queue | undefined) => T): Promise<T> => {
      await new Promise((resolve) => setImmediate(resolve))
      if (!open) throw new Error('the channel is closed')
      try {
        if (o.closes?.(name)) throw new Error('406')
        return work(queues.get(name))
      } catch (error) {
        open = false
        throw error
      }
    }
    const checkQueue = (name: string) =>
      within(name, (queue) => {
        if (!queue) throw new Error('404')
        asked.push(`count ${name}`)
        return { messageCount: queue.ready }
      })
    const deleteQueue = (name: string, { ifEmpty }: { ifEmpty: boolean }) =>
      within(name, (queue) => {
        if (ifEmpty && queue?.type !== 'classic') throw new Error('540')
        if (ifEmpty && (queue?.ready ?? 0) > 0) throw new Error('406')
        asked.push(`delete ${name}${ifEmpty ? ' if empty' : ''}`)
        queues.delete(name)
        state.ms += state.msEach
      })
    return { checkQueue, deleteQueue, on: () => {} } as unknown as Channel
  }
  const connect = async (): Promise<Connection> => {
    if (o.amqp === false) throw new MqopsError({ code: 'MQOPS_FORBIDDEN', summary: 'nobody is let in' })
    const model = { createChannel, createConfirmChannel: createChannel } as unknown as Connection['model']
    return { endpoint: 'm', model, ended: () => null, blocked: () => null, close: async () => {} }
  }
  const parameters = parameterStore()
  const http = clientOf((path, method, body) => {
    if (path.startsWith('/api/global-parameters')) return parameters.handler(path, method, body)
    asked.push(`${method} ${path.split('?')[0]}${path.includes('if-empty=true') ? ' if empty' : ''}`)
    const name = path.split('?')[0]?.split('/')[4]
    if (name === undefined) return { status: 200, body: [...queues.keys()].map(row) }
    if (!queues.has(name)) return { status: 404 }
    if (method === 'DELETE') queues.delete(name)
    return method === 'DELETE' ? { status: 204 } : { status: 200, body: path.endsWith('/bindings') ? [] : row(name) }
  })
  const session = { http, access: { endpoints: { client: ['m'] } }, ownOperator: false } as unknown as RabbitmqSession
  const ctx = context({ now: () => state.ms })
  const remove = (names: readonly string[], loses: Loss = { messages: 0 }, changes: Step['changes'] = []) =>
    removeAll(
      names.map((name) => {
        const step = { address: address('shop', 'queue', 'v', name), loses } as unknown as Step
        return { key: ['v', name], want: null, changes, step }
      }),
      session,
      ctx,
      { connect },
    )
  return { queues, asked, remove, state, session, ctx, connect }
}

const many = (count: number, of: Queue) => Object.fromEntries(Array.from({ length: count }, (_, i) => [`q${i}`, of]))
const said = (outcomes: readonly Outcome[]) =>
  outcomes.map((one) => (one.is === 'failed' ? `${one.error.code} ${one.error.summary}` : one.is))

test('many are measured by one request, few by one each', async () => {
  const { session, asked, ctx, connect } = broker(many(201, { type: 'classic', ready: 3, bytes: 30 }))
  const keys = Array.from({ length: 201 }, (_, i) => ['v', `q${i}`])
  const gone = ['v', 'gone']
  const measured = await measureQueues(session, [...keys, gone], ctx, connect)
  expect(measured).toEqual([...keys.map(() => ({ messages: 3, bytes: 30 })), { messages: 0 }])
  const requests = () => asked.filter((one) => one.startsWith('GET'))
  expect(requests()).toEqual(['GET /api/queues/v'])
  expect(await measureQueues(session, [['v', 'q7'], gone], ctx, connect)).toEqual([
    { messages: 3, bytes: 30 },
    { messages: 0 },
  ])
  expect(requests().slice(1)).toEqual(['GET /api/queues/v/q7', 'GET /api/queues/v/gone'])
})

test('an empty classic queue goes on the condition that it is still empty, without being counted', async () => {
  const { asked, remove, queues } = broker(many(300, { type: 'classic', ready: 0 }))
  const outcomes = await remove([...queues.keys()])
  expect(outcomes.every((one) => one.is === 'yes')).toBe(true)
  expect(queues.size).toBe(0)
  expect(asked).toHaveLength(301)
  expect(asked.filter((one) => one.startsWith('delete') && one.endsWith('if empty'))).toHaveLength(300)
})

test('what the broker deletes on no condition is counted just before, on the same channel', async () => {
  const { asked, remove } = broker({ q0: { type: 'quorum', ready: 0 } })
  expect(said(await remove(['q0']))).toEqual(['yes'])
  expect(asked.slice(1)).toEqual(['count q0', 'delete q0'])
  const full = broker({ q0: { type: 'classic', ready: 4, told: 2 } })
  expect(said(await full.remove(['q0'], { messages: 2 }))).toEqual(['yes'])
  expect(full.asked.slice(1)).toEqual(['count q0', 'delete q0'])
})

test('what has gained messages since the plan stays, though the statistics have not seen them yet', async () => {
  const { queues, remove } = broker({
    empty: { type: 'classic', ready: 0 },
    classic: { type: 'classic', ready: 1, told: 0 },
    quorum: { type: 'quorum', ready: 1, told: 0 },
    unacknowledged: { type: 'classic', ready: 0, told: 5 },
  })
  const outcomes = said(await remove(['empty', 'classic', 'quorum', 'unacknowledged']))
  expect(outcomes).toEqual([
    'yes',
    'MQOPS_STALE 1 messages would be lost now, the plan said 0',
    'MQOPS_STALE 1 messages would be lost now, the plan said 0',
    'MQOPS_STALE 5 messages would be lost now, the plan said 0',
  ])
  expect([...queues.keys()]).toEqual(['classic', 'quorum', 'unacknowledged'])
  const doubled = broker({ q: { type: 'stream', ready: 21, told: 10 } })
  expect(said(await doubled.remove(['q'], { messages: 10 }))[0]).toMatch(/21 messages would be lost/)
  expect(doubled.queues.size).toBe(1)
})

test('what a channel is refused, and what none is open for, goes by the management API on the same condition', async () => {
  const some = broker(many(100, { type: 'classic', ready: 0 }), { closes: (name) => name.endsWith('7') })
  expect((await some.remove([...some.queues.keys()])).every((one) => one.is === 'yes')).toBe(true)
  expect(some.asked.filter((one) => one.startsWith('DELETE') && one.endsWith('7 if empty'))).toHaveLength(10)
  const none = broker(many(600, { type: 'quorum', ready: 0 }), { amqp: false })
  expect((await none.remove([...none.queues.keys()])).every((one) => one.is === 'yes')).toBe(true)
  expect(none.queues.size).toBe(0)
})

test('who asks for some has them measured by `loses`, not by each list', async () => {
  const { session, asked, ctx } = broker({ q0: { type: 'classic', ready: 3 } })
  const [found] = await queue.list(session, [['v', 'q0']], ctx)
  expect(found?.[1]).toMatchObject({ is: 'present', value: { type: 'classic' } })
  expect(asked).toEqual(['GET /api/queues/v/q0'])
})

test('what is gone already is done, and a replaced queue goes by the management API, which notes its bindings', async () => {
  const { asked, remove } = broker({ q0: { type: 'classic', ready: 0 } })
  expect(said(await remove(['gone']))).toEqual(['yes'])
  expect(said(await remove(['q0'], { messages: 0 }, [{ field: 'type', from: 'classic', to: 'quorum' }]))).toEqual([
    'yes',
  ])
  expect(asked.slice(-2)).toEqual(['GET /api/queues/v/q0/bindings', 'DELETE /api/queues/v/q0 if empty'])
})

test('what would take long is told as work, and the rest has its turn when asked again', async () => {
  const closes = (name: string) => name === 'q5'
  const { queues, remove, state } = broker(many(100, { type: 'classic', ready: 0 }), { closes })
  state.msEach = 500
  const names = [...queues.keys()]
  const outcomes = await remove(names)
  const done = outcomes.filter((one) => one.is === 'yes').length
  expect(done).toBeGreaterThan(39)
  expect(done).toBe(100 - queues.size)
  expect(outcomes[5]).toEqual({ is: 'yes' }) // refused on its channel, and decided all the same
  expect(queues.size).toBeGreaterThan(30)
  expect(outcomes.at(-1)).toEqual({
    is: 'not-yet',
    why: `${queues.size} queues are still to be deleted`,
    work: { done, of: 100, unit: 'items' },
  })
  for (let i = 0; i < 3 && queues.size > 0; i++) await remove([...queues.keys()])
  expect(queues.size).toBe(0)
})
