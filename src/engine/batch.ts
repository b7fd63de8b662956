import { MqopsError, toFailure } from '../model/failure.ts'
import { failed, type Outcome, type Step } from '../model/plan.ts'
import type { Action, World } from '../ports/action.ts'
import { type Deadlines, deadlinesOf } from './deadlines.ts'

/** What a batch tells while it runs. `intent` resolves when the journal has it. `stopping`: nothing new shall begin. */
export type BatchEvents = {
  readonly stopping: AbortSignal
  intent(steps: readonly Step[]): Promise<void>
  outcome(outcomes: ReadonlyMap<string, Outcome>): Promise<void>
  waiting(step: string, why: string): void
  /** The run stops: this step's work was taken back, or why not. */
  takenBack(step: Step, what: string): void
}

const FIRST_PAUSE_MS = 10
const LONGEST_PAUSE_MS = 400
/** What takes minutes or hours need not be asked for several times a second. */
const LONGEST_PAUSE_OF_WORK_MS = 1000

/**
 * One batch from done to done: already true? may it act? journal the intent, act, then ask afresh until it holds.
 * Never throws for a step's failure: every step gets an outcome. Throws only when the run itself must stop (lease lost,
 * journal unwritable). When the run stops, steps whose work was taken back stay undecided.
 */
export async function runBatch(
  action: Action,
  steps: readonly Step[],
  world: World,
  resumed: ReadonlySet<string>,
  events: BatchEvents,
): Promise<void> {
  const batch: Running = { action, world, events, deadlines: deadlinesOf(action, world), pauses: pauser(world) }
  let left = await settle(steps, await ask(steps, () => action.done(steps, world)), events, 'not-yet')
  if (left.length > 0) left = await guarded(batch, left, resumed)
  if (left.length === 0) return
  world.ctx.signal.throwIfAborted()
  await events.intent(left)
  await acted(batch, left)
}

type Running = {
  readonly action: Action
  readonly world: World
  readonly events: BatchEvents
  readonly deadlines: Deadlines
  readonly pauses: Pauser
}

/**
 * Asks the guard until it lets every step through, refuses it, or the deadline has passed. Who only waits to begin has
 * nothing to finish: when the run stops, it stays undecided.
 */
async function guarded(
  { action, world, events, deadlines, pauses }: Running,
  steps: readonly Step[],
  resumed: ReadonlySet<string>,
): Promise<readonly Step[]> {
  let waiting = steps
  const through: Step[] = []
  while (waiting.length > 0) {
    if (events.stopping.aborted) return []
    const outcomes = deadlines.timedOut(waiting, await ask(waiting, () => action.guard(waiting, world, resumed)))
    through.push(...waiting.filter((_, i) => outcomes[i]?.is === 'yes'))
    waiting = await settle(waiting, outcomes, events, 'not-yet', false)
    if (waiting.length > 0) await pauses(waiting, outcomes, events)
  }
  return steps.filter((step) => through.includes(step))
}

/**
 * Acts; what answers 'not-yet' or fails in passing is asked again: handlers make at-least-once once in effect. What was
 * accepted is asked for until it holds, beside what is still being worked on.
 */
async function acted(batch: Running, steps: readonly Step[]): Promise<void> {
  const { action, world, events, deadlines, pauses } = batch
  let todo = steps
  let accepted: readonly Step[] = []
  while (todo.length + accepted.length > 0) {
    let outcomes: readonly Outcome[] = []
    if (todo.length > 0) {
      const answers = (await ask(todo, () => action.act(todo, world))).map(retryableAsNotYet)
      deadlines.told(todo, answers)
      outcomes = deadlines.timedOut(todo, answers)
      accepted = [...accepted, ...todo.filter((_, i) => outcomes[i]?.is === 'yes')]
      const { decided, stopped } = await takenBack(batch, todo, outcomes)
      await givenUp(batch, todo, decided)
      todo = (await settle(todo, decided, events, 'not-yet', false)).filter((step) => !stopped.has(step))
    }
    const open = accepted
    const seen =
      open.length === 0 ? [] : await ask(open, () => action.settled?.(open, world) ?? action.done(open, world))
    const judged = deadlines.timedOut(open, seen)
    await givenUp(batch, open, judged)
    accepted = await settle(open, judged, events, 'not-yet', true)
    if (todo.length > 0) {
      await pauses(
        todo,
        outcomes.filter((outcome) => outcome.is === 'not-yet'),
        events,
      )
      todo = await settle(todo, await ask(todo, () => action.done(todo, world)), events, 'not-yet')
    } else if (accepted.length > 0) await pauses(accepted, seen, events)
  }
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

/** Work that no longer moves, and any work when the run stops: nothing half-done stays behind. `stopped`: undecided. */
async function takenBack(
  { action, world, events, deadlines }: Running,
  steps: readonly Step[],
  outcomes: readonly Outcome[],
): Promise<{ readonly decided: readonly Outcome[]; readonly stopped: ReadonlySet<Step> }> {
  const stops = (i: number) => outcomes[i]?.is === 'not-yet' && events.stopping.aborted
  const back = steps.filter((step, i) => deadlines.hasWork(step) && (stops(i) || outcomes[i]?.is === 'failed'))
  if (!action.takeBack || back.length === 0) return { decided: outcomes, stopped: new Set() }
  const answers = await ask(back, () => action.takeBack?.(back, world) ?? Promise.resolve([]))
  const texts = new Map(back.map((step, i) => [step, backText(answers[i] as Outcome)]))
  const stopped = back.filter((step) => stops(steps.indexOf(step)))
  for (const step of stopped) events.takenBack(step, texts.get(step) as string)
  const decided = outcomes.map((outcome, i) => {
    const text = texts.get(steps[i] as Step)
    return outcome.is === 'failed' && text !== undefined ? failed({ ...outcome.error, detail: text }) : outcome
  })
  return { decided, stopped: new Set(stopped) }
}

/** Who will not be asked again; what may still come about when the run is resumed keeps what it has claimed. */
async function givenUp(
  { action, world }: Running,
  steps: readonly Step[],
  outcomes: readonly Outcome[],
): Promise<void> {
  const lost = steps.filter((_, i) => outcomes[i]?.is === 'failed' && !outcomes[i].error.retryable)
  if (!action.givenUp || lost.length === 0) return
  try {
    await action.givenUp(lost, world)
  } catch (error) {
    world.ctx.signal.throwIfAborted()
    world.ctx.log('step.givenUp', toFailure(error).summary)
  }
}

function backText(outcome: Outcome): string {
  if (outcome.is === 'yes') return 'what was not complete has been taken back; it begins anew when the run is resumed'
  const why = outcome.is === 'failed' ? outcome.error.summary : outcome.is === 'not-yet' ? outcome.why : outcome.todo
  return `what was not complete could not be taken back (${why}): it is finished when the run is resumed`
}

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
    const works = outcomes.some((outcome) => outcome.is === 'not-yet' && outcome.work)
    pause = Math.min(works ? LONGEST_PAUSE_OF_WORK_MS : LONGEST_PAUSE_MS, pause * 1.6)
  }
}
