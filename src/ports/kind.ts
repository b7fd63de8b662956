import type { Address } from '../model/address.ts'
import type { Failure } from '../model/failure.ts'
import type { Dict, Json } from '../model/json.ts'
import type { Desired, ClusterSpec } from '../model/spec.ts'
import type { FieldChange, Loss, Observed, Outcome, Risk, Step } from '../model/plan.ts'
import type { SecretRef } from '../model/secret.ts'
import type { Context } from './context.ts'
import type { Session } from './session.ts'

/** Verbs of a resource. 'adopt' only claims. A replace is a delete and a create. */
export type Verb = 'create' | 'update' | 'delete' | 'adopt'

/** Why it can't be told just now how much it is: to be asked again. */
export type Unmeasured = { readonly unknown: string }

/** What diff wants done. `want` is the full normalised value (null for delete): done, act and resume need no more. */
export type Change = {
  readonly verb: Verb
  readonly want: Json
  /** Only the fields that this decision read: their digest makes the plan stale when they change. */
  readonly reads: Json
  readonly reason: string
  readonly risk: Risk
  readonly reversible: boolean
  readonly changes: readonly FieldChange[]
  readonly loses?: Loss
  /** Waits for what is done to all that needs the resource or stands on it (a limit that these must come down to first). */
  readonly last?: true
}

/** Keyed digests of write-only fields: `recorded` stands on the cluster, `wanted` is of today's secret (null: not resolvable here). */
export type SecretDigests = {
  readonly recorded?: string
  readonly wanted: string | null
  readonly attested?: boolean | null
}

/**
 * A resource kind: one file. `list`, `diff` and the acts are all that a broker writes; done (diff is empty), guard (what
 * was read is still so), staleness, batching, ownership and journal are the engine's.
 */
export interface Kind<S extends Session = Session, D extends Json = Json, O extends Json = Json> {
  readonly name: string // 'topic': second part of its addresses
  readonly action: string // prefix of its actions: 'kafka.topic'
  /** `config`: lives in the members' configuration files (NATS users); part of NodeSpec, never listed by the API. */
  readonly via: 'api' | 'config'
  /** Settings of what stays: left out of the spec they go back to a default, and nothing is removed. */
  readonly isSetting?: true
  /**
   * What was accepted may be read long after, so what can't be seen yet is no sign of somebody else's doing before the
   * deadline: Kafka's brokers take up metadata one change after another, behind the logs of thousands of new topics.
   */
  readonly readsLate?: true
  /** Keys of what members would not start with: changed before they are restarted, not after. */
  readonly beforeRestarts?: (key: readonly string[]) => boolean
  readonly maxBatch: number
  /** Kinds that must exist first: creates wait for theirs, deletes go the other way. Names of kinds of the same broker. */
  readonly after: readonly string[]
  /** What this spec asks for; pure. */
  desired(spec: ClusterSpec): readonly Desired<D>[]
  /**
   * Finer than `after`: exact addresses' keys that this one needs, as [kind, ...key]. `spec`: where an order is to be
   * told; without it only what it can't be there without.
   */
  needs?(key: readonly string[], want: D, spec?: ClusterSpec): readonly (readonly string[])[]
  /** The same for deletes, by the key alone: these go after it. Without it, all of the kinds in `after` wait for all of it. */
  standsOn?(key: readonly string[]): readonly (readonly string[])[]
  /** What it makes by itself whenever it is not there, as [kind, ...key]: while that is removed, this is taken away. Pure. */
  declares?(key: readonly string[], have: O): readonly (readonly string[])[]
  /** Of what `standsOn` names: what takes it along when it is removed for good. Then it is only forgotten, after that. */
  goesWith?(key: readonly string[]): readonly (readonly string[])[]
  /**
   * All resources of the kind (`'all'`), or only these keys, in few requests. Asked for keys it answers every one,
   * 'absent' included. What belongs to the broker itself (internal topics, amq.* exchanges) is left out of 'all'.
   * `owner` may be left 'nobody': the engine joins the ownership mirror.
   */
  list(
    session: S,
    scope: readonly (readonly string[])[] | 'all',
    ctx: Context,
  ): Promise<readonly (readonly [readonly string[], Observed<O>])[]>
  /** Keys of all that `list` with 'all' would give, where asking for them alone costs less: for completion and counts. */
  names?(session: S, ctx: Context): Promise<readonly (readonly string[])[]>
  /** Only for `via: 'config'`: what the members' files (name -> rendered text) say; pure. `list` and `act` are not asked. */
  configured?(files: Dict<string>): readonly (readonly [readonly string[], Observed<O>])[]
  /** Pure. `want` undefined: shall be gone. Empty: nothing to do. A Failure: can't work, refused at plan time; its `path` begins at the resource. */
  diff(
    want: D | undefined,
    have: Observed<O>,
    more: { readonly address: Address; readonly secret?: SecretDigests; readonly capabilities: ReadonlySet<string> },
  ): readonly Change[] | Failure
  /**
   * What the broker would refuse as long as these others are as they are (a stream whose subjects another one has).
   * `wanted`: those that the plan makes or changes. `others`: what the plan changes or removes, then what is not in the spec
   * and stays; asked for these alone, too: such clashes are refused. Pure.
   */
  clashes?(wanted: readonly Desired<D>[], others: readonly Standing[], spec: ClusterSpec): readonly Clash[]
  /** One outcome for each step, in order. 'yes' means sent and accepted; the engine then reads afresh. */
  act(
    verb: Exclude<Verb, 'adopt'>,
    items: readonly KindItem<D>[],
    session: S,
    ctx: Context,
  ): Promise<readonly Outcome[]>
  /**
   * For kinds whose `act` answers with work that is left: gives up what is not complete and leaves nothing behind.
   * Idempotent. 'yes': the resource is as consistent as before the act.
   */
  takeBack?(items: readonly KindItem<D>[], session: S, ctx: Context): Promise<readonly Outcome[]>
  /** What would be lost by deleting now, measured: for the plan where `diff` can't say, and by the guard again, which waits for what is unmeasured. */
  loses?(session: S, keys: readonly (readonly string[])[], ctx: Context): Promise<readonly (Loss | Unmeasured)[]>
  /** The same for destructive updates (a shorter retention): about what the new value lets go of at once. */
  losesByUpdate?(session: S, items: readonly Updated<D>[], ctx: Context): Promise<readonly Loss[]>
  /** Back to what a spec says, defaults left out: for `adopt` and import. */
  toSpec(have: O): D
  /** The write-only field's reference, if this value has one. */
  secret?(want: D): SecretRef | undefined
  /** Instead of `secret`, where a value may have several; `attest` then gets an empty text and resolves them itself. */
  secrets?(want: D): readonly SecretRef[]
  /** Log in and see: true, false, or null when it can't be told. */
  attest?(session: S, key: readonly string[], want: D, secret: string, ctx: Context): Promise<boolean | null>
}

/** A planned update: what it shall be, and in what that differs. */
export type Updated<D extends Json = Json> = Pick<KindItem<D>, 'key' | 'want' | 'changes'>

/** A resource of any kind of the cluster, as it was seen. `becomes`: what the spec says of it; nothing where it is not in it. */
export type Standing = {
  readonly kind: string
  readonly key: readonly string[]
  readonly value: Json
  readonly becomes?: Json
}
/** `key`: of the wanted one, where `path` begins. */
export type Clash = Pick<Failure, 'code' | 'summary' | 'hint' | 'path'> & {
  readonly key: readonly string[]
  readonly with: Pick<Standing, 'kind' | 'key'>
}

export type KindItem<D extends Json = Json> = {
  readonly step: Step
  readonly key: readonly string[]
  readonly want: D
  readonly changes: readonly FieldChange[]
}

/** Kinds of different brokers in one list: their type parameters are the broker's own business. */
// oxlint-disable-next-line no-explicit-any
export type AnyKind = Kind<any, any, any>
