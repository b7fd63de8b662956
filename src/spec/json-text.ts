import { quoted } from './print.ts'
import type { Report } from './report.ts'
import { type At, printPlace } from './source.ts'
import type { SpecText } from './text.ts'
import type { Entry, Tree } from './tree.ts'

/** RFC 8259. Exports have tens of megabytes, for which a YAML parser would take half a minute. */

const MAX_DEPTH = 64
const MAX_VALUES = 10_000_000

/** Carries the place out of the recursion. */
class Broken extends Error {
  readonly offset: number
  constructor(offset: number, message: string) {
    super(message)
    this.offset = offset
  }
}

/**
 * The values of a text, one behind the other, with their places; null where it is no JSON, which is reported. A key that
 * stands twice in one map is reported too, and the first one holds.
 */
export function parseJson(file: SpecText, report: Report): readonly Tree[] | null {
  const reader = new Reader(file, report)
  try {
    return reader.all()
  } catch (error) {
    if (!(error instanceof Broken)) throw error
    report.add({ file, offset: error.offset }, 'MQOPS_SPEC_SYNTAX', `JSON: ${error.message}`)
    return null
  }
}

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y
const BLANK = /[ \t\n\r]*/y
const WORDS = [
  ['true', true],
  ['false', false],
  ['null', null],
] as const

class Reader {
  readonly #file: SpecText
  readonly #text: string
  readonly #report: Report
  #at = 0
  #values = 0

  constructor(file: SpecText, report: Report) {
    this.#file = file
    this.#text = file.text
    this.#report = report
  }

  all(): readonly Tree[] {
    const found: Tree[] = []
    for (this.#skip(); this.#at < this.#text.length; this.#skip()) found.push(this.#value(1))
    return found
  }

  #value(depth: number): Tree {
    const at = this.#place()
    if (++this.#values > MAX_VALUES) throw new Broken(this.#at, `more than ${MAX_VALUES} values`)
    if (depth > MAX_DEPTH) throw new Broken(this.#at, `nested deeper than ${MAX_DEPTH} levels`)
    const first = this.#text[this.#at]
    if (first === '{') return this.#map(at, depth)
    if (first === '[') return this.#list(at, depth)
    if (first === '"') return { is: 'scalar', ...at, value: this.#string() }
    for (const [word, value] of WORDS)
      if (this.#text.startsWith(word, this.#at)) {
        this.#at += word.length
        return { is: 'scalar', ...at, value }
      }
    NUMBER.lastIndex = this.#at
    const number = NUMBER.exec(this.#text)?.[0]
    if (number === undefined) throw new Broken(this.#at, `expected a value, got ${this.#here()}`)
    this.#at += number.length
    return { is: 'scalar', ...at, value: Number(number) }
  }

  #map(at: At, depth: number): Tree {
    const entries = new Map<string, Entry>()
    this.#items('}', () => {
      const keyAt = this.#place()
      if (this.#text[this.#at] !== '"')
        throw new Broken(this.#at, `expected a key in double quotes, got ${this.#here()}`)
      const key = this.#string()
      this.#skip()
      if (this.#text[this.#at] !== ':') throw new Broken(this.#at, `expected : after the key, got ${this.#here()}`)
      this.#at += 1
      this.#skip()
      const value = this.#value(depth + 1)
      const before = entries.get(key)
      if (before)
        this.#report.add(keyAt, 'MQOPS_SPEC_DUPLICATE', `the key ${quoted(key)} is given twice in one map`, {
          detail: `first at ${printPlace(before.keyAt)}`,
          hint: 'keep one of them',
        })
      else if (key === '__proto__') this.#report.add(keyAt, 'MQOPS_SPEC_VALUE', "__proto__ can't be a name")
      else entries.set(key, { keyAt, value })
    })
    return { is: 'map', ...at, entries }
  }

  #list(at: At, depth: number): Tree {
    const items: Tree[] = []
    this.#items(']', () => items.push(this.#value(depth + 1)))
    return { is: 'list', ...at, items }
  }

  /** From the opening mark to behind the closing one. */
  #items(end: string, item: () => void): void {
    const opened = this.#at
    this.#at += 1
    this.#skip()
    if (this.#text[this.#at] === end) {
      this.#at += 1
      return
    }
    for (;;) {
      item()
      this.#skip()
      const mark = this.#text[this.#at]
      if (mark === undefined)
        throw new Broken(opened, `the ${end} that closes this is missing: the text ends before it`)
      if (mark !== ',' && mark !== end) throw new Broken(this.#at, `expected , or ${end}, got ${this.#here()}`)
      this.#at += 1
      if (mark === end) return
      this.#skip()
      if (this.#text[this.#at] === end) throw new Broken(this.#at, `a , stands before this ${end}`)
    }
  }

  #string(): string {
    const from = this.#at
    let to = from + 1
    for (; this.#text[to] !== '"'; to++) {
      const character = this.#text.charCodeAt(to)
      if (Number.isNaN(character)) throw new Broken(from, 'the closing " is missing')
      if (character < 0x20) throw new Broken(to, 'a line break or control character stands in a text')
      if (character === 0x5c) to += 1
    }
    this.#at = to + 1
    try {
      return JSON.parse(this.#text.slice(from, to + 1)) as string
    } catch {
      throw new Broken(from, 'a backslash in this text means nothing')
    }
  }

  #skip(): void {
    BLANK.lastIndex = this.#at
    this.#at += BLANK.exec(this.#text)?.[0].length ?? 0
  }

  #place = (): At => ({ file: this.#file, offset: this.#at })
  #here = (): string => (this.#at >= this.#text.length ? 'the end of the text' : quoted(this.#text[this.#at] as string))
}
