import { type Failure, toFailure } from '../../model/failure.ts'
import type { Plan } from '../../model/plan.ts'
import type { ClusterWorld } from '../../ports/action.ts'
import type { Store } from '../../ports/store.ts'

export type Adopted = {
  readonly cluster: string
  readonly clusterId: string | null
  readonly resources: number
  readonly claimed: number
  readonly problem?: Failure
}

/**
 * Rebuilds what a lost state folder knew, from what the target and the cluster themselves remember, and claims what
 * `planned` would claim. Changes nothing else: other differences are left to the next plan.
 */
export async function adopt(
  world: ClusterWorld,
  store: Store,
  planned: () => Promise<{ plan: Plan }>,
  run: (plan: Plan) => Promise<{ failures: readonly Failure[] }>,
): Promise<Adopted> {
  const { spec, ctx } = world
  try {
    const session = await world.session()
    const { plan } = await planned()
    const claims = plan.steps.filter((step) => step.action.endsWith('.adopt'))
    const ids = new Set(claims.map((step) => step.id))
    const only: Plan = {
      ...plan,
      later: [],
      steps: claims.map((step) => ({ ...step, needs: step.needs.filter((id) => ids.has(id)) })),
    }
    const failures = claims.length > 0 ? (await run(only)).failures : []
    await store.put(`cluster/${spec.name}`, spec)
    const owned = await session.ownership.read(ctx)
    const [problem] = failures
    return {
      cluster: spec.name,
      clusterId: session.clusterId,
      resources: owned.size,
      claimed: claims.length,
      ...(problem ? { problem } : {}),
    }
  } catch (error) {
    return { cluster: spec.name, clusterId: null, resources: 0, claimed: 0, problem: toFailure(error) }
  }
}
