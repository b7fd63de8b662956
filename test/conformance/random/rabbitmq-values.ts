import type fc from 'fast-check'
import type { Json } from '../../../src/model/json.ts'
import { constantFrom } from './arbitraries.ts'

/** Values that several of RabbitMQ's kinds have. */

/** The largest whole number that JSON carries exactly. */
export const LARGE = 2 ** 53 - 1
/** What expires sooner would go while the suite looks. */
export const HOUR = 3_600_000
/** Milliseconds that Erlang's timers take. */
const LONGEST = 2 ** 32 - 1

export const key = constantFrom('', '#', 'a.*.b', 'ünï ✓', 'k'.repeat(255), '1')
export const number = (least: number): fc.Arbitrary<Json> => constantFrom<Json>(least, least + 1, 100_000, LARGE)
export const timer = (least: number): fc.Arbitrary<Json> => constantFrom<Json>(least, 2 * HOUR, LONGEST)
