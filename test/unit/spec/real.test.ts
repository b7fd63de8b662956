import { describe, expect, test } from 'vitest'
import { starter } from '../../../src/spec/index.ts'
import { examples, loadReal, realBrokers } from './real.ts'

const failuresOf = (text: string) =>
  loadReal(text).failures.map(({ code, source, summary }) => `${code} ${source?.line}:${source?.column} ${summary}`)

describe('starters', () => {
  test.each(realBrokers.map((broker) => [broker.kind, broker] as const))(
    'of %s validates, and is commented',
    (_, broker) => {
      const text = starter([broker], 'orders')
      expect(failuresOf(text)).toEqual([])
      expect(loadReal(text).clusters.map(({ name, broker: kind }) => [name, kind])).toEqual([['orders', broker.kind]])
      expect(text).toMatch(/^# yaml-language-server: \$schema=/)
      expect(text).toContain('#')
    },
  )

  test('of all brokers are one file with a name for each', () => {
    expect(failuresOf(starter(realBrokers))).toEqual([])
    expect(loadReal(starter(realBrokers)).clusters.map(({ name }) => name)).toEqual(['kafka', 'nats', 'rabbitmq'])
    expect(loadReal(starter(realBrokers, 'demo')).clusters.map(({ name }) => name)).toEqual([
      'demo-kafka',
      'demo-nats',
      'demo-rabbitmq',
    ])
  })

  test('say what is wrong with a name, where it stands', () => {
    expect(failuresOf(starter(realBrokers.slice(0, 1), 'Bad "name\n'))[0]).toMatch(
      /^MQOPS_SPEC_VALUE \d+:9 metadata.name: a name has/,
    )
  })
})

describe('examples', () => {
  test.each(examples)('%s validates', (_, text) => expect(failuresOf(text)).toEqual([]))
  test('are there', () => expect(examples.length).toBeGreaterThan(2))
})

describe('mistakes in real specs', () => {
  const of = (kind: string, spec: string) =>
    failuresOf(`apiVersion: mqops/v1\nkind: ${kind}\nmetadata: { name: a }\nspec:\n${spec}`)

  test.each([
    [
      'Kafka',
      '  topics: { a: { partitons: 3 } }',
      'MQOPS_SPEC_UNKNOWN_KEY 5:18 spec.topics.a: unknown key "partitons"',
    ],
    [
      'Kafka',
      '  topics: { a: { partitions: three } }',
      'MQOPS_SPEC_TYPE 5:30 spec.topics.a.partitions: expected a whole number, got text "three"',
    ],
    ['Nats', '  members: 4', 'MQOPS_SPEC_VALUE 5:12 spec.members: expected 1, 3 or 5, got the number 4'],
    [
      'Nats',
      '  accounts: { a: { jetstream: { memroy: 1 } } }',
      'MQOPS_SPEC_UNKNOWN_KEY 5:33 spec.accounts.a.jetstream: unknown key "memroy"',
    ],
    [
      'Nats',
      '  accounts: { a: { streams: { s: { subjects: [x], maxAge: 3 } } } }',
      'MQOPS_SPEC_TYPE 5:59 spec.accounts.a.streams.s.maxAge: expected text, got the number 3',
    ],
    [
      'RabbitMQ',
      '  vhosts: { /: { exchanges: { e: {} } } }',
      'MQOPS_SPEC_MISSING 5:31 spec.vhosts["/"].exchanges.e.type: is missing: expected one of direct, fanout, topic, headers, x-local-random, x-consistent-hash, x-random, x-recent-history, x-jms-topic, x-modulus-hash',
    ],
    ['RabbitMQ', '  plugins: [rabbitmq_shovle]', 'MQOPS_SPEC_VALUE 5:13'],
  ])('%s %s', (kind, spec, failure) => {
    const failures = of(kind, spec)
    expect(failures).toHaveLength(1)
    expect(failures[0]?.slice(0, failure.length)).toBe(failure)
  })

  test('what a schema cannot say has its place too', () => {
    const failures = of('Kafka', '  members: 1\n  topics:\n    a: { replicas: 3 }')
    expect(failures.length).toBeGreaterThan(0)
    expect(failures.join()).toMatch(/^\S+ 7:\d+ spec\.topics\.a/)
  })

  test("a target's own rules have theirs", () => {
    expect(of('Kafka', '  target: { external: { endpoints: ["h:1"], user: u } }')).toEqual([
      'MQOPS_SPEC_TARGET 5:13 spec.target.external: user and password go together',
    ])
  })
})

describe('errors of form and of sense are told at once', () => {
  const placed = (text: string) =>
    loadReal(text).failures.map(({ summary, source }) => `${source?.line}:${source?.column} ${summary.split(':')[0]}`)
  const kafka = (...lines: readonly string[]) =>
    ['apiVersion: mqops/v1', 'kind: Kafka', 'metadata: { name: k }', 'spec:', ...lines, ''].join('\n')

  test('what is right in form is checked although something else is not', () => {
    expect(
      placed(
        kafka('  version: 4.3', '  topics:', '    a: { partitions: many }', '    b: { replicas: 5 }', '    c/d: {}'),
      ),
    ).toEqual([
      '5:12 spec.version',
      '7:22 spec.topics.a.partitions',
      '8:20 spec.topics.b.replicas',
      '9:5 spec.topics["c/d"]',
    ])
  })

  test('what is left of lists keeps its place', () => {
    expect(
      placed(
        kafka(
          '  quotas:',
          '    - { clientId: a, request_percentage: 0 }',
          '    - { ip: nonsense, connection_creation_rate: 5 }',
          '    - { clientId: b, raet: 3 }',
          '    - { ip: 300.1.1.1, connection_creation_rate: 5 }',
          '  users:',
          '    u: { acls: [{ topic: a, allow: [raed] }, { topic: "a b", allow: [read] }] }',
          '  topics: { "b ad": { config: { retention.ms: soon, min.insync.replicas: 1.5 } } }',
        ),
      ),
    ).toEqual([
      '6:42 spec.quotas[0].request_percentage',
      '7:13 spec.quotas[1].ip',
      '8:22 spec.quotas[2]',
      '9:13 spec.quotas[3].ip',
      '11:37 spec.users.u.acls[0].allow[0]',
      '11:55 spec.users.u.acls[1].topic',
      '12:13 spec.topics["b ad"]',
      '12:47 spec.topics["b ad"].config["retention.ms"]',
      '12:74 spec.topics["b ad"].config["min.insync.replicas"]',
    ])
  })

  test('other resources of the same virtual host or account are checked too', () => {
    const head = (kind: string) => [`apiVersion: mqops/v1`, `kind: ${kind}`, 'metadata: { name: k }', 'spec:']
    expect(
      placed(
        [
          ...head('RabbitMQ'),
          '  vhosts:',
          '    v:',
          '      queues: { q: { type: quroum }, amq.a: {} }',
          '      bindings: [{ source: "", destination: q }, { source: none, destination: q }]',
          '      policies: { p: { pattern: "(", definition: { max-length: 1 } } }',
          '',
        ].join('\n'),
      ),
    ).toEqual([
      '7:28 spec.vhosts.v.queues.q.type',
      '7:38 spec.vhosts.v.queues["amq.a"]',
      '8:28 spec.vhosts.v.bindings[0].source',
      '8:60 spec.vhosts.v.bindings[1].source',
      '9:33 spec.vhosts.v.policies.p.pattern',
    ])
    expect(
      placed(
        [
          ...head('Nats'),
          '  accounts:',
          '    A:',
          '      users: { u: { connectionTypes: [foo], publish: ["a..b"] }, w: { publish: ["a..b"] } }',
          '      streams: { S: { subjects: [a.>], retention: wq }, T: { subjects: [a.b] } }',
          '      kv: { "a.b": {} }',
          '',
        ].join('\n'),
      ),
    ).toEqual([
      '7:39 spec.accounts.A.users.u.connectionTypes[0]',
      '7:81 spec.accounts.A.users.w.publish[0]',
      '8:51 spec.accounts.A.streams.S.retention',
      '8:73 spec.accounts.A.streams.T.subjects[0]',
      '9:13 spec.accounts.A.kv["a.b"]',
    ])
  })

  test('a wrong name hides nothing either', () =>
    expect(
      placed(
        'apiVersion: mqops/v1\nkind: Nats\nmetadata: { name: ../a }\nspec: { accounts: { A: { streams: { "a/b": { subjects: [x] } } } } }\n',
      ),
    ).toEqual(['3:19 metadata.name', '4:37 spec.accounts.A.streams["a/b"]']))

  test.each([
    [
      'the number of members is wrong',
      kafka('  members: 4x', '  topics: { b: { replicas: 5 } }'),
      ['5:12 spec.members'],
    ],
    [
      'it is the same resource',
      kafka('  topics: { b: { replicas: x, config: { min.insync.replicas: 5 } } }'),
      ['5:28 spec.topics.b.replicas'],
    ],
  ])('nothing is guessed where %s', (_, text, expected) => expect(placed(text)).toEqual(expected))
})
