import { expect, test } from 'vitest'
import { rabbitmq } from '../../../src/brokers/rabbitmq/index.ts'
import { printLocal } from '../../../src/model/address.ts'
import type { Json } from '../../../src/model/json.ts'
import type { Observed } from '../../../src/model/plan.ts'
import { type KindSeen, planResources } from '../../../src/operations/deploy/resources.ts'
import { specOf } from './support.ts'

const present = (value: Json): Observed<Json> => ({ is: 'present', value, owner: { by: 'nobody' } })
const QUEUE = { type: 'classic', durable: true, autoDelete: false, arguments: {}, messages: 0 }
const COUNT = 500

/** Everything of a cluster that is to go, but for what this spec has. */
function planned(body: object = {}) {
  const names = Array.from({ length: COUNT }, (_, i) => `q${i}`)
  const have: Record<string, readonly (readonly [readonly string[], Observed<Json>])[]> = {
    vhost: [[['v'], present({ description: '', tags: [], defaultQueueType: 'classic', messages: 0 })]],
    exchange: [
      [['v', 'e'], present({ type: 'topic', durable: true, autoDelete: false, internal: false, arguments: {} })],
    ],
    queue: names.map((name) => [['v', name], present(QUEUE)]),
    binding: names.map((name) => [['v', 'e', 'queue', name, ''], present({ arguments: {} })]),
  }
  const seen = rabbitmq.kinds.map((kind): KindSeen => ({ kind, observed: have[kind.name] ?? [], secrets: new Map() }))
  const owned = new Map(
    Object.entries(have).flatMap(([kind, rows]) => rows.map(([key]) => [printLocal({ kind, key }), {}])),
  )
  const { steps } = planResources(specOf(body), seen, owned, new Set(), [])
  const byId = new Map(steps.map((step) => [step.id, printLocal(step.address)]))
  const deletes = steps.filter((step) => step.action.endsWith('.delete'))
  return new Map(deletes.map((step) => [printLocal(step.address), step.needs.map((id) => byId.get(id))]))
}

test('a delete waits for what stands on that very thing, and for nothing else of its kind', () => {
  const needs = planned()
  expect(needs.size).toBe(2 * COUNT + 2)
  expect(needs.get('exchange/v/e')).toHaveLength(COUNT)
  expect(needs.get('vhost/v')).toEqual(expect.arrayContaining(['queue/v/q7', 'exchange/v/e']))
  expect([...needs.values()].flat().length).toBeLessThan(6 * COUNT)
})

test('bindings go with their queue and are forgotten after it; those of a queue that stays or is replaced go first', () => {
  const needs = planned()
  expect(needs.get('queue/v/q7')).toEqual([])
  expect(needs.get('binding/v/e/queue/q7/%')).toEqual(['queue/v/q7'])
  const fewer = planned({ vhosts: { v: { queues: { q1: { type: 'classic' }, q2: { type: 'quorum' } } } } })
  expect(fewer.has('queue/v/q1')).toBe(false)
  expect(fewer.get('binding/v/e/queue/q1/%')).toEqual([])
  expect(fewer.get('queue/v/q2')).toEqual(['binding/v/e/queue/q2/%'])
  expect(fewer.get('binding/v/e/queue/q2/%')).toEqual([])
  expect(fewer.get('binding/v/e/queue/q3/%')).toEqual(['queue/v/q3'])
})

test('a queue waits for the policies that decide at its declaration, and for no others', () => {
  const policy = (pattern: string, definition: object) => ({ pattern, definition })
  const spec = specOf({
    vhosts: {
      v: {
        queues: { orders: { type: 'stream' }, bills: {} },
        policies: {
          size: policy('^o', { 'initial-cluster-size': 1 }),
          leader: policy('(?i)O', { 'queue-leader-locator': 'balanced' }), // only PCRE understands it
          limit: policy('.*', { 'max-length': 5 }),
        },
      },
    },
  })
  const seen = rabbitmq.kinds.map((kind): KindSeen => ({ kind, observed: [], secrets: new Map() }))
  const { steps } = planResources(spec, seen, new Map(), new Set(), [])
  const name = new Map(steps.map((step) => [step.id, printLocal(step.address)]))
  const needs = new Map(steps.map((step) => [printLocal(step.address), step.needs.map((id) => name.get(id))]))
  expect(needs.get('queue/v/orders')).toEqual(['vhost/v', 'policy/v/size', 'policy/v/leader'])
  expect(needs.get('queue/v/bills')).toEqual(['vhost/v', 'policy/v/leader'])
})
