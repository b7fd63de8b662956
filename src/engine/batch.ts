import { MqopsError, toFailure } from '../model/failure.ts'
import { failed, type Outcome, type Step } from '../model/plan.ts'
import type { Action, World } from '../ports/action.ts'

/** What a batch tells while it runs. `intent` resolves when the journal has it. `stopping`: nothing new shall begin. */
export type BatchEvents = {
  readonly stopping: AbortSignal
  intent(steps: readonly Step[]): Promise<void>
  outcome(outcomes: ReadonlyMap<string, Outcome>): Promise<void>
  waiting(step: string, why: string): void
}

const FIRST_PAUSE_MS = 10
const LONGEST_PAUSE_MS = 400

/**
 * One batch from done to done: already true? may it act? journal the intent, act, then ask afresh until it holds.
 * Never throws for a step's failure: every step gets an outcome. Throws only when the run itself must stop (lease lost,
 * journal unwritable).
 */
export async function runBatch(
  action: Action,
  steps: readonly Step[],
  world: World,
  resumed: ReadonlySet<string>,
  events: BatchEvents,
): Promise<void> {
  const deadline = world.ctx.now() + action.deadlineMs
  const pauses = pauser(world)
  let left = await settle(steps, await ask(steps, () => action.done(steps, world)), events, 'not-yet')
  if (left.length > 0) left = await guarded(action, left, world, resumed, deadline, pauses, events)
  if (left.length === 0) return
  world.ctx.signal.throwIfAborted()
  await events.intent(left)
  left = await acted(action, left, world, deadline, pauses, events)
  while (left.length > 0) {
    const outcomes = await ask(left, () => action.settled?.(left, world) ?? action.done(left, world))
    left = await settle(left, timedOut(left, outcomes, world.ctx.now() > deadline, action), events, 'not-yet', true)
    if (left.length > 0) await pauses(left, outcomes, events)
  }
}

/**
 * Asks the guard until it lets every step through, refuses it, or the deadline has passed. Who only waits to begin has
 * nothing to finish: when the run stops, it stays undecided.
 */
async function guarded(
  action: Action,
  steps: readonly Step[],
  world: World,
  resumed: ReadonlySet<string>,
  deadline: number,
  pauses: Pauser,
  events: BatchEvents,
): Promise<readonly Step[]> {
  let waiting = steps
  const through: Step[] = []
  while (waiting.length > 0) {
    if (events.stopping.aborted) return []
    const outcomes = timedOut(
      waiting,
      await ask(waiting, () => action.guard(waiting, world, resumed)),
      world.ctx.now() > deadline,
      action,
    )
    through.push(...waiting.filter((_, i) => outcomes[i]?.is === 'yes'))
    waiting = await settle(waiting, outcomes, events, 'not-yet', false)
    if (waiting.length > 0) await pauses(waiting, outcomes, events)
  }
  return steps.filter((step) => through.includes(step))
}

/** Acts; what answers 'not-yet' or fails in passing is asked again: handlers make at-least-once once in effect. */
async function acted(
  action: Action,
  steps: readonly Step[],
  world: World,
  deadline: number,
  pauses: Pauser,
  events: BatchEvents,
): Promise<readonly Step[]> {
  let todo = steps
  const accepted = new Set<string>()
  while (todo.length > 0) {
    const answers = await ask(todo, () => action.act(todo, world))
    const outcomes = timedOut(todo, answers.map(retryableAsNotYet), world.ctx.now() > deadline, action)
    for (const [i, step] of todo.entries()) if (outcomes[i]?.is === 'yes') accepted.add(step.id)
    todo = await settle(todo, outcomes, events, 'not-yet', false)
    if (todo.length > 0) {
      await pauses(todo, outcomes, events)
      todo = await settle(todo, await ask(todo, () => action.done(todo, world)), events, 'not-yet')
    }
  }
  return steps.filter((step) => accepted.has(step.id))
}

const retryableAsNotYet = (outcome: Outcome): Outcome =>
  outcome.is === 'failed' && outcome.error.retryable ? { is: 'not-yet', why: outcome.error.summary } : outcome

/** A throw is the same answer for all: worth asking again when it says so. An aborted run is no step's failure. */
async function ask(steps: readonly Step[], question: () => Promise<readonly Outcome[]>): Promise<readonly Outcome[]> {
  try {
    const outcomes = await question()
    if (outcomes.length !== steps.length)
      throw new MqopsError({
        code: 'MQOPS_INTERNAL',
        summary: `${outcomes.length} outcomes for ${steps.length} steps of ${steps[0]?.action}`,
      })
    return outcomes
  } catch (error) {
    if (error instanceof Error && error.name === 'AbortError') throw error
    const failure = toFailure(error)
    if (failure.code === 'MQOPS_LEASE_LOST') throw error
    return steps.map(() => (failure.retryable ? { is: 'not-yet', why: failure.summary } : failed(failure)))
  }
}

const timedOut = (
  steps: readonly Step[],
  outcomes: readonly Outcome[],
  late: boolean,
  action: Action,
): readonly Outcome[] =>
  !late
    ? outcomes
    : outcomes.map((outcome, i) =>
        outcome.is !== 'not-yet'
          ? outcome
          : failed({
              code: 'MQOPS_TIMEOUT',
              summary: `not done after ${Math.round(action.deadlineMs / 1000)} s: ${outcome.why}`,
              address: (steps[i] as Step).address,
              retryable: true,
              hint: 'When the cause is mended, go on with: mqops resume',
            }),
      )

/** Journals what is decided; returns what is still open. With `yesToo` false a 'yes' is neither decided nor open. */
async function settle(
  steps: readonly Step[],
  outcomes: readonly Outcome[],
  events: BatchEvents,
  open: 'not-yet',
  yesToo = true,
): Promise<readonly Step[]> {
  const decided = new Map<string, Outcome>()
  const left: Step[] = []
  for (const [i, step] of steps.entries()) {
    const outcome = outcomes[i] as Outcome
    if (outcome.is === open) left.push(step)
    else if (outcome.is !== 'yes' || yesToo) decided.set(step.id, outcome)
  }
  if (decided.size > 0) await events.outcome(decided)
  return left
}

type Pauser = (steps: readonly Step[], outcomes: readonly Outcome[], events: BatchEvents) => Promise<void>

/** Short pauses at first, so that fast things stay fast; then longer ones, saying what is waited for. */
function pauser(world: World): Pauser {
  let pause = FIRST_PAUSE_MS
  return async (steps, outcomes, events) => {
    if (pause >= LONGEST_PAUSE_MS / 4) {
      const reason = outcomes.find((outcome) => outcome.is === 'not-yet')
      const first = steps[0]
      if (first && reason?.is === 'not-yet') events.waiting(first.id, reason.why)
    }
    await world.ctx.sleep(pause)
    pause = Math.min(LONGEST_PAUSE_MS, pause * 1.6)
  }
}
