import { describe, expect, test } from 'vitest'
import { accountValue, parseAccounts, userValue } from '../../../src/brokers/nats/accounts.ts'
import { check } from '../../../src/brokers/nats/check.ts'
import { fieldsOf } from '../../../src/brokers/nats/fields.ts'
import { nats } from '../../../src/brokers/nats/index.ts'
import { diffAccount } from '../../../src/brokers/nats/kinds/account.ts'
import { covers } from '../../../src/brokers/nats/subjects.ts'
import { allocationOf, filesOf, specOf } from './support.ts'

/** A offers, B uses; both can be told more. */
const shared = (exports: readonly object[], imports: readonly object[], more: object = {}) => ({
  accounts: { A: { exports }, B: { imports }, ...more },
})
const SPEC = {
  accounts: {
    A: {
      jetstream: {
        streams: 3,
        maxAckPending: 500,
        memoryStreamBytes: '1MiB',
        storageStreamBytes: '2MiB',
        maxBytesRequired: true,
      },
      limits: { connections: 10, subscriptions: 20, payload: '128KiB', leafNodes: 0 },
      exports: [
        { stream: 'orders.>' },
        {
          service: 'calc.*',
          accounts: ['B'],
          responseType: 'chunked',
          responseThreshold: '2s',
          accountTokenPosition: 2,
        },
        { service: 'add', latency: { subject: 'slow', sampling: 'headers' }, allowTrace: true },
      ],
      users: {
        a: {
          allowResponses: { max: 3, expires: '5s' },
          connectionTypes: ['websocket', 'standard'],
          subscribe: ['orders.> workers'],
        },
      },
    },
    B: {
      imports: [
        { account: 'A', stream: 'orders.new', prefix: 'from' },
        { account: 'A', service: 'calc.B', to: 'calc', share: true },
        { account: 'A', stream: 'orders.*.x', to: 'o.{{wildcard(1)}}', allowTrace: true },
      ],
    },
  },
}
const files = (body: object) => {
  const spec = specOf(body)
  return filesOf(nats.nodes(spec, allocationOf(spec))[0])
}
const text = files(SPEC)['accounts.conf'] ?? ''
const parsed = JSON.parse(text) as { accounts: Record<string, Record<string, unknown>> }

describe('accounts.conf', () => {
  test('limits, exports and imports in the names of the server (each tried on 2.15.1)', () => {
    expect(parsed.accounts['A']).toMatchObject({
      jetstream: {
        max_streams: 3,
        max_ack_pending: 500,
        memory_max_stream_bytes: 1_048_576,
        store_max_stream_bytes: 2_097_152,
        max_bytes_required: true,
      },
      limits: { max_connections: 10, max_subscriptions: 20, max_payload: 131_072, max_leafnodes: 0 },
      exports: [
        { service: 'add', latency: { sampling: 'headers', subject: 'slow' }, allow_trace: true },
        {
          service: 'calc.*',
          accounts: ['B'],
          response_type: 'chunked',
          response_threshold: '2000ms',
          account_token_position: 2,
        },
        { stream: 'orders.>' },
      ],
    }) // prettier-ignore
    expect(parsed.accounts['B']?.['imports']).toEqual([
      { service: { account: 'A', subject: 'calc.B' }, to: 'calc', share: true },
      { stream: { account: 'A', subject: 'orders.*.x' }, to: 'o.{{wildcard(1)}}', allow_trace: true },
      { stream: { account: 'A', subject: 'orders.new' }, prefix: 'from' },
    ])
  })
  test('rights of users', () => {
    const users = (parsed.accounts['A']?.['users'] ?? []) as readonly object[]
    expect(users[1]).toMatchObject({
      permissions: { subscribe: { allow: ['orders.> workers'] }, allow_responses: { max: 3, expires: '5000ms' } },
      allowed_connection_types: ['STANDARD', 'WEBSOCKET'],
    })
  })
  test('is read back as it was written', () => {
    const read = parseAccounts(text)
    const { accounts } = fieldsOf(specOf(SPEC))
    for (const name of ['A', 'B']) expect(read.get(name)?.value).toEqual(accountValue(accounts[name] ?? {}))
    expect(read.get('A')?.users.get('a')).toEqual(userValue('A', 'a', accounts['A']?.users?.['a'] ?? {}))
  })
  test('is read back with the comment that a target adds to it', () => {
    expect(parseAccounts(`${text}# changed on disk since mqops wrote it: 0a1b\n`)).toEqual(parseAccounts(text))
  })
  test('one line each: a change shows what changed only', () => {
    expect(text).toContain('\n        {"stream":"orders.>"}')
  })
  test('the order in which they are written means nothing', () => {
    const [first, second] = [
      [{ stream: 'a' }, { stream: 'b' }],
      [{ stream: 'b' }, { stream: 'a' }],
    ]
    expect(files(shared(first, []))['accounts.conf']).toBe(files(shared(second, []))['accounts.conf'])
  })
})

describe('a change of an account', () => {
  const value = (of: object) => accountValue(fieldsOf(specOf({ accounts: { A: of } })).accounts['A'] ?? {})
  const risk = (from: object, to: object) =>
    diffAccount(value(to), { is: 'present', value: value(from), owner: { by: 'mqops' } }).map((change) => change.risk)
  const offer = { exports: [{ stream: 'a' }] }
  test.each([
    ['safe', {}, offer],
    ['disruptive', offer, {}],
    ['disruptive', offer, { exports: [{ stream: 'a', accounts: ['B'] }] }],
    ['safe', { limits: { connections: 5 } }, { limits: { connections: 6 } }],
    ['safe', { limits: { connections: 5 } }, {}],
    ['disruptive', { limits: { connections: 6 } }, { limits: { connections: 5 } }],
    ['disruptive', {}, { limits: { leafNodes: 0 } }],
    ['safe', {}, { jetstream: { maxAckPending: 5 } }],
  ])('%s: %j to %j', (wanted, from, to) => {
    expect(risk(from, to)).toEqual([wanted])
  })
  test('none, none', () => {
    expect(risk(SPEC.accounts.A, SPEC.accounts.A)).toEqual([])
  })
})

describe('refused in the spec', () => {
  const problems = (body: object) =>
    check(specOf(body)).map(({ path, message }) => `${path.slice(1).join('.')}: ${message}`)
  const service = { service: 'c.*' }
  test('the example has none', () => {
    expect(problems(SPEC)).toEqual([])
  })
  test.each([
    ['A.exports.0: give stream or service', [{}], []],
    ['A.exports.0: give stream or service', [{ stream: 'a', service: 'a' }], []],
    ['A.exports.0.stream: "a..b" has an empty token', [{ stream: 'a..b' }], []],
    ['A.exports.0.responseType: responseType is for services', [{ stream: 'a', responseType: 'single' }], []],
    [
      'A.exports.0.latency: it measures services with a single',
      [{ ...service, responseType: 'stream', latency: { subject: 'l' } }],
      [],
    ],
    ['A.exports.0.latency.subject: "l.*" is no subject', [{ ...service, latency: { subject: 'l.*' } }], []],
    ['A.exports.0.accountTokenPosition: part 1 of "c.*" is no *', [{ ...service, accountTokenPosition: 1 }], []],
    ['A.exports.0.accounts.0: there is no account Z', [{ ...service, accounts: ['Z'] }], []],
    ['A.exports.1: it is exported twice', [service, service], []],
    ['B.imports.0.account: there is no account Z', [], [{ account: 'Z', stream: 'a' }]],
    ['B.imports.0.account: an account has its own', [], [{ account: 'B', stream: 'a' }]],
    ['B.imports.0.service: account A exports no service that covers "c"', [service], [{ account: 'A', service: 'c' }]],
    ['B.imports.0.stream: account A exports no stream', [service], [{ account: 'A', stream: 'c.1' }]],
    [
      'B.imports.0.service: account A exports no service',
      [{ ...service, accounts: ['A'] }],
      [{ account: 'A', service: 'c.1' }],
    ],
    [
      'B.imports.0.service: account A exports no service',
      [{ ...service, accountTokenPosition: 2 }],
      [{ account: 'A', service: 'c.A' }],
    ],
    ['B.imports.0.to: it wants the wildcards of "c.*"', [service], [{ account: 'A', service: 'c.*', to: 'x' }]],
    ['B.imports.0.prefix: prefix is for streams', [service], [{ account: 'A', service: 'c.1', prefix: 'x' }]],
    ['B.imports.0.share: share is for services', [{ stream: 'a' }], [{ account: 'A', stream: 'a', share: true }]],
    ['B.imports.0.prefix: give to or prefix', [{ stream: 'a' }], [{ account: 'A', stream: 'a', to: 'b', prefix: 'c' }]],
    [
      'B.imports.1: it is imported twice',
      [service],
      [
        { account: 'A', service: 'c.1', to: 'x' },
        { account: 'A', service: 'c.2', to: 'x' },
      ],
    ],
    [
      'B.imports.0.service: "$JS.API.>" is one of the server\'s own subjects',
      [{ service: '$JS.API.>' }],
      [{ account: 'A', service: '$JS.API.>' }],
    ],
  ])('%s', (message, exports, imports) => {
    expect(problems(shared(exports, imports))).toEqual([expect.stringContaining(message)])
  }) // prettier-ignore
  test('imports that come back to where they began', () => {
    const ring = (name: string) => ({ exports: [{ service: 'c' }], imports: [{ account: name, service: 'c' }] })
    expect(problems({ accounts: { A: ring('B'), B: ring('A') } })).toEqual([
      'A.imports.0: it comes back to A: imports form a ring',
      'B.imports.0: it comes back to B: imports form a ring',
    ])
    const chain = {
      A: { exports: [{ service: 'c' }] },
      B: { exports: [{ service: 'c' }], imports: [{ account: 'A', service: 'c' }] },
      C: { imports: [{ account: 'B', service: 'c' }] },
    }
    expect(problems({ accounts: chain })).toEqual([])
  })
  test.each([
    [{ publish: ['a b'] }, /users.u.publish.0: "a b" holds white space/],
    [{ subscribe: ['a b c'] }, /users.u.subscribe.0: .*white space/],
    [{ subscribe: ['a q..x'] }, /users.u.subscribe.0: "q..x" has an empty token/],
  ])('user %j', (user, message) => {
    expect(problems({ accounts: { A: { users: { u: user } } } })).toEqual([expect.stringMatching(message)])
  })
  test('limits that would shut mqops out', () => {
    expect(problems({ accounts: { A: { limits: { payload: '1KiB' } } } })).toEqual([
      expect.stringContaining('A.limits.payload: 1KiB is less than the 64KiB'),
    ])
    expect(() => specOf({ accounts: { A: { limits: { connections: 1 } } } })).toThrow('connections')
  })
  test('files of an external cluster are not ours', () => {
    const body = { accounts: { A: { limits: { leafNodes: 1 }, exports: [{ stream: 'a' }] } } }
    expect(check(specOf(body, { target: 'external' })).map(({ path }) => path.join('.'))).toEqual([
      'accounts.A.limits',
      'accounts.A.exports',
    ])
  })
})

test.each([
  ['a.>', 'a.b', true],
  ['a.>', 'a.b.>', true],
  ['a.*', 'a.*', true],
  ['>', '*', true],
  ['a.*', 'a.>', false],
  ['a.*', 'a.b.c', false],
  ['a.b', 'a.*', false],
  ['a.>', 'a', false],
])('%s covers %s: %s', (pattern, subject, does) => {
  expect(covers(pattern, subject)).toBe(does)
})
