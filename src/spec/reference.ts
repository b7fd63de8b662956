import { z } from 'zod'
import type { Dict, Json } from '../model/json.ts'
import { printDuration, printSize } from '../model/units.ts'
import type { Broker, FieldNotes, KeyNotes, Mutability } from '../ports/broker.ts'
import type { TargetFactory } from '../ports/target.ts'
import { documentSchema } from './schema.ts'

/** A field of a document as its schema tells it: what the reference and `mqops explain` show. */
export type Field = {
  /** From the document down, without the names of maps and lists: ['spec', 'topics', 'partitions']. */
  readonly path: readonly string[]
  readonly type: string
  /** A map by name or a list: its children are those of each item. */
  readonly items: boolean
  readonly required: boolean
  readonly fallback: string | null
  /** Left out it is the empty text, list or map. */
  readonly emptyUnlessSaid: boolean
  readonly description: string | null
  readonly mutability: Mutability
  readonly link: string | null
  /** A value that the schema takes; for people to begin with. */
  readonly example: Json
  /** Of a map whose names are the broker's own. */
  readonly keys: Dict<KeyNotes>
  readonly children: readonly Field[]
  readonly ofCluster: boolean
  readonly parts: boolean
  /** Of a map of maps: those inside are `parts`, too. */
  readonly partsInside: boolean
}

/** The document of one broker's clusters. */
export const referenceOf = (broker: Broker, targets: readonly TargetFactory[]): Field =>
  fieldOf(documentSchema(broker, targets), [], { mutability: 'live', link: null })

type Schema = z.core.$ZodType
type Def = {
  readonly type: string
  readonly innerType?: Schema
  readonly in?: Schema
  readonly defaultValue?: unknown
  readonly shape?: Dict<Schema>
  readonly valueType?: Schema
  readonly element?: Schema
  readonly options?: readonly Schema[]
  readonly values?: readonly unknown[]
  readonly entries?: Dict<string>
  readonly checks?: readonly {
    readonly _zod: { readonly def: { check: string; value?: number; inclusive?: boolean; format?: string } }
  }[]
  readonly format?: string
}
type Meta = FieldNotes & { readonly description?: string; readonly examples?: readonly Json[] }

const defOf = (schema: Schema): Def => schema._zod.def
const ownMeta = (schema: Schema): Meta => z.globalRegistry.get(schema) ?? {}

/** A schema without what is wrapped around it (optional, default, transform); the outer notes win. */
function unwrap(schema: Schema): { core: Schema; meta: Meta; optional: boolean; fallback: unknown } {
  const def = defOf(schema)
  const inner = def.type === 'pipe' ? def.in : def.innerType
  const meta = ownMeta(schema)
  if (inner === undefined) return { core: schema, meta, optional: false, fallback: undefined }
  const below = unwrap(inner)
  const given = def.type === 'default' || def.type === 'prefault'
  return {
    core: below.core,
    meta: { ...below.meta, ...meta },
    optional: below.optional || given || def.type === 'optional',
    fallback: given ? def.defaultValue : below.fallback,
  }
}

type Around = { readonly mutability: Mutability; readonly link: string | null }

function fieldOf(schema: Schema, path: readonly string[], around: Around): Field {
  const { core, meta, optional, fallback } = unwrap(schema)
  const notes: Around = { mutability: meta.mutability ?? around.mutability, link: meta.link ?? around.link }
  return {
    path,
    type: typeOf(core, meta),
    items: ['record', 'array'].includes(defOf(core).type),
    required: !optional,
    fallback: fallback === undefined || isEmpty(fallback) ? null : printValue(fallback as Json, meta),
    emptyUnlessSaid: fallback !== undefined && isEmpty(fallback),
    description: meta.description ?? null,
    ...notes,
    example: exampleOf(schema),
    keys: Object.fromEntries(
      Object.entries(meta.keys ?? {}).map(([name, key]) => [name, typeof key === 'string' ? { type: key } : key]),
    ),
    ofCluster: meta.ofCluster === true,
    parts: meta.parts === true,
    partsInside: isPartsInside(core),
    children: childrenOf(schema, path, notes),
  }
}

function isPartsInside(core: Schema): boolean {
  const { type, valueType } = defOf(core)
  return type === 'record' && valueType !== undefined && unwrap(valueType).meta.parts === true
}

/** Fields inside, those of a map's or list's items for its own. */
function childrenOf(schema: Schema, path: readonly string[], around: Around): readonly Field[] {
  const { core, meta } = unwrap(schema)
  const def = defOf(core)
  if (meta.unit === 'secret') return []
  const notes: Around = { mutability: meta.mutability ?? around.mutability, link: meta.link ?? around.link }
  if (def.shape) return Object.entries(def.shape).map(([name, field]) => fieldOf(field, [...path, name], notes))
  const items = def.type === 'record' ? def.valueType : def.element
  if (items) return childrenOf(items, path, notes)
  return (def.options ?? []).flatMap((option) => childrenOf(option, path, notes))
}

const isEmpty = (value: unknown): boolean =>
  value === '' || (typeof value === 'object' && value !== null && Object.keys(value).length === 0)

// What YAML reads as text, also in { }, without quotes.
const PLAIN = /^[\w^$./][^\s,:#"'{}[\]]*$/
const TYPED = /^(true|false|null|[\d.+-]+)$/i

/** As it would stand in the spec: sizes and durations with their units, in YAML's flow form. */
export function printValue(value: Json, { unit }: Pick<FieldNotes, 'unit'> = {}): string {
  if (typeof value === 'number' && unit === 'size') return printSize(value)
  if (typeof value === 'number' && unit === 'duration') return printDuration(value)
  if (typeof value === 'string') return PLAIN.test(value) && !TYPED.test(value) ? value : JSON.stringify(value)
  if (Array.isArray(value)) return `[${value.map((item: Json) => printValue(item)).join(', ')}]`
  if (typeof value !== 'object' || value === null) return String(value)
  const entries = Object.entries(value).map(([key, item]) => `${printValue(key)}: ${printValue(item)}`)
  return entries.length === 0 ? '{}' : `{ ${entries.join(', ')} }`
}

/** Enums longer than this are cut: the reference is not the place to read lists of permissions twice. */
const MANY = 24

function typeOf(schema: Schema, given?: Meta): string {
  const { core, meta } = unwrap(schema)
  const { unit } = { ...meta, ...given }
  if (unit === 'secret') return 'secret reference'
  if (unit) return unit
  const def = defOf(core)
  switch (def.type) {
    case 'string':
      return isTime(def) ? 'time (RFC 3339)' : 'text'
    case 'boolean':
      return 'true or false'
    case 'number':
      return numberType(def)
    case 'literal':
      return (def.values ?? []).map(String).join(', ')
    case 'enum':
      return oneOf(Object.values(def.entries ?? {}))
    case 'union':
      return unionType(def.options ?? [])
    case 'array':
      return `list of ${typeOf(def.element as Schema)}`
    case 'record':
      return `map of name to ${typeOf(def.valueType as Schema)}`
    case 'object':
      return 'map'
    default:
      return 'any value'
  }
}

const isTime = ({ checks = [] }: Def): boolean => checks.some((check) => check._zod.def.format === 'datetime')

const oneOf = (values: readonly string[]): string =>
  values.length > MANY ? `${values.slice(0, MANY).join(', ')} …` : values.join(' | ')

function unionType(options: readonly Schema[]): string {
  const types = [...new Set(options.map((option) => typeOf(option)))]
  return types.join(' or ')
}

function numberType({ format, checks = [] }: Def): string {
  const defs = checks.map((check) => check._zod.def)
  const whole = format !== undefined || defs.some((check) => check.check === 'number_format')
  const bound = (name: string) => defs.find((check) => check.check === name)
  const [least, most] = [bound('greater_than'), bound('less_than')]
  const from =
    least && (least.inclusive ? least.value : whole ? (least.value as number) + 1 : `more than ${least.value}`)
  const range =
    from !== undefined && most ? ` from ${from} to ${most.value}` : from !== undefined ? `, at least ${from}` : ''
  return `${whole ? 'whole number' : 'number'}${range}`
}

/** The one that the schema gives, its default, or the plainest value that fits. */
function exampleOf(schema: Schema): Json {
  const { core, meta, fallback } = unwrap(schema)
  if (meta.examples?.[0] !== undefined) return meta.examples[0]
  if (meta.unit === 'secret') return { secretRef: { env: 'NAME' } }
  if (meta.unit) return meta.unit === 'size' ? (typeof fallback === 'number' ? printSize(fallback) : '512MiB') : '30s'
  if (fallback !== undefined && !isEmpty(fallback) && typeof fallback !== 'object') return fallback as Json
  const def = defOf(core)
  switch (def.type) {
    case 'string':
      return isTime(def) ? '2026-01-31T00:00:00Z' : 'example'
    case 'boolean':
      return true
    case 'number':
      return Math.max(
        1,
        ...(def.checks ?? []).map(({ _zod }) => (_zod.def.check === 'greater_than' ? (_zod.def.value ?? 1) : 1)),
      )
    case 'literal':
      return (def.values?.at(-1) ?? null) as Json
    case 'enum':
      return Object.values(def.entries ?? {})[0] ?? null
    case 'union':
      return exampleOf(def.options?.[0] as Schema)
    case 'array':
      return [exampleOf(def.element as Schema)]
    case 'record':
      return { [Object.keys(meta.keys ?? {})[0] ?? 'example']: exampleOf(def.valueType as Schema) }
    case 'object':
      return exampleOfMap(def.shape ?? {})
    default:
      return 'example'
  }
}

/** What has to be there; of a map in which nothing has, the first field. */
function exampleOfMap(shape: Dict<Schema>): Json {
  const fields = Object.entries(shape)
  const needed = fields.filter(([, field]) => !unwrap(field).optional)
  return Object.fromEntries(
    (needed.length > 0 ? needed : fields.slice(0, 1)).map(([name, field]) => [name, exampleOf(field)]),
  )
}

/** All fields of a document, each before those inside it. */
export const allFields = (field: Field): readonly Field[] => [field, ...field.children.flatMap(allFields)]
