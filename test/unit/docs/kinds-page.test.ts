import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { brokers } from '../../../src/brokers/registry.ts'

const page = readFileSync(join(import.meta.dirname, '../../../docs/kinds.md'), 'utf8')

/** The conformance suite writes the page; what it can't have written is found here, without a broker. */
test.each(brokers)(
  'docs/kinds.md has each kind of $kind, and nothing that was not seen',
  ({ kind, kinds, defaultVersion }) => {
    const [, section = ''] = page.split(`## ${kind} ${defaultVersion}\n`)
    const rows = (section.split('\n## ')[0] ?? '').split('\n').filter((line) => line.startsWith('| '))
    const cells = rows.map((line) => line.slice(2, -2).split(' | '))
    const names = cells.map(([name]) => name)
    expect(names).toEqual(expect.arrayContaining(kinds.map((one) => one.name)))
    for (const [name, ...verbs] of cells.slice(2))
      expect([name, verbs.slice(0, -1).filter((verb) => verb !== '✓' && verb !== '–')]).toEqual([name, []])
  },
)
