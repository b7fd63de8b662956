import type { Failure } from '../model/failure.ts'
import { composeTree } from './compose.ts'
import { parseJson } from './json-text.ts'
import { printable } from './print.ts'
import { createReport, type Report } from './report.ts'
import { parseYaml } from './syntax.ts'
import { readText, type SpecFile, type SpecText } from './text.ts'
import type { Tree } from './tree.ts'

/** Exports of brokers are larger than anything that people write. */
export const FOREIGN_FILE_BYTES = 64 * 1024 ** 2

export type ForeignTree = { readonly file: SpecText; readonly tree: Tree }

/** The documents of files that other tools wrote: JSON, several values too, or YAML. `${` is text in them. */
export function readForeign(files: readonly SpecFile[]): {
  readonly documents: readonly ForeignTree[]
  readonly failures: readonly Failure[]
} {
  const report = createReport()
  const documents: ForeignTree[] = []
  for (const [order, file] of files.entries()) {
    const text = readText(file, order, FOREIGN_FILE_BYTES)
    if (!('text' in text)) {
      report.addFile(order, text)
      continue
    }
    const before = report.count
    const trees = treesOf(text, report)
    if (trees.length === 0 && report.count === before)
      report.add({ file: text, offset: 0 }, 'MQOPS_SPEC_EMPTY', `${printable(file.name)} holds no document`)
    documents.push(...trees.map((tree) => ({ file: text, tree })))
  }
  return { documents, failures: report.failures() }
}

function treesOf(text: SpecText, report: Report): readonly Tree[] {
  if (/^\s*[{[]/.test(text.text)) {
    // YAML may look so too; its own errors say more about it then.
    const isYaml = /\.ya?ml$/i.test(text.name)
    const trees = parseJson(text, isYaml ? createReport() : report)
    if (trees !== null || !isYaml) return trees ?? []
  }
  const parsed = parseYaml(text, report)
  if (parsed.broken) return []
  return parsed.documents
    .filter(({ contents }) => contents !== null && text.text.slice(contents.range[0], contents.range[1]) !== '')
    .map((document) => composeTree(document, text, null, report))
}
