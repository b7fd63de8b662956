import { failed, type Outcome, yes } from '../../../model/plan.ts'
import { itemError } from '../protocol.ts'

/** Right after a start not all brokers have registered; and the controller may ask for patience. */
const PASSING = ['INVALID_REPLICATION_FACTOR', 'THROTTLING_QUOTA_EXCEEDED', 'REASSIGNMENT_IN_PROGRESS']

/** How one item of a batch turned out, in the broker's own words. Errors that say "it is so already" are fine. */
export function outcomeOf(
  result: { readonly errorCode: number; readonly errorMessage?: string | null | undefined },
  fine: readonly string[] = [],
): Outcome {
  const error = itemError(result.errorCode, result.errorMessage)
  if (!error || fine.includes(error.id)) return yes
  const retryable = error.canRetry || PASSING.includes(error.id)
  const code = error.id.endsWith('_AUTHORIZATION_FAILED') ? 'MQOPS_FORBIDDEN' : 'MQOPS_BROKER'
  return failed({ code, summary: `${error.id}: ${error.message}`, retryable })
}

export const noAnswer: Outcome = failed({
  code: 'MQOPS_BROKER',
  summary: 'the broker did not answer for it',
  retryable: true,
})
