import type { RunEvent, RunFact } from '../model/event.ts'
import type { Json } from '../model/json.ts'

export type RunSummary = {
  readonly run: string
  readonly startedAt: number
  readonly endedAt: number | null
  readonly state: string
  readonly clusters: readonly string[]
  readonly actor: string
  readonly steps: number
}

/** History and memory. Losing it loses history, never the ability to go on. */
export interface Store {
  /** Durable when it resolves; hash-chained to the run's last event. */
  append(event: { run: string; at: number; epoch: number; actor: string } & { fact: RunFact }): Promise<RunEvent>
  /** Throws MQOPS_JOURNAL_CORRUPT when the chain does not hold. */
  events(run: string): Promise<readonly RunEvent[]>
  /** Newest first. */
  runs(limit: number): Promise<readonly RunSummary[]>
  get(key: string): Promise<Json | null>
  put(key: string, value: Json | null): Promise<void>
  keys(prefix: string): Promise<readonly string[]>
  /** Drops what is remembered of these clusters, and runs that concern nobody else. True: nothing is left at all. */
  forget(clusters: readonly string[]): Promise<boolean>
  close(): Promise<void>
}
