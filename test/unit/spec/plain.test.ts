import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { composeTree } from '../../../src/spec/compose.ts'
import { readPlain } from '../../../src/spec/plain.ts'
import { createReport } from '../../../src/spec/report.ts'
import { parseYaml } from '../../../src/spec/syntax.ts'
import type { Tree } from '../../../src/spec/tree.ts'

const ENV = { THREE: '3', MAP: 'x: y', YES: 'true', EMPTY: '' }
const EXAMPLES = globSync(join(import.meta.dirname, '../../../examples/*.yaml')).map((file) =>
  readFileSync(file, 'utf8'),
)
const EVERYTHING = `---
a: { b: 6, c: { "retention.ms": 7d, min.insync.replicas: '2' }, d: {}, e: [] }
t: {a: [1, -2, 3.5, 0x1f, .5, 1e3], b: "x\\ny", c: ~, d: -5m, 'e''f': [a:b, "c"]}
  # a comment
x:
y:   # another
users:
  a:
    list:
    - { topic: t, allow: [read] }
    - topic: "*"
      allow:
        - read
        - write # a third
    - \${env:YES}
  b: \${env:NAME:-zz}
---
v: [1, "\${env:THREE}", http://x:1/#y]
w: pre\${env:MAP}post
z: $\${x}
`

const fileOf = (text: string) => ({ name: 'a.yaml', folder: '/', text, order: 0 })

/** As the YAML library has it; null: something is wrong. */
function byLibrary(text: string): readonly Tree[] | null {
  const file = fileOf(text)
  const report = createReport()
  const { documents, broken } = parseYaml(file, report)
  const trees = documents
    .filter(({ contents }) => contents !== null && text.slice(contents.range[0], contents.range[1]) !== '')
    .map((document) => composeTree(document, file, ENV, report))
  return broken || report.count > 0 ? null : trees
}

/** Values, their types, their order and their places. */
const shown = (tree: Tree): unknown =>
  tree.is === 'scalar'
    ? [tree.offset, Object.is(tree.value, -0) ? '-0' : tree.value, tree.substituted, tree.broken]
    : tree.is === 'list'
      ? ['list', tree.offset, ...tree.items.map(shown)]
      : ['map', tree.offset, ...[...tree.entries].map(([key, { keyAt, value }]) => [key, keyAt.offset, shown(value)])]

const read = (text: string) => readPlain(fileOf(text), ENV)?.map(shown) ?? null

describe('plain YAML is read as the library reads it', { timeout: 60_000 }, () => {
  test.each([...EXAMPLES, EVERYTHING, EVERYTHING.trimEnd(), 'a: 1', 'a:\n- 1\n-   b: 2\n    c:\n- []'])(
    'example %#',
    (text) => {
      expect(read(text)).not.toBeNull()
      expect(read(text)).toEqual(byLibrary(text)?.map(shown))
    },
  )

  test.each([
    ...['', '# nothing\n', '---\n', 'a: 1\n---\n', 'a: 1\n...\n', '... a: 1', '%YAML 1.2\n---\na: 1'],
    ...['text', '- 1', '{ a: 1 }', ' a: 1', 'a: 1\n  b: 2', 'a:\n  b: 1\n c: 2', 'a: b: c', 'a: b:', 'a: - b'],
    ...['a: 1\na: 2', '{ a: 1, a: 2 }', '__proto__: 1', '<<: { a: 1 }', 'a: &b 1', 'a: *b', 'a: !!str 1', '"": 1'],
    ...['a: |\n  text', 'a: >\n  text', 'a: one\n  two', 'a: "one\n  two"', "a: 'one", 'a: "b" c', 'a: "b"#c'],
    ...[
      'a: [1,\n  2]',
      'a: [1, 2',
      'a: { b }',
      'a: [b: 1]',
      'a: { b: 1, }',
      'a: [1] 2',
      'a: {b:1}',
      'a: [b:, c]',
      'a: { b: c:}',
    ],
    ...['a:\tb', 'a: 1\r\n', '\u00e9: 1', 'a: "\\x41"', '? a', 'a : 1', 'a: @b', 'a: %b', 'a: `b`'],
    ...['a: 12345678901234567890', 'a: 1e400', 'a: .inf', 'a: .NaN', 'a: ${env:UNSET}', 'a: ${x}'],
    `a: ${'['.repeat(70)}${']'.repeat(70)}`,
  ])('%j is left to the library', (text) => expect(read(text)).toBeNull())

  const bits = [
    ...['a', 'b:', 'a: b', ': ', ':', '\n', '\n  ', '\n    ', '- ', '-', ' ', '  ', '#', ' #', '\t', '\r\n', '\u00a0'],
    ...['{', '}', '[', ']', ',', ', ', '{a: b}', '[a, b]', '{ }', '"', "'", "''", '\\', '\\n', '\\x41', '"k": v'],
    ...['~', 'null', 'true', 'no', '.inf', '-0', '+1', '007', '0o7', '0x', '1e400', '99999999999999999999', '1.', '.5'],
    ...['<<: ', '&a ', '*a', '!!str ', '|', '>', '? ', '%', '@', '`', '---', '\n---\n', '...', '\u00e9', '\u2028'],
    ...['${env:THREE}', '${env:MAP}', '${', '$${', '=', '(', '-1', '- - x', '- a: b', '\nk: v', '__proto__: '],
  ]
  const bit = fc.constantFrom(...bits)
  const soup = fc.array(bit, { maxLength: 14 }).map((parts) => parts.join(''))
  const edit = fc.record({ at: fc.nat(), remove: fc.nat(3), put: fc.option(bit, { nil: '' }) })
  const edited = fc
    .record({
      text: fc.constantFrom(EVERYTHING, ...EXAMPLES),
      from: fc.nat(),
      lines: fc.integer({ min: 1, max: 15 }),
      edits: fc.array(edit, { maxLength: 4 }),
    })
    .map(({ text, from, lines, edits }) => {
      const all = text.split('\n')
      const some = all.slice(from % all.length, (from % all.length) + lines)
      const margin = /^ */.exec(some[0] ?? '')?.[0].length ?? 0
      const start = some.map((line) => line.replace(new RegExp(`^ {${margin}}`), '')).join('\n')
      return edits.reduce((now, { at, remove, put }) => {
        const place = at % (now.length + 1)
        return now.slice(0, place) + put + now.slice(place + remove)
      }, start)
    })
  test.each([
    ['soup', soup],
    ['edited examples', edited],
  ])('%s', (_, texts) => {
    let plain = 0
    fc.assert(
      fc.property(texts, (text) => {
        const found = read(text)
        if (found === null) return
        plain += 1
        expect(found).toEqual(byLibrary(text)?.map(shown))
      }),
      { numRuns: 3000 },
    )
    expect(plain).toBeGreaterThan(50)
  })
})
