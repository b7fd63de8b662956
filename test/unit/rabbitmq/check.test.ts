import { describe, expect, test } from 'vitest'
import { check } from '../../../src/brokers/rabbitmq/check.ts'
import { checkPattern } from '../../../src/brokers/rabbitmq/patterns.ts'
import type { JsonObject } from '../../../src/model/json.ts'
import { starter } from '../../../src/brokers/rabbitmq/starter.ts'
import { refusedFields, specOf } from './support.ts'
import { parse } from 'yaml'

/** Each problem as 'path: message', so that a test says what a reader of the spec would see. */
const problems = (body: object): string[] => check(specOf(body)).map((p) => `${p.path.join('.')}: ${p.message}`)

const vhost = (of: object): object => ({ vhosts: { v: of } })
const queue = (of: object): object => vhost({ queues: { q: of } })
const bound = (type: string, binding: object): object => ({
  plugins: ['rabbitmq_consistent_hash_exchange', 'rabbitmq_jms_topic_exchange'],
  ...vhost({
    exchanges: { e: { type } },
    queues: { q: {} },
    bindings: [{ source: 'e', destination: 'q', ...binding }],
  }),
})

const exchange = (type: string, table: object): object => ({
  plugins: ['rabbitmq_consistent_hash_exchange', 'rabbitmq_recent_history_exchange'],
  ...vhost({ exchanges: { e: { type, arguments: table } } }),
})

describe('the starter', () => {
  test('validates and has no problems', () => {
    const { version: _, target: __, ...body } = parse(starter) as Record<string, unknown>
    expect(problems(body)).toEqual([])
  })
})

describe('fields', () => {
  test.each([
    [{ members: 2 }, 'members'],
    [{ membres: 3 }, ''],
    [vhost({ queues: { q: { type: 'mirrored' } } }), 'vhosts.v.queues.q.type'],
    [vhost({ queues: { q: { exclusive: true } } }), 'vhosts.v.queues.q'],
    [{ users: { u: { password: 'plain' } } }, 'users.u.password'],
    [{ plugins: ['rabbitmq_web_mqtt'] }, 'plugins.0'],
    [{ memory: 'much' }, 'memory'],
  ])('%j is refused at %s', (body, path) => {
    expect(refusedFields(body)).toEqual([expect.stringMatching(new RegExp(`^${path}: `))])
  })

  test('defaults are the safe ones', () => {
    expect(specOf().fields).toMatchObject({ members: 3, memory: 536_870_912, diskFreeLimit: 1_073_741_824 })
    const { vhosts } = specOf(queue({})).fields as never as { vhosts: { v: { queues: { q: object } } } }
    expect(vhosts.v.queues.q).toEqual({ type: 'quorum', durable: true, autoDelete: false, arguments: {} })
  })
})

describe('names and users', () => {
  test.each([
    [vhost({ queues: { '..': {} } }), /vhosts.v.queues.\.\.: no queue can be named "\.\."/],
    [vhost({ exchanges: { '.': { type: 'topic' } } }), /no exchange can be named "\."/],
    [{ vhosts: { '..': {} } }, /no virtual host can be named/],
    [{ users: { '..': {} } }, /no user can be named/],
    [vhost({ queues: { 'amq.x': {} } }), /vhosts.v.queues.amq.x: names that start with "amq." belong to the broker/],
    [vhost({ queues: { 'a\nb': {} } }), /RabbitMQ takes line breaks out of the queue's name "a\\nb"/],
    [bound('x-consistent-hash', { routingKey: 'key' }), /bindings.0.routingKey: "e" is an x-consistent-hash exchange/],
    [bound('x-consistent-hash', { routingKey: '0' }), /the share of the queue, 1 to 10000, not "0"/],
    [bound('x-local-random', { routingKey: 'key' }), /it takes no routing key/],
    [bound('x-local-random', {}), /bindings.0.destination: .*classic queues only/],
    [bound('x-consistent-hash', { routingKey: '10001' }), /the share of the queue, 1 to 10000, not "10001"/],
    [bound('topic', { routingKey: '#.a.#.#' }), /bindings.0.routingKey: .* has 3 #, at most 2/],
    [bound('x-jms-topic', {}), /bindings.0.arguments: .* wants the argument rjms_erlang_selector/],
    [exchange('x-consistent-hash', { 'hash-property': 'type' }), /hash-property must be one of correlation_id/],
    [exchange('x-consistent-hash', { 'hash-header': 'h', 'hash-property': 'timestamp' }), /exclude each other/],
    [exchange('x-recent-history', { 'x-recent-history-length': 0 }), /whole number above 0/],
    [vhost({ queues: { ['n'.repeat(234)]: { type: 'stream' } } }), /have 234 characters together at most, not 235/],
    [{ globalParameters: { ['ü'.repeat(256)]: 1 } }, /the name has 256 characters, at most 255/],
    [vhost({ tags: ['t'.repeat(256)] }), /vhosts.v.tags.0: the tag has 256 characters, at most 255/],
    [vhost({ tags: ['a', ' b'] }), /vhosts.v.tags.1: RabbitMQ takes the spaces around " b" away/],
    [vhost({ tags: ['a', 'a'] }), /vhosts.v.tags.1: the tag "a" stands in the list already/],
    [bound('headers', { arguments: { 'x-match': 'some' } }), /x-match is one of all, any/],
    [vhost({ exchanges: { 'amq.x': { type: 'topic' } } }), /vhosts.v.exchanges.amq.x: .*"amq."/],
    [vhost({ queues: { 'mqops.x': {} } }), /belong to mqops/],
    [vhost({ queues: { [`q${'ü'.repeat(128)}`]: {} } }), /257 bytes, at most 255/],
    [{ vhosts: { mqops: {} } }, /vhosts.mqops: .*own/],
    [{ users: { guest: {} } }, /users.guest: there is no user "guest"/],
    [{ users: { mqops: {} } }, /users.mqops: .* made by mqops/],
    [{ users: { admin: {} } }, /users.admin: .* made by mqops/],
    [{ users: { u: { permissions: { w: {} } } } }, /users.u.permissions.w: there is no virtual host "w"/],
    [{ users: { u: { permissions: { '/': { read: '(' } } } } }, /users.u.permissions.\/.read: "\(" is no regular/],
    [{ memory: '64MiB' }, /memory: /],
    [{ config: { hartbeat: 5 } }, /config.hartbeat: /],
  ])('%j', (body, message) => {
    expect(problems(body)).toEqual([expect.stringMatching(message)])
  })

  test('the default virtual host needs no mention', () => {
    expect(problems({ users: { u: { permissions: { '/': {} } } } })).toEqual([])
  })

  test('patterns that only PCRE has are left to the broker', () => {
    expect(['(?i)orders', 'a++', '[[:alpha:]]+', '\\Aorders\\z', '(?>a|b)'].map(checkPattern)).toEqual(
      Array(5).fill(null),
    )
    expect(['[', '*', 'a{2,1}'].map((pattern) => checkPattern(pattern) === null)).toEqual([false, false, false])
    expect(['\\x{ff}', '\\x{100}', '\\\\x{100}'].map((pattern) => checkPattern(pattern) === null)).toEqual([
      true,
      false,
      true,
    ])
  })
})

describe('bindings', () => {
  const all = { exchanges: { e: { type: 'topic' }, f: { type: 'fanout' } }, queues: { q: {} } }
  const binding = (...bindings: object[]): object => vhost({ ...all, bindings })

  test.each([
    [{ source: 'x', destination: 'q' }, /vhosts.v.bindings.0.source: .* no exchange "x"/],
    [{ source: 'e', destination: 'x' }, /vhosts.v.bindings.0.destination: .* no queue "x"/],
    [{ source: 'e', destinationExchange: 'q' }, /vhosts.v.bindings.0.destinationExchange: .* no exchange "q"/],
    [{ source: 'e' }, /vhosts.v.bindings.0: a binding leads to either/],
    [{ source: 'e', destination: 'q', destinationExchange: 'f' }, /vhosts.v.bindings.0: a binding leads to either/],
    [{ source: 'amq.rabbitmq.log', destination: 'q' }, /no exchange "amq.rabbitmq.log"/],
    [{ source: 'amq.nope', destination: 'q' }, /no exchange "amq.nope"/],
    [{ source: 'e', destination: 'q', routingKey: 'k'.repeat(256) }, /routingKey: /],
  ])('%j is refused', (one, message) => {
    expect(problems(binding(one))).toEqual([expect.stringMatching(message)])
  })

  test('built-in exchanges may be sources and destinations', () => {
    const good = [
      { source: 'amq.topic', destination: 'q' },
      { source: 'e', destinationExchange: 'amq.fanout' },
    ]
    expect(problems(binding(...good))).toEqual([])
    const log = { '/': { queues: { q: {} }, bindings: [{ source: 'amq.rabbitmq.log', destination: 'q' }] } }
    expect(problems({ vhosts: log })).toEqual([])
  })

  test('the same binding twice is found, one with other arguments is another', () => {
    const one = { source: 'e', destination: 'q', routingKey: 'a' }
    expect(problems(binding(one, { ...one, arguments: { n: 1 } }))).toEqual([])
    expect(problems(binding(one, { source: 'f', destination: 'q' }, one))).toEqual([
      'vhosts.v.bindings.2: the same binding stands at place 0 already',
    ])
    const twice = { ...one, arguments: { a: 1, b: 2 } }
    expect(problems(binding(twice, { ...one, arguments: { b: 2, a: 1 } }))).toHaveLength(1)
  })

  test('an exchange type of a plugin wants the plugin', () => {
    const body = vhost({ exchanges: { h: { type: 'x-consistent-hash' } } })
    expect(problems(body)).toEqual([expect.stringMatching(/vhosts.v.exchanges.h.type: .*rabbitmq_consistent_hash/)])
    expect(problems({ ...body, plugins: ['rabbitmq_consistent_hash_exchange'] })).toEqual([])
  })
})

describe('queues', () => {
  const args = (type: string, table: object): object => queue({ type, arguments: table })

  test.each([
    [queue({ durable: false }), /queues.q.durable: a quorum queue is always durable/],
    [queue({ type: 'stream', autoDelete: true }), /queues.q.autoDelete: a stream queue is never deleted/],
    [args('quorum', { 'x-queue-type': 'quorum' }), /arguments.x-queue-type: the type stands in `type`/],
    [args('quorum', { 'x-max-priority': 5 }), /a quorum queue has no "x-max-priority"/],
    [args('classic', { 'x-delivery-limit': 5 }), /a classic queue has no "x-delivery-limit"/],
    [args('stream', { 'x-message-ttl': 5 }), /a stream queue has no "x-message-ttl"/],
    [args('stream', { 'x-max-age': '7 days' }), /must be a number above 0 with Y, M, D/],
    [args('stream', { 'x-max-age': '0s' }), /must be a number above 0 with Y, M, D/],
    [args('stream', { 'x-stream-max-segment-size-bytes': 3_000_000_001 }), /from 1 to 3000000000/],
    [args('classic', { 'x-queue-version': 1 }), /"x-queue-version" must be 2, not 1/],
    [args('quorum', { 'x-message-ttl': 315_360_000_001 }), /from 0 to 315360000000/],
    [args('quorum', { 'x-delayed-retry-type': 'all' }), /without x-delayed-retry-min nothing is delayed/],
    [args('quorum', { 'x-delayed-retry-min': 9, 'x-delayed-retry-max': 5 }), /5 is less than x-delayed-retry-min, 9/],
    [args('quorum', { 'x-max-lenght': 5 }), /knows no argument "x-max-lenght"/],
    [args('quorum', { 'x-max-length': '5' }), /must be a whole number/],
    [args('quorum', { 'x-expires': 0 }), /from 1 to 315360000000/],
    [args('quorum', { 'x-overflow': 'reject-publish-dlx' }), /no reject-publish-dlx/],
    [args('quorum', { 'x-dead-letter-routing-key': 'k' }), /needs x-dead-letter-exchange/],
    [args('quorum', { 'x-quorum-initial-group-size': 5 }), /5 copies can't stand on 3 members/],
    [args('classic', { 'x-max-priority': 256 }), /from 0 to 255/],
    [args('stream', { 'x-stream-filter-size-bytes': 8 }), /from 16 to 255/],
    [args('classic', { 'x-ha-policy': 'all' }), /no mirrored classic queues/],
  ])('%j', (body, message) => {
    expect(problems(body)).toEqual([expect.stringMatching(message)])
  })

  test('what works passes: arguments of each type, and those without x-', () => {
    const dead = {
      'x-dead-letter-exchange': 'd',
      'x-dead-letter-strategy': 'at-least-once',
      'x-overflow': 'reject-publish',
    }
    expect(problems(args('quorum', { ...dead, 'x-delivery-limit': -1, note: 'ours' }))).toEqual([])
    expect(
      problems(queue({ type: 'classic', durable: false, autoDelete: true, arguments: { 'x-max-priority': 9 } })),
    ).toEqual([])
    expect(problems(args('stream', { 'x-max-age': '7D', 'x-max-length-bytes': 1 }))).toEqual([])
  })

  test('at-least-once says all that it misses', () => {
    expect(problems(args('quorum', { 'x-dead-letter-strategy': 'at-least-once' }))).toHaveLength(2)
  })
})

test('an external cluster needs management endpoints and a user', () => {
  const external = (options: JsonObject) =>
    check(specOf({}, { target: { name: 'external', options } })).map((p) => p.path.join('.'))
  expect(external({ endpoints: ['h:5671'] })).toEqual(['target.external.endpoints', 'target.external'])
  expect(external({ endpoints: { client: ['h:5671'] }, user: 'u' })).toEqual(['target.external.endpoints'])
  expect(external({ endpoints: { client: ['h:5671'], management: ['h:15671'] }, user: 'u' })).toEqual([])
})

test('all problems at once', () => {
  const body = { memory: 1, users: { guest: {}, u: { permissions: { no: { read: '[' } } } }, vhosts: { mqops: {} } }
  expect(problems(body)).toHaveLength(5)
})
