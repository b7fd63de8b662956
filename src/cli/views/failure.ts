import { printAddress } from '../../model/address.ts'
import type { Failure, Source } from '../../model/failure.ts'
import type { Messages } from '../messages/index.ts'
import { bold, dim, escapeControls, graphemes, type Line, paint, widthOf } from './text.ts'

const NARROW = /^[\x20-\x7e…]*$/

/** The one way a Failure is shown to people: what, where, why, what to do. */
export function failureLines(failure: Failure, m: Messages, columns = Infinity): readonly Line[] {
  const { source, detail, cause } = failure
  const why = cause !== undefined && cause !== failure.summary && cause !== detail ? cause : undefined
  return [
    [paint('red', `${m.failure.error}[${failure.code}]`), bold(`: ${m.phrase(failure.summary)}`)],
    ...(source ? sourceLines(source, Math.min(columns, LONGEST)) : []),
    ...(failure.address ? [[dim(`  ${m.failure.about} `), printAddress(failure.address)]] : []),
    ...(detail === undefined ? [] : block(detail, m)),
    ...(why === undefined ? [] : [[dim(`  ${m.failure.because} `), m.phrase(why)]]),
    ...(failure.hint === undefined ? [] : [[paint('cyan', `  ${m.failure.hint} `), m.phrase(failure.hint)]]),
  ]
}

const block = (text: string, m: Messages): readonly Line[] =>
  text
    .split(/\r?\n/)
    .filter((line) => line !== '')
    .map((line) => `  ${m.phrase(line)}`)

/** Columns of an excerpt; a longer line is shown around the place. */
const LONGEST = 110

/** file:line:column, the line itself, and a caret under the place; wide characters before it count twice. */
function sourceLines(source: Source, columns: number): readonly Line[] {
  const place = `${source.file}:${source.line}:${source.column}`
  const [excerpt, carets] = source.excerpt?.split(/\r?\n/) ?? []
  if (excerpt === undefined) return [[dim('  --> '), place]]
  const number = String(source.line)
  const margin = ' '.repeat(number.length)
  const at = carets?.includes('^') ? indexAtWidth(excerpt, carets.indexOf('^')) : source.column - 1
  const room = Math.max(12, Math.floor((columns - margin.length - 3) / (NARROW.test(excerpt) ? 1 : 2)))
  const from = excerpt.length <= room ? 0 : Math.max(0, Math.min(at - Math.floor(room / 2), excerpt.length - room))
  const before = widthOf(escapeControls(excerpt.slice(from, at)))
  return [
    [dim(`${margin} --> `), place],
    [dim(`${number} | `), excerpt.slice(from, from + room)],
    [dim(`${margin} | `), ' '.repeat(before), paint('red', '^')],
  ]
}

/** Where in `text` its first `width` columns end. An excerpt may be cut on the left: its caret, not the column, says where. */
function indexAtWidth(text: string, width: number): number {
  let [index, used] = [0, 0]
  for (const character of graphemes(text)) {
    if (used >= width) break
    used += widthOf(character)
    index += character.length
  }
  return index
}
