import { describe, expect, test } from 'vitest'
import { check } from '../../../src/brokers/nats/check.ts'
import { fieldsOf } from '../../../src/brokers/nats/fields.ts'
import { wantedStream } from '../../../src/brokers/nats/kinds/stream-config.ts'
import { specOf } from './support.ts'

/** What nats-server 2.15.1 refuses of one stream because of its subjects and of what it copies; each seen on a real one. */

const problems = (account: object): readonly string[] =>
  check(specOf({ accounts: { A: account } })).map(({ path, message }) => `${path.slice(2).join('.')}: ${message}`)
const S = (stream: object) => ({ streams: { O: { subjects: ['o.*'] }, P: { subjects: ['p.>'] }, S: stream } })

describe('copies', () => {
  test.each<readonly [string, object]>([
    ['S.mirror.filter: "a..b" has an empty token', { mirror: { stream: 'O', filter: 'a..b' } }],
    ['S.sources.0.filter: "a b" holds white space', { sources: [{ stream: 'O', filter: 'a b' }] }],
    ['S.mirror.deliver: it wants api', { mirror: { stream: 'O', deliver: 'd' } }],
    ['S.mirror.api: that is the prefix of this account', { mirror: { stream: 'O', api: '$JS.API' } }],
    ['S.mirror.api: "x.*" is a prefix', { mirror: { stream: 'O', api: 'x.*' } }],
    ['S.mirror.deliver: "d..e" has an empty', { mirror: { stream: 'O', api: 'x', deliver: 'd..e' } }],
    ['S.sources.1: the same messages', { sources: [{ stream: 'O' }, { stream: 'O', startSequence: 5, filter: '>' }] }],
    ['S.sources.1.deliver: "p.>" of another', { sources: [{ stream: 'P' }, { stream: 'Q', api: 'x', deliver: 'p' }] }],
    [
      'S.mirror.transforms.1.source: "*.b" overlaps "o.*"',
      {
        mirror: {
          stream: 'O',
          transforms: [
            { source: 'o.*', destination: '' },
            { source: '*.b', destination: '' },
          ],
        },
      },
    ],
    [
      'S.sources.0.transforms.1.source: "o.b" overlaps "o.*"',
      {
        sources: [
          {
            stream: 'O',
            transforms: [
              { source: 'o.*', destination: '' },
              { source: 'o.b', destination: '' },
            ],
          },
        ],
      },
    ],
  ])('%s', (message, stream) => {
    expect(problems(S(stream))).toEqual([expect.stringContaining(`streams.${message}`)])
  })

  test.each([
    {
      sources: [
        { stream: 'O', filter: 'o.a' },
        { stream: 'O', filter: 'o.b' },
        { stream: 'O', api: 'x' },
        { stream: 'P' },
      ],
    },
    {
      sources: [
        {
          stream: 'O',
          transforms: [
            { source: 'o.*', destination: '' },
            { source: '*.b', destination: '' },
          ],
        },
      ],
    },
    { mirror: { stream: 'Q', api: 'JS.acc.API', deliver: 'deliver.b' } },
  ])('%j is no problem', (stream) => {
    expect(problems(S(stream))).toEqual([])
  })

  test('of a stream in two ways, one of them longer, are a ring to the server', () => {
    const near = { S: { sources: [{ stream: 'A' }, { stream: 'B' }] }, A: { sources: [{ stream: 'O' }] } }
    const from = (of: object) => problems({ streams: { O: { subjects: ['o'] }, ...near, B: of } })
    expect(from({ mirror: { stream: 'O' } })).toEqual([])
    expect(from({ sources: [{ stream: 'A' }] })).toEqual([
      'streams.S: it copies A in two ways, one of them longer, by B: the server takes that for a ring',
    ])
    expect(from({ mirror: { stream: 'A' } })).toHaveLength(1)
    expect(from({ subjects: ['b'], sources: [{ stream: 'A', filter: 'c' }] })).toEqual([])
  })
})

test('copies are looked at in the order in which they are sent, the one with a filter first', () => {
  const streams = (filter?: string) => ({
    O: { subjects: ['o.*'] },
    B: { mirror: { stream: 'O' } },
    S: { sources: [{ stream: 'B' }, { stream: 'O', ...(filter ? { filter } : {}) }] },
  })
  expect(problems({ streams: streams() })).toEqual([])
  expect(problems({ streams: streams('o.a') })).toEqual([expect.stringMatching(/^streams.S: it copies O in two ways/)])
})

describe('subjects', () => {
  test.each<readonly [string | null, object]>([
    ['subjects.0: "*.x" catches the server\'s own subjects ($JS.>)', { subjects: ['*.x'] }],
    ['subjects.0: "$JS.API.>" catches', { subjects: ['$JS.API.>'] }],
    ['subjects.0: "$SYS.x" is one of the server', { subjects: ['$SYS.x'] }],
    ['subjects.0: "$NRG.x" is one of', { subjects: ['$NRG.x'] }],
    [
      'subjects.0: ">" catches every subject of the account: the server wants replicas: 1',
      { subjects: ['>'], noAck: true },
    ],
    [null, { subjects: ['>'], noAck: true, replicas: 1 }],
    [null, { subjects: ['$JS.EVENT.ADVISORY.>', '$SYS.ACCOUNT.>'] }],
    [null, { subjects: ['*.x', '$JS.API.>'], noAck: true }],
  ])('%s', (message, stream) => {
    expect(problems({ streams: { S: stream } })).toEqual(
      message === null ? [] : [expect.stringContaining(`streams.S.${message}`)],
    )
  })
})

describe('consumers', () => {
  const c = (of: object, stream: object = {}) =>
    problems({ streams: { S: { subjects: ['s.>'], ...stream, consumers: { c: of } } } })
  test('deliver to where their own stream takes no messages', () => {
    expect(c({ deliverSubject: 's.d' })).toEqual([
      'streams.S.consumers.c.deliverSubject: "s.>" of the stream would catch what is delivered there',
    ])
    expect(c({ deliverSubject: 'd' })).toEqual([])
  })
  test('have filters of which none is a part of another', () => {
    expect(c({ filters: ['s.*.b', 's.a.*'] })).toEqual([])
    expect(c({ filters: ['s.a.b', 's.a.*'] })).toHaveLength(1)
  })
  test('are no more than the stream lets be', () => {
    expect(c({}, { maxConsumers: 1 })).toEqual([])
    const two = { S: { subjects: ['s'], maxConsumers: 1, consumers: { c: {}, d: {} } } }
    expect(problems({ streams: two })).toEqual(['streams.S.maxConsumers: it has 2 consumers in the spec'])
  })
})

test('what the server can not count, and labels of its own', () => {
  const long = '106752d'
  const account = {
    streams: {
      S: {
        subjects: ['s'],
        maxAge: long,
        consumerLimits: { inactiveThreshold: long },
        metadata: { '_nats.level': '1' },
        consumers: { c: { backoff: ['1s', long] } },
      },
    },
    kv: { b: { ttl: long } },
  }
  expect(problems(account)).toEqual([
    'streams.S.metadata._nats.level: _nats.…: labels that the server writes itself',
    'streams.S.maxAge: the server counts up to 106751d',
    'streams.S.consumerLimits.inactiveThreshold: the server counts up to 106751d',
    'kv.b.ttl: the server counts up to 106751d',
    'streams.S.consumers.c.backoff: the server counts up to 106751d',
  ])
  expect(problems({ streams: { S: { subjects: ['s'], maxAge: '106751d' } } })).toEqual([])
})

test('republishing from nothing is from all, as the server has it', () => {
  const republish = { source: '', destination: 'r.>' }
  const spec = specOf({ accounts: { A: { streams: { S: { subjects: ['s'], republish } } } } })
  const stream = fieldsOf(spec).accounts['A']?.streams?.['S']
  expect(wantedStream(stream ?? {}, { members: 3 })['republish']).toEqual({ dest: 'r.>', src: '>' })
})

test('of a cluster that somebody else runs neither servers nor room are known', () => {
  const big = { maxBytes: '5GiB', replicas: 5 }
  const account = { streams: { S: { subjects: ['s'], ...big } }, kv: { b: big }, objects: { o: big } }
  expect(check(specOf({ accounts: { A: account } }, { target: 'external' }))).toEqual([])
  expect(check(specOf({ accounts: { A: account } })).length).toBeGreaterThan(6)
})

describe('what the servers would not start with, or let mqops in', () => {
  const found = (body: object) => check(specOf(body)).map(({ path, message }) => `${path.join('.')}: ${message}`)
  test.each([
    [{ max_payload: '100MiB' }, 'config.max_payload: max_payload (100MiB) is more than max_pending (64MiB)'],
    [{ max_pending: '512KiB' }, 'config.max_pending: max_payload (1MiB) is more than max_pending (512KiB)'],
    [{ max_connections: 2 }, 'config.max_connections: it is less than the 10 that mqops needs'],
    [{ max_payload: 1000 }, 'config.max_payload: it is less than the 65536'],
    [{ max_subscription_tokens: 3 }, 'config.max_subscription_tokens: it is less'],
  ])('%j', (config, message) => {
    expect(found({ config })).toEqual([expect.stringContaining(message)])
  })
  test('and what it takes', () => {
    expect(found({ config: { max_payload: '60MiB', max_connections: 0, max_subscriptions: 0 } })).toEqual([])
  })
  const B = { exports: [{ stream: 'x.>' }, { service: 'l.>' }] }
  test.each<readonly [object, string | null]>([
    [
      {
        imports: [
          { account: 'B', stream: 'x.>', to: 'q.>' },
          { account: 'B', stream: 'x.>', to: 'r.>' },
        ],
      },
      'imports.1: it is imported twice',
    ],
    [{ imports: [{ account: 'B', stream: 'x.>', prefix: 'p.*' }] }, 'imports.0.prefix: "p.*" is no subject'],
    [{ imports: [{ account: 'B', stream: 'x.>', prefix: 'p..q' }] }, 'imports.0.prefix: "p..q" is no subject'],
    [
      { exports: [{ service: 'l.>' }, { service: 'm', latency: { subject: 'l.x' } }] },
      'exports.1.latency.subject: "l.x" is of',
    ],
    [
      {
        imports: [
          { account: 'B', service: 'l.a', to: 'q' },
          { account: 'C', service: 'l.a', to: 'q' },
        ],
      },
      null,
    ],
  ])('%j', (A, message) => {
    expect(found({ accounts: { A, B, C: B } })).toEqual(
      message === null ? [] : [expect.stringContaining(`accounts.A.${message}`)],
    )
  })
})
