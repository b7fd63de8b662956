import { kindActions } from '../../src/engine/kind-actions.ts'
import { resumeRun, type RunDeps, type RunResult, startRun } from '../../src/engine/runs.ts'
import type { Approval, LiveEvent } from '../../src/model/event.ts'
import type { Plan } from '../../src/model/plan.ts'
import type { ClusterSpec } from '../../src/model/spec.ts'
import { memberActions } from '../../src/operations/deploy/actions.ts'
import { planDeploy, type PlanOptions } from '../../src/operations/deploy/plan.ts'
import { lifecycleActions, planDestroy } from '../../src/operations/lifecycle/index.ts'
import { offsetsActions, type OffsetsAsk, planOffsets, planRequested } from '../../src/operations/offsets/index.ts'
import type { Store } from '../../src/ports/store.ts'
import { simulatedContext, type VirtualClock } from './clock.ts'
import { fakeBroker } from './fake-broker.ts'
import type { FakeCluster } from './fake-cluster.ts'
import { fakeWorld } from './fake-world.ts'

/** An operator process in the simulation: dies at will, has a state folder of its own, meets others at the clusters. */
export function operator(
  name: string,
  clusters: ReadonlyMap<string, FakeCluster>,
  store: Store,
  clock: VirtualClock,
  random: () => number,
) {
  const context = (signal: AbortSignal) => simulatedContext(clock, random, signal)
  const never = new AbortController().signal
  const worldOf = (spec: ClusterSpec, signal: AbortSignal = never) =>
    fakeWorld(clusters.get(spec.name) as FakeCluster, spec, context(signal))
  const deps: RunDeps = {
    store,
    actor: name,
    actions: new Map(
      [...memberActions, ...lifecycleActions, ...offsetsActions, ...fakeBroker.kinds.flatMap(kindActions)].map(
        (action) => [action.name, action],
      ),
    ),
    context,
    worlds: (specs, ctx) => new Map(specs.map((spec) => [spec.name, worldOf(spec, ctx.signal)])),
    planLater: (worlds, adopt) => planDeploy(worlds, { adopt }),
  }
  const options = (o: { stopping?: AbortSignal; signal?: AbortSignal; live?: (event: LiveEvent) => void }) => ({
    live: o.live ?? (() => {}),
    stopping: o.stopping ?? never,
    signal: o.signal ?? never,
  })
  return {
    plan: (specs: readonly ClusterSpec[], o: PlanOptions = {}) =>
      planDeploy(
        specs.map((spec) => worldOf(spec)),
        o,
      ),
    planDestroy: (specs: readonly ClusterSpec[]) => planDestroy(specs.map((spec) => worldOf(spec))),
    planOffsets: (spec: ClusterSpec, ask: OffsetsAsk) => planOffsets(worldOf(spec), ask),
    planRequested: (spec: ClusterSpec, plan: Plan) => planRequested(worldOf(spec), plan.operation?.request ?? null),
    run: (plan: Plan, approval: Approval, o: Parameters<typeof options>[0] = {}): Promise<RunResult> =>
      startRun(plan, approval, deps, options(o)),
    resume: (run: string, approval?: Approval, o: Parameters<typeof options>[0] = {}): Promise<RunResult> =>
      resumeRun(run, approval, deps, options(o)),
  }
}
