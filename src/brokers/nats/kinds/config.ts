import type { Dict, Json } from '../../../model/json.ts'
import { same } from '../../../model/json.ts'
import type { FieldChange } from '../../../model/plan.ts'
import { printDuration, printSize } from '../../../model/units.ts'

/** Parts that the normal forms of streams and consumers share. */

export type Config = Dict<unknown>

const NS_PER_MS = 1_000_000

/** Milliseconds of a spec to the server's nanoseconds. Exact: a double holds every multiple of 1 ms up to 18 years. */
export function nanoseconds(ms: number): number
export function nanoseconds(ms: number | undefined): number | undefined
export function nanoseconds(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : ms * NS_PER_MS
}

export const sorted = (list: readonly string[] | undefined): readonly string[] => [...(list ?? [])].sort()

/** Labels that the server writes itself (`_nats.level` …) are no configuration. */
export const ownMetadata = (metadata: Config | undefined): Dict<Json> =>
  Object.fromEntries(Object.entries(metadata ?? {}).filter(([name]) => !name.startsWith('_nats.'))) as Dict<Json>

/** Without fields that mean nothing (null, '', 0, false, [], {}), names in order; undefined when nothing is left. */
export function compact(value: unknown): Json | undefined {
  if (Array.isArray(value)) return value.length === 0 ? undefined : value.map((item) => compact(item) ?? null)
  if (typeof value !== 'object' || value === null)
    return value === undefined || value === null || value === '' || value === 0 || value === false
      ? undefined
      : (value as Json)
  const parts = Object.entries(value).flatMap(([name, part]) => {
    const small = compact(part)
    return small === undefined ? [] : [[name, small] as const]
  })
  return parts.length === 0 ? undefined : Object.fromEntries(parts.sort(([a], [b]) => (a < b ? -1 : 1)))
}

/**
 * What is sent: only fields that say something. The server fills in the rest, and an older one refuses names that it does
 * not know even when they are false.
 */
export const wire = (value: Dict<Json>): Dict<Json> =>
  Object.fromEntries(
    Object.entries(value).filter(
      ([, part]) =>
        part !== null && part !== '' && part !== 0 && part !== false && !(Array.isArray(part) && part.length === 0),
    ),
  )

const NANOSECONDS = [
  'max_age',
  'duplicate_window',
  'subject_delete_marker_ttl',
  'ack_wait',
  'idle_heartbeat',
  'max_expires',
  'inactive_threshold',
  'priority_timeout',
]
const BYTES = ['max_bytes', 'max_msg_size', 'memory', 'storage', 'payload', 'memoryStreamBytes', 'storageStreamBytes']

/** A value as people write it: 7d and 10MiB in place of nanoseconds and bytes. */
function readable(field: string, value: Json): Json {
  if (Array.isArray(value) && field === 'backoff') return value.map((pause) => readable('ack_wait', pause))
  if (typeof value !== 'number') return value
  if (value === -1) return 'unlimited'
  if (NANOSECONDS.includes(field)) return value === 0 ? 0 : printDuration(Math.round(value / NS_PER_MS))
  return BYTES.includes(field) ? printSize(value) : value
}

/** Names of fields that differ, by the server's own names. */
export const changedFields = (have: Dict<Json>, want: Dict<Json>): readonly string[] =>
  Object.keys(want)
    .filter((name) => !same(have[name], want[name]))
    .sort()

/** Field by field, for people. */
export const fieldChanges = (have: Dict<Json>, want: Dict<Json>): readonly FieldChange[] =>
  changedFields(have, want).map((field) => ({
    field,
    from: readable(field, have[field] ?? null),
    to: readable(field, want[field] as Json),
  }))

/** What a create sets beyond the defaults, for people. */
export const setFields = (value: Dict<Json>, defaults: Dict<Json>): readonly FieldChange[] =>
  changedFields(defaults, value).map((field) => ({ field, to: readable(field, value[field] as Json) }))

export const pick = (value: Dict<Json>, names: readonly string[]): Dict<Json> =>
  Object.fromEntries(names.map((name) => [name, value[name] ?? null]))
