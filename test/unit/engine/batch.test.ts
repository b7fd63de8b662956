import { expect, test } from 'vitest'
import { runBatch } from '../../../src/engine/batch.ts'
import { address } from '../../../src/model/address.ts'
import { failed, notYet, type Outcome, type Step, yes } from '../../../src/model/plan.ts'
import type { Action, World } from '../../../src/ports/action.ts'
import { seeded, simulatedContext, VirtualClock } from '../../support/clock.ts'

const step = (id: string): Step => ({
  id,
  address: address('blue', 'thing', id),
  action: 'fake.thing.update',
  args: null,
  reads: '',
  needs: [],
  reason: '',
  risk: 'safe',
  reversible: true,
  changes: [],
})

/** Work of `seconds`, which a broker does by itself once it is begun; `stuckAt`: no further than this second. */
class Moving {
  readonly clock = new VirtualClock()
  readonly outcomes = new Map<string, { outcome: Outcome; at: number }>()
  readonly told: [number, number][] = []
  readonly back: string[] = []
  readonly stopping = new AbortController()
  takeBackWith: Outcome = yes
  begun: number | null = null
  readonly #start = this.clock.time
  readonly #seconds: number
  readonly #stuckAt: number

  constructor(seconds: number, stuckAt = Number.POSITIVE_INFINITY) {
    this.#seconds = seconds
    this.#stuckAt = stuckAt
  }

  get now(): number {
    return this.clock.time - this.#start
  }

  #moved(): number {
    if (this.begun === null) return 0
    return Math.min((this.now - this.begun) / 1000, this.#stuckAt, this.#seconds)
  }

  run(ids: readonly string[], more: Partial<Action> = {}): Promise<void> {
    const ctx = simulatedContext(this.clock, seeded(1), new AbortController().signal)
    const world: World = {
      ctx,
      cluster: () => {
        throw new Error('not asked')
      },
      progress: (_step, _text, done = 0, of = 0) => this.told.push([done, of]),
    }
    const quick = (of: Step) => of.id.startsWith('quick')
    const action: Action = {
      name: 'fake.thing.update',
      maxBatch: 10,
      exclusive: 'address',
      deadlineMs: 5000,
      done: async (steps) =>
        steps.map((of) => (this.begun !== null && (quick(of) || this.#moved() >= this.#seconds) ? yes : notYet('no'))),
      guard: async (steps) => steps.map(() => yes),
      act: async (steps) => {
        this.begun ??= this.now
        const done = this.#moved()
        return steps.map((of) =>
          quick(of) || done >= this.#seconds ? yes : notYet('copying', { done, of: this.#seconds }),
        )
      },
      takeBack: async (steps) => {
        this.back.push(...steps.map((of) => of.id))
        return steps.map(() => this.takeBackWith)
      },
      ...more,
    }
    return runBatch(action, ids.map(step), world, new Set(), {
      stopping: this.stopping.signal,
      intent: async () => {},
      outcome: async (outcomes) => {
        for (const [id, outcome] of outcomes) this.outcomes.set(id, { outcome, at: this.now })
      },
      waiting: () => {},
      takenBack: (of, what) => this.back.push(`${of.id}: ${what}`),
    })
  }
}

test('work that moves takes as long as it takes, and is told; who is done beside it is done at once', async () => {
  const moving = new Moving(60)
  await moving.run(['long', 'quick'])
  expect(moving.outcomes.get('long')?.outcome).toEqual(yes)
  expect(moving.outcomes.get('long')?.at).toBeGreaterThanOrEqual(60_000)
  expect(moving.outcomes.get('quick')?.outcome).toEqual(yes)
  expect(moving.outcomes.get('quick')?.at).toBeLessThan(1000)
  expect(moving.told.at(-1)?.[0]).toBeGreaterThan(55)
  expect(moving.told.every(([, of]) => of === 60)).toBe(true)
  expect(moving.back).toEqual([])
})

test('work that no longer moves is taken back when the deadline has passed since', async () => {
  const moving = new Moving(60, 20)
  await moving.run(['long'])
  const { outcome, at } = moving.outcomes.get('long') as { outcome: Outcome; at: number }
  expect(outcome).toMatchObject({
    is: 'failed',
    error: {
      code: 'MQOPS_TIMEOUT',
      summary: 'nothing has moved for 5 s: copying',
      detail: 'what was not complete has been taken back; it begins anew when the run is resumed',
    },
  })
  expect(at).toBeGreaterThan(25_000)
  expect(at).toBeLessThan(27_000)
  expect(moving.back).toEqual(['long'])
})

test('when the run stops, work is taken back and stays undecided; what is quick is finished', async () => {
  const moving = new Moving(60)
  const running = moving.run(['long', 'quick'])
  void moving.clock.sleep(10_000, new AbortController().signal).then(() => moving.stopping.abort())
  await running
  expect([...moving.outcomes.keys()]).toEqual(['quick'])
  expect(moving.now).toBeLessThan(12_000)
  expect(moving.back).toEqual([
    'long',
    'long: what was not complete has been taken back; it begins anew when the run is resumed',
  ])
})

test('what could not be taken back is said', async () => {
  const moving = new Moving(60)
  moving.takeBackWith = failed({ code: 'MQOPS_BROKER', summary: 'nobody answers', retryable: false })
  const running = moving.run(['long'])
  void moving.clock.sleep(3000, new AbortController().signal).then(() => moving.stopping.abort())
  await running
  expect(moving.back[1]).toMatch(/could not be taken back \(nobody answers\): it is finished when the run is resumed/)
})

test('without a word of work the deadline counts from the start, and nothing is taken back', async () => {
  const moving = new Moving(60)
  await moving.run(['long'], { act: async (steps) => steps.map(() => notYet('waiting')) })
  expect(moving.outcomes.get('long')?.outcome).toMatchObject({ error: { summary: 'not done after 5 s: waiting' } })
  expect(moving.back).toEqual([])
})
