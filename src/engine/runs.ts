import { MqopsError, toFailure, type Failure } from '../model/failure.ts'
import type { Approval, LiveEvent, RunState } from '../model/event.ts'
import type { ClusterSpec } from '../model/spec.ts'
import type { Outcome, Plan, Step } from '../model/plan.ts'
import type { Action, ClusterWorld, World } from '../ports/action.ts'
import type { Context } from '../ports/context.ts'
import type { Store } from '../ports/store.ts'
import { execute } from './execute.ts'
import { journalOf, type RunView, viewRun } from './journal.ts'
import { holdLeases, LEASE_MS } from './lease.ts'
import { notCovered } from './policy.ts'

/** What a run needs of the outside; made by compose for each run. */
export type RunDeps = {
  readonly store: Store
  readonly actions: ReadonlyMap<string, Action>
  readonly actor: string
  /** Contexts whose signal fires with this one. */
  context(signal: AbortSignal): Context
  worlds(specs: readonly ClusterSpec[], ctx: Context): ReadonlyMap<string, ClusterWorld>
  /** `adopt`: what the approved plan was told to take over. */
  planLater(
    worlds: readonly ClusterWorld[],
    adopt: readonly string[],
  ): Promise<{ plan: Plan; failures: readonly Failure[] }>
}

export type RunOptions = {
  live(event: LiveEvent): void
  /** Fires at the first Ctrl-C: finish what runs, begin nothing. */
  readonly stopping: AbortSignal
  /** Fires at the second: leave at once. */
  readonly signal: AbortSignal
}
export type RunResult = {
  readonly run: string
  readonly state: Exclude<RunState, 'running'>
  readonly failures: readonly Failure[]
  readonly uncovered: readonly Step[]
  readonly todo: readonly string[]
  /** Stopped in the midst of their work, and what became of it. */
  readonly takenBack: readonly { readonly step: Step; readonly what: string }[]
  readonly steps: number
}

export const specsOf = (plan: Plan): readonly ClusterSpec[] => plan.spec as unknown as readonly ClusterSpec[]

/** Consent, leases, journal, steps. Throws before anything happened; afterwards the result says how it ended. */
export async function startRun(plan: Plan, approval: Approval, deps: RunDeps, o: RunOptions): Promise<RunResult> {
  const uncovered = notCovered(plan, approval)
  if (uncovered.length > 0) {
    throw new MqopsError({
      code: 'MQOPS_APPROVAL_NEEDED',
      summary: `${uncovered.length} steps have no consent`,
      hint: 'Steps that may lose data need --confirm CLUSTER; others --yes.',
    })
  }
  const run = newRunId(deps.context(o.signal))
  return underLeases(
    plan,
    deps,
    o,
    async (journal, world, worlds) => {
      await journal({ type: 'planned', plan, approval })
      const view: RunView = {
        run,
        plans: [plan],
        approval,
        steps: plan.steps,
        intended: new Set(),
        finished: new Set(),
        failed: new Map(),
        state: 'running',
        actor: deps.actor,
      }
      return finish(view, approval, journal, world, worlds, deps, o)
    },
    run,
  )
}

/** Goes on with a run where its journal ends. `approval` widens the one it was started with. */
export async function resumeRun(
  run: string,
  approval: Approval | undefined,
  deps: RunDeps,
  o: RunOptions,
): Promise<RunResult> {
  const view = viewRun(await deps.store.events(run))
  if (!view)
    throw new MqopsError({ code: 'MQOPS_RUN_UNKNOWN', summary: `there is no run ${run}`, hint: 'See: mqops runs' })
  const plan = view.plans.at(-1)
  if (!plan)
    throw new MqopsError({
      code: 'MQOPS_JOURNAL_CORRUPT',
      summary: `run ${run} has no plan in its journal`,
      hint: 'Plan again from the spec.',
    })
  const consent = {
    all: view.approval.all || (approval?.all ?? false),
    confirmed: [...new Set([...view.approval.confirmed, ...(approval?.confirmed ?? [])])],
  }
  return underLeases(
    plan,
    deps,
    o,
    async (journal, world, worlds) => {
      await journal({ type: 'resumed' })
      return finish(view, consent, journal, world, worlds, deps, o)
    },
    run,
  )
}

async function finish(
  view: RunView,
  approval: Approval,
  journal: Parameters<typeof execute>[1]['journal'],
  world: World,
  worlds: ReadonlyMap<string, ClusterWorld>,
  deps: RunDeps,
  o: RunOptions,
): Promise<RunResult> {
  const takenBack: { step: Step; what: string }[] = []
  const ended = await execute(view, {
    actions: deps.actions,
    world,
    journal,
    approval,
    stopping: o.stopping,
    waiting: (step, why) => o.live({ type: 'waiting', step, why }),
    planLater: (clusters) =>
      deps.planLater(
        clusters.map((name) => world.cluster(name)),
        view.plans.at(-1)?.adopt ?? [],
      ),
    takenBack: (step, what) => takenBack.push({ step, what }),
  })
  await rememberAll(view, ended.state === 'done', worlds, deps)
  return {
    run: view.run,
    state: ended.state,
    failures: ended.failures.flatMap((outcome: Outcome) => (outcome.is === 'failed' ? [outcome.error] : [])),
    uncovered: ended.uncovered,
    todo: ended.failures.flatMap((outcome) => (outcome.is === 'needs-human' ? [outcome.todo] : [])),
    takenBack,
    steps: view.steps.length,
  }
}

/** The last applied spec stands at the target and in the store, so that later commands need no file; also when only partly done. */
async function rememberAll(
  view: RunView,
  done: boolean,
  worlds: ReadonlyMap<string, ClusterWorld>,
  deps: RunDeps,
): Promise<void> {
  if (view.plans.some((plan) => plan.operation)) return // it applied no spec
  const of = (action: string) => new Set(view.steps.filter((s) => s.action === action).map((s) => s.address.cluster))
  const [destroyed, stopped, started] = [of('cluster.destroy'), of('cluster.stop'), of('member.start')]
  for (const [name, world] of worlds) {
    if (destroyed.has(name)) {
      if (done) await deps.store.put(`cluster/${name}`, null)
    } else if ((!stopped.has(name) || started.has(name)) && (done || (await world.allocation()) !== null)) {
      await world.target.remember(world.spec, world.ctx)
      await deps.store.put(`cluster/${name}`, world.spec)
    }
  }
}

type Body = (
  journal: ReturnType<typeof journalOf>,
  world: World,
  worlds: ReadonlyMap<string, ClusterWorld>,
) => Promise<RunResult>

async function underLeases(plan: Plan, deps: RunDeps, o: RunOptions, body: Body, run: string): Promise<RunResult> {
  const names = Object.keys(plan.clusters)
  const leaseContext = deps.context(o.signal)
  const leaseWorlds = deps.worlds(specsOf(plan), leaseContext)
  const holder = `${deps.actor} (run ${run})`
  const take = async (name: string) => {
    const world = leaseWorlds.get(name)
    if (!world)
      throw new MqopsError({ code: 'MQOPS_INTERNAL', summary: `the plan names ${name} but has no spec of it` })
    return (
      (await world.target.lease(holder, LEASE_MS, world.ctx)) ??
      (await world.session()).lease(holder, LEASE_MS, world.ctx)
    )
  }
  const leases = await holdLeases(names, take, leaseContext)
  const ctx = deps.context(AbortSignal.any([o.signal, leases.lost]))
  const worlds = deps.worlds(specsOf(plan), ctx)
  const world: World = {
    ctx,
    cluster: (name) => {
      const found = worlds.get(name)
      if (!found)
        throw new MqopsError({ code: 'MQOPS_INTERNAL', summary: `the plan names ${name} but has no spec of it` })
      return found
    },
    progress: (step, text, done, of, unit = 'bytes') =>
      o.live({
        type: 'progress',
        step,
        text,
        ...(done === undefined ? {} : { done }),
        ...(of === undefined ? {} : { of, unit }),
      }),
  }
  const journal = journalOf({
    store: deps.store,
    run,
    actor: deps.actor,
    epoch: () => leases.epoch,
    ctx,
    seen: (event) => o.live({ type: 'journal', event }),
  })
  try {
    return await body(journal, world, worlds)
  } catch (error) {
    if (leases.lost.aborted && !o.signal.aborted) {
      await journal({ type: 'ended', state: 'failed' })
      throw new MqopsError(
        {
          code: 'MQOPS_LEASE_LOST',
          summary: 'somebody else holds the lease now: stopped',
          hint: 'When they have finished: mqops plan',
        },
        { cause: error },
      )
    }
    throw error
  } finally {
    await Promise.all(
      [...worlds.values(), ...leaseWorlds.values()].map((one) =>
        one.dropSession().catch((error) => ctx.log('session.close', toFailure(error).summary)),
      ),
    )
    await leases.release()
  }
}

/** Sorts by time, says when: 20261123-094500-1a2b. */
function newRunId(ctx: Context): string {
  const at = new Date(ctx.now()).toISOString().replaceAll('-', '').replaceAll(':', '').replace('T', '-').slice(0, 15)
  return `${at}-${Buffer.from(ctx.random(2)).toString('hex')}`
}
