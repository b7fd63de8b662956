import type { Outcome, Plan } from './plan.ts'

export type RunState = 'running' | 'done' | 'failed' | 'partly' | 'needs-human' | 'cancelled'

/** What happened, in order. `at` in ms since the epoch; `epoch` of the lease it was written under. */
export type RunFact =
  | { readonly type: 'planned'; readonly plan: Plan; readonly approval: Approval }
  | { readonly type: 'resumed' }
  | { readonly type: 'intent'; readonly steps: readonly string[] }
  | {
      readonly type: 'outcome'
      readonly outcomes: readonly { readonly step: string; readonly outcome: Outcome; readonly ms: number }[]
    }
  | { readonly type: 'ended'; readonly state: Exclude<RunState, 'running'> }

/** Journalled: a fact under its run, hash-chained to the one before it. */
export type RunEvent = RunFact & {
  readonly v: 1
  readonly run: string
  readonly seq: number
  readonly at: number
  readonly epoch: number
  readonly actor: string
}

/** Who said yes to what: everything safe or disruptive, and clusters whose destructive steps were confirmed by name. */
export type Approval = { readonly all: boolean; readonly confirmed: readonly string[] }

/** Seen, not journalled: progress for the terminal, `--json` and, one day, the API. */
export type LiveEvent =
  | { readonly type: 'journal'; readonly event: RunEvent }
  | {
      readonly type: 'progress'
      readonly step: string
      readonly text: string
      readonly done?: number
      readonly of?: number
      readonly unit?: 'bytes' | 'items'
    }
  | { readonly type: 'waiting'; readonly step: string; readonly why: string }
