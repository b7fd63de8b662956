import type { Json } from '../model/json.ts'
import type { ForeignItem, ForeignPath } from '../ports/foreign.ts'
import { API_VERSION } from './schema.ts'
import { type At, printPlace } from './source.ts'
import { type Entry, lookUp, type MapTree, type Tree } from './tree.ts'

/** An item that is left out, and why. */
export type Dropped = { readonly what: string; readonly why: string; readonly hint?: string; readonly place: At }

export type Owner = { readonly item: ForeignItem; readonly path: ForeignPath }
type Inside = Map<string, Entry> | Tree[]

/** The tree of a document in which each value stands where it stands in the foreign file. */
export class AssembledTree {
  /** By place: every place of the tree is an object of its own. */
  readonly owners = new Map<At, Owner>()
  readonly duplicates: Dropped[] = []
  readonly #trees: readonly Tree[]
  readonly #gone: ReadonlySet<ForeignItem>
  readonly #spec: MapTree
  readonly #placed = new Map<string, ForeignItem>()
  /** Of the maps and lists made here: to be added to. */
  readonly #open = new Map<Tree, Inside>()

  constructor(trees: readonly Tree[], gone: ReadonlySet<ForeignItem>) {
    this.#trees = trees
    this.#gone = gone
    this.#spec = this.#map(trees[0] as Tree, undefined, new Map())
  }

  document(kind: string, name: string): MapTree {
    const at = this.#trees[0] as Tree
    const scalar = (value: string): Entry => ({
      keyAt: { ...placeOf(at) },
      value: { is: 'scalar', ...placeOf(at), value },
    })
    const metadata: MapTree = { is: 'map', ...placeOf(at), entries: new Map([['name', scalar(name)]]) }
    return {
      is: 'map',
      ...placeOf(at),
      entries: new Map<string, Entry>([
        ['apiVersion', scalar(API_VERSION)],
        ['kind', scalar(kind)],
        ['metadata', { keyAt: placeOf(at), value: metadata }],
        ['spec', { keyAt: placeOf(at), value: this.#spec }],
      ]),
    }
  }

  place(item: ForeignItem, above: ForeignPath = []): void {
    if (this.#gone.has(item)) return
    const path = [...above, ...item.path]
    const source = lookUp(this.#trees[item.at.document] as Tree, item.at.path)
    const parent = this.#parent(item.append ? path : path.slice(0, -1), source.keyAt, item, path)
    if (item.append) {
      const list = this.#open.get(parent) as Tree[]
      const whole = [...path, list.length]
      list.push(this.#value(item.value, source.found ? source.tree : undefined, source.keyAt, { item, path: whole }))
      for (const part of item.parts ?? []) this.place(part, whole)
      return
    }
    const entries = this.#open.get(parent) as Map<string, Entry>
    const key = String(path.at(-1))
    const text = JSON.stringify(path)
    const before = this.#placed.get(text)
    if (before) {
      const first = lookUp(this.#trees[before.at.document] as Tree, before.at.path).keyAt
      this.duplicates.push({
        what: item.what,
        why: `left out: it stands at ${printPlace(first)} already`,
        place: source.keyAt,
      })
      return
    }
    this.#placed.set(text, item)
    const owner = { item, path }
    const value = this.#value(item.value, source.found ? source.tree : undefined, source.keyAt, owner)
    // A part that came first has made an empty map of it.
    entries.set(key, { keyAt: this.#own(source.keyAt, owner), value })
    for (const part of item.parts ?? []) this.place(part, path)
  }

  /** The map at a path, or the list; made where there is none, and then the item's that it is made for. */
  #parent(path: ForeignPath, at: At, item: ForeignItem, whole: ForeignPath): Tree {
    let here: Tree = this.#spec
    for (const [i, step] of path.entries()) {
      const inside = this.#open.get(here) as Inside
      const next: Tree | undefined = Array.isArray(inside) ? inside[Number(step)] : inside.get(String(step))?.value
      if (next) {
        here = next
        continue
      }
      const owner = { item, path: whole }
      const made: Tree =
        item.append && i === path.length - 1 ? this.#list(at, owner, []) : this.#map(at, owner, new Map())
      ;(inside as Map<string, Entry>).set(String(step), { keyAt: this.#own(at, owner), value: made })
      here = made
    }
    return here
  }

  /** `source`: the same value in the foreign file, where that has its shape. */
  #value(value: Json, source: Tree | undefined, near: At, owner: Owner): Tree {
    const at = source ?? near
    if (Array.isArray(value)) {
      const items = value.map((one: Json, i) =>
        this.#value(one, source?.is === 'list' ? source.items[i] : undefined, at, owner),
      )
      return this.#list(at, owner, items)
    }
    if (typeof value === 'object' && value !== null) {
      const entries = new Map<string, Entry>()
      for (const [key, one] of Object.entries(value)) {
        const inner = source?.is === 'map' ? source.entries.get(key) : undefined
        entries.set(key, {
          keyAt: this.#own(inner?.keyAt ?? at, owner),
          value: this.#value(one, inner?.value, inner?.keyAt ?? at, owner),
        })
      }
      return this.#map(at, owner, entries)
    }
    return this.#keep({ is: 'scalar', ...placeOf(at), value }, owner)
  }

  #map(at: At, owner: Owner | undefined, entries: Map<string, Entry>): MapTree {
    const tree = this.#keep<MapTree>({ is: 'map', ...placeOf(at), entries }, owner)
    this.#open.set(tree, entries)
    return tree
  }

  #list(at: At, owner: Owner | undefined, items: Tree[]): Tree {
    const tree = this.#keep<Tree>({ is: 'list', ...placeOf(at), items }, owner)
    this.#open.set(tree, items)
    return tree
  }

  #own = (at: At, owner: Owner | undefined): At => this.#keep(placeOf(at), owner)

  #keep<T extends At>(at: T, owner: Owner | undefined): T {
    if (owner) this.owners.set(at, owner)
    return at
  }
}

const placeOf = ({ file, offset }: At): At => ({ file, offset })
