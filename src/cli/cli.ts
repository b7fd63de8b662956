import type { Application } from './application.ts'
import { COMMANDS } from './commands/index.ts'
import { EXIT, exitFor, isInterruption } from './failures.ts'
import { type CommandModule, type Invocation, type Prompts, reportFailures } from './invocation.ts'
import { languageFrom, messagesFor } from './messages/index.ts'
import { badLanguage, type Options, parse, takeCommon } from './parser.ts'
import { NAME, speakingAs } from './program.ts'
import type { Terminal } from './terminal.ts'
import { helpLines } from './views/help.ts'
import { print, type Style } from './views/text.ts'

export type CliOptions = {
  readonly terminal: Terminal
  readonly version: string
  /** How this program is called: 'mqops', './mqops'; see programOf. */
  readonly program?: string
  readonly prompts: Prompts
  /** Loads brokers and adapters: asked for only by commands that need them. */
  createApplication(): Promise<Application>
}

/** argv (without node and script) in, exit code out. Never throws, never prints a stack unless MQOPS_DEBUG asks. */
export async function runCli(argv: readonly string[], o: CliOptions): Promise<number> {
  const { terminal } = o
  const common = takeCommon(argv)
  const m = speakingAs(messagesFor(common.language ?? languageFrom(terminal.env)), o.program ?? NAME)
  const style = (of: Terminal['out']): Style => ({
    color: common.color && wantsColor(of.isTerminal, terminal.env),
    columns: of.columns(),
  })
  const report = { options: outputOf(argv), terminal, m, talkStyle: style(terminal.err) }
  let application: Promise<Application> | null = null
  const ended = async (code: number): Promise<number> => {
    // What was opened is closed, whatever happened; a failure to close changes nothing that was done.
    await application?.then((app) => app.close()).catch(() => {})
    await terminal.flush()
    const problem = terminal.writeProblem()
    if (problem === null) return code
    terminal.err.write(print([m.failure.writing(problem)], report.talkStyle))
    return code === EXIT.done ? EXIT.failed : code
  }
  try {
    if (common.badLanguage !== null) throw badLanguage(common.badLanguage, m)
    const parsed =
      common.rest[0] === '__complete'
        ? ({ is: 'run', path: ['__complete'], args: common.rest.slice(1), options: {} } as const)
        : parse(common.rest, m)
    if (parsed.is === 'version') {
      terminal.out.write(`${o.version}\n`)
      return await ended(EXIT.done)
    }
    if (parsed.is === 'help') {
      terminal.out.write(print(helpLines(parsed.path, style(terminal.out), m), style(terminal.out)))
      return await ended(EXIT.done)
    }
    const { path, args, options } = parsed
    const module: CommandModule = await (COMMANDS[path.join(' ')] as () => Promise<CommandModule>)()
    const inv: Invocation = {
      path,
      args,
      options,
      terminal,
      prompts: o.prompts,
      m,
      style: style(terminal.out),
      talkStyle: report.talkStyle,
      application: () => (application ??= o.createApplication()),
    }
    return await ended(await module.run(inv))
  } catch (error) {
    if (isInterruption(error)) return ended(EXIT.interrupted)
    return ended(exitFor(reportFailures(report, error)))
  }
}

/** https://no-color.org, https://force-color.org; a dumb terminal gets plain text. */
export function wantsColor(isTerminal: boolean, env: Terminal['env']): boolean {
  if (env.NO_COLOR) return false
  if (env.FORCE_COLOR && env.FORCE_COLOR !== '0') return true
  return isTerminal && env.TERM !== 'dumb'
}

/** How failures are to be written, known even when the line can't be parsed. */
function outputOf(argv: readonly string[]): Options {
  const json = argv.includes('--json')
  const at = argv.findIndex((word) => word === '-o' || word === '--output')
  const given = at >= 0 ? argv[at + 1] : argv.find((word) => /^(-o|--output=)(json|yaml)$/.test(word))
  const output = /(json|yaml)$/.exec(given ?? '')?.[1]
  return { ...(json ? { json } : {}), ...(output ? { output } : {}) }
}
