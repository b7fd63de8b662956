import { digest, stepId } from '../../engine/digest.ts'
import type { Address } from '../../model/address.ts'
import type { Step } from '../../model/plan.ts'
import type { AnyKind, Change } from '../../ports/kind.ts'

/** A change of a resource as a step of a plan. Pure. */
export function toStep(
  kind: AnyKind,
  at: Address,
  change: Change,
  uid: string | null,
  needs: readonly string[],
  from?: string,
): Step {
  const action = kind.via === 'config' ? `${kind.action}.configure` : `${kind.action}.${change.verb}`
  const args = {
    key: at.key,
    want: change.verb === 'delete' ? null : change.want,
    uid: change.verb === 'delete' ? uid : null,
    ...(from === undefined ? {} : { from }),
  }
  const { reason, risk, reversible, changes, loses } = change
  return {
    id: stepId(at, `${action}:${change.verb}`, args),
    address: at,
    action,
    args,
    reads: digest(change.reads),
    needs,
    reason,
    risk,
    reversible,
    changes,
    ...(loses ? { loses } : {}),
  }
}
