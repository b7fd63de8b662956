import type { enHelp } from './messages/en-help.ts'

/** What the command line accepts, as data: the parser, `--help` and the shells' completions are made of it. */

/**
 * What stands in a place: words, or what is asked for while somebody types. `members`, `resources`: addresses of them;
 * `patterns`: addresses without the cluster; `fields`: paths of the reference.
 */
export type Completes = Asked | 'files' | 'none' | readonly string[]
export const ASKED = ['clusters', 'runs', 'members', 'resources', 'patterns', 'users', 'fields'] as const
export type Asked = (typeof ASKED)[number]
export type ArgumentDefinition = {
  readonly name: keyof typeof enHelp.arguments
  readonly required: boolean
  readonly variadic: boolean
  readonly completes: Completes
}
export type OptionDefinition = {
  readonly key: keyof typeof enHelp.options
  readonly flags: string // '-f, --file <path>'
  readonly choices?: readonly string[]
  readonly repeatable?: true
  readonly completes?: Completes
  readonly wholeNumber?: true
}
export type CommandDefinition = {
  readonly name: string
  readonly group: keyof typeof enHelp.groups
  readonly arguments: readonly ArgumentDefinition[]
  readonly options: readonly OptionDefinition[]
  readonly subcommands: readonly CommandDefinition[]
}

const required = (name: ArgumentDefinition['name'], completes: Completes): ArgumentDefinition => ({
  name,
  required: true,
  variadic: false,
  completes,
})
const many = (name: ArgumentDefinition['name'], completes: Completes): ArgumentDefinition => ({
  name,
  required: false,
  variadic: true,
  completes,
})

const file: OptionDefinition = { key: 'file', flags: '-f, --file <path>', repeatable: true, completes: 'files' }
const output = (...more: readonly string[]): OptionDefinition => ({
  key: 'output',
  flags: '-o, --output <format>',
  choices: ['table', 'wide', 'json', 'yaml', ...more],
})
const yes: OptionDefinition = { key: 'yes', flags: '-y, --yes' }
const confirm: OptionDefinition = {
  key: 'confirm',
  flags: '--confirm <cluster>',
  repeatable: true,
  completes: 'clusters',
}
const adopt: OptionDefinition = { key: 'adopt', flags: '--adopt <address>', repeatable: true, completes: 'resources' }
const json: OptionDefinition = { key: 'json', flags: '--json' }
const watch: OptionDefinition = { key: 'watch', flags: '-w, --watch' }
const verify: OptionDefinition = { key: 'verify', flags: '--verify' }
const noVerify: OptionDefinition = { key: 'noVerify', flags: '--no-verify' }
const running = [yes, confirm, json, output()]

const define = (
  group: CommandDefinition['group'],
  name: string,
  args: readonly ArgumentDefinition[],
  options: readonly OptionDefinition[],
  subcommands: readonly CommandDefinition[] = [],
): CommandDefinition => ({ name, group, arguments: args, options, subcommands })

const limit: OptionDefinition = { key: 'limit', flags: '--limit <count>', wholeNumber: true }
const clusters = many('clusters', 'clusters')

/** As the brokers name them; a test holds the two together. */
export const FORMATS = ['topicctl', 'strimzi', 'julie', 'nats', 'rabbitmq-definitions'] as const

export const COMMANDS: readonly CommandDefinition[] = [
  define(
    'start',
    'init',
    [many('brokers', ['kafka', 'nats', 'rabbitmq'])],
    [
      { key: 'out', flags: '--out <file>', completes: 'files' },
      { key: 'force', flags: '--force' },
    ],
  ),
  define('start', 'validate', [], [file, output()]),
  define(
    'start',
    'plan',
    [clusters],
    [
      file,
      adopt,
      output('markdown'),
      { key: 'detailedExitcode', flags: '--detailed-exitcode' },
      { key: 'out', flags: '--out <file>', completes: 'files' },
    ],
  ),
  define('start', 'apply', [many('planOrClusters', 'clusters')], [file, adopt, ...running, verify, noVerify]),
  define('start', 'verify', [clusters], [file, json, output('junit'), watch]),
  define('start', 'status', [clusters], [file, output(), watch]),
  define('start', 'destroy', [clusters], [file, ...running]),
  define('start', 'adopt', [clusters], [file, yes, output()]),
  define(
    'start',
    'import',
    [clusters],
    [
      file,
      { key: 'only', flags: '--only <pattern>', repeatable: true, completes: 'patterns' },
      { key: 'from', flags: '--from <file>', repeatable: true, completes: 'files' },
      { key: 'format', flags: '--format <format>', choices: FORMATS },
      { key: 'out', flags: '--out <file>', completes: 'files' },
      { key: 'force', flags: '--force' },
      output(),
    ],
  ),
  define('change', 'stop', [clusters], [file, ...running]),
  define('change', 'start', [clusters], [file, ...running]),
  define(
    'change',
    'resume',
    [{ name: 'run', required: false, variadic: false, completes: 'runs' }],
    [...running, noVerify],
  ),
  define(
    'change',
    'runs',
    [],
    [limit, output()],
    [define('change', 'list', [], [limit, output()]), define('change', 'show', [required('run', 'runs')], [output()])],
  ),
  define(
    'change',
    'logs',
    [required('address', 'members')],
    [file, { key: 'follow', flags: '--follow' }, { key: 'lines', flags: '-n, --lines <count>', wholeNumber: true }],
  ),
  define(
    'change',
    'connect',
    [required('cluster', 'clusters')],
    [
      file,
      output(),
      { key: 'user', flags: '--user <name>', completes: 'users' },
      { key: 'showSecrets', flags: '--show-secrets' },
      { key: 'env', flags: '--env' },
      { key: 'properties', flags: '--properties' },
    ],
  ),
  define(
    'change',
    'offsets',
    [required('cluster', 'clusters'), { name: 'group', required: false, variadic: false, completes: 'none' }],
    [
      file,
      { key: 'topic', flags: '--topic <topic>', repeatable: true, completes: 'none' },
      { key: 'to', flags: '--to <end>', choices: ['earliest', 'latest'] },
      { key: 'toTime', flags: '--to-time <time>', completes: 'none' },
      { key: 'toOffset', flags: '--to-offset <offset>', completes: 'none' },
      { key: 'shift', flags: '--shift <count>', completes: 'none' },
      { key: 'planOnly', flags: '--plan-only' },
      { key: 'out', flags: '--out <file>', completes: 'files' },
      ...running,
    ],
  ),
  define(
    'tools',
    'doctor',
    [many('software', ['kafka', 'nats', 'rabbitmq'])],
    [{ key: 'install', flags: '--install' }, output()],
  ),
  define('tools', 'explain', [{ name: 'path', required: false, variadic: false, completes: 'fields' }], [output()]),
  define('tools', 'schema', [], []),
  define('tools', 'demo', [], [{ key: 'down', flags: '--down' }, json]),
  define('tools', 'completion', [required('shell', ['bash', 'zsh', 'fish'])], []),
]

/** Accepted anywhere on the line, by every command. */
export const COMMON_OPTIONS: readonly OptionDefinition[] = [
  { key: 'language', flags: '--lang <language>', choices: ['en', 'zh-CN'] },
  { key: 'noColor', flags: '--no-color' },
  { key: 'help', flags: '-h, --help' },
]

/** 'runs list' -> its definitions from the outside in; null when there is no such command. */
export function findCommand(
  path: readonly string[],
  among: readonly CommandDefinition[] = COMMANDS,
): CommandDefinition | null {
  const found = among.find((command) => command.name === path[0])
  if (!found || path.length <= 1) return found ?? null
  return findCommand(path.slice(1), found.subcommands)
}
