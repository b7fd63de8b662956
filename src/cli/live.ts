import type { LiveEvent } from '../model/event.ts'
import type { Messages } from './messages/index.ts'
import type { Stream, Terminal } from './terminal.ts'
import { advance, type RunProgress, type StepProgress } from './views/progress.ts'
import { batchLine, liveLines, outcomeLines, runningBatches } from './views/run.ts'
import { type Line, print, printLine, type Style, truncate } from './views/text.ts'

/** Lines at the end of a terminal that are drawn anew; what is printed goes above them. */
export class LiveArea {
  #drawn = 0
  readonly #stream: Stream
  readonly #style: Style
  constructor(stream: Stream, style: Style) {
    this.#stream = stream
    this.#style = style
  }

  print(lines: readonly Line[]): void {
    this.#stream.write(this.#erase() + print(lines, this.#style))
  }

  /** One row for each line: what is too long is cut, or the rows could not be counted. */
  draw(lines: readonly Line[]): void {
    const columns = this.#stream.columns() - 1
    const rows = lines.map((line) => `${printLine(truncate(line, columns), this.#style)}\n`)
    this.#stream.write(this.#erase() + rows.join(''))
    this.#drawn = rows.length
  }

  end(): void {
    this.#stream.write(this.#erase())
  }

  #erase(): string {
    // The terminal itself echoes ^C: the cursor need not stand at the beginning.
    const text = this.#drawn > 0 ? `\r\u001b[${this.#drawn}A\u001b[0J` : ''
    this.#drawn = 0
    return text
  }
}

/** May lines be redrawn? Not off a terminal, and not on one that can't move its cursor. */
export const canAnimate = (terminal: Terminal): boolean => terminal.err.isTerminal && terminal.env.TERM !== 'dumb'

const FRAME_MS = 100
const LIVE_ROWS = 10
/** Where nothing can be redrawn: a step is named when it takes longer than this, and again after each pause. */
const WORTH_NAMING_MS = 2000
const AGAIN_MS = 10_000

export type RunView = { live(event: LiveEvent): void; stopping(): void; end(): void }

/** Shows a run while it goes, on standard error. */
export function viewRun(terminal: Terminal, style: Style, known: RunProgress, m: Messages): RunView {
  const startedAt = terminal.now()
  const told = (event: LiveEvent): readonly StepProgress[] => {
    advance(known, event, terminal.now())
    if (event.type !== 'journal' || event.event.type !== 'outcome') return []
    return event.event.outcomes.flatMap(({ step }) => known.steps.get(step) ?? [])
  }
  if (canAnimate(terminal)) {
    const area = new LiveArea(terminal.err, style)
    let stopping = false
    const draw = () =>
      area.draw(
        liveLines(
          known,
          { now: terminal.now(), startedAt, rows: Math.min(LIVE_ROWS, terminal.err.rows() - 1), stopping },
          m,
        ),
      )
    const stop = terminal.every(FRAME_MS, draw)
    return {
      live: (event) => {
        const ended = told(event)
        if (ended.length > 0) area.print(outcomeLines(ended, m))
        if (ended.length > 0) draw()
      },
      stopping: () => {
        stopping = true
        draw()
      },
      end: () => {
        stop()
        area.end()
      },
    }
  }
  const write = (lines: readonly Line[]) => terminal.err.write(print(lines, style))
  const slow = slowBatches()
  const stop = terminal.every(1000, () =>
    write(slow(known, terminal.now()).map((batch) => batchLine(batch, terminal.now(), m))),
  )
  return {
    live: (event) => {
      const ended = told(event)
      if (ended.length > 0) write(outcomeLines(ended, m))
    },
    stopping: () => write([m.run.stopNotice]),
    end: stop,
  }
}

/** Which batches are to be named now: the slow ones, not too often. */
function slowBatches(): (progress: RunProgress, now: number) => readonly (readonly StepProgress[])[] {
  const namedAt = new Map<string, number>()
  return (progress, now) =>
    runningBatches(progress).filter((batch) => {
      const first = batch[0] as StepProgress
      if (now - (first.startedAt ?? now) < WORTH_NAMING_MS) return false
      if (now - (namedAt.get(first.step.id) ?? Number.NEGATIVE_INFINITY) < AGAIN_MS) return false
      namedAt.set(first.step.id, now)
      return true
    })
}
