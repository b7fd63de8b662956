import { z } from 'zod'
import type { Dict } from '../model/json.ts'
import type { Broker, FieldNotes } from '../ports/broker.ts'
import type { TargetFactory } from '../ports/target.ts'

export const API_VERSION = 'mqops/v1'

/** RFC 1123 label, shorter: host and process names are made of it. */
const NAME = /^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$/
const name = () =>
  z.string().regex(NAME, {
    error: 'a name has 1 to 40 characters: lower case letters, digits and -, which neither begins nor ends it',
  })

const VERSION = /^\d+\.\d+(\.\d+)?(-[0-9A-Za-z.-]+)?$/

const metadata = z
  .strictObject({
    name: name()
      .describe('Name of the cluster, unique across brokers')
      .meta({ mutability: 'fixed', examples: ['orders'] }),
    labels: z
      .record(z.string().min(1).max(253), z.string().max(1024))
      .default({})
      .describe('Free labels')
      .meta({ examples: [{ env: 'prod' }] }),
  })
  .describe('Who it is')

const security = z
  .strictObject({
    tls: z
      .union([z.boolean(), z.enum(['on', 'off'])])
      .default('on')
      .transform((tls) => tls === true || tls === 'on')
      .describe('Encrypt what clients and members say; mqops makes the certificates')
      .meta({ mutability: 'fixed' }),
  })
  .prefault({})
  .describe('On unless said otherwise')
  .meta({ ofCluster: true })

// Ports know a zod schema only as something to hand over.
const shape = (fields: Dict<unknown>) => fields as Dict<z.ZodType>

const targetOf = (targets: readonly TargetFactory[]) => {
  const names = targets.map((target) => target.name)
  const fields = Object.fromEntries(
    targets.map((target) => [
      target.name,
      z
        .strictObject(shape(target.fields))
        .optional()
        .describe(target.members ? `Members that mqops runs: ${target.name}` : 'A cluster that someone else runs')
        .meta({ mutability: target.members ? 'fixed' : 'live' }),
    ]),
  )
  return z
    .strictObject(fields)
    .refine((target) => Object.keys(target).length === 1, { message: `give exactly one of ${names.join(', ')}` })
    .meta({
      minProperties: 1,
      maxProperties: 1,
      mutability: 'fixed',
      ofCluster: true,
      description: `Where the members run: one of ${names.join(', ')}`,
    })
    .prefault({ local: {} })
}

const made = new WeakMap<readonly TargetFactory[], Map<Broker, ReturnType<typeof makeSchema>>>()

/** Who a team's document is for; its `spec:` is judged with the cluster's, which it becomes a part of. */
export const teamHead = z.strictObject({
  apiVersion: z.literal(API_VERSION),
  kind: z.string(),
  metadata: z.strictObject({ cluster: name().describe("Name of the cluster's own document") }),
  spec: z.record(z.string(), z.unknown()),
})

/** A team's document of one broker's clusters, for editors. */
export function teamSchema(broker: Broker) {
  const fields = Object.entries(shape(broker.fields)).filter(([, field]) => notesOf(field).ofCluster !== true)
  return z
    .strictObject({
      ...teamHead.shape,
      kind: z.literal(broker.kind),
      spec: z.strictObject(Object.fromEntries(fields)).describe('Resources that the team owns'),
    })
    .describe(`Resources of a ${broker.kind} cluster whose own document stands elsewhere`)
}

/** The notes of a field, whatever is wrapped around it. */
function notesOf(schema: z.core.$ZodType): FieldNotes {
  const { innerType, in: input } = schema._zod.def as { innerType?: z.core.$ZodType; in?: z.core.$ZodType }
  const inner = innerType ?? input
  return { ...(inner ? notesOf(inner) : {}), ...z.globalRegistry.get(schema) }
}

/** The whole document of one broker's clusters. Made once for each: zod compiles it at its first use. */
export function documentSchema(broker: Broker, targets: readonly TargetFactory[]) {
  const known = made.get(targets) ?? new Map<Broker, ReturnType<typeof makeSchema>>()
  made.set(targets, known)
  const schema = known.get(broker) ?? makeSchema(broker, targets)
  known.set(broker, schema)
  return schema
}

function makeSchema(broker: Broker, targets: readonly TargetFactory[]) {
  const spec = z.strictObject({
    version: z
      .string()
      .regex(VERSION, { error: 'a version reads like "4.3" or "4.3.1"' })
      .default(broker.defaultVersion)
      .describe(`Version of ${broker.kind}, in quotes: "4.3" is the newest 4.3.x`)
      .meta({ ofCluster: true, mutability: 'restart' }),
    target: targetOf(targets),
    security,
    ...shape(broker.fields),
  })
  return z.strictObject({
    apiVersion: z.literal(API_VERSION).describe('Version of this format'),
    kind: z.literal(broker.kind).describe('The broker'),
    metadata,
    spec: spec.prefault({}).describe(`The ${broker.kind} cluster`),
  })
}
