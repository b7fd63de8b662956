import { address } from '../../model/address.ts'
import { notYet, type Plan, type Step, yes } from '../../model/plan.ts'
import type { Action, ClusterWorld, World } from '../../ports/action.ts'
import { digest, stepId } from '../../engine/digest.ts'

/** Stopping and destroying whole clusters: plans like everything else. */

const whole = (worlds: readonly ClusterWorld[], steps: readonly Step[], ids: readonly (string | null)[]): Plan => ({
  format: 1,
  clusters: Object.fromEntries(worlds.map((world, i) => [world.spec.name, ids[i] ?? null])),
  spec: worlds.map((world) => world.spec),
  steps,
  later: [],
  notes: [],
})

const single = (
  world: ClusterWorld,
  action: string,
  reason: string,
  risk: Step['risk'],
  loses?: Step['loses'],
): Step => {
  const at = address(world.spec.name, 'cluster')
  return {
    id: stepId(at, action, {}),
    address: at,
    action,
    args: {},
    reads: digest(null),
    needs: [],
    reason,
    risk,
    reversible: risk !== 'destructive',
    changes: [],
    ...(loses ? { loses } : {}),
  }
}

const roles = (world: ClusterWorld) => world.broker.layout(world.spec).members

async function runningMembers(world: ClusterWorld): Promise<number> {
  return (await world.target.observe(roles(world), world.ctx)).filter((state) => state.running !== null).length
}

/** Data stays; `start` (an ordinary apply) brings the members back. */
export async function planStop(worlds: readonly ClusterWorld[]): Promise<Plan> {
  const ids = await Promise.all(worlds.map(async (world) => (await world.allocation())?.clusterId ?? null))
  const steps: Step[] = []
  for (const [i, world] of worlds.entries()) {
    if (ids[i] === null) continue
    const running = await runningMembers(world)
    if (running > 0) steps.push(single(world, 'cluster.stop', `${running} members are running`, 'disruptive'))
  }
  return whole(worlds, steps, ids)
}

/** Everything the target made for the cluster, data included; `loses` is measured on disk. */
export async function planDestroy(worlds: readonly ClusterWorld[]): Promise<Plan> {
  const ids = await Promise.all(worlds.map(async (world) => (await world.allocation())?.clusterId ?? null))
  const steps: Step[] = []
  for (const [i, world] of worlds.entries()) {
    if (ids[i] === null) continue
    const bytes = await world.target.size(world.ctx)
    steps.push(
      single(world, 'cluster.destroy', 'members, configuration, certificates, secrets and all data', 'destructive', {
        bytes,
      }),
    )
  }
  return whole(worlds, steps, ids)
}

const clusterOf = (steps: readonly Step[], world: World): ClusterWorld =>
  world.cluster((steps[0] as Step).address.cluster)

export const lifecycleActions: readonly Action[] = [
  {
    name: 'cluster.stop',
    maxBatch: 1,
    exclusive: 'cluster',
    deadlineMs: 300_000,
    guard: async () => [yes],
    done: async (steps, world) => {
      const running = await runningMembers(clusterOf(steps, world))
      return [running === 0 ? yes : notYet(`${running} members are running`)]
    },
    act: async (steps, world) => {
      const cluster = clusterOf(steps, world)
      await cluster.dropSession()
      await cluster.target.stop(await cluster.nodes(), cluster.ctx)
      return [yes]
    },
  },
  {
    name: 'cluster.destroy',
    maxBatch: 1,
    exclusive: 'cluster',
    deadlineMs: 300_000,
    guard: async () => [yes],
    done: async (steps, world) => [(await clusterOf(steps, world).allocation()) === null ? yes : notYet('still there')],
    act: async (steps, world) => {
      const cluster = clusterOf(steps, world)
      await cluster.dropSession()
      await cluster.target.destroy((await cluster.allocation()) ? await cluster.nodes() : [], cluster.ctx)
      return [yes]
    },
  },
]
