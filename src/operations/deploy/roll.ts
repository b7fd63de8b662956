import { toFailure } from '../../model/failure.ts'
import type { Step } from '../../model/plan.ts'
import type { ClusterWorld } from '../../ports/action.ts'
import type { Context } from '../../ports/context.ts'
import type { AnyKind } from '../../ports/kind.ts'
import type { MemberHealth } from '../../ports/session.ts'
import { withOutage } from './members.ts'

const isRoll = ({ action }: Step): boolean => action === 'member.restart' || action === 'member.reload'

/**
 * Members first, but for what must have changed before they restart: by its kind, or because what their files say from then
 * on waits for it. Pure.
 */
export function restartedLast(
  members: readonly Step[],
  resources: readonly Step[],
  kinds: readonly AnyKind[],
): readonly Step[] {
  const rolls = new Set(members.filter(isRoll).map((step) => step.id))
  const early = rolls.size === 0 ? new Set<string>() : beforeRolls(resources, kinds)
  if (early.size === 0) return [...members, ...resources]
  const files = new Set(kinds.filter(({ via }) => via === 'config').map(({ name }) => name))
  const late = new Set([...rolls, ...resources.filter(({ address }) => files.has(address.kind)).map((step) => step.id)])
  return [
    ...members.map((step) => (rolls.has(step.id) ? { ...step, needs: [...step.needs, ...early] } : step)),
    ...resources.map((step) =>
      early.has(step.id) ? { ...step, needs: step.needs.filter((id) => !late.has(id)) } : step,
    ),
  ]
}

/** Ids, with all that these wait for in turn; what the files say themselves comes with the restarts. */
function beforeRolls(resources: readonly Step[], kinds: readonly AnyKind[]): ReadonlySet<string> {
  const byName = new Map(kinds.map((kind) => [kind.name, kind]))
  const isFile = ({ address: { kind } }: Step): boolean => byName.get(kind)?.via === 'config'
  const byId = new Map(resources.filter((step) => !isFile(step)).map((step) => [step.id, step]))
  const early = new Set<string>()
  const add = (id: string): void => {
    const step = byId.get(id)
    if (!step || early.has(id)) return
    early.add(id)
    step.needs.forEach(add)
  }
  for (const step of resources) {
    const { kind, key } = step.address
    if (isFile(step)) step.needs.forEach(add)
    else if (byName.get(kind)?.beforeRestarts?.(key)) add(step.id)
  }
  return early
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
