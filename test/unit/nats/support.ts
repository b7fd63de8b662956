import { z } from 'zod'
import { fields } from '../../../src/brokers/nats/fields.ts'
import { layout } from '../../../src/brokers/nats/layout.ts'
import type { Allocation } from '../../../src/model/member.ts'
import { printText } from '../../../src/model/secret.ts'
import type { ClusterSpec } from '../../../src/model/spec.ts'
import type { NodeSpec } from '../../../src/model/member.ts'

/** A spec as loading gives it: through the real fields, so that units are read and defaults filled. */
export const specOf = (
  body: object,
  more: { tls?: boolean; target?: string; name?: string; version?: string } = {},
): ClusterSpec => ({
  broker: 'Nats',
  name: more.name ?? 'orders',
  labels: {},
  version: more.version ?? '2.15',
  target: { name: more.target ?? 'local', options: {} },
  security: { tls: more.tls ?? true },
  folder: '/spec',
  fields: z.strictObject(fields).parse(body),
})

/** What a target would allot: everything that the layout asks for. */
export function allocationOf(spec: ClusterSpec): Allocation {
  const asked = layout(spec)
  const certificates = asked.certificates.flatMap(({ name }) => [`tls/${name}.key`, `tls/${name}.crt`])
  const names = [...asked.secrets, ...certificates, 'tls/ca.crt']
  return {
    cluster: spec.name,
    clusterId: 'AbCdEfGhIjKlMnOpQrStUv',
    members: asked.members.map(({ role, slot, ports }) => ({
      cluster: spec.name,
      role,
      slot,
      incarnation: `inc${slot}-abcdef`,
      host: '127.0.0.1',
      ports: Object.fromEntries(ports.map((port, i) => [port, 4000 + slot * 10 + i])),
      paths: { home: `/run/nats-${slot}`, data: `/run/nats-${slot}/data`, logs: `/run/nats-${slot}/logs` },
    })),
    secrets: Object.fromEntries(names.map((name) => [name, { secretRef: { generated: name } }])),
    certificates: asked.certificates.map((certificate) => ({ ...certificate, notAfter: 4_000_000_000_000 })),
  }
}

/** File name -> text as it is rendered, references in place of secrets. */
export const filesOf = (node: NodeSpec | undefined): Record<string, string> =>
  Object.fromEntries(Object.entries(node?.files ?? {}).map(([name, { text }]) => [name, printText(text)]))
