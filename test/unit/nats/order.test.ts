import { describe, expect, test } from 'vitest'
import { planned } from './planned.ts'
import { specOf } from './support.ts'

/** What the server refuses of one resource as long as another one is as it was. */

const streams = (of: object, more: object = {}) => specOf({ accounts: { A: { streams: of, ...more } } })
const S = (consumers: object, stream: object = {}) => streams({ S: { subjects: ['s.>'], ...stream, consumers } })
const queue = (consumers: object) => S(consumers, { retention: 'workqueue' })

/** What each step waits for, what has nothing to wait for left out. */
const waits = (...[before, after, made]: Parameters<typeof planned>) => {
  const { steps, failures } = planned(before, after, made)
  expect(failures).toEqual([])
  const short = (text = ''): string => text.split(' ').slice(0, 2).join(' ')
  return Object.fromEntries(
    steps.flatMap(([step, ...needs]) => (needs.length === 0 ? [] : [[short(step), needs.map(short)]])),
  )
}

test('a copy waits for what is copied, unless that lives in another account, be it of its own name', () => {
  const copies = streams({ COPY: { mirror: { stream: 'S' } }, S: { subjects: ['s'] } })
  expect(waits(streams({}), copies)).toEqual({ 'create COPY': ['create S'] })
  const far = streams({
    S: { mirror: { stream: 'S', api: 'JS.B.API' } },
    T: { sources: [{ stream: 'S', api: 'JS.B.API' }] },
  })
  expect(waits(streams({}), far)).toEqual({})
})

describe('a subject that moves', () => {
  test('is let go by the one before the other takes it', () => {
    const before = streams({ B: { subjects: ['o.>'] }, A: { subjects: ['a'] } })
    const after = streams({ B: { subjects: ['o.b'] }, A: { subjects: ['a', 'o.a'] }, C: { subjects: ['o.c'] } })
    expect(waits(before, after)).toEqual({ 'update A': ['update B'], 'create C': ['update B'] })
  })
  test('comes from one that is made anew, or from a bucket', () => {
    const before = streams({ B: { subjects: ['o.>'], storage: 'file' } }, { kv: { b: {} } })
    const after = streams({
      B: { subjects: ['b'], storage: 'memory' },
      A: { subjects: ['o.a'] },
      K: { subjects: ['$KV.b.>'] },
    })
    expect(waits(before, after)).toEqual({
      'create B': ['delete B'],
      'create A': ['delete B'],
      'create K': ['delete b'],
    })
  })
  test('to where it is copied from: that order gives way', () => {
    const before = streams({ ALL: { subjects: ['o.>'] } })
    const after = streams({ ALL: { sources: [{ stream: 'EU' }] }, EU: { subjects: ['o.eu'] } })
    expect(waits(before, after)).toEqual({ 'create EU': ['update ALL'] })
  })
  test('in a ring is refused: who should begin?', () => {
    const before = streams({ A: { subjects: ['a'] }, B: { subjects: ['b'] } })
    const after = streams({ A: { subjects: ['b'] }, B: { subjects: ['a'] }, C: { subjects: ['c'] } })
    expect(planned(before, after).failures).toMatchObject([
      { code: 'MQOPS_SPEC_IMPOSSIBLE', path: ['accounts', 'A', 'streams', 'A', 'subjects'] },
      { code: 'MQOPS_SPEC_IMPOSSIBLE', path: ['accounts', 'A', 'streams', 'B', 'subjects'] },
    ])
  })
})

describe('an account with a limit of streams', () => {
  const limited = (of: object, more: object = {}) => streams(of, { jetstream: { streams: 2 }, ...more })
  test('makes new ones when old ones have gone', () => {
    const before = limited({ A: { subjects: ['a'] } }, { kv: { b: {} } })
    const after = limited({ A: { subjects: ['a'] }, C: { subjects: ['c'] } })
    expect(waits(before, after)).toEqual({ 'create C': ['delete b'] })
    expect(waits(streams({ A: { subjects: ['a'] } }), streams({ C: { subjects: ['c'] } }))).toEqual({})
  })
  test('counts what stays beside what goes', () => {
    const before = limited({ A: { subjects: ['a'] }, theirs: { subjects: ['t'] } })
    const after = limited({ C: { subjects: ['c'] } })
    expect(waits(before, after, (local) => !local.includes('theirs'))).toEqual({ 'create C': ['delete A'] })
  })
  test('counts those that the spec does not have', () => {
    const before = limited({ A: { subjects: ['a'] }, theirs: { subjects: ['t'] } })
    const after = limited({ A: { subjects: ['a'] }, C: { subjects: ['c'] } })
    expect(planned(before, after, (local) => !local.includes('theirs')).failures).toMatchObject([
      { summary: expect.stringMatching(/may have 2 .* the spec has 2, and 1 more is there, theirs/) },
    ])
  })
})

describe('an account with a limit of storage', () => {
  const limited = (of: object) => streams(of, { jetstream: { storage: '900MiB' } })
  const stream = (name: string, maxBytes?: string) => ({ subjects: [name], ...(maxBytes ? { maxBytes } : {}) })
  test('reserves more when others have given up', () => {
    const before = limited({ A: stream('a', '200MiB'), B: stream('b'), old: stream('o', '90MiB') })
    const after = limited({ A: stream('a', '100MiB'), B: stream('b', '100MiB'), C: stream('c', '90MiB') })
    expect(waits(before, after)).toEqual({
      'update B': ['update A', 'delete old'],
      'create C': ['update A', 'delete old'],
    })
    const room = limited({ A: stream('a', '100MiB'), B: stream('b', '10MiB') })
    expect(waits(limited({ A: stream('a', '200MiB'), B: stream('b') }), room)).toEqual({})
  })
  test('counts what the spec does not have', () => {
    const { failures } = planned(
      limited({ theirs: stream('t', '200MiB') }),
      limited({ A: stream('a', '200MiB') }),
      (local) => !/theirs/.test(local),
    )
    expect(failures).toMatchObject([{ summary: expect.stringMatching(/may reserve 900MiB .* 600MiB, .* theirs/) }])
  })
})

describe('consumers', () => {
  test('of a work queue take a filter when the other has let it go', () => {
    const before = queue({ a: { filter: 's.a' }, b: { filter: 's.b' }, gone: { filter: 's.c' } })
    const after = queue({ a: { filter: 's.x' }, b: { filter: 's.b' }, c: { filter: 's.c' }, d: { filter: 's.a' } })
    expect(waits(before, after)).toEqual({ 'create c': ['delete gone'], 'create d': ['update a'] })
  })
  test('of another stream share what they like', () => {
    const before = S({ a: { filter: 's.a' } })
    expect(waits(before, S({ a: { filter: 's.b' }, b: { filter: 's.a' } }))).toEqual({})
  })
  test('of a work queue may not have what one that the spec does not have has', () => {
    const { failures } = planned(
      queue({ theirs: {} }),
      queue({ c: { filter: 's.c' } }),
      (local) => !/theirs/.test(local),
    )
    expect(failures).toMatchObject([{ summary: expect.stringMatching(/^"s\.c" overlaps ">" of consumer theirs/) }])
  })
  test('of a stream with a limit of them are made when old ones have gone', () => {
    expect(waits(S({ a: {} }, { maxConsumers: 1 }), S({ b: {} }, { maxConsumers: 1 }))).toEqual({
      'create b': ['delete a'],
    })
    expect(waits(S({ a: {} }), S({ b: {} }))).toEqual({})
    const theirs = planned(S({ theirs: {} }, { maxConsumers: 1 }), S({ b: {} }, { maxConsumers: 1 }), (local) =>
      local.startsWith('stream'),
    )
    expect(theirs.failures).toMatchObject([{ summary: expect.stringMatching(/may have 1 consumers.*theirs/) }])
  })
})

test('a stream is kept by interest when the consumers that wait for its messages are there', () => {
  const { steps } = planned(S({ old: {} }), S({ old: {}, new: {} }, { retention: 'interest', description: 'd' }))
  expect(steps.map(([step = '', ...needs]) => [step.slice(0, 20), needs.length])).toEqual([
    ['update S description', 0],
    ['update S retention', 2],
    ['create new ack_wait ', 1],
  ])
  expect(planned(S({}, { retention: 'interest' }), S({})).steps).toEqual([['update S retention']])
})
