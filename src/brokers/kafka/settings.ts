import type { Dict } from '../../model/json.ts'
import { parseDuration, parsePercentage, parseSize } from '../../model/units.ts'

/** A setting as people write it in YAML; one of the broker's own names stands before it. */
export type Scalar = string | number | boolean

export type Setting = {
  readonly type: 'boolean' | 'string' | 'int' | 'long' | 'short' | 'double' | 'list'
  /** cluster: a default for all brokers, changed while they run. static: in server.properties. */
  readonly mode: 'cluster' | 'static'
  readonly min?: number
  readonly max?: number
  readonly also?: number // one value outside the range: -1 for "the codec's own"
  readonly oneOf?: readonly string[]
  /** Kafka's own, as its brokers tell it. Left out: none, or one that is made of other settings. */
  readonly default?: string
}

/** Rows of 'name type [cluster|static] [min..max|also or a|b|c] [=default]'. */
export function parseSettings(table: string): Dict<Setting> {
  const rows = table.split('\n').filter((row) => row !== '')
  return Object.fromEntries(
    rows.map((row) => {
      const [name, type, ...rest] = row.split(' ')
      const last = rest.at(-1)?.startsWith('=') ? { default: rest.pop()?.slice(1) as string } : {}
      const mode = rest[0] === 'cluster' || rest[0] === 'static' ? rest.shift() : 'static'
      return [name as string, { type, mode, ...parseValid(rest[0]), ...last } as Setting]
    }),
  )
}

function parseValid(text: string | undefined): Partial<Setting> {
  if (text === undefined) return {}
  const range = /^(-?[\d.]+?)\.\.(-?[\d.]+)?(?:\|(-?\d+))?$/.exec(text)
  if (!range) return { oneOf: text.split('|') }
  const [, min, max, also] = range
  return { min: Number(min), ...(max ? { max: Number(max) } : {}), ...(also ? { also: Number(also) } : {}) }
}

/** What a setting may be, for people: 'int from 1 to 9, or -1', 'text: gzip | zstd', with how it is changed. */
export function printSetting({ type, mode, min, max, also, oneOf }: Setting): string {
  const range = min === undefined ? '' : max === undefined ? `, at least ${min}` : ` from ${min} to ${max}`
  return [
    type === 'string' ? 'text' : type,
    oneOf ? `: ${oneOf.join(' | ')}` : range,
    also === undefined ? '' : `, or ${also}`,
    mode === 'cluster' ? ' (changed while brokers run)' : '',
  ].join('')
}

/** '7d' of `retention.ms` -> 604800000, '1GiB' of `retention.bytes` -> 1073741824; null: neither that nor a number. */
export function readUnits(name: string, text: string): number | string | null {
  if (/^-?\d+(\.\d+)?$/.test(text)) return scalar(text) as number | string
  if (name.endsWith('.ms')) return parseDuration(text)
  if (name.endsWith('.ratio')) return parsePercentage(text)
  if (/(^|\.)bytes(\.|$)|\.size$/.test(name)) return parseSize(text)
  return text
}

/**
 * One form for each value, so that '1' and 1, "true" and true, and what the broker says are the same. Numbers that a
 * double can't hold exactly stay text.
 */
export function scalar(value: Scalar): Scalar {
  if (typeof value !== 'string') return value
  if (value === 'true' || value === 'false') return value === 'true'
  if (!/^-?\d+(\.\d+)?([eE]-?\d+)?$/.test(value)) return value
  const number = Number(value)
  return Number.isInteger(number) && !Number.isSafeInteger(number) ? value : number
}

/** Lists have no order: 'compact,delete' is 'delete,compact'. Doubles are written in many ways: 1.0E9 is 1000000000. */
export function canonicalSetting(name: string, value: Scalar, table: Dict<Setting>): Scalar {
  if (table[name]?.type === 'double') return Number(value)
  if (table[name]?.type !== 'list' || typeof value !== 'string') return scalar(value)
  return value
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .sort()
    .join(',')
}

/** What is wrong with a value, in words; null when the broker will take it. */
export function problemOf(setting: Setting, value: Scalar): string | null {
  const { type, oneOf } = setting
  if (typeof value === 'string' && /[\n\r\0]|\$\{/.test(value)) return 'must be one line without ${'
  if (typeof value === 'number' && !Number.isSafeInteger(value) && type !== 'double') {
    return Number.isInteger(value) ? 'is no exact whole number here: write it in quotes' : 'must be a whole number'
  }
  if (type === 'boolean') return typeof scalar(value) === 'boolean' ? null : 'must be true or false'
  if (type === 'string' || type === 'list') {
    if (oneOf === undefined) return null
    const parts =
      type === 'list'
        ? String(value)
            .split(',')
            .map((part) => part.trim())
        : [String(value)]
    const wrong = parts.find((part) => !oneOf.some((known) => known.toLowerCase() === part.toLowerCase()))
    return wrong === undefined ? null : `"${wrong}" is not one of ${oneOf.join(', ')}`
  }
  return problemOfNumber(setting, value)
}

const LIMITS: Dict<bigint> = { short: 2n ** 15n, int: 2n ** 31n, long: 2n ** 63n }

function problemOfNumber({ type, min, max, also }: Setting, value: Scalar): string | null {
  const text = String(value)
  if (type === 'double' ? !/^-?\d+(\.\d+)?([eE][+-]?\d+)?$/.test(text) : !/^-?\d+$/.test(text)) {
    return type === 'double'
      ? 'must be a number'
      : 'must be a whole number, a duration (for .ms) or a size (for .bytes)'
  }
  const limit = LIMITS[type]
  if (limit !== undefined && (BigInt(text) >= limit || BigInt(text) < -limit)) return `does not fit a ${type}`
  const number = Number(text)
  if (number === also) return null
  if (min !== undefined && number < min) return `must be at least ${min}`
  if (max !== undefined && number > max) return `must be at most ${max}`
  return null
}

/** Settings that mqops writes itself, and why they can't stand in `config`. */
const OWNED: readonly (readonly [RegExp, string])[] = [
  [
    /^(node|broker)\.id$|^process\.roles$|^controller\.quorum\.(voters|bootstrap\.servers|auto\.join\.enable)$|^controller\.listener\.names$/,
    'mqops writes it from members and pools',
  ],
  [
    /^listeners$|^(advertised|early\.start)\.listeners$|^inter\.broker\.listener\.name$|^listener\.|^port$|^host\.name$/,
    'mqops writes it from the ports that the target allots',
  ],
  [/^log\.dirs?$|^metadata\.log\.dir$|^cordoned\.log\.dirs$/, 'mqops gives each member its data folder'],
  [
    /^(ssl|sasl|security)\.|^authorizer\.|^super\.users$|^allow\.everyone\.if\.no\.acl\.found$|^principal\.builder\.class$|^delegation\.token\.secret\.key$|^password\./,
    'security is set by security.tls and users',
  ],
  [
    /^config\.providers|\.class(\.name)?$|^(kafka\.)?metrics?\.(metrics\.)?reporters$/,
    'it names classes that the distribution does not have',
  ],
  [/\.replication\.throttled\.replicas$/, 'throttles belong to whoever moves replicas'],
]

/** Of one broker alone: set and taken away by whoever moves replicas. */
export const isBrokersThrottle = (name: string): boolean => /\.throttled\.(rate|replicas)$/.test(name)

export const ownedBecause = (name: string): string | null => OWNED.find(([pattern]) => pattern.test(name))?.[1] ?? null
