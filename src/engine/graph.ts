import type { Step } from '../model/plan.ts'

export type StepState = 'pending' | 'running' | 'done' | 'failed' | 'skipped'

/** Steps whose needs are met, and steps that can never run because a need failed. Linear in steps and edges. */
export function ready(
  steps: readonly Step[],
  states: ReadonlyMap<string, StepState>,
): { go: readonly Step[]; skip: readonly Step[] } {
  const go: Step[] = []
  const skip: Step[] = []
  for (const step of steps) {
    if (states.get(step.id) !== 'pending') continue
    let blocked = false
    let hopeless = false
    for (const need of step.needs) {
      const state = states.get(need)
      if (state === undefined) continue // a need outside this plan was done before it
      if (state === 'failed' || state === 'skipped') hopeless = true
      else if (state !== 'done') blocked = true
    }
    if (hopeless) skip.push(step)
    else if (!blocked) go.push(step)
  }
  return { go, skip }
}

/** The ids on a cycle, or null. A plan with a cycle is a defect of a planner and is refused before anything runs. */
export function findCycle(steps: readonly Step[]): readonly string[] | null {
  const needs = new Map(steps.map((step) => [step.id, step.needs]))
  const waiting = new Map<string, number>()
  const neededBy = new Map<string, string[]>()
  for (const [id, of] of needs) {
    const inside = of.filter((need) => needs.has(need))
    waiting.set(id, inside.length)
    for (const need of inside) {
      const those = neededBy.get(need)
      if (those)
        those.push(id) // in place: 10,000 steps may wait for one
      else neededBy.set(need, [id])
    }
  }
  const queue = [...waiting].filter(([, count]) => count === 0).map(([id]) => id)
  for (let id = queue.pop(); id !== undefined; id = queue.pop()) {
    waiting.delete(id)
    for (const next of neededBy.get(id) ?? []) {
      const left = (waiting.get(next) ?? 0) - 1
      waiting.set(next, left)
      if (left === 0) queue.push(next)
    }
  }
  return waiting.size === 0 ? null : [...waiting.keys()]
}

export type Batch = { readonly cluster: string; readonly action: string; readonly steps: readonly Step[] }

/** Ready steps of one action and cluster travel together, at most `maxBatch` of them, in plan order. */
export function batches(go: readonly Step[], maxBatch: (action: string) => number): readonly Batch[] {
  const groups = new Map<string, Step[]>()
  for (const step of go) {
    const key = `${step.address.cluster}\n${step.action}`
    const group = groups.get(key)
    if (group) group.push(step)
    else groups.set(key, [step])
  }
  return [...groups.values()].flatMap((group) => {
    const first = group[0] as Step
    const limit = maxBatch(first.action)
    const out: Batch[] = []
    for (let i = 0; i < group.length; i += limit) {
      out.push({ cluster: first.address.cluster, action: first.action, steps: group.slice(i, i + limit) })
    }
    return out
  })
}
