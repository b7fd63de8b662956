import { z } from 'zod'
import { duration, secretRef, settings, size } from '../../../src/brokers/shared/fields.ts'
import type { Dict } from '../../../src/model/json.ts'
import { MqopsError } from '../../../src/model/failure.ts'
import type { ClusterSpec, Problem } from '../../../src/model/spec.ts'
import type { Broker } from '../../../src/ports/broker.ts'
import type { TargetFactory } from '../../../src/ports/target.ts'
import { loadSpec, type SpecFile } from '../../../src/spec/index.ts'

/** Fields of every form that the real brokers use. */
const fields = {
  members: z.int().min(1).max(9).default(3).describe('Servers'),
  memory: size().default(1024),
  config: settings().default({}),
  topics: z
    .record(
      z.string().min(1),
      z.strictObject({
        partitions: z.int().min(1).default(1).describe('How many'),
        replicas: z.union([z.literal(1), z.literal(3)]).optional(),
        compact: z.boolean().optional(),
        retention: duration().optional(),
        subjects: z.array(z.string().min(1)).max(3).optional(),
        kind: z.enum(['quorum', 'classic']).default('quorum'),
        limits: z
          .union([z.literal(false), z.strictObject({ memory: size().optional(), share: z.number().lt(1).optional() })])
          .optional(),
        arguments: z.record(z.string(), z.json()).optional(),
      }),
    )
    .default({}),
  users: z.record(z.string().min(1), z.strictObject({ password: secretRef().optional() })).default({}),
}

const check = ({ fields: f }: ClusterSpec): readonly Problem[] =>
  Object.entries(f['topics'] as Dict<{ replicas?: number }>).flatMap(([name, { replicas }]): Problem[] =>
    replicas !== undefined && replicas > Number(f['members'])
      ? [
          {
            path: ['topics', name, 'replicas'],
            code: 'MQOPS_SPEC_VALUE',
            message: `more replicas than members in "${name}"`,
          },
        ]
      : [],
  )

const starter = `  members: 3   # servers
  topics:
    orders: { partitions: 6 }
`

export const fakeBroker = (kind: string): Broker =>
  ({
    kind,
    software: kind.toLowerCase(),
    defaultVersion: '4.3',
    fields,
    kinds: [],
    starter,
    check,
  }) as unknown as Broker

export const fakeBrokers = [fakeBroker('Kafka'), fakeBroker('Nats')]

export const fakeTargets: readonly TargetFactory[] = [
  { name: 'local', fields: { folder: z.string().min(1).optional() }, members: true, create: () => null as never },
  {
    name: 'external',
    fields: { endpoints: z.array(z.string()).min(1), user: z.string().optional(), password: secretRef().optional() },
    members: false,
    create: (_, options) => {
      const { user, password } = options as { user?: string; password?: object }
      if ((user === undefined) !== (password === undefined))
        throw new MqopsError({
          code: 'MQOPS_SPEC_TARGET',
          summary: 'target.external: ✖ user and password\n  go together',
        })
      return null as never
    },
  },
]

export const file = (text: string | Uint8Array, name = 'mqops.yaml', folder = '/work'): SpecFile => ({
  name,
  folder,
  bytes: typeof text === 'string' ? new TextEncoder().encode(text) : text,
})

export const load = (files: string | Uint8Array | readonly SpecFile[], env: Dict<string | undefined> = {}) =>
  loadSpec(typeof files === 'string' || files instanceof Uint8Array ? [file(files)] : files, {
    brokers: fakeBrokers,
    targets: fakeTargets,
    env,
  })

/** A document of one cluster with this body of `spec:`, which begins on line 5. */
export const document = (spec: string, name = 'orders', kind = 'Kafka') =>
  `apiVersion: mqops/v1\nkind: ${kind}\nmetadata: { name: ${name} }\nspec:\n${spec}\n`

/** 'CODE line:column summary', what most tests compare. */
export const shown = (loaded: ReturnType<typeof load>): readonly string[] =>
  loaded.failures.map(
    ({ code, source, summary }) => `${code.replace('MQOPS_SPEC_', '')} ${source?.line}:${source?.column} ${summary}`,
  )

/** The one cluster of a spec that must be right. */
export function only(loaded: ReturnType<typeof load>): ClusterSpec {
  if (loaded.failures.length > 0 || loaded.clusters.length !== 1)
    throw new Error(`${loaded.clusters.length} clusters\n${shown(loaded).join('\n')}`)
  return loaded.clusters[0] as ClusterSpec
}
