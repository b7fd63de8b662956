import type { AllocatedMember } from '../../model/member.ts'

/** Names of members, and what the broker keeps to itself. */

/** AMQP's short string, in bytes: names of queues and exchanges, routing keys. */
export const SHORT_STRING = 255

export const memberName = (slot: number): string => `rabbitmq-${slot}`

export const isLoopback = (host: string): boolean => host === 'localhost' || host === '::1' || host.startsWith('127.')

/** The address that listeners bind to: a loopback member is not seen from outside. */
export const bindAddress = (host: string): string => (isLoopback(host) ? '127.0.0.1' : '0.0.0.0')

/** Erlang's name of a member. Its host part is what a peer's certificate is checked against, and must be no IP address. */
export const nodeName = (member: Pick<AllocatedMember, 'cluster' | 'slot' | 'host'>): string =>
  `${member.cluster}-${memberName(member.slot)}@${isLoopback(member.host) ? 'localhost' : member.host}`

const NODE_NAME = /-rabbitmq-(\d+)@/

/** The slot in a node's name that mqops gave; null for nodes of other makers. */
export const slotOf = (node: string): number | null => {
  const match = NODE_NAME.exec(node)
  return match ? Number(match[1]) : null
}

/** The vhost of canaries; made at need and removed after. */
export const CANARY_VHOST = 'mqops'
export const LEASE_QUEUE = 'mqops.lease'

/** The broker's own exchanges: '' is the default exchange. */
export const isBuiltInExchange = (name: string): boolean => name === '' || name.startsWith('amq.')

/** Global parameters that are no one's to manage: mqops's own and what the broker keeps there. */
export const isBrokersParameter = (name: string): boolean =>
  /^mqops[._]/.test(name) ||
  ['cluster_name', 'internal_cluster_id', 'cluster_tags', 'imported_definition_hash_value'].includes(name)
