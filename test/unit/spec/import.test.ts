import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import type { Json, JsonObject } from '../../../src/model/json.ts'
import type { ClusterSpec } from '../../../src/model/spec.ts'
import type { Broker, SeenResource } from '../../../src/ports/broker.ts'
import { referenceOf, specText, starter } from '../../../src/spec/index.ts'
import { examples, loadReal, realBrokers, realTargets } from './real.ts'

const brokerOf = (spec: ClusterSpec) => realBrokers.find((one) => one.kind === spec.broker) as Broker

/** What would be seen of a resource that is as the spec wants it. */
const SEEN: Readonly<Record<string, (want: JsonObject) => Json>> = {
  'kafka.topic': (want) => ({ ...want, replicas: [want['replicas'] as number], defaults: {} }),
  'kafka.user': (want) => ({ mechanisms: [want['mechanism'] as string] }),
  'kafka.config': (want) => ({ value: want as Json, own: {} }),
  'nats.stream': (want) => ({ config: want, messages: 0, bytes: 0 }),
  'nats.kv': (want) => ({ config: want, messages: 0, bytes: 0 }),
  'nats.objects': (want) => ({ config: want, messages: 0, bytes: 0 }),
  'nats.consumer': (want) => ({ config: want, retention: 'limits', pending: 0, delivered: 0 }),
  'rabbitmq.vhost': (want) => ({ ...want, defaultQueueType: want['defaultQueueType'] ?? 'classic' }),
}

const seenIn = (spec: ClusterSpec): readonly SeenResource[] =>
  brokerOf(spec).kinds.flatMap((kind) =>
    kind.desired(spec).map(({ key, value }) => ({
      kind: kind.name,
      key,
      value: SEEN[kind.action]?.(value as JsonObject) ?? (value as Json),
    })),
  )

/** All that a spec asks for, with what stands in secrets. */
const meaning = (spec: ClusterSpec) =>
  brokerOf(spec)
    .kinds.flatMap((kind) => kind.desired(spec).map(({ key, value }) => JSON.stringify([kind.name, key, value])))
    .toSorted()

const importedText = (spec: ClusterSpec, seen = seenIn(spec)) => {
  const broker = brokerOf(spec)
  const generated = new Set(broker.layout(spec).secrets)
  const { fields, left } = broker.toFields(seen, { spec, generated })
  return { text: specText(spec, fields, referenceOf(broker, realTargets), { head: ['imported'], foot: [] }), left }
}

const texts = [...examples, ['the starters', starter(realBrokers)] as const]

describe.each(texts)('%s', (_, text) => {
  test('what is imported of it says the same', () => {
    const { clusters, failures } = loadReal(text)
    expect(failures).toEqual([])
    for (const spec of clusters) {
      const { text: written, left } = importedText(spec)
      expect(left).toEqual([])
      const again = loadReal(written)
      expect(again.failures, written).toEqual([])
      const [read] = again.clusters as readonly [ClusterSpec]
      expect(meaning(read), written).toEqual(meaning(spec))
      expect({ ...read, fields: null, folder: '' }).toEqual({ ...spec, fields: null, folder: '' })
      // And once more: the same text, to the letter.
      expect(importedText(read).text).toBe(written)
    }
  })
})

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
    [
      'Kafka',
      '{}',
      { kind: 'config', key: ['num.io.threads'], value: { value: 8, own: { 2: 9 } } },
      /broker 2 has another value/,
    ],
    ['Nats', '{}', { kind: 'consumer', key: ['A', 's', 'c'], value: { config: {} } }, /its stream is not part of it/],
    ['RabbitMQ', '{}', { kind: 'queue', key: ['/', 'q'], value: { type: 'x-new' } }, /queues of the type x-new/],
    [
      'RabbitMQ',
      '{}',
      { kind: 'permission', key: ['u', '/'], value: { configure: '', write: '', read: '' } },
      /the user u is not part/,
    ],
    ['RabbitMQ', '{}', { kind: 'moon', key: ['a'], value: {} }, /does not import the kind moon/],
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
      rule('cluster', 'literal', 'kafka-cluster', 'allow', 'create', '10.0.0.1'),
    ])
    expect((specOf(text)['users'] as { u: JsonObject }).u['acls']).toEqual([
      { topic: 'a.*', allow: ['read', 'describe'] },
      { topic: 'a.*', deny: ['write'] },
      { cluster: true, allow: ['create'], host: '10.0.0.1' },
    ])
    expect(left.map(({ key }) => key[3])).toEqual(['x*'])
  })
})
