import type { ImportedText } from '../application.ts'
import type { ConvertedSpec, Unconverted } from '../../spec/index.ts'
import type { Messages } from '../messages/index.ts'
import { dim, type Line } from './text.ts'

/** Left-out things that are named on the terminal; the written document names all of them. */
const SHOWN = { resources: 10, notes: 40 }

/** What of a running cluster is not in the document. */
export const leftLines = (left: ImportedText['left'], m: Messages): readonly Line[] =>
  left.length === 0
    ? []
    : [
        m.import.left(left.length),
        ...left.slice(0, SHOWN.resources).map(({ address, why }) => `  ${address}${m.run.colon}${why}`),
        ...more(left.length - SHOWN.resources, m),
      ]

/** What of foreign files is not in the document as it was, each with its place and what to do. */
export const noteLines = (left: readonly Unconverted[], m: Messages): readonly Line[] =>
  left.length === 0
    ? []
    : [
        m.import.changed(left.length),
        ...left
          .slice(0, SHOWN.notes)
          .flatMap(({ source, what, why, hint }): readonly Line[] => [
            [
              dim(`  ${source.file}:${source.line}:${source.column} `),
              `${m.phrase(what)}${m.run.colon}${m.phrase(why)}`,
            ],
            ...(hint === undefined ? [] : [[dim(`    ${m.failure.hint} `), m.phrase(hint)] satisfies Line]),
          ]),
        ...more(left.length - SHOWN.notes, m),
      ]

const more = (count: number, m: Messages): readonly Line[] => (count > 0 ? [`  ${m.import.more(count)}`] : [])

type Written = Pick<ImportedText, 'spec' | 'counts' | 'text'> & {
  readonly format?: string
  readonly left: ImportedText['left'] | ConvertedSpec['left']
}

/** The document as a value, with what was found and left. */
export async function importJson(all: readonly Written[]): Promise<unknown> {
  const { parse } = await import('yaml')
  return {
    clusters: all.map(({ spec, format, counts, left, text }) => ({
      cluster: spec.name,
      broker: spec.broker,
      ...(format === undefined ? {} : { format }),
      counts,
      left,
      document: parse(text) as unknown,
    })),
  }
}
