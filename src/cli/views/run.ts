import { takesName } from '../../engine/policy.ts'
import { printAddress } from '../../model/address.ts'
import type { Step } from '../../model/plan.ts'
import type { RunResult } from '../application.ts'
import type { Messages } from '../messages/index.ts'
import { failureLines } from './failure.ts'
import { paceOf, type RunProgress, type StepProgress } from './progress.ts'
import { bold, dim, type Line, paint } from './text.ts'
import { bytes, count, seconds } from './units.ts'

const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'] as const
const FRAME_MS = 100
/** A rate and a time to go are shown for what takes longer. */
const SLOW_MS = 2000
/** Steps of one batch that get a line each. */
const SEPARATELY = 5

const verbOf = (step: Step): string => step.action.slice(step.action.lastIndexOf('.') + 1)

/** The verb as people say it; an action that the catalogue doesn't know keeps its own name. */
export const verb = (step: Step, m: Messages): string =>
  (m.run.verbs as Readonly<Record<string, string>>)[verbOf(step)] ?? verbOf(step)

const named = (step: Step, m: Messages): string => `${printAddress(step.address)}${m.run.colon}${verb(step, m)}`

/** '36.1 of 61.0 MiB, 5.2 MiB/s, 5 s to go'. */
export function workText(work: NonNullable<StepProgress['work']>, elapsedMs: number, m: Messages): string {
  const show = (amount: number) => (work.unit === 'bytes' ? bytes(amount) : count(Math.round(amount)))
  const parts = [m.phrase(work.text)]
  if (work.done !== undefined)
    parts.push(work.of === undefined ? show(work.done) : m.run.of(show(work.done), show(work.of)))
  const pace = elapsedMs > SLOW_MS ? paceOf(work) : null
  if (pace) parts.push(`${show(pace.perSecond)}/s`)
  if (pace?.leftMs !== null && pace?.leftMs !== undefined) parts.push(m.run.left(seconds(pace.leftMs)))
  return parts.filter((part) => part !== '').join(m.comma)
}

/** Lines for steps whose outcome is known; a large batch is told in one. */
export function outcomeLines(steps: readonly StepProgress[], m: Messages): readonly Line[] {
  const failed = steps.filter((one) => one.state === 'failed')
  const done = steps.filter((one) => one.state === 'done')
  const groups = Map.groupBy(done, (one) => `${one.step.address.cluster}\n${one.step.action}`)
  return [
    ...[...groups.values()].flatMap((group): readonly Line[] => {
      const first = group[0] as StepProgress
      if (group.length <= SEPARATELY)
        return group.map((one): Line => [paint('green', '✓'), ` ${named(one.step, m)} `, dim(seconds(one.ms ?? 0))])
      const name = `${first.step.address.cluster}/${first.step.address.kind} × ${count(group.length)}`
      return [[paint('green', '✓'), ` ${name}${m.run.colon}${verb(first.step, m)} `, dim(seconds(first.ms ?? 0))]]
    }),
    ...failed.map(
      (one): Line => [paint('red', '✗'), ` ${named(one.step, m)} `, dim(seconds(one.ms ?? 0)), ...reason(one, m)],
    ),
  ]
}

const reason = (one: StepProgress, m: Messages): readonly string[] => {
  if (one.outcome?.is === 'failed') return [` ${one.outcome.error.summary}`]
  return one.outcome?.is === 'needs-human' ? [` ${m.run.needsHuman}`] : []
}

/** Running steps, those that run as one batch together: they wait for the same. */
export function runningBatches(progress: RunProgress): readonly (readonly StepProgress[])[] {
  const running = [...progress.steps.values()].filter((one) => one.state === 'running')
  return [...Map.groupBy(running, (one) => `${one.step.address.cluster} ${one.step.action}`).values()]
}

const batchName = (batch: readonly StepProgress[], m: Messages): string => {
  const { step } = batch[0] as StepProgress
  return batch.length === 1
    ? named(step, m)
    : `${step.address.cluster}/${step.address.kind} × ${count(batch.length)}${m.run.colon}${verb(step, m)}`
}

const BAR_CELLS = 16

/** '━━━━━╌╌╌╌╌╌╌╌╌╌╌'; '' where the end is not known. */
export function bar(work: StepProgress['work']): string {
  if (work?.done === undefined || work.of === undefined || work.of <= 0) return ''
  const full = Math.floor(BAR_CELLS * Math.min(1, work.done / work.of))
  return '━'.repeat(full) + '╌'.repeat(BAR_CELLS - full)
}

const workingOne = (batch: readonly StepProgress[]): StepProgress | undefined => batch.find((one) => one.work !== null)

/** What a batch does now: its progress, or what it waits for; '' when there is nothing to tell. */
function batchText(batch: readonly StepProgress[], elapsed: number, m: Messages): string {
  const working = workingOne(batch)
  if (working?.work) return workText(working.work, elapsed, m)
  const waiting = batch.find((one) => one.waiting !== null)
  return waiting ? m.run.waiting(m.phrase(waiting.waiting ?? '')) : ''
}

const elapsedOf = (batch: readonly StepProgress[], now: number): number =>
  Math.max(...batch.map((one) => now - (one.startedAt ?? now)))

/** What runs now, for the live area: at most `rows` lines, the last one the whole run's. */
export function liveLines(
  progress: RunProgress,
  o: { now: number; startedAt: number; rows: number; stopping: boolean },
  m: Messages,
): readonly Line[] {
  const frame = FRAMES[Math.floor(o.now / FRAME_MS) % FRAMES.length] as string
  const batches = runningBatches(progress)
  const shown = batches.slice(0, Math.max(1, o.rows - 2))
  const hidden = batches.slice(shown.length).flat().length
  return [
    ...shown.map((batch): Line => {
      const elapsed = elapsedOf(batch, o.now)
      const what = batchText(batch, elapsed, m)
      const drawn = bar(workingOne(batch)?.work ?? null)
      return [
        paint('cyan', frame),
        ` ${batchName(batch, m)} `,
        dim(seconds(elapsed)),
        drawn === '' ? '' : paint('cyan', ` ${drawn}`),
        what === '' ? '' : dim(`  ${what}`),
      ]
    }),
    ...(hidden > 0 ? [[dim(`  ${m.run.more(hidden)}`)]] : []),
    [
      dim(
        `  ${m.run.total(count(progress.finished), count(progress.steps.size), seconds(o.now - o.startedAt))}${o.stopping ? m.run.stopping : ''}`,
      ),
    ],
  ]
}

/** One line for a batch that goes on, where nothing can be redrawn. */
export const batchLine = (batch: readonly StepProgress[], now: number, m: Messages): Line => {
  const elapsed = elapsedOf(batch, now)
  return [
    dim('·'),
    ` ${batchName(batch, m)} `,
    dim(`${seconds(elapsed)}  ${batchText(batch, elapsed, m) || m.run.started}`),
  ]
}

/** How a run ended, and what to do next. */
export function resultLines(result: RunResult, elapsedMs: number, m: Messages, columns = Infinity): readonly Line[] {
  const time = seconds(elapsedMs)
  const whole = result.state === 'done' && result.uncovered.length === 0
  const state = m.run.ended[result.state === 'done' && !whole ? 'partly' : result.state]
  const head: Line = whole
    ? [paint('green', state), ` ${m.run.inTime(count(result.steps), time)}`]
    : [paint(result.state === 'cancelled' ? 'yellow' : 'red', state), m.run.afterTime(time)]
  return [
    ...result.failures.flatMap((failure) => [...failureLines(failure, m, columns), '']),
    head,
    ...result.takenBack.map(
      ({ step, what }): Line => [`  ${printAddress(step.address)}${m.run.colon}${m.phrase(what)}`],
    ),
    ...result.todo.map((todo): Line => [paint('yellow', `  ${m.run.todo} `), m.phrase(todo)]),
    ...(result.uncovered.length > 0 ? uncoveredLines(result.uncovered, m) : []),
    ...(whole ? [] : [m.next(resumeCommand(result))]),
  ]
}

export const uncoveredLines = (steps: readonly Step[], m: Messages): readonly Line[] => [
  [bold(m.run.uncovered)],
  ...steps.map(
    (step): Line => [
      `  ${named(step, m)}  `,
      dim(m.phrase(step.reason)),
      paint('red', step.risk === 'safe' ? '' : `  ${m.risk[step.risk]}`),
    ],
  ),
]

/** The command that goes on, with the consent that it lacked. */
export function resumeCommand(result: Pick<RunResult, 'run' | 'uncovered'>): string {
  const names = new Set(result.uncovered.filter(takesName).map((step) => step.address.cluster))
  const yes = result.uncovered.some((step) => !takesName(step))
  return ['mqops resume', result.run, ...(yes ? ['--yes'] : []), ...[...names].map((name) => `--confirm ${name}`)].join(
    ' ',
  )
}
