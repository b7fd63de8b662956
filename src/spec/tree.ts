import type { Json } from '../model/json.ts'
import type { At } from './source.ts'

/**
 * YAML as values that know where they stand, each with its own file: an override's values keep the place in their own
 * file. Aliases share subtrees, so that a tree may be larger than its text.
 */
export type Tree = ScalarTree | MapTree | ListTree

export type ScalarTree = At & {
  readonly is: 'scalar'
  readonly value: null | boolean | number | string
  /** Of a value that came from a substitution: the other reading (text or number), and the text in the file. */
  readonly substituted?: { readonly other: null | boolean | number | string; readonly written: string }
  /** Wrong, and already reported. */
  readonly broken?: true
}
export type MapTree = At & { readonly is: 'map'; readonly entries: ReadonlyMap<string, Entry> }
export type ListTree = At & { readonly is: 'list'; readonly items: readonly Tree[] }
export type Entry = { readonly keyAt: At; readonly value: Tree }

export type Path = readonly (string | number)[]

/** What stands at a path, and the place of its key; where nothing stands, the nearest thing around it. */
export function lookUp(tree: Tree, path: Path): { readonly tree: Tree; readonly keyAt: At; readonly found: boolean } {
  let here: { tree: Tree; keyAt: At } = { tree, keyAt: tree }
  for (const part of path) {
    const next = child(here.tree, part)
    if (next === undefined) return { ...here, found: false }
    here = next
  }
  return { ...here, found: true }
}

function child(tree: Tree, part: string | number): { tree: Tree; keyAt: At } | undefined {
  if (tree.is === 'map') {
    const entry = tree.entries.get(String(part))
    return entry && { tree: entry.value, keyAt: entry.keyAt }
  }
  const item = tree.is === 'list' ? tree.items[Number(part)] : undefined
  return item && { tree: item, keyAt: item }
}

/** The value without places. Scalars in `swapped` are read the other way. */
export function toJson(tree: Tree, swapped: ReadonlySet<Tree> = new Set()): Json {
  if (tree.is === 'scalar') return tree.substituted && swapped.has(tree) ? tree.substituted.other : tree.value
  if (tree.is === 'list') return tree.items.map((item) => toJson(item, swapped))
  const object: Record<string, Json> = {}
  for (const [key, { value }] of tree.entries) {
    object[key] = key === 'secretRef' && value.is === 'map' ? secretReference(value, swapped) : toJson(value, swapped)
  }
  return object
}

/** A file is named relative to the file that names it, which an override in another folder need not share. */
function secretReference(tree: MapTree, swapped: ReadonlySet<Tree>): Json {
  const { file, ...rest } = Object.fromEntries(
    [...tree.entries].map(([key, { value }]) => [key, toJson(value, swapped)]),
  )
  const at = tree.entries.get('file')?.value
  if (at === undefined || typeof file !== 'string' || file === '') return file === undefined ? rest : { ...rest, file }
  return { ...rest, file: absolute(at.file.folder, file) }
}

/** As path.resolve: '.' and '..' are text, links are not followed. */
export function absolute(folder: string, path: string): string {
  const parts: string[] = []
  for (const part of (path.startsWith('/') ? path : `${folder}/${path}`).split('/')) {
    if (part === '..') parts.pop()
    else if (part !== '' && part !== '.') parts.push(part)
  }
  return `/${parts.join('/')}`
}
