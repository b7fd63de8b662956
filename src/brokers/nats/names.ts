import type { Dict } from '../../model/json.ts'
import type { SecretRef } from '../../model/secret.ts'
import type { AccountFields, NatsFields } from './fields.ts'

/** Names that mqops takes for itself in a NATS cluster that it builds. */

/** The system account and its user: monitoring and administration by `nats server …`. */
export const SYSTEM_ACCOUNT = 'SYS'
export const SYSTEM_USER = 'sys'
/** mqops' own account: the ownership bucket and canaries; user data never stands in it. */
export const OWN_ACCOUNT = 'MQOPS'
export const OWN_USER = 'mqops'
export const OWN_BUCKET = 'mqops'
export const CANARY_PREFIX = 'mqops_canary_'
export const CANARY_SUBJECT = 'mqops_canary'

/** The user by which mqops manages the streams of an account. */
export const managerOf = (account: string): string => `${OWN_USER}-${account}`
export const managerSecret = (account: string): string =>
  account === OWN_ACCOUNT ? OWN_USER : `${OWN_USER}/${account}`
export const userSecret = (account: string, user: string): string => `user/${account}/${user}`
export const isOwnUser = (name: string): boolean =>
  name === SYSTEM_USER || name === OWN_USER || name.startsWith(`${OWN_USER}-`)
export const isReservedAccount = (name: string): boolean =>
  [SYSTEM_ACCOUNT, OWN_ACCOUNT].includes(name.toUpperCase()) || name.startsWith('$')
export const ACCOUNT_NAME = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}$/
export const isOwnStream = (name: string): boolean => name === `KV_${OWN_BUCKET}` || name.startsWith(CANARY_PREFIX)

/** Buckets and object stores are streams whose names begin so (ADR-8, ADR-20). */
const BACKING = { kv: 'KV_', objects: 'OBJ_' } as const
export type StreamKindName = 'stream' | keyof typeof BACKING

export const streamName = (kind: StreamKindName, name: string): string =>
  kind === 'stream' ? name : BACKING[kind] + name

/** What a stream is to people, and the name that they know it by. */
export function kindOfStream(name: string): readonly [StreamKindName, string] {
  for (const kind of ['kv', 'objects'] as const)
    if (name.startsWith(BACKING[kind]) && name.length > BACKING[kind].length)
      return [kind, name.slice(BACKING[kind].length)]
  return ['stream', name]
}

export const generated = (name: string): SecretRef => ({ secretRef: { generated: name } })

export const hasJetStream = (account: AccountFields): boolean => account.jetstream !== false

/** Replicas of mqops' own streams, and of streams whose spec does not say: three where there are three servers. */
export const usualReplicas = (fields: Pick<NatsFields, 'members'>): number => Math.min(3, fields.members)

/** The key of server_metadata under which the cluster keeps its id. */
export const CLUSTER_ID = 'mqops.cluster-id'

export const entries = <T>(dict: Dict<T> | undefined): readonly (readonly [string, T])[] => Object.entries(dict ?? {})
