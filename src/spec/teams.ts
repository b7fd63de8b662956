import { printLocal } from '../model/address.ts'
import type { ClusterSpec, Desired } from '../model/spec.ts'
import type { Broker } from '../ports/broker.ts'
import type { TargetFactory } from '../ports/target.ts'
import { type Cluster, identity } from './documents.ts'
import { errorMap, explainIssues } from './issues.ts'
import { quoted } from './print.ts'
import { type Field, referenceOf } from './reference.ts'
import type { Report } from './report.ts'
import { teamHead } from './schema.ts'
import { type At, printPlace } from './source.ts'
import { didYouMean } from './suggest.ts'
import { type Entry, lookUp, type MapTree, toJson, type Tree } from './tree.ts'

/**
 * Team files: documents with `metadata: { cluster: NAME }` hold resources of a cluster whose own document stands
 * elsewhere. They add and never override: each resource has one owner. Values keep their places, so that what is wrong
 * in a team's file is shown there.
 */
export function joinTeams(
  clusters: readonly Cluster[],
  documents: readonly MapTree[],
  o: { readonly brokers: readonly Broker[]; readonly targets: readonly TargetFactory[] },
  report: Report,
): readonly Cluster[] {
  const joined = new Map(clusters.map((cluster) => [cluster, cluster]))
  for (const tree of documents) {
    if (!isTeamHead(tree, report)) continue
    const { kind, cluster: name } = identity(tree)
    const owner = clusters.find((one) => one.name === name && one.kind === kind)
    if (!owner) {
      report.add(
        lookUp(tree, ['metadata', 'cluster']).tree,
        'MQOPS_SPEC_REFERENCE',
        `no ${kind} document is named ${quoted(name ?? '')}`,
        { hint: hintFor(name ?? '', kind, clusters) },
      )
      continue
    }
    const broker = o.brokers.find((one) => one.kind === kind) as Broker
    const spec = referenceOf(broker, o.targets).children.find((field) => field.path.at(-1) === 'spec') as Field
    joined.set(owner, join(joined.get(owner) as Cluster, tree, spec, report))
  }
  return clusters.map((cluster) => joined.get(cluster) as Cluster)
}

function hintFor(name: string, kind: string | null, clusters: readonly Cluster[]): string {
  const known = clusters.filter((one) => one.kind === kind).flatMap((one) => one.name ?? [])
  return didYouMean(name, known) ?? "the cluster's own document has to be given, too: with -f, or in the same folder"
}

/** What must be right before it can be joined: who it is for, and that a `spec:` is a map. */
function isTeamHead(tree: MapTree, report: Report): boolean {
  const read = teamHead.safeParse(toJson(tree), { error: errorMap })
  if (read.success) return true
  explainIssues(read.error.issues, tree, report)
  return false
}

function join(cluster: Cluster, tree: MapTree, spec: Field, report: Report): Cluster {
  const given = tree.entries.get('spec')
  if (given?.value.is !== 'map') return cluster
  const own = cluster.tree.entries.get('spec')
  const under: MapTree = own?.value.is === 'map' ? own.value : { ...given.value, entries: new Map() }
  const allowed = new Map<string, Entry>()
  for (const [key, entry] of given.value.entries) {
    const field = childOf(spec, key)
    if (field?.ofCluster) {
      const place = printPlace(lookUp(cluster.tree, ['metadata', 'name']).tree)
      report.add(entry.keyAt, 'MQOPS_SPEC_OWNER', `${key} belongs to the document of the cluster, not to a team's`, {
        hint: `write it at ${place}`,
      })
    } else allowed.set(key, entry)
  }
  const value = joinMaps(under, allowed, spec, ['spec'], report)
  return {
    ...cluster,
    teams: true,
    tree: {
      ...cluster.tree,
      entries: new Map([...cluster.tree.entries, ['spec', { keyAt: own?.keyAt ?? given.keyAt, value }]]),
    },
  }
}

const childOf = (field: Field | undefined, name: string): Field | undefined =>
  field?.children.find((child) => child.path.at(-1) === name)

type Path = readonly string[]

/** Fields of the cluster, or of an item that several documents describe. */
function joinMaps(under: MapTree, over: MapTree['entries'], field: Field, path: Path, report: Report): MapTree {
  const entries = new Map(under.entries)
  for (const [key, entry] of over) {
    const below = entries.get(key)
    const child = childOf(field, key)
    if (!below) entries.set(key, entry)
    else entries.set(key, { keyAt: below.keyAt, value: joinParts(below, entry, child, [...path, key], report) })
  }
  return { ...under, entries }
}

/** Entries of one map or list from two documents. */
function joinParts(under: Entry, over: Entry, field: Field | undefined, path: Path, report: Report): Tree {
  const [a, b] = [under.value, over.value]
  if (field && isParts(field, path)) {
    if (a.is === 'list' && b.is === 'list') return { ...a, items: [...a.items, ...b.items] }
    if (a.is === 'map' && b.is === 'map')
      return field.items ? joinItems(a, b, field, path, report) : joinMaps(a, b.entries, field, path, report)
    // Of the wrong type, or left empty: the other one's validation says so.
    if (b.is === 'scalar') return a.is === 'scalar' ? a : b.value === null ? a : b
    if (a.is === 'scalar') return a.value === null ? b : a
  }
  twoOwners(under, over, path, report)
  return a
}

/** Topics, accounts, virtual hosts: whatever is directly inside `spec:`, and what is marked so further in. */
const isParts = (field: Field, path: Path): boolean => field.parts || (field.items && path.length === 2)

function joinItems(a: MapTree, b: MapTree, field: Field, path: Path, report: Report): MapTree {
  const entries = new Map(a.entries)
  for (const [name, over] of b.entries) {
    const under = entries.get(name)
    if (!under) entries.set(name, over)
    else entries.set(name, joinItem(under, over, field, [...path, name], report))
  }
  return { ...a, entries }
}

/** One name in two documents: one of them owns it, the other only says what else is in it. */
function joinItem(under: Entry, over: Entry, field: Field, path: Path, report: Report): Entry {
  const [a, b] = [under.value, over.value]
  if (a.is === 'map' && b.is === 'map' && field.partsInside)
    return { keyAt: under.keyAt, value: joinItems(a, b, { ...field, partsInside: false }, path, report) }
  if (a.is !== 'map' || b.is !== 'map' || (isOwner(a, field) && isOwner(b, field))) {
    twoOwners(under, over, path, report)
    return under
  }
  return {
    keyAt: isOwner(b, field) ? over.keyAt : under.keyAt,
    value: joinMaps(a, b.entries, field, path, report),
  }
}

const isOwner = (item: MapTree, field: Field): boolean =>
  item.entries.size === 0 || [...item.entries.keys()].some((key) => childOf(field, key)?.parts !== true)

export const ONE_OWNER = 'each resource stands in one document: remove it from one of them'

function twoOwners(under: Entry, over: Entry, path: Path, report: Report): void {
  report.add(over.keyAt, 'MQOPS_SPEC_OWNER', `${path.slice(1).join('.')} has two owners`, {
    detail: `also at ${printPlace(under.keyAt)}`,
    hint: ONE_OWNER,
  })
}

/** Addresses that two documents ask for, by items of one list: which path, and where it stands first. Pure. */
export function sharedAddresses(
  spec: ClusterSpec,
  broker: Broker,
  placeOf: (path: Desired['path']) => At,
): readonly { readonly path: Desired['path']; readonly address: string; readonly first: At }[] {
  return broker.kinds.flatMap((kind) => {
    const seen = new Map<string, At>()
    return kind.desired(spec).flatMap(({ key, path }) => {
      const address = printLocal({ kind: kind.name, key })
      const at = placeOf(path)
      const first = seen.get(address)
      if (first === undefined) seen.set(address, at)
      return first === undefined || first.file === at.file ? [] : [{ path, address, first }]
    })
  })
}

export const isTeam = (tree: Tree): boolean => lookUp(tree, ['metadata', 'cluster']).found
