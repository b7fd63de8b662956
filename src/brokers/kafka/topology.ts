import type { Layout } from '../../model/member.ts'
import type { ClusterSpec } from '../../model/spec.ts'
import { kafkaFields } from './fields.ts'

/** A member by its place, before anything is allotted. Kafka's node.id is the slot. */
export type Place = {
  readonly role: 'broker' | 'controller'
  readonly slot: number
  readonly name: string // 'kafka-1': process name, certificate name and principal
  readonly isBroker: boolean
  readonly isController: boolean
}

/** Servers when neither `members` nor `pools` is given. */
const DEFAULT_MEMBERS = 3

/** A cluster that somebody else built: its members are what it says they are. */
export const isExternal = (spec: ClusterSpec): boolean => spec.target.name === 'external'

/**
 * All members with their slots. Pools with controllers come first, then by name: brokers can be added later without
 * moving a voter to another slot. Empty for `external`.
 */
export function places(spec: ClusterSpec): readonly Place[] {
  if (isExternal(spec)) return []
  const { members, pools } = kafkaFields(spec)
  const groups = pools
    ? Object.entries(pools)
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([, pool]) => ({
          count: pool.members,
          isBroker: pool.roles.includes('broker'),
          isController: pool.roles.includes('controller'),
        }))
        .sort((a, b) => Number(b.isController) - Number(a.isController))
    : [{ count: members ?? DEFAULT_MEMBERS, isBroker: true, isController: true }]
  return groups
    .flatMap(({ count, ...roles }) => Array.from({ length: count }, () => roles))
    .map(({ isBroker, isController }, i) => ({
      role: isBroker ? 'broker' : 'controller',
      slot: i + 1,
      name: `kafka-${i + 1}`,
      isBroker,
      isController,
    }))
}

export const brokerCount = (spec: ClusterSpec): number => places(spec).filter((place) => place.isBroker).length

/** Copies of anything that nobody sized: three, or as many as there are brokers. */
export const defaultReplicas = (brokers: number): number => Math.min(3, Math.max(1, brokers))

/** How many of the copies must have a write before it counts: one may be missing when there are three. */
export const minInSync = (replicas: number): number => (replicas >= 3 ? 2 : 1)

export const portsOf = (place: Place): readonly string[] => [
  ...(place.isBroker ? ['client', 'internal'] : []),
  ...(place.isController ? ['controller'] : []),
]

/** Name of the secret that the target makes for a user without a `password`. */
export const generatedPassword = (user: string): string => `user/${user}`

/** Pure: what has to be allotted before the members can be written down. */
export function layout(spec: ClusterSpec): Layout {
  const all = places(spec)
  const users = Object.entries(kafkaFields(spec).users)
  return {
    members: all.map((place) => ({ role: place.role, slot: place.slot, ports: portsOf(place) })),
    secrets: [
      'admin',
      ...users.filter(([, user]) => user.password === undefined).map(([name]) => generatedPassword(name)),
    ],
    certificates: spec.security.tls
      ? [
          ...all.map(({ name, slot }) => ({ name, commonName: name, organizationalUnit: 'kafka', slot })),
          { name: 'admin', commonName: 'admin', organizationalUnit: 'kafka' },
        ]
      : [],
  }
}
