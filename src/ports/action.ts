import type { ClusterSpec } from '../model/spec.ts'
import type { Allocation, NodeSpec } from '../model/member.ts'
import type { Outcome, Step } from '../model/plan.ts'
import type { Broker } from './broker.ts'
import type { Context } from './context.ts'
import type { Session } from './session.ts'
import type { Target } from './target.ts'

/** One cluster as steps see it. Sessions are opened at first use and shared by the run. */
export interface ClusterWorld {
  /** The run's context with this cluster's generated secrets. */
  readonly ctx: Context
  readonly spec: ClusterSpec
  readonly broker: Broker
  readonly target: Target
  allocation(): Promise<Allocation | null>
  nodes(): Promise<readonly NodeSpec[]>
  session(): Promise<Session>
  /** After members restarted or credentials changed: the next session() connects anew. */
  dropSession(): Promise<void>
}

export type World = {
  cluster(name: string): ClusterWorld
  readonly ctx: Context
  progress(step: string, text: string, done?: number, of?: number, unit?: 'bytes' | 'items'): void
}

/**
 * What a step does, over a batch of steps of one cluster: one outcome for each step, in order. All three are idempotent:
 * after a crash anywhere `done` is asked first. Verifying is `done`, read afresh until the deadline.
 */
export interface Action {
  readonly name: string
  readonly maxBatch: number
  /** 'cluster': nothing else of the cluster runs beside it. */
  readonly exclusive: 'cluster' | 'address'
  /** From guard to done, or from the last progress that a step's work has made. Milliseconds. */
  readonly deadlineMs: number
  done(steps: readonly Step[], world: World): Promise<readonly Outcome[]>
  /** `resumed`: its intent stands in the journal, so its own half-done work is no staleness. */
  guard(steps: readonly Step[], world: World, resumed: ReadonlySet<string>): Promise<readonly Outcome[]>
  act(steps: readonly Step[], world: World): Promise<readonly Outcome[]>
  /** As `done`, asked after the act: may say 'failed' for what will never come about, instead of waiting for it. */
  settled?(steps: readonly Step[], world: World): Promise<readonly Outcome[]>
  /** Told of steps that had their turn to act and failed for good, before the journal is: what they have claimed is let go. */
  givenUp?(steps: readonly Step[], world: World): Promise<void>
  /**
   * Takes back what steps have begun that said how much work is left, so that nothing half-done stays behind: asked when
   * the run stops, or when the work no longer moves. They begin anew when the run is resumed. Idempotent.
   */
  takeBack?(steps: readonly Step[], world: World): Promise<readonly Outcome[]>
}
