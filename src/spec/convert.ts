import type { Failure, Source } from '../model/failure.ts'
import type { ClusterSpec } from '../model/spec.ts'
import type { Broker } from '../ports/broker.ts'
import type { ForeignCluster, ForeignFormat } from '../ports/foreign.ts'
import { assemble } from './assemble.ts'
import { type ForeignTree, readForeign } from './foreign-text.ts'
import type { LoadOptions } from './load.ts'
import { printable, quoted } from './print.ts'
import { referenceOf } from './reference.ts'
import { sourceAt } from './source.ts'
import { didYouMean } from './suggest.ts'
import { MAX_FILE_BYTES, type SpecFile } from './text.ts'
import { lookUp, toJson } from './tree.ts'
import { specText } from './write.ts'

/** What is not in the written spec as the files have it; `source` without an excerpt: a file may hold passwords. */
export type Unconverted = {
  readonly what: string
  readonly why: string
  readonly hint?: string
  readonly source: Source
}

export type ConvertedSpec = {
  readonly spec: ClusterSpec
  readonly format: string
  readonly text: string
  /** Resources by kind. */
  readonly counts: Readonly<Record<string, number>>
  readonly left: readonly Unconverted[]
}

export type Conversion = { readonly specs: readonly ConvertedSpec[]; readonly failures: readonly Failure[] }

type ConvertOptions = LoadOptions & {
  /** A format by name; null: each document says what it is. */
  readonly format: string | null
  /** What the cluster shall be called, or which of several are wanted. */
  readonly names: readonly string[]
}

/** A document with what reads it. */
type Known = ForeignTree & { readonly broker: Broker; readonly format: ForeignFormat }

/**
 * A spec of what foreign files say. Everything goes through the spec's own validation; what that refuses is reported
 * where it stands in the foreign file. Pure; never throws for what stands in the files.
 */
export function convertFiles(files: readonly SpecFile[], o: ConvertOptions): Conversion {
  const formats = o.brokers.flatMap((broker) => broker.formats.map((format) => ({ broker, format })))
  const names = formats.map(({ format }) => format.name)
  if (o.format !== null && !names.includes(o.format)) {
    const hint = didYouMean(o.format, names)
    return refused([
      { code: 'MQOPS_USAGE', summary: `there is no format ${quoted(o.format)}`, ...(hint ? { hint } : {}) },
    ])
  }
  const read = readForeign(files)
  if (read.failures.length > 0) return { specs: [], failures: read.failures }
  const known: Known[] = []
  const strangers: ForeignTree[] = []
  const candidates = formats.filter(({ format }) => o.format === null || format.name === o.format)
  for (const document of read.documents) {
    const value = toJson(document.tree)
    const name = document.file.name.split('/').at(-1) as string
    const found = candidates.find(({ format }) => format.recognises(value, name))
    if (found) known.push({ ...document, ...found })
    else strangers.push(document)
  }
  if (known.length === 0) return refused(strangers.slice(0, MOST_STRANGERS).map((one) => noFormat(one, candidates)))
  const clusters = candidates.flatMap(({ broker, format }) =>
    convertOne(
      broker,
      format,
      known.filter((one) => one.format === format),
      o.names,
    ),
  )
  const chosen = choose(clusters, o.names)
  if ('code' in chosen) return refused([chosen])
  const done = chosen.map((one) => write(one, o))
  const skipped = strangers.map(
    ({ tree }): Unconverted => ({
      what: 'this document',
      why: 'it is of no format that mqops reads: it is left out',
      source: placeOf(sourceAt(tree)),
    }),
  )
  return {
    specs: done.flatMap(({ spec }, i) =>
      spec ? [i === 0 ? { ...spec, left: [...skipped, ...spec.left] } : spec] : [],
    ),
    failures: done.flatMap(({ failures }) => failures),
  }
}

const MOST_STRANGERS = 20

const refused = (failures: readonly Omit<Failure, 'retryable'>[]): Conversion => ({
  specs: [],
  failures: failures.map((failure) => ({ ...failure, retryable: false })),
})

function noFormat({ file, tree }: ForeignTree, formats: readonly { readonly format: ForeignFormat }[]) {
  const about = formats.map(({ format }) => `${format.name}: ${format.about}`)
  return {
    code: 'MQOPS_SPEC_FORMAT',
    summary: `${printable(file.name)} is of no format that mqops reads`,
    detail: about.join('\n'),
    source: sourceAt(tree),
    hint: 'a spec of mqops itself is read with -f',
  }
}

type Found = {
  readonly broker: Broker
  readonly format: ForeignFormat
  readonly documents: readonly Known[]
  readonly cluster: ForeignCluster
  readonly name: string
}

function convertOne(
  broker: Broker,
  format: ForeignFormat,
  documents: readonly Known[],
  names: readonly string[],
): readonly Found[] {
  if (documents.length === 0) return []
  const values = documents.map(({ file, tree }) => ({ file: file.name, value: toJson(tree) }))
  const [only, ...others] = names
  const first = format.convert(values, { name: null })
  const called = only !== undefined && others.length === 0 && first.length === 1 ? only : null
  // Names of variables for secrets are made of the cluster's name.
  const clusters = called === null ? first : format.convert(values, { name: called })
  return clusters.map((cluster) => ({
    broker,
    format,
    documents,
    cluster,
    name: called ?? fit(cluster.name ?? broker.software),
  }))
}

/** A name that a spec takes, made of one that may not be. */
const fit = (name: string): string =>
  name
    .toLowerCase()
    .replaceAll(/[^a-z0-9-]+/g, '-')
    .slice(0, 40)
    .replaceAll(/^-+|-+$/g, '') || 'cluster'

function choose(clusters: readonly Found[], names: readonly string[]): readonly Found[] | Omit<Failure, 'retryable'> {
  const [only] = clusters
  if (names.length === 0 || (names.length === 1 && clusters.length === 1 && only?.name === names[0])) return clusters
  const known = clusters.map(({ name }) => name)
  const stranger = names.find((name) => !known.includes(name))
  if (stranger === undefined) return clusters.filter(({ name }) => names.includes(name))
  return {
    code: 'MQOPS_USAGE',
    summary: `the files tell of no cluster ${quoted(stranger)}`,
    hint: `They tell of ${known.slice(0, 20).join(', ')}.`,
  }
}

function write(found: Found, o: ConvertOptions): { spec: ConvertedSpec | null; failures: readonly Failure[] } {
  const { broker, format, documents, cluster, name } = found
  const trees = documents.map(({ tree }) => tree)
  const { spec, written, dropped, failures } = assemble({ broker, name, items: cluster.items, trees }, o)
  if (!spec) return { spec: null, failures }
  const renamed = cluster.name !== null && name !== cluster.name && !o.names.includes(name)
  const left = [
    ...cluster.notes.map((note) => ({
      ...note,
      place: lookUp(trees[note.at.document] as Known['tree'], note.at.path).keyAt,
    })),
    ...dropped,
  ]
    .map(
      ({ what, why, hint, place }): Unconverted => ({
        what,
        why,
        ...(hint ? { hint } : {}),
        source: placeOf(sourceAt(place)),
      }),
    )
    .sort(byPlace)
  const files = [...new Set(documents.map(({ file }) => file.name))]
  const { version: _version, target: _target, security: _security, ...fields } = written
  const text = specText(spec, fields, referenceOf(broker, o.targets), {
    head: [
      `What mqops import read of ${files.slice(0, 5).join(', ')}${files.length > 5 ? ` and ${files.length - 5} more files` : ''} (${format.name}).`,
      ...(renamed ? [`The files call the cluster ${quoted(cluster.name)}.`] : []),
      ...(spec.target.name === 'local'
        ? ['Without a target mqops builds a cluster of its own; target: { external: … } takes over one that runs.']
        : []),
    ],
    foot: left.length === 0 ? [] : ['Not as in those files:', ...left.map(line)],
  })
  const done = { spec, format: format.name, text, counts: countsOf(broker, spec), left }
  return { spec: done, failures: Buffer.byteLength(text) > MAX_FILE_BYTES ? [tooLarge(name)] : [] }
}

const tooLarge = (name: string): Failure => ({
  code: 'MQOPS_SPEC_TOO_LARGE',
  summary: `the spec of ${name} has more than the ${MAX_FILE_BYTES / 1024 ** 2} MiB that mqops reads of one file`,
  hint: 'Give its virtual hosts or topics documents of their own: metadata: { cluster: NAME }.',
  retryable: false,
})

const line = ({ source, what, why, hint }: Unconverted): string =>
  `  ${source.file}:${source.line}:${source.column}: ${what}: ${why}${hint ? ` (${hint})` : ''}`

const placeOf = ({ file, line, column }: Source): Source => ({ file, line, column })

const byPlace = (a: Unconverted, b: Unconverted): number =>
  a.source.file === b.source.file
    ? a.source.line - b.source.line || a.source.column - b.source.column
    : a.source.file < b.source.file
      ? -1
      : 1

function countsOf(broker: Broker, spec: ClusterSpec): Readonly<Record<string, number>> {
  const counts = broker.kinds.map((kind) => [kind.name, kind.desired(spec).length] as const)
  return Object.fromEntries(counts.filter(([, count]) => count > 0))
}
