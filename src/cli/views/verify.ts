import { printAddress } from '../../model/address.ts'
import type { Check } from '../../model/check.ts'
import type { Messages } from '../messages/index.ts'
import { type Column, table } from './table.ts'
import { bold, dim, type Line, paint, type Span, type Style } from './text.ts'
import { count } from './units.ts'

/** Below this many columns a check is a line of its own instead of a row of a table. */
const NARROW = 80

/** What can't be judged is no success. */
export const failedChecks = (checks: readonly Check[]): readonly Check[] => checks.filter((check) => check.ok !== true)

const mark = (check: Check): Span =>
  check.ok === true ? paint('green', '✓') : check.ok === false ? paint('red', '✗') : paint('yellow', '?')

/** One check as it becomes known. */
export const checkLine = (check: Check, m: Messages): Line => [
  mark(check),
  ` ${printAddress(check.about)}  ${m.phrase(check.name)}  `,
  dim(m.phrase(check.evidence)),
]

/** Checks by cluster, in the given order; then those that failed once more, and counts. */
export function verifyLines(
  checks: readonly Check[],
  clusters: readonly string[],
  style: Style,
  m: Messages,
): readonly Line[] {
  const columns: readonly Column[] = [
    { title: ' ' },
    { title: m.verify.check },
    { title: m.verify.about },
    { title: m.verify.evidence },
    { title: 'ms', align: 'right' },
  ]
  const groups = clusters.map((cluster) => {
    const own = checks.filter((check) => check.about.cluster === cluster)
    const rows = own.map((check) => [
      [mark(check)],
      m.phrase(check.name),
      printAddress(check.about),
      m.phrase(check.evidence),
      count(Math.round(check.ms)),
    ])
    return [
      [bold(cluster), own.length === 0 ? ` ${m.verify.nothing}` : ''],
      ...(own.length === 0
        ? []
        : style.columns < NARROW
          ? own.map((check) => checkLine(check, m))
          : table(columns, rows, style)),
      '',
    ]
  })
  return [...groups.flat(), ...verifySummary(checks, clusters, m)]
}

export function verifySummary(checks: readonly Check[], clusters: readonly string[], m: Messages): readonly Line[] {
  const bad = failedChecks(checks)
  const empty = clusters.filter((name) => !checks.some((check) => check.about.cluster === name))
  if (bad.length === 0 && empty.length === 0)
    return [[paint('green', m.verify.allGood(count(checks.length), clusters.length))]]
  return [
    [paint('red', m.verify.someBad(count(bad.length), count(checks.length)))],
    ...bad.map((check): Line => ['  ', ...(checkLine(check, m) as readonly Span[])]),
  ]
}
