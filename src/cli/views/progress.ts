import type { LiveEvent, RunEvent } from '../../model/event.ts'
import type { Outcome, Plan, Step } from '../../model/plan.ts'

/** What is known of a run while it goes: a value made from its live events. */

export type Sample = { readonly at: number; readonly done: number }
export type StepProgress = {
  readonly step: Step
  readonly state: 'pending' | 'running' | 'done' | 'failed'
  readonly startedAt: number | null // ms since the epoch
  readonly ms: number | null // from start to outcome
  readonly outcome: Outcome | null
  readonly waiting: string | null
  readonly work: {
    readonly text: string
    readonly done?: number
    readonly of?: number
    readonly unit: 'bytes' | 'items'
    readonly samples: readonly Sample[]
  } | null
}
/** One object for a whole run: `advance` changes it, because 10,000 steps copied for each event would take minutes. */
export type RunProgress = {
  readonly steps: Map<string, StepProgress>
  finished: number
}

/** Samples older than this don't count for a rate. */
const WINDOW_MS = 15_000

const pending = (step: Step): StepProgress => ({
  step,
  state: 'pending',
  startedAt: null,
  ms: null,
  outcome: null,
  waiting: null,
  work: null,
})

export function startProgress(plan: Plan | null): RunProgress {
  const progress: RunProgress = { steps: new Map(), finished: 0 }
  if (plan) addPlan(progress, plan)
  return progress
}

function addPlan(progress: RunProgress, plan: Plan): void {
  for (const step of plan.steps) if (!progress.steps.has(step.id)) progress.steps.set(step.id, pending(step))
}

/** What a run's journal says of it, to go on from: what has no good outcome begins anew. */
export function resumedProgress(events: readonly RunEvent[]): RunProgress {
  const progress = startProgress(null)
  for (const event of events) advance(progress, { type: 'journal', event }, event.at)
  for (const [id, one] of progress.steps) if (one.state !== 'done') progress.steps.set(id, pending(one.step))
  return progress
}

function change(progress: RunProgress, id: string, to: (step: StepProgress) => StepProgress): void {
  const before = progress.steps.get(id)
  if (!before) return
  const after = to(before)
  if (after.state === 'done' && before.state !== 'done') progress.finished++
  progress.steps.set(id, after)
}

/** Takes up an event; `now` in ms since the epoch. @returns the same object */
export function advance(progress: RunProgress, event: LiveEvent, now: number): RunProgress {
  if (event.type === 'journal') takeFact(progress, event.event, now)
  else
    change(progress, event.step, (step) => {
      const startedAt = step.startedAt ?? now
      if (event.type === 'progress')
        return { ...step, state: 'running', startedAt, work: nextWork(step.work, event, now) }
      return { ...step, startedAt, waiting: event.why, state: step.state === 'pending' ? 'running' : step.state }
    })
  return progress
}

function takeFact(progress: RunProgress, fact: RunEvent, now: number): void {
  if (fact.type === 'planned') addPlan(progress, fact.plan)
  else if (fact.type === 'intent') {
    for (const id of fact.steps)
      change(progress, id, (step) => ({ ...step, state: 'running', startedAt: step.startedAt ?? now, waiting: null }))
  } else if (fact.type === 'outcome') {
    for (const { step, outcome, ms } of fact.outcomes) {
      const state = outcome.is === 'yes' ? 'done' : 'failed'
      change(progress, step, (one) => ({ ...one, state, ms, outcome, waiting: null, work: null }))
    }
  }
}

type Progress = Extract<LiveEvent, { type: 'progress' }>

function nextWork(before: StepProgress['work'], event: Progress, now: number): StepProgress['work'] {
  const unit = event.unit ?? before?.unit ?? 'items'
  // Another part, or counted anew: an older rate says nothing about it.
  const again = before === null || before.text !== event.text || (event.done ?? 0) < (before.done ?? 0)
  const samples = again ? [] : before.samples.filter((sample) => now - sample.at < WINDOW_MS)
  return {
    text: event.text,
    unit,
    ...(event.done === undefined ? {} : { done: event.done }),
    ...(event.of === undefined ? {} : { of: event.of }),
    samples: event.done === undefined ? samples : [...samples, { at: now, done: event.done }],
  }
}

/** Units per second and ms to go over the last seconds; null where it can't be told. */
export function paceOf(
  work: NonNullable<StepProgress['work']>,
): { readonly perSecond: number; readonly leftMs: number | null } | null {
  const first = work.samples[0]
  const last = work.samples.at(-1)
  if (!first || !last || last.at - first.at < 500 || last.done <= first.done) return null
  const perSecond = ((last.done - first.done) * 1000) / (last.at - first.at)
  return { perSecond, leftMs: work.of === undefined ? null : Math.max(0, ((work.of - last.done) / perSecond) * 1000) }
}
