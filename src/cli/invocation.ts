import type { Failure } from '../model/failure.ts'
import type { Application } from './application.ts'
import { failuresOf } from './failures.ts'
import type { Messages } from './messages/index.ts'
import type { Options } from './parser.ts'
import type { Terminal } from './terminal.ts'
import { failureJson, failuresJson, jsonLine, jsonText, yamlText } from './views/json.ts'
import { failureLines } from './views/failure.ts'
import { type Line, print, type Style } from './views/text.ts'

/** Questions to a person; null: declined (or Ctrl-C). Asked on standard error. */
export type Prompts = {
  confirm(question: string): Promise<boolean>
  text(question: string): Promise<string | null>
  choose(question: string, names: readonly string[]): Promise<readonly string[] | null>
}

/** Everything that one command needs. Commands are functions from this to an exit code. */
export type Invocation = {
  readonly path: readonly string[]
  readonly args: readonly string[]
  readonly options: Options
  readonly terminal: Terminal
  readonly prompts: Prompts
  readonly m: Messages
  /** Data: standard output. */
  readonly style: Style
  /** Talk: standard error. */
  readonly talkStyle: Style
  /** Made at first use; closed by whoever runs the command. */
  application(): Promise<Application>
}
export type CommandModule = { readonly run: (inv: Invocation) => Promise<number> }

export const isMachine = (inv: Pick<Invocation, 'options'>): boolean =>
  inv.options.output === 'json' || inv.options.output === 'yaml'
/** NDJSON on standard output: nothing else may stand there. */
export const isStream = (inv: Pick<Invocation, 'options'>): boolean => inv.options.json === true
export const isWide = (inv: Pick<Invocation, 'options'>): boolean => inv.options.output === 'wide'

export const show = (inv: Invocation, lines: readonly Line[]): void => inv.terminal.out.write(print(lines, inv.style))
export const talk = (inv: Invocation, lines: readonly Line[]): void =>
  inv.terminal.err.write(print(lines, inv.talkStyle))
/** For people: on standard output, or aside when that is a machine's. */
export const tell = (inv: Invocation, lines: readonly Line[]): void =>
  isMachine(inv) || isStream(inv) ? talk(inv, lines) : show(inv, lines)

/** The answer as -o asks for it. */
export async function answer(inv: Invocation, value: () => unknown, lines: () => readonly Line[]): Promise<void> {
  if (inv.options.output === 'json') inv.terminal.out.write(jsonText(value()))
  else if (inv.options.output === 'yaml') inv.terminal.out.write(await yamlText(value()))
  else show(inv, lines())
}

export const event = (inv: Invocation, value: unknown): void => inv.terminal.out.write(jsonLine(value))

/** Failures on standard error, as -o asks; with --json they are events like all else. */
export function reportFailures(
  inv: Pick<Invocation, 'options' | 'terminal' | 'talkStyle' | 'm'>,
  error: unknown,
): readonly Failure[] {
  const { terminal, m, talkStyle } = inv
  const failures = failuresOf(error).map((failure) =>
    failure.code === 'MQOPS_INTERNAL' && !failure.hint ? { ...failure, hint: m.failure.internal } : failure,
  )
  if (isStream(inv))
    for (const failure of failures) terminal.out.write(jsonLine({ type: 'failure', failure: failureJson(failure) }))
  else if (isMachine(inv)) terminal.err.write(jsonText(failuresJson(failures)))
  else
    terminal.err.write(
      print(
        failures.flatMap((failure, i) => [...(i > 0 ? [''] : []), ...failureLines(failure, m, talkStyle.columns)]),
        talkStyle,
      ),
    )
  if (terminal.env.MQOPS_DEBUG && error instanceof Error)
    terminal.err.write(`${error.stack}\n${error.cause instanceof Error ? `${error.cause.stack}\n` : ''}`)
  return failures
}
