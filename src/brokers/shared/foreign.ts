import type { Json, JsonObject } from '../../model/json.ts'
import type { ForeignItem, ForeignNote, ForeignPath, ForeignPlace } from '../../ports/foreign.ts'
import { variableFor } from './import.ts'

/** What the readers of foreign formats share. */

/** Collects what is not carried over; shared by all values of one reading. */
export class Notes {
  readonly all: ForeignNote[] = []
  readonly #said = new Set<string>()

  add(at: ForeignPlace, what: string, why: string, hint?: string): void {
    this.all.push({ at, what, why, ...(hint === undefined ? {} : { hint }) })
  }

  /** What may stand at each of thousands, and weighs little: told of the first alone. */
  once(at: ForeignPlace, what: string, why: string, hint?: string): void {
    if (!this.#said.has(what)) this.add(at, what, why, hint)
    this.#said.add(what)
  }
}

/** Of a map that went through Erlang's terms. */
const isEmptyList = (value: Json | undefined): boolean => Array.isArray(value) && value.length === 0

const isMap = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

export const mapOf = (value: Json | undefined): JsonObject => (isMap(value) ? value : {})
/** Text, or nothing where it is none. */
export const textOf = (value: Json | undefined): string => (typeof value === 'string' ? value : '')

export const hasKeys = (value: Json, ...names: readonly string[]): value is JsonObject =>
  isMap(value) && names.every((name) => Object.hasOwn(value, name))

/**
 * A map of a foreign file while it is read. Every key must be asked for or ignored by name; `end` reports the others, so
 * that nothing is dropped in silence. A value of the wrong type is reported and read as nothing.
 */
export class Reading {
  readonly #value: JsonObject
  readonly #asked = new Set<string>()
  readonly #notes: Notes
  /** How people call it: 'queue shop/orders'. */
  what: string
  readonly at: ForeignPlace

  constructor(value: Json | undefined, at: ForeignPlace, what: string, notes: Notes) {
    if (value !== undefined && value !== null && !isMap(value) && !isEmptyList(value))
      notes.add(at, what, `expected a map, got ${typeName(value)}`)
    this.#value = mapOf(value)
    this.#notes = notes
    this.at = at
    this.what = what
  }

  place(...path: ForeignPath): ForeignPlace {
    return { document: this.at.document, path: [...this.at.path, ...path] }
  }

  has(name: string): boolean {
    return Object.hasOwn(this.#value, name)
  }

  /** Any value; undefined where there is none. null counts as none: other tools write it so. */
  any(name: string): Json | undefined {
    this.#asked.add(name)
    return this.#value[name] ?? undefined
  }

  text(name: string): string | undefined {
    return this.#typed(name, 'text', (value): value is string => typeof value === 'string')
  }

  /** Text, or a number or flag as text: YAML of people is loose with quotes. */
  word(name: string): string | undefined {
    const value = this.#typed(name, 'text', isScalar)
    return value === undefined ? undefined : String(value)
  }

  /** A number, or text that is one. */
  number(name: string): number | undefined {
    const value = this.#typed(name, 'a number', (one): one is number | string => isNumber(one))
    return value === undefined ? undefined : Number(value)
  }

  flag(name: string): boolean | undefined {
    return this.#typed(name, 'true or false', (value): value is boolean => typeof value === 'boolean')
  }

  /** A map inside; an empty one where there is none. */
  map(name: string, what = this.what): Reading {
    return new Reading(this.any(name), this.place(name), what, this.#notes)
  }

  /** The maps of a list inside. */
  maps(name: string, what: string): readonly Reading[] {
    return this.list(name).map((one, i) => new Reading(one, this.place(name, i), what, this.#notes))
  }

  /** A map of any values; an empty one where there is none. */
  table(name: string): JsonObject {
    const value = this.any(name)
    if (isEmptyList(value)) return {}
    return this.#typed(name, 'a map', isMap) ?? {}
  }

  list(name: string): readonly Json[] {
    return this.#typed(name, 'a list', (value): value is readonly Json[] => Array.isArray(value)) ?? []
  }

  words(name: string): readonly string[] {
    return this.list(name).flatMap((one, i) => {
      if (isScalar(one)) return [String(one)]
      this.#notes.add(this.place(name, i), this.what, `expected text, got ${typeName(one)}`)
      return []
    })
  }

  keys(): readonly string[] {
    return Object.keys(this.#value)
  }

  /** Known, and of no meaning for a spec: what the tool or the server keeps for itself. */
  ignore(...names: readonly string[]): void {
    for (const name of names) this.#asked.add(name)
  }

  /** Known, and not to be had here. Does nothing where it is not given. */
  leave(name: string, why: string, hint?: string): void {
    if (this.any(name) !== undefined) this.note(`"${name}" is left out: ${why}`, hint, name)
  }

  /** As `leave`, for what may stand at each of thousands: `all` is how people call them together. */
  leaveAll(name: string, all: string, why: string, hint?: string): void {
    if (this.any(name) !== undefined) this.#notes.once(this.place(name), all, `left out: ${why}`, hint)
  }

  note(why: string, hint?: string, ...path: ForeignPath): void {
    this.#notes.add(this.place(...path), this.what, why, hint)
  }

  /** To be called last: reports every key that nobody asked for. */
  end(): void {
    for (const name of Object.keys(this.#value))
      if (!this.#asked.has(name)) this.note(`"${name}" is left out: it is not known here`, undefined, name)
  }

  #typed<T extends Json>(name: string, expected: string, test: (value: Json) => value is T): T | undefined {
    const value = this.any(name)
    if (value === undefined || test(value)) return value
    this.note(`"${name}": expected ${expected}, got ${typeName(value)}`, undefined, name)
    return undefined
  }
}

const isScalar = (value: Json): value is string | number | boolean =>
  ['string', 'number', 'boolean'].includes(typeof value)
const isNumber = (value: Json): boolean =>
  typeof value === 'number' || (typeof value === 'string' && /^-?\d+(\.\d+)?$/.test(value.trim()))
const typeName = (value: Json): string =>
  value === null
    ? 'nothing'
    : Array.isArray(value)
      ? 'a list'
      : typeof value === 'object'
        ? 'a map'
        : `${typeof value === 'string' ? 'text' : `the ${typeof value}`} ${JSON.stringify(value)}`

/** Without what is not given. */
export const given = <T extends object>(fields: T): JsonObject =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))

/** A part of its item: every one is judged, and left out, by itself. */
export const part = (what: string, path: ForeignPath, value: Json, at: ForeignPlace): ForeignItem => ({
  what,
  path,
  value,
  at,
})

/** A password that no file may hold: a variable to be set. */
export const passwordVariable = (cluster: string, user: string): { readonly secretRef: { readonly env: string } } => ({
  secretRef: { env: variableFor(cluster, user, 'PASSWORD') },
})
