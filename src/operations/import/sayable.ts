import { printLocal } from '../../model/address.ts'
import type { Json, JsonObject } from '../../model/json.ts'
import type { ClusterSpec, Problem } from '../../model/spec.ts'
import type { Broker, SeenFields, SeenResource } from '../../ports/broker.ts'

type Options = { readonly spec: ClusterSpec; readonly generated: ReadonlySet<string> }

/**
 * What was seen, as fields that the broker's own check passes: what it refuses is left, in its words, and so is what can't
 * be there without that. Whatever made it, others or an older release of the broker, may do what a spec may not. Pure.
 */
export function sayable(broker: Broker, seen: readonly SeenResource[], o: Options): SeenFields {
  const refused: SeenFields['left'][number][] = []
  let rest = seen
  for (;;) {
    const { fields, left } = broker.toFields(rest, o)
    const why = blamed(broker, { ...o.spec, fields: { ...o.spec.fields, ...read(broker, fields) } })
    const out = rest.flatMap((one): SeenFields['left'] => {
      const reason = why.get(printLocal(one)) ?? dependence(broker, one, why)
      return reason === undefined ? [] : [{ kind: one.kind, key: one.key, why: reason }]
    })
    if (out.length === 0) return { fields, left: [...left, ...refused] }
    refused.push(...out)
    const gone = new Set(out.map(printLocal))
    rest = rest.filter((one) => !gone.has(printLocal(one)))
  }
}

/** As the schema reads them: durations as numbers, defaults filled in. What it refuses stays: reading the text again tells. */
const read = (broker: Broker, fields: JsonObject): JsonObject =>
  Object.fromEntries(
    Object.entries(fields).map(([name, value]) => {
      const schema = broker.fields[name]?.['~standard'] as StandardSchema | undefined
      return [name, schema?.validate(value).value ?? value]
    }),
  )
/** What FieldSchema has of https://standardschema.dev: ours answer at once. */
type StandardSchema = { validate(value: Json): { readonly value?: Json } }

/** The first problem of each resource, by its printed address: the one whose place in the spec is the nearest above it. */
function blamed(broker: Broker, spec: ClusterSpec): ReadonlyMap<string, string> {
  const problems = broker.check(spec)
  if (problems.length === 0) return new Map()
  const places = new Map(
    broker.kinds.flatMap((kind) =>
      kind.desired(spec).map(({ key, path }) => [JSON.stringify(path), printLocal({ kind: kind.name, key })] as const),
    ),
  )
  const why = new Map<string, string>()
  for (const problem of problems) {
    const text = placeAbove(problem, places)
    if (text !== undefined && !why.has(text)) why.set(text, problem.message)
  }
  return why
}

function placeAbove({ path }: Problem, places: ReadonlyMap<string, string>): string | undefined {
  for (let length = path.length; length > 0; length--) {
    const text = places.get(JSON.stringify(path.slice(0, length)))
    if (text !== undefined) return text
  }
  return undefined
}

function dependence(broker: Broker, one: SeenResource, why: ReadonlyMap<string, string>): string | undefined {
  if (why.size === 0) return undefined
  const kind = broker.kinds.find(({ name }) => name === one.kind)
  const needs = kind?.needs?.(one.key, kind.toSpec(one.value)) ?? []
  const missing = needs.map(([name = '', ...key]) => printLocal({ kind: name, key })).find((text) => why.has(text))
  return missing && `${missing} is left out, and it can't be there without that`
}
