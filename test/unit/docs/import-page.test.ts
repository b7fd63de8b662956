import { execFile } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { FORMATS } from '../../../src/cli/definitions.ts'
import { loadReal } from '../spec/real.ts'

const ROOT = join(import.meta.dirname, '../../..')
const page = readFileSync(join(ROOT, 'docs/import.md'), 'utf8')
const blocks = [...page.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].map(([, language, text = '']) => ({ language, text }))

/** Each command that asks no cluster, with what stands below it. */
const shown = blocks.flatMap(({ language, text }, i) =>
  language === 'sh' && text.startsWith('./mqops import --from ') ? [[text.trim(), blocks[i + 1]?.text] as const] : [],
)

describe('docs/import.md', () => {
  test.each(shown)('%s prints what stands below it', async (command, printed) => {
    const args = [join(ROOT, 'src/main.ts'), ...command.split(' ').slice(1)]
    const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: ROOT })
    expect(stdout).toBe(printed)
  })

  test('there is one of each format', () => {
    const read = shown.map(([, printed]) => /^# What mqops import read of .+ \((.+)\)\.$/m.exec(printed ?? '')?.[1])
    expect(read.toSorted()).toEqual([...FORMATS].toSorted())
  })

  test('every spec in it is one', () => {
    const specs = blocks.filter(({ language }) => language === 'yaml')
    expect(specs).toHaveLength(FORMATS.length + 2)
    for (const { text } of specs) expect(loadReal(text).failures, text).toEqual([])
  })

  test('its links lead somewhere', () => {
    const links = [...page.matchAll(/\]\(([^)#]+)\)/g)].map(([, to = '']) => to)
    expect(links.filter((to) => !existsSync(join(ROOT, 'docs', to)))).toEqual([])
  })
})
