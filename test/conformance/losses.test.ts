import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { append, locate } from '../../src/brokers/kafka/log.ts'
import type { KafkaSession } from '../../src/brokers/kafka/session.ts'
import type { RabbitmqSession } from '../../src/brokers/rabbitmq/session.ts'
import type { JsonObject } from '../../src/model/json.ts'
import type { Loss } from '../../src/model/plan.ts'
import { RealCluster } from './real.ts'

/** What updates lose, measured on real brokers that hold messages. */

const MESSAGES = 50
const SIZE = 1000
let cluster: RealCluster
const make = async (fields: JsonObject): Promise<void> =>
  expect(await cluster.run(await cluster.plan(fields))).toBe('done')
const losses = async (fields: JsonObject): Promise<Record<string, Loss | undefined>> =>
  Object.fromEntries(
    (await cluster.plan(fields)).steps.map((step) => {
      expect(step.risk).toBe('destructive')
      return [step.address.key.at(-1), step.loses]
    }),
  )

describe('Kafka', () => {
  const month = { 'retention.ms': '30d' }
  const broker = { members: 1, config: { 'log.retention.ms': 1, 'log.retention.bytes': 10_000 } }
  const spec = (config: JsonObject) => ({
    ...broker,
    topics: {
      aged: { config: { 'retention.bytes': -1, ...config } },
      sized: { config: { ...month, ...config } },
      both: { config: { ...month, 'retention.bytes': -1, ...config } },
      compacted: { config: { ...month, 'retention.bytes': -1, ...config } },
    },
  })
  const full = { 'retention.bytes': '1GiB', ...month }
  beforeAll(async () => {
    cluster = await RealCluster.open('Kafka')
    await make(spec(full))
    const { session, ctx } = await cluster.world(broker)
    const kafka = (await session()) as KafkaSession
    const entries = Array.from({ length: MESSAGES }, (_, i) => ({ key: `${i}`, value: 'x'.repeat(SIZE) }))
    for (const name of ['aged', 'sized', 'both', 'compacted']) {
      const place = await locate(kafka, name, ctx)
      if (place === null) throw new Error(`there is no ${name}`)
      await append(kafka, place, entries, ctx)
    }
    await kafka.close()
  })
  afterAll(() => cluster.end())

  it('a setting that the spec has no more: by what is behind it', async () => {
    const topics = {
      aged: { config: { 'retention.bytes': '1GiB' } },
      sized: { config: month },
      both: {},
      compacted: { config: { ...full, 'cleanup.policy': 'compact' } },
    }
    const found = await losses({ ...broker, topics })
    expect(found).toEqual({
      aged: { messages: MESSAGES },
      sized: { bytes: expect.any(Number), atMost: true },
      both: { messages: MESSAGES, bytes: expect.any(Number), atMost: true },
      compacted: { messages: MESSAGES, bytes: expect.any(Number), atMost: true },
    })
    const all = found['both']?.bytes ?? 0
    expect(all).toBeGreaterThan(MESSAGES * SIZE)
    expect(found['sized']?.bytes).toBe(all - 10_000)
  })
})

describe('RabbitMQ', () => {
  const policy = (definition: JsonObject, more: JsonObject = {}) => ({ pattern: '^a', definition, ...more })
  const spec = (policies: JsonObject) => ({
    members: 1,
    vhosts: { shop: { queues: { a1: { type: 'classic' }, a2: { type: 'quorum' }, b: {} }, policies } },
  })
  beforeAll(async () => {
    cluster = await RealCluster.open('RabbitMQ')
    await make(spec({ p: policy({ 'max-length': 1000, 'max-length-bytes': 1_000_000 }) }))
    const { session, ctx } = await cluster.world(spec({}))
    const rabbit = (await session()) as RabbitmqSession
    for (const queue of ['a1', 'a2', 'b'])
      for (let i = 0; i < MESSAGES; i++) {
        const body = {
          properties: { delivery_mode: 2 },
          routing_key: queue,
          payload: 'x'.repeat(SIZE),
          payload_encoding: 'string',
        }
        const sent = await rabbit.http.ask('/api/exchanges/shop/amq.default/publish', ctx, { method: 'POST', body })
        expect(sent.body).toEqual({ routed: true })
      }
    await rabbit.close()
  })
  afterAll(() => cluster.end())

  it('a tighter limit: by what is beyond it in the queues that it holds for', async () => {
    const of = async (definition: JsonObject, more: JsonObject = {}) =>
      (await losses(spec({ p: policy({ 'max-length': 1000, 'max-length-bytes': 1_000_000, ...definition }, more) })))[
        'p'
      ]
    expect(await of({ 'max-length': 10 })).toEqual({ messages: 2 * (MESSAGES - 10), atMost: true })
    expect(await of({ 'message-ttl': 1000 })).toEqual({ messages: 2 * MESSAGES, atMost: true })
    expect(await of({ 'max-length': 10, 'max-length-bytes': 1 })).toEqual({ messages: 2 * MESSAGES, atMost: true })
    expect(await of({}, { pattern: '' })).toEqual({ messages: 3 * MESSAGES, atMost: true })
    expect(await of({}, { pattern: '\\Ab' })).toEqual({
      messages: 3 * MESSAGES,
      atMost: true,
    })
  })
})
