import type { Failure } from '../model/failure.ts'
import type { JsonObject } from '../model/json.ts'
import type { ClusterSpec } from '../model/spec.ts'
import type { Broker } from '../ports/broker.ts'
import type { ForeignItem, ForeignPath } from '../ports/foreign.ts'
import { AssembledTree, type Dropped } from './assembled-tree.ts'
import { type LoadOptions, validate } from './load.ts'
import { printPath } from './print.ts'
import type { Report } from './report.ts'
import { type At, sourceAt } from './source.ts'
import { lookUp, toJson, type Tree } from './tree.ts'

/** Of items of foreign files a document that validates: what the spec refuses is taken out, and told with its place. */

export type Assembled = {
  readonly spec: ClusterSpec | null
  /** Its `spec:` as the items say it: 7d, not its milliseconds. */
  readonly written: JsonObject
  readonly dropped: readonly Dropped[]
  /** What is wrong beyond the items. */
  readonly failures: readonly Failure[]
}

type Source = {
  readonly broker: Broker
  readonly name: string
  readonly items: readonly ForeignItem[]
  /** Of the documents that places name by their index. */
  readonly trees: readonly Tree[]
}

/** What went out may have been needed by others, which go in the next round. */
const MOST_ROUNDS = 100

export function assemble({ broker, name, items, trees }: Source, o: LoadOptions): Assembled {
  const gone = new Set<ForeignItem>()
  const dropped: Dropped[] = []
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const builder = new AssembledTree(trees, gone)
    for (const item of items) builder.place(item)
    const found: Found[] = []
    const tree = builder.document(broker.kind, name)
    const spec = validate({ kind: broker.kind, name, tree }, o, collecting(found))
    if (spec) {
      const written = toJson(lookUp(tree, ['spec']).tree) as JsonObject
      return { spec, written, dropped: [...dropped, ...builder.duplicates], failures: [] }
    }
    const before = gone.size
    const failures: Failure[] = []
    for (const { at, code, summary, hint } of found) {
      const owner = builder.owners.get(at)
      if (owner === undefined) {
        failures.push({ code, summary, ...(hint ? { hint } : {}), source: sourceAt(at), retryable: false })
        continue
      }
      gone.add(owner.item)
      const lost = count(owner.item) - 1
      const why = `left out${lost > 0 ? ` with the ${lost} that belong to it` : ''}: ${withoutPath(summary, owner.path)}`
      dropped.push({ what: owner.item.what, why, ...(hint ? { hint } : {}), place: at })
    }
    if (gone.size === before) return { spec: null, written: {}, dropped, failures }
  }
  const failure = {
    code: 'MQOPS_INTERNAL',
    summary: 'what is left of the files does not become valid',
    retryable: false,
  }
  return { spec: null, written: {}, dropped, failures: [failure] }
}

type Found = { readonly at: At; readonly code: string; readonly summary: string; readonly hint?: string }

const collecting = (found: Found[]): Report => ({
  add: (at, code, summary, { hint } = {}) => void found.push({ at, code, summary, ...(hint ? { hint } : {}) }),
  addFile: () => {},
  get count() {
    return found.length
  },
  failures: () => [],
})

const count = (item: ForeignItem): number => (item.parts ?? []).reduce((sum, part) => sum + count(part), 1)

/** 'spec.topics.a.replicas: …' of the topic a -> 'replicas: …'. */
function withoutPath(summary: string, path: ForeignPath): string {
  const own = printPath(['spec', ...path])
  if (!summary.startsWith(own)) return summary
  return summary.slice(own.length).replace(/^[.:]\s*/, '')
}
