import { MqopsError } from '../model/failure.ts'
import { printAddress } from '../model/address.ts'
import type { Plan } from '../model/plan.ts'
import { digest } from './digest.ts'

/** What `plan --out` writes. The digest finds accidents; a forged one still has to derive the same steps. */
type PlanFile = { readonly format: 1; readonly digest: string; readonly plan: Plan }

export const printPlanFile = (plan: Plan): string => {
  const file: PlanFile = { format: 1, digest: digest(plan), plan }
  return `${JSON.stringify(file, null, 2)}\n`
}

const AGAIN = 'Make a new one, with --out FILE.'

/** Throws MQOPS_PLAN_FORMAT or MQOPS_PLAN_EDITED. */
export function parsePlanFile(text: string): Plan {
  let file: Partial<PlanFile> | null
  try {
    file = JSON.parse(text) as Partial<PlanFile> | null
  } catch (error) {
    throw new MqopsError(
      { code: 'MQOPS_PLAN_FORMAT', summary: 'this is no plan file: it is not JSON', hint: AGAIN },
      { cause: error },
    )
  }
  if (typeof file !== 'object' || file === null || !file.plan || !Array.isArray(file.plan.steps)) {
    throw new MqopsError({ code: 'MQOPS_PLAN_FORMAT', summary: 'this is no plan file', hint: AGAIN })
  }
  if (file.format !== 1 || file.plan.format !== 1) {
    throw new MqopsError({
      code: 'MQOPS_PLAN_FORMAT',
      summary: `the plan file has format ${String(file.format)}; this mqops knows 1`,
      hint: AGAIN,
    })
  }
  if (digest(file.plan) !== file.digest) {
    throw new MqopsError({
      code: 'MQOPS_PLAN_EDITED',
      summary: 'the plan file was edited after it was made',
      hint: 'A plan is approved as it is. Edit the spec instead, and plan again.',
    })
  }
  return file.plan
}

/**
 * Holds a plan from a file against the one that its own spec gives now. Only the fields that a diff read count: a busy
 * cluster never makes a plan stale. Throws MQOPS_PLAN_OTHER_CLUSTER, MQOPS_PLAN_EDITED or MQOPS_PLAN_STALE.
 */
export function comparePlans(filed: Plan, derived: Plan): void {
  for (const [name, id] of Object.entries(filed.clusters)) {
    const now = derived.clusters[name] ?? null
    if (id !== null && now !== id) {
      throw new MqopsError({
        code: 'MQOPS_PLAN_OTHER_CLUSTER',
        summary: `the plan is for the cluster ${name} with the id ${id}, here its id is ${now ?? 'none: it is not built'}`,
        hint: AGAIN,
      })
    }
  }
  const key = (step: Plan['steps'][number]) => `${step.id} ${step.reads}`
  const now = new Set(derived.steps.map(key))
  const then = new Set(filed.steps.map(key))
  const changed = [
    ...filed.steps.filter((step) => !now.has(key(step))),
    ...derived.steps.filter((step) => !then.has(key(step))),
  ]
  if (changed.length === 0) return
  const names = [...new Set(changed.map((step) => printAddress(step.address)))]
  throw new MqopsError({
    code: 'MQOPS_PLAN_STALE',
    summary: `the plan no longer fits: ${names.slice(0, 5).join(', ')}${names.length > 5 ? ` and ${names.length - 5} more` : ''} changed since it was made`,
    hint: AGAIN,
  })
}
