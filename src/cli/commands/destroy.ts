import type { Plan } from '../../model/plan.ts'
import { chooseClusters } from '../clusters.ts'
import type { Invocation } from '../invocation.ts'
import { runPlanned } from '../running.ts'

/** Members, configuration and data. Asks for each cluster's name, unless there is nothing in it to lose. */
export async function run(inv: Invocation): Promise<number> {
  const { options, m } = inv
  const app = await inv.application()
  const specs = await chooseClusters(inv, app, inv.args, 'named')
  const planned = await app.planDestroy(specs)
  const confirm = [...(options.confirm ?? []), ...(options.yes ? withoutData(planned.plan) : [])]
  return runPlanned({ ...inv, options: { ...options, confirm } }, app, planned, {
    question: m.consent.questionDestroy,
    nothing: m.lifecycle.nothingThere,
    verify: 'never',
  })
}

/** Clusters whose destruction was measured to lose nothing: a yes is enough for them. */
export function withoutData(plan: Plan): readonly string[] {
  const names = new Set(plan.steps.map((step) => step.address.cluster))
  return [...names].filter((name) =>
    plan.steps
      .filter((step) => step.address.cluster === name && step.risk === 'destructive')
      .every((step) => step.loses?.bytes === 0 && (step.loses.messages ?? 0) === 0),
  )
}
