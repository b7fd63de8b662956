import { z } from 'zod'
import { rabbitmq } from '../../../src/brokers/rabbitmq/index.ts'
import type { ManagementClient } from '../../../src/brokers/rabbitmq/client.ts'
import type { Json, JsonObject } from '../../../src/model/json.ts'
import type { Allocation } from '../../../src/model/member.ts'
import type { ClusterSpec } from '../../../src/model/spec.ts'
import type { Context } from '../../../src/ports/context.ts'

const schema = z.strictObject(rabbitmq.fields as unknown as Record<string, z.ZodType>)

/** A normalised spec, its fields as the schema gives them. */
export const specOf = (body: object = {}, more: Partial<ClusterSpec> = {}): ClusterSpec => ({
  broker: 'RabbitMQ',
  name: 'shop',
  labels: {},
  version: '4.3',
  target: { name: 'local', options: {} },
  security: { tls: true },
  folder: '/',
  fields: schema.parse(body) as JsonObject,
  ...more,
})

/** Messages of the schema for a body that it refuses. */
export const refusedFields = (body: object): readonly string[] => {
  const read = schema.safeParse(body)
  return read.success ? [] : read.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`)
}

const PURPOSES = ['client', 'management', 'prometheus', 'distribution', 'stream', 'mqtt', 'stomp', 'epmd']

/** As a target makes it: ports 20010…, 20020…, paths below /run/shop. */
export function allocationFor(spec: ClusterSpec): Allocation {
  const layout = rabbitmq.layout(spec)
  return {
    cluster: spec.name,
    clusterId: 'AAAAAAAAAAAAAAAAAAAAAA',
    members: layout.members.map(({ role, slot, ports }) => ({
      cluster: spec.name,
      role,
      slot,
      incarnation: `i${slot}`,
      host: '127.0.0.1',
      ports: Object.fromEntries(ports.map((port) => [port, 20_000 + slot * 10 + PURPOSES.indexOf(port)])),
      paths: { home: `/run/shop/${slot}`, data: `/run/shop/${slot}/data`, logs: `/run/shop/${slot}/logs` },
    })),
    secrets: Object.fromEntries(layout.secrets.map((name) => [name, { secretRef: { generated: name } }])),
    certificates: layout.certificates.map((certificate) => ({ ...certificate, notAfter: 1 })),
  }
}

export const context = (more: Partial<Context> = {}): Context => ({
  signal: new AbortController().signal,
  now: () => 1_700_000_000_000,
  sleep: async () => {},
  random: (bytes) => new Uint8Array(bytes).fill(7),
  secret: async () => 'secret',
  log: () => {},
  ...more,
})

type Handler = (path: string, method: string, body: Json | undefined) => { status: number; body?: Json }

/** A management client that answers from memory and records what it was asked to change. */
export function clientOf(handler: Handler): ManagementClient & { readonly changes: string[] } {
  const changes: string[] = []
  const ask: ManagementClient['ask'] = async (path, _ctx, o = {}) => {
    const method = o.method ?? 'GET'
    if (method !== 'GET') changes.push(`${method} ${path}`)
    const answer = handler(path, method, o.body)
    if (answer.status >= 300 && !o.accept?.includes(answer.status))
      throw new Error(`${answer.status} ${method} ${path}`)
    return { status: answer.status, body: answer.body ?? null, endpoint: 'one:1' }
  }
  return {
    endpoints: ['one:1'],
    user: 'mqops',
    ask,
    get: async (path, ctx, o) => (await ask(path, ctx, o)).body,
    close: () => {},
    changes,
  }
}

/** Global parameters as RabbitMQ keeps them: an empty map comes back as an empty list. */
export function parameterStore(stored: Map<string, Json> = new Map()): { handler: Handler; stored: Map<string, Json> } {
  const erlang = (value: Json): Json => {
    if (value === null || typeof value !== 'object') return value
    if (Array.isArray(value)) return value.map(erlang)
    const fields = Object.entries(value)
    return fields.length === 0 ? [] : Object.fromEntries(fields.map(([key, inner]) => [key, erlang(inner)]))
  }
  return {
    stored,
    handler: (path, method, body) => {
      const name = decodeURIComponent(path.split('/')[3] ?? '')
      if (method === 'PUT') stored.set(name, erlang((body as { value: Json }).value))
      if (method === 'DELETE') return { status: stored.delete(name) ? 204 : 404 }
      return { status: 200, body: [...stored].map(([key, value]) => ({ name: key, value })) }
    },
  }
}
