import { MqopsError } from '../../model/failure.ts'
import type { Plan } from '../../model/plan.ts'
import type { ClusterSpec } from '../../model/spec.ts'
import type { Application } from '../application.ts'
import { chooseClusters } from '../clusters.ts'
import type { Invocation } from '../invocation.ts'
import { runPlanned } from '../running.ts'

/** What a start may do: bring members back as they were, and what they can't start without. */
const ACTIONS = ['software.prepare', 'certificate.renew', 'member.start']

/** Members that don't run are started, as they were last applied; nothing else is changed. */
export async function run(inv: Invocation): Promise<number> {
  const { m } = inv
  const app = await inv.application()
  const specs = await lastApplied(app, await chooseClusters(inv, app, inv.args, 'named'))
  const planned = await app.plan(specs)
  for (const [name, id] of Object.entries(planned.plan.clusters)) {
    if (id === null && planned.failures.length === 0) {
      throw new MqopsError({
        code: 'MQOPS_NOT_BUILT',
        summary: m.lifecycle.notRemembered(name),
        hint: m.lifecycle.notRememberedHint,
      })
    }
  }
  return runPlanned(
    inv,
    app,
    { ...planned, plan: onlyStarts(planned.plan) },
    { question: m.consent.question, nothing: m.lifecycle.alreadyRunning, verify: 'never' },
  )
}

/** The spec may have been edited since: that is for apply to show. */
async function lastApplied(app: Application, specs: readonly ClusterSpec[]): Promise<readonly ClusterSpec[]> {
  const remembered = await app.remembered()
  return specs.map((spec) => remembered.find((one) => one.name === spec.name) ?? spec)
}

export function onlyStarts(plan: Plan): Plan {
  const steps = plan.steps.filter((step) => ACTIONS.includes(step.action))
  const starting = new Set(steps.filter((step) => step.action === 'member.start').map((step) => step.address.cluster))
  const kept = steps.filter((step) => starting.has(step.address.cluster))
  const ids = new Set(kept.map((step) => step.id))
  return {
    ...plan,
    later: [],
    notes: [],
    steps: kept.map((step) => ({ ...step, needs: step.needs.filter((id) => ids.has(id)) })),
  }
}
