// The one clock that oxlint's rules can't name: `new Date()` without an argument, where time has to be handed in.
import { readFileSync } from 'node:fs'
import { glob } from 'node:fs/promises'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')
/** The same rooms as the second override in .oxlintrc.json. */
const MAY_READ_THE_CLOCK = /^src\/(main\.ts|compose\.ts|(adapters|cli|runtimes|targets)\/)/
const READS_THE_CLOCK = /\bnew Date(?:\(\s*\)|(?!\s*\(|\w))|(?<![\w.]|new )Date\(/

for await (const file of glob('src/**/*.ts', { cwd: root })) {
  if (MAY_READ_THE_CLOCK.test(file)) continue
  for (const [index, text] of readFileSync(join(root, file), 'utf8').split('\n').entries()) {
    if (/^\s*(\*|\/\/|\/\*)/.test(text) || !READS_THE_CLOCK.test(text)) continue
    console.error(`${file}:${index + 1}: time is handed in here, see CONTRIBUTING.md: ${text.trim()}`)
    process.exitCode = 1
  }
}
