import { execFileSync } from 'node:child_process'
import { chmodSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ASKED } from '../../../src/cli/definitions.ts'
import { cli, folder } from './support.ts'

let bin = ''

/** What a real bash proposes for a line, `mqops __complete` being answered by a stand-in. */
const complete = (...words: readonly string[]) => completeFor('path', ...words)

/** `by`: called by its name, found on the PATH, or as a file that is not on it. */
async function completeFor(by: 'path' | 'file', ...words: readonly string[]): Promise<readonly string[]> {
  const { out } = await cli(['completion', 'bash'])
  bin = folder()
  writeFileSync(
    join(bin, 'mqops'),
    `#!/bin/sh
names() {
  case $1 in
    clusters) printf '%s\\n' orders stock ;;
    runs) echo run-1 ;;
    resources) printf '%s\\n' orders/ 'orders/acl/User:shop/read/*' 'orders/queue/$(touch pwned)' ;;
  esac
}
[ "$1" = __complete ] && names "$2" | grep -F -- "$3"
`,
  )
  chmodSync(join(bin, 'mqops'), 0o755)
  const line = words.map((word) => `'${word}'`).join(' ')
  const script = `${out}\nCOMP_WORDS=(${by === 'path' ? 'mqops' : join(bin, 'mqops')} ${line}); COMP_CWORD=${words.length}; COMP_LINE="mqops ${words.join(' ')}"; COMP_POINT=\${#COMP_LINE}; _mqops; printf '%s\\n' "\${COMPREPLY[@]}"`
  const env = { ...process.env, PATH: by === 'path' ? `${bin}:${process.env['PATH'] ?? ''}` : '/usr/bin:/bin' }
  return execFileSync('bash', ['-c', script], { encoding: 'utf8', env, cwd: bin }).trim().split('\n')
}

describe('bash completes', () => {
  it('commands', async () => {
    expect(await complete('ve')).toEqual(['verify'])
    expect(await complete('runs', 's')).toEqual(['show'])
  })

  it('flags of the command, and their values', async () => {
    expect(await complete('plan', '--det')).toEqual(['--detailed-exitcode'])
    expect(await complete('plan', '-o', 'ma')).toEqual(['markdown'])
    expect(await complete('verify', 'orders', '--output', 'j')).toEqual(['json', 'junit'])
  })

  it('names of clusters and runs, asked for at that moment', async () => {
    expect(await complete('status', '')).toEqual(['orders', 'stock'])
    expect(await complete('destroy', '--confirm', 'st')).toEqual(['stock'])
    expect(await complete('runs', 'show', '')).toEqual(['run-1'])
    expect(await complete('completion', 'f')).toEqual(['fish'])
  })

  it('addresses, colons in them too, which readline takes for ends of words', async () => {
    expect(await complete('plan', '--adopt', 'orders/acl/User:s')).toEqual(['shop/read/\\*'])
    expect(await complete('plan', '--adopt=orders/acl')).toEqual(['orders/acl/User:shop/read/\\*'])
  })

  it('names are text: nothing in them is run', async () => {
    expect(await complete('apply', '--adopt', 'orders/queue')).toEqual(['orders/queue/\\$\\(touch\\ pwned\\)'])
    expect(readdirSync(bin)).toEqual(['mqops'])
  })

  it('names for ./mqops too, which is not on the PATH', async () => {
    expect(await completeFor('file', 'status', '')).toEqual(['orders', 'stock'])
  })

  it('a cluster that is called like a command is a cluster', async () => {
    expect(await complete('verify', 'plan', '--wa')).toEqual(['--watch'])
  })
})

it.each(['zsh', 'fish'])('%s: each command and each of its flags stands in the script', async (shell) => {
  const { out } = await cli(['completion', shell])
  for (const word of ['detailed-exitcode', 'show-secrets', 'junit']) expect(out).toContain(word)
  for (const asked of ASKED) expect(out).toMatch(new RegExp(`_mqops_ask ${asked}`))
})
