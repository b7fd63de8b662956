import { parseDuration } from '../model/units.ts'
import type { OffsetsAsk } from './application.ts'
import { usage } from './failures.ts'
import type { Messages } from './messages/index.ts'
import type { Options } from './parser.ts'

/** What the flags of `mqops offsets` ask for. Each throws MQOPS_USAGE for what it can't read. */

/** null: nothing is to be set. `now` in ms since the epoch. */
export function targetOf(options: Options, now: number, m: Messages): OffsetsAsk['target'] | null {
  const { to, toTime, toOffset, shift } = options
  const given = [to, toTime, toOffset, shift].filter((value) => value !== undefined)
  if (given.length > 1) throw usage(m.usage.oneOf('--to, --to-time, --to-offset, --shift'))
  if (to !== undefined) return { to }
  if (toTime !== undefined) return { to: 'time', at: timeOf(toTime, now, m) }
  if (toOffset !== undefined) return { to: 'offset', offset: wholeNumber(toOffset, /^\d+$/, '--to-offset', m) }
  if (shift !== undefined) return { to: 'shift', by: wholeNumber(shift, /^[+-]?\d+$/, '--shift', m) }
  return null
}

function wholeNumber(text: string, pattern: RegExp, option: string, m: Messages): number {
  const value = Number(text)
  if (pattern.test(text) && Number.isSafeInteger(value)) return value
  throw usage(m.usage.badNumber(text, option))
}

const TIME = /^(\d{4})-(\d\d)-(\d\d)[T ](\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?) ?(Z|UTC|[+-]\d\d:?\d\d)?$/i

/** '2h', '1d ago', '2026-11-25T04:00:00Z', '2026-11-25 12:00+08:00'. Without a zone nobody knows which hour is meant. */
export function timeOf(text: string, now: number, m: Messages): number {
  const ago = parseDuration(text.replace(/\s*ago$/, '').replaceAll(' ', ''))
  if (ago !== null) return now - ago
  const [, year, month, day, clock, zone] = TIME.exec(text.trim()) ?? []
  if (clock !== undefined && zone === undefined)
    throw usage(m.offsets.badTime(text), m.offsets.timeZoneHint(`${text.replace(' ', 'T')}Z`))
  const offset = /^(Z|UTC)$/i.test(zone ?? '') ? 'Z' : zone?.replace(/^([+-]\d\d)(\d\d)$/, '$1:$2')
  const at = Date.parse(`${year}-${month}-${day}T${clock}${offset}`)
  const exists = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day))).getUTCDate() === Number(day)
  if (Number.isNaN(at) || !exists) throw usage(m.offsets.badTime(text), m.offsets.timeHint)
  return at
}

const MOST_PARTITIONS = 100_000

/** 'orders', 'orders:0,3', 'orders:0-5': a topic's name holds no colon. */
export function topicOf(text: string, m: Messages): OffsetsAsk['topics'][number] {
  const colon = text.lastIndexOf(':')
  if (colon < 0 && text !== '') return { topic: text, partitions: null }
  const topic = text.slice(0, Math.max(0, colon))
  const partitions = text
    .slice(colon + 1)
    .split(',')
    .flatMap((part) => {
      const [, from, to] = /^(\d{1,6})(?:-(\d{1,6}))?$/.exec(part) ?? []
      const [first, last] = [Number(from), Number(to ?? from)]
      if (topic === '' || from === undefined || last < first || last > MOST_PARTITIONS)
        throw usage(m.offsets.badTopic(text), m.offsets.topicHint)
      return Array.from({ length: last - first + 1 }, (_, i) => first + i)
    })
  return { topic, partitions: [...new Set(partitions)] }
}
