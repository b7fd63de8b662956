/* oxlint-disable no-control-regex -- terminals are controlled by them */
import { expect, it } from 'vitest'
import { LiveArea, viewRun } from '../../../src/cli/live.ts'
import { messagesFor } from '../../../src/cli/messages/index.ts'
import { startProgress } from '../../../src/cli/views/progress.ts'
import type { Stream, Terminal } from '../../../src/cli/terminal.ts'
import type { RunFact } from '../../../src/model/event.ts'
import { plan, step } from './support.ts'

const en = messagesFor('en')
const style = { color: false, columns: 40 }

/** A terminal whose time and timers a test turns. */
function terminal(isTerminal: boolean, more: { columns?: number; TERM?: string } = {}) {
  let written = ''
  let now = 0
  let timers: (() => void)[] = []
  const stream: Stream = {
    isTerminal,
    columns: () => more.columns ?? 40,
    rows: () => 24,
    write: (text) => {
      written += text
    },
  }
  const made = {
    err: stream,
    env: { TERM: more.TERM ?? 'xterm' },
    now: () => now,
    every: (_ms: number, work: () => void) => {
      timers.push(work)
      return () => {
        timers = timers.filter((one) => one !== work)
      }
    },
  }
  return {
    terminal: made as unknown as Terminal,
    stream,
    tick: (to: number) => {
      now = to
      for (const work of timers) work()
    },
    timers: () => timers.length,
    take: () => {
      const text = written
      written = ''
      return text
    },
  }
}

/** The rows that a terminal would show: cursor up and erase below are the only commands that it understands. */
function screen(text: string): readonly string[] {
  const rows = ['']
  for (const [part] of text.matchAll(/\u001b\[\d+A|\u001b\[0J|\n|[^\u001b\n]+/g)) {
    const up = /^\u001b\[(\d+)A$/.exec(part)
    if (up) rows.splice(rows.length - 1 - Number(up[1]), Number(up[1]) + 1, '')
    else if (part === '\n') rows.push('')
    else if (!part.startsWith('\u001b')) rows[rows.length - 1] += part
  }
  return rows
}

it('what is printed goes above what is drawn, and nothing drawn is left at the end', () => {
  const { stream, take } = terminal(true)
  const area = new LiveArea(stream, style)
  area.draw(['one', 'two'])
  area.print(['kept'])
  area.draw(['three'])
  expect(screen(take())).toEqual(['kept', 'three', ''])
  area.draw(['four'])
  area.print(['kept too'])
  area.end()
  area.end()
  expect(screen(`kept\nthree\n${take()}`)).toEqual(['kept', 'kept too', ''])
})

it('a drawn line takes one row, however long it is', () => {
  const { stream, take } = terminal(true, { columns: 20 })
  new LiveArea(stream, style).draw(['集群'.repeat(50)])
  expect(take()).toBe(`${'集群'.repeat(50).slice(0, 9)}…\n`)
})

const journal = (fact: RunFact) => ({
  type: 'journal' as const,
  event: { ...fact, v: 1 as const, run: 'r', seq: 1, at: 0, epoch: 1, actor: 'me' },
})
const one = plan([step({ id: '1' })])

it('on a terminal: a frame while it runs, a line when it is done, no timer afterwards', () => {
  const { terminal: t, tick, take, timers } = terminal(true)
  const view = viewRun(t, style, startProgress(one), en)
  view.live(journal({ type: 'intent', steps: ['1'] }))
  tick(100)
  tick(1500)
  expect(screen(take())[0]).toMatch(/^. orders\/topic\/a: create 1\.5 s/)
  view.stopping()
  expect(take()).toMatch(/stopping after/)
  view.live(journal({ type: 'outcome', outcomes: [{ step: '1', outcome: { is: 'yes' }, ms: 2000 }] }))
  view.end()
  expect(take()).toMatch(/✓ orders\/topic\/a: create 2\.0 s\n/)
  expect(timers()).toBe(0)
})

it.each([
  [false, 'xterm'],
  [true, 'dumb'],
] as const)('terminal %j, TERM %s: lines only, what is slow is named now and then', (isTerminal, TERM) => {
  const { terminal: t, tick, take, timers } = terminal(isTerminal, { TERM })
  const view = viewRun(t, { color: false, columns: Number.POSITIVE_INFINITY }, startProgress(one), en)
  view.live(journal({ type: 'intent', steps: ['1'] }))
  tick(1000)
  expect(take()).toBe('')
  tick(2000)
  expect(take()).toBe('· orders/topic/a: create 2.0 s  started\n')
  view.live({ type: 'waiting', step: '1', why: 'no answer' })
  tick(5000)
  expect(take()).toBe('')
  tick(12_000)
  expect(take()).toBe('· orders/topic/a: create 12 s  waiting: no answer\n')
  view.live(journal({ type: 'outcome', outcomes: [{ step: '1', outcome: { is: 'yes' }, ms: 12_500 }] }))
  view.end()
  expect(take()).toBe('✓ orders/topic/a: create 13 s\n')
  expect(timers()).toBe(0)
})
