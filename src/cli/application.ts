import type { Check } from '../model/check.ts'
import type { RunOptions, RunResult } from '../engine/runs.ts'
import type { Approval, RunEvent } from '../model/event.ts'
import type { Failure, Source } from '../model/failure.ts'
import type { Plan } from '../model/plan.ts'
import type { ClusterSpec } from '../model/spec.ts'
import type { Json } from '../model/json.ts'
import type { Broker } from '../ports/broker.ts'
import type { Conversion, Field } from '../spec/index.ts'
import type { RunSummary } from '../ports/store.ts'
import type { Runtimes } from '../ports/runtimes.ts'
import type { Connection } from '../operations/access/index.ts'
import type { Imported } from '../operations/import/index.ts'
import type { Adopted } from '../operations/adopt/index.ts'
import type { Owned } from '../operations/names/index.ts'
import type { PlanOptions } from '../operations/deploy/plan.ts'
import type { GroupList, GroupStanding, OffsetsAsk } from '../operations/offsets/index.ts'
import type { ClusterStatus } from '../operations/status/index.ts'

export type { Adopted, ClusterStatus, Connection, GroupList, GroupStanding, OffsetsAsk, Owned, RunOptions, RunResult }

/** All that the ways in can ask for. compose.ts is the one that makes it; views never see an adapter. */
export interface Application {
  readonly version: string
  readonly cwd: string
  readonly stateFolder: string
  readonly brokers: readonly Broker[]
  readonly runtimes: Runtimes
  /**
   * Reads files and folders (every *.yaml and *.yml in them, sorted); none given: ./mqops.yaml. Failures are all errors
   * with their positions; a missing file is one of them.
   */
  load(paths: readonly string[]): Promise<Loaded>
  schema(): Json
  /** Every field of a document of this kind ('Kafka'), as the schema tells it. */
  reference(kind: string): Field
  starter(brokers: readonly string[]): string
  /** Clusters that this state folder or the targets below the current folder remember, for commands without a file. */
  remembered(): Promise<readonly ClusterSpec[]>

  /** Failures say where in the spec they come from, for clusters that `load` has read. */
  plan(specs: readonly ClusterSpec[], o?: PlanOptions): Promise<Planned>
  planDestroy(specs: readonly ClusterSpec[]): Promise<Planned>
  planStop(specs: readonly ClusterSpec[]): Promise<Planned>
  /** Throws MQOPS_NOT_SUPPORTED for a broker without consumer groups. */
  planOffsets(spec: ClusterSpec, ask: OffsetsAsk): Promise<Planned>
  /** The file's text, for `plan --out`; integrity-protected. */
  printPlan(plan: Plan): string
  /**
   * Reads a plan file and derives its steps again. Throws MQOPS_PLAN_EDITED, MQOPS_PLAN_STALE (names what changed),
   * MQOPS_PLAN_OTHER_CLUSTER, MQOPS_PLAN_FORMAT.
   */
  readPlan(text: string): Promise<Planned>

  /** Takes the leases, journals and runs. Throws MQOPS_LOCKED (75) before anything happened. */
  run(plan: Plan, approval: Approval, o: RunOptions): Promise<RunResult>
  /** The newest run that has not ended well, or the named one. */
  resume(run: string | null, o: RunOptions & { approval?: Approval }): Promise<RunResult | null>
  runs(limit: number): Promise<readonly RunSummary[]>
  runEvents(run: string): Promise<readonly RunEvent[]>

  /** Every check as it is known; `cluster` and order are those of the specs. */
  verify(
    specs: readonly ClusterSpec[],
    o: {
      seen(check: Check): void
      readonly signal: AbortSignal
      /** How long the cluster's own health may take to become good: replicas catch up after a start. */
      readonly patienceMs?: number
    },
  ): Promise<readonly Check[]>
  status(specs: readonly ClusterSpec[]): Promise<readonly ClusterStatus[]>
  /** By cluster, of those that answer within so many milliseconds. */
  owned(specs: readonly ClusterSpec[], withinMs: number): Promise<ReadonlyMap<string, Owned>>
  /** Rebuilds what a lost state folder knew; claims what the spec names and nobody owns; from other specs only `takeOver`. */
  adopt(specs: readonly ClusterSpec[], takeOver: readonly string[], o: RunOptions): Promise<readonly Adopted[]>
  /** Consumer groups and their lag; throws as planOffsets. */
  groups(spec: ClusterSpec): Promise<GroupList>
  /** Where a group stands in these topics; none: in all that it has offsets for. Throws MQOPS_GROUP_UNKNOWN. */
  standing(spec: ClusterSpec, group: string, topics: readonly string[]): Promise<GroupStanding>
  /** A document for each cluster, of what is in it; `only`: patterns of addresses without the cluster. Reads only. */
  import(specs: readonly ClusterSpec[], only: readonly string[]): Promise<readonly ImportedText[]>
  /** Addresses without the cluster, of one kind; rejects when the cluster has not answered within so many milliseconds. */
  names(spec: ClusterSpec, kind: string, withinMs: number): Promise<readonly string[]>
  /**
   * The same of files that other tools wrote. `format` null: each says what it is. `names`: what the one cluster shall be
   * called, or which of several are wanted. Failures: no spec could be made.
   */
  convert(
    paths: readonly string[],
    o: { readonly format: string | null; readonly names: readonly string[] },
  ): Promise<Conversion>
  /** `user` null: the cluster's generated administrator. Passwords only when `secrets`. */
  connect(spec: ClusterSpec, o: { user: string | null; secrets: boolean }): Promise<Connection>
  logs(
    spec: ClusterSpec,
    slot: number,
    o: { lines: number; follow: boolean; signal: AbortSignal },
  ): AsyncIterable<string>
  /** Removes what this state folder still knows of clusters that are gone: runs of them alone, files for clients. */
  forget?(clusters: readonly string[]): Promise<void>
  close(): Promise<void>
}

export type Loaded = {
  readonly clusters: readonly ClusterSpec[]
  readonly failures: readonly Failure[]
  sourceOf(cluster: string, path: readonly (string | number)[]): Source | null
}
/** `failures`: what a spec of this version refuses of it, with places in `text`. */
export type ImportedText = Imported & { readonly text: string; readonly failures: readonly Failure[] }
export type Planned = { readonly plan: Plan; readonly failures: readonly Failure[] }
