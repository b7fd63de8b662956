import { takesName } from '../../engine/policy.ts'
import { printAddress } from '../../model/address.ts'
import type { Failure } from '../../model/failure.ts'
import type { Plan, Step } from '../../model/plan.ts'
import type { Messages } from '../messages/index.ts'
import {
  countsOf,
  type Entry,
  entriesOf,
  filesOf,
  lossOf,
  repeatsOf,
  showValue,
  type Sign,
  specsOf,
} from './changes.ts'
import { countsText, byNameText, disruptiveText, lossText, riskText } from './plan.ts'
import { escapeControls } from './text.ts'

/** A pull-request comment holds 65,536 characters (GitHub); what goes beyond is counted instead of shown. */
const LONGEST = 60_000
/** How a diff block colours the lines: '+' green, '-' red, '!' orange. */
const MARK: Record<Sign, string> = { '=': '!', '+': '+', '~': '!', '-': '-', '±': '-' }

/** A plan for a pull request: counts in the first line, details that unfold. */
export function planMarkdown(plan: Plan, failures: readonly Failure[], m: Messages): string {
  const entries = entriesOf(plan)
  const repeats = repeatsOf(entries)
  const counts = countsOf(entries)
  const loss = lossOf(plan.steps)
  const risk = riskText(counts, m)
  const nothing = entries.length === 0 && plan.later.length === 0
  const title = nothing
    ? failures.length > 0
      ? m.plan.failed(failures.length)
      : m.plan.noChanges(specsOf(plan).length)
    : `${m.plan.summary(countsText(counts, m) || m.plan.onlyLater)}${risk ? ` (${risk})` : ''}`
  const parts = [
    `**mqops: ${inline(title)}**`,
    ...(loss && counts.destructive > 0 ? [`> [!CAUTION]\n> ${inline(m.plan.wouldLose(lossText(loss, m)))}`] : []),
    ...failures.map((failure) => failureMarkdown(failure, m)),
  ]
  let room = LONGEST - parts.join('').length
  for (const spec of specsOf(plan)) {
    const own = entries.filter((entry) => entry.cluster === spec.name)
    const later = plan.later.some((address) => address.cluster === spec.name)
    if (own.length === 0 && !later) continue
    const text = details(
      `${code(spec.name)} (${inline(`${spec.broker} ${spec.version}`)}) ${inline(countsText(countsOf(own), m))}`,
      entryBlock(own, repeats, later, room, m),
    )
    parts.push(text)
    room -= text.length
  }
  if (plan.notes.length > 0) {
    const notes = plan.notes.map((note) => `${printAddress(note.address)}: ${m.phrase(note.text)}`)
    parts.push(details(`${inline(m.plan.notes)} (${notes.length})`, fit(notes, Math.max(0, room), m)))
  }
  return `${parts.join('\n\n')}\n`
}

const details = (summary: string, lines: readonly string[]): string => {
  const text = lines.map(escapeControls).join('\n')
  // A fence must be longer than any run of backticks inside it (CommonMark 4.5).
  const fence = '`'.repeat(Math.max(3, ...[...text.matchAll(/`+/g)].map((run) => run[0].length + 1)))
  return `<details><summary>${summary}</summary>\n\n${fence}diff\n${text}\n${fence}\n\n</details>`
}

function entryBlock(
  entries: readonly Entry[],
  repeats: ReadonlyMap<Entry, string>,
  later: boolean,
  room: number,
  m: Messages,
): readonly string[] {
  const blocks = entries.map((entry) => entryText(entry, repeats.get(entry) ?? null, m))
  return [...fit(blocks, room, m), ...(later ? [`# ${m.plan.later}`] : [])]
}

/** As many as there is room for, then how many more there are. */
function fit(blocks: readonly string[], room: number, m: Messages): readonly string[] {
  const shown: string[] = []
  let used = 0
  for (const block of blocks) {
    used += block.length + 1
    if (used > room)
      return [...shown.flatMap((one) => one.split('\n')), `# ${m.plan.more(blocks.length - shown.length)}`]
    shown.push(block)
  }
  return shown.flatMap((one) => one.split('\n'))
}

const entryText = (entry: Entry, sameAs: string | null, m: Messages): string =>
  entry.steps
    .flatMap((step, i) => [
      `${MARK[entry.sign]} ${i === 0 ? `${entry.sign} ${entry.address}  ` : ''}# ${m.phrase(step.reason)}`,
      ...(sameAs === null ? changeTexts(step, m) : [`    ${m.plan.sameAs(sameAs)}`]),
      ...(step.risk === 'disruptive' ? [`!   ${disruptiveText(step, m)}`] : []),
      ...(takesName(step) ? [`-   ${byNameText(step, m)}`] : []),
    ])
    .map(escapeControls)
    .join('\n')

const changeTexts = (step: Step, m: Messages): readonly string[] =>
  filesOf(step)?.flatMap(({ file, gone, come, more }) => [
    `    ${file}`,
    ...gone.map((line) => `-     ${line}`),
    ...come.map((line) => `+     ${line}`),
    ...more.map((text) => `      ${m.phrase(text)}`),
  ]) ??
  step.changes.map((change) => {
    const from = change.from === undefined ? '' : `${showValue(change.from)} → `
    return `    ${change.field}: ${from}${change.to === undefined ? m.plan.removed : showValue(change.to)}`
  })

const failureMarkdown = (failure: Failure, m: Messages): string =>
  `> [!WARNING]\n> ${code(failure.code)}${failure.address ? ` ${code(printAddress(failure.address))}` : ''}: ${inline(m.phrase(failure.summary))}${failure.hint ? `<br>${inline(m.phrase(failure.hint))}` : ''}`

const SPECIAL = /[\\`*_{}[\]<>#|~&!@]/g
/** Plain words in Markdown: nothing in them is markup, a link or a mention. */
const inline = (text: string): string =>
  escapeControls(text).replace(SPECIAL, (character) => `&#${character.codePointAt(0)};`)
const code = (text: string): string => `<code>${inline(text)}</code>`
