import { existsSync, realpathSync } from 'node:fs'
import { delimiter, dirname, join, relative } from 'node:path'
import { COMMANDS } from './definitions.ts'
import { shellWord } from './views/units.ts'

/** How texts call this program; what is shown to be typed must work as it is typed. */
export const NAME = 'mqops'

/**
 * The command line that starts `entry` (the running script) once more: from a checkout the launcher at its root, unless
 * the PATH leads there; otherwise 'mqops', which is what a package installs.
 */
export function programOf(entry: string, cwd: string, path: string | undefined): string {
  const root = dirname(dirname(entry))
  const launcher = join(root, NAME)
  if (!entry.endsWith(join('src', 'main.ts')) || !existsSync(launcher)) return NAME
  const onPath = (path ?? '').split(delimiter).some((folder) => folder !== '' && isSame(join(folder, NAME), launcher))
  if (onPath) return NAME
  const near = relative(cwd, launcher)
  if (!near.startsWith('..')) return shellWord(`./${near}`)
  return shellWord(near.length < launcher.length ? near : launcher)
}

const isSame = (a: string, b: string): boolean => {
  try {
    return realpathSync(a) === realpathSync(b)
  } catch {
    return false
  }
}

const CALL = new RegExp(
  `(?<![\\w./-])${NAME} (?=(?:${COMMANDS.map(({ name }) => name).join('|')}|help|COMMAND)(?!\\w)|--)`,
  'g',
)

/** A text with each `mqops COMMAND` in it written so that it can be typed here. */
export const callable = (text: string, program: string): string =>
  program === NAME ? text : text.replace(CALL, () => `${program} `)

/** A catalogue whose every text is `callable`: strings, and what its functions return. */
export function speakingAs<T>(catalogue: T, program: string): T {
  return program === NAME ? catalogue : (rewrite(catalogue, program) as T)
}

function rewrite(value: unknown, program: string): unknown {
  if (typeof value === 'string') return callable(value, program)
  if (typeof value === 'function')
    return (...args: readonly unknown[]) =>
      rewrite((value as (...all: readonly unknown[]) => unknown)(...args), program)
  if (Array.isArray(value)) return value.map((item) => rewrite(item, program))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, rewrite(item, program)]))
}
