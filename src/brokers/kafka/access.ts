import type { Access, Allocation } from '../../model/member.ts'
import type { SecretRef } from '../../model/secret.ts'
import type { ClusterSpec } from '../../model/spec.ts'
import type { Broker } from '../../ports/broker.ts'
import { kafkaFields } from './fields.ts'
import { propertyLine } from './properties.ts'
import { type Place, places, portsOf } from './topology.ts'

const generated = (name: string): SecretRef => ({ secretRef: { generated: name } })
const hostPort = (host: string, port: number | undefined): string =>
  `${host.includes(':') ? `[${host}]` : host}:${port}`

/** Endpoints in the order of slots, each list only of the members that have such a port. */
export function access(spec: ClusterSpec, allocation: Allocation): Access {
  const endpoints = (port: string) =>
    places(spec)
      .filter((place) => portsOf(place).includes(port))
      .flatMap((place) => {
        const member = allocation.members.find((m) => m.role === place.role && m.slot === place.slot)
        return member ? [hostPort(member.host, member.ports[port])] : []
      })
  return {
    tls: spec.security.tls,
    endpoints: { client: endpoints('client'), internal: endpoints('internal'), controller: endpoints('controller') },
    user: 'admin',
    password: generated('admin'),
    ...(spec.security.tls
      ? {
          ca: generated('tls/ca.crt'),
          certificate: { certificate: generated('tls/admin.crt'), key: generated('tls/admin.key') },
        }
      : {}),
  }
}

/** Where to reach a member: by purpose. Members of a cluster that mqops built come with all; others with `client`. */
export type Node = {
  readonly id: number
  readonly role: 'broker' | 'controller'
  readonly isController: boolean | null // null: not known
  readonly endpoints: { readonly client?: string; readonly internal?: string; readonly controller?: string }
}

/** The built cluster's members with their endpoints; empty when somebody else built it. */
export function knownNodes(spec: ClusterSpec, { endpoints }: Access): readonly Node[] {
  const all = places(spec)
  const at = (place: Place, port: string) => {
    const index = all.filter((p) => portsOf(p).includes(port)).indexOf(place)
    const endpoint = index < 0 ? undefined : endpoints[port]?.[index]
    return endpoint === undefined ? {} : { [port]: endpoint }
  }
  return all.map((place) => ({
    id: place.slot,
    role: place.role,
    isController: place.isController,
    endpoints: { ...at(place, 'client'), ...at(place, 'internal'), ...at(place, 'controller') },
  }))
}

/** What a Java client, and the tools of the distribution (`--command-config`), want to read. */
export const client: Broker['client'] = (spec, { tls, endpoints }) => ({
  file: 'client.properties',
  render: ({ user, password, caFile }) => {
    const quoted = `"${password.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`
    const login = `org.apache.kafka.common.security.scram.ScramLoginModule required username="${user}" password=${quoted};`
    const rows: readonly (readonly [string, string])[] = [
      ['bootstrap.servers', (endpoints.client ?? []).join(',')],
      ['security.protocol', tls ? 'SASL_SSL' : 'SASL_PLAINTEXT'],
      ['sasl.mechanism', kafkaFields(spec).users[user]?.mechanism ?? 'SCRAM-SHA-512'],
      ['sasl.jaas.config', login],
      ...(tls && caFile !== null
        ? ([
            ['ssl.truststore.type', 'PEM'],
            ['ssl.truststore.location', caFile],
          ] as const)
        : []),
    ]
    return `${rows.map(([name, value]) => propertyLine(name, value)).join('\n')}\n`
  },
})
