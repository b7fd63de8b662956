import type { Messages } from '../messages/index.ts'
import { table } from './table.ts'
import { type Line, paint, type Style } from './text.ts'

/** One thing that mqops needs of this machine. `mend`: the one command or setting that mends it. */
export type Finding = {
  readonly name: string
  readonly state: 'ok' | 'note' | 'available' | 'missing' | 'broken'
  readonly evidence: string
  readonly mend?: string
}

export const isWell = (findings: readonly Finding[]): boolean =>
  findings.every((finding) => finding.state !== 'missing' && finding.state !== 'broken')

const MARK = {
  ok: { paint: 'green', sign: '✓' },
  note: { paint: 'dim', sign: '·' },
  available: { paint: 'dim', sign: '+' },
  missing: { paint: 'yellow', sign: '✗' },
  broken: { paint: 'red', sign: '✗' },
} as const

/** One command for all that can be installed. */
export const INSTALL = 'mqops doctor --install'

export function doctorLines(findings: readonly Finding[], style: Style, m: Messages): readonly Line[] {
  const d = m.doctor
  return [
    ...table(
      [{ title: ' ' }, { title: d.what }, { title: d.seen }, { title: d.mend }],
      findings.map((finding) => [
        [paint(MARK[finding.state].paint, MARK[finding.state].sign)],
        finding.name,
        finding.evidence,
        m.command(finding.mend ?? ''),
      ]),
      style,
    ),
    '',
    ...(isWell(findings)
      ? [[paint('green', d.well)]]
      : [
          [paint('red', d.unwell)],
          ...(findings.some((finding) => finding.mend?.includes(INSTALL))
            ? [[`${d.unwellMend} `, paint('cyan', INSTALL)]]
            : []),
        ]),
  ]
}
