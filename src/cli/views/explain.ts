import type { Broker } from '../../ports/broker.ts'
import { type Field, printValue } from '../../spec/index.ts'
import type { Messages } from '../messages/index.ts'
import { table } from './table.ts'
import { bold, dim, type Line, lineWidth, paint, type Style } from './text.ts'

/** A field of the spec as people read it: what it is, what it takes, and what is inside. */
export function explainLines(software: string, field: Field, style: Style, m: Messages): readonly Line[] {
  const e = m.explain
  const name = field.path.at(-1)
  const example = name === undefined ? printValue(field.example) : `${name}: ${printValue(field.example)}`
  return [
    [bold(pathOf(software, field))],
    ...(field.description ? [`  ${field.description}`] : []),
    '',
    ...rows([
      [e.type, field.type],
      [e.fallback, field.required ? e.required : field.fallback],
      [e.changed, e.mutability[field.mutability]],
      [e.example, example],
      [e.link, field.link],
    ]),
    ...(field.children.length > 0 ? ['', ...childrenTable(field, style, m)] : []),
    ...(Object.keys(field.keys).length > 0 ? ['', ...keysTable(field, style, m)] : []),
  ]
}

/** One of the broker's own settings. */
export const keyLines = (path: string, field: Field, key: string, _: Style, m: Messages): readonly Line[] => [
  [bold(path)],
  '',
  ...rows([
    [m.explain.type, field.keys[key]?.type ?? null],
    [m.explain.fallback, field.keys[key]?.default ?? null],
    [m.explain.meaning, field.keys[key]?.about ?? null],
    [m.explain.link, field.keys[key]?.link ?? field.link],
  ]),
]

export const overviewLines = (brokers: readonly Broker[], style: Style, m: Messages): readonly Line[] => [
  ...table(
    [{ title: m.explain.path }, { title: m.explain.about }],
    brokers.map((broker) => [[paint('cyan', broker.software)], `kind: ${broker.kind}`]),
    style,
  ),
  '',
  m.explain.more,
]

/** The same for machines: field names are never translated. */
export const explainJson = (software: string, field: Field): object => ({
  path: pathOf(software, field),
  type: field.type,
  required: field.required,
  default: field.fallback,
  mutability: field.mutability,
  description: field.description,
  example: field.example,
  link: field.link,
  keys: field.keys,
  fields: field.children.map((child) => ({
    path: pathOf(software, child),
    type: child.type,
    description: child.description,
  })),
})

/** `spec` goes without saying. */
const pathOf = (software: string, field: Field): string =>
  [software, ...(field.path[0] === 'spec' ? field.path.slice(1) : field.path)].join('.')

type Row = readonly [name: string, value: string | null]

function rows(of: readonly Row[]): readonly Line[] {
  const width = Math.max(...of.map(([name]) => lineWidth(name)))
  return of.flatMap(([name, value]) =>
    value === null ? [] : [[dim(`  ${name}${' '.repeat(width - lineWidth(name))}  `), value]],
  )
}

const childrenTable = (field: Field, style: Style, m: Messages): readonly Line[] =>
  table(
    [{ title: m.explain.field }, { title: m.explain.typeTitle }, { title: m.explain.about }],
    field.children.map((child) => [
      [paint('cyan', `${child.path.at(-1)}${child.required ? ' *' : ''}`)],
      child.type,
      child.description ?? '',
    ]),
    style,
  )

function keysTable(field: Field, style: Style, m: Messages): readonly Line[] {
  const keys = Object.entries(field.keys)
  const [hasDefault, hasAbout] = [keys.some(([, of]) => of.default !== undefined), keys.some(([, of]) => of.about)]
  return table(
    [
      { title: m.explain.name },
      { title: m.explain.typeTitle },
      ...(hasDefault ? [{ title: m.explain.defaultTitle }] : []),
      ...(hasAbout ? [{ title: m.explain.about }] : []),
    ],
    keys.map(([name, of]) => [
      [paint('cyan', name)],
      of.type,
      ...(hasDefault ? [of.default ?? ''] : []),
      ...(hasAbout ? [of.about ?? ''] : []),
    ]),
    style,
  )
}
