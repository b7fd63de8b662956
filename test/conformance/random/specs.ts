import type fc from 'fast-check'
import type { JsonObject } from '../../../src/model/json.ts'

/** Random specs of one broker: the fields of `spec:`, of every kind. */
export type RandomSpecs = {
  readonly broker: string
  /** A cluster with nothing in it. */
  readonly first: JsonObject
  /** All from the same few names, so that two of them share some. */
  readonly any: fc.Arbitrary<JsonObject>
  /** `after`, without what a plan from `before` rightly refuses. */
  possible(before: JsonObject, after: JsonObject): JsonObject
  /** Secrets that they refer to. */
  readonly env: Readonly<Record<string, string>>
  /** So many in CI. */
  readonly runs: number
}
