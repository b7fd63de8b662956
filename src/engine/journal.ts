import type { Approval, RunEvent, RunFact, RunState } from '../model/event.ts'
import type { Plan, Step } from '../model/plan.ts'
import type { Context } from '../ports/context.ts'
import type { Store } from '../ports/store.ts'

/** What a run's events add up to: a value made anew from the journal, never kept beside it. */
export type RunView = {
  readonly run: string
  readonly plans: readonly Plan[]
  readonly approval: Approval
  readonly steps: readonly Step[]
  readonly intended: ReadonlySet<string> // their act may have happened, wholly, partly or not at all
  readonly finished: ReadonlySet<string> // outcome 'yes'
  readonly failed: ReadonlyMap<string, RunEvent>
  readonly state: RunState
  readonly actor: string
}

export function viewRun(events: readonly RunEvent[]): RunView | null {
  const first = events[0]
  if (!first) return null
  const plans: Plan[] = []
  const intended = new Set<string>()
  const finished = new Set<string>()
  const failed = new Map<string, RunEvent>()
  let approval: Approval = { all: false, confirmed: [] }
  let state: RunState = 'running'
  for (const event of events) {
    if (event.type === 'planned') {
      plans.push(event.plan)
      approval = event.approval
    } else if (event.type === 'resumed') state = 'running'
    else if (event.type === 'intent') for (const id of event.steps) intended.add(id)
    else if (event.type === 'ended') state = event.state
    else {
      for (const { step, outcome } of event.outcomes) {
        if (outcome.is === 'yes') {
          finished.add(step)
          failed.delete(step)
        } else failed.set(step, event)
      }
    }
  }
  return {
    run: first.run,
    plans,
    approval,
    steps: plans.flatMap((plan) => plan.steps),
    intended,
    finished,
    failed,
    state,
    actor: first.actor,
  }
}

export const canResume = (state: RunState): boolean => state !== 'done'

/** Appends one run's facts: the intent before the side effect, the outcome after it. */
export function journalOf(o: {
  store: Store
  run: string
  actor: string
  epoch(): number
  ctx: Context
  seen(event: RunEvent): void
}) {
  return async (fact: RunFact): Promise<void> => {
    const event = await o.store.append({ run: o.run, at: o.ctx.now(), epoch: o.epoch(), actor: o.actor, fact })
    o.seen(event)
  }
}
export type Journal = ReturnType<typeof journalOf>
