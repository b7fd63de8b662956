import { expect, test } from 'vitest'
import { filesOf } from '../../../src/cli/views/changes.ts'
import type { NodeSpec } from '../../../src/model/member.ts'
import type { Step } from '../../../src/model/plan.ts'
import { lineChanges } from '../../../src/operations/deploy/member-files.ts'

const text = (count: number, word: string): string => Array.from({ length: count }, (_, i) => `${word} ${i}`).join('\n')
const node = (files: Record<string, string>): NodeSpec =>
  ({
    files: Object.fromEntries(Object.entries(files).map(([name, of]) => [name, { text: [of], apply: 'reload' }])),
  }) as unknown as NodeSpec
const shown = (have: Record<string, string>, want: Record<string, string>) =>
  filesOf({ action: 'member.reload', changes: lineChanges(node(want), have, Object.keys(want)) } as unknown as Step)

test('changed lines of files: all of a few', () => {
  expect(shown({ a: 'x\ny' }, { a: 'x\nz', b: 'new' })).toEqual([
    { file: 'a', gone: ['y'], come: ['z'], more: [] },
    { file: 'b', gone: [], come: ['new'], more: [] },
  ])
})

test('of many a screenful, and how many more of each file', () => {
  const [a, b, ...none] = shown({ a: text(15, 'old'), b: 'one' }, { a: text(25, 'new'), b: 'two' }) ?? []
  expect(none).toEqual([])
  expect([a?.gone.length, a?.come.length, a?.more]).toEqual([15, 20, ['and 5 more lines']])
  expect(b).toEqual({ file: 'b', gone: [], come: [], more: ['and 2 more lines'] })
  expect(shown({}, { a: text(20, 'new') })?.[0]?.more).toEqual([])
  expect(shown({}, { a: text(21, 'new') })?.[0]?.more).toEqual(['and 1 more line'])
})
