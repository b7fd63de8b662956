import fc from 'fast-check'
import type { Json, JsonObject } from '../../../src/model/json.ts'

/** What the generators of all brokers' specs share. */

/** So many times the things of CI in one spec, to try many changes with one apply. */
export const WIDTH = Number(process.env['MQOPS_RANDOM_WIDTH'] ?? 1)

/** Each of the names, then each again with _2, _3 … up to the width; `longest` in UTF-16 units. */
export const wide = (names: readonly string[], longest = Number.POSITIVE_INFINITY): readonly string[] =>
  Array.from({ length: WIDTH }, (_, i) => (i === 0 ? '' : `_${i + 1}`)).flatMap((end) =>
    names.map((name) => `${name.slice(0, longest - end.length)}${end}`),
  )

export type Some<T> = fc.Arbitrary<T | undefined>
export const { constant, constantFrom, boolean, integer } = fc

/** Now and then: one time in `often`. */
export const rarely = <T>(often: number, arbitrary: fc.Arbitrary<T>): Some<T> =>
  fc.oneof({ weight: often - 1, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary })

/** Each field one time in three; one that is `undefined` is not there. */
export const sparse = (fields: Readonly<Record<string, fc.Arbitrary<Json | undefined>>>): fc.Arbitrary<JsonObject> =>
  exactly(Object.fromEntries(Object.entries(fields).map(([name, of]) => [name, rarely(3, of)])))

/** Every field; one that is `undefined` is not there. */
export const exactly = (fields: Readonly<Record<string, fc.Arbitrary<Json | undefined>>>): fc.Arbitrary<JsonObject> =>
  fc.record(fields).map(defined)

export const defined = (fields: Readonly<Record<string, Json | undefined>>): JsonObject =>
  Object.fromEntries(Object.entries(fields).filter((part): part is [string, Json] => part[1] !== undefined))

/** Some of these names, each with something of its own. */
export const mapOf = (
  names: readonly string[],
  most: number,
  of: (name: string, index: number) => fc.Arbitrary<Json>,
  least = 0,
): fc.Arbitrary<JsonObject> =>
  fc
    .subarray([...names.entries()], { minLength: least, maxLength: Math.min(most, names.length) })
    .chain((some) => fc.record(Object.fromEntries(some.map(([index, name]) => [name, of(name, index)]))))
    .map((all) => ({ ...all }))

export const someOf = <T>(values: readonly T[], least = 1, most = values.length): fc.Arbitrary<readonly T[]> =>
  fc.subarray([...values], { minLength: Math.min(least, values.length), maxLength: Math.min(most, values.length) })

/** Mostly small, sometimes an end of the range. */
export const count = (least: number, most: number): fc.Arbitrary<number> =>
  fc.oneof(
    { weight: 4, arbitrary: fc.integer({ min: least, max: Math.min(most, least + 100) }) },
    { weight: 1, arbitrary: fc.constantFrom(least, most) },
  )

export const map = <T extends Json>(value: Json | undefined): Readonly<Record<string, T>> =>
  (value ?? {}) as unknown as Readonly<Record<string, T>>
