import type { Source } from '../model/failure.ts'
import type { SpecText } from './spec-text.ts'

/** Where something stands: a file and an offset in its text, in UTF-16 units. Lines are counted only when asked for. */
export type At = { readonly file: SpecText; readonly offset: number }

const known = new WeakMap<SpecText, readonly number[]>()

/** Offsets at which lines begin. */
export function lineStartsOf(text: string): readonly number[] {
  const starts = [0]
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) starts.push(at + 1)
  return starts
}

/** 1-based line and column of an offset. */
export function positionIn(starts: readonly number[], offset: number): { line: number; column: number } {
  let [low, high] = [0, starts.length]
  while (high - low > 1) {
    const middle = (low + high) >> 1
    if ((starts[middle] as number) <= offset) low = middle
    else high = middle
  }
  return { line: low + 1, column: offset - (starts[low] as number) + 1 }
}

/** Line, column and an excerpt: the line and, below it, a caret under the place. */
export function sourceAt({ file, offset }: At): Source {
  const starts = known.get(file) ?? lineStartsOf(file.text)
  known.set(file, starts)
  const { line, column } = positionIn(starts, Math.min(offset, file.text.length))
  const start = starts[line - 1] as number
  const end = (starts[line] ?? file.text.length + 1) - 1
  const text = file.text.slice(start, file.text[end - 1] === '\r' ? end - 1 : end)
  return { file: file.name, line, column, excerpt: excerptOf(text, column - 1) }
}

/** 'orders.yaml:3:7', for a second place in a message. */
export const printPlace = (at: At): string => {
  const { file, line, column } = sourceAt(at)
  return `${file}:${line}:${column}`
}

const BEFORE = 60
const AFTER = 60
const LOOK_BACK = 200

// A password written where a reference belongs must not be repeated in an error. Columns stay as they are.
const SECRET_VALUE =
  /((?:pass(?:word|wd|phrase)?|secret|token|credentials?|api_?key)(?:_hash)?(?:["']\s*:\s*|\s*:\s+))(?![{&*|>[\s])([^,}#]+)/gi
const URI_PASSWORD = /(:\/\/[^\s/:@"']*:)([^\s/@"']+)(?=@)/g
const hideSecrets = (line: string): string =>
  line
    .replace(
      SECRET_VALUE,
      (_, key: string, value: string) => key + '*'.repeat(value.trimEnd().length) + value.slice(value.trimEnd().length),
    )
    .replace(URI_PASSWORD, (_, head: string, value: string) => head + '*'.repeat(value.length))

// Takes two columns in a terminal: East Asian wide and fullwidth, emoji.
const WIDE = /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Hangul}\p{Emoji_Presentation}\u3000-\u303f\uff01-\uff60]/u
const NO_WIDTH = /[\p{M}\p{Cf}]/u
const padding = (character: string): string => (NO_WIDTH.test(character) ? '' : WIDE.test(character) ? '  ' : ' ')

/** The line around a column, cut on both sides, without secrets, and a caret below the column. */
function excerptOf(line: string, column: number): string {
  const from = Math.max(0, column - BEFORE)
  // What marks a secret may stand before the part that is shown; endless lines are not searched whole.
  const context = Math.max(0, from - LOOK_BACK)
  const shown = hideSecrets(line.slice(context, column + AFTER))
    .slice(from - context)
    // Each control becomes one blank, so that the caret stays below its place.
    .replace(/[\p{Cc}\p{Cs}\p{Cf}\u2028\u2029]/gu, ' ')
  const head = from > 0 ? '…' : ''
  const before = Array.from(shown.slice(0, column - from))
    .map(padding)
    .join('')
  return `${head}${shown}${column + AFTER < line.length ? '…' : ''}\n${' '.repeat(head.length)}${before}^`
}
