import type { Allocation, NodeSpec } from '../../../src/model/member.ts'
import type { NodeState } from '../../../src/ports/target.ts'
import { LAYOUT, nodesOf, openWorld } from './support.ts'

export const noFormat = () => ({})

/** Two toy members that run, in this folder. */
export async function deploy(folder: string, conf: Record<string, unknown> = {}, more: Partial<NodeSpec> = {}) {
  const world = openWorld({ folder })
  const allocation = await world.target.allocate(LAYOUT, world.ctx)
  const nodes = nodesOf(allocation, conf, more)
  await world.target.converge(nodes, 'start', noFormat, world.ctx)
  return { world, allocation, nodes }
}

export const states = async (
  world: ReturnType<typeof openWorld>,
  nodes: readonly NodeSpec[],
): Promise<readonly NodeState[]> =>
  world.target.observe(
    nodes.map((node) => node.member),
    world.ctx,
  )

export const homeOf = (allocation: Allocation, slot = 1) =>
  allocation.members.find((m) => m.slot === slot)?.paths.home as string
