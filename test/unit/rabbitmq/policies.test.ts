import { describe, expect, test } from 'vitest'
import { featureFlag } from '../../../src/brokers/rabbitmq/kinds/feature-flag.ts'
import { globalParameter } from '../../../src/brokers/rabbitmq/kinds/global-parameter.ts'
import { operatorPolicy } from '../../../src/brokers/rabbitmq/kinds/operator-policy.ts'
import { parameter } from '../../../src/brokers/rabbitmq/kinds/parameter.ts'
import { policy } from '../../../src/brokers/rabbitmq/kinds/policy.ts'
import { queue } from '../../../src/brokers/rabbitmq/kinds/queue.ts'
import { topicPermission } from '../../../src/brokers/rabbitmq/kinds/topic-permission.ts'
import { userLimits } from '../../../src/brokers/rabbitmq/kinds/user-limits.ts'
import { vhostLimits } from '../../../src/brokers/rabbitmq/kinds/vhost-limits.ts'
import type { RabbitmqSession } from '../../../src/brokers/rabbitmq/session.ts'
import { address } from '../../../src/model/address.ts'
import type { Json, JsonObject } from '../../../src/model/json.ts'
import type { Observed } from '../../../src/model/plan.ts'
import type { AnyKind, Change, KindItem, SecretDigests } from '../../../src/ports/kind.ts'
import { clientOf, context, specOf } from './support.ts'

const present = <T>(value: T): Observed<T> => ({ is: 'present', value, owner: { by: 'nobody' } })
const diff = (kind: AnyKind, want: unknown, have: Observed<never>, secret?: SecretDigests): readonly Change[] =>
  kind.diff(want, have, {
    address: address('shop', kind.name, 'v', 'n'),
    capabilities: new Set(),
    ...(secret ? { secret } : {}),
  }) as readonly Change[]
const verbs = (changes: readonly Change[]): string => changes.map((c) => `${c.verb} ${c.risk}`).join(', ')

const POLICY = { pattern: '^a', applyTo: 'queues', priority: 0, definition: { 'dead-letter-exchange': 'd' } }
const SHOVEL = { 'src-uri': 'amqp://', 'src-queue': 'a', 'dest-uri': { secretRef: { env: 'DEST' } } }
const SHOVEL_HAVE = { ...SHOVEL, 'dest-uri': 'amqps://u:***@h/' }

test.each([
  [policy, POLICY, POLICY, { ...POLICY, priority: 1 }],
  [operatorPolicy, POLICY, POLICY, { ...POLICY, pattern: '^b' }],
  [vhostLimits, { 'max-queues': 1 }, { 'max-queues': 1 }, { 'max-queues': 1, 'max-connections': 5 }],
  [userLimits, { 'max-channels': 1 }, { 'max-channels': 1 }, { 'max-channels': 2 }],
  [topicPermission, { write: 'a', read: 'b' }, { write: 'a', read: 'b' }, { write: 'b', read: 'b' }],
  [globalParameter, { value: { a: {}, b: [] } }, { value: { b: [], a: [] } }, { value: 7 }],
  [parameter, { value: SHOVEL }, { value: SHOVEL_HAVE }, { value: { ...SHOVEL_HAVE, 'src-queue': 'b' } }],
] as readonly (readonly [AnyKind, unknown, unknown, unknown])[])(
  '$0.name: made, left alone when equal, changed in place, taken away',
  (kind, want, have, other) => {
    expect(verbs(diff(kind, want, { is: 'absent' }))).toBe('create safe')
    expect(diff(kind, want, present(have as never))).toEqual([])
    expect(diff(kind, want, present(other as never)).map((c) => c.verb)).toEqual(['update'])
    expect(diff(kind, undefined, { is: 'absent' })).toEqual([])
    expect(diff(kind, undefined, present(have as never)).map((c) => [c.verb, c.want])).toEqual([['delete', null]])
  },
)

describe('policy', () => {
  const limited = (definition: object, more: object = {}) => ({ ...POLICY, definition, ...more })
  test.each([
    ['a lower limit', { 'max-length': 9 }, { 'max-length': 10 }, 'destructive'],
    ['a first limit', { 'max-length': 9 }, { overflow: 'drop-head' }, 'destructive'],
    ['a shorter age', { 'max-age': '1D' }, { 'max-age': '7D' }, 'destructive'],
    ['a limit where there was none', { 'delivery-limit': 5 }, { 'delivery-limit': -1 }, 'destructive'],
    ['a higher limit', { 'max-length': 10 }, { 'max-length': 9 }, 'disruptive'],
    ['no limit any more', { 'delivery-limit': -1 }, { 'delivery-limit': 5 }, 'disruptive'],
    ['what drops nothing', { 'dead-letter-exchange': 'a' }, { 'dead-letter-exchange': 'b' }, 'disruptive'],
  ])('%s', (_, to, from, risk) => {
    expect(verbs(diff(policy, limited(to), present(limited(from) as never)))).toBe(`update ${risk}`)
  })

  test('a limit for other queues than before drops what is in them', () => {
    const to = limited({ 'max-length': 9 })
    for (const from of [{ pattern: '^b' }, { applyTo: 'all' }, { priority: -1 }])
      expect(verbs(diff(policy, to, present({ ...to, ...from } as never)))).toBe('update destructive')
    const [first] = diff(policy, to, { is: 'absent' })
    expect([first?.risk, first?.reason]).toEqual(['disruptive', expect.stringMatching(/beyond max-length/)])
  })

  test('each setting is a change of its own', () => {
    const [change] = diff(policy, limited({ a: 1, b: 2 }), present(limited({ a: 1, b: 3, c: 4 }) as never))
    expect(change?.changes).toEqual([
      { field: 'b', from: 3, to: 2 },
      { field: 'c', from: 4 },
    ])
  })
})

test("a queue's replacement says when a policy could carry what changes", () => {
  const value = (table: object) => ({ type: 'quorum', durable: true, autoDelete: false, arguments: table })
  const reason = (to: object, from: object) => diff(queue, value(to), present(value(from) as never))[0]?.reason
  expect(reason({ 'x-max-length': 9 }, { 'x-max-length': 5 })).toMatch(/\(a policy with max-length can be\)/)
  expect(reason({ 'x-max-length': 9, 'x-single-active-consumer': true }, {})).not.toMatch(/policy/)
})

describe('parameter', () => {
  const uri = 'amqps://u:geheim@h/'
  const definitions = (value: Json) => ({ parameters: [{ vhost: 'v', component: 'shovel', name: 'n', value }] })
  const sessionOf = (value: Json, status = 201) => {
    const bodies: (Json | undefined)[] = []
    const http = clientOf((_path, method, body) => {
      if (method === 'GET') return { status: 200, body: definitions(value) }
      bodies.push(body)
      return { status }
    })
    return { session: { http } as unknown as RabbitmqSession, bodies }
  }
  const item = (value: JsonObject) =>
    ({ key: ['v', 'shovel', 'n'], want: { value }, changes: [] }) as unknown as KindItem<{ value: Json }>

  test('no password is ever observed', async () => {
    const { session } = sessionOf({ 'src-uri': [uri, 'amqp://'], 'dest-uri': uri })
    const text = JSON.stringify(await parameter.list(session, 'all', context()))
    expect(text).not.toMatch(/geheim/)
    expect(text).toMatch(/amqps:\/\/u:\*\*\*@h/)
  })

  test('what goes to the broker holds the secret; what comes back in a refusal does not', async () => {
    const { session, bodies } = sessionOf({})
    const ctx = context({ secret: async () => uri })
    expect(await parameter.act('create', [item(SHOVEL)], session, ctx)).toEqual([{ is: 'yes' }])
    expect(bodies).toEqual([expect.objectContaining({ value: { ...SHOVEL, 'dest-uri': uri } })])
    const [wrong] = await parameter.act('create', [item(SHOVEL)], session, context({ secret: async () => 'geheim' }))
    expect(wrong).toMatchObject({ is: 'failed', error: { summary: expect.stringMatching(/env:DEST is no URI/) } })
    expect(JSON.stringify(wrong)).not.toMatch(/geheim/)
  })

  test('attested by what the broker has', async () => {
    const ctx = context({ secret: async () => uri })
    const attest = (value: Json) =>
      parameter.attest?.(sessionOf(value).session, ['v', 'shovel', 'n'], { value: SHOVEL }, '', ctx)
    expect(await attest({ 'dest-uri': uri })).toBe(true)
    expect(await attest({ 'dest-uri': 'amqps://u:other@h/' })).toBe(false)
    expect(await parameter.attest?.(sessionOf({}).session, ['v', 'shovel', 'x'], { value: SHOVEL }, '', ctx)).toBe(
      false,
    )
  })

  test.each([
    [{ wanted: 'a', recorded: 'a', attested: true }, ''],
    [{ wanted: 'b', recorded: 'a', attested: true }, ''],
    [{ wanted: 'a', recorded: 'a', attested: false }, 'update disruptive'],
    [{ wanted: null, recorded: 'a' }, ''],
    [{ wanted: 'b', recorded: 'a', attested: null }, 'update disruptive'],
  ])('a secret with %j', (secret, expected) => {
    const changes = diff(parameter, { value: SHOVEL }, present({ value: SHOVEL_HAVE } as never), secret)
    expect(verbs(changes)).toBe(expected)
    expect(changes.flatMap((c) => c.changes)).toEqual(expected === '' ? [] : [{ field: 'dest-uri' }])
  })

  test('a set waits for its upstreams', () => {
    expect(parameter.needs?.(['v', 'federation-upstream-set', 's'], { value: [{ upstream: 'u' }] })).toEqual([
      ['vhost', 'v'],
      ['parameter', 'v', 'federation-upstream', 'u'],
    ])
  })
})

describe('lists', () => {
  const all: JsonObject = {
    users: [
      { name: 'u', tags: [], limits: { 'max-channels': 3 } },
      { name: 'w', tags: [], limits: [] },
    ],
    topic_permissions: [{ user: 'u', vhost: 'v', exchange: 'e', write: 'a', read: 'b' }],
    policies: [{ vhost: 'v', name: 'p', pattern: '^a', 'apply-to': 'all', priority: 2, definition: { expires: 1 } }],
    parameters: [
      { vhost: 'v', component: 'vhost-limits', name: 'limits', value: { 'max-queues': 4 } },
      { vhost: 'w', component: 'vhost-limits', name: 'limits', value: [] },
      {
        vhost: 'v',
        component: 'operator_policy',
        name: 'o',
        value: { pattern: '.*', 'apply-to': 'queues', priority: 0, definition: { expires: 2 } },
      },
    ],
    global_parameters: [
      { name: 'cluster_name', value: 'x' },
      { name: 'mqops_cluster', value: 'x' },
      { name: 'mqops.owned.queue.1', value: {} },
      { name: 'team', value: 'shop' },
    ],
  }
  const session = {
    http: clientOf(() => ({ status: 200, body: all })),
    credentials: { user: 'mqops' },
  } as unknown as RabbitmqSession

  test.each([
    [userLimits, [[['u'], { 'max-channels': 3 }]]],
    [vhostLimits, [[['v'], { 'max-queues': 4 }]]],
    [topicPermission, [[['u', 'v', 'e'], { write: 'a', read: 'b' }]]],
    [policy, [[['v', 'p'], { pattern: '^a', applyTo: 'all', priority: 2, definition: { expires: 1 } }]]],
    [operatorPolicy, [[['v', 'o'], { pattern: '.*', applyTo: 'queues', priority: 0, definition: { expires: 2 } }]]],
    [globalParameter, [[['team'], { value: 'shop' }]]],
    [parameter, []],
  ] as readonly (readonly [AnyKind, unknown])[])(
    "$0.name: nothing of mqops or the broker's own",
    async (kind, rows) => {
      const found = await kind.list(session, 'all', context())
      expect(found.map(([key, have]) => [key, have.is === 'present' ? have.value : have.is])).toEqual(rows)
    },
  )
})

describe('feature flag', () => {
  const session = {
    version: '4.3.6',
    http: clientOf(() => ({
      status: 200,
      body: [
        { name: 'on', state: 'enabled' },
        { name: 'off', state: 'disabled' },
      ],
    })),
  } as unknown as RabbitmqSession

  test('off is enabled, on stays, an unknown one is never made; none is turned off', async () => {
    const found = await featureFlag.list(session, [['on'], ['off'], ['no']], context())
    expect(found.map(([, have]) => have.is)).toEqual(['present', 'absent', 'unknown'])
    expect(verbs(diff(featureFlag, { enabled: true }, { is: 'absent' }))).toBe('create safe')
    expect(diff(featureFlag, undefined, present({ enabled: true } as never))).toEqual([])
    expect(await featureFlag.list(session, 'all', context())).toEqual([])
  })
})

test('limits are in the broker’s names, and none are no resource', () => {
  const spec = specOf({
    vhosts: { v: { limits: { maxQueues: 0 } }, w: {} },
    users: { u: { limits: { maxChannels: 5, maxConnections: 6 } }, x: {} },
  })
  expect(vhostLimits.desired(spec)).toEqual([
    { key: ['v'], value: { 'max-queues': 0 }, path: ['vhosts', 'v', 'limits'] },
  ])
  expect(userLimits.desired(spec)).toEqual([
    { key: ['u'], value: { 'max-connections': 6, 'max-channels': 5 }, path: ['users', 'u', 'limits'] },
  ])
})
