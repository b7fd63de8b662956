import type { Address } from './address.ts'
import type { Failure } from './failure.ts'
import type { Dict, Json } from './json.ts'

/** 'unknown' (not built yet, forbidden, timed out) must never be read as absent. */
export type Observed<T> =
  | { readonly is: 'absent' }
  | { readonly is: 'unknown'; readonly why: string }
  | { readonly is: 'present'; readonly value: T; readonly uid?: string; readonly owner: Owner }

/** mqops removes only what it made; what 'other' owns (an operator, a running reassignment) is shown, never touched. */
export type Owner = { readonly by: 'mqops' | 'nobody' } | { readonly by: 'other'; readonly name: string }

export type Risk = 'safe' | 'disruptive' | 'destructive'
/** `loses`, `rereads`, `note`: of this change alone, where a step has several. */
export type FieldChange = {
  readonly field: string
  readonly from?: Json
  readonly to?: Json
  readonly loses?: Loss
  readonly rereads?: Loss
  readonly note?: string
}
/**
 * How much, as measured. `atMost`: an upper bound. `skipped`: it stays where it is, but those who read there will not get
 * it.
 */
export type Loss = {
  readonly messages?: number
  readonly bytes?: number
  readonly atMost?: true
  readonly skipped?: true
}

/** One change, as data. Replace is a delete of that incarnation and a create: two steps. */
export type Step = {
  readonly id: string // hash of address + action + args: planning again gives the same id
  readonly address: Address
  readonly action: string // 'kafka.topic.create', 'member.restart': key of the action table
  readonly args: Json // secret references, never secrets
  readonly reads: string // digest of ONLY the fields that diff read; ISR, offsets and sizes belong to guards
  readonly needs: readonly string[] // ids of steps that must be done before
  readonly reason: string
  readonly risk: Risk
  readonly reversible: boolean
  readonly removes?: true // takes away what mqops made and the spec has no more: needs consent by name, data or not
  readonly changes: readonly FieldChange[] // for people
  readonly loses?: Loss // an estimate; the guard measures again
  readonly rereads?: Loss // what those who read there will get once more
}

/** What will be looked at, and how it turned out: shown, never acted on. */
export type Note = {
  readonly address: Address
  readonly kind: 'unmanaged' | 'other-owner' | 'unknown' | 'info'
  readonly text: string
}

/** What was asked of an operation that has no spec to compare with: the same request gives the same steps again. */
export type Operation = { readonly name: string; readonly request: Json }

export type Plan = {
  readonly format: 1
  readonly operation?: Operation // left out: the difference to the spec
  readonly clusters: Dict<string | null> // name -> cluster id (null: not built yet); leases are taken in name order
  readonly spec: Json // normalised ClusterSpec[]; `apply FILE` derives the steps again and compares
  readonly steps: readonly Step[]
  readonly later: readonly Address[] // clusters whose inside is unknowable until earlier steps ran: planned in the same run
  readonly notes: readonly Note[]
  /** What `--adopt` named, if anything: addresses and patterns of them. Steps that are derived again need it. */
  readonly adopt?: readonly string[]
}

/**
 * What of a long work is done, in bytes unless said: as long as it moves, no deadline passes. A step that says so may be asked to
 * take it back, when the run stops or nothing moves any more.
 */
export type Work = { readonly done: number; readonly of: number; readonly unit?: 'bytes' | 'items' }

/**
 * How a step stands. 'not-yet' is asked again until the deadline; `contested`: what to say of it soon, if it stays so.
 * 'needs-human' ends the run with instructions.
 */
export type Outcome =
  | { readonly is: 'yes' }
  | { readonly is: 'not-yet'; readonly why: string; readonly work?: Work; readonly contested?: Failure }
  | { readonly is: 'failed'; readonly error: Failure }
  | { readonly is: 'needs-human'; readonly todo: string }

export const yes: Outcome = { is: 'yes' }
export const notYet = (why: string, work?: Work): Outcome => ({ is: 'not-yet', why, ...(work ? { work } : {}) })
export const failed = (error: Failure): Outcome => ({ is: 'failed', error })
