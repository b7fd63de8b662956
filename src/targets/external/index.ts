import { scryptSync } from 'node:crypto'
import { z } from 'zod'
import { MqopsError } from '../../model/failure.ts'
import type { Json } from '../../model/json.ts'
import type { Access } from '../../model/member.ts'
import type { ClusterSpec } from '../../model/spec.ts'
import type { Target, TargetFactory } from '../../ports/target.ts'

const secretRef = z
  .strictObject({
    secretRef: z.strictObject({ env: z.string().min(1).optional(), file: z.string().min(1).optional() }),
  })
  .refine((value) => Object.keys(value.secretRef).length === 1, { message: 'give exactly one of env, file' })
  .meta({ unit: 'secret' })

const NO_CLIENT = "endpoints: 'client' is missing"
const endpoint = z.string().regex(/^(\[[0-9a-fA-F:.]+\]|[^\s:/@[\]]+):([1-9]\d{0,4})$/, 'write HOST:PORT')
const list = z.array(endpoint).min(1)

/** `target: { external: { … } }` */
export const externalFields = {
  endpoints: z
    .union([list, z.record(z.string().min(1), list)])
    .describe('HOST:PORT of the cluster: a list of those for clients, or lists by purpose (client, management)')
    .meta({ examples: [['broker-1.example.com:9093']] }),
  user: z.string().min(1).optional().describe('User that mqops logs in as'),
  password: secretRef.optional().describe('Its password'),
  ca: secretRef.optional().describe('Certificates (PEM) to trust; without it those of the system'),
  certificate: secretRef.optional().describe("Client certificate (PEM), for clusters that ask for one; with 'key'"),
  key: secretRef.optional().describe('Private key (PEM) of the client certificate'),
}

/** A cluster that someone else built and runs: mqops reaches what is inside it, and never its members. */
export const externalTarget: TargetFactory = {
  name: 'external',
  fields: externalFields,
  members: false,
  create: (spec, options) => target(spec, readAccess(spec, options)),
}

export function readAccess(spec: ClusterSpec, options: Json): Access {
  const schema = z
    .strictObject(externalFields)
    .refine((o) => (o.user === undefined) === (o.password === undefined), { message: 'user and password go together' })
    .refine((o) => (o.certificate === undefined) === (o.key === undefined), {
      message: 'certificate and key go together',
    })
    .refine((o) => Array.isArray(o.endpoints) || o.endpoints.client !== undefined, {
      message: NO_CLIENT,
    })
  const read = schema.safeParse(options)
  if (!read.success)
    throw new MqopsError({
      code: 'MQOPS_SPEC_TARGET',
      summary: `target.external: ${z.prettifyError(read.error)}`,
      ...(read.error.issues.some(({ message }) => message === NO_CLIENT)
        ? { hint: 'Write those for clients too, client: [HOST:PORT]: canaries and mqops connect need them.' }
        : {}),
    })
  const { endpoints, user, password, ca, certificate, key } = read.data
  return {
    tls: spec.security.tls,
    endpoints: Array.isArray(endpoints) ? { client: endpoints } : endpoints,
    ...(user && password ? { user, password } : {}),
    ...(ca ? { ca } : {}),
    ...(certificate && key ? { certificate: { certificate, key } } : {}),
  }
}

function target(spec: ClusterSpec, access: Access): Target {
  const refuse = (what: string): never => {
    throw new MqopsError({
      code: 'MQOPS_NOT_MANAGED',
      summary: `mqops can't ${what} of ${spec.name}: it is an external cluster, built and run by someone else`,
      hint: 'use the tool that built it; mqops manages what is inside it (topics, users, queues …)',
    })
  }
  return {
    name: 'external',
    allocation: async () => null,
    allocate: async () => refuse('make members'),
    render: () => ({}),
    observe: async () => [],
    prepared: async () => true,
    prepare: async () => refuse('install the software'),
    converge: async () => refuse('configure or start the members'),
    acknowledge: async () => refuse('reload the members'),
    signal: async () => refuse('signal the members'),
    stop: async () => refuse('stop the members'),
    destroy: async () => refuse('destroy the members'),
    size: async () => 0,
    exec: async () => refuse('run commands beside the members'),
    logs: () => refuse('show the logs'),
    secret: async (name) => refuse(`know the generated secret ${name}`),
    renew: async () => refuse('renew the certificates'),
    /**
     * No place here keeps a key, and all operators must come to the same digest: a slow hash (scrypt, N 2^15: 0.1 s and
     * 32 MiB for each guess) under the cluster's name instead.
     */
    keyedDigest: async (ref, ctx) => {
      const hash = scryptSync(await ctx.secret(ref), `mqops ${spec.broker} ${spec.name}`, 32, {
        N: 2 ** 15,
        maxmem: 64 * 1024 ** 2,
      })
      return `scrypt:${hash.toString('base64url')}`
    },
    lease: async () => null,
    access: async () => access,
    recall: async () => null,
    remember: async () => {},
  }
}
