import type { Approval } from '../model/event.ts'
import type { Plan, Step } from '../model/plan.ts'

/** What a plan asks of a person: nothing, a yes, or the names of clusters that lose data. */
export type Consent = {
  readonly steps: number
  readonly disruptive: readonly Step[]
  readonly destructive: ReadonlyMap<string, readonly Step[]>
}

export function consentFor(plan: Plan): Consent {
  const destructive = new Map<string, Step[]>()
  for (const step of plan.steps) {
    if (step.risk !== 'destructive') continue
    const of = destructive.get(step.address.cluster) ?? []
    destructive.set(step.address.cluster, [...of, step])
  }
  return { steps: plan.steps.length, disruptive: plan.steps.filter((s) => s.risk === 'disruptive'), destructive }
}

/**
 * Steps that the approval does not cover. `all` never covers a destructive step: that takes its cluster's name, so that
 * `--yes` in a script can't delete data.
 */
export const notCovered = (plan: Plan, approval: Approval): readonly Step[] =>
  plan.steps.filter((step) =>
    step.risk === 'destructive' ? !approval.confirmed.includes(step.address.cluster) : !approval.all,
  )
