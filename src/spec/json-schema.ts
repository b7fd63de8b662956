import { z } from 'zod'
import type { Json, JsonObject } from '../model/json.ts'
import type { Broker, FieldNotes } from '../ports/broker.ts'
import type { TargetFactory } from '../ports/target.ts'
import { documentSchema, teamSchema } from './schema.ts'

/** A substitution somewhere in a scalar; its value is not known before it is read. */
const SUBSTITUTION = { type: 'string', pattern: '\\$\\{env:[A-Za-z_][A-Za-z0-9_]*(:-[^}]*)?\\}' }

/**
 * JSON Schema draft-07 of a document, for editors: what the loader accepts in one document it accepts. It can't know
 * what reaches over several fields (the brokers' checks), nor that an override may leave out what the first file gave.
 */
export function jsonSchema(brokers: readonly Broker[], targets: readonly TargetFactory[]): Json {
  // One conversion for all, so that shared definitions keep their references.
  const all = z.object(
    Object.fromEntries(
      brokers.flatMap((broker) => [
        [broker.kind, documentSchema(broker, targets)],
        [teamOf(broker.kind), teamSchema(broker)],
      ]),
    ),
  )
  const generated = z.toJSONSchema(all, {
    target: 'draft-7',
    io: 'input',
    unrepresentable: 'any',
    override: substitutable,
  })
  const { properties, definitions } = JSON.parse(JSON.stringify(generated)) as {
    properties: JsonObject
    definitions?: JsonObject
  }
  const kinds = brokers.map((broker) => broker.kind)
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'mqops spec',
    description: `One cluster of ${kinds.join(', ')}`,
    type: 'object',
    required: ['apiVersion', 'kind', 'metadata'],
    properties: { kind: { enum: kinds, description: 'The broker' } },
    allOf: kinds.map((kind) => ({
      if: { properties: { kind: { const: kind } }, required: ['kind'] },
      // oxlint-disable-next-line unicorn/no-thenable -- JSON Schema's own word
      then: {
        if: { properties: { metadata: { properties: { cluster: true }, required: ['cluster'] } } },
        // oxlint-disable-next-line unicorn/no-thenable -- JSON Schema's own word
        then: { $ref: `#/definitions/${teamOf(kind)}` },
        else: { $ref: `#/definitions/${kind}` },
      },
    })),
    definitions: { ...definitions, ...properties },
  }
}

const teamOf = (kind: string): string => `${kind}Team`

type Node = Record<string, unknown>

/** For the reference: nothing that JSON Schema knows. */
const NOTES = [
  'mutability',
  'link',
  'unit',
  'keys',
  'ofCluster',
  'parts',
] as const satisfies readonly (keyof FieldNotes)[]

/** Wherever not every text is right, a substitution is: its value may be. */
function substitutable({
  zodSchema,
  jsonSchema: node,
}: {
  zodSchema: unknown
  jsonSchema: Node
  path: readonly (string | number)[]
}) {
  for (const note of NOTES) delete node[note]
  const { type, description, default: fallback, $ref, ...rest } = node
  if ($ref !== undefined || isIdentity(zodSchema)) return
  const limited = type === 'string' && ['pattern', 'format', 'minLength', 'maxLength'].some((key) => key in rest)
  const scalar = type === 'number' || type === 'integer' || type === 'boolean' || 'enum' in rest || 'const' in rest
  if (!limited && !scalar) return
  for (const key of Object.keys(node)) delete node[key]
  Object.assign(node, { anyOf: [{ ...(type === undefined ? {} : { type }), ...rest }, SUBSTITUTION] })
  if (description !== undefined) node['description'] = description
  if (fallback !== undefined) node['default'] = fallback
}

/** apiVersion and kind choose the schema: an editor has to know them. */
const isIdentity = (schema: unknown): boolean =>
  schema instanceof z.ZodLiteral && [...schema.values].some((value) => typeof value === 'string')
