import type { Approval } from '../model/event.ts'
import type { Plan, Step } from '../model/plan.ts'

/** What a plan asks of a person: nothing, a yes, or the names of clusters that lose data or what mqops made. */
export type Consent = {
  readonly steps: number
  readonly disruptive: readonly Step[]
  readonly byName: ReadonlyMap<string, readonly Step[]>
}

/**
 * Takes its cluster's name: what loses data, and what removes anything that mqops made. A file cut short must not lock
 * everybody out by a --yes in a script.
 */
export const takesName = (step: Step): boolean => step.risk === 'destructive' || step.removes === true

export function consentFor(plan: Plan): Consent {
  const byName = new Map<string, Step[]>()
  for (const step of plan.steps.filter(takesName)) {
    const of = byName.get(step.address.cluster) ?? []
    byName.set(step.address.cluster, [...of, step])
  }
  return { steps: plan.steps.length, disruptive: plan.steps.filter((s) => s.risk === 'disruptive'), byName }
}

/** Steps that the approval does not cover. `all` never covers what takes its cluster's name. */
export const notCovered = (plan: Plan, approval: Approval): readonly Step[] =>
  plan.steps.filter((step) => (takesName(step) ? !approval.confirmed.includes(step.address.cluster) : !approval.all))
