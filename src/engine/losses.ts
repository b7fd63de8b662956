import type { Failure } from '../model/failure.ts'
import type { Loss, Step } from '../model/plan.ts'
import type { AnyKind } from '../ports/kind.ts'

/** Is this a delete of something of this kind that holds data, and can the kind measure it? */
export const losesByDelete = (kind: AnyKind, step: Step): boolean =>
  step.risk === 'destructive' && step.action === `${kind.action}.delete` && kind.loses !== undefined

/**
 * What was consented to be lost must still be about what will be: an empty queue has stayed empty, a full one has not
 * doubled. A busy topic grows all the time and is deleted all the same. null: it is.
 */
export function grown(step: Step, now: Loss): Failure | null {
  const agreed = step.loses?.messages ?? 0
  const messages = now.messages ?? 0
  if (messages <= agreed * 2) return null
  return {
    code: 'MQOPS_STALE',
    summary: `${messages} messages would be lost now, the plan said ${agreed}`,
    address: step.address,
    retryable: false,
    hint: 'Look at it again: mqops plan',
  }
}
