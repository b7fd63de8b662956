import type { Dict } from '../model/json.ts'
import {
  BRACE,
  CLOSE,
  COLON,
  COMMA,
  DASH,
  giveUp,
  HASH,
  isGap,
  isGivenUp,
  OPEN,
  QUOTE,
  quotedAt,
  SINGLE,
  SPACE,
  startsWord,
  typed,
  UNBRACE,
  wordEnd,
} from './plain-words.ts'
import type { At } from './source.ts'
import { readScalar, substitute } from './substitute.ts'
import type { SpecText } from './text.ts'
import type { Entry, MapTree, ScalarTree, Tree } from './tree.ts'

/**
 * Reads files of the simple YAML that specs are made of, some twenty times as fast as the whole of YAML: maps and lists
 * in blocks, those in { } and [ ] on one line, values on one line, comments. Gives up (null) on anything else, and on
 * whatever might be wrong: then the YAML library reads the file, and says what it is. What it does read is the same
 * tree, with the same places (test/unit/spec/plain.test.ts compares them).
 */
export function readPlain(file: SpecText, env: Dict<string | undefined>): readonly MapTree[] | null {
  try {
    return new PlainReader(file, env).documents()
  } catch (error) {
    if (isGivenUp(error)) return null
    throw error
  }
}

/** More is for the library to judge, which has limits on it. */
const MAX_VALUES = 1_000_000
const MAX_DEPTH = 60
const MAX_KEY = 1000

class PlainReader {
  readonly #file: SpecText
  readonly #text: string
  readonly #env: Dict<string | undefined>
  /** Of the line that is looked at: where it and its first word begin, where it ends. */
  #line = 0
  #from = 0
  #end = -1
  /** Columns before its first word; -1: the document is over. */
  #indent = -1
  #over = false
  #values = 0
  #depth = 0

  constructor(file: SpecText, env: Dict<string | undefined>) {
    this.#file = file
    this.#text = file.text
    this.#env = env
  }

  documents(): readonly MapTree[] {
    const documents: MapTree[] = []
    this.#next()
    while (!this.#over) {
      // Between two documents, or before the first one.
      if (this.#indent === -1) this.#next()
      if (this.#indent !== 0 || this.#isItem()) giveUp()
      documents.push(this.#map(0))
      if (this.#indent !== -1) giveUp()
    }
    return documents.length > 0 ? documents : giveUp()
  }

  /** Goes to the next line that says something. */
  #next(): void {
    const text = this.#text
    for (;;) {
      if (this.#end >= text.length) {
        this.#indent = -1
        this.#over = true
        return
      }
      this.#line = this.#end + 1
      const newline = text.indexOf('\n', this.#line)
      this.#end = newline === -1 ? text.length : newline
      let from = this.#line
      while (text.charCodeAt(from) === SPACE) from += 1
      if (from >= this.#end || text.charCodeAt(from) === HASH) continue
      this.#from = from
      this.#indent = from - this.#line
      if (this.#indent === 0 && text.startsWith('...', from)) giveUp()
      if (this.#indent === 0 && text.startsWith('---', from)) {
        if (!this.#isBlank(from + 3)) giveUp()
        this.#indent = -1
      }
      return
    }
  }

  /** Nothing more than blanks or a comment from here to the end of the line. */
  #isBlank(from: number): boolean {
    let at = from
    while (this.#text.charCodeAt(at) === SPACE) at += 1
    if (at >= this.#end) return true
    return this.#text.charCodeAt(at) === HASH && at > from
  }

  #isItem(): boolean {
    return this.#text.charCodeAt(this.#from) === DASH && isGap(this.#text, this.#from + 1, this.#end)
  }

  #inside<T extends Tree>(build: () => T): T {
    this.#depth += 1
    if (this.#depth > MAX_DEPTH) giveUp()
    const tree = build()
    this.#depth -= 1
    this.#count()
    return tree
  }

  #count(): void {
    this.#values += 1
    if (this.#values > MAX_VALUES) giveUp()
  }

  #block(): Tree {
    return this.#isItem() ? this.#list(this.#indent) : this.#map(this.#indent)
  }

  #map(indent: number): MapTree {
    return this.#inside(() => {
      const at = this.#at(this.#from)
      const entries = new Map<string, Entry>()
      while (this.#indent === indent && !this.#isItem()) {
        const key = this.#key(this.#from, false) ?? giveUp()
        this.#set(entries, key.text, { keyAt: key.at, value: this.#mapValue(key, indent) })
      }
      if (this.#indent > indent) giveUp()
      return { is: 'map', ...at, entries }
    })
  }

  #mapValue(key: Key, indent: number): Tree {
    if (!this.#isBlank(key.end)) return this.#inline(this.#skip(key.end), indent)
    this.#next()
    if (this.#indent > indent) return this.#block()
    if (this.#indent === indent && this.#isItem()) return this.#list(indent)
    this.#count()
    return { is: 'scalar', ...this.#at(this.#skip(key.end)), value: null }
  }

  #list(indent: number): Tree {
    return this.#inside(() => {
      const at = this.#at(this.#from)
      const items: Tree[] = []
      while (this.#indent === indent && this.#isItem()) {
        if (this.#isBlank(this.#from + 1)) giveUp()
        const from = this.#skip(this.#from + 1)
        if (this.#key(from, false)) {
          // A map that begins behind the dash goes on in its column.
          this.#from = from
          this.#indent = from - this.#line
          items.push(this.#map(this.#indent))
        } else items.push(this.#inline(from, indent))
      }
      if (this.#indent > indent) giveUp()
      return { is: 'list', ...at, items }
    })
  }

  /** A value on this line; what follows it deeper in would be its continuation. */
  #inline(from: number, indent: number): Tree {
    const { tree, end } = this.#value(from, false)
    if (!this.#isBlank(end)) giveUp()
    this.#next()
    if (this.#indent > indent) giveUp()
    return tree
  }

  #value(from: number, flow: boolean): { readonly tree: Tree; readonly end: number } {
    const first = this.#text.charCodeAt(from)
    if (first === BRACE) return this.#flowMap(from)
    if (first === OPEN) return this.#flowList(from)
    this.#count()
    if (first === QUOTE || first === SINGLE) {
      const { text, end } = quotedAt(this.#text, from, this.#end)
      return { tree: this.#scalar(text, false, from), end }
    }
    const end = wordEnd(this.#text, from, this.#end, flow)
    if (this.#text.charCodeAt(end) === COLON) giveUp()
    return { tree: this.#scalar(this.#text.slice(from, end), true, from), end }
  }

  #flowMap(from: number): { readonly tree: MapTree; readonly end: number } {
    const entries = new Map<string, Entry>()
    let end = from
    const tree = this.#inside<MapTree>(() => {
      end = this.#flow(from, UNBRACE, (at) => {
        const key = this.#key(at, true) ?? giveUp()
        const value = this.#value(this.#skip(key.end), true)
        this.#set(entries, key.text, { keyAt: key.at, value: value.tree })
        return value.end
      })
      return { is: 'map', ...this.#at(from), entries }
    })
    return { tree, end }
  }

  #flowList(from: number): { readonly tree: Tree; readonly end: number } {
    const items: Tree[] = []
    let end = from
    const tree = this.#inside<Tree>(() => {
      end = this.#flow(from, CLOSE, (at) => {
        const item = this.#value(at, true)
        items.push(item.tree)
        return item.end
      })
      return { is: 'list', ...this.#at(from), items }
    })
    return { tree, end }
  }

  /** What stands between two brackets; `take` reads one part and says where it ends. Returns where all of it does. */
  #flow(from: number, close: number, take: (at: number) => number): number {
    let end = this.#skip(from + 1)
    if (this.#text.charCodeAt(end) === close) return end + 1
    for (;;) {
      end = this.#skip(take(end))
      if (this.#text.charCodeAt(end) !== COMMA) break
      end = this.#skip(end + 1)
    }
    return this.#text.charCodeAt(end) === close ? end + 1 : giveUp()
  }

  /** A key and its colon; `end`: behind it. Null: this is none. */
  #key(from: number, flow: boolean): Key | null {
    const first = this.#text.charCodeAt(from)
    const isQuoted = first === QUOTE || first === SINGLE
    if (!isQuoted && !startsWord(this.#text, from)) return null
    const quoted = isQuoted ? quotedAt(this.#text, from, this.#end) : null
    const end = quoted ? quoted.end : wordEnd(this.#text, from, this.#end, flow)
    if (this.#text.charCodeAt(end) !== COLON || !isGap(this.#text, end + 1, this.#end)) return null
    const text = quoted ? quoted.text : this.#text.slice(from, end)
    if (text === '' || text === '__proto__' || end - from > MAX_KEY) giveUp()
    return { text, at: this.#at(from), end: end + 1 }
  }

  #scalar(text: string, plain: boolean, from: number): ScalarTree {
    const at = this.#at(from)
    if (!text.includes('${')) return { is: 'scalar', ...at, value: plain ? typed(text) : text }
    const result = substitute(text, this.#env)
    if (result.is === 'wrong') return giveUp()
    if (!result.changed) return { is: 'scalar', ...at, value: result.text }
    const read = readScalar(result.text)
    const asTyped = plain && result.whole
    const [value, other] = asTyped ? [read, result.text] : [result.text, read]
    return { is: 'scalar', ...at, value, substituted: { other, written: text } }
  }

  #set(entries: Map<string, Entry>, key: string, entry: Entry): void {
    if (entries.has(key)) giveUp()
    entries.set(key, entry)
  }

  #skip(from: number): number {
    let at = from
    while (this.#text.charCodeAt(at) === SPACE) at += 1
    return at
  }

  #at(offset: number): At {
    return { file: this.#file, offset }
  }
}

type Key = { readonly text: string; readonly at: At; readonly end: number }
