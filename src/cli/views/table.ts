import { type Line, bold, lineWidth, longestWord, type Span, type Style, wrap } from './text.ts'

export type Column = { readonly title: string; readonly align?: 'right' }
export type Cell = Line

const GAP = 2
/** A column is as wide as its longest word, but longer words than this (addresses, paths) may be broken. */
const LONGEST_WORD = 24

const asSpans = (line: Line): readonly Span[] => (typeof line === 'string' ? [line] : line)

/**
 * A table as lines. Too wide for the terminal: the widest columns are squeezed and their cells wrapped, nothing is cut
 * off; too narrow even for that: each row becomes a block of `title: value`.
 */
export function table(columns: readonly Column[], rows: readonly (readonly Cell[])[], style: Style): readonly Line[] {
  const shown = columns.map((_, i) => i).filter((i) => i === 0 || rows.some((row) => lineWidth(row[i] ?? '') > 0))
  const natural = shown.map((i) =>
    Math.max(lineWidth((columns[i] as Column).title), ...rows.map((row) => lineWidth(row[i] ?? ''))),
  )
  const least = shown.map((i) => Math.min(LONGEST_WORD, Math.max(...rows.map((row) => longestWord(row[i] ?? '')))))
  const widths = squeeze(natural, least, style.columns - GAP * (shown.length - 1))
  if (!widths) return blocks(columns, rows, shown)
  const head = shown.map((i): Cell => [bold((columns[i] as Column).title)])
  const body = rows.map((row) => shown.map((i) => row[i] ?? ''))
  return [head, ...body].flatMap((cells) =>
    tableRow(
      cells,
      widths,
      shown.map((i) => columns[i]?.align === 'right'),
    ),
  )
}

/** Takes from the widest until it fits; null when it can't. */
function squeeze(natural: readonly number[], least: readonly number[], room: number): readonly number[] | null {
  const widths = [...natural]
  const sum = () => widths.reduce((a, b) => a + b, 0)
  while (sum() > room) {
    const widest = Math.max(0, ...widths.filter((width, i) => width > (least[i] ?? 0)))
    const at = widths.findIndex((width, i) => width === widest && width > (least[i] ?? 0))
    if (at < 0) return null
    widths[at] = widest - 1
  }
  return widths
}

function tableRow(cells: readonly Cell[], widths: readonly number[], right: readonly boolean[]): readonly Line[] {
  const wrapped = cells.map((cell, i) => wrap(cell, widths[i] as number, 0))
  const height = Math.max(...wrapped.map((rows) => rows.length))
  return Array.from({ length: height }, (_, y) =>
    wrapped.flatMap((rows, i): readonly Span[] => {
      const content = rows[y] ?? []
      const space = ' '.repeat(Math.max(0, (widths[i] as number) - lineWidth(content)))
      const gap = i < wrapped.length - 1 ? ' '.repeat(GAP) : ''
      return right[i] ? [space, ...content, gap] : [...content, i < wrapped.length - 1 ? space : '', gap]
    }),
  )
}

/** A column without a title (a mark) goes before the first one that has one. */
const blocks = (
  columns: readonly Column[],
  rows: readonly (readonly Cell[])[],
  shown: readonly number[],
): readonly Line[] =>
  rows.flatMap((row, y) => {
    const filled = shown.filter((i) => lineWidth(row[i] ?? '') > 0)
    const isMark = (i: number) => columns[i]?.title.trim() === ''
    const marks = filled.filter(isMark).flatMap((i): readonly Span[] => [...asSpans(row[i] ?? ''), ' '])
    return [
      ...(y > 0 ? [''] : []),
      ...filled
        .filter((i) => !isMark(i))
        .map(
          (i, n): Line => [
            ...(n === 0 ? marks : []),
            bold(`${(columns[i] as Column).title}: `),
            ...asSpans(row[i] ?? ''),
          ],
        ),
    ]
  })
