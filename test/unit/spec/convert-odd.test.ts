import { describe, expect, it } from 'vitest'
import type { Json, JsonObject } from '../../../src/model/json.ts'
import { convertFiles } from '../../../src/spec/index.ts'
import { loadReal, realBrokers, realTargets } from './real.ts'

/** Odd things that stand in real files: what is not carried over is told, and nothing is read as something else. */

const o = { brokers: realBrokers, targets: realTargets, env: {}, format: null, names: [] }

function read(text: string, name: string) {
  const { specs, failures } = convertFiles([{ name, folder: '/work', bytes: new TextEncoder().encode(text) }], o)
  expect(failures).toEqual([])
  expect(specs.flatMap((one) => loadReal(one.text).failures)).toEqual([])
  const fields = specs[0]?.spec.fields as { readonly [name: string]: JsonObject }
  return { fields, told: specs.flatMap(({ left }) => left.map(({ what, why }) => `${what}: ${why}`)) }
}

describe('Strimzi', () => {
  const user = (authorization: string) =>
    read(
      `apiVersion: kafka.strimzi.io/v1
kind: KafkaUser
metadata: { name: u, labels: { strimzi.io/cluster: c } }
spec:
  authentication: { type: scram-sha-512 }
  authorization: ${authorization}
`,
      'u.yaml',
    )
  const acls = (...entries: readonly string[]) => {
    const { fields, told } = user(`{ type: simple, acls: [ ${entries.join(', ')} ] }`)
    const { u } = fields['users'] as { readonly u: JsonObject }
    return { acls: u['acls'] ?? [], told: told.slice(1) }
  }

  it.each([
    [
      '{ resource: { type: topic, name: t, patternType: prefix }, operations: [Read] }',
      { topic: 't*', allow: ['read'] },
    ],
    [
      '{ resource: { type: topic, name: t, patternType: prefixed }, operations: [Read] }',
      { topic: 't*', allow: ['read'] },
    ],
    ['{ resource: { type: topic, name: t }, operation: DescribeConfigs }', { topic: 't', allow: ['describeConfigs'] }],
    ['{ resource: { type: topic, name: t }, operations: [All], type: deny }', { topic: 't', deny: ['all'] }],
    ['{ resource: { type: cluster }, operations: [IdempotentWrite] }', { cluster: true, allow: ['idempotentWrite'] }],
    [
      '{ resource: { type: transactionalId, name: x, patternType: prefix }, operations: [Write, Describe], host: 10.0.0.1 }',
      { transactionalId: 'x*', allow: ['write', 'describe'], host: '10.0.0.1' },
    ],
  ])('%s is carried over', (entry, expected) => {
    expect(acls(entry)).toMatchObject({ acls: [expected], told: [] })
  })

  it.each([
    ['{ resource: { type: topic, name: t } }', 'rule of User:u on topic t: left out: it names no operation'],
    ['{ operations: [Read] }', 'rule of User:u on: left out: it names no type of resource'],
    [
      '{ resource: { type: topic, name: t, patternType: Prefix }, operations: [Read] }',
      'rule of User:u: allow read on topic t: left out: patterns of the type Prefix are not in a spec',
    ],
    ['{ resource: { type: group }, operations: [Read] }', 'rule of u on group: left out: group: must not be empty'],
  ])('%s is told', (entry, why) => {
    expect(acls(entry)).toEqual({ acls: [], told: [why] })
  })

  it("authorization that is not Kafka's own is told", () => {
    expect(user('{ type: opa }').told).toContain("user u: a spec has Kafka's own rules, not authorization by opa")
  })

  const topic = (name: string, namespace: string, spec: string) =>
    `apiVersion: kafka.strimzi.io/v1\nkind: KafkaTopic\nmetadata: { name: ${name}, namespace: ${namespace}, labels: { strimzi.io/cluster: c } }\nspec: ${spec}\n`

  it('counts that the brokers would decide are told, settings of any type are read', () => {
    const config = '{ retention.ms: -1, retention.bytes: "-1", preallocate: true, cleanup.policy: [compact, delete] }'
    const { fields, told } = read(topic('t', 'a', `{ topicName: T.One_2, replicas: -1, config: ${config} }`), 't.yaml')
    expect(fields['topics']?.['T.One_2']).toEqual({
      partitions: 1,
      config: {
        'retention.ms': -1,
        'retention.bytes': -1,
        preallocate: true,
        'cleanup.policy': 'compact,delete',
      },
    })
    expect(told).toEqual([
      "topic T.One_2: it has as many partitions as the brokers' num.partitions says; here it has 1",
      "topic T.One_2: it has as many replicas as the brokers' default.replication.factor says; here it has 3, or as many as there are brokers",
    ])
  })

  it('what names no cluster, where there are several, is told to be of one more', () => {
    const of = (cluster: string) =>
      `apiVersion: kafka.strimzi.io/v1\nkind: KafkaTopic\nmetadata: { name: t, labels: { ${cluster} } }\nspec: { partitions: 1, replicas: 3 }\n`
    const [a, b] = [of('strimzi.io/cluster: a'), of('strimzi.io/cluster: b')]
    expect(read([a, of('team: x')].join('---\n').replace('name: t', 'name: s'), 't.yaml').told).toEqual([])
    expect(read([a, b, of('team: x')].join('---\n'), 't.yaml').told).toEqual([
      'resources without the label strimzi.io/cluster: the files tell of several clusters: these are taken to be of one more',
    ])
  })

  it('replicas that node pools overrule are told', () => {
    const resource = (kind: string, name: string, spec: string) =>
      `apiVersion: kafka.strimzi.io/v1\nkind: ${kind}\nmetadata: { name: ${name}, labels: { strimzi.io/cluster: c } }\nspec: ${spec}\n`
    const [cluster, pool] = [
      resource('Kafka', 'c', '{ kafka: { replicas: 7 } }'),
      resource('KafkaNodePool', 'p', '{ replicas: 5, roles: [broker, controller] }'),
    ]
    expect(read(cluster, 't.yaml')).toMatchObject({ fields: { members: 7 }, told: [] })
    expect(read(`${cluster}---\n${pool}`, 't.yaml')).toMatchObject({
      fields: { members: 5 },
      told: ['Kafka c: "replicas" is left out: the node pools say how many there are'],
    })
  })

  it('clusters of one name in two namespaces are told', () => {
    const counts = '{ partitions: 1, replicas: 3 }'
    expect(read([topic('t', 'a', counts), topic('s', 'a', counts)].join('---\n'), 't.yaml').told).toEqual([])
    expect(read([topic('t', 'a', counts), topic('s', 'b', counts)].join('---\n'), 't.yaml').told).toEqual([
      'namespace b: its resources are taken to be of one cluster with those of a',
    ])
  })
})

describe('topicctl', () => {
  it('placement, descriptions, migrations and rules without operations are told; the light ones once', () => {
    const topic = (name: string, placement: string) =>
      `meta: { name: ${name}, cluster: c, description: about, labels: { a: b } }
spec: { partitions: 2, replicationFactor: 2, placement: ${placement}, migration: { throttleMB: 9 } }
`
    const acls = `meta: { name: a, cluster: c }
spec: { acls: [ { resource: { type: topic, name: t, principal: "User:u", permission: allow } } ] }
`
    const files = [topic('a', '{ strategy: any }'), topic('b', '{ staticRackAssignments: [x] }'), acls]
    expect(read(files.join('---\n'), 't.yaml').told).toEqual([
      'description in meta: left out: a spec has no place for them',
      'labels in meta: left out: a spec has no place for them',
      'migration of topics: left out: mqops has its own way to move replicas',
      'topic b: "staticRackAssignments" is left out: Kafka places replicas over racks by itself',
      'rule of User:u on topic t: left out: it names no operation',
    ])
  })

  it('a cluster without brokers tells that its way in is left out', () => {
    const text =
      'meta: { name: c }\nspec: { bootstrapAddrs: [], tls: { enabled: true, caCertPath: ca.pem }, clusterID: x }\n'
    expect(read(text, 'c.yaml').told).toEqual([
      'cluster c: it names no brokers: how they are reached is left out',
      'cluster c: "clusterID" is left out: mqops asks the cluster for it',
    ])
  })
})

describe('JulieOps', () => {
  const counts = 'config: { num.partitions: 1, replication.factor: 3 }'
  const project = (more: string, topics = `[ { name: t, ${counts} } ]`) =>
    read(`context: x\nprojects:\n  - name: p\n    topics: ${topics}\n    ${more}\n`, 'j.yaml')

  it('what has no name is left out, not made under half of one', () => {
    const { fields, told } = project('zookeepers: []', `[ { ${counts} }, { name: t, dataType: avro, ${counts} } ]`)
    expect(Object.keys(fields['topics'] ?? {})).toEqual(['x.p.t.avro'])
    expect(told).toEqual([
      'a topic: it has no name: it is left out',
      'project p: "zookeepers" is left out: Kafka 4 has no ZooKeeper',
    ])
    const nameless = read(`context: x\nprojects: [ { topics: [ { name: t, ${counts} } ] } ]\n`, 'j.yaml')
    expect(nameless.told).toEqual(['a project: it has no name: it is left out, with all that is in it'])
  })

  it.each(['consumers', 'producers', 'streams', 'connectors', 'ksql'])('%s without a principal are told once', (of) => {
    const { fields, told } = project(`${of}: [ { group: g, applicationId: a } ]`)
    expect(fields['users']).toEqual({})
    expect(told).toEqual([`project p, ${of}: it has no principal: it is left out`])
  })

  it('rules are never wider than meant: without an application id there are none', () => {
    const platform = (of: string) => `context: x\nplatform: { ${of}: { instances: [ { principal: "User:u" } ] } }\n`
    for (const [of, field] of [
      ['control_center', 'appId'],
      ['ksql', 'ksqlDbId'],
    ] as const) {
      const { fields, told } = read(platform(of), 'j.yaml')
      expect([fields['users'], told]).toEqual([{}, [`user u: it has no ${field}: it is left out`]])
    }
  })

  it('plans, metadata and descriptions', () => {
    const { told } = project(
      'schemas: []',
      `[ { name: t, plan: gold, description: d, metadata: { a: b }, ${counts} } ]`,
    )
    expect(told).toEqual([
      'topic x.p.t: its plan "gold" is not in these files: its settings are not known',
      'description of topics: left out: a spec has no place for it',
      'metadata of topics: left out: a spec has no place for it',
      'project p: "schemas" is left out: schemas are in a registry, not in Kafka',
    ])
  })
})

describe('RabbitMQ definitions', () => {
  const definitions = (of: JsonObject) => read(JSON.stringify({ rabbitmq_version: '4.1.0', ...of }), 'd.json')
  const queues = [{ name: 'q', vhost: '/', type: 'classic', durable: true }]
  const limits = (value: JsonObject) => [{ component: 'vhost-limits', name: 'limits', vhost: '/', value }]
  const vhosts = [{ name: '/', limits: { 'max-queues': 5 }, metadata: [] }]

  it.each<[string, JsonObject, string[]]>([
    ['an empty table of Erlang', { vhosts: [{ name: '/', metadata: [], limits: [] }] }, []],
    [
      'a table of a wrong type',
      { queues: [{ ...queues[0], arguments: 'x' }] },
      ['queue q in /: "arguments": expected a map, got text "x"'],
    ],
    [
      'an exchange without a name',
      { exchanges: [{ vhost: '/', type: 'topic' }] },
      ['an exchange: it has no name: it is left out'],
    ],
    [
      'a binding without a source; one to the default exchange is there by itself',
      {
        queues,
        bindings: [
          { vhost: '/', destination: 'q', destination_type: 'queue' },
          { source: '', vhost: '/', destination: 'q', destination_type: 'queue' },
        ],
      },
      ['binding  to queue q in /: it has no source: it is left out'],
    ],
    [
      'a binding to something else',
      { queues, bindings: [{ source: 'amq.topic', vhost: '/', destination: 'q', destination_type: 'stream' }] },
      ['binding amq.topic to stream q in /: left out: there are no bindings to a stream'],
    ],
    [
      'tags of the cluster',
      {
        global_parameters: [
          { name: 'cluster_tags', value: { region: 'eu' } },
          { name: 'internal_cluster_id', value: 'x' },
        ],
      },
      ['a global parameter: cluster_tags come from rabbitmq.conf: left out'],
    ],
    ['limits twice, the same', { vhosts, parameters: limits({ 'max-queues': 5 }) }, []],
    [
      'an unknown limit, wherever it stands',
      { vhosts, parameters: limits({ 'max-queues': 5, odd: 1 }) },
      ['limits of virtual host /, odd: left out: it is not known here'],
    ],
    [
      'limits twice, differing',
      { vhosts, parameters: limits({ 'max-queues': 6 }) },
      ['limits of virtual host /: they stand in the file twice, with other values: the first ones hold'],
    ],
  ])('%s', (_, of, told) => {
    expect(definitions(of).told).toEqual(told)
  })
})

describe('NATS', () => {
  const stream = (name: string, consumers?: readonly Json[]) => ({
    config: { name, subjects: [name], retention: 'limits', storage: 'file', num_replicas: 3 },
    state: { consumer_count: 2 },
    ...(consumers ? { consumer_detail: consumers } : {}),
  })
  const durable = (name: string, more = {}) => ({
    name,
    config: { durable_name: name, ack_policy: 'explicit', ...more },
  })
  const jsz = (...streams: readonly JsonObject[]) => ({ account_details: [{ name: 'A', stream_detail: streams }] })

  it('what each server says of the same stream is one stream; what differs is told', () => {
    const [a, b] = [durable('a'), durable('b')]
    const same = read(JSON.stringify([jsz(stream('s', [a])), jsz(stream('s', [a, b]))]), 'n.json')
    expect(same.told).toEqual([])
    expect(Object.keys(loadedConsumers(same.fields))).toEqual(['a', 'b'])
    const differing = [jsz(stream('s', [a, b])), jsz(stream('s', [durable('a', { description: 'x' })]))]
    expect(read(JSON.stringify(differing), 'n.json').told).toEqual([
      'consumer a of s: left out: it stands at n.json:1:206 already',
    ])
  })
  const loadedConsumers = (fields: JsonObject) =>
    (fields['accounts'] as { A: { streams: { s: { consumers: JsonObject } } } }).A.streams.s.consumers

  it('consumers that are not in the files are counted', () => {
    const told = (of: JsonObject) => read(JSON.stringify(of), 'n.json').told
    expect(told(jsz(stream('s')))).toEqual(['stream s: it has 2 consumers, of which these files tell 0'])
    expect(told(jsz(stream('s', [durable('a'), { name: 'b' }])))).toEqual([
      'consumer b of s: left out: its configuration is not in the answer',
    ])
  })

  it('accounts that are not in the answer are counted', () => {
    const { told } = read(JSON.stringify({ accounts: 3, ...jsz(stream('s', [durable('a'), durable('b')])) }), 'n.json')
    expect(told).toEqual(["this document: it tells of 1 of the server's 3 accounts"])
  })
})
