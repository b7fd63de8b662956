import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import type { JsonObject } from '../../../src/model/json.ts'
import type { ClusterSpec } from '../../../src/model/spec.ts'
import type { SeenResource } from '../../../src/ports/broker.ts'
import { loadReal } from './real.ts'
import { importedText, meaning, seenIn } from './imported.ts'

const one = (kind: string, spec: string) =>
  loadReal(`apiVersion: mqops/v1\nkind: ${kind}\nmetadata: { name: orders }\nspec: ${spec}\n`)
    .clusters[0] as ClusterSpec
const specOf = (text: string) => (parse(text) as { spec: JsonObject }).spec

describe('what is written', () => {
  test('has no defaults, and units as people write them', () => {
    const spec = one(
      'Kafka',
      '{ members: 3, topics: { a: { partitions: 1, config: { retention.ms: 604800000, segment.bytes: 1073741824, max.message.bytes: 1000012 } } } }',
    )
    expect(specOf(importedText(spec).text)).toEqual({
      version: '4.3',
      members: 3,
      topics: { a: { config: { 'max.message.bytes': 1000012, 'retention.ms': '7d', 'segment.bytes': '1GiB' } } },
    })
  })

  test('has passwords as references: as before, none where mqops made it, else a variable', () => {
    const spec = one(
      'RabbitMQ',
      '{ users: { kept: { password: { secretRef: { env: MINE } } }, made: {} }, target: { local: {} } }',
    )
    const seen = [...seenIn(spec), { kind: 'user', key: ['foreign-1'], value: { tags: [] } }]
    expect(specOf(importedText(spec, seen).text)['users']).toEqual({
      kept: { password: { secretRef: { env: 'MINE' } } },
      made: {},
      'foreign-1': { password: { secretRef: { env: 'ORDERS_FOREIGN_1_PASSWORD' } } },
    })
  })

  test('has the virtual host that each RabbitMQ has only where something stands in it, or the spec has it', () => {
    const seen: readonly SeenResource[] = [
      { kind: 'vhost', key: ['/'], value: { description: 'Default virtual host', tags: [] } },
      { kind: 'user', key: ['u'], value: { tags: [] } },
      { kind: 'permission', key: ['u', '/'], value: { configure: '', write: '', read: '' } },
    ]
    const vhosts = (spec: string, more: readonly SeenResource[] = []) =>
      specOf(importedText(one('RabbitMQ', spec), [...seen, ...more]).text)['vhosts']
    expect(vhosts('{}')).toBeUndefined()
    expect(vhosts('{ vhosts: { /: {} } }')).toEqual({ '/': { description: 'Default virtual host' } })
    const queue = {
      kind: 'queue',
      key: ['/', 'q'],
      value: { type: 'quorum', durable: true, autoDelete: false, arguments: {} },
    }
    expect(vhosts('{}', [queue])).toEqual({ '/': { description: 'Default virtual host', queues: { q: {} } } })
  })

  test('has URIs with passwords as references, too, and the plugin that takes them', () => {
    const value = { 'src-uri': 'amqp://u:***@a', 'src-queue': 'q', 'src-queue-args': [], 'dest-uri': ['amqp://b'] }
    const spec = one('RabbitMQ', '{}')
    const shovel = { kind: 'parameter', key: ['v', 'shovel', 's'], value: { value } }
    const { text, left } = importedText(spec, [{ kind: 'vhost', key: ['v'], value: {} }, shovel])
    expect(left).toEqual([])
    expect(text).not.toContain('***')
    expect(loadReal(text).failures).toEqual([])
    expect(specOf(text)).toMatchObject({
      plugins: ['rabbitmq_shovel'],
      vhosts: {
        v: {
          parameters: {
            shovel: {
              s: {
                'src-uri': { secretRef: { env: 'ORDERS_V_S_SRC_URI' } },
                'src-queue': 'q',
                'dest-uri': ['amqp://b'],
              },
            },
          },
        },
      },
    })
  })

  test('survives names and values that YAML or a substitution would read otherwise', () => {
    const value = {
      type: 'classic',
      durable: true,
      autoDelete: false,
      arguments: { 'x-dead-letter-exchange': '${env:X}' },
    }
    const seen = ['true', '1e3', '- x', 'a: b', '${env:HOME}', '# c', "it's", 'ü\u202e'].map((name) => ({
      kind: 'queue',
      key: ['v', name],
      value,
    }))
    const spec = one('RabbitMQ', '{ vhosts: { v: {} } }')
    const { text } = importedText(spec, [...seenIn(spec), ...seen])
    const [read] = loadReal(text).clusters as readonly [ClusterSpec]
    expect(meaning(read).filter((line) => line.startsWith('["queue"'))).toHaveLength(seen.length)
    expect(meaning(read).join()).toContain('${env:X}')
    expect(text).toContain('\\u202e')
    expect(text).not.toContain('\u202e')
  })

  test.each<[string, string, SeenResource, RegExp]>([
    [
      'Kafka',
      '{}',
      { kind: 'topic', key: ['a'], value: { partitions: 1, replicas: [1, 2], config: {}, defaults: {} } },
      /1 and 2 replicas/,
    ],
    [
      'Kafka',
      '{}',
      { kind: 'topic', key: ['a'], value: { partitions: 1, replicas: [1], config: { 'new.one': 1 }, defaults: {} } },
      /does not know new\.one/,
    ],
    [
      'Kafka',
      '{}',
      { kind: 'user', key: ['a'], value: { mechanisms: ['SCRAM-SHA-256', 'SCRAM-SHA-512'] } },
      /spec says one/,
    ],
    [
      'Kafka',
      '{}',
      { kind: 'acl', key: ['User:CN=x', 'topic', 'literal', 'a', 'allow', 'read', '*'], value: {} },
      /no SCRAM user/,
    ],
    ['Kafka', '{}', { kind: 'broker-config', key: ['1', 'new.one'], value: { value: 1 } }, /does not know the setting/],
    ['Nats', '{}', { kind: 'consumer', key: ['A', 's', 'c'], value: { config: {} } }, /its stream is not part of it/],
    ['RabbitMQ', '{}', { kind: 'queue', key: ['/', 'q'], value: { type: 'x-new' } }, /queues of the type x-new/],
    [
      'RabbitMQ',
      '{}',
      { kind: 'permission', key: ['u', '/'], value: { configure: '', write: '', read: '' } },
      /the user u is not part/,
    ],
    ['RabbitMQ', '{}', { kind: 'moon', key: ['a'], value: {} }, /does not import the kind moon/],
    ['Kafka', '{}', { kind: 'quota', key: ['user', 'a'], value: { producer_byte_rate: 0.5 } }, /can not say it/],
    ['Kafka', '{}', { kind: 'quota', key: ['user', 'a'], value: {} }, /at least one of producer_byte_rate/],
    [
      'Nats',
      '{ accounts: { A: {} } }',
      {
        kind: 'account',
        key: ['A'],
        value: { jetstream: null, limits: {}, exports: [{ stream: 'a', new: 1 }], imports: [] },
      },
      /can not say/,
    ],
    [
      'Nats',
      '{}',
      {
        kind: 'user',
        key: ['A', 'u'],
        value: { password: {}, publish: null, subscribe: null, allowResponses: { ttl: 1 }, connectionTypes: [] },
      },
      /can not say/,
    ],
    ['RabbitMQ', '{}', { kind: 'user-limits', key: ['u'], value: { 'max-channels': 1 } }, /the user u is not part/],
    ['RabbitMQ', '{}', { kind: 'vhost-limits', key: ['/'], value: { 'max-queues': -1 } }, /maxQueues/],
    ['RabbitMQ', '{}', { kind: 'topic-permission', key: ['u', '/', 'e'], value: {} }, /the user u is not part/],
    ['RabbitMQ', '{}', { kind: 'global-parameter', key: ['g'], value: { value: null } }, /can not say it/],
    [
      'RabbitMQ',
      '{}',
      {
        kind: 'policy',
        key: ['/', 'p'],
        value: { pattern: 'x', applyTo: 'all', priority: 0, definition: { 'federation-upstream': 'west' } },
      },
      /has no federation upstream "west"/,
    ],
    [
      'RabbitMQ',
      '{}',
      {
        kind: 'operator-policy',
        key: ['/', 'p'],
        value: { pattern: 'x', applyTo: 'queues', priority: 0, definition: { 'new-limit': 1 } },
      },
      /new-limit/,
    ],
    [
      'RabbitMQ',
      '{}',
      {
        kind: 'parameter',
        key: ['/', 'federation-upstream', 'w'],
        value: { value: { uri: ['amqp://a', 'amqp://u:***@b'] } },
      },
      /of which one holds a password/,
    ],
    ['RabbitMQ', '{}', { kind: 'parameter', key: ['/', 'federation', 'w'], value: { value: {} } }, /federation yet/],
  ])('%s %s: what a spec can not say is left, with the reason (%j)', (kind, spec, seen, why) => {
    const { left } = importedText(one(kind, spec), [seen])
    expect(left).toEqual([{ kind: seen.kind, key: seen.key, why: expect.stringMatching(why) as string }])
  })

  test('names that a spec refuses are left; plugins come with what needs them', () => {
    const user = (name: string) => ({ kind: 'user', key: [name], value: { tags: [], mechanisms: ['SCRAM-SHA-512'] } })
    const exchange = { type: 'x-random', durable: true, autoDelete: false, internal: false, arguments: {} }
    const rabbit = importedText(one('RabbitMQ', '{}'), [
      { kind: 'exchange', key: ['v', 'e'], value: exchange },
      ...['guest', 'mqops', 'shop'].map(user),
    ])
    expect(loadReal(rabbit.text).failures).toEqual([])
    expect(rabbit.left.map(({ key }) => key[0])).toEqual(['guest', 'mqops'])
    expect(specOf(rabbit.text)['plugins']).toEqual(['rabbitmq_random_exchange'])
    const kafka = importedText(one('Kafka', '{}'), ['admin', 'two words', 'shop'].map(user))
    expect(loadReal(kafka.text).failures).toEqual([])
    expect(kafka.left.map(({ key }) => key[0])).toEqual(['admin', 'two words'])
  })

  test('rules of one user, resource and host stand together; those that read otherwise are left', () => {
    const user = { kind: 'user', key: ['u'], value: { mechanisms: ['SCRAM-SHA-512'] } }
    const rule = (...key: string[]) => ({ kind: 'acl', key: ['User:u', ...key], value: {} })
    const { text, left } = importedText(one('Kafka', '{}'), [
      user,
      rule('topic', 'prefixed', 'a.', 'allow', 'read', '*'),
      rule('topic', 'prefixed', 'a.', 'allow', 'describe', '*'),
      rule('topic', 'prefixed', 'a.', 'deny', 'write', '*'),
      rule('topic', 'literal', 'x*', 'allow', 'read', '*'),
      rule('user', 'prefixed', 'User:', 'allow', 'createTokens', '*'),
      rule('user', 'literal', 'Robot:a', 'allow', 'createTokens', '*'),
      rule('cluster', 'literal', 'kafka-cluster', 'allow', 'create', '10.0.0.1'),
    ])
    expect((specOf(text)['users'] as { u: JsonObject }).u['acls']).toEqual([
      { topic: 'a.*', allow: ['read', 'describe'] },
      { topic: 'a.*', deny: ['write'] },
      { cluster: true, allow: ['create'], host: '10.0.0.1' },
    ])
    expect(left.map(({ key }) => key[3])).toEqual(['x*', 'User:', 'Robot:a'])
  })
})
