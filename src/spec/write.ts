import { Document, isMap, isPair, isScalar, type Pair, Scalar, visit, type YAMLMap } from 'yaml'
import type { Json, JsonObject } from '../model/json.ts'
import type { ClusterSpec } from '../model/spec.ts'
import { printDuration, printSize } from '../model/units.ts'
import { printable } from './print.ts'
import { type Field, printValue } from './reference.ts'
import { API_VERSION } from './schema.ts'

/**
 * A document that says a cluster and what is in it, for people: defaults left out, units as people write them, comments
 * from the schema. The inverse of the loader: reading it gives `fields` again. `head` and `foot` become comments.
 */
export function specText(
  spec: ClusterSpec,
  fields: JsonObject,
  root: Field,
  { head, foot }: { readonly head: readonly string[]; readonly foot: readonly string[] },
): string {
  const specField = root.children.find((field) => field.path.at(-1) === 'spec') as Field
  const given: JsonObject = {
    version: spec.version,
    security: { tls: spec.security.tls ? 'on' : 'off' },
    ...spec.fields,
    ...fields,
  }
  const body: Record<string, Json> = {}
  for (const field of specField.children) {
    const name = field.path.at(-1) as string
    const value = given[name]
    if (value === undefined || (!field.ofCluster && fields[name] === undefined)) continue
    const written = write(value, field)
    if (written !== undefined || name === 'version') body[name] = written ?? value
    if (name === 'version') Object.assign(body, targetOf(spec, specField))
  }
  const labels = Object.keys(spec.labels).length > 0 ? { labels: spec.labels } : {}
  const document = new Document({
    apiVersion: API_VERSION,
    kind: spec.broker,
    metadata: { name: spec.name, ...labels },
    spec: body,
  })
  layOut(document.contents, 0)
  describe(document.get('spec') as YAMLMap, specField)
  document.commentBefore = comment(head)
  if (foot.length > 0) document.comment = comment(foot)
  visit(document, {
    Scalar(_, node) {
      if (typeof node.value === 'string' && node.value.search(UNSEEN) >= 0) node.type = Scalar.QUOTE_DOUBLE
    },
  })
  return document.toString({ lineWidth: 0 }).replace(UNSEEN, escapeUnseen)
}

// YAML takes these as they are, a reader does not see them: they turn or hide what stands beside them.
const UNSEEN = /[\u007f-\u009f\u2028\u2029\p{Cf}]/gu
const escapeUnseen = (text: string): string =>
  Array.from({ length: text.length }, (_, i) => `\\u${text.charCodeAt(i).toString(16).padStart(4, '0')}`).join('')

/** A choice of one: which one is said even where it needs nothing more; nothing where the schema chooses the same. */
function targetOf({ target }: ClusterSpec, spec: Field): { readonly target?: Json } {
  const field = spec.children.find((one) => one.path.at(-1) === 'target')
  const chosen = { [target.name]: escaped(target.options) }
  return printValue(chosen) === field?.fallback ? {} : { target: chosen }
}

const comment = (lines: readonly string[]): string => lines.map((line) => ` ${printable(line)}`).join('\n')

/** As people write it; undefined: it is what the schema says anyway. */
function write(value: Json, field: Field): Json | undefined {
  const written = writeAny(value, field)
  if (field.required) return written
  if (field.fallback !== null) return printValue(written) === field.fallback ? undefined : written
  if (written === '') return field.emptyUnlessSaid ? undefined : written
  // Nothing in it, and nobody has to give it: it says nothing.
  return typeof written === 'object' && written !== null && Object.keys(written).length === 0 ? undefined : written
}

function writeAny(value: Json, field: Field): Json {
  if (Array.isArray(value)) return value.map((item: Json) => writeItem(item, field))
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value)
    if (!field.items) return writeMap(value as JsonObject, field)
    return Object.fromEntries(entries.map(([name, item]) => [name, writeItem(item, field)]))
  }
  return writeScalar(value, field.type)
}

/** An item of a map or list: its fields are the children. */
function writeItem(value: Json, field: Field): Json {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return writeMap(value as JsonObject, field)
  return writeScalar(value, field.type.replace(/^(list of|map of name to) /, ''))
}

function writeMap(value: JsonObject, field: Field): Json {
  // Of a secret, settings or arguments the names are not the schema's.
  if (field.children.length === 0)
    return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, escaped(item)]))
  const children = new Map(field.children.map((child) => [child.path.at(-1) as string, child]))
  const order = [...children.keys()]
  const place = (name: string): number => order.indexOf(name)
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => place(a) - place(b))
      .flatMap(([name, item]) => {
        const child = children.get(name)
        const written = child ? write(item, child) : escaped(item)
        return written === undefined ? [] : [[name, written]]
      }),
  )
}

function writeScalar(value: Json, type: string): Json {
  if (typeof value === 'number' && type === 'size') return printSize(value)
  if (typeof value === 'number' && type === 'duration') return printDuration(value)
  return escaped(value)
}

/** `${` would be read as a substitution. */
function escaped(value: Json): Json {
  if (typeof value === 'string') return value.replaceAll('${', () => '$${')
  if (Array.isArray(value)) return value.map((item: Json) => escaped(item))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, escaped(item)]))
}

/** What fits on a line stands on one; the levels above resources never do. */
const LONGEST_FLOW = 90
const BLOCK_LEVELS = 3

function layOut(node: unknown, level: number): void {
  const items = (node as { items?: readonly unknown[] } | null)?.items
  if (!items) return
  const text = JSON.stringify(node)
  const small = text.length + level * 2 <= LONGEST_FLOW
  if (small && (level >= BLOCK_LEVELS || items.every((item) => isScalar(isPair(item) ? item.value : item)))) {
    if (level > 0 && !(level === 1 && items.length === 0)) (node as { flow?: boolean }).flow = true
    return
  }
  for (const item of items) layOut(isPair(item) ? item.value : item, level + 1)
}

/** The schema's own words above each part of `spec:`. */
function describe(spec: YAMLMap, field: Field): void {
  for (const pair of (isMap(spec) ? spec.items : []) as Pair<{ value: string; commentBefore?: string }, unknown>[]) {
    const child = field.children.find((one) => one.path.at(-1) === pair.key.value)
    if (child?.description && isMap(pair.value) && !child.ofCluster) pair.key.commentBefore = ` ${child.description}`
  }
}
