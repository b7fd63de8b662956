import { describe, expect, it } from 'vitest'
import { timeOf, topicOf } from '../../../src/cli/offsets-ask.ts'
import { cli } from './support.ts'
import { asked, m } from './offsets-support.ts'

const NOW = Date.UTC(2026, 10, 25, 6)
const at = (text: string) => new Date(timeOf(text, NOW, m)).toISOString()

describe('times', () => {
  it.each([
    ['2026-11-25T04:00:00Z', '2026-11-25T04:00:00.000Z'],
    ['2026-11-25 04:00 utc', '2026-11-25T04:00:00.000Z'],
    ['2026-11-25T12:00:00.25+08:00', '2026-11-25T04:00:00.250Z'],
    ['2026-11-24T23:00-0500', '2026-11-25T04:00:00.000Z'],
    ['2h', '2026-11-25T04:00:00.000Z'],
    ['1d 12h ago', '2026-11-23T18:00:00.000Z'],
  ])('%s', (text, moment) => expect(at(text)).toBe(moment))

  it.each(['2026-11-25T04:00', '2026-02-30T04:00Z', '2026-11-25', '4am', '2026-11-25T25:00Z', '1764043200', ''])(
    '%j is refused',
    (text) => expect(() => at(text)).toThrow(/no moment/),
  )

  it('without a zone the hint says how to give one', async () => {
    const { err, code } = await cli(['offsets', 'orders', 'billing', '--to-time', '2026-11-25 04:00'])
    expect([code, err]).toEqual([64, expect.stringMatching(/time zone: 2026-11-25T04:00Z/)])
  })
})

describe('topics', () => {
  it('whole, single partitions and ranges', () => {
    expect(topicOf('a.b', m)).toEqual({ topic: 'a.b', partitions: null })
    expect(topicOf('a:3,0-2,2', m)).toEqual({ topic: 'a', partitions: [3, 0, 1, 2] })
  })
  it.each(['', ':1', 'a:', 'a:2-1', 'a:x', 'a:1,', 'a:0-999999'])('%j is refused', (text) =>
    expect(() => topicOf(text, m)).toThrow(/names no topic/),
  )
})

describe('what is asked for', () => {
  it.each([
    [['--to', 'earliest'], { to: 'earliest' }],
    [['--to-offset', '42'], { to: 'offset', offset: 42 }],
    [['--shift', '-100'], { to: 'shift', by: -100 }],
    [['--shift', '+7'], { to: 'shift', by: 7 }],
    [['--to-time', '2026-11-25T04:00:00Z'], { to: 'time', at: Date.UTC(2026, 10, 25, 4) }],
  ])('%j', async (flags, target) => {
    const { app, asks } = asked()
    await cli(['offsets', 'orders', 'billing', ...flags, '--topic', 'a', '--topic', 'b:1', '--plan-only'], { app })
    expect(asks).toEqual([
      {
        group: 'billing',
        topics: [
          { topic: 'a', partitions: null },
          { topic: 'b', partitions: [1] },
        ],
        target,
      },
    ])
  })

  it.each([
    [['--to', 'latest', '--shift', '1'], /only one of/],
    [['--to-offset', '-1'], /whole number/],
    [['--shift', '1.5'], /whole number/],
    [['--shift', '99999999999999999999'], /whole number/],
    [['--to', 'middle'], /earliest, latest/],
    [['--plan-only'], /--plan-only needs to know where/],
    [['--out', 'x'], /--out needs to know where/],
  ])('%j is a usage error, and nothing is asked', async (flags, words) => {
    const { code, err } = await cli(['offsets', 'orders', 'billing', ...flags])
    expect([code, err]).toEqual([64, expect.stringMatching(words)])
  })

  it('a target without a group is a usage error', async () => {
    expect((await cli(['offsets', 'orders', '--to', 'latest'])).err).toMatch(/GROUP is missing/)
  })
})
