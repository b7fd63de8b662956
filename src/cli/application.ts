import type { Check } from '../model/check.ts'
import type { Approval, LiveEvent, RunEvent, RunState } from '../model/event.ts'
import type { Failure, Source } from '../model/failure.ts'
import type { Plan, Step } from '../model/plan.ts'
import type { ClusterSpec } from '../model/spec.ts'
import type { Json } from '../model/json.ts'
import type { Broker } from '../ports/broker.ts'
import type { RunSummary } from '../ports/store.ts'
import type { Runtimes } from '../ports/runtimes.ts'
import type { MemberHealth } from '../ports/session.ts'

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
  starter(brokers: readonly string[]): string
  /** Clusters that this state folder or the targets below the current folder remember, for commands without a file. */
  remembered(): Promise<readonly ClusterSpec[]>

  /** Failures say where in the spec they come from, for clusters that `load` has read. */
  plan(specs: readonly ClusterSpec[]): Promise<Planned>
  planDestroy(specs: readonly ClusterSpec[]): Promise<Planned>
  planStop(specs: readonly ClusterSpec[]): Promise<Planned>
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
  verify(specs: readonly ClusterSpec[], o: { seen(check: Check): void; signal: AbortSignal }): Promise<readonly Check[]>
  status(specs: readonly ClusterSpec[]): Promise<readonly ClusterStatus[]>
  /** Rebuilds what a lost state folder knew; claims what the spec names and nobody owns. */
  adopt(specs: readonly ClusterSpec[], o: RunOptions): Promise<readonly Adopted[]>
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
export type Planned = { readonly plan: Plan; readonly failures: readonly Failure[] }
export type RunOptions = {
  live(event: LiveEvent): void
  /** Fires at the first Ctrl-C: finish what runs, begin nothing. */
  readonly stopping: AbortSignal
  /** Fires at the second: leave at once. */
  readonly signal: AbortSignal
}
export type RunResult = {
  readonly run: string
  readonly state: Exclude<RunState, 'running'>
  readonly failures: readonly Failure[]
  readonly uncovered: readonly Step[]
  readonly todo: readonly string[]
  readonly steps: number
}
export type MemberStatus = {
  readonly role: string
  readonly slot: number
  readonly running: boolean | null
  readonly startedAt: number | null
  readonly health: MemberHealth | null
  readonly problem?: string
  readonly ports: Readonly<Record<string, number>>
}
export type ClusterStatus = {
  readonly spec: ClusterSpec
  readonly clusterId: string | null
  readonly state: 'healthy' | 'degraded' | 'stopped' | 'unreachable' | 'absent'
  readonly version: string | null
  readonly members: readonly MemberStatus[]
  readonly problem?: Failure
  readonly certificatesExpire: number | null
}
export type Adopted = {
  readonly cluster: string
  readonly clusterId: string | null
  readonly resources: number
  readonly claimed: number
  readonly problem?: Failure
}
export type Connection = {
  readonly cluster: string
  readonly broker: string
  readonly endpoints: readonly string[]
  readonly username: string | null
  readonly password: Json // the text with `secrets`, else the reference
  readonly ca: string | null // PEM
  readonly caFile: string | null
  readonly managementUrl: string | null
  readonly properties: { readonly file: string; readonly text: string }
  readonly environment: Readonly<Record<string, string>>
}
