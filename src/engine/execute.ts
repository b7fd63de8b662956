import { type Failure, MqopsError } from '../model/failure.ts'
import type { Approval, RunState } from '../model/event.ts'
import { printAddress } from '../model/address.ts'
import { failed, type Outcome, type Plan, type Step } from '../model/plan.ts'
import type { Action, World } from '../ports/action.ts'
import { type Batch, batches, findCycle, ready, type StepState } from './graph.ts'
import { runBatch } from './batch.ts'
import type { Journal, RunView } from './journal.ts'
import { notCovered } from './policy.ts'

/** Batches at work at once, over all clusters. */
const CONCURRENCY = 8
/** How long what members hide may stay unreadable after they came up: elections take seconds, recovery of a large log longer. */
const LATER_DEADLINE_MS = 180_000
const LATER_PAUSE_MS = 500

export type ExecuteOptions = {
  readonly actions: ReadonlyMap<string, Action>
  readonly world: World
  readonly journal: Journal
  readonly approval: Approval
  /** Fires at the first Ctrl-C: what runs is finished, nothing new begins. */
  readonly stopping: AbortSignal
  waiting(step: string, why: string): void
  takenBack(step: Step, what: string): void
  /** Plans what could not be known before; asked when all else is done. */
  planLater?(clusters: readonly string[]): Promise<{ readonly plan: Plan; readonly failures: readonly Failure[] }>
}

export type Ended = {
  readonly state: Exclude<RunState, 'running'>
  readonly failures: readonly Outcome[]
  readonly uncovered: readonly Step[]
}

/** Runs what of a plan is left, side by side where independent, to an end state that the journal has. */
export async function execute(view: RunView, o: ExecuteOptions): Promise<Ended> {
  const finished = new Set(view.finished)
  const failures: Outcome[] = []
  let plan = view.plans.at(-1) as Plan
  for (;;) {
    const states = await runPlan(
      view.steps.concat(plan === view.plans.at(-1) ? [] : plan.steps),
      finished,
      failures,
      view.intended,
      o,
    )
    if ([...states.values()].some((state) => state !== 'done') || plan.later.length === 0 || !o.planLater) {
      return end(states, failures, [], o)
    }
    // What could be known only now was not in what the person approved: it must fit under that consent, or wait.
    const later = await planWhenReadable(plan, o.planLater, o)
    if (later.failures.length > 0) return end(states, [...failures, ...later.failures.map(failed)], [], o)
    plan = later.plan
    const uncovered = notCovered(plan, o.approval)
    if (uncovered.length > 0) return end(states, failures, uncovered, o)
    await o.journal({ type: 'planned', plan, approval: o.approval })
  }
}

/** Members that have just come up elect leaders and recover: what can't be read in passing is asked again. */
async function planWhenReadable(
  plan: Plan,
  planLater: NonNullable<ExecuteOptions['planLater']>,
  o: ExecuteOptions,
): ReturnType<NonNullable<ExecuteOptions['planLater']>> {
  const { ctx } = o.world
  const deadline = ctx.now() + LATER_DEADLINE_MS
  for (;;) {
    const planned = await planLater(plan.later.map((address) => address.cluster))
    const passing = planned.failures.length > 0 && planned.failures.every((failure) => failure.retryable)
    if (!passing || o.stopping.aborted || ctx.now() > deadline) return planned
    await ctx.sleep(LATER_PAUSE_MS)
  }
}

async function end(
  states: ReadonlyMap<string, StepState>,
  failures: readonly Outcome[],
  uncovered: readonly Step[],
  o: ExecuteOptions,
): Promise<Ended> {
  const values = [...states.values()]
  const someDone = values.includes('done')
  const state: Ended['state'] = failures.some((f) => f.is === 'needs-human')
    ? 'needs-human'
    : failures.length > 0
      ? someDone
        ? 'partly'
        : 'failed'
      : values.some((value) => value !== 'done')
        ? 'cancelled'
        : uncovered.length > 0
          ? 'partly'
          : 'done'
  await o.journal({ type: 'ended', state })
  return { state, failures, uncovered }
}

async function runPlan(
  steps: readonly Step[],
  finished: Set<string>,
  failures: Outcome[],
  intended: ReadonlySet<string>,
  o: ExecuteOptions,
): Promise<ReadonlyMap<string, StepState>> {
  const cycle = findCycle(steps)
  if (cycle) throw new MqopsError({ code: 'MQOPS_INTERNAL', summary: `the plan has a cycle: ${cycle.join(', ')}` })
  const states = new Map<string, StepState>(steps.map((step) => [step.id, finished.has(step.id) ? 'done' : 'pending']))
  const atWork = new Set<Batch>()
  let broken: { error: unknown } | null = null
  let wake: () => void = () => {}

  const start = (batch: Batch) => {
    atWork.add(batch)
    for (const step of batch.steps) states.set(step.id, 'running')
    runOne(batch, states, finished, failures, intended, o)
      .catch((error: unknown) => {
        broken ??= { error }
      })
      .finally(() => {
        atWork.delete(batch)
        wake()
      })
  }

  for (;;) {
    const stopped = o.stopping.aborted || o.world.ctx.signal.aborted || broken !== null
    if (!stopped) {
      const { go, skip } = ready(steps, states)
      for (const step of skip) states.set(step.id, 'skipped')
      if (skip.length > 0) continue // what waits for a skipped step is skipped too
      for (const batch of batches(go, (name) => actionOf(o.actions, name).maxBatch)) {
        if (atWork.size < CONCURRENCY && mayStart(batch, atWork, o.actions)) start(batch)
      }
    }
    if (atWork.size === 0) break
    await new Promise<void>((resolve) => {
      wake = resolve
    })
  }
  if (broken) throw (broken as { error: unknown }).error
  o.world.ctx.signal.throwIfAborted()
  return states
}

function mayStart(batch: Batch, atWork: ReadonlySet<Batch>, actions: ReadonlyMap<string, Action>): boolean {
  const alone = actionOf(actions, batch.action).exclusive === 'cluster'
  for (const other of atWork) {
    if (other.cluster !== batch.cluster) continue
    if (alone || actionOf(actions, other.action).exclusive === 'cluster') return false
  }
  return true
}

async function runOne(
  batch: Batch,
  states: Map<string, StepState>,
  finished: Set<string>,
  failures: Outcome[],
  intended: ReadonlySet<string>,
  o: ExecuteOptions,
): Promise<void> {
  const action = actionOf(o.actions, batch.action)
  const began = o.world.ctx.now()
  const byId = new Map(batch.steps.map((step) => [step.id, step]))
  await runBatch(action, batch.steps, o.world, intended, {
    intent: (steps) => o.journal({ type: 'intent', steps: steps.map((step) => step.id) }),
    outcome: async (outcomes) => {
      const ms = o.world.ctx.now() - began
      const addressed = new Map([...outcomes].map(([id, outcome]) => [id, withAddress(outcome, byId.get(id) as Step)]))
      await o.journal({ type: 'outcome', outcomes: [...addressed].map(([step, outcome]) => ({ step, outcome, ms })) })
      for (const [id, outcome] of addressed) {
        states.set(id, outcome.is === 'yes' ? 'done' : 'failed')
        if (outcome.is === 'yes') finished.add(id)
        else failures.push(outcome)
      }
    },
    waiting: o.waiting,
    takenBack: o.takenBack,
    stopping: o.stopping,
  })
}

const withAddress = (outcome: Outcome, step: Step): Outcome =>
  outcome.is === 'failed' && !outcome.error.address ? failed({ ...outcome.error, address: step.address }) : outcome

function actionOf(actions: ReadonlyMap<string, Action>, name: string): Action {
  const action = actions.get(name)
  if (!action)
    throw new MqopsError({
      code: 'MQOPS_PLAN_UNKNOWN_ACTION',
      summary: `this version of mqops has no action "${name}"`,
      hint: 'The plan was made by another version: plan again.',
    })
  return action
}

export const describeSteps = (steps: readonly Step[]): string =>
  steps.map((step) => printAddress(step.address)).join(', ')
