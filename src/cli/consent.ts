import { consentFor, notCovered } from '../engine/policy.ts'
import type { Approval } from '../model/event.ts'
import { MqopsError } from '../model/failure.ts'
import type { Plan, Step } from '../model/plan.ts'
import { type Invocation, talk } from './invocation.ts'
import { lossOf } from './views/changes.ts'
import { lossText } from './views/plan.ts'

/** What the flags alone say. */
export const flagsApproval = (inv: Invocation): Approval => ({
  all: inv.options.yes === true,
  confirmed: inv.options.confirm ?? [],
})

/**
 * The approval for a plan: from the flags, else from the person at the terminal; null: declined. Nobody there to ask:
 * throws MQOPS_APPROVAL_NEEDED with the flags that are missing. Losing data takes the cluster's name, always.
 */
export async function askConsent(
  inv: Invocation,
  plan: Plan,
  approval: Approval,
  question: string,
): Promise<Approval | null> {
  const { m, prompts, terminal } = inv
  const left = notCovered(plan, approval)
  if (left.length === 0) return approval
  if (!terminal.interactive) {
    throw new MqopsError({
      code: 'MQOPS_APPROVAL_NEEDED',
      summary: m.consent.needed,
      hint: m.consent.neededHint(missingFlags(left)),
    })
  }
  if (left.some((step) => step.risk !== 'destructive') && !(await prompts.confirm(question))) return declined(inv)
  const confirmed = [...approval.confirmed]
  for (const [name, steps] of consentFor({ ...plan, steps: left }).destructive) {
    const loss = lossOf(steps)
    const question = loss?.skipped ? m.consent.typeNameSkip : m.consent.typeName
    const answer = await prompts.text(question(name, loss ? lossText(loss, m) : m.plan.unknownLoss))
    if (answer?.trim() !== name) {
      if (answer !== null) talk(inv, [m.consent.mismatch])
      return declined(inv)
    }
    confirmed.push(name)
  }
  return { all: true, confirmed }
}

function declined(inv: Invocation): null {
  talk(inv, [inv.m.consent.declined])
  return null
}

/** '--yes --confirm orders': what would have covered these steps. */
export function missingFlags(steps: readonly Step[]): string {
  const names = new Set(steps.filter((step) => step.risk === 'destructive').map((step) => step.address.cluster))
  return [
    ...(steps.some((step) => step.risk !== 'destructive') ? ['--yes'] : []),
    ...[...names].map((name) => `--confirm ${name}`),
  ].join(' ')
}
