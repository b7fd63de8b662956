import { digest } from '../../engine/digest.ts'
import type { Json } from '../../model/json.ts'
import type { NodeSpec } from '../../model/member.ts'
import type { FieldChange } from '../../model/plan.ts'
import { printText } from '../../model/secret.ts'
import type { NodeState } from '../../ports/target.ts'

/** Files of members: what differs from what was rendered. Pure. */

/** The rendered files of a node that a running member must have taken up: `first-start` ones never change it. */
export const renderedFiles = (node: NodeSpec, classes: readonly string[]): Record<string, string> =>
  Object.fromEntries(
    Object.entries(node.files)
      .filter(([, file]) => classes.includes(file.apply))
      .map(([name, file]) => [name, printText(file.text)]),
  )

/**
 * Files that somebody has edited since they were written: the next start would take that up, and a reload may have. They
 * are written again; what the running member had taken up is as it should be, so that none of them wants a restart.
 */
export const editedFiles = (node: NodeSpec, { files, running }: NodeState): readonly string[] =>
  changedFiles(node, files, ['reload', 'restart']).filter(
    (name) => running?.files[name] === renderedFiles(node, ['reload', 'restart'])[name],
  )

export const changedFiles = (
  node: NodeSpec,
  have: Readonly<Record<string, string>>,
  classes: readonly string[],
): readonly string[] =>
  Object.entries(renderedFiles(node, classes))
    .filter(([name, text]) => have[name] !== text)
    .map(([name]) => name)

export const fileDigests = (node: NodeSpec): Json =>
  Object.fromEntries(
    Object.entries(renderedFiles(node, ['reload', 'restart'])).map(([name, text]) => [name, digest(text).slice(0, 12)]),
  )

/** Why a member restarts; `also`: what it takes up on the way. */
export const restartReason = (restart: readonly string[], also: readonly string[], edited: readonly string[]): string =>
  [
    `${[...restart, ...also.filter((name) => !edited.includes(name))].join(', ')} changed`,
    ...writtenAgain(edited),
  ].join('; ')

const writtenAgain = (edited: readonly string[]): readonly string[] =>
  edited.length > 0 ? [`${edited.join(', ')} edited by someone else, written again`] : []

/** Why files are written again. */
export function reasonOf(reload: readonly string[], edited: readonly string[]): string {
  const changed = reload.filter((name) => !edited.includes(name))
  return [
    ...(changed.length > 0 ? [`${changed.join(', ')} changed, taken up without restart`] : []),
    ...writtenAgain(edited),
  ].join('; ')
}

/** Lines of changed files that a plan shows. */
const SHOWN = 20

/** For people: the lines that left and came, file by file, at most a screenful; of the rest how many. */
export function lineChanges(
  node: NodeSpec,
  have: Readonly<Record<string, string>>,
  names: readonly string[],
): readonly FieldChange[] {
  let room = SHOWN
  return names.flatMap((name): readonly FieldChange[] => {
    const before = new Set((have[name] ?? '').split('\n'))
    const after = new Set(printText(node.files[name]?.text ?? []).split('\n'))
    const gone = [...before].filter((line) => line !== '' && !after.has(line))
    const come = [...after].filter((line) => line !== '' && !before.has(line))
    const all = Array.from({ length: Math.max(gone.length, come.length) }, (_, i) => ({
      field: name,
      ...(gone[i] === undefined ? {} : { from: gone[i] }),
      ...(come[i] === undefined ? {} : { to: come[i] }),
    }))
    const shown = all.slice(0, room)
    room -= shown.length
    const hidden = gone.slice(shown.length).length + come.slice(shown.length).length
    return hidden === 0 ? shown : [...shown, { field: name, note: moreLines(hidden) }]
  })
}

const moreLines = (hidden: number): string => (hidden === 1 ? 'and 1 more line' : `and ${hidden} more lines`)
