import type { Failure } from '../../model/failure.ts'
import type { Json } from '../../model/json.ts'
import type { Note, Plan, Step } from '../../model/plan.ts'
import type { ClusterWorld } from '../../ports/action.ts'
import { choose, type OffsetsAsk, resolve } from './choose.ts'
import { targetText } from './moves.ts'
import { groupsOf, observe, refusalOf, unknownGroup } from './observe.ts'
import { type OffsetsRequest, stepsOf } from './steps.ts'

export const OPERATION = 'offsets'

export type OffsetsPlanned = { readonly plan: Plan; readonly failures: readonly Failure[] }

/** Reads where the group stands, and says what setting its offsets would have read again and passed over. */
export async function planOffsets(world: ClusterWorld, ask: OffsetsAsk): Promise<OffsetsPlanned> {
  const { spec, ctx } = world
  const groups = await groupsOf(world)
  const named = ask.topics.length > 0 ? [...new Set(ask.topics.map(({ topic }) => topic))] : null
  const seen = await observe(groups, ask.group, named, world)
  if (!seen) return planOf(world, null, [], [], [await unknownGroup(groups, ask.group, world)])
  const refused = refusalOf(seen.group, spec.name)
  if (refused?.code === 'MQOPS_NOT_SUPPORTED') return planOf(world, null, [], [], [refused])
  const { chosen, notes, failures } = choose(seen, ask, spec.name)
  const found = ask.target.to === 'time' ? await groups.since(chosen, ask.target.at, ctx) : []
  const resolved = resolve(chosen, found, ask, spec.name)
  const request = { group: ask.group, reason: targetText(ask.target), moves: resolved.moves }
  const { steps, failures: outside } = stepsOf(seen, request, spec.name)
  // One that is read now gets its preview all the same: what would happen decides whether to stop its members.
  return planOf(
    world,
    request,
    steps,
    [...notes, ...resolved.notes],
    [...(refused ? [refused] : []), ...failures, ...resolved.failures, ...outside],
  )
}

/** The steps that a request gives now: for a plan that comes from a file. */
export async function planRequested(world: ClusterWorld, request: Json): Promise<OffsetsPlanned> {
  const wanted = request as unknown as OffsetsRequest
  const groups = await groupsOf(world)
  const topics = [...new Set(wanted.moves.map(({ topic }) => topic))]
  const seen = await observe(groups, wanted.group, topics, world)
  if (!seen) return planOf(world, null, [], [], [await unknownGroup(groups, wanted.group, world)])
  const refused = refusalOf(seen.group, world.spec.name)
  const { steps, failures } = stepsOf(seen, wanted, world.spec.name)
  return planOf(world, wanted, steps, [], [...(refused ? [refused] : []), ...failures])
}

async function planOf(
  world: ClusterWorld,
  request: OffsetsRequest | null,
  steps: readonly Step[],
  notes: readonly Note[],
  failures: readonly Failure[],
): Promise<OffsetsPlanned> {
  const { clusterId } = await world.session()
  const plan: Plan = {
    format: 1,
    operation: { name: OPERATION, request },
    clusters: { [world.spec.name]: clusterId },
    spec: [world.spec],
    steps,
    later: [],
    notes,
  }
  return { plan, failures }
}
