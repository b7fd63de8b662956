import { type Document, isAlias, isMap, isPair, isScalar, isSeq, type Node, type Scalar } from 'yaml'
import type { Dict } from '../model/json.ts'
import { printable, quoted } from './print.ts'
import type { Report } from './report.ts'
import { type At, printPlace } from './source.ts'
import { readScalar, substitute } from './substitute.ts'
import { MAX_DEPTH } from './syntax.ts'
import type { SpecText } from './text.ts'
import type { Entry, ScalarTree, Tree } from './tree.ts'

/** Values of one document, those of an alias counted at each use: a larger tree is a bomb, not a spec. */
const MAX_VALUES = 1_000_000

const CORE_TAGS = new Set([
  '!',
  ...['str', 'int', 'float', 'bool', 'null', 'map', 'seq'].map((tag) => `tag:yaml.org,2002:${tag}`),
])

/** A finished subtree, with what its use costs. */
type Built = { readonly tree: Tree; readonly values: number; readonly height: number }

/**
 * Turns a YAML document into a tree: aliases and merge keys resolved, substitutions made, keys turned to text. `env` null:
 * somebody else's file, in which `${` is text.
 */
export function composeTree(
  document: Document.Parsed,
  file: SpecText,
  env: Dict<string | undefined> | null,
  report: Report,
): Tree {
  const composer = new TreeComposer(file, env, report)
  return composer.build(document.contents).tree
}

class TreeComposer {
  // null: open, so that an alias to it would be endless.
  readonly #anchors = new Map<string, Built | null>()
  readonly #file: SpecText
  readonly #env: Dict<string | undefined> | null
  readonly #report: Report
  #values = 0
  #tooDeep = false

  constructor(file: SpecText, env: Dict<string | undefined> | null, report: Report) {
    this.#file = file
    this.#env = env
    this.#report = report
  }

  build(node: Node | null): Built {
    const at = this.#at(node)
    if (!isAlias(node) && node?.tag !== undefined && !CORE_TAGS.has(node.tag)) {
      this.#add(at, 'TAG', `the tag ${quoted(node.tag)} has no meaning here`, 'remove it: mqops reads plain YAML 1.2')
      return this.#broken(at)
    }
    if (isAlias(node)) return this.#alias(node.source, at)
    const anchor = isMap(node) || isSeq(node) || isScalar(node) ? node.anchor : undefined
    if (anchor !== undefined) this.#anchors.set(anchor, null)
    const built = isMap(node)
      ? this.#map(node.items, at)
      : isSeq(node)
        ? this.#list(node.items, at)
        : this.#scalar(node, at)
    if (anchor !== undefined) this.#anchors.set(anchor, built)
    return built
  }

  #alias(name: string, at: At): Built {
    const target = this.#anchors.get(name)
    if (target && this.#spend(target.values, at)) return target
    if (target === null) this.#add(at, 'SYNTAX', `*${printable(name)} stands inside what it names`)
    if (target === undefined)
      this.#add(
        at,
        'SYNTAX',
        `*${printable(name)} names no anchor above it`,
        `mark what it shall repeat with &${printable(name)}`,
      )
    return this.#broken(at)
  }

  #list(items: readonly unknown[], at: At): Built {
    const built = items.map((item) => this.build((isPair(item) ? null : item) as Node | null))
    return this.#collection({ is: 'list', ...at, items: built.map(({ tree }) => tree) }, built)
  }

  #map(pairs: readonly { key: unknown; value: unknown }[], at: At): Built {
    const own = new Map<string, Entry>()
    const merged = new Map<string, Entry>()
    const built: Built[] = []
    for (const { key, value } of pairs) {
      if (isScalar(key) && key.type === 'PLAIN' && key.value === '<<') {
        this.#merge(value as Node | null, merged, built)
        continue
      }
      const keyAt = this.#at(key as Node | null)
      const name = this.#key(key as Node | null, keyAt)
      // A value that was left out has no place of its own.
      const inner = this.build((value ?? null) as Node | null)
      built.push(inner)
      if (name === null) continue
      const before = own.get(name)
      if (before) {
        const first = printPlace(before.keyAt)
        this.#add(
          keyAt,
          'DUPLICATE',
          `the key ${quoted(name)} is given twice in one map`,
          'keep one of them',
          `first at ${first}`,
        )
        continue
      }
      own.set(name, { keyAt, value: value === null ? { ...inner.tree, ...keyAt } : inner.tree })
    }
    const entries = merged.size === 0 ? own : new Map([...merged, ...own])
    return this.#collection({ is: 'map', ...at, entries }, built)
  }

  /** https://yaml.org/type/merge.html: own keys win, then the earlier of several. */
  #merge(node: Node | null, into: Map<string, Entry>, built: Built[]) {
    const source = this.build(node)
    const maps = source.tree.is === 'list' ? source.tree.items : [source.tree]
    for (const map of maps) {
      if (map.is === 'map') {
        if (!this.#spend(map.entries.size, map)) return
        for (const [key, entry] of map.entries) if (!into.has(key)) into.set(key, entry)
      } else if (map.is !== 'scalar' || !map.broken) {
        this.#add(
          this.#at(node),
          'SYNTAX',
          'a merge key (<<) takes a map or a list of maps',
          'quote it if it is a name: "<<"',
        )
      }
    }
    built.push(source)
  }

  /** Keys are text: a topic may be called 2024 or true. */
  #key(node: Node | null, at: At): string | null {
    let text: string | undefined
    if (isAlias(node)) {
      const target = this.#anchors.get(node.source)
      if (target?.tree.is === 'scalar' && target.tree.value !== null) text = String(target.tree.value)
    } else if (isScalar(node)) {
      text = node.type === 'PLAIN' ? (node.source ?? '') : String(node.value)
      if (node.anchor !== undefined)
        this.#anchors.set(node.anchor, { tree: { is: 'scalar', ...at, value: text }, values: 1, height: 1 })
      if (text === '' && node.type === 'PLAIN') {
        this.#add(at, 'SYNTAX', 'a key is missing before this ":"')
        return null
      }
    }
    if (text === undefined)
      this.#add(at, 'TYPE', 'a key must be text, not a map, a list or an unknown alias', 'quote it if it is a name')
    if (text === '__proto__') this.#add(at, 'VALUE', "__proto__ can't be a name")
    return text === undefined || text === '__proto__' ? null : text
  }

  #scalar(node: Scalar | Node | null, at: At): Built {
    if (!this.#spend(1, at)) return this.#broken(at)
    const value = isScalar(node) ? node.value : null
    if (typeof value === 'string') return this.#leaf(this.#text(value, (node as Scalar).type === 'PLAIN', at))
    if (typeof value === 'number' && !isExact(value)) {
      const written = printable((node as Scalar).source ?? String(value))
      this.#add(at, 'VALUE', `the number ${written} can't be kept exactly`, `quote it: "${written}"`)
      return this.#broken(at)
    }
    return this.#leaf({ is: 'scalar', ...at, value: (value ?? null) as ScalarTree['value'] })
  }

  #text(written: string, plain: boolean, at: At): ScalarTree {
    if (this.#env === null || !written.includes('${')) return { is: 'scalar', ...at, value: written }
    const result = substitute(written, this.#env)
    if (result.is === 'wrong') {
      this.#add(at, 'ENV', result.summary, result.hint)
      return { is: 'scalar', ...at, value: null, broken: true }
    }
    const { text, whole, changed } = result
    if (!changed) return { is: 'scalar', ...at, value: text }
    const typed = readScalar(text)
    const asTyped = plain && whole
    return {
      is: 'scalar',
      ...at,
      value: asTyped ? typed : text,
      substituted: { other: asTyped ? text : typed, written },
    }
  }

  #collection(tree: Tree, inside: readonly Built[]): Built {
    const height = inside.reduce((most, { height }) => Math.max(most, height), 0) + 1
    if (height > MAX_DEPTH) {
      if (!this.#tooDeep) this.#add(tree, 'TOO_DEEP', `nested deeper than ${MAX_DEPTH} levels, aliases counted`)
      this.#tooDeep = true
      return this.#broken(tree)
    }
    if (!this.#spend(1, tree)) return this.#broken(tree)
    return { tree, values: inside.reduce((sum, { values }) => sum + values, 1), height }
  }

  /** False when there is too much already; said once. */
  #spend(values: number, at: At): boolean {
    const before = this.#values
    this.#values += values
    if (this.#values <= MAX_VALUES) return true
    if (before <= MAX_VALUES) {
      const summary = `more than ${MAX_VALUES} values in one document, aliases counted at each use`
      this.#add(at, 'BOMB', summary, 'split the document; a spec needs no such aliases')
    }
    return false
  }

  #leaf = (tree: ScalarTree): Built => ({ tree, values: 1, height: 1 })
  #broken = (at: At): Built => this.#leaf({ is: 'scalar', file: at.file, offset: at.offset, value: null, broken: true })
  #at = (node: Node | null): At => ({ file: this.#file, offset: node?.range?.[0] ?? 0 })

  #add(at: At, code: string, summary: string, hint?: string, detail?: string) {
    this.#report.add(at, `MQOPS_SPEC_${code}`, summary, { hint, detail })
  }
}

const isExact = (value: number) => Number.isFinite(value) && (!Number.isInteger(value) || Number.isSafeInteger(value))
