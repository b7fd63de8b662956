import { describe, expect, it } from 'vitest'
import { messagesFor } from '../../../src/cli/messages/index.ts'
import { advance, paceOf, resumedProgress, startProgress } from '../../../src/cli/views/progress.ts'
import {
  batchLine,
  liveLines,
  outcomeLines,
  resultLines,
  resumeCommand,
  runningBatches,
  workText,
} from '../../../src/cli/views/run.ts'
import { runLines } from '../../../src/cli/views/runs.ts'
import { address } from '../../../src/model/address.ts'
import type { LiveEvent, RunEvent, RunFact } from '../../../src/model/event.ts'
import { plan, printed as text, result, step } from './support.ts'

const en = messagesFor('en')
const wide = { color: false, columns: Number.POSITIVE_INFINITY }
const event = (fact: RunFact, at = 0): RunEvent => ({ ...fact, v: 1, run: 'run-1', seq: 1, at, epoch: 1, actor: 'me' })
const live = (fact: RunFact): LiveEvent => ({ type: 'journal', event: event(fact) })

describe('a run', () => {
  const steps = [
    step({ id: '1', action: 'software.prepare', address: address('orders', 'software', 'kafka-4.3') }),
    step({ id: '2' }),
  ]
  const start = () => startProgress(plan(steps))
  const progressed = (done: number, now: number, before = start()) =>
    advance(before, { type: 'progress', step: '1', text: 'kafka.jar', done, of: 61 * 2 ** 20, unit: 'bytes' }, now)

  it('shows a rate and a time to go for what takes longer than two seconds', () => {
    const progress = progressed(0, 0)
    for (let at = 1000; at <= 5000; at += 1000) progressed(at * 2 ** 10 * 4, at, progress)
    const work = progress.steps.get('1')?.work as NonNullable<
      ReturnType<typeof progressed>['steps'] extends ReadonlyMap<string, infer T>
        ? T extends { work: infer W }
          ? W
          : never
        : never
    >
    expect(workText(work, 5000, en)).toBe('kafka.jar, 19.5 MiB of 61.0 MiB, 3.9 MiB/s, 11 s to go')
    expect(workText(work, 1000, en)).toBe('kafka.jar, 19.5 MiB of 61.0 MiB')
  })

  it('begins a new rate with the next part', () => {
    const one = progressed(10, 0)
    const two = progressed(20 * 2 ** 20, 1000, one)
    const next = advance(two, { type: 'progress', step: '1', text: 'jre', done: 5, of: 10, unit: 'bytes' }, 2000)
    expect(paceOf(next.steps.get('1')?.work as never)).toBeNull()
  })

  it('begins a new rate when it is counted anew', () => {
    const back = progressed(5, 2000, progressed(20 * 2 ** 20, 1000, progressed(10, 0)))
    expect(back.steps.get('1')?.work?.samples).toEqual([{ at: 2000, done: 5 }])
  })

  it('live lines: what runs, why it waits, the whole run last', () => {
    const waiting = advance(start(), { type: 'waiting', step: '2', why: 'not there yet' }, 1000)
    expect(text(liveLines(waiting, { now: 4000, startedAt: 0, rows: 10, stopping: false }, en))).toBe(
      '⠋ orders/topic/a: create 3.0 s  waiting: not there yet\n  0 of 2 steps, 4.0 s\n',
    )
  })

  it('live lines: no more rows than asked for', () => {
    const many = plan(Array.from({ length: 100 }, (_, i) => step({ id: String(i), action: `kafka.kind${i}.create` })))
    const all = advance(startProgress(many), live({ type: 'intent', steps: many.steps.map((one) => one.id) }), 0)
    const lines = liveLines(all, { now: 0, startedAt: 0, rows: 6, stopping: false }, en)
    expect(lines.length).toBe(6)
    expect(text(lines)).toContain('and 96 more at work')
  })

  it('what runs as one batch is one line, with what any of it waits for', () => {
    const members = [1, 2, 3].map((slot) =>
      step({ id: String(slot), address: address('orders', 'member', String(slot)), action: 'member.start' }),
    )
    const begun = advance(startProgress(plan(members)), live({ type: 'intent', steps: ['1', '2', '3'] }), 0)
    const waiting = advance(begun, { type: 'waiting', step: '1', why: 'no answer' }, 0)
    expect(runningBatches(waiting).map((batch) => text([batchLine(batch, 13_000, en)]))).toEqual([
      '· orders/member × 3: start 13 s  waiting: no answer\n',
    ])
  })

  it('a large batch is told in one line, failures one by one', () => {
    const many = plan(
      Array.from({ length: 1000 }, (_, i) => step({ id: String(i), address: address('orders', 'topic', `t${i}`) })),
    )
    const failed = { is: 'failed', error: { code: 'X', summary: 'refused', retryable: false } } as const
    const outcomes = many.steps.map((one, i) => ({
      step: one.id,
      ms: 1300,
      outcome: i === 3 ? failed : ({ is: 'yes' } as const),
    }))
    const after = advance(startProgress(many), live({ type: 'outcome', outcomes }), 0)
    expect(after.finished).toBe(999)
    expect(text(outcomeLines([...after.steps.values()], en))).toBe(
      '✓ orders/topic × 999: create 1.3 s\n✗ orders/topic/t3: create 1.3 s refused\n',
    )
  })

  it('10,000 steps are no burden', () => {
    const many = plan(Array.from({ length: 10_000 }, (_, i) => step({ id: String(i) })))
    const progress = startProgress(many)
    const began = performance.now()
    for (const one of many.steps)
      advance(progress, live({ type: 'outcome', outcomes: [{ step: one.id, outcome: { is: 'yes' }, ms: 1 }] }), 0)
    expect(progress.finished).toBe(10_000)
    expect(performance.now() - began).toBeLessThan(2000) // some 20 ms; quadratic: 30 s
  })

  it('an end that is not well says how to go on, with the consent that it lacked', () => {
    const uncovered = [step({ risk: 'destructive', reason: 'gone from the spec' }), step({ id: 'x' })]
    expect(
      text(resultLines(result({ state: 'partly', uncovered, todo: ['restore the quorum'] }), 65_000, en)),
    ).toBe(`Partly done after 1 min 5 s.
  To do: restore the quorum
Known only now, and not covered by what was approved:
  orders/topic/a: create  gone from the spec  destructive
  orders/topic/a: create  the spec has it
Next: mqops resume run-1 --yes --confirm orders
`)
    expect(resumeCommand(result({ uncovered: [] }))).toBe('mqops resume run-1')
  })

  it('goes on with what its journal has no good outcome of', () => {
    const yes = { is: 'yes' } as const
    const progress = resumedProgress([
      event({ type: 'planned', plan: plan(steps), approval: { all: true, confirmed: [] } }),
      event({ type: 'intent', steps: ['1', '2'] }),
      event({ type: 'outcome', outcomes: [{ step: '1', outcome: yes, ms: 1 }] }),
    ])
    expect([progress.finished, progress.steps.get('1')?.state, progress.steps.get('2')]).toMatchObject([
      1,
      'done',
      { state: 'pending', startedAt: null },
    ])
  })

  it('is read back from its journal', () => {
    const failed = { is: 'failed', error: { code: 'MQOPS_BROKER', summary: 'refused', retryable: false } } as const
    const events = [
      event({ type: 'planned', plan: plan(steps), approval: { all: true, confirmed: ['orders'] } }),
      event({ type: 'intent', steps: ['1'] }, 10),
      event({ type: 'outcome', outcomes: [{ step: '1', outcome: failed, ms: 2000 }] }, 2010),
      event({ type: 'ended', state: 'failed' }, 2020),
    ]
    expect(text(runLines(events, wide, en))).toBe(`run-1 failed
by me, 1970-01-01 00:00:00Z, 2.0 s
approved: safe and disruptive steps; losing data, or what mqops made, of orders

STEP                       WHAT     STATE       TOOK
orders/software/kafka-4.3  install  failed     2.0 s
orders/topic/a             create   not begun

error[MQOPS_BROKER]: refused
  about orders/software/kafka-4.3
`)
  })
})
