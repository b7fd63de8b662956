import { takesName } from '../../engine/policy.ts'
import { printAddress, printLocal } from '../../model/address.ts'
import type { FieldChange, Loss, Note, Plan, Step } from '../../model/plan.ts'
import type { ClusterSpec } from '../../model/spec.ts'
import type { Messages } from '../messages/index.ts'
import {
  type Counts,
  countsOf,
  type Entry,
  entriesOf,
  filesOf,
  lossOf,
  repeatsOf,
  rereadsOf,
  showValue,
  type Sign,
  specsOf,
} from './changes.ts'
import { bold, dim, type Line, type Paint, paint } from './text.ts'
import { bytes, count } from './units.ts'

const PAINT: Record<Sign, Paint> = { '=': 'cyan', '+': 'green', '~': 'yellow', '-': 'red', '±': 'red' }
/** Notes shown without -o wide: a shared cluster has thousands of things that aren't ours. */
const NOTES = 8

/** `failed`: how many errors are told elsewhere (on standard error). */
export type PlanView = { readonly wide: boolean; readonly next: string | null; readonly failed: number }

/** A plan to be read from top to bottom: cluster by cluster, then what is left alone, counts, the next command. */
export function planLines(plan: Plan, view: PlanView, m: Messages): readonly Line[] {
  const entries = entriesOf(plan)
  const repeats = repeatsOf(entries)
  const clusters = specsOf(plan).map((spec): readonly Line[] => {
    const own = entries.filter((entry) => entry.cluster === spec.name)
    const later = plan.later.some((address) => address.cluster === spec.name)
    if (own.length === 0 && !later) return []
    return [
      [bold(spec.name), ` ${clusterTitle(spec, plan, m)}`],
      ...own.flatMap((entry) => entryLines(entry, repeats.get(entry) ?? null, view, m)),
      ...(later ? [[dim(`  ${m.plan.later}`)]] : []),
      '',
    ]
  })
  return [...clusters.flat(), ...noteLines(plan, view, m), ...summaryLines(plan, entries, view, m)]
}

const clusterTitle = (spec: ClusterSpec, plan: Plan, m: Messages): string =>
  `(${spec.broker} ${spec.version}${plan.clusters[spec.name] === null ? `, ${m.plan.newCluster}` : ''})`

function entryLines(entry: Entry, sameAs: string | null, view: PlanView, m: Messages): readonly Line[] {
  return entry.steps.flatMap((step, i): readonly Line[] => [
    i === 0
      ? ['  ', paint(PAINT[entry.sign], entry.sign), ` ${entry.address}  `, dim(m.phrase(step.reason))]
      : [dim(`      ${m.phrase(step.reason)}`)],
    ...(view.wide ? [[dim(`      ${step.action}  ${step.id}`)]] : []),
    ...(sameAs === null ? changeLines(step, m) : [[dim(`      ${m.plan.sameAs(sameAs)}`)]]),
    ...riskLines(step, m),
  ])
}

function changeLines(step: Step, m: Messages): readonly Line[] {
  const files = filesOf(step)
  if (files)
    return files.flatMap(({ file, gone, come, more }): readonly Line[] => [
      `      ${file}`,
      ...gone.map((line): Line => [paint('red', `        - ${line}`)]),
      ...come.map((line): Line => [paint('green', `        + ${line}`)]),
      ...more.map((text): Line => [dim(`        ${m.phrase(text)}`)]),
    ])
  return step.changes.map((change): Line => {
    const name = `      ${change.field}: `
    const effect = effectText(change, m)
    const more = effect === '' ? [] : [dim(`  ${effect}`)]
    if (change.from === undefined)
      return [name, paint('green', change.to === undefined ? '' : showValue(change.to)), ...more]
    if (change.to === undefined) return [name, paint('red', showValue(change.from)), dim(` ${m.plan.removed}`), ...more]
    return [name, paint('red', showValue(change.from)), ' → ', paint('green', showValue(change.to)), ...more]
  })
}

/** What one change of several has read again or passed over, and why it is not what was asked for; '' for the usual ones. */
export function effectText({ rereads, loses, note }: FieldChange, m: Messages): string {
  const parts = [
    ...(rereads ? [m.offsets.rereads(recordsText(rereads, m))] : []),
    ...(loses?.skipped ? [m.offsets.skips(recordsText(loses, m))] : []),
    ...(note === undefined ? [] : note.split('; ').map(m.phrase)),
  ]
  return parts.join(m.comma)
}

/** 'up to 1,234 records'. */
const recordsText = ({ messages = 0, atMost }: Loss, m: Messages): string => {
  const text = m.offsets.records(count(messages), messages)
  return atMost ? m.offsets.atMost(text) : text
}

function riskLines(step: Step, m: Messages): readonly Line[] {
  return [
    ...(step.rereads || step.risk === 'disruptive' ? [[paint('yellow', `      ! ${disruptiveText(step, m)}`)]] : []),
    ...(takesName(step) ? [[paint('red', `      ! ${byNameText(step, m)}`)]] : []),
  ]
}

export const disruptiveText = ({ rereads }: Step, m: Messages): string =>
  rereads ? m.offsets.disruptiveRereads(recordsText(rereads, m)) : m.plan.disruptive

/** Of a step that takes the cluster's name: what would be lost, or that it is taken away. */
export function byNameText({ loses, risk, address }: Step, m: Messages): string {
  if (risk !== 'destructive') return m.plan.removes(address.cluster)
  if (loses?.skipped) return m.offsets.destructiveSkips(recordsText(loses, m))
  return m.plan.destructive(loses ? lossText(loses, m) : m.plan.unknownLoss)
}

/** What all of it together loses, passes over and has read again: a sentence each. */
export function totalTexts(steps: readonly Step[], m: Messages): readonly (readonly [Paint, string])[] {
  const [loss, rereads] = [lossOf(steps.filter((step) => step.risk === 'destructive')), rereadsOf(steps)]
  return [
    ...(rereads ? [['yellow', m.offsets.wouldReread(recordsText(rereads, m))] as const] : []),
    ...(loss
      ? [
          [
            'red',
            loss.skipped ? m.offsets.wouldSkip(recordsText(loss, m)) : m.plan.wouldLose(lossText(loss, m)),
          ] as const,
        ]
      : []),
    ...(rereads?.atMost || (loss?.skipped && loss.atMost) ? [['dim', m.offsets.whyAtMost] as const] : []),
  ]
}

/** '12,000 messages, 3.1 MiB'. */
export function lossText(loss: Loss, m: Messages): string {
  if (loss.skipped) return recordsText(loss, m)
  const parts = [
    ...(loss.messages === undefined ? [] : [m.plan.messages(count(loss.messages), loss.messages)]),
    ...(loss.bytes === undefined ? [] : [bytes(loss.bytes)]),
  ]
  if (parts.length === 0) return m.plan.unknownLoss
  return loss.atMost ? m.offsets.atMost(parts.join(', ')) : parts.join(', ')
}

function noteLines(plan: Plan, view: PlanView, m: Messages): readonly Line[] {
  if (plan.notes.length === 0) return []
  // What belongs to somebody first: it is little, and may be why the plan is not what one expects.
  const unmanaged = plan.notes.filter((note) => note.kind === 'unmanaged')
  const notes = [...plan.notes.filter((note) => note.kind !== 'unmanaged'), ...unmanaged]
  const shown = view.wide ? notes : notes.slice(0, NOTES)
  const hidden = notes.slice(shown.length)
  const [first] = unmanaged
  return [
    [bold(m.plan.notes)],
    ...shown.map((note): Line => ['  ', printAddress(note.address), dim(`  ${m.phrase(note.text)}`)]),
    ...(hidden.length > 0 ? [[dim(`  ${m.plan.moreNotes(kindsText(hidden, m), count(hidden.length))}`)]] : []),
    ...(first
      ? [
          [
            dim(
              `  ${m.plan.toManage(`mqops import ${first.address.cluster} --only '${printLocal({ kind: first.address.kind, key: ['*'] })}'`)}`,
            ),
          ],
        ]
      : []),
    '',
  ]
}

/** 'topic 3,998, acl 306'. */
function kindsText(notes: readonly Note[], m: Messages): string {
  const counts = new Map<string, number>()
  for (const { address } of notes) counts.set(address.kind, (counts.get(address.kind) ?? 0) + 1)
  return [...counts].map(([kind, many]) => `${kind} ${count(many)}`).join(m.comma)
}

/** 'create 3, change 1, replace 0 …': only what there is; '' for nothing. */
export function countsText(counts: Counts, m: Messages): string {
  const parts = (['=', '+', '~', '±', '-'] as const)
    .filter((sign) => counts[sign] > 0)
    .map((sign) => m.plan.counts[sign](counts[sign]))
  return parts.join(m.comma)
}

export function riskText(counts: Counts, m: Messages): string {
  const parts = [
    ...(counts.disruptive > 0 ? [m.plan.countDisruptive(counts.disruptive)] : []),
    ...(counts.destructive > 0 ? [m.plan.countDestructive(counts.destructive)] : []),
  ]
  return parts.join(m.comma)
}

function summaryLines(plan: Plan, entries: readonly Entry[], view: PlanView, m: Messages): readonly Line[] {
  const counts = countsOf(entries)
  const names = specsOf(plan).map((spec) => spec.name)
  if (entries.length === 0 && plan.later.length === 0) {
    return view.failed > 0 ? [m.plan.failed(view.failed)] : [[paint('green', m.plan.noChanges(names.length))]]
  }
  const risk = riskText(counts, m)
  return [
    [bold(m.plan.summary(countsText(counts, m) || m.plan.onlyLater)), ...(risk ? [` (${risk})`] : [])],
    ...totalTexts(plan.steps, m).map(([kind, text]): Line => [paint(kind, text)]),
    ...(view.failed > 0 ? [m.plan.failed(view.failed)] : view.next ? [m.next(view.next)] : []),
  ]
}
