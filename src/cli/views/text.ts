import { createRequire } from 'node:module'

/**
 * Text for people as values. Views build lines of spans; `print` alone turns them into text, and escapes every control
 * character on the way: a hostile name can't move the cursor, whoever wrote the view.
 */
export type Paint = 'bold' | 'dim' | 'green' | 'yellow' | 'red' | 'cyan'
export type Span = string | { readonly text: string; readonly paint: Paint }
export type Line = string | readonly Span[]

/** `columns` Infinity: no terminal, nothing is wrapped. */
export type Style = { readonly color: boolean; readonly columns: number }

export const paint = (kind: Paint, text: string): Span => ({ text, paint: kind })
export const bold = (text: string): Span => paint('bold', text)
export const dim = (text: string): Span => paint('dim', text)

const SGR: Record<Paint, readonly [number, number]> = {
  bold: [1, 22],
  dim: [2, 22],
  green: [32, 39],
  yellow: [33, 39],
  red: [31, 39],
  cyan: [36, 39],
}

// Controls, line and paragraph separators, lone surrogates, and format characters (bidi overrides turn text around);
// the joiners U+200C and U+200D are part of ordinary writing.
const UNSAFE = /(?![\u200c\u200d])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu
const NAMED: Record<string, string> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }

/** Control and direction-changing characters as visible escapes: '\x1b', '\u{202e}'. */
export const escapeControls = (text: string): string =>
  text.replace(UNSAFE, (character) => {
    const code = character.codePointAt(0) as number
    return NAMED[character] ?? (code < 256 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`)
  })

// oxlint-disable-next-line no-control-regex
const ASCII = /^[\x20-\x7e]*$/
/** Columns that a text takes on a terminal; it must be without control characters. */
export const widthOf = (text: string): number => (ASCII.test(text) ? text.length : stringWidth()(text))

type StringWidth = typeof import('string-width')
let loaded: StringWidth['default'] | null = null
/** Loaded for the first text that needs it: it takes longer than most of what is printed. */
function stringWidth(): StringWidth['default'] {
  loaded ??= (createRequire(import.meta.url)('string-width') as StringWidth).default
  return loaded
}

let segmenter: Intl.Segmenter | null = null
export const graphemes = (text: string): readonly string[] => {
  if (ASCII.test(text)) return text.split('')
  segmenter ??= new Intl.Segmenter('en', { granularity: 'grapheme' })
  return [...segmenter.segment(text)].map((part) => part.segment)
}

type Painted = { readonly text: string; readonly paint: Paint | null }

const toPainted = (line: Line): readonly Painted[] =>
  (typeof line === 'string' ? [line] : line).map((span) =>
    typeof span === 'string'
      ? { text: escapeControls(span), paint: null }
      : { text: escapeControls(span.text), paint: span.paint },
  )

const color = (part: Painted, style: Style): string => {
  if (!style.color || part.paint === null || part.text === '') return part.text
  const [on, off] = SGR[part.paint]
  return `\u001b[${on}m${part.text}\u001b[${off}m`
}

const plain = (parts: readonly Painted[]): string => parts.map((part) => part.text).join('')

export const lineWidth = (line: Line): number => widthOf(plain(toPainted(line)))

/** One line without wrapping or a line break at its end. */
export const printLine = (line: Line, style: Style): string =>
  toPainted(line)
    .map((part) => color(part, style))
    .join('')

/** The line cut to `columns`, with an ellipsis where something is missing. */
export function truncate(line: Line, columns: number): Line {
  const parts = toPainted(line)
  if (widthOf(plain(parts)) <= columns) return line
  const out: Span[] = []
  let left = columns - 1
  for (const part of parts) {
    let text = ''
    for (const character of graphemes(part.text)) {
      const width = widthOf(character)
      if (width > left) {
        out.push(part.paint ? paint(part.paint, text) : text, '…')
        return out
      }
      text += character
      left -= width
    }
    out.push(part.paint ? paint(part.paint, text) : text)
  }
  return out
}

type Piece = { readonly parts: Painted[]; width: number; readonly space: boolean }

/** Runs of spaces, words, and wide characters one by one: between any two of them a line may break. */
function pieces(parts: readonly Painted[]): readonly Piece[] {
  const out: Piece[] = []
  for (const part of parts) {
    for (const character of graphemes(part.text)) {
      const width = widthOf(character)
      const space = character === ' '
      const last = out.at(-1)
      if (last && last.space === space && width < 2 && (last.parts.at(-1)?.text.length ?? 0) > 0 && !isWide(last)) {
        const end = last.parts.at(-1) as Painted
        if (end.paint === part.paint)
          last.parts[last.parts.length - 1] = { text: end.text + character, paint: part.paint }
        else last.parts.push({ text: character, paint: part.paint })
        last.width += width
      } else out.push({ parts: [{ text: character, paint: part.paint }], width, space })
    }
  }
  return out
}

const isWide = (piece: Piece): boolean =>
  piece.parts.length === 1 && piece.width === 2 && !ASCII.test(piece.parts[0]?.text ?? '')

/** Behind these a long word may end: addresses, paths and lists of endpoints are read in parts. */
const JOINTS = /[/,;=]/

/** A piece wider than the room is cut: behind a joint in its second half, else hard. */
function cut(piece: Piece, room: number): readonly Piece[] {
  if (piece.width <= room) return [piece]
  const characters = piece.parts.flatMap((part) =>
    graphemes(part.text).map((text) => ({ text, paint: part.paint, width: widthOf(text) })),
  )
  const out: Piece[] = []
  for (let from = 0; from < characters.length; ) {
    let [to, width] = [from, 0]
    while (to < characters.length && (to === from || width + (characters[to]?.width ?? 0) <= room))
      width += characters[to++]?.width ?? 0
    const joint = characters.slice(from, to).findLastIndex(({ text }) => JOINTS.test(text))
    if (to < characters.length && joint >= (to - from) / 2) to = from + joint + 1
    const taken = characters.slice(from, to)
    out.push({ parts: taken, width: taken.reduce((sum, one) => sum + one.width, 0), space: false })
    from = to
  }
  return out
}

/** Columns of the longest word: what a column needs so that no word is broken in it. */
export const longestWord = (line: Line): number =>
  Math.max(0, ...pieces(toPainted(line)).map((piece) => (piece.space ? 0 : piece.width)))

const spans = (row: readonly Piece[]): readonly Span[] =>
  row.flatMap((piece) => piece.parts).map((part) => (part.paint ? paint(part.paint, part.text) : part.text))

/**
 * Breaks a line at words (wide characters: anywhere; what is longer than a row: hard) into rows of at most `columns`.
 * Further rows hang: they stand two columns further in than the first.
 */
export function wrap(line: Line, columns: number, hanging = 2): readonly (readonly Span[])[] {
  const parts = toPainted(line)
  const text = plain(parts)
  if (widthOf(text) <= columns) return [parts.map((part) => (part.paint ? paint(part.paint, part.text) : part.text))]
  const leading = /^ */.exec(text)?.[0].length ?? 0
  const indent = Math.max(0, Math.min(leading + hanging, Math.floor(columns / 2)))
  const rows: Piece[][] = [[]]
  let used = 0
  const room = Math.max(1, columns - indent)
  for (const piece of pieces(parts).flatMap((one) => cut(one, room))) {
    if (used + piece.width > columns && rows.at(-1)?.some((one) => !one.space)) {
      while (rows.at(-1)?.at(-1)?.space) rows.at(-1)?.pop()
      rows.push(indent > 0 ? [{ parts: [{ text: ' '.repeat(indent), paint: null }], width: indent, space: true }] : [])
      used = indent
      if (piece.space) continue
    }
    if (piece.space && rows.length > 1 && !rows.at(-1)?.some((one) => !one.space)) continue
    rows.at(-1)?.push(piece)
    used += piece.width
  }
  return rows.map(spans)
}

/** Lines as text that ends with a line break; '' for no lines. */
export const print = (lines: readonly Line[], style: Style): string =>
  lines
    .flatMap((line): readonly Line[] => (Number.isFinite(style.columns) ? wrap(line, style.columns) : [line]))
    .map((line) => `${printLine(line, style).replace(/[ ]+$/, '')}\n`)
    .join('')
