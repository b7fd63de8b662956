import { expect, test } from 'vitest'
import { parameter } from '../../../src/brokers/rabbitmq/kinds/parameter.ts'
import type { JsonObject } from '../../../src/model/json.ts'

const needs = (component: string, value: object) =>
  parameter.needs?.(['shop', component, 'p'], { value: value as never }).slice(1)

/** It would declare them itself, without their arguments. */
test('a shovel waits for the queues and exchanges that it moves between', () => {
  expect(
    needs('shovel', {
      'src-uri': 'amqp:///shop',
      'src-queue': 'a',
      'dest-uri': 'amqp:///%2Fold',
      'dest-exchange': 'b',
    }),
  ).toEqual([
    ['vhost', 'shop'],
    ['queue', 'shop', 'a'],
    ['vhost', '/old'],
    ['exchange', '/old', 'b'],
  ])
  expect(
    needs('shovel', { 'src-uri': 'amqp://', 'src-queue': 'a', 'dest-uri': ['amqp://h'], 'dest-queue': 'b' }),
  ).toEqual([
    ['queue', '/', 'a'],
    ['queue', 'shop', 'b'],
  ])
})

test('a URI that is a secret, or none, is taken for one of its own virtual host', () => {
  const uri = { secretRef: { env: 'URI' } }
  expect(needs('shovel', { 'src-uri': uri, 'src-queue': 'a', 'dest-uri': 'amqp:///%zz', 'dest-queue': 'b' })).toEqual([
    ['queue', 'shop', 'a'],
    ['queue', 'shop', 'b'],
  ])
})

test('a set of upstreams waits for them', () => {
  expect(needs('federation-upstream-set', [{ upstream: 'u' }])).toEqual([
    ['parameter', 'shop', 'federation-upstream', 'u'],
  ])
  expect(needs('federation-upstream', { uri: 'amqp://h' })).toEqual([])
})

test('an exchange that the broker brings along needs nobody to make it', () => {
  const value = {
    'src-uri': 'amqp:///shop',
    'src-queue': 'a',
    'dest-uri': 'amqp:///shop',
    'dest-exchange': 'amq.fanout',
  }
  expect(needs('shovel', value)).toEqual([
    ['vhost', 'shop'],
    ['queue', 'shop', 'a'],
    ['vhost', 'shop'],
  ])
})

/** The broker asks whether mqops may in there. */
test('an upstream of this cluster waits for the virtual host that it leads to', () => {
  expect(needs('federation-upstream', { uri: ['amqp:///yard', 'amqp://host/far'] })).toEqual([['vhost', 'yard']])
})

test('a shovel declares its queues again, unless it is told that they are there', () => {
  const declares = (more: JsonObject) =>
    parameter.declares?.(['shop', 'shovel', 's'], {
      value: { 'src-uri': 'amqp://', 'src-queue': 'a', 'dest-uri': 'amqp:///shop', 'dest-queue': 'b', ...more },
    })
  expect(declares({})).toEqual([
    ['queue', '/', 'a'],
    ['queue', 'shop', 'b'],
  ])
  expect(declares({ 'src-predeclared': true, 'dest-queue': 5 })).toEqual([])
})

test('an empty table says as much as none, either way', () => {
  const base = { 'src-uri': 'amqp:///shop', 'src-queue': 'a', 'dest-uri': 'amqp://h' }
  const changes = (want: JsonObject, have: JsonObject) =>
    parameter.diff(
      { value: { ...base, ...want } },
      { is: 'present', value: { value: { ...base, ...have } }, owner: { by: 'mqops' } as never },
      { address: { cluster: 'c', kind: 'parameter', key: ['shop', 'shovel', 'p'] } } as never,
    )
  expect(changes({}, { 'src-consumer-args': [] })).toEqual([])
  expect(changes({ 'src-consumer-args': {} }, {})).toEqual([])
  expect(changes({ 'src-consumer-args': {} }, { 'src-consumer-args': { 'x-priority': 5 } })).toHaveLength(1)
})
