import type { JsonObject } from '../../../src/model/json.ts'
import type { FieldChange, Plan, Risk, Step } from '../../../src/model/plan.ts'
import type { ClusterWorld } from '../../../src/ports/action.ts'
import { printLocal } from '../../../src/model/address.ts'

/** What is shown of each kind, in this order. */
export const VERBS = ['made', 'changed', 'drifted', 'repaired', 'imported', 'removed'] as const
export type Verb = (typeof VERBS)[number]

/** A verb that the broker has no way to do for a kind: said in the table in place of a test. */
export type NotPossible = { readonly notPossible: string }
export const notPossible = (reason: string): NotPossible => ({ notPossible: reason })
export const KEPT = notPossible('the file is made of the spec, whose settings import keeps')
export const isPossible = <T>(value: T | NotPossible): value is T =>
  typeof value !== 'object' || value === null || !('notPossible' in value)

/** What somebody does to the cluster with the broker's own tool. */
export type Drift<Call> = {
  /** As the table names it: 'kafka-configs'. */
  readonly tool: string
  readonly calls: readonly Call[]
  /** All that the next plan must have for it, and no more: `verb kind/key`, as in 'update topic/orders'. */
  readonly finds: readonly string[]
  /** Field by field, what the first of them says. */
  readonly tells?: readonly FieldChange[]
  /** What it has made that no spec knows: shown, left alone, and taken over by what import writes. As in 'topic/theirs'. */
  readonly strangers?: readonly string[]
}

/**
 * One kind: the fields of a spec without it, with it, and with it changed. The samples of a broker are merged, so that
 * one plan makes all kinds: they must not name each other's resources.
 */
export type Sample<Call> = {
  readonly kind: string
  /** Not a kind of its own: settings in this file of each member, taken up by a reload. */
  readonly file?: string
  readonly base: JsonObject
  readonly made: JsonObject
  readonly changed: JsonObject | NotPossible
  readonly drift: Drift<Call> | NotPossible
  readonly imported?: NotPossible
  /** All risks of the steps that make it; left out for a file, whose step is shared. */
  readonly creation?: readonly Risk[]
  /** Made once, it stays. */
  readonly lasting?: true
  /** And of those that take it away: what loses data must ask by name. */
  readonly removal?: readonly Risk[] | NotPossible
  /** What each removal must say that it would lose. */
  readonly loses?: JsonObject
}

export type Stage = 'base' | 'made' | 'changed'

/** What the suite needs of an implementation: one cluster that takes the fields of a spec, and somebody else beside it. */
export type Harness<Call> = {
  plan(fields: JsonObject): Promise<Plan>
  run(plan: Plan): Promise<string>
  /** What import says of the cluster, and the plan of just that. */
  import(fields: JsonObject): Promise<Imported>
  /** Done by somebody else, one after another as far as they depend on each other. */
  foreign(calls: readonly Call[], fields: JsonObject): Promise<void>
  /** The cluster as steps see it. */
  world(fields: JsonObject): Promise<ClusterWorld>
  end(): Promise<void>
}
export type Imported = {
  /** Resources by kind. */
  readonly counts: Readonly<Record<string, number>>
  readonly left: readonly string[]
  readonly plan: Plan
}

export const fieldsOf = <Call>(samples: readonly Sample<Call>[], stage: Stage): JsonObject =>
  samples.map((sample) => at(sample, stage)).reduce((all, one) => merge(all, one, ''), {})

/** What can't be changed stays as it was made. */
const at = <Call>(sample: Sample<Call>, stage: Stage): JsonObject =>
  stage === 'changed' ? (isPossible(sample.changed) ? sample.changed : sample.made) : sample[stage]

/** Maps become one, lists follow each other; two words for one thing are a mistake in the samples. */
function merge(a: JsonObject, b: JsonObject, path: string): JsonObject {
  const all: Record<string, JsonObject[string]> = { ...a }
  for (const [name, value] of Object.entries(b)) {
    const have = all[name]
    if (have === undefined) all[name] = value
    else if (Array.isArray(have) && Array.isArray(value))
      all[name] = [
        ...have,
        ...value.filter((one) => !have.some((other) => JSON.stringify(other) === JSON.stringify(one))),
      ]
    else if (isMap(have) && isMap(value)) all[name] = merge(have, value, `${path}/${name}`)
    else if (JSON.stringify(have) !== JSON.stringify(value)) throw new Error(`two samples differ in ${path}/${name}`)
  }
  return all
}

const isMap = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** The steps of a plan that are about a sample. */
export const stepsOf = <Call>(plan: Plan, { kind, file }: Sample<Call>): readonly Step[] =>
  plan.steps.filter((step) =>
    file === undefined
      ? step.address.kind === kind
      : ((step.args as { names?: readonly string[] }).names ?? []).includes(file),
  )

/** 'update topic/orders' */
export const said = (step: Step): string => `${step.action.split('.').at(-1)} ${printLocal(step.address)}`
