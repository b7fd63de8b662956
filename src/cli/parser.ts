import { Command, CommanderError, Option } from 'commander'
import { type CommandDefinition, COMMANDS, findCommand, type OptionDefinition } from './definitions.ts'
import { usage } from './failures.ts'
import { type Language, languageOf, LANGUAGES, type Messages } from './messages/index.ts'
import { suggest } from '../spec/suggest.ts'

export type Options = {
  readonly file?: readonly string[]
  readonly output?: string
  readonly yes?: boolean
  readonly confirm?: readonly string[]
  readonly adopt?: readonly string[]
  readonly json?: boolean
  readonly detailedExitcode?: boolean
  readonly out?: string
  readonly only?: readonly string[]
  readonly from?: readonly string[]
  readonly format?: string
  readonly watch?: boolean
  readonly verify?: boolean
  readonly force?: boolean
  readonly follow?: boolean
  readonly lines?: number
  readonly limit?: number
  readonly user?: string
  readonly showSecrets?: boolean
  readonly env?: boolean
  readonly properties?: boolean
  readonly down?: boolean
  readonly install?: boolean
  readonly topic?: readonly string[]
  readonly to?: 'earliest' | 'latest'
  readonly toTime?: string
  readonly toOffset?: string
  readonly shift?: string
  readonly planOnly?: boolean
}

export type Parsed =
  | { readonly is: 'help'; readonly path: readonly string[] }
  | { readonly is: 'version' }
  | {
      readonly is: 'run'
      readonly path: readonly string[]
      readonly args: readonly string[]
      readonly options: Options
    }

/** What holds for every command, wherever it stands on the line; the rest is the command's. */
export type Common = {
  readonly language: Language | null
  readonly badLanguage: string | null
  readonly color: boolean
  readonly rest: readonly string[]
}

export function takeCommon(argv: readonly string[]): Common {
  const rest: string[] = []
  let language: Language | null = null
  let badLanguage: string | null = null
  let color = true
  for (let i = 0; i < argv.length; i++) {
    const word = argv[i] as string
    if (word === '--') {
      rest.push(...argv.slice(i))
      break
    }
    if (word === '--no-color') color = false
    else if (word === '--lang' || word.startsWith('--lang=')) {
      const tag = word === '--lang' ? (argv[++i] ?? '') : word.slice('--lang='.length)
      language = languageOf(tag)
      if (language === null) badLanguage = tag
    } else rest.push(word)
  }
  return { language, badLanguage, color, rest }
}

export const badLanguage = (tag: string, m: Messages) => usage(m.usage.badChoice(tag, '--lang', LANGUAGES.join(', ')))

/** Reads a command line. Throws MQOPS_USAGE. */
export function parse(argv: readonly string[], m: Messages): Parsed {
  if (argv.length === 0) return { is: 'help', path: [] }
  if (argv[0] === 'help') return helpFor(argv.slice(1), m)
  let parsed: Parsed | null = null
  const root = new Command('mqops').version('', '-V, --version')
  quiet(root)
  root.action(() => {
    parsed = { is: 'help', path: [] }
  })
  const add = (to: Command, definition: CommandDefinition, path: readonly string[]) => {
    const command = to.command(definition.name)
    quiet(command)
    for (const argument of definition.arguments) {
      const name = argument.variadic ? `${argument.name}...` : argument.name
      command.argument(argument.required ? `<${name}>` : `[${name}]`)
    }
    for (const option of definition.options) command.addOption(toOption(option, m))
    for (const sub of definition.subcommands) add(command, sub, [...path, sub.name])
    command.action(() => {
      parsed = { is: 'run', path, args: command.args, options: command.optsWithGlobals() }
    })
  }
  for (const definition of COMMANDS) add(root, definition, [definition.name])
  try {
    root.parse([...argv], { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    if (error.code === 'commander.version') return { is: 'version' }
    const path = pathOf(argv)
    if (error.code === 'commander.helpDisplayed' || error.code === 'commander.help') return { is: 'help', path }
    throw toUsage(error, path, argv, m)
  }
  if (parsed === null) throw usage(m.usage.tooMany)
  return parsed
}

const quiet = (command: Command): Command =>
  command
    .exitOverride()
    .configureOutput({ writeOut: () => {}, writeErr: () => {} })
    .helpCommand(false)
    .showSuggestionAfterError(false)

function toOption(definition: OptionDefinition, m: Messages): Option {
  const option = new Option(definition.flags)
  if (definition.choices) option.choices([...definition.choices])
  if (definition.repeatable)
    option.argParser((value: string, before: string[] | undefined) => [...(before ?? []), value])
  if (definition.wholeNumber) {
    option.argParser((value: string) => {
      if (!/^\d{1,9}$/.test(value)) throw usage(m.usage.badNumber(value, option.long ?? ''))
      return Number(value)
    })
  }
  return option
}

/** The command words at the head of a line, as far as they name a command. */
function pathOf(argv: readonly string[]): readonly string[] {
  const path: string[] = []
  for (const word of argv) {
    if (!findCommand([...path, word])) break
    path.push(word)
  }
  return path
}

function helpFor(words: readonly string[], m: Messages): Parsed {
  const path = pathOf(words)
  const stranger = words[path.length]
  if (stranger !== undefined && !stranger.startsWith('-'))
    throw unknownCommand(stranger, path.length === 0 ? COMMANDS : (findCommand(path)?.subcommands ?? []), m)
  return { is: 'help', path }
}

function unknownCommand(name: string, among: readonly CommandDefinition[], m: Messages) {
  const near = suggest(
    name,
    among.map((command) => command.name),
  )
  return usage(m.usage.unknownCommand(name), near !== null ? m.usage.didYouMean(near) : m.usage.seeHelp('mqops --help'))
}

const long = (flags: string): string => /--[\w-]+/.exec(flags)?.[0] ?? flags
const quoted = (text: string): string => /'([^']*)'/.exec(text)?.[1] ?? ''

function toUsage(error: CommanderError, path: readonly string[], argv: readonly string[], m: Messages) {
  const command = findCommand(path)
  const see = m.usage.seeHelp(['mqops', ...path, '--help'].join(' '))
  const name = quoted(error.message)
  if (error.code === 'commander.unknownOption') {
    const flags = (command?.options ?? []).map((option) => long(option.flags))
    const near = suggest(name.split('=')[0] as string, flags)
    return usage(m.usage.unknownOption(name), near !== null ? m.usage.didYouMean(near) : see)
  }
  if (error.code === 'commander.missingArgument') return usage(m.usage.missingArgument(name.toUpperCase()), see)
  if (error.code === 'commander.optionMissingArgument') return usage(m.usage.missingValue(long(name)), see)
  if (error.code === 'commander.invalidArgument') {
    const bad = command?.options.find((option) => option.flags === name)
    const value = /argument '(.*)' is invalid/.exec(error.message)?.[1] ?? ''
    return usage(m.usage.badChoice(value, long(name), (bad?.choices ?? []).join(', ')), see)
  }
  const stranger = argv[path.length]
  const expected = path.length === 0 ? COMMANDS : (command?.subcommands ?? [])
  if (expected.length > 0 && stranger !== undefined && !stranger.startsWith('-'))
    return unknownCommand(stranger, expected, m)
  return usage(m.usage.tooMany, see)
}
