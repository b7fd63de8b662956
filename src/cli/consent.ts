import { consentFor, notCovered, takesName } from '../engine/policy.ts'
import type { Approval } from '../model/event.ts'
import { MqopsError } from '../model/failure.ts'
import type { Plan, Step } from '../model/plan.ts'
import { type Invocation, talk } from './invocation.ts'
import { lossOf } from './views/changes.ts'
import { lossText } from './views/plan.ts'
import { count } from './views/units.ts'
import type { Messages } from './messages/index.ts'

/** What the flags alone say. */
export const flagsApproval = (inv: Invocation): Approval => ({
  all: inv.options.yes === true,
  confirmed: inv.options.confirm ?? [],
})

/**
 * The approval for a plan: from the flags, else from the person at the terminal; null: declined. Nobody there to ask:
 * throws MQOPS_APPROVAL_NEEDED with the flags that are missing. Losing data, or what mqops made, takes the cluster's
 * name, always.
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
  if (left.some((step) => !takesName(step)) && !(await prompts.confirm(question))) return declined(inv)
  const confirmed = [...approval.confirmed]
  for (const [name, steps] of consentFor({ ...plan, steps: left }).byName) {
    const answer = await prompts.text(nameQuestion(name, steps, m))
    if (answer?.trim() !== name) {
      if (answer !== null) talk(inv, [m.consent.mismatch])
      return declined(inv)
    }
    confirmed.push(name)
  }
  return { all: true, confirmed }
}

function nameQuestion(name: string, steps: readonly Step[], m: Messages): string {
  const destructive = steps.filter((step) => step.risk === 'destructive')
  if (destructive.length === 0) return m.consent.typeNameRemove(name, count(steps.length), steps.length)
  const loss = lossOf(destructive)
  const question = loss?.skipped ? m.consent.typeNameSkip : m.consent.typeName
  return question(name, loss ? lossText(loss, m) : m.plan.unknownLoss)
}

function declined(inv: Invocation): null {
  talk(inv, [inv.m.consent.declined])
  return null
}

/** '--yes --confirm orders': what would have covered these steps. */
export function missingFlags(steps: readonly Step[]): string {
  const names = new Set(steps.filter(takesName).map((step) => step.address.cluster))
  return [
    ...(steps.some((step) => !takesName(step)) ? ['--yes'] : []),
    ...[...names].map((name) => `--confirm ${name}`),
  ].join(' ')
}
