import { expect, test } from 'vitest'
import { check, topicNameProblem } from '../../../src/brokers/kafka/check.ts'
import type { ClusterSpec } from '../../../src/model/spec.ts'
import { external, specOf } from './support.ts'

const found = (body: Record<string, unknown>, over: Partial<ClusterSpec> = {}) =>
  check(specOf(body, over)).map((problem) => `${problem.path.join('.')} ${problem.code.replace('MQOPS_SPEC_', '')}`)

test('a good spec has no problems', () => {
  expect(
    found({
      members: 3,
      config: { 'num.io.threads': 8, 'auto.create.topics.enable': true },
      topics: { 'a.b': { partitions: 3, replicas: 3, config: { 'min.insync.replicas': 2 } } },
      users: {
        billing: {
          acls: [
            { topic: 'a.*', allow: ['read'] },
            { cluster: true, deny: ['create'] },
          ],
        },
      },
    }),
  ).toEqual([])
})

test('all problems come at once, with their paths', () => {
  expect(
    found({
      topics: { __mine: { replicas: 4 }, 'mqops.x': {}, 'a/b': { config: { 'retenton.ms': 5 } } },
      users: { admin: {} },
    }),
  ).toEqual([
    'topics.__mine NAME',
    'topics.__mine.replicas VALUE',
    'topics.mqops.x NAME',
    'topics.a/b NAME',
    'topics.a/b.config.retenton.ms UNKNOWN_KEY',
    'users.admin NAME',
  ])
})

test.each([
  '',
  '.',
  '..',
  'a/b',
  '../x',
  'a b',
  'naïve',
  '话题',
  "a'b",
  'a"b',
  'a\nb',
  'a\u0000',
  'x'.repeat(250),
  '__x',
  'mqops.y',
])('topic name %j is refused', (name) => expect(topicNameProblem(name)).not.toBeNull())

test.each(['a', 'A.b_c-9', '_schemas', '...', 'x'.repeat(249), 'mqops'])('topic name %j is taken', (name) =>
  expect(topicNameProblem(name)).toBeNull(),
)

test('topics whose metrics would collide are refused', () => {
  expect(found({ topics: { 'a.b': {}, a_b: {} } })).toEqual(['topics.a_b NAME'])
})

test.each([
  'admin',
  'ANONYMOUS',
  'kafka-1',
  '../x',
  '..',
  'a/b',
  'a b',
  "o'neil",
  'a"b',
  'a\nb',
  'ü',
  'a=b',
  'a,b',
  'a;b',
])('user name %j is refused', (name) => expect(found({ users: { [name]: {} } })).toContain(`users.${name} NAME`))

test('more replicas than brokers, and a minimum that can never be met', () => {
  expect(found({ members: 1, topics: { a: { replicas: 2 } } })).toEqual(['topics.a.replicas VALUE'])
  expect(found({ topics: { a: { replicas: 2, config: { 'min.insync.replicas': 3 } } } })).toEqual([
    'topics.a.config.min.insync.replicas VALUE',
  ])
  expect(found({ members: 1, topics: { a: { config: { 'min.insync.replicas': 2 } } } })).toHaveLength(1)
  expect(found({ config: { 'offsets.topic.replication.factor': 4, 'min.insync.replicas': 4 } })).toEqual([
    'config.offsets.topic.replication.factor VALUE',
    'config.min.insync.replicas VALUE',
  ])
})

test('settings that mqops owns are refused with the reason', () => {
  const keys = [
    'listeners',
    'node.id',
    'log.dirs',
    'ssl.keystore.location',
    'authorizer.class.name',
    'super.users',
    'listener.name.x.ssl.client.auth',
    'sasl.jaas.config',
    'config.providers',
    'metric.reporters',
    'process.roles',
    'controller.quorum.voters',
    'allow.everyone.if.no.acl.found',
  ]
  const problems = check(specOf({ config: Object.fromEntries(keys.map((key) => [key, 'x'])) }))
  expect(problems.map((problem) => problem.path[1]).sort()).toEqual([...keys].sort())
  for (const problem of problems) {
    expect(problem.code).toBe('MQOPS_SPEC_OWNED')
    expect(problem.message).toMatch(/can't be set here: \S/)
  }
  expect(found({ topics: { a: { config: { 'leader.replication.throttled.replicas': '0:1' } } } })).toEqual([
    'topics.a.config.leader.replication.throttled.replicas OWNED',
  ])
})

test('unknown settings get a suggestion', () => {
  const [problem] = check(specOf({ config: { 'num.io.treads': 8 } }))
  expect(problem?.hint).toBe('Did you mean num.io.threads?')
})

test.each([
  ['num.io.threads', 0],
  ['num.io.threads', 1.5],
  ['num.io.threads', 'many'],
  ['compression.type', 'rar'],
  ['unclean.leader.election.enable', 'maybe'],
  ['log.cleaner.min.cleanable.ratio', 2],
  ['log.cleanup.policy', 'delete,shred'],
  ['num.io.threads', 2 ** 31],
  ['log.flush.interval.messages', 2 ** 63],
  ['broker.rack', 'a\nlisteners=PLAINTEXT://:1'],
  ['broker.rack', '${secretRef:env:HOME}'],
])('%s: %j is refused', (name, value) => expect(found({ config: { [name]: value } })).toEqual([`config.${name} VALUE`]))

test.each([
  ['num.io.threads', '8'],
  ['compression.type', 'zstd'],
  ['compression.gzip.level', -1],
  ['log.cleanup.policy', 'compact,delete'],
  ['log.flush.interval.messages', '9223372036854775807'],
  ['log.retention.ms', -1],
])('%s: %j is taken', (name, value) => expect(found({ config: { [name]: value } })).toEqual([]))

test('pools need both roles, and two controllers are refused', () => {
  const pool = (roles: string[], members: number) => ({ roles, members })
  expect(found({ pools: { a: pool(['broker'], 3) } })).toEqual(['pools VALUE'])
  expect(found({ pools: { a: pool(['controller'], 3) } })).toContain('pools VALUE')
  expect(found({ pools: { a: pool(['controller'], 2), b: pool(['broker'], 1) } })).toEqual(['pools VALUE'])
  expect(found({ members: 2 })).toEqual(['members VALUE'])
  expect(found({ members: 3, pools: { a: pool(['controller', 'broker'], 3) } })).toEqual(['pools CONFLICT'])
  expect(found({ pools: { a: pool(['broker', 'broker'], 1), b: pool(['controller'], 1) } })).toEqual([
    'pools.a.roles DUPLICATE',
  ])
  expect(found({ memory: '64MiB' })).toEqual(['memory VALUE'])
})

test('ACLs: duplicates, operations that mean nothing, hosts that are no addresses', () => {
  const acls = (...entries: object[]) => found({ users: { u: { acls: entries } } })
  expect(acls({ topic: 'a', allow: ['read'] }, { topic: 'a', allow: ['write', 'read'] })).toEqual([
    'users.u.acls.1 DUPLICATE',
  ])
  expect(acls({ topic: 'a', allow: ['read'] }, { topic: 'a', deny: ['read'] })).toEqual([])
  expect(acls({ group: 'g', allow: ['write'] })).toEqual(['users.u.acls.0.allow VALUE'])
  expect(acls({ topic: 'a', allow: ['read'], host: 'example.org' })).toEqual(['users.u.acls.0.host VALUE'])
  expect(acls({ topic: 'a', allow: ['read'], host: '::1' })).toEqual([])
  expect(acls({ topic: 'a*b', allow: ['read'] })).toEqual(['users.u.acls.0.topic NAME'])
  expect(acls({ group: 'a\nb', allow: ['read'] })).toEqual(['users.u.acls.0.group NAME'])
  expect(acls({ topic: '*', allow: ['all'] })).toEqual([])
})

test('an external cluster: no members, no server.properties, no made-up passwords; brokers are not counted', () => {
  expect(
    found({ members: 3, config: { 'num.partitions': 3, 'num.io.threads': 8 }, users: { u: {} } }, external),
  ).toEqual(['members EXTERNAL', 'config.num.partitions EXTERNAL', 'users.u SECRET'])
  expect(found({ topics: { a: { replicas: 5 } } }, external)).toEqual([])
})

test('settings of one broker: of a broker that there is, and that one broker can have', () => {
  const pools = { control: { roles: ['controller'], members: 3 }, data: { roles: ['broker'], members: 2 } }
  const brokers = { 1: {}, 4: { config: { 'num.partitions': 2, 'log.cleaner.threads': 'x' } }, 6: {} }
  expect(check(specOf({ pools, brokers })).map(({ path, message }) => [path.join('.'), message])).toEqual([
    ['brokers.1', 'kafka-1 is a controller: brokers are 4, 5'],
    ['brokers.4.config.num.partitions', expect.stringMatching(/is static: it takes a restart/)],
    ['brokers.4.config.log.cleaner.threads', expect.stringMatching(/must be a whole number/)],
    ['brokers.6', 'there is no broker 6: brokers are 4, 5'],
  ])
  const [wrong, ...none] = check(specOf({ brokers: { 7: { config: { 'num.partitions': 2 } } } }, external))
  expect(none).toEqual([])
  expect(wrong).toMatchObject({ code: 'MQOPS_SPEC_STATIC', message: expect.stringMatching(/server\.properties/) })
})
