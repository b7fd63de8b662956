import type { Channel } from 'amqplib'
import { expect, test } from 'vitest'
import type { Connection } from '../../../src/brokers/rabbitmq/amqp.ts'
import { isTextual, type Job, type Lanes, overAmqp } from '../../../src/brokers/rabbitmq/bulk.ts'
import type { RabbitmqSession } from '../../../src/brokers/rabbitmq/session.ts'
import { context } from './support.ts'

/** Connections whose channels end with the first refusal, as the broker's do. */
function world(
  o: { members?: number; down?: readonly string[]; refuses?: (name: string) => boolean } = {},
  lanes: Lanes = {},
) {
  const endpoints = Array.from({ length: o.members ?? 3 }, (_, i) => `m${i}`)
  const session = { access: { endpoints: { client: endpoints } } } as unknown as RabbitmqSession
  const declared: string[] = []
  const usedBy = new Set<string>()
  const state = { opened: 0, closed: 0, channels: 0, ended: new Set<string>() }
  const abort = new AbortController()
  const connect = async (_: unknown, endpoint: string, vhost: string): Promise<Connection> => {
    if (o.down?.includes(endpoint)) throw new Error('down')
    state.opened += 1
    const createChannel = async () => {
      if (state.ended.has(endpoint)) throw new Error('the connection is closed')
      state.channels += 1
      let open = true
      const assertQueue = async (name: string) => {
        await new Promise((resolve) => setImmediate(resolve))
        if (!open || state.ended.has(endpoint)) throw new Error('the channel is closed')
        if (o.refuses?.(name)) {
          open = false
          throw new Error('PRECONDITION_FAILED')
        }
        usedBy.add(endpoint)
        declared.push(`${vhost}/${name}`)
      }
      return { assertQueue, on: () => {} }
    }
    const model = { createChannel } as unknown as Connection['model']
    const ended = () => (state.ended.has(endpoint) ? new Error('ended') : null)
    return { endpoint, model, ended, blocked: () => null, close: async () => void (state.closed += 1) }
  }
  const ask = (jobs: readonly Job[]) =>
    overAmqp(session, jobs, context({ signal: abort.signal }), { connect, ...lanes })
  return { ask, declared, usedBy, state, abort }
}

const queue = (i: number, vhost = 'v'): Job => ({
  vhost,
  work: (channel: Channel) => channel.assertQueue(`q${i}`),
})
const many = (count: number) => Array.from({ length: count }, (_, i) => queue(i))

test('many are declared once each, over all members, and every connection is closed', async () => {
  const { ask, declared, usedBy, state } = world()
  const done = await ask(many(200))
  expect(done.size).toBe(200)
  expect(new Set(declared).size).toBe(200)
  expect(declared).toHaveLength(200)
  expect([...usedBy].sort()).toEqual(['m0', 'm1', 'm2'])
  expect(state.closed).toBe(state.opened)
})

test('few, and those that must go the other way, are left', async () => {
  const { ask, state } = world()
  expect((await ask(many(49))).size).toBe(0)
  expect((await ask(Array.from({ length: 100 }, () => null))).size).toBe(0)
  expect(state.opened).toBe(0)
  expect((await world({ members: 0 }).ask(many(100))).size).toBe(0)
})

test('what is refused is left alone, and takes nothing with it', async () => {
  const { ask } = world({ refuses: (name) => name.endsWith('7') })
  const done = await ask(many(100))
  expect(done.size).toBe(90)
  expect([...done].some((i) => i % 10 === 7)).toBe(false)
})

test('members that are down, or go down, leave the work to the others; without any all is left', async () => {
  expect((await world({ down: ['m1'] }).ask(many(100))).size).toBe(100)
  expect((await world({ down: ['m0', 'm1', 'm2'] }).ask(many(100))).size).toBe(0)
  const { ask, declared, state } = world()
  const asked = ask(many(300))
  await new Promise((resolve) => setImmediate(resolve))
  state.ended.add('m0')
  const done = await asked
  expect(done.size).toBe(declared.length)
  expect(done.size).toBeGreaterThan(280) // those that were under way on it are left
})

test('none begins once it is enough, and those under way are finished', async () => {
  let asked = 0
  const { ask, declared } = world({}, { enough: () => asked++ >= 40 })
  const done = await ask(many(300))
  expect(done.size).toBe(40)
  expect(declared).toHaveLength(40)
})

test('an interrupted run ends, with all connections closed', async () => {
  const { ask, abort, state } = world()
  const asked = ask(many(5000))
  setImmediate(() => {
    abort.abort()
    for (const endpoint of ['m0', 'm1', 'm2']) state.ended.add(endpoint)
  })
  await expect(asked).rejects.toThrow(/abort/i)
  expect(state.closed).toBeGreaterThanOrEqual(3)
})

test('each virtual host has connections of its own', async () => {
  const { ask, declared } = world()
  await ask(Array.from({ length: 100 }, (_, i) => queue(i, i % 2 ? 'a' : 'b')))
  expect(declared.filter((name) => name.startsWith('a/'))).toHaveLength(50)
  expect(declared.filter((name) => name.startsWith('b/'))).toHaveLength(50)
})

test('only texts are the same over AMQP and from JSON', () => {
  expect(isTextual({})).toBe(true)
  expect(isTextual({ 'x-overflow': 'reject-publish' })).toBe(true)
  expect(isTextual({ 'x-max-length': 5 })).toBe(false)
  expect(isTextual({ a: ['b'] })).toBe(false)
})
