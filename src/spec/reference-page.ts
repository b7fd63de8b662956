import type { Broker, KeyNotes, Mutability } from '../ports/broker.ts'
import { type Field, printValue } from './reference.ts'

/** What each mutability means, for people. */
const CHANGE: Readonly<Record<Mutability, string>> = {
  live: 'while it runs',
  grows: 'only upwards',
  'one-way': 'on, never off again',
  restart: 'by a rolling restart',
  replace: 'by replacing it',
  fixed: 'never',
}

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ').replace(/[<>]/g, '\\$&')
const code = (text: string): string => `\`${text.replaceAll('|', '\\|')}\``
const anchor = (title: string): string => title.toLowerCase().replace(/[^\w-]/g, '')

const printed = (path: readonly string[]): string => path.join('.')

/** The reference of one broker's document as Markdown: a section for each map, a row for each field. */
export function referencePage(broker: Broker, root: Field): string {
  const sections = withChildren(root)
  return [
    `# ${broker.kind}`,
    '',
    '<!-- Made by `npm run reference` from the schema: change that. -->',
    '',
    `Every field of a \`kind: ${broker.kind}\` document. \`mqops explain ${broker.software}.FIELD\` says the same on a terminal.`,
    'Under *Changed* stands what a change of the field takes in a cluster that runs; see [how to read it](README.md#changed).',
    '',
    ...sections.flatMap(section),
  ].join('\n')
}

const withChildren = (field: Field): readonly Field[] =>
  field.children.length === 0 && Object.keys(field.keys).length === 0
    ? []
    : [field, ...field.children.flatMap(withChildren)]

const titleOf = (field: Field): string => printed(field.path) || 'document'

function section(field: Field): readonly string[] {
  const title = titleOf(field)
  const keys = Object.entries(field.keys)
  return [
    `## ${title}`,
    '',
    ...(field.description ? [sentence(field.description), ''] : []),
    ...(field.link ? [`Of the broker: <${field.link}>`, ''] : []),
    '```yaml',
    exampleLine(field),
    '```',
    '',
    ...(field.children.length > 0
      ? ['| Field | Type | Default | Changed | |', '|---|---|---|---|---|', ...field.children.map(row), '']
      : []),
    ...keysOf(keys),
  ]
}

const sentence = (text: string): string => (/[.!?]$/.test(text) ? text : `${text}.`)

/** 'topics: { … }': as it stands in the spec. */
export const exampleLine = (field: Field): string =>
  field.path.length === 0 ? printValue(field.example) : `${field.path.at(-1)}: ${printValue(field.example)}`

function row(field: Field): string {
  const name = field.path.at(-1) as string
  const link = withChildren(field).length > 0 ? `[${name}](#${anchor(titleOf(field))})` : name
  const example = field.children.length > 0 ? '' : ` ${code(exampleLine(field))}`
  return `| ${[
    `**${link}**${field.required ? ' *required*' : ''}`,
    cell(field.type),
    field.fallback === null ? '' : code(field.fallback),
    CHANGE[field.mutability],
    `${field.description ? cell(sentence(field.description)) : ''}${example}`,
  ].join(' | ')} |`
}

/** The page that the others are found from. */
export const referenceIndex = (brokers: readonly Broker[]): string =>
  [
    '# Reference',
    '',
    '<!-- Made by `npm run reference` from the schema: change that. -->',
    '',
    ...brokers.map((broker) => `- [${broker.kind}](${broker.software}.md)`),
    '',
    'The same for editors: `mqops schema`; on a terminal: `mqops explain`.',
    '',
    '## Changed',
    '',
    '| | What a change takes in a cluster that runs |',
    '|---|---|',
    '| while it runs | Nothing that clients notice by itself; the plan says when it loses data all the same (a shorter retention). |',
    '| only upwards | More is possible, fewer is refused. |',
    '| on, never off again | Turning it off takes a replace. |',
    '| by a rolling restart | One member after the other; the plan calls it disruptive. |',
    '| by replacing it | It is deleted and made anew. The plan says what is lost and wants `--confirm CLUSTER`. |',
    '| never | Another cluster is needed. |',
    '',
  ].join('\n')

/** File name -> text, in `docs/reference/`. */
export const referenceFiles = (
  brokers: readonly Broker[],
  rootOf: (broker: Broker) => Field,
): Readonly<Record<string, string>> => ({
  'README.md': referenceIndex(brokers),
  ...Object.fromEntries(brokers.map((broker) => [`${broker.software}.md`, referencePage(broker, rootOf(broker))])),
})

/** Columns that none of them says anything in are left out. */
function keysOf(keys: readonly (readonly [string, KeyNotes])[]): readonly string[] {
  if (keys.length === 0) return []
  const name = (of: string, { link }: KeyNotes) => (link === undefined ? code(of) : `[${code(of)}](${link})`)
  const columns: readonly (readonly [string, (of: KeyNotes) => string])[] = [
    ['Value', ({ type }) => cell(type)],
    ['Default', (of) => (of.default === undefined ? '' : code(of.default))],
    ['', ({ about = '' }) => cell(about)],
  ]
  const told = columns.filter(([, text]) => keys.some(([, of]) => text(of) !== ''))
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  return [
    `<details><summary>The ${keys.length} names that it takes</summary>`,
    '',
    line(['Name', ...told.map(([title]) => title)]),
    `|${'---|'.repeat(told.length + 1)}`,
    ...keys.map(([of, notes]) => line([name(of, notes), ...told.map(([, text]) => text(notes))])),
    '',
    '</details>',
    '',
  ]
}
