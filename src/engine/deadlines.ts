import { failed, type Outcome, type Step } from '../model/plan.ts'
import type { Action, World } from '../ports/action.ts'

/** What somebody else has changed in the midst is said when it has stood so long: members may be late to tell. */
const CONTESTED_MS = 10_000

/** How long each step of a batch may still take: the action's deadline, counted anew whenever its work moves. */
export type Deadlines = {
  /** Work that has moved since it was last told gives its step more time, and is shown. */
  told(steps: readonly Step[], outcomes: readonly Outcome[]): void
  hasWork(step: Step): boolean
  timedOut(steps: readonly Step[], outcomes: readonly Outcome[]): readonly Outcome[]
}

export function deadlinesOf(action: Action, world: World): Deadlines {
  const from = world.ctx.now()
  const works = new Map<string, { done: number; left: number; at: number }>()
  const contested = new Map<string, number>()
  const longContested = (step: Step, outcome: Outcome): boolean => {
    if (outcome.is !== 'not-yet' || !outcome.contested) return contested.delete(step.id) && false
    const since = contested.get(step.id) ?? world.ctx.now()
    contested.set(step.id, since)
    return world.ctx.now() - since >= CONTESTED_MS
  }
  const lateBy = (step: Step) => world.ctx.now() - (works.get(step.id)?.at ?? from) > action.deadlineMs
  return {
    told(steps, outcomes) {
      for (const [i, step] of steps.entries()) {
        const outcome = outcomes[i]
        if (outcome?.is !== 'not-yet' || !outcome.work) continue
        const { done, of, unit } = outcome.work
        const before = works.get(step.id)
        const moved = !before || done > before.done || of - done < before.left
        if (moved) works.set(step.id, { done, left: of - done, at: world.ctx.now() })
        world.progress(step.id, outcome.why, done, of, unit)
      }
    },
    hasWork: (step) => works.has(step.id),
    timedOut: (steps, outcomes) =>
      outcomes.map((outcome, i) => {
        const step = steps[i] as Step
        const soon = longContested(step, outcome)
        if (outcome.is !== 'not-yet') return outcome
        if (outcome.contested && (soon || lateBy(step))) return failed(outcome.contested)
        if (!lateBy(step)) return outcome
        const seconds = Math.round(action.deadlineMs / 1000)
        return failed({
          code: 'MQOPS_TIMEOUT',
          summary: works.has(step.id)
            ? `nothing has moved for ${seconds} s: ${outcome.why}`
            : `not done after ${seconds} s: ${outcome.why}`,
          address: step.address,
          retryable: true,
          hint: 'When the cause is mended, go on with: mqops resume',
        })
      }),
  }
}
