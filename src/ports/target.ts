import type { Dict, Json } from '../model/json.ts'
import type { Access, Allocation, Layout, Member, NodeSpec } from '../model/member.ts'
import type { SecretRef } from '../model/secret.ts'
import type { ClusterSpec } from '../model/spec.ts'
import type { Context } from './context.ts'
import type { FieldSchema } from './broker.ts'
import type { Exec, Lease } from './session.ts'

/** A member as its target sees it. `files`: file name -> text as it was rendered (references in place of secrets). */
export type NodeState = {
  readonly role: string
  readonly slot: number
  /** What stands on its disk. */
  readonly files: Dict<string>
  /** What the running process has taken up; null when it does not run. `startedAt` in ms since the epoch. */
  readonly running: { readonly startedAt: number; readonly files: Dict<string> } | null
  /** Files whose secrets have other values now than when they were written; only secrets that can be resolved here count. */
  readonly staleSecrets: readonly string[]
  readonly version: string // of the software it was last started with
  readonly problem?: string // "pid 812 is not ours", "folder is missing"
}

export type Progress = (text: string, done?: number, of?: number) => void

/** What nodes are made of. A target renders, then drives what it rendered. Made for one cluster. */
export interface Target {
  readonly name: string
  /** What was allotted, or null when nothing was built yet. */
  allocation(ctx: Context): Promise<Allocation | null>
  /** Makes or completes ids, ports, secrets and certificates, and keeps them. Idempotent: what exists stays. */
  allocate(layout: Layout, ctx: Context): Promise<Allocation>
  /** Pure: file name -> text, references in place of secrets. */
  render(nodes: readonly NodeSpec[]): Dict<string>
  observe(nodes: readonly Pick<Member, 'role' | 'slot'>[], ctx: Context): Promise<readonly NodeState[]>
  /** The software is where the members will run. */
  prepared(software: NodeSpec['software'], ctx: Context): Promise<boolean>
  prepare(software: NodeSpec['software'], progress: Progress, ctx: Context): Promise<void>
  /**
   * Puts the rendered files of these nodes in place. 'reload' stops at that; 'restart' ends a running member with its
   * grace and starts it again; 'start' starts those that don't run. `format` goes into an empty data folder only.
   * Throws MQOPS_RUNTIME_MISSING, and MQOPS_DATA_MISSING when a member would be started whose data is gone.
   */
  converge(
    nodes: readonly NodeSpec[],
    how: 'reload' | 'restart' | 'start',
    format: (node: NodeSpec) => Dict<string>,
    ctx: Context,
  ): Promise<void>
  /** The running member has taken up the files on its disk. Throws MQOPS_UNREACHABLE when it does not run, as `signal` does. */
  acknowledge(node: NodeSpec, ctx: Context): Promise<void>
  signal(member: Pick<Member, 'role' | 'slot'>, signal: 'SIGHUP', ctx: Context): Promise<void>
  /**
   * Ends exactly the processes that it started, together, those that say `stopLast` after the others; the slowest
   * member's grace at most, then SIGKILL.
   */
  stop(nodes: readonly NodeSpec[], ctx: Context): Promise<void>
  /** Ends what runs, as `stop` does, and removes every trace of the cluster, data included. */
  destroy(nodes: readonly NodeSpec[], ctx: Context): Promise<void>
  /** Bytes on disk of all members' data: what a destroy would lose. */
  size(ctx: Context): Promise<number>
  readonly exec: Exec
  /** The last `lines` lines, and with `follow` what comes until the signal fires. */
  logs(node: NodeSpec, o: { readonly lines: number; readonly follow: boolean }, ctx: Context): AsyncIterable<string>
  secret(name: string, ctx: Context): Promise<string>
  /**
   * Makes new certificates under the same names; the old ones stay valid until they expire. Throws MQOPS_SECRET_MISSING
   * for a name that was never allotted, and renews none then.
   */
  renew(certificates: readonly string[], ctx: Context): Promise<void>
  /** Digest of a secret under a key that never leaves the target: tells whether a write-only field has changed. */
  keyedDigest(ref: SecretRef, ctx: Context): Promise<string>
  /** Held where all operators of the cluster meet; null: keep it in the cluster itself. Throws MQOPS_LOCKED naming the holder. */
  lease(holder: string, ttlMs: number, ctx: Context): Promise<Lease | null>
  /** For clusters that someone else built: how to reach them. null: the broker derives it from the allocation. */
  access(ctx: Context): Promise<Access | null>
  /** What the target remembers beside the members: the spec last applied, so that `status` needs no file. */
  recall(ctx: Context): Promise<ClusterSpec | null>
  remember(spec: ClusterSpec, ctx: Context): Promise<void>
}

/** Has members that mqops starts and stops? `external` has not: data, not an `if`. */
export type TargetFactory = {
  readonly name: string
  readonly fields: Dict<FieldSchema> // zod fields of `target: { NAME: … }`
  readonly members: boolean
  create(spec: ClusterSpec, options: Json): Target
}
