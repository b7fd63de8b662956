import type { Address } from '../model/address.ts'
import type { Check } from '../model/check.ts'
import type { Dict, Json } from '../model/json.ts'
import type { Member } from '../model/member.ts'
import type { Outcome } from '../model/plan.ts'
import type { Context } from './context.ts'

/** A member as the cluster itself sees it, joined with what its own health interface says. */
export type MemberHealth = {
  readonly role: string
  readonly slot: number
  readonly up: boolean // answers, and the quorum counts it
  readonly leader: boolean // Kafka: active controller; NATS: meta leader; RabbitMQ: false
  readonly version?: string
  readonly why?: string // when not up: what was seen
  readonly warning?: string // up, and clients wait all the same: an alarm
  /** May it go down now without anybody losing availability or redundancy below the asked minimum? Field notes 1 to 3. */
  readonly mayStop: Outcome
  /**
   * What can't be used while it is down, however long one waits (a topic with no replica to spare). `mayStop` doesn't
   * count it: the plan says it, and the guard lets only that pass which the plan has said.
   */
  readonly outage?: readonly string[]
}

/** What mqops remembers about a resource on the cluster itself. `secret`: keyed digest of a write-only field. */
export type OwnerRecord = {
  /** Name of the cluster's document that asked for it: two specs of one cluster leave each other's resources alone. */
  readonly spec?: string
  /** The spec that it was taken over from: what that one says of it now. */
  readonly from?: string
  readonly secret?: string
  /** The incarnation that it is of, where the broker tells one from the next. */
  readonly uid?: string
}

/**
 * Ownership, mirrored on the cluster: a lost state folder loses history, not the ability to go on.
 * Keys are printed addresses without the cluster's name ('topic/orders.created').
 */
export interface Ownership {
  read(ctx: Context): Promise<ReadonlyMap<string, OwnerRecord>>
  /** null forgets. Durable on a majority when it resolves. */
  write(changes: ReadonlyMap<string, OwnerRecord | null>, ctx: Context): Promise<void>
}

/** An open, authenticated connection to one cluster. Every call fails with an MqopsError that names the endpoint. */
export interface Session {
  readonly clusterId: string // as the broker says it
  readonly version: string
  readonly capabilities: ReadonlySet<string>
  readonly ownership: Ownership
  members(ctx: Context): Promise<readonly MemberHealth[]>
  /** Health that is not about one resource: quorum, replicas short, alarms. Read only. */
  checks(ctx: Context): Promise<readonly Check[]>
  /**
   * Numbered, hashed messages through every member and a sample of the given resources, with the strongest
   * acknowledgement, read back complete and in order, then cleaned up without touching user data.
   */
  canary(sample: readonly Address[], ctx: Context): Promise<readonly Check[]>
  /** Plaintext and wrong credentials must be refused, by every member. */
  refusals(ctx: Context): Promise<readonly Check[]>
  /** The lease of last resort, kept in the cluster itself, for targets that have no place of their own. */
  lease(holder: string, ttlMs: number, ctx: Context): Promise<Lease>
  close(): Promise<void>
}

export interface Lease {
  /** Grows with each holder, and is not used again as long as the cluster stands. */
  readonly epoch: number
  /** Rejects with MQOPS_LEASE_LOST when somebody else holds it. */
  renew(): Promise<void>
  release(): Promise<void>
}

/** Runs a command of the broker's distribution beside a member (RabbitMQ's drain has no HTTP). null on `external`. */
export type Exec = (
  member: Pick<Member, 'role' | 'slot'>,
  argv: readonly string[],
  ctx: Context,
) => Promise<{ code: number; stdout: string; stderr: string }>

export type SessionOptions = {
  readonly cluster: string
  readonly exec: Exec | null
  readonly env?: Dict<string>
  readonly spec: Json
}
