import { readFileSync } from 'node:fs'
import { enableCompileCache } from 'node:module'
import { join } from 'node:path'

// `mqops --version` is asked by scripts and shells all the time: nothing else is loaded for it.
const argv = process.argv.slice(2)
const { version } = JSON.parse(readFileSync(join(import.meta.dirname, '..', 'package.json'), 'utf8')) as {
  version: string
}

if (argv.length === 1 && (argv[0] === '--version' || argv[0] === '-V')) process.stdout.write(`${version}\n`)
else process.exit(await main())

async function main(): Promise<number> {
  enableCompileCache() // a third less time from the second call on
  const [{ runCli }, { processTerminal }, { clackPrompts }, { programOf }] = await Promise.all([
    import('./cli/cli.ts'),
    import('./cli/terminal.ts'),
    import('./cli/prompts.ts'),
    import('./cli/program.ts'),
  ])
  return runCli(argv, {
    terminal: processTerminal(),
    version,
    program: programOf(import.meta.filename, process.cwd(), process.env['PATH']),
    prompts: clackPrompts,
    createApplication: async () => {
      const { createApplication } = await import('./compose.ts')
      return createApplication({ cwd: process.cwd(), env: process.env })
    },
  })
}
