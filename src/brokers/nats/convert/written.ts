import type { Json, JsonObject } from '../../../model/json.ts'
import { printDuration } from '../../../model/units.ts'

/** Fields of streams, buckets and consumers that are milliseconds, wherever they stand. */
const DURATIONS = new Set([
  'maxAge',
  'duplicateWindow',
  'deleteMarkerTtl',
  'ttl',
  'limitMarkerTtl',
  'ackWait',
  'backoff',
  'inactiveThreshold',
  'maxRequestExpires',
  'idleHeartbeat',
  'timeout',
])

/** Normalised fields as people write them: a schema reads durations as text. */
export const asWritten = (fields: JsonObject): JsonObject =>
  Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [name, name === 'metadata' ? value : write(name, value)]),
  )

function write(name: string, value: Json): Json {
  if (typeof value === 'number') return DURATIONS.has(name) ? printDuration(value) : value
  if (Array.isArray(value)) return value.map((one: Json) => write(name, one))
  return typeof value === 'object' && value !== null ? asWritten(value as JsonObject) : value
}
