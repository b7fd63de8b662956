import { printAddress } from '../../model/address.ts'
import type { RunEvent } from '../../model/event.ts'
import type { RunSummary } from '../../ports/store.ts'
import type { Messages } from '../messages/index.ts'
import { failureLines } from './failure.ts'
import { advance, startProgress, type StepProgress } from './progress.ts'
import { verb } from './run.ts'
import { type Cell, table } from './table.ts'
import { bold, dim, type Line, paint, type Paint, type Style } from './text.ts'
import { moment, seconds } from './units.ts'

const PAINT: Readonly<Record<string, Paint>> = {
  done: 'green',
  failed: 'red',
  partly: 'red',
  'needs-human': 'red',
  cancelled: 'yellow',
  running: 'cyan',
}

const stateName = (state: string, m: Messages): string =>
  (m.runs.states as Readonly<Record<string, string>>)[state] ?? state
const stateCell = (state: string, m: Messages): Cell => [paint(PAINT[state] ?? 'dim', stateName(state, m))]

/** Newest first, as the journal gives them. */
export const runsLines = (runs: readonly RunSummary[], style: Style, m: Messages): readonly Line[] =>
  runs.length === 0
    ? [m.runs.none]
    : table(
        [
          { title: m.runs.run },
          { title: m.runs.started },
          { title: m.runs.took, align: 'right' },
          { title: m.runs.state },
          { title: m.runs.steps, align: 'right' },
          { title: m.runs.clusters },
          { title: m.runs.actor },
        ],
        runs.map((run) => [
          run.run,
          moment(run.startedAt),
          run.endedAt === null ? '' : seconds(run.endedAt - run.startedAt),
          stateCell(run.state, m),
          String(run.steps),
          run.clusters.join(' '),
          run.actor,
        ]),
        style,
      )

/** One run as its journal tells it: who, when, each step with its outcome, failures in full. */
export function runLines(events: readonly RunEvent[], style: Style, m: Messages): readonly Line[] {
  const first = events[0]
  const last = events.at(-1)
  if (!first || !last) return []
  const progress = startProgress(null)
  for (const event of events) advance(progress, { type: 'journal', event }, event.at)
  const approval = events.findLast((event) => event.type === 'planned')
  const ended = last.type === 'ended' ? last.state : 'running'
  const steps = [...progress.steps.values()]
  return [
    [bold(first.run), ' ', ...(stateCell(ended, m) as Line[]).flat()],
    m.runs.by(first.actor, moment(first.at), seconds(last.at - first.at)),
    ...(approval?.type === 'planned'
      ? [m.runs.approved(approval.approval.all, approval.approval.confirmed.join(', '))]
      : []),
    '',
    ...table(
      [{ title: m.runs.step }, { title: m.runs.what }, { title: m.runs.state }, { title: m.runs.took, align: 'right' }],
      steps.map((one) => [
        printAddress(one.step.address),
        verb(one.step, m),
        stepState(one, m),
        one.ms === null ? '' : seconds(one.ms),
      ]),
      style,
    ),
    ...steps.flatMap((one): readonly Line[] => {
      if (one.outcome?.is === 'failed')
        return ['', ...failureLines({ address: one.step.address, ...one.outcome.error }, m, style.columns)]
      return one.outcome?.is === 'needs-human' ? ['', [paint('yellow', `${m.run.todo} `), one.outcome.todo]] : []
    }),
  ]
}

function stepState(one: StepProgress, m: Messages): Cell {
  if (one.state === 'done') return [paint('green', m.runs.states.done)]
  if (one.state === 'failed')
    return [paint('red', one.outcome?.is === 'needs-human' ? m.runs.states['needs-human'] : m.runs.states.failed)]
  return [dim(one.state === 'running' ? m.runs.begun : m.runs.notBegun)]
}
