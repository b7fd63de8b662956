import { quoted } from './print.ts'
import type { Report } from './report.ts'
import { printPlace } from './source.ts'
import { lookUp, type MapTree, type Path, type Tree } from './tree.ts'

/** One cluster as its documents say together: the first one and the overrides of later files. */
export type Cluster = {
  readonly kind: string
  readonly name: string | null
  readonly tree: MapTree
  readonly teams?: true
}

/** Kind and name of a document, as far as it has them. */
export function identity(tree: Tree): {
  readonly kind: string | null
  readonly name: string | null
  /** Of a team's document: the cluster that it adds to. */
  readonly cluster: string | null
} {
  const text = (path: Path): string | null => {
    const here = lookUp(tree, path)
    return here.found && here.tree.is === 'scalar' && typeof here.tree.value === 'string' ? here.tree.value : null
  }
  return { kind: text(['kind']), name: text(['metadata', 'name']), cluster: text(['metadata', 'cluster']) }
}

/**
 * Joins documents of one kind and name; those of later files win. Twice in one file, or one name for two kinds, is a
 * mistake. Documents without a name stay alone: they are wrong, and validating says so.
 */
export function joinDocuments(documents: readonly MapTree[], report: Report): readonly Cluster[] {
  const named = new Map<string, Cluster & { readonly last: MapTree }>()
  const clusters: Cluster[] = []
  for (const tree of documents) {
    const { kind, name } = identity(tree)
    if (kind === null) continue
    const before = name === null ? undefined : named.get(name)
    if (name === null || before === undefined) {
      if (name === null) clusters.push({ kind, name, tree })
      else named.set(name, { kind, name, tree, last: tree })
    } else if (before.kind !== kind || before.last.file === tree.file) {
      const at = lookUp(tree, ['metadata', 'name']).tree
      const first = printPlace(lookUp(before.last, ['metadata', 'name']).tree)
      const same = before.kind === kind
      report.add(
        at,
        'MQOPS_SPEC_DUPLICATE',
        `the name ${quoted(name)} is taken by ${same ? `another ${kind}` : before.kind}`,
        {
          detail: `first at ${first}`,
          hint: same
            ? 'names are unique; a later file (-f) may override a document, the same file may not'
            : 'names are unique across brokers',
        },
      )
    } else {
      named.set(name, { ...before, tree: mergeMaps(before.tree, tree, []), last: tree })
    }
  }
  return [...clusters, ...named.values()]
}

/**
 * `over` wins. Maps are merged key by key; scalars and lists replace. So do `spec.target` and secret references, which
 * are a choice of one: half of the old choice beside the new one would be two.
 */
export function mergeTrees(under: Tree, over: Tree, path: readonly string[] = []): Tree {
  if (under.is !== 'map' || over.is !== 'map' || isChoice(path)) return over
  return mergeMaps(under, over, path)
}

function mergeMaps(under: MapTree, over: MapTree, path: readonly string[]): MapTree {
  const entries = new Map(under.entries)
  for (const [key, entry] of over.entries) {
    const below = entries.get(key)
    entries.set(
      key,
      below ? { keyAt: entry.keyAt, value: mergeTrees(below.value, entry.value, [...path, key]) } : entry,
    )
  }
  return { ...under, entries }
}

const isChoice = (path: readonly string[]): boolean =>
  path.at(-1) === 'secretRef' || (path.length === 2 && path[0] === 'spec' && path[1] === 'target')
