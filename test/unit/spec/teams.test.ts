import { describe, expect, test } from 'vitest'
import { loadReal } from './real.ts'

const file = (name: string, ...documents: readonly string[]) => ({
  name,
  folder: `/project/${name.split('/').slice(0, -1).join('/')}`,
  bytes: new TextEncoder().encode(documents.join('---\n')),
})
const document = (kind: string, metadata: string, spec: string) =>
  `apiVersion: mqops/v1\nkind: ${kind}\nmetadata: { ${metadata} }\nspec:\n  ${spec.replaceAll('\n', '\n  ')}\n`
const whole = (kind: string, spec: string) => document(kind, 'name: orders', spec)
const team = (kind: string, spec: string, cluster = 'orders') => document(kind, `cluster: ${cluster}`, spec)
const told = (files: Parameters<typeof loadReal>[0]) =>
  loadReal(files).failures.map(({ code, summary, detail, hint, source }) => ({
    code,
    summary,
    ...(detail ? { detail } : {}),
    ...(hint ? { hint } : {}),
    at: `${source?.file}:${source?.line}:${source?.column}`,
  }))

describe('team files', () => {
  test('become a part of their cluster, wherever they stand among the files', () => {
    const { clusters, failures, sourceOf } = loadReal([
      file('teams/shop.yaml', team('Kafka', 'topics: { shop: { partitions: 2 } }')),
      file('cluster.yaml', whole('Kafka', 'members: 5\ntopics: { base: {} }')),
      file(
        'teams/billing.yaml',
        team('Kafka', 'users: { billing: { password: { secretRef: { file: secret } } } }'),
        team('Kafka', 'topics: { bills: {} }'),
      ),
    ])
    expect(failures).toEqual([])
    expect(clusters).toMatchObject([
      {
        name: 'orders',
        folder: '/project/',
        fields: {
          members: 5,
          topics: { base: {}, shop: { partitions: 2 }, bills: {} },
          users: { billing: { password: { secretRef: { file: '/project/teams/secret' } } } },
        },
      },
    ])
    expect(sourceOf('orders', ['topics', 'bills'])).toMatchObject({ file: 'teams/billing.yaml', line: 11 })
  })

  test('two owners of one address: both places are named', () => {
    expect(
      told([
        file('cluster.yaml', whole('Kafka', 'topics: { base: {} }')),
        file('a.yaml', team('Kafka', 'topics: { shop: { partitions: 2 } }')),
        file('b.yaml', team('Kafka', 'topics:\n  shop: { partitions: 2 }\n  base: {}')),
      ]),
    ).toEqual([
      {
        code: 'MQOPS_SPEC_OWNER',
        summary: 'topics.shop has two owners',
        detail: 'also at a.yaml:5:13',
        hint: 'each resource stands in one document: remove it from one of them',
        at: 'b.yaml:6:5',
      },
      expect.objectContaining({
        summary: 'topics.base has two owners',
        detail: 'also at cluster.yaml:5:13',
        at: 'b.yaml:7:5',
      }),
    ])
  })

  test('what holds others may be added to, and has one owner all the same', () => {
    const nats = [
      file('cluster.yaml', whole('Nats', 'accounts: { A: { jetstream: { storage: 1GiB } } }')),
      file('a.yaml', team('Nats', 'accounts: { A: { streams: { S: { subjects: [s] } } } }')),
      file('b.yaml', team('Nats', 'accounts: { A: { users: { u: {} }, streams: { S: { consumers: { c: {} } } } } }')),
    ]
    expect(loadReal(nats)).toMatchObject({
      failures: [],
      clusters: [
        {
          fields: {
            accounts: {
              A: {
                jetstream: { storage: 1024 ** 3 },
                users: { u: {} },
                streams: { S: { subjects: ['s'], consumers: { c: {} } } },
              },
            },
          },
        },
      ],
    })
    expect(
      told([...nats, file('c.yaml', team('Nats', 'accounts: { A: { streams: { S: { maxAge: 1d } } } }'))]),
    ).toMatchObject([
      { summary: 'accounts.A.streams.S has two owners', detail: 'also at a.yaml:5:31', at: 'c.yaml:5:31' },
    ])
  })

  test('lists inside a virtual host grow; the same binding twice has two owners', () => {
    const rabbit = [
      file(
        'cluster.yaml',
        whole('RabbitMQ', 'vhosts: { v: { exchanges: { e: { type: topic } }, queues: { q: {} } } }'),
      ),
      file('a.yaml', team('RabbitMQ', 'vhosts: { v: { bindings: [{ source: e, destination: q, routingKey: a }] } }')),
    ]
    const more = (key: string) =>
      file(
        'b.yaml',
        team('RabbitMQ', `vhosts: { v: { bindings: [{ source: e, destination: q, routingKey: ${key} }] } }`),
      )
    expect(loadReal([...rabbit, more('b')])).toMatchObject({
      failures: [],
      clusters: [{ fields: { vhosts: { v: { bindings: [{ routingKey: 'a' }, { routingKey: 'b' }] } } } }],
    })
    expect(told([...rabbit, more('a')])).toMatchObject([
      { code: 'MQOPS_SPEC_OWNER', at: 'b.yaml:5:29', detail: 'also at a.yaml:5:29' },
    ])
  })

  test('topic permissions of one user in one virtual host come from the teams whose exchanges they are of', () => {
    const shared =
      'vhosts: { v: { exchanges: { a: { type: topic }, b: { type: topic } } } }\nusers: { u: { tags: [monitoring] } }'
    const of = (exchange: string, write: string) =>
      team('RabbitMQ', `users: { u: { topicPermissions: { v: { ${exchange}: { write: ${write} } } } } }`)
    const rabbit = [
      file('cluster.yaml', whole('RabbitMQ', shared)),
      file('a.yaml', of('a', '^a$')),
      file('b.yaml', of('b', '^b$')),
    ]
    expect(loadReal(rabbit)).toMatchObject({
      failures: [],
      clusters: [
        { fields: { users: { u: { topicPermissions: { v: { a: { write: '^a$' }, b: { write: '^b$' } } } } } } },
      ],
    })
    expect(told([...rabbit, file('c.yaml', of('a', '^c$'))])).toMatchObject([
      {
        summary: 'users.u.topicPermissions.v.a has two owners',
        at: expect.stringMatching('c.yaml') as string,
        detail: expect.stringMatching('also at a.yaml') as string,
      },
    ])
  })

  test('parameters and policies may come from several teams', () => {
    const upstreams = (name: string) =>
      team(
        'RabbitMQ',
        `vhosts: { v: { parameters: { federation-upstream: { ${name}: { uri: amqp://${name} } } }, policies: { ${name}: { pattern: x, definition: { max-length: 1 } } } } }`,
      )
    const rabbit = [
      file('cluster.yaml', whole('RabbitMQ', 'plugins: [rabbitmq_federation]\nvhosts: { v: {} }')),
      file('a.yaml', upstreams('a')),
      file('b.yaml', upstreams('b')),
    ]
    expect(loadReal(rabbit)).toMatchObject({
      failures: [],
      clusters: [
        {
          fields: {
            vhosts: { v: { parameters: { 'federation-upstream': { a: {}, b: {} } }, policies: { a: {}, b: {} } } },
          },
        },
      ],
    })
    expect(told([...rabbit, file('c.yaml', upstreams('a'))])).toMatchObject([
      {
        summary: 'vhosts.v.parameters.federation-upstream.a has two owners',
        at: expect.stringMatching('c.yaml') as string,
      },
      { summary: 'vhosts.v.policies.a has two owners' },
    ])
  })

  test.each([
    ['Kafka', 'members: 3', 'members'],
    ['Kafka', 'target: { local: {} }', 'target'],
    ['Kafka', 'config: {}', 'config'],
    ['Nats', 'storage: 1GiB', 'storage'],
    ['RabbitMQ', 'plugins: []', 'plugins'],
    ['RabbitMQ', 'advancedConfig: ""', 'advancedConfig'],
    ['RabbitMQ', 'featureFlags: []', 'featureFlags'],
    ['RabbitMQ', 'security: { tls: off }', 'security'],
    ['RabbitMQ', 'version: "4.3"', 'version'],
  ])('%s: %s is for the document of the cluster', (kind, spec, key) => {
    expect(told([file('cluster.yaml', whole(kind, '{}')), file('a.yaml', team(kind, spec))])).toEqual([
      {
        code: 'MQOPS_SPEC_OWNER',
        summary: `${key} belongs to the document of the cluster, not to a team's`,
        hint: 'write it at cluster.yaml:3:19',
        at: 'a.yaml:5:3',
      },
    ])
  })

  test('what is wrong in a team file is shown there', () => {
    const cluster = file('cluster.yaml', whole('Kafka', 'members: 3'))
    expect(told([cluster, file('a.yaml', team('Kafka', 'topics: { a: { partitons: 1 } }'))])).toMatchObject([
      { code: 'MQOPS_SPEC_UNKNOWN_KEY', at: 'a.yaml:5:18', hint: expect.stringContaining('partitions') as string },
    ])
    expect(told([cluster, file('a.yaml', team('Kafka', 'topics: { a: { replicas: 5 } }'))])).toMatchObject([
      { at: 'a.yaml:5:28' },
    ])
    expect(told([cluster, file('a.yaml', document('Kafka', 'cluster: orders, name: b', '{}'))])).toMatchObject([
      { code: 'MQOPS_SPEC_UNKNOWN_KEY', at: 'a.yaml:3:30' },
    ])
    expect(told([cluster, file('a.yaml', team('Kafka', '- 1'))])).toMatchObject([{ code: 'MQOPS_SPEC_TYPE' }])
  })

  test('a cluster that nobody gave', () => {
    const cluster = file('cluster.yaml', whole('Kafka', 'members: 3'))
    expect(told([cluster, file('a.yaml', team('Kafka', '{}', 'odrers'))])).toMatchObject([
      { code: 'MQOPS_SPEC_REFERENCE', hint: 'did you mean orders? allowed: orders', at: 'a.yaml:3:22' },
    ])
    expect(told([cluster, file('a.yaml', team('Nats', '{}'))])).toMatchObject([
      { summary: 'no Nats document is named "orders"', at: 'a.yaml:3:22' },
    ])
  })

  test('of a broken team file the cluster is not judged by what is left', () => {
    const cluster = file('cluster.yaml', whole('RabbitMQ', 'users: { u: { permissions: { v: {} } } }'))
    expect(told([cluster, file('a.yaml', team('RabbitMQ', 'vhosts: { v: {} }') + '  x: "')])).toMatchObject([
      { code: 'MQOPS_SPEC_SYNTAX' },
    ])
  })
})
