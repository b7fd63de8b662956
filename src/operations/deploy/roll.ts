import { toFailure } from '../../model/failure.ts'
import type { Step } from '../../model/plan.ts'
import type { ClusterWorld } from '../../ports/action.ts'
import type { Context } from '../../ports/context.ts'
import type { AnyKind } from '../../ports/kind.ts'
import type { MemberHealth } from '../../ports/session.ts'
import { withOutage } from './members.ts'

const isRoll = ({ action }: Step): boolean => action === 'member.restart' || action === 'member.reload'

/** Members first, but for what must have changed before they restart. Pure. */
export function restartedLast(
  members: readonly Step[],
  resources: readonly Step[],
  kinds: readonly AnyKind[],
): readonly Step[] {
  const rolls = new Set(members.filter(isRoll).map((step) => step.id))
  const before = new Map(kinds.map((kind) => [kind.name, kind.beforeRestarts]))
  const isEarly = ({ address: { kind, key } }: Step): boolean => before.get(kind)?.(key) ?? false
  const early = rolls.size === 0 ? [] : resources.filter(isEarly).map((step) => step.id)
  if (early.length === 0) return [...members, ...resources]
  return [
    ...members.map((step) => (rolls.has(step.id) ? { ...step, needs: [...step.needs, ...early] } : step)),
    ...resources.map((step) =>
      early.includes(step.id) ? { ...step, needs: step.needs.filter((id) => !rolls.has(id)) } : step,
    ),
  ]
}

/** Empty while too few members run to ask: starting the others is what the plan begins with. */
async function membersSeen(world: ClusterWorld, ctx: Context): Promise<readonly MemberHealth[]> {
  try {
    return await (await world.session()).members(ctx)
  } catch (error) {
    ctx.signal.throwIfAborted()
    if (toFailure(error).retryable) return []
    throw error
  }
}

/**
 * Restarts and reloads go one after another in the broker's own order (planMembers had them by slot), and say what each
 * takes down with it.
 */
export async function inRollOrder(steps: readonly Step[], world: ClusterWorld, ctx: Context): Promise<readonly Step[]> {
  const rolls = steps.filter(isRoll)
  if (rolls.length === 0) return steps
  const health = world.broker.rollOrder(await membersSeen(world, ctx))
  const place = (step: Step) => {
    const { role, slot } = step.args as { readonly role: string; readonly slot: number }
    return health.findIndex((member) => member.role === role && member.slot === slot)
  }
  const rollIds = new Set(rolls.map((step) => step.id))
  const chained: Step[] = []
  for (const step of [...rolls].sort((a, b) => place(a) - place(b))) {
    const before = chained.at(-1)
    const needs = [...step.needs.filter((id) => !rollIds.has(id)), ...(before ? [before.id] : [])]
    chained.push(withOutage({ ...step, needs }, health[place(step)]?.outage))
  }
  const at = steps.findIndex((step) => rollIds.has(step.id))
  return [
    ...steps.slice(0, at).filter((s) => !rollIds.has(s.id)),
    ...chained,
    ...steps.slice(at).filter((s) => !rollIds.has(s.id)),
  ]
}
