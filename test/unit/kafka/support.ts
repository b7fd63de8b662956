import { z } from 'zod'
import { fields } from '../../../src/brokers/kafka/fields.ts'
import { layout } from '../../../src/brokers/kafka/topology.ts'
import type { Allocation } from '../../../src/model/member.ts'
import type { ClusterSpec } from '../../../src/model/spec.ts'

const schema = z.strictObject(fields)

/** A `spec:` body as the loader hands it on. Throws what the schema says is wrong. */
export function specOf(body: Record<string, unknown>, over: Partial<ClusterSpec> = {}): ClusterSpec {
  return {
    broker: 'Kafka',
    name: 'orders',
    labels: {},
    version: '4.3.1',
    target: { name: 'local', options: {} },
    security: { tls: true },
    folder: '/specs',
    fields: schema.parse(body),
    ...over,
  }
}

/** What the schema says, as 'path: message'. */
export function complaints(body: Record<string, unknown>): readonly string[] {
  const parsed = schema.safeParse(body)
  return parsed.success ? [] : parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`)
}

export const external: Partial<ClusterSpec> = { target: { name: 'external', options: {} } }

/** An allocation as a target would make it: ports 9001, 9002 … in the order of the layout. */
export function allocationOf(spec: ClusterSpec): Allocation {
  const { members, secrets, certificates } = layout(spec)
  let port = 9000
  return {
    cluster: spec.name,
    clusterId: 'abcdefghijklmnopqrstuQ',
    members: members.map(({ role, slot, ports }) => ({
      cluster: spec.name,
      role,
      slot,
      incarnation: `disk-of-member-${slot}-22`.slice(0, 22),
      host: '127.0.0.1',
      ports: Object.fromEntries(ports.map((name) => [name, ++port])),
      paths: { home: `/m/${slot}`, data: `/m/${slot}/data`, logs: `/m/${slot}/logs` },
    })),
    secrets: Object.fromEntries(secrets.map((name) => [name, { secretRef: { generated: name } }])),
    certificates: certificates.map((certificate) => ({ ...certificate, notAfter: 0 })),
  }
}
