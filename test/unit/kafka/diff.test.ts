import { expect, test } from 'vitest'
import { check } from '../../../src/brokers/kafka/check.ts'
import { desiredRules, diffRule, ruleOf } from '../../../src/brokers/kafka/kinds/acl.ts'
import { config, diffSetting } from '../../../src/brokers/kafka/kinds/config.ts'
import { readBehind, readHiding } from '../../../src/brokers/kafka/kinds/broker-overrides.ts'
import { diffTopic, topic } from '../../../src/brokers/kafka/kinds/topic.ts'
import { diffUser, user } from '../../../src/brokers/kafka/kinds/user.ts'
import type { KafkaSession } from '../../../src/brokers/kafka/session.ts'
import { address } from '../../../src/model/address.ts'
import type { Observed } from '../../../src/model/plan.ts'
import type { SecretDigests } from '../../../src/ports/kind.ts'
import type { Context } from '../../../src/ports/context.ts'
import { external, specOf } from './support.ts'

const at = address('orders', 'topic', 'a')
const present = <T>(value: T): Observed<T> => ({ is: 'present', value, uid: 'id', owner: { by: 'mqops' } })
const defaults = { 'retention.ms': 604_800_000, 'retention.bytes': -1, 'cleanup.policy': 'delete' }
type Config = Record<string, string | number | boolean>
const want = (partitions: number, settings: Config = {}) => ({ partitions, replicas: 3, config: settings })
const have = (partitions: number, settings: Config = {}, replicas = [3]) =>
  present({ partitions, replicas, config: settings, defaults })

const diff = (w: ReturnType<typeof want> | undefined, h: Parameters<typeof diffTopic>[1]) => {
  const changes = diffTopic(w, h, at)
  return Array.isArray(changes)
    ? changes.map((c) => [c.verb, c.risk, c.changes.map((f: { field: string }) => f.field).join()])
    : (changes as { code: string }).code
}

const risks = (w: ReturnType<typeof want>, h: Parameters<typeof diffTopic>[1]) => {
  const changes = diffTopic(w, h, at)
  return Array.isArray(changes) ? changes.map((c) => `${c.verb} ${c.risk}`) : changes
}

test('rules about users name their principal, as Kafka does', () => {
  const acls = [
    { user: 'bob', allow: ['createTokens'] },
    { user: 'team-*', allow: ['describeTokens'] },
    { user: '*', deny: ['all'] },
    { delegationToken: 'abc', allow: ['describe'] },
  ]
  const spec = specOf({ users: { u: { acls } } })
  expect(check(spec)).toEqual([])
  expect(desiredRules(spec).map(({ key }) => key.slice(1, 6).join(' '))).toEqual([
    'user literal User:bob allow createTokens',
    'user prefixed User:team- allow describeTokens',
    'user literal * deny all',
    'delegationToken literal abc allow describe',
  ])
  const wrong = specOf({ users: { u: { acls: [{ user: 'bob', allow: ['read'] }] } } })
  expect(check(wrong).map(({ message }) => message)).toEqual(['read means nothing on a user'])
})

test('topic: nothing to do, to create, to delete; the unknown is never created', () => {
  expect(diff(want(3), have(3))).toEqual([])
  expect(diff(want(3, { 'retention.ms': 5 }), { is: 'absent' })).toEqual([
    ['create', 'safe', 'partitions,replicas,config.retention.ms'],
  ])
  expect(diff(undefined, have(3))).toEqual([['delete', 'destructive', '']])
  expect(diff(undefined, { is: 'absent' })).toEqual([])
  expect(diff(want(3), { is: 'unknown', why: '' })).toEqual([])
})

test('topic: only changed settings; what the spec has no more goes back to its default', () => {
  const changes = diffTopic(
    want(3, { 'min.insync.replicas': 2, 'segment.ms': 9 }),
    have(3, { 'segment.ms': 9, preallocate: true }),
    at,
  )
  expect(changes).toMatchObject([
    {
      verb: 'update',
      risk: 'safe',
      changes: [
        { field: 'config.min.insync.replicas', to: 2 },
        { field: 'config.preallocate', from: true },
      ],
    },
  ])
})

test('topic: fewer partitions can not be had', () => {
  expect(diff(want(2), have(3))).toBe('MQOPS_PARTITIONS_DECREASE')
})

test('topic: more partitions are noticed by clients', () => {
  expect(diff(want(4), have(3))).toEqual([['update', 'disruptive', 'partitions']])
})

test.each<[string, Config, Config]>([
  ['shorter retention', { 'retention.ms': 10 }, { 'retention.ms': 5 }],
  ['retention shorter than the default', {}, { 'retention.ms': 5 }],
  ['back to a default that is shorter', { 'retention.ms': -1 }, {}],
  ['a limit where there was none', {}, { 'retention.bytes': 5 }],
  ['compaction that was not there', {}, { 'cleanup.policy': 'compact' }],
  ['deletion that was not there', { 'cleanup.policy': 'compact' }, { 'cleanup.policy': 'compact,delete' }],
])('topic: %s may delete messages', (_, from, to) =>
  expect(risks(want(1, to), have(1, from))).toEqual(['update destructive']),
)

test.each<[string, Config, Config]>([
  ['longer retention', { 'retention.ms': 5 }, { 'retention.ms': 10 }],
  ['endless retention', { 'retention.ms': 5 }, { 'retention.ms': -1 }],
  [
    'retention where nothing is deleted',
    { 'cleanup.policy': 'compact' },
    { 'cleanup.policy': 'compact', 'retention.ms': 5 },
  ],
  ['no more deletion', { 'cleanup.policy': 'compact,delete' }, { 'cleanup.policy': 'compact' }],
])('topic: %s deletes nothing', (_, from, to) => expect(risks(want(1, to), have(1, from))).toEqual(['update safe']))

test('topic: what is desired is normalised', () => {
  const [one] = topic.desired(
    specOf({
      members: 1,
      topics: { a: { config: { 'retention.ms': '7d', 'cleanup.policy': 'delete, compact', preallocate: 'true' } } },
    }),
  )
  expect(one).toEqual({
    key: ['a'],
    path: ['topics', 'a'],
    value: {
      partitions: 1,
      replicas: 1,
      config: { 'cleanup.policy': 'compact,delete', preallocate: true, 'retention.ms': 604_800_000 },
    },
  })
  expect(topic.desired(specOf({ topics: { a: {} } }, external))[0]?.value.replicas).toBe(3)
})

const wantUser = { mechanism: 'SCRAM-SHA-512', password: { secretRef: { generated: 'user/a' } } } as const
const haveUser = (...mechanisms: ('SCRAM-SHA-512' | 'SCRAM-SHA-256')[]) => present({ mechanisms })
const verbs = (
  secret?: SecretDigests,
  h: Observed<{ mechanisms: readonly ('SCRAM-SHA-512' | 'SCRAM-SHA-256')[] }> = haveUser('SCRAM-SHA-512'),
) => diffUser(wantUser, h, secret).map((change) => `${change.verb} ${change.changes.map((c) => c.field).join()}`)

test('user: created, deleted, left alone', () => {
  expect(verbs(undefined, { is: 'absent' })).toEqual(['create mechanism'])
  expect(verbs()).toEqual([])
  expect(diffUser(undefined, haveUser('SCRAM-SHA-512'), undefined)[0]).toMatchObject({
    verb: 'delete',
    risk: 'disruptive',
  })
  expect(diffUser(undefined, { is: 'absent' }, undefined)).toEqual([])
  expect(verbs(undefined, { is: 'unknown', why: '' })).toEqual([])
})

test('user: a password has changed when a login fails, or its digest differs and nobody tried', () => {
  expect(verbs({ recorded: 'x', wanted: 'x', attested: false })).toEqual(['update password'])
  expect(verbs({ recorded: 'x', wanted: 'y' })).toEqual(['update password'])
  expect(verbs({ wanted: 'y', attested: null })).toEqual(['update password'])
  expect(verbs({ recorded: 'x', wanted: 'y', attested: true })).toEqual([])
  expect(verbs({ recorded: 'x', wanted: 'x', attested: null })).toEqual([])
  expect(verbs({ recorded: 'x', wanted: null })).toEqual([])
})

test('user: exactly one mechanism remains', () => {
  expect(verbs(undefined, haveUser('SCRAM-SHA-256'))).toEqual(['update mechanism'])
  expect(verbs(undefined, haveUser('SCRAM-SHA-256', 'SCRAM-SHA-512'))).toEqual(['update mechanism'])
})

test('user: without a password the generated one is meant', () => {
  const refs = user
    .desired(specOf({ users: { a: {}, b: { password: { secretRef: { env: 'B' } } } } }))
    .map((d) => user.secret?.(d.value)?.secretRef)
  expect(refs).toEqual([{ generated: 'user/a' }, { env: 'B' }])
})

test('acl: one rule for each operation; prefixes and wildcards', () => {
  const spec = specOf({
    users: {
      u: {
        acls: [
          { topic: 'a*', allow: ['read', 'describe'] },
          { group: '*', allow: ['read'], host: '10.0.0.1' },
          { cluster: true, deny: ['create'] },
        ],
      },
    },
  })
  expect(desiredRules(spec).map(({ key }) => key.join(' '))).toEqual([
    'User:u topic prefixed a allow read *',
    'User:u topic prefixed a allow describe *',
    'User:u group literal * allow read 10.0.0.1',
    'User:u cluster literal kafka-cluster deny create *',
  ])
  expect(desiredRules(spec)[0]?.path).toEqual(['users', 'u', 'acls', 0])
})

test('acl: denying and taking away is noticed by clients, on a cluster that has some', () => {
  const rule = (permission: string) => ruleOf(['User:u', 'topic', 'literal', 'a', permission, 'read', '*'])
  const risks = (w: ReturnType<typeof rule> | undefined, h: Observed<ReturnType<typeof rule>>, fresh = false) =>
    diffRule(w, h, fresh).map((c) => `${c.verb} ${c.risk}`)
  expect(risks(rule('allow'), { is: 'absent' })).toEqual(['create safe'])
  expect(risks(rule('deny'), { is: 'absent' })).toEqual(['create disruptive'])
  expect(risks(rule('deny'), { is: 'absent' }, true)).toEqual(['create safe'])
  expect(risks(undefined, present(rule('allow')))).toEqual(['delete disruptive'])
  expect(risks(undefined, present(rule('deny')))).toEqual(['delete safe'])
  expect(risks(rule('allow'), present(rule('allow')))).toEqual([])
})

test('config: only cluster-wide settings are resources', () => {
  const spec = specOf({
    config: { 'log.retention.ms': '1d', 'num.partitions': 3, 'log.cleanup.policy': 'delete,compact' },
  })
  expect(config.desired(spec).map(({ key, value }) => [key[0], value])).toEqual([
    ['log.retention.ms', 86_400_000],
    ['log.cleanup.policy', 'compact,delete'],
  ])
})

test('config: set, changed, back to the default; shorter retention deletes messages', () => {
  const one = (name: string, w: string | number | undefined, h: string | number | undefined, fresh = false) =>
    diffSetting(name, w, h === undefined ? { is: 'absent' } : present({ value: h, own: {} }), fresh).map(
      (c) => `${c.verb} ${c.risk}`,
    )
  expect(one('num.io.threads', 8, undefined)).toEqual(['create safe'])
  expect(one('num.io.threads', 8, 4)).toEqual(['update safe'])
  expect(one('num.io.threads', 8, 8)).toEqual([])
  expect(one('num.io.threads', undefined, 4)).toEqual(['delete safe'])
  expect(one('log.retention.ms', 1000, undefined)).toEqual(['create destructive'])
  expect(one('log.retention.ms', 1000, undefined, true)).toEqual(['create safe'])
  expect(one('log.retention.ms', -1, 1000)).toEqual(['update safe'])
  expect(one('log.retention.ms', undefined, -1)).toEqual(['delete destructive'])
  expect(one('log.cleanup.policy', 'compact', undefined)).toEqual(['create destructive'])
  expect(one('min.insync.replicas', 1, undefined)).toEqual([])
})

test('config: what a broker runs with instead, having refused it, is said', () => {
  const have = present({ value: 16, own: {}, behind: { 2: 4 } })
  expect(diffSetting('num.io.threads', 16, have, false)).toMatchObject([
    {
      verb: 'update',
      risk: 'safe',
      reason: 'broker 2 has not taken it up: if it never does, its log says why',
      changes: [{ field: 'broker 2', from: 4, to: 16 }],
    },
  ])
  expect(diffSetting('num.io.threads', 8, have, false)).toMatchObject([{ changes: [{ field: 'value', from: 16 }] }])
})

test('config: a hidden value is no refused one', async () => {
  const entry = (name: string, value: string, configSource: number) => ({ name, value, configSource })
  const answers = [
    [entry('num.io.threads', '16', 3), entry('message.max.bytes', '9', 3)],
    [entry('num.io.threads', '4', 3), entry('message.max.bytes', '8', 2)],
    [entry('num.io.threads', '4', 4), entry('message.max.bytes', '9', 3)], // has not heard of it
  ]
  const told = answers.map((configs, i) => [i + 1, { results: [{ errorCode: 0, configs }] }] as const)
  const session = { everyBroker: async () => new Map(told) } as unknown as KafkaSession
  const common = new Map([
    ['num.io.threads', 16],
    ['message.max.bytes', 9],
  ])
  expect(await readBehind(session, common, {} as Context)).toEqual(new Map([['num.io.threads', { 2: 4, 3: 4 }]]))
})

test('config: what mqops is taking away from one broker just now hides nothing, though its record is gone already', async () => {
  const own = { name: 'message.max.bytes', value: '2000', configSource: 2, synonyms: [] }
  const hiding = async (later: readonly object[], owners: readonly string[] = []) => {
    const answers = [[own], later]
    const session = {
      asked: { config: { 'message.max.bytes': 1000 }, brokers: {} },
      everyBroker: async () => new Map([[2, { results: [{ errorCode: 0, configs: answers.shift() }] }]]),
      ownership: { read: async () => new Map(owners.map((one) => [one, {}])) },
    } as unknown as KafkaSession
    return (await readHiding(session, 'all', {} as Context)).map(({ node }) => node)
  }
  expect(await hiding([])).toEqual([])
  expect(await hiding([own])).toEqual(['2'])
  expect(await hiding([own], ['broker-config/2/message.max.bytes'])).toEqual([])
})

test('config: a value of one broker hides the cluster-wide one from it: drift, but only where the spec says something', () => {
  const have = (own: Config) => present({ value: 1000, own })
  expect(diffSetting('message.max.bytes', 1000, have({ 5: 2000 }), false)).toMatchObject([
    {
      verb: 'update',
      reason: 'broker 5 has another value of its own',
      risk: 'safe',
      reads: { value: 1000, own: { 5: 2000 } },
      changes: [{ field: 'broker 5', from: 2000 }],
    },
  ])
  expect(diffSetting('message.max.bytes', 1000, have({ 5: 1000 }), false)).toEqual([])
  expect(diffSetting('message.max.bytes', undefined, have({ 5: 2000 }), false)).toMatchObject([
    { verb: 'delete', reads: { value: 1000 }, changes: [{ field: 'value', from: 1000 }] },
  ])
  expect(diffSetting('log.retention.ms', 1000, have({ 5: 2000 }), false)).toMatchObject([{ risk: 'destructive' }])
  const alone = present({ own: { 5: 2000 } })
  expect(diffSetting('message.max.bytes', 1000, alone, false)).toMatchObject([
    {
      verb: 'create',
      reads: { own: { 5: 2000 } },
      changes: [
        { field: 'value', to: 1000 },
        { field: 'broker 5', from: 2000 },
      ],
    },
  ])
  expect(diffSetting('message.max.bytes', undefined, alone, false)).toEqual([])
})
