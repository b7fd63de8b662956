import { describe, expect, it } from 'vitest'
import { messagesFor } from '../../../src/cli/messages/index.ts'
import { environmentText } from '../../../src/cli/views/connect.ts'
import { failureLines } from '../../../src/cli/views/failure.ts'
import { jsonLine, jsonText, yamlText } from '../../../src/cli/views/json.ts'
import { junitText } from '../../../src/cli/views/junit.ts'
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
import { isHealthy, statusLines } from '../../../src/cli/views/status.ts'
import { type Line, print, widthOf } from '../../../src/cli/views/text.ts'
import { bytes, moment, seconds, shellWord } from '../../../src/cli/views/units.ts'
import { verifyLines } from '../../../src/cli/views/verify.ts'
import { address } from '../../../src/model/address.ts'
import type { LiveEvent, RunEvent, RunFact } from '../../../src/model/event.ts'
import { check, plan, result, spec, status, step } from './support.ts'

const en = messagesFor('en')
const wide = { color: false, columns: Number.POSITIVE_INFINITY }
const text = (lines: readonly Line[], columns = Number.POSITIVE_INFINITY): string =>
  print(lines, { color: false, columns })
const event = (fact: RunFact, at = 0): RunEvent => ({ ...fact, v: 1, run: 'run-1', seq: 1, at, epoch: 1, actor: 'me' })
const live = (fact: RunFact): LiveEvent => ({ type: 'journal', event: event(fact) })

describe('a failure', () => {
  it('says what, where, why and what to do', () => {
    const lines = failureLines(
      {
        code: 'MQOPS_SPEC_UNKNOWN_KEY',
        summary: 'unknown key "partitons"',
        detail: 'first\nsecond',
        address: address('orders', 'topic', 'a'),
        source: { file: 'mqops.yaml', line: 12, column: 7, excerpt: '      partitons: 3' },
        hint: 'did you mean partitions?',
        cause: 'because',
        retryable: false,
      },
      en,
    )
    expect(text(lines)).toBe(`error[MQOPS_SPEC_UNKNOWN_KEY]: unknown key "partitons"
   --> mqops.yaml:12:7
12 |       partitons: 3
   |       ^
  about orders/topic/a
  first
  second
  because because
  hint: did you mean partitions?
`)
  })

  const caret = (excerpt: string, column: number, columns?: number): readonly string[] =>
    text(
      failureLines(
        { code: 'X', summary: 's', source: { file: 'f', line: 1, column, excerpt }, retryable: false },
        en,
        columns,
      ),
    ).split('\n')

  it('points at the place behind wide characters and tabs', () => {
    const [, , line, mark] = caret('集群:\t x', 6) as [string, string, string, string]
    expect(widthOf(line.slice(0, line.indexOf('x')))).toBe(mark.indexOf('^'))
  })

  it('points at the place in an excerpt that was cut on the left', () => {
    const [, , line, mark] = caret(`…${'a'.repeat(60)}!${'b'.repeat(60)}…\n${' '.repeat(61)}^`, 9_000_018) as [
      string,
      string,
      string,
      string,
    ]
    expect(line).toContain('!')
    expect(line.indexOf('!')).toBe(mark.indexOf('^'))
  })

  it('shows a long line around the place', () => {
    const [, , line, mark] = caret(`${'a'.repeat(5000)}!${'b'.repeat(5000)}`, 5001, 60) as [
      string,
      string,
      string,
      string,
    ]
    expect(line.length).toBeLessThanOrEqual(60)
    expect(line.indexOf('!')).toBe(mark.indexOf('^'))
  })
})

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

describe('status', () => {
  it('shows clusters, members, and what is wrong', () => {
    const down = status({
      spec: spec('stock', { broker: 'Nats' }),
      state: 'unreachable',
      members: [{ role: 'server', slot: 2, running: false, startedAt: null, health: null, ports: { client: 4222 } }],
      problem: { code: 'MQOPS_UNREACHABLE', summary: '127.0.0.1:4222 refuses', retryable: true },
      certificatesExpire: 86_400_000,
    })
    const both = [status(), down]
    expect(isHealthy(both)).toBe(false)
    expect(
      text(statusLines(both, { wide: false, now: 7_200_000 }, wide, en)),
    ).toBe(`CLUSTER  BROKER       STATE        MEMBERS  TARGET
orders   Kafka 4.3.1  healthy          1/1  local
stock    Nats 4.3.1   unreachable      0/1  local

MEMBER           STATE           UP FOR  PORTS  SEEN
orders/member/1  up, leads    2 h 0 min  20001  broker
stock/member/2   not running             4222   server

error[MQOPS_UNREACHABLE]: 127.0.0.1:4222 refuses
  about stock/cluster

Certificates of stock end on 1970-01-02 00:00:00Z; mqops apply renews them.
`)
  })

  it('says what to do about certificates that have ended', () => {
    const lines = text(statusLines([status({ certificatesExpire: 1000 })], { wide: false, now: 2000 }, wide, en))
    expect(lines).toMatch(
      /ended on 1970-01-01 00:00:01Z; mqops apply stops the members and starts them with new ones\.\n$/,
    )
  })

  it('fits 40 columns', () => {
    const lines = statusLines([status()], { wide: true, now: 0 }, { color: false, columns: 40 }, messagesFor('zh-CN'))
    for (const row of text(lines, 40).split('\n')) expect(widthOf(row)).toBeLessThanOrEqual(40)
  })
})

describe('verify', () => {
  const checks = [
    check(),
    check({ name: 'quorum', ok: false, evidence: '1 of 3 voters', about: address('orders', 'member', '2') }),
    check({ name: 'health', ok: null, evidence: 'no answer' }),
  ]

  it('shows each check with its evidence, and what failed once more', () => {
    expect(text(verifyLines(checks, ['orders'], wide, en))).toBe(`orders
   CHECK   ABOUT            SEEN                           ms
✓  canary  orders/cluster   100 of 100 messages read back  12
✗  quorum  orders/member/2  1 of 3 voters                  12
?  health  orders/cluster   no answer                      12

Not verified: 2 of 3 checks failed.
  ✗ orders/member/2  quorum  1 of 3 voters
  ? orders/cluster  health  no answer
`)
  })

  it('a cluster without a check is not verified', () => {
    expect(text(verifyLines([check()], ['orders', 'stock'], wide, en))).toContain('Not verified')
  })

  it('JUnit: failures, errors, and text that XML can hold', () => {
    const xml = junitText([...checks, check({ evidence: '<&"\'\u0000\ufffe]]>' })], ['orders', 'a"b'])
    expect(xml).toContain('<testsuites name="mqops verify" tests="4" failures="1" errors="1" time="0.048">')
    expect(xml).toContain('<failure message="1 of 3 voters">1 of 3 voters</failure>')
    expect(xml).toContain('<error message="no answer">')
    expect(xml).toContain('&lt;&amp;&quot;&apos;\\x00\ufffd]]&gt;')
    expect(xml).toContain('<testsuite name="a&quot;b" tests="0"')
    // oxlint-disable-next-line no-control-regex
    expect(xml).not.toMatch(/[\x00-\x08\x0b\x0c\x0e-\x1f]/)
  })
})

describe('for machines', () => {
  const hostile = { name: 'a\u009b31m\u202eb\u007f', 'k\u202ey': 'x' }

  it('JSON that a terminal can show, and that means the same', () => {
    for (const written of [jsonText(hostile), jsonLine(hostile)]) {
      expect(written).not.toMatch(/[\u007f-\u009f\u202e]/)
      expect(JSON.parse(written)).toEqual(hostile)
    }
  })

  it('YAML likewise', async () => {
    const { parse } = await import('yaml')
    const written = await yamlText({ ...hostile, list: [1, null, 'multi\nline'] })
    expect(written).not.toMatch(/[\u007f-\u009f\u202e]/)
    expect(parse(written)).toEqual({ ...hostile, list: [1, null, 'multi\nline'] })
  })

  it('a shell reads exports back as they are', async () => {
    const { execFileSync } = await import('node:child_process')
    const value = `it's "$HOME" \`id\` \\ \n end`
    const script = `${environmentText({ ORDERS_PASSWORD: value })}printf %s "$ORDERS_PASSWORD"`
    expect(execFileSync('sh', ['-c', script], { encoding: 'utf8' })).toBe(value)
  })
})

it('numbers for people', () => {
  expect([0, 940, 12_400, 65_000, 7_260_000, 200_000_000].map(seconds)).toEqual([
    '0.0 s',
    '0.9 s',
    '12 s',
    '1 min 5 s',
    '2 h 1 min',
    '2 d 7 h',
  ])
  expect([0, 1536, 123 * 1024, 5 * 1024 ** 3].map(bytes)).toEqual(['0 B', '1.5 KiB', '123 KiB', '5.0 GiB'])
  expect(moment(0)).toBe('1970-01-01 00:00:00Z')
  expect(['a/b.c', "it's", ''].map(shellWord)).toEqual(['a/b.c', "'it'\\''s'", "''"])
})
