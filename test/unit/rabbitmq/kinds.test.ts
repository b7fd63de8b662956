import { describe, expect, test } from 'vitest'
import { binding, bindingKey } from '../../../src/brokers/rabbitmq/kinds/binding.ts'
import { exchange } from '../../../src/brokers/rabbitmq/kinds/exchange.ts'
import { measureQueues, refuseGrown } from '../../../src/brokers/rabbitmq/kinds/messages.ts'
import { permission } from '../../../src/brokers/rabbitmq/kinds/permission.ts'
import { queue } from '../../../src/brokers/rabbitmq/kinds/queue.ts'
import { matches, user } from '../../../src/brokers/rabbitmq/kinds/user.ts'
import { vhost } from '../../../src/brokers/rabbitmq/kinds/vhost.ts'
import { passwordHash } from '../../../src/brokers/rabbitmq/nodes.ts'
import type { RabbitmqSession } from '../../../src/brokers/rabbitmq/session.ts'
import { address } from '../../../src/model/address.ts'
import type { Observed } from '../../../src/model/plan.ts'
import type { AnyKind, Change, SecretDigests } from '../../../src/ports/kind.ts'
import { clientOf, context, specOf } from './support.ts'

const present = <T>(value: T): Observed<T> => ({ is: 'present', value, owner: { by: 'nobody' } })
const absent: Observed<never> = { is: 'absent' }
const at = address('shop', 'queue', 'v', 'q')

const diff = (
  kind: AnyKind,
  want: unknown,
  have: unknown,
  more: { key?: string[]; secret?: SecretDigests } = {},
): readonly Change[] => {
  const found = kind.diff(want, have as Observed<never>, {
    address: more.key ? address('shop', kind.name, ...more.key) : at,
    capabilities: new Set(),
    ...(more.secret ? { secret: more.secret } : {}),
  })
  if (!Array.isArray(found)) throw new Error('a failure')
  return found as readonly Change[]
}
const verbs = (changes: readonly Change[]): string => changes.map((c) => `${c.verb} ${c.risk}`).join(', ')

const QUEUE = { type: 'quorum', durable: true, autoDelete: false, arguments: { 'x-max-length': 5 } }
const EXCHANGE = { type: 'topic', durable: true, autoDelete: false, internal: false, arguments: {} }
const VHOST = { description: 'd', tags: ['a', 'b'], defaultQueueType: 'quorum' as string | null }
const PERMISSION = { configure: '^$', write: '^a$', read: '.*' }
const USER = { password: { secretRef: { env: 'P' } }, tags: ['monitoring'] }

describe('every kind', () => {
  test.each([
    [queue, QUEUE, QUEUE],
    [exchange, EXCHANGE, EXCHANGE],
    [vhost, VHOST, { ...VHOST, messages: 0 }],
    [permission, PERMISSION, PERMISSION],
    [user, USER, { tags: ['monitoring'] }],
    [binding, { arguments: {} }, { arguments: {} }],
  ] as readonly (readonly [AnyKind, unknown, unknown])[])(
    '$name: created when absent, left alone when equal, deleted when unwanted',
    (kind, want, have) => {
      expect(verbs(diff(kind, want, absent))).toBe('create safe')
      expect(diff(kind, want, present(have))).toEqual([])
      expect(diff(kind, undefined, absent)).toEqual([])
      expect(diff(kind, undefined, present(have)).map((c) => [c.verb, c.want])).toEqual([['delete', null]])
    },
  )

  test('what holds messages is destroyed, the rest is disturbed', () => {
    expect(verbs(diff(queue, undefined, present(QUEUE)))).toBe('delete destructive')
    expect(verbs(diff(vhost, undefined, present({ ...VHOST, messages: 3 })))).toBe('delete destructive')
    expect(verbs(diff(exchange, undefined, present(EXCHANGE)))).toBe('delete disruptive')
    expect(verbs(diff(binding, undefined, present({ arguments: {} })))).toBe('delete disruptive')
    expect(verbs(diff(user, undefined, present({ tags: [] })))).toBe('delete disruptive')
  })
})

describe('queue', () => {
  test('a change is a delete that names its loss and a new declaration', () => {
    const changes = diff(
      queue,
      { ...QUEUE, arguments: { 'x-max-length': 9 } },
      present({ ...QUEUE, messages: 7, bytes: 70 }),
    )
    expect(verbs(changes)).toBe('delete destructive, create safe')
    expect(changes[0]).toMatchObject({
      loses: { messages: 7, bytes: 70 },
      changes: [{ field: 'x-max-length', from: 5, to: 9 }],
    })
    expect(changes[1]).toMatchObject({ want: { arguments: { 'x-max-length': 9 } } })
  })

  test('messages are no part of what the plan is judged stale by', () => {
    const reads = (messages: number) => diff(queue, undefined, present({ ...QUEUE, messages }))[0]?.reads
    expect(reads(1)).toEqual(reads(2))
  })

  test('each field and a taken away argument count', () => {
    for (const other of [{ type: 'stream' }, { durable: false }, { autoDelete: true }, { arguments: {} }])
      expect(diff(queue, QUEUE, present({ ...QUEUE, ...other }))).toHaveLength(2)
  })

  test('unknown is never read as absent by its list: the engine stops there', () => {
    expect(diff(queue, undefined, { is: 'unknown', why: 'x' })).toEqual([])
  })

  test('consent to lose some messages is none to lose many more', () => {
    expect(() => refuseGrown({ messages: 10 }, { messages: 20 }, at)).not.toThrow()
    expect(() => refuseGrown({ messages: 10 }, { messages: 21 }, at)).toThrow(
      /21 messages would be lost now, the plan said 10/,
    )
    expect(() => refuseGrown({ messages: 0 }, { messages: 1 }, at)).toThrow(
      /1 messages would be lost now, the plan said 0/,
    )
    expect(() => refuseGrown(undefined, { messages: 0 }, at)).not.toThrow()
  })

  test('what can not be counted is not deleted, and asked again', () => {
    expect(() => refuseGrown({ messages: 10 }, { unknown: 'it has no leader' }, at)).toThrow(
      expect.objectContaining({ failure: expect.objectContaining({ code: 'MQOPS_UNKNOWN_STATE', retryable: true }) }),
    )
  })

  test.each([
    ['a quorum queue without its leader', { type: 'quorum', leader: 'a', online: ['b'], messages: 0 }, /too few/],
    [
      'a quorum queue without its majority',
      { type: 'quorum', state: 'minority', leader: 'a', online: ['a'], messages: 3 },
      /too few/,
    ],
    ['a stream without its leader', { type: 'stream', online: ['b'], messages: 3 }, /too few/],
    ['a classic queue whose member is down', { type: 'classic', state: 'down', messages: 0 }, /down/],
    ['one that no member has counted', { type: 'quorum', leader: 'a', online: ['a'] }, /statistics/],
    ['one with all its members', { type: 'quorum', leader: 'a', online: ['a'], messages: 7 }, null],
    ['one that is gone', null, null],
  ])('unknown is never read as empty: %s', async (_name, row, why) => {
    const http = clientOf(() => (row === null ? { status: 404 } : { status: 200, body: { name: 'q', ...row } }))
    const session = { http, access: { endpoints: {} } } as unknown as RabbitmqSession
    const [measured] = await measureQueues(session, [['v', 'q']], context())
    if (why === null) expect(measured).toEqual({ messages: row?.messages ?? 0 })
    else expect(measured).toEqual({ unknown: expect.stringMatching(why) })
  })

  test('bindings that a replacement has taken are a difference until they are back', () => {
    const changes = diff(queue, QUEUE, present({ ...QUEUE, unbound: 2 }))
    expect(verbs(changes)).toBe('update safe')
    expect(changes[0]?.reason).toMatch(/2 bindings/)
    expect(verbs(diff(exchange, EXCHANGE, present({ ...EXCHANGE, unbound: 1 })))).toBe('update safe')
  })
})

describe('vhost', () => {
  test("'/' is there before anything is planned in it: set, never made", () => {
    const planned = diff(vhost, VHOST, absent, { key: ['/'] })
    expect(verbs(planned)).toBe('update safe')
    const found = diff(vhost, VHOST, present({ ...VHOST, description: '', messages: 0 }), { key: ['/'] })
    expect(found.map((c) => [c.verb, c.reads])).toEqual(planned.map((c) => [c.verb, c.reads]))
  })

  test("'/' is kept even when the spec drops it", () => {
    expect(diff(vhost, undefined, present({ ...VHOST, messages: 0 }), { key: ['/'] })).toEqual([])
  })

  test('order of tags and an unmanaged default queue type make no difference', () => {
    expect(
      diff(vhost, { ...VHOST, tags: ['b', 'a'], defaultQueueType: null }, present({ ...VHOST, messages: 0 })),
    ).toEqual([])
  })

  test('description, tags and default queue type are changed in place', () => {
    const changes = diff(
      vhost,
      { description: '', tags: [], defaultQueueType: 'stream' },
      present({ ...VHOST, messages: 0 }),
    )
    expect(verbs(changes)).toBe('update safe')
    expect(changes[0]?.changes.map((c) => c.field)).toEqual(['description', 'tags', 'defaultQueueType'])
  })
})

describe('user', () => {
  const have = present({ tags: ['monitoring'] })

  test.each([
    ['a changed password in the spec', { recorded: 'a', wanted: 'b' }, 'update disruptive'],
    ['a password changed behind our back', { recorded: 'a', wanted: 'a', attested: false }, 'update disruptive'],
    ['the same password', { recorded: 'a', wanted: 'a', attested: true }, ''],
    ['the same password, never recorded', { wanted: 'a', attested: true }, ''],
    ['a password that can not be resolved here', { recorded: 'a', wanted: null }, ''],
    ['no way to attest', { recorded: 'a', wanted: 'a', attested: null }, ''],
  ])('%s', (_, secret, expected) => {
    expect(verbs(diff(user, USER, have, { secret }))).toBe(expected)
  })

  test('tags alone disturb nobody, their order is none', () => {
    expect(verbs(diff(user, { ...USER, tags: ['a', 'monitoring'] }, present({ tags: ['monitoring'] })))).toBe(
      'update safe',
    )
    expect(diff(user, { ...USER, tags: ['b', 'a'] }, present({ tags: ['a', 'b'] }))).toEqual([])
  })

  test('the change of a password shows neither value', () => {
    const [change] = diff(user, USER, have, { secret: { recorded: 'a', wanted: 'b' } })
    expect(change?.changes).toEqual([{ field: 'password' }])
  })

  test("attested by the broker's own hash", () => {
    const row = {
      password_hash: passwordHash('right', '0a0b0c0d'),
      hashing_algorithm: 'rabbit_password_hashing_sha256',
    }
    expect(matches(row, 'right')).toBe(true)
    expect(matches(row, 'wrong')).toBe(false)
    expect(matches({ ...row, password_hash: '' }, '')).toBe(false)
    expect(matches({ ...row, hashing_algorithm: 'rabbit_password_hashing_md5' }, 'right')).toBeNull()
  })

  test('a user without a password gets a generated one', () => {
    expect(user.desired(specOf({ users: { u: { tags: ['policymaker', 'monitoring'] } } }))).toEqual([
      {
        key: ['u'],
        value: { password: { secretRef: { generated: 'user/u' } }, tags: ['monitoring', 'policymaker'] },
        path: ['users', 'u'],
      },
    ])
  })
})

describe('permission', () => {
  test('is changed in place, field by field', () => {
    const changes = diff(permission, { ...PERMISSION, read: '^b$' }, present(PERMISSION))
    expect(verbs(changes)).toBe('update disruptive')
    expect(changes[0]?.changes).toEqual([{ field: 'read', from: '.*', to: '^b$' }])
  })
})

describe('exchange', () => {
  test('a change replaces it', () => {
    expect(verbs(diff(exchange, { ...EXCHANGE, type: 'direct' }, present(EXCHANGE)))).toBe(
      'delete disruptive, create safe',
    )
  })
})

describe('binding', () => {
  test('its key tells arguments apart, in any order, and takes any text', () => {
    const key = (table: object) => bindingKey('/', 'e', 'queue', 'q', 'a.#', table as never)
    expect(key({})).toEqual(['/', 'e', 'queue', 'q', 'a.#'])
    expect(key({ a: 1, b: 2 })).toEqual(key({ b: 2, a: 1 }))
    expect(key({ a: 1 })).not.toEqual(key({ a: 2 }))
  })

  test('waits for what it connects, but not for what the broker has', () => {
    expect(binding.needs?.(['v', 'e', 'exchange', 'f', ''], { arguments: {} })).toEqual([
      ['vhost', 'v'],
      ['exchange', 'v', 'e'],
      ['exchange', 'v', 'f'],
    ])
    expect(binding.needs?.(['v', 'amq.topic', 'queue', 'q', ''], { arguments: {} })).toEqual([
      ['vhost', 'v'],
      ['queue', 'v', 'q'],
    ])
  })
})

test('desired values stand with their places in the spec', () => {
  const spec = specOf({
    vhosts: {
      v: {
        exchanges: { e: { type: 'topic' } },
        queues: { q: {} },
        bindings: [{ source: 'e', destination: 'q', routingKey: 'k' }],
      },
    },
    users: { u: { permissions: { v: { read: '.*' } } } },
  })
  const kinds: readonly AnyKind[] = [vhost, exchange, queue, binding, user, permission]
  expect(
    kinds.flatMap((kind) => kind.desired(spec).map((d) => [kind.name, d.key.join('|'), d.path.join('.')])),
  ).toEqual([
    ['vhost', 'v', 'vhosts.v'],
    ['exchange', 'v|e', 'vhosts.v.exchanges.e'],
    ['queue', 'v|q', 'vhosts.v.queues.q'],
    ['binding', 'v|e|queue|q|k', 'vhosts.v.bindings.0'],
    ['user', 'u', 'users.u'],
    ['permission', 'u|v', 'users.u.permissions.v'],
  ])
})
