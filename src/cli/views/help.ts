import { type CommandDefinition, COMMANDS, COMMON_OPTIONS, findCommand, type OptionDefinition } from '../definitions.ts'
import type { Messages } from '../messages/index.ts'
import { bold, dim, type Line, lineWidth, paint, type Style, wrap } from './text.ts'

/** Help as people read it: examples first, then what can be said. */
export function helpLines(path: readonly string[], style: Style, m: Messages): readonly Line[] {
  const command = path.length === 0 ? null : findCommand(path)
  return command ? commandHelp(path, command, style, m) : rootHelp(style, m)
}

const wordsFor = (path: readonly string[], m: Messages) =>
  m.help.commands[path.join(' ') as keyof typeof m.help.commands]

function rootHelp(style: Style, m: Messages): readonly Line[] {
  const h = m.help
  return [
    h.tagline,
    '',
    [bold(h.titles.examples)],
    ...examples(h.examples, style),
    '',
    [bold(h.titles.usage)],
    `  ${m.command(`mqops ${h.usageCommand}`)} [${h.usageOptions}]`,
    '',
    [bold(h.titles.commands)],
    ...(Object.keys(h.groups) as (keyof typeof h.groups)[]).flatMap((group) => [
      [dim(`  ${h.groups[group]}`)],
      ...pairs(
        COMMANDS.filter((command) => command.group === group).map((command) => [
          command.name,
          wordsFor([command.name], m).summary,
        ]),
        style,
        4,
      ),
    ]),
    '',
    [bold(h.titles.common)],
    ...pairs(
      COMMON_OPTIONS.map((option) => optionPair(option, m)),
      style,
    ),
    '',
    [bold(h.titles.exitCodes)],
    `  ${h.exitCodes}`,
    '',
    h.moreHelp,
  ]
}

function commandHelp(path: readonly string[], command: CommandDefinition, style: Style, m: Messages): readonly Line[] {
  const h = m.help
  const words = wordsFor(path, m)
  return [
    words.description,
    '',
    [bold(h.titles.examples)],
    ...examples(words.examples, style),
    '',
    [bold(h.titles.usage)],
    `  ${[m.command(`mqops ${path.join(' ')}`), ...command.arguments.map(argumentName), `[${h.usageOptions}]`].join(' ')}`,
    ...section(
      h.titles.commands,
      command.subcommands.map((sub) => [sub.name, wordsFor([...path, sub.name], m).summary]),
      style,
    ),
    ...section(
      h.titles.arguments,
      command.arguments.map((argument) => [argumentName(argument), h.arguments[argument.name]]),
      style,
    ),
    ...section(
      h.titles.options,
      command.options.map((option) => optionPair(option, m)),
      style,
    ),
    ...section(
      h.titles.common,
      COMMON_OPTIONS.map((option) => optionPair(option, m)),
      style,
    ),
  ]
}

const ARGUMENT_NAMES: Partial<Record<CommandDefinition['arguments'][number]['name'], string>> = {
  planOrClusters: 'PLANFILE|CLUSTER',
  clusters: 'CLUSTER',
  brokers: 'BROKER',
}

function argumentName(argument: CommandDefinition['arguments'][number]): string {
  const name = `${ARGUMENT_NAMES[argument.name] ?? argument.name.toUpperCase()}${argument.variadic ? '...' : ''}`
  return argument.required ? name : `[${name}]`
}

type Pair = readonly [name: string, text: string]

function optionPair(option: OptionDefinition, m: Messages): Pair {
  const choices = option.choices ? m.help.aside(m.help.choices(option.choices.join(', '))) : ''
  const repeatable = option.repeatable ? m.help.aside(m.help.repeatable) : ''
  const flags = option.flags.replace(/<(\w+)>/, (_, name: string) => name.toUpperCase())
  return [flags.startsWith('--') ? `    ${flags}` : flags, `${m.help.options[option.key]}${choices}${repeatable}`]
}

const section = (title: string, rows: readonly Pair[], style: Style): readonly Line[] =>
  rows.length === 0 ? [] : ['', [bold(title)], ...pairs(rows, style)]

/** Two columns; on a narrow terminal the text goes under the name. */
function pairs(rows: readonly Pair[], style: Style, indent = 2): readonly Line[] {
  const width = Math.max(...rows.map(([name]) => lineWidth(name)))
  const space = ' '.repeat(indent)
  const room = style.columns - indent - width - 2
  if (room < 24) return rows.flatMap(([name, text]) => [`${space}${name.trim()}`, [`${space}  `, dim(text)]])
  return rows.flatMap(([name, text]) =>
    wrap(text, room, 0).map(
      (row, i): Line => [
        space,
        i === 0 ? paint('cyan', name) : '',
        ' '.repeat(width + 2 - (i === 0 ? lineWidth(name) : 0)),
        ...row,
      ],
    ),
  )
}

const examples = (rows: readonly Pair[], style: Style): readonly Line[] => {
  const width = Math.max(...rows.map(([command]) => lineWidth(command)))
  const wide = style.columns >= width + 30 && width <= 50
  return rows.flatMap(([command, what]) =>
    wide
      ? [[`  $ ${command}`, ' '.repeat(width + 2 - lineWidth(command)), dim(what)]]
      : [`  $ ${command}`, [dim(`      ${what}`)]],
  )
}
