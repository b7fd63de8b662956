import type { Failure } from '../model/failure.ts'
import type { Json } from '../model/json.ts'
import type { Loss, Step } from '../model/plan.ts'
import type { Context } from '../ports/context.ts'
import type { AnyKind, Unmeasured } from '../ports/kind.ts'
import type { Session } from '../ports/session.ts'

type Keyed = { readonly key: readonly string[]; readonly want: Json }
const itemOf = (step: Step): Keyed => step.args as unknown as Keyed
const updateOf = (step: Step) => ({ ...itemOf(step), changes: step.changes })
const keyOf = (step: Step): readonly string[] => (step.args as unknown as Keyed).key
const isDelete = (kind: AnyKind, step: Step): boolean => step.action === `${kind.action}.delete`

/** Destructive steps with what they would lose, measured now, where the diff could not say; others as they are. */
export async function withLosses(
  kinds: readonly AnyKind[],
  steps: readonly Step[],
  session: Session,
  ctx: Context,
): Promise<readonly Step[]> {
  const found = new Map<string, Loss>()
  const keep = (open: readonly Step[], losses: readonly (Loss | Unmeasured)[] | undefined) => {
    for (const [i, step] of open.entries()) {
      const loss = losses?.[i]
      if (!loss || 'unknown' in loss) continue
      if (Object.keys(loss).length > 0) found.set(step.id, loss) // nothing measured is "not known", not zero
    }
  }
  for (const kind of kinds) {
    const open = steps.filter((step) => step.risk === 'destructive' && !step.loses)
    const deletes = open.filter((step) => isDelete(kind, step))
    const updates = open.filter((step) => step.action === `${kind.action}.update`)
    if (deletes.length > 0) keep(deletes, await kind.loses?.(session, deletes.map(keyOf), ctx))
    if (updates.length > 0) keep(updates, await kind.losesByUpdate?.(session, updates.map(updateOf), ctx))
  }
  return steps.map((step) => {
    const loses = found.get(step.id)
    return loses ? { ...step, loses } : step
  })
}

/**
 * What was consented to be lost must still be about what will be: what was empty has stayed empty, what was not has not
 * doubled (a topic in use always grows a little). Null: it is so, or nothing was measured.
 */
export function lossGrown(step: Step, now: Loss | undefined): Failure | null {
  if (step.loses?.messages === undefined || now === undefined) return null
  if (now.messages !== undefined && now.messages <= step.loses.messages * 2) return null
  return {
    code: 'MQOPS_STALE',
    summary: `${now.messages ?? 'an unknown number of'} messages would be lost now, the plan said ${step.loses.messages}`,
    address: step.address,
    retryable: false,
    hint: 'Look at it again: mqops plan',
  }
}

/** By step id: what each of these deletes would lose now, as far as the kind measures. */
export async function lossesNow(
  kind: AnyKind,
  steps: readonly Step[],
  session: Session,
  ctx: Context,
): Promise<ReadonlyMap<string, Loss | Unmeasured>> {
  const open = steps.filter((step) => step.risk === 'destructive' && step.loses && isDelete(kind, step))
  if (!kind.loses || open.length === 0) return new Map()
  const losses = await kind.loses(session, open.map(keyOf), ctx)
  return new Map(open.flatMap((step, i) => (losses[i] ? [[step.id, losses[i]] as const] : [])))
}
