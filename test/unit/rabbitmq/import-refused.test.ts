import { expect, test } from 'vitest'
import { rabbitmq } from '../../../src/brokers/rabbitmq/index.ts'
import { printLocal } from '../../../src/model/address.ts'
import type { Json } from '../../../src/model/json.ts'
import { sayable } from '../../../src/operations/import/sayable.ts'
import { specOf } from './support.ts'

const vhost = { description: '', tags: [], defaultQueueType: 'classic' }
const queue = { type: 'classic', durable: true, autoDelete: false, arguments: {} }
const all = { configure: '', write: '', read: '' }

/** What import leaves of these resources, and why. */
function leftOf(...seen: readonly (readonly [string, Json])[]): Record<string, string> {
  const resources = seen.map(([text, value]) => {
    const [kind = '', ...key] = text.split('/')
    return { kind, key, value }
  })
  const { fields, left } = sayable(rabbitmq, resources, { spec: specOf(), generated: new Set() })
  expect(rabbitmq.check({ ...specOf(), fields: { ...specOf().fields, ...fields } })).toEqual([])
  return Object.fromEntries(left.map((one) => [printLocal(one), one.why]))
}

test('what a spec may not say is left with what stands on it, in the words of the check', () => {
  const odd = { ...queue, arguments: { 'x-odd': 1 } }
  const seen = leftOf(
    ['vhost/v', vhost],
    ['queue/v/q', odd],
    ['queue/v/r', queue],
    ['binding/v/amq.topic/queue/q/k', { arguments: {} }],
    ['binding/v/amq.topic/queue/r/k', { arguments: {} }],
    ['user/u', { tags: [] }],
    ['permission/u/v', { ...all, read: '(?<=a*)b' }],
  )
  expect(seen).toEqual({
    'queue/v/q': 'RabbitMQ knows no argument "x-odd"',
    'binding/v/amq.topic/queue/q/k': expect.stringContaining('queue/v/q is left out'),
    'permission/u/v': expect.stringContaining('look behind'),
  })
})

test('a whole virtual host, where it is the one that is wrong', () => {
  const seen = leftOf(
    ['vhost/v', { ...vhost, tags: [' a'] }],
    ['queue/v/q', queue],
    ['user/u', { tags: [] }],
    ['permission/u/v', all],
  )
  expect(Object.keys(seen)).toEqual(['vhost/v', 'queue/v/q', 'permission/u/v'])
})

test('limits that are exceeded, not what exceeds them', () => {
  const seen = leftOf(['vhost/v', vhost], ['queue/v/q', queue], ['vhost-limits/v', { 'max-queues': 0 }])
  expect(seen).toEqual({ 'vhost-limits/v': '0 queues are allowed, and the spec has 1 in "v"' })
})

test('a user with tags that a spec does not have', () => {
  const seen = leftOf(
    ['vhost/v', vhost],
    ['user/u', { tags: ['monitoring'] }],
    ['user/bot', { tags: ['custom'] }],
    ['permission/bot/v', all],
  )
  expect(Object.keys(seen)).toEqual(['user/bot', 'permission/bot/v'])
  expect(seen['user/bot']).toMatch(/no tags but monitoring.*it has custom/)
})
