import { readScalar } from './substitute.ts'
import type { ScalarTree } from './tree.ts'

const GIVE_UP = new Error('this is more than plain YAML')

/** For what the YAML library has to read. */
export const giveUp = (): never => {
  throw GIVE_UP
}
export const isGivenUp = (error: unknown): boolean => error === GIVE_UP

const code = (character: string): number => character.charCodeAt(0)
export const [SPACE, QUOTE, SINGLE, HASH, COMMA] = [code(' '), code('"'), code("'"), code('#'), code(',')]
export const [DASH, COLON, OPEN, CLOSE, BRACE, UNBRACE] = [
  code('-'),
  code(':'),
  code('['),
  code(']'),
  code('{'),
  code('}'),
]
const isFlowMark = (of: number): boolean =>
  of === COMMA || of === OPEN || of === CLOSE || of === BRACE || of === UNBRACE

/** Words may begin with more than these; what is more is left to the library. */
const START = /^[A-Za-z0-9_./$+^(~]/
const STARTS = Uint8Array.from({ length: 128 }, (_, of) => (START.test(String.fromCharCode(of)) ? 1 : 0))
const AFTER_DASH = /^[A-Za-z0-9.]/

export function startsWord(text: string, at: number): boolean {
  const first = text.charCodeAt(at)
  return STARTS[first] === 1 || (first === DASH && AFTER_DASH.test(text.charAt(at + 1)))
}

/** A blank, or the end of the line. */
export const isGap = (text: string, at: number, lineEnd: number): boolean =>
  at >= lineEnd || text.charCodeAt(at) === SPACE

/** Where a plain word ends: before the colon of a key, a comment, blanks at the end, and the marks of flows. */
export function wordEnd(text: string, from: number, lineEnd: number, flow: boolean): number {
  if (!startsWord(text, from)) giveUp()
  let end = from // behind the last that is no blank
  for (let at = from; at < lineEnd; at++) {
    const here = text.charCodeAt(at)
    if (here === SPACE) continue
    if (here < SPACE || here > 126) giveUp()
    if (here === HASH && text.charCodeAt(at - 1) === SPACE) break
    if (here === COLON && isGap(text, at + 1, lineEnd)) return end === at ? at : giveUp()
    if (flow) {
      if (here === COMMA || here === CLOSE || here === UNBRACE) break
      if (here === OPEN || here === BRACE || (here === COLON && isFlowMark(text.charCodeAt(at + 1)))) giveUp()
    }
    end = at + 1
  }
  return end
}

/** Where the quoted text that begins at `from` ends on its line, and what it says. */
export function quotedAt(text: string, from: number, lineEnd: number): { readonly text: string; readonly end: number } {
  const mark = text[from] as string
  const single = mark === "'"
  let close = text.indexOf(mark, from + 1)
  if (single) while (close !== -1 && text[close + 1] === mark) close = text.indexOf(mark, close + 2)
  else while (close !== -1 && isEscaped(text, close)) close = text.indexOf(mark, close + 1)
  if (close === -1 || close >= lineEnd) return giveUp()
  const inner = text.slice(from + 1, close)
  if (single) return { text: inner.replaceAll("''", "'"), end: close + 1 }
  return { text: inner.includes('\\') ? unescape(text.slice(from, close + 1)) : inner, end: close + 1 }
}

/** An odd number of backslashes before it. */
function isEscaped(text: string, at: number): boolean {
  let from = at
  while (text[from - 1] === '\\') from -= 1
  return (at - from) % 2 === 1
}

/** The escapes that YAML shares with JSON; the others are the library's. */
function unescape(quoted: string): string {
  try {
    return JSON.parse(quoted) as string
  } catch {
    return giveUp()
  }
}

/** Begins neither a number nor null, true or false. */
const TEXT = /^(?:[A-EG-MO-SU-Zabcdeg-mo-su-z_/$^(]|[A-Za-z].{5})/
const WHOLE = /^(?:0|-?[1-9]\d{0,14})$/
const INFINITE = /^[-+]?\.(?:inf|nan)$/i

/** What a plain word is in the core schema. */
export function typed(word: string): ScalarTree['value'] {
  if (TEXT.test(word)) return word
  if (WHOLE.test(word)) return Number(word)
  const value = readScalar(word)
  // A number that would not be kept exactly was read as text.
  if (typeof value === 'string' && (INFINITE.test(word) || !Number.isNaN(Number(word)))) giveUp()
  return value
}
