import { z } from 'zod'
import { either, printable, printPath, quoted } from './print.ts'
import type { Report } from './report.ts'
import type { At } from './source.ts'
import { didYouMean, suggest } from './suggest.ts'
import { lookUp, type Path, type ScalarTree, type Tree } from './tree.ts'

type Issue = z.core.$ZodIssue

// Marks messages that no schema wrote; behind it stands what the issue itself does not say.
const DEFAULT = '\0'

/**
 * For `safeParse`: leaves the words to `explainIssues`, except where a schema brings its own. Passes on what only the
 * schema knows: the keys that are allowed, whether the number must be whole, that the map is a secret's reference.
 */
export const errorMap = (issue: z.core.$ZodRawIssue): string => {
  const { def } = (issue.inst as unknown as { _zod?: { def?: Definition } } | undefined)?._zod ?? {}
  const keys = Object.keys(def?.shape ?? {})
  if (issue.code === 'unrecognized_keys') return DEFAULT + keys.join('\n')
  if (issue.code !== 'invalid_type') return DEFAULT
  if (keys.join() === 'secretRef') return `${DEFAULT}a secret by reference, { secretRef: { env: NAME } }`
  const formats = [def?.format, ...(def?.checks ?? []).map((check) => check._zod.def.format)]
  return issue.expected === 'number' && formats.some((format) => format?.includes('int'))
    ? `${DEFAULT}a whole number`
    : DEFAULT
}

type Definition = {
  readonly shape?: object
  readonly format?: string
  readonly checks?: readonly { readonly _zod: { readonly def: { readonly format?: string } } }[]
}

/** Says in people's words, at their places, what zod found. What is broken was reported when it was read. */
export function explainIssues(issues: readonly Issue[], tree: Tree, report: Report): void {
  // A rule over several keys says nothing new where a key is unknown.
  const unknown = new Set(
    issues.filter((issue) => issue.code === 'unrecognized_keys').map((issue) => printPath(issue.path as Path)),
  )
  for (const issue of issues) {
    if (issue.code === 'custom' && unknown.has(printPath(issue.path as Path))) continue
    explain(issue, issue.path as Path, tree, report)
  }
}

/** Substituted scalars that don't fit and might, read the other way: text as number, number as text. */
export function misread(issues: readonly Issue[], tree: Tree, path: Path = []): readonly ScalarTree[] {
  return issues.flatMap((issue) => {
    const whole = [...path, ...(issue.path as Path)]
    const here = lookUp(tree, whole)
    const scalar = here.found && here.tree.is === 'scalar' && here.tree.substituted ? [here.tree] : []
    return issue.code === 'invalid_union'
      ? [...scalar, ...issue.errors.flatMap((e) => misread(e, tree, whole))]
      : scalar
  })
}

function explain(issue: Issue, path: Path, tree: Tree, report: Report): void {
  const here = lookUp(tree, path)
  if (here.tree.is === 'scalar' && here.tree.broken) return
  const add = (at: At, code: string, summary: string, hint?: string) =>
    report.add(at, `MQOPS_SPEC_${code}`, `${printPath(path) || 'the document'}: ${summary}`, { hint })
  const at = here.found && here.tree.is === 'scalar' ? here.tree : here.keyAt

  if (issue.code === 'unrecognized_keys') {
    const allowed = issue.message.startsWith(DEFAULT) ? issue.message.slice(1).split('\n') : []
    for (const key of issue.keys) {
      add(lookUp(tree, [...path, key]).keyAt, 'UNKNOWN_KEY', `unknown key ${quoted(key)}`, didYouMean(key, allowed))
    }
    return
  }
  if (issue.code === 'invalid_union' && !hasOwnWords(issue)) {
    const branch = intended(issue.errors)
    if (branch) {
      for (const inner of branch) explain(inner, [...path, ...(inner.path as Path)], tree, report)
      return
    }
  }
  if (issue.code === 'invalid_key') {
    const inner = issue.issues[0]
    const words = inner ? constraint(inner, 'name') : null
    add(here.keyAt, 'VALUE', words ?? 'this name is not allowed')
    return
  }
  if (hasOwnWords(issue)) {
    add(at, 'VALUE', tidyMessage(issue.message, here.tree, path))
    return
  }
  if (!here.found) {
    const wanted = expectation(issue)
    add(here.keyAt, 'MISSING', `is missing${wanted === null ? '' : `: expected ${wanted}`}`)
    return
  }
  const limit = constraint(issue, here.tree.is === 'list' ? 'list' : here.tree.is === 'map' ? 'map' : 'value')
  if (limit !== null) {
    add(
      at,
      'VALUE',
      limit + (here.tree.is === 'scalar' && typeof here.tree.value === 'number' ? `, got ${got(here.tree, path)}` : ''),
    )
    return
  }
  const options = optionsOf(issue)
  const isChoice = options.length > 0 && here.tree.is === 'scalar' && typeof here.tree.value === typeof options[0]
  const meant = isChoice && typeof here.tree.value === 'string' ? suggest(here.tree.value, options.map(String)) : null
  const wanted = expectation(issue)
  const hint = meant === null ? typeHint(wanted, here.tree) : `did you mean ${meant}?`
  const summary =
    wanted === null ? `is not allowed: ${got(here.tree, path)}` : `expected ${wanted}, got ${got(here.tree, path)}`
  add(at, isChoice ? 'VALUE' : 'TYPE', summary, hint)
}

const hasOwnWords = (issue: Issue) => !issue.message.startsWith(DEFAULT) && issue.message !== 'Invalid input'

/** The branch of a union that the value was meant for: right type, something wrong inside. */
function intended(branches: readonly (readonly Issue[])[]): readonly Issue[] | null {
  const fitting = branches.filter((issues) =>
    issues.every(
      (issue) => issue.path.length > 0 || !['invalid_type', 'invalid_value', 'invalid_union'].includes(issue.code),
    ),
  )
  return fitting.toSorted((a, b) => a.length - b.length)[0] ?? null
}

const NOUNS: Record<string, string> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  array: 'a list',
  object: 'a map',
  record: 'a map',
  null: 'nothing',
}

/** What would have been right, as alternatives; none when the issue does not say. */
function expected(issue: Issue): readonly string[] {
  if (issue.code === 'invalid_type' && issue.expected === 'boolean') return ['true', 'false']
  if (issue.code === 'invalid_type')
    return [issue.message.slice(DEFAULT.length) || (NOUNS[issue.expected] ?? issue.expected)]
  if (issue.code === 'invalid_value') return issue.values.map(literal)
  if (issue.code !== 'invalid_union') return []
  return [
    ...new Set(issue.errors.flatMap((branch) => branch.filter((inner) => inner.path.length === 0).flatMap(expected))),
  ]
}

function expectation(issue: Issue): string | null {
  const words = expected(issue)
  if (words.length === 0) return null
  return issue.code === 'invalid_value' && words.length > 1 ? `one of ${words.join(', ')}` : either(words)
}

const literal = (value: unknown): string => printable(String(value))

const optionsOf = (issue: Issue): readonly unknown[] =>
  issue.code === 'invalid_value'
    ? issue.values
    : issue.code === 'invalid_union'
      ? issue.errors.flat().flatMap(optionsOf)
      : []

/** Limits of size and form; `what`: 'value', 'name', 'list' or 'map'. */
function constraint(issue: Issue, what: string): string | null {
  const items = what === 'list' ? 'items' : what === 'map' ? 'entries' : 'characters'
  if (issue.code === 'too_small' || issue.code === 'too_big') {
    const small = issue.code === 'too_small'
    const bound = Number(small ? issue.minimum : issue.maximum)
    const word = small
      ? issue.inclusive === false
        ? 'more than'
        : 'at least'
      : issue.inclusive === false
        ? 'less than'
        : 'at most'
    if (['number', 'int', 'bigint'].includes(issue.origin)) return `must be ${word} ${bound}`
    if (small && bound === 1) return what === 'name' ? 'a name must not be empty' : 'must not be empty'
    return `${what === 'name' ? 'a name ' : ''}must have ${word} ${bound} ${items}`
  }
  if (issue.code === 'not_multiple_of') return `must be a multiple of ${issue.divisor}`
  if (issue.code === 'invalid_format') {
    if (issue.format === 'datetime') return 'expected a time like 2026-01-31T12:00:00Z'
    return `has not the right form${issue.pattern ? `: ${printable(issue.pattern)}` : ''}`
  }
  return issue.code === 'custom' ? 'is not right' : null
}

const SECRET = /pass|secret|token|credential|api_?key/i
const isSecret = (path: Path) => path.slice(-3).some((part) => typeof part === 'string' && SECRET.test(part))

/** The value as the file has it: what a variable holds and what should have been a reference stay unsaid. */
function got(tree: Tree, path: Path): string {
  if (tree.is === 'map') return 'a map'
  if (tree.is === 'list') return 'a list'
  if (tree.value === null) return 'nothing'
  if (tree.substituted)
    return `the ${typeof tree.value === 'string' ? 'text' : typeof tree.value} of ${printable(tree.substituted.written)}`
  if (isSecret(path)) return typeof tree.value === 'string' ? 'text' : `a ${typeof tree.value}`
  if (typeof tree.value === 'string') return `text ${quoted(tree.value)}`
  return typeof tree.value === 'number' ? `the number ${tree.value}` : String(tree.value)
}

/** Messages of schemas and brokers, fit for a line; they repeat the value in double quotes. */
export function tidyMessage(message: string, tree: Tree, path: Path): string {
  const value = tree.is === 'scalar' && tree.value !== null ? String(tree.value) : ''
  const substituted = tree.is === 'scalar' ? tree.substituted : undefined
  const instead = substituted ? quoted(substituted.written) : isSecret(path) ? '"…"' : quoted(value)
  const tidy =
    value === '' ? message : message.replaceAll(`"${value}"`, () => instead).replaceAll(quoted(value), () => instead)
  return printable(tidy.length > MAX_MESSAGE ? `${tidy.slice(0, MAX_MESSAGE)}…` : tidy)
}

const MAX_MESSAGE = 1000

function typeHint(wanted: string | null, tree: Tree): string | undefined {
  if (wanted === null || tree.is !== 'scalar') return undefined
  if (tree.value === null)
    return wanted === 'a map'
      ? 'write {} for an empty one, or remove the key'
      : wanted === 'a list'
        ? 'write [] for an empty one, or remove the key'
        : 'give a value, or remove the key'
  if (tree.substituted) return undefined
  if (wanted === 'text') return `quote it: "${printable(writtenAs(tree))}"`
  if (typeof tree.value === 'string' && wanted.includes('number') && /^-?\d+(\.\d+)?$/.test(tree.value))
    return 'write it without quotes'
  if (wanted === 'true or false' && /^(yes|no|on|off|y|n)$/i.test(String(tree.value)))
    return 'YAML 1.2 reads this as text: write true or false'
  return undefined
}

/** The scalar as it stands in the file: 4.10, not 4.1. */
function writtenAs(tree: ScalarTree): string {
  return /^[^\s,}\]#]*/.exec(tree.file.text.slice(tree.offset, tree.offset + 100))?.[0] || String(tree.value)
}
