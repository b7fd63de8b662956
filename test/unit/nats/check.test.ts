import { describe, expect, test } from 'vitest'
import { check } from '../../../src/brokers/nats/check.ts'
import { specOf } from './support.ts'

/** Each problem as 'path: message', so that a test says what a reader of the spec would see. */
const problems = (body: object, more?: Parameters<typeof specOf>[1]): string[] =>
  check(specOf(body, more)).map(({ path, message }) => `${path.join('.')}: ${message}`)

const streams = (of: object, more: object = {}): object => ({ ...more, accounts: { APP: { streams: of } } })
const consumers = (of: object, stream: object = { subjects: ['a.>'] }): object =>
  streams({ S: { ...stream, consumers: of } })

describe('a spec without problems', () => {
  test('has none', () => {
    const body = {
      config: { max_payload: '2MiB', ping_interval: '20s', sync_interval: 'always', pool_size: 3, debug: false },
      accounts: {
        APP: {
          jetstream: { storage: '700MiB' },
          users: { app: { publish: ['orders.>'], subscribe: { deny: ['x.*'] } } },
          streams: {
            ORDERS: {
              subjects: ['orders.>'],
              maxBytes: '100MiB',
              consumers: { billing: { filter: 'orders.created' } },
            },
            JOBS: {
              subjects: ['jobs.*'],
              retention: 'workqueue',
              consumers: { a: { filter: 'jobs.a' }, b: { filter: 'jobs.b' } },
            },
          },
        },
        OTHER: { streams: { ORDERS: { subjects: ['orders.>'] } } },
      },
    }
    expect(problems(body)).toEqual([])
  })
})

describe('server options', () => {
  test.each([
    ['server_name', 'x', /^config.server_name: server_name is written by mqops/],
    ['max_file_store', '1GB', /write `storage`/],
    ['max_paylod', '1MiB', /no server option/],
    ['max_payload', 'big', /is a size/],
    ['ping_interval', 20, /is a duration/],
    ['debug', 'yes', /true or false/],
    ['ping_max', 2.5, /whole number/],
    ['sync_interval', 'never', /is a duration/],
  ])('%s: %s is refused', (name, value, message) => {
    expect(problems({ config: { [name]: value } })).toEqual([expect.stringMatching(message)])
  })

  test('what wants a cluster is refused on a single server', () => {
    expect(problems({ members: 1, config: { pool_size: 3 } })).toHaveLength(1)
  })
})

describe('accounts and users', () => {
  test.each(['SYS', 'MQOPS', 'mqops', '$G'])('account %s is reserved', (name) => {
    expect(problems({ accounts: { [name]: {} } })).toEqual([expect.stringContaining('is reserved')])
  })

  test.each(['sys', 'mqops', 'mqops-APP'])('user %s is reserved', (name) => {
    expect(problems({ accounts: { APP: { users: { [name]: {} } } } })).toEqual([expect.stringContaining('is reserved')])
  })

  test('a name may not break out of the file', () => {
    expect(problems({ accounts: { 'A{B}': { users: { 'x}|y': {} } } } })).toHaveLength(2)
  })

  test('user names are unique in the cluster', () => {
    expect(problems({ accounts: { A: { users: { app: {} } }, B: { users: { app: {} } } } })).toEqual([
      expect.stringMatching(/^accounts.B.users.app: user app is in account A too/),
    ])
  })

  test('an empty list restricts nothing and is refused', () => {
    const users = { app: { publish: [], subscribe: { allow: [], deny: ['a..b'] } } }
    expect(problems({ accounts: { A: { users } } })).toEqual([
      expect.stringMatching(/publish: an empty list/),
      expect.stringMatching(/subscribe.allow: an empty list/),
      expect.stringMatching(/subscribe.deny.0: .*empty token/),
    ])
  })

  test('streams want JetStream', () => {
    expect(problems({ accounts: { A: { jetstream: false, streams: { S: { subjects: ['s'] } } } } })).toHaveLength(1)
  })
})

describe('streams', () => {
  test.each(['a.b', 'a b', 'a*', 'a>', 'a/b', 'a\\b'])('"%s" is no name', (name) => {
    expect(problems(streams({ [name]: { subjects: ['s'] } }))).toEqual([expect.stringContaining('may not hold')])
  })

  test('a stream that no server can keep, though all together could', () => {
    expect(problems(streams({ S: { subjects: ['s'], replicas: 1, maxBytes: '90MiB' } }, { storage: '64MiB' }))).toEqual(
      [expect.stringMatching(/^accounts.APP.streams.S.maxBytes: it reserves 90MiB .* a server has 64MiB$/)],
    )
  })

  test('copies name streams that are there, and never themselves', () => {
    const all = {
      A: { subjects: ['a'] },
      GOOD: { mirror: { stream: 'A' } },
      FAR: { mirror: { stream: 'THERE', api: '$JS.hub.API' } },
      TYPO: { sources: [{ stream: 'A' }, { stream: 'AA' }] },
      SELF: { mirror: { stream: 'SELF' } },
      RING1: { sources: [{ stream: 'RING2' }] },
      RING2: { sources: [{ stream: 'RING1' }] },
    }
    expect(problems(streams(all))).toEqual([
      'accounts.APP.streams.TYPO.sources.1.stream: there is no stream AA in this account',
      'accounts.APP.streams.SELF.mirror.stream: SELF would copy from itself',
      'accounts.APP.streams.RING1.sources.0.stream: RING1 would copy from itself',
      'accounts.APP.streams.RING2.sources.0.stream: RING2 would copy from itself',
    ])
  })

  test('more replicas than members', () => {
    expect(problems(streams({ S: { subjects: ['s'], replicas: 3 } }, { members: 1 }))).toEqual([
      'accounts.APP.streams.S.replicas: 3 replicas, and the cluster has 1 member',
    ])
  })

  test.each([
    ['orders.>', 'orders.eu.*'],
    ['orders.*.eu', 'orders.created.*'],
    ['orders.a', 'orders.a'],
    ['orders.a', 'orders.>'],
  ])('%s and %s overlap', (a, b) => {
    expect(problems(streams({ A: { subjects: [a] }, B: { subjects: [b] } }))).toEqual([
      expect.stringContaining(`"${b}" overlaps "${a}" of stream A`),
    ])
  })

  test.each([
    ['orders.>', 'orders'],
    ['orders.*', 'orders.a.b'],
    ['orders.a', 'orders.b'],
  ])('%s and %s do not', (a, b) => {
    expect(problems(streams({ A: { subjects: [a] }, B: { subjects: [b] } }))).toEqual([])
  })

  test('overlap inside one stream', () => {
    expect(problems(streams({ A: { subjects: ['a.>', 'a.b'] } }))).toEqual([
      expect.stringContaining('of the same stream'),
    ])
  })

  test.each([
    ['>', /catches every subject/],
    ['$JS.API.x', /own subjects/],
    ['$SYS.>', /own subjects/],
    ['a..b', /empty token/],
    ['a.>.b', /last token/],
    ['a b', /white space/],
  ])('subject "%s" is refused', (subject, message) => {
    expect(problems(streams({ A: { subjects: [subject] } }))).toEqual([expect.stringMatching(message)])
  })

  test.each([
    [{}, /needs subjects/],
    [{ subjects: ['a'], mirror: { stream: 'B', api: '$JS.B.API' } }, /mirror has the subjects/],
    [{ subjects: ['a'], maxAge: '1m', duplicateWindow: '2m' }, /longer than maxAge/],
    [{ subjects: ['a'], discardNewPerSubject: true }, /wants discard: new/],
    [{ subjects: ['a'], deleteMarkerTtl: '5s' }, /wants allowMessageTtl/],
    [{ subjects: ['a'], allowMessageTtl: true, deleteMarkerTtl: '5s', allowRollup: false }, /turns it on/],
  ])('%j is refused', (stream, message) => {
    expect(problems(streams({ A: stream }))).toEqual([expect.stringMatching(message)])
  })
})

describe('consumers', () => {
  test.each([
    [{ filter: 'b.c' }, /no subject of the stream matches/],
    [{ filter: 'a.b', filters: ['a.c'] }, /not both/],
    [{ filters: ['a.*', 'a.b'] }, /overlaps another filter/],
    [{ replicas: 5 }, /5 replicas, and its stream has 3/],
    [{ backoff: ['1s', '2s'], maxDeliver: 1 }, /more pauses/],
    [{ ack: 'none', ackWait: '5s' }, /without acknowledgements/],
    [{ flowControl: true }, /wants deliverSubject/],
  ])('%j is refused', (consumer, message) => {
    expect(problems(consumers({ c: consumer }))).toEqual([expect.stringMatching(message)])
  })

  test('each message of a work queue has one consumer', () => {
    const queue = { subjects: ['q.*'], retention: 'workqueue' }
    expect(problems(consumers({ a: {}, b: { filter: 'q.b' } }, queue))).toEqual([
      expect.stringContaining('wants a filter on each: a has none'),
    ])
    expect(problems(consumers({ a: { filter: 'q.*' }, b: { filter: 'q.b' } }, queue))).toEqual([
      expect.stringContaining('overlaps the one of a'),
    ])
    expect(problems(consumers({ a: { ack: 'all' } }, queue))).toEqual([
      expect.stringContaining('acknowledge explicitly'),
    ])
    expect(problems(consumers({ a: { deliver: 'new' } }, queue))).toEqual([expect.stringContaining('deliver all')])
  })
})

describe('reservations', () => {
  test('streams that do not fit are refused before they fail with 10047', () => {
    const two = (storage: string) => ({
      S: { subjects: ['s'], maxBytes: '100MiB', storage },
      T: { subjects: ['t'], maxBytes: '100MiB', storage },
    })
    expect(problems(streams(two('file'), { storage: '150MiB' }))).toEqual([
      expect.stringMatching(/^storage: streams reserve 600MiB .*3 members have 450MiB/),
    ])
    expect(problems(streams(two('file'), { storage: '200MiB' }))).toEqual([])
    expect(problems(streams(two('memory'), { memory: '150MiB' }))).toEqual([expect.stringMatching(/^memory:/)])
  })

  test('nor may they pass the limit of their account, replicas counted', () => {
    const accounts = (storage: string) => ({
      accounts: { A: { jetstream: { storage }, streams: { S: { subjects: ['s'], maxBytes: '100MiB' } } } },
    })
    expect(problems(accounts('200MiB'))).toEqual([expect.stringMatching(/^accounts.A.jetstream.storage/)])
    expect(problems(accounts('300MiB'))).toEqual([])
  })

  test('accounts of a single server may not promise more than it has: it would not start', () => {
    const body = {
      storage: '300MiB',
      accounts: { A: { jetstream: { storage: '200MiB' } }, B: { jetstream: { storage: '200MiB' } } },
    }
    expect(problems({ ...body, members: 1 })).toEqual([expect.stringMatching(/^storage: .*would not start/)])
    expect(problems(body)).toEqual([])
  })

  test('nor more streams than the account may have', () => {
    expect(
      problems({
        accounts: { A: { jetstream: { streams: 1 }, streams: { S: { subjects: ['s'] }, T: { subjects: ['t'] } } } },
      }),
    ).toHaveLength(1)
  })
})

test('what lives in configuration files is refused on an external cluster', () => {
  const body = { config: { debug: true }, accounts: { A: { jetstream: {}, users: { u: {} } }, B: {} } }
  expect(check(specOf(body, { target: 'external' })).map(({ path }) => path.join('.'))).toEqual([
    'accounts.A.users.u',
    'accounts.A.jetstream',
    'config.debug',
    'accounts.B',
  ])
})

test('versions that lack what is asked for', () => {
  expect(problems({}, { version: '2.10' })).toEqual([expect.stringContaining('2.12 and newer')])
  expect(problems({}, { version: '2.12.8' })).toEqual([])
  const body = streams({ S: { subjects: ['s'], allowBatchPublish: true } })
  expect(problems(body, { version: '2.12' })).toEqual([expect.stringContaining('2.14 or newer')])
  expect(problems(body, { version: '2.14' })).toEqual([])
})
