import { describe, expect, test } from 'vitest'
import { nats } from '../../../src/brokers/nats/index.ts'
import { planned } from './planned.ts'
import { allocationOf, filesOf, specOf } from './support.ts'

/** A server that starts does not load what is beyond its account's limits: they come last, whatever restarts for them. */

const account = (jetstream: object, streams: object, more: object = {}) =>
  specOf({ accounts: { A: { jetstream, streams, ...more }, B: { streams: { other: { subjects: ['s'] } } } } })
type Spec = ReturnType<typeof account>
const ALL = { storage: '9GiB' }

/** What each step waits for. */
function waits(before: Spec, after: Spec) {
  const { steps, failures } = planned(before, after, undefined, true)
  expect(failures).toEqual([])
  const short = (text = ''): string => text.split(' ').slice(0, 2).join(' ')
  return Object.fromEntries(steps.map(([step, ...needs]) => [short(step), needs.map(short)]))
}
const summaries = (before: Spec, after: Spec) =>
  planned(before, after, (local) => !local.includes('theirs'), true).failures.map(({ summary, path }) => [
    path?.join('.'),
    summary,
  ])

describe('a tighter limit', () => {
  test('of max_bytes waits, with all restarts, for streams and buckets', () => {
    const before = account(ALL, { S: { subjects: ['s'] }, old: { subjects: ['o'] } }, { kv: { b: {} } })
    const after = account(
      { ...ALL, maxBytesRequired: true },
      { S: { subjects: ['s'], maxBytes: '1MiB' }, new: { subjects: ['n'], maxBytes: '1MiB' } },
      { kv: { b: { maxBytes: '1MiB' } } },
    )
    expect(waits(before, after)).toEqual({
      'reload 1': ['update S', 'delete old', 'update b'],
      'configure A': ['reload 1', 'update S', 'delete old', 'update b'],
      'update S': [],
      'delete old': [],
      'update b': [],
      'create new': ['reload 1', 'configure A'],
    })
  })
  test('waits for what these wait for in turn: the consumers of a stream, a new source', () => {
    const before = account(ALL, {
      S: { subjects: ['s'] },
      old: { subjects: ['o'], consumers: { c: {} } },
    })
    const after = account(
      { ...ALL, maxBytesRequired: true },
      { S: { sources: [{ stream: 'T' }], maxBytes: '1MiB' }, T: { subjects: ['t'], maxBytes: '1MiB' } },
    )
    const steps = waits(before, after)
    expect(steps['reload 1']?.toSorted()).toEqual(['create T', 'delete c', 'delete old', 'update S'])
    expect(steps).toMatchObject({ 'create T': [], 'update S': ['create T'], 'delete old': ['delete c'] })
  })
  test.each([
    ['storageStreamBytes', 'file'],
    ['memoryStreamBytes', 'memory'],
  ])('%s waits for streams of storage %s only', (name, storage) => {
    const streams = (bytes: string) => ({
      S: { subjects: ['s'], storage, maxBytes: bytes, replicas: 1 },
      other: { subjects: ['o'], storage: storage === 'file' ? 'memory' : 'file', maxBytes: bytes, replicas: 1 },
    })
    const steps = waits(account(ALL, streams('3MiB')), account({ ...ALL, [name]: '2MiB' }, streams('2MiB')))
    expect(steps).toMatchObject({
      'reload 1': ['update S'],
      'update S': [],
      'update other': ['reload 1', 'configure A'],
    })
    const room = waits(account(ALL, streams('3MiB')), account({ ...ALL, [name]: '3MiB' }, streams('2MiB')))
    expect(room).toMatchObject({ 'reload 1': [] })
  })
  test('maxAckPending waits for consumers, also those that never said it', () => {
    const streams = (more: object) => ({
      S: { subjects: ['s'], consumers: { usual: {}, none: { ack: 'none' }, ...more } },
    })
    const before = account(ALL, streams({ few: { maxAckPending: 9 } }))
    const after = account({ ...ALL, maxAckPending: 9 }, streams({ few: { maxAckPending: 8 } }))
    expect(waits(before, after)).toMatchObject({
      'reload 1': ['update usual'],
      'update usual': [],
      'update few': ['reload 1'],
    })
  })
  test('is refused while something that is not in the spec is beyond it', () => {
    const theirs = { subjects: ['t'], maxBytes: '3MiB', consumers: { c: {} } }
    const before = account(ALL, { theirs, free: { subjects: ['f'] } })
    const after = (jetstream: object) =>
      account({ ...ALL, ...jetstream }, { free: { subjects: ['f'], maxBytes: '1MiB' } })
    expect(summaries(before, after({ maxBytesRequired: true }))).toEqual([])
    expect(summaries(before, after({ storageStreamBytes: '1MiB' }))).toEqual([
      [
        'accounts.A.jetstream.storageStreamBytes',
        'stream theirs, which is not in the spec, may have 3MiB, more than 1MiB: servers would not load it when they start',
      ],
    ])
    expect(summaries(before, after({ maxAckPending: 999 }))).toMatchObject([
      ['accounts.A.jetstream.maxAckPending', expect.stringMatching(/^consumer theirs\/c, .* 1000 .* more than 999/)],
    ])
  })
})

describe('while members are down', () => {
  const refused = (before: object, after: object, stopped = true) => {
    const was = account({ ...ALL, ...before }, {})
    const allocation = allocationOf(was)
    const [node] = nats.nodes(was, allocation)
    const spec = account({ ...ALL, ...after }, {})
    const seen = { allocation, files: { 'server-1': filesOf(node) }, stopped }
    return nats.refuse(seen, { spec, layout: nats.layout(spec) }).map(({ path }) => path.join('.'))
  }
  test('no limit becomes tighter: they would start with it', () => {
    expect(refused({}, { maxBytesRequired: true })).toEqual(['accounts.A.jetstream.maxBytesRequired'])
    expect(refused({ storageStreamBytes: '3MiB' }, { storageStreamBytes: '2MiB', maxAckPending: 3 })).toEqual([
      'accounts.A.jetstream.storageStreamBytes',
      'accounts.A.jetstream.maxAckPending',
    ])
    expect(refused({}, { memoryStreamBytes: '3MiB' })).toEqual(['accounts.A.jetstream.memoryStreamBytes'])
  })
  test('it may become wider, and others change as they like', () => {
    expect(refused({ maxBytesRequired: true, maxAckPending: 3 }, { streams: 7 })).toEqual([])
    expect(refused({ storageStreamBytes: '3MiB' }, { storageStreamBytes: '3MiB' })).toEqual([])
    expect(refused({}, { maxBytesRequired: true }, false)).toEqual([])
  })
})
