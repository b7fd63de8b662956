import {
  ASKED,
  type Asked,
  type CommandDefinition,
  COMMANDS,
  COMMON_OPTIONS,
  type Completes,
  type OptionDefinition,
} from '../definitions.ts'
import type { Messages } from '../messages/index.ts'

/**
 * Completion scripts: commands and flags stand in them; names of clusters, their resources and runs are asked for while
 * somebody types, of the program that is being typed: './mqops' need not be on the PATH. What it answers is a name and
 * never expanded: a queue may be called `$(reboot)`.
 */

type Entry = {
  readonly path: readonly string[]
  readonly command: CommandDefinition
  readonly options: readonly OptionDefinition[]
}

const flatten = (commands: readonly CommandDefinition[], path: readonly string[] = []): readonly Entry[] =>
  commands.flatMap((command) => [
    { path: [...path, command.name], command, options: [...command.options, ...COMMON_OPTIONS] },
    ...flatten(command.subcommands, [...path, command.name]),
  ])

const ENTRIES = flatten(COMMANDS)
const flagsOf = (option: OptionDefinition): readonly string[] => option.flags.match(/(?<![\w-])--?[a-z][\w-]*/g) ?? []
const takesValue = (option: OptionDefinition): boolean => option.flags.includes('<')
const valuesOf = (option: OptionDefinition): Completes => option.choices ?? option.completes ?? 'none'
const quote = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`
const isAsked = (values: Completes): values is Asked => ASKED.some((one) => one === values)
const summaryOf = (path: readonly string[], m: Messages): string =>
  m.help.commands[path.join(' ') as keyof typeof m.help.commands].summary

/** Patterns 'PATH|WORD' that take the walk one command further. */
const steps = (): string =>
  ENTRIES.map((entry) => quote(`${entry.path.slice(0, -1).join(' ')}|${entry.path.at(-1)}`)).join(' | ')

/** For each option with a value: the patterns 'PATH|FLAG' and what completes it. */
const valueCases = (): readonly { readonly pattern: string; readonly values: Completes }[] =>
  ENTRIES.flatMap((entry) =>
    entry.options.filter(takesValue).map((option) => ({
      pattern: flagsOf(option)
        .map((flag) => quote(`${entry.path.join(' ')}|${flag}`))
        .join(' | '),
      values: valuesOf(option),
    })),
  )

const argumentsOf = (command: CommandDefinition): readonly Completes[] =>
  command.arguments.map((argument) => argument.completes)

export function bashCompletion(): string {
  const words = (values: Completes): string =>
    values === 'files'
      ? 'COMPREPLY=($(compgen -f -- "$cur"))'
      : values === 'none'
        ? ':'
        : isAsked(values)
          ? `_mqops_ask ${values}`
          : `COMPREPLY=($(compgen -W ${quote(values.join(' '))} -- "$cur"))`
  const names = (entry: Entry): string => {
    const values = argumentsOf(entry.command)
    const fixed = [
      ...entry.command.subcommands.map((sub) => sub.name),
      ...values.flatMap((of) => (typeof of === 'string' ? [] : of)),
    ]
    const files = entry.command.name === 'apply'
    return [
      ...(files || fixed.length > 0
        ? [`COMPREPLY=($(compgen ${files ? '-f ' : ''}-W ${quote(fixed.join(' '))} -- "$cur"))`]
        : []),
      ...values.filter(isAsked).map((of) => `_mqops_ask ${of}`),
      ':',
    ].join('; ')
  }
  return `# mqops completion for bash
_mqops_ask() {
  local line cut=\${cur%"\${cur##*[:=]}"} # readline takes : and = for the ends of words
  while IFS= read -r line; do
    [[ $line == *[/.] ]] && compopt -o nospace 2>/dev/null
    line=\${line#"$cut"}
    [[ $raw == [\\"\\']* ]] || printf -v line %q "$line"
    COMPREPLY+=("$line")
  done < <("\${COMP_WORDS[0]/#\\~/$HOME}" __complete "$1" "$cur" "\${COMP_WORDS[@]:1:COMP_CWORD-1}" 2>/dev/null </dev/null)
}
_mqops() {
  local before=\${COMP_LINE:0:COMP_POINT} raw cur prev path= i
  raw=\${before##*[[:space:]]}
  before=\${before%"$raw"}
  before=\${before%"\${before##*[![:space:]]}"}
  prev=\${before##*[[:space:]]}
  [[ $raw == --*=* ]] && prev=\${raw%%=*} raw=\${raw#*=}
  cur=\${raw//[\\"\\'\\\\]/}
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "$path|\${COMP_WORDS[i]}" in
      ${steps()}) path="\${path:+$path }\${COMP_WORDS[i]}" ;;
    esac
  done
  COMPREPLY=()
  case "$path|$prev" in
${valueCases()
  .map(({ pattern, values }) => `    ${pattern}) ${words(values)}; return ;;`)
  .join('\n')}
  esac
  case "$path" in
    '') COMPREPLY=($(compgen -W ${quote([...COMMANDS.map((command) => command.name), ...COMMON_OPTIONS.flatMap(flagsOf), '--version'].join(' '))} -- "$cur")) ;;
${ENTRIES.map((entry) => `    ${quote(entry.path.join(' '))}) if [[ $cur == -* ]]; then COMPREPLY=($(compgen -W ${quote(entry.options.flatMap(flagsOf).join(' '))} -- "$cur")); else ${names(entry)}; fi ;;`).join('\n')}
  esac
}
complete -F _mqops mqops
`
}

export function zshCompletion(m: Messages): string {
  const described = (name: string, text: string): string => quote(`${name.replaceAll(':', '\\:')}:${text}`)
  const words = (values: Completes): string =>
    values === 'files'
      ? '_files'
      : values === 'none'
        ? ':'
        : isAsked(values)
          ? `_mqops_ask ${values}`
          : `compadd -- ${values.join(' ')}`
  const flags = (entry: Entry): string =>
    entry.options
      .flatMap((option) => flagsOf(option).map((flag) => described(flag, m.help.options[option.key])))
      .join(' ')
  const subs = (commands: readonly CommandDefinition[], path: readonly string[]): string =>
    commands.map((command) => described(command.name, summaryOf([...path, command.name], m))).join(' ')
  return `#compdef mqops
# mqops completion for zsh
_mqops_ask() {
  local -a found
  found=(\${(f)"$("\${words[1]/#\\~/$HOME}" __complete $1 "\${(Q)PREFIX}" "\${(@Q)words[2,CURRENT-1]}" 2>/dev/null </dev/null)"})
  compadd -S '' -- \${(M)found:#*[/.]}
  compadd -- \${found:#*[/.]}
}
_mqops() {
  local cur=\${words[CURRENT]} prev=\${words[CURRENT-1]} at= i
  local -a items
  for ((i = 2; i < CURRENT; i++)); do
    case "$at|\${words[i]}" in
      (${steps()}) at="\${at:+$at }\${words[i]}" ;;
    esac
  done
  if [[ $PREFIX == --*=* ]]; then prev=\${PREFIX%%=*}; compset -P '*='; fi
  case "$at|$prev" in
${valueCases()
  .map(({ pattern, values }) => `    (${pattern}) ${words(values)}; return ;;`)
  .join('\n')}
  esac
  case "$at" in
    ('') items=(${subs(COMMANDS, [])}); _describe command items ;;
${ENTRIES.map((entry) => `    (${quote(entry.path.join(' '))}) if [[ $cur == -* ]]; then items=(${flags(entry)}); _describe -o option items; else ${[...(entry.command.subcommands.length > 0 ? [`items=(${subs(entry.command.subcommands, entry.path)}); _describe command items`] : []), ...argumentsOf(entry.command).map(words), ...(entry.command.name === 'apply' ? ['_files'] : []), ':'].join('; ')}; fi ;;`).join('\n')}
  esac
}
if [[ \${funcstack[1]} == _mqops ]]; then _mqops "$@"; else compdef _mqops mqops; fi
`
}

export function fishCompletion(m: Messages): string {
  const when = (path: readonly string[]): string =>
    quote(
      path.length === 0
        ? '__fish_use_subcommand'
        : path.map((name) => `__fish_seen_subcommand_from ${name}`).join('; and '),
    )
  const values = (of: Completes): string =>
    of === 'files' ? ' -F' : of === 'none' ? '' : ` -f -a ${quote(isAsked(of) ? `(__mqops_ask ${of})` : of.join(' '))}`
  const option = (path: readonly string[], one: OptionDefinition): string => {
    const names = flagsOf(one).map((flag) => (flag.startsWith('--') ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`))
    return `complete -c mqops -n ${when(path)} ${names.join(' ')}${takesValue(one) ? ` -r${values(valuesOf(one))}` : ''} -d ${quote(m.help.options[one.key])}`
  }
  return `# mqops completion for fish
function __mqops_ask
  set -l words (commandline -opc)
  set -l current (commandline -ct | string replace -r -- '^--[a-z-]+=' '')
  $words[1] __complete $argv[1] "$current" $words[2..-1] 2>/dev/null </dev/null
end
complete -c mqops -f
${COMMANDS.map((command) => `complete -c mqops -n ${when([])} -a ${command.name} -d ${quote(summaryOf([command.name], m))}`).join('\n')}
${ENTRIES.flatMap((entry) => [
  ...entry.command.subcommands.map(
    (sub) =>
      `complete -c mqops -n ${when(entry.path)} -a ${sub.name} -d ${quote(summaryOf([...entry.path, sub.name], m))}`,
  ),
  ...argumentsOf(entry.command).map((of) => `complete -c mqops -n ${when(entry.path)}${values(of)}`),
  ...(entry.command.name === 'apply' ? [`complete -c mqops -n ${when(entry.path)} -F`] : []),
  ...entry.options.map((one) => option(entry.path, one)),
]).join('\n')}
`
}
