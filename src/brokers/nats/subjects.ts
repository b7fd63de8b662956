/** Rules of NATS subjects and names (docs.nats.io, "Subject-Based Messaging"; nats-server `server/sublist.go`). */

/** Is there a subject that both match? `*` stands for one token, a closing `>` for one or more. */
export function overlap(a: string, b: string): boolean {
  const left = a.split('.')
  const right = b.split('.')
  for (let i = 0; ; i++) {
    const l = left[i]
    const r = right[i]
    if (l === undefined || r === undefined) return l === r
    if (l === '>' || r === '>') return true
    if (l !== r && l !== '*' && r !== '*') return false
  }
}

/** Does `pattern` match every subject that `subject` matches? */
export function covers(pattern: string, subject: string): boolean {
  const outer = pattern.split('.')
  const inner = subject.split('.')
  for (let i = 0; ; i++) {
    const o = outer[i]
    const s = inner[i]
    if (o === undefined || s === undefined) return o === s
    if (o === '>') return true
    if (s === '>' || (o !== '*' && o !== s)) return false
  }
}

/** What is wrong with a subject, or null. */
export function subjectProblem(subject: string): string | null {
  if (subject === '') return 'a subject is not empty'
  if (/\s/.test(subject)) return `"${subject}" holds white space`
  const tokens = subject.split('.')
  if (tokens.includes('')) return `"${subject}" has an empty token: no leading, trailing or double dots`
  const mixed = tokens.find((token) => token.length > 1 && /[*>]/.test(token))
  if (mixed !== undefined) return `"${subject}": * and > stand for whole tokens, not for a part of one as in "${mixed}"`
  if (tokens.slice(0, -1).includes('>')) return `"${subject}": > may only be the last token`
  return null
}

/** $1, {{wildcard(1)}}, {{partition(3,1)}} …: a token each. */
const PLACEHOLDER = /\$\d+|\{\{[^}]*\}\}/g

/** The subjects that a destination stands for. */
export const destinationOf = (destination: string): string => destination.replaceAll(PLACEHOLDER, '*')

/** What is wrong with a mapping of subjects, or null (nats-server `NewSubjectTransform`). */
export function transformProblem(source: string, destination: string): string | null {
  const plain = destination.replaceAll(PLACEHOLDER, 'x')
  const wrong = subjectProblem(source) ?? subjectProblem(plain)
  if (wrong) return wrong
  const from = source.split('.')
  const to = plain.split('.')
  if (to.includes('*')) return `"${destination}": write {{wildcard(1)}} for the first *, and so on`
  if ((from.at(-1) === '>') !== (to.at(-1) === '>')) return `"${source}" and "${destination}" both end in >, or neither`
  const stars = from.filter((token) => token === '*').length
  for (const token of destination.split('.')) {
    const problem = placeholderProblem(token, stars)
    if (problem) return `"${token}": ${problem === OUTSIDE ? `"${source}" has ${stars} *` : problem}`
  }
  return null
}

const OUTSIDE = 'outside'
/** Functions of a destination: how many whole numbers each takes; the first names a `*`. */
const FUNCTIONS: ReadonlyMap<string, number> = new Map([
  ...['splitfromleft', 'splitfromright', 'slicefromleft', 'slicefromright', 'left', 'right'].map(
    (name) => [name, 2] as const,
  ),
  ['wildcard', 1],
  ['random', 1],
])

/** What is wrong with one token of a destination, or null (nats-server `indexPlaceHolders`). */
function placeholderProblem(token: string, stars: number): string | null {
  const outside = (index: string | undefined): string | null =>
    Number(index) >= 1 && Number(index) <= stars ? null : OUTSIDE
  const [, short] = /^\$(\d+)$/.exec(token) ?? []
  if (short !== undefined) return outside(short)
  if (token.length <= 4 || !token.startsWith('{{') || !token.endsWith('}}')) return null
  const [, name = '', list = ''] = /^\{\{\s*(\w+)\s*\((.*)\)\s*\}\}$/.exec(token) ?? []
  const args = list.split(',').map((arg) => arg.trim())
  const whole = (of: readonly string[]): boolean => of.every((arg) => /^[+-]?\d+$/.test(arg))
  const is = name.toLowerCase()
  if (is === 'partition') {
    if (!whole(args)) return 'it takes a number of partitions, and numbers of *'
    return stars === 0 ? null : (args.slice(1).map(outside).find(Boolean) ?? null)
  }
  if (is === 'split')
    return args.length === 2 && whole(args.slice(0, 1))
      ? outside(args[0])
      : 'it takes the number of a *, and a separator'
  const count = FUNCTIONS.get(is)
  if (count === undefined) return 'there is no such function'
  if (args.length !== count || !whole(args)) return `it takes ${count === 1 ? 'a whole number' : 'two whole numbers'}`
  return is === 'random' ? null : outside(args[0])
}

/** What is wrong with the name of a stream or consumer, or null (nats-server `isValidName`; path separators for its store). */
export function nameProblem(name: string): string | null {
  if (/[\s.*>/\\]/.test(name)) return `"${name}" may not hold spaces, dots, *, >, / or \\`
  // oxlint-disable-next-line no-control-regex -- control characters are what is refused
  if (/[\x00-\x1f\x7f]/.test(name)) return `"${name}" holds control characters`
  return name.length > 255 ? `"${name.slice(0, 20)}…" is longer than 255 characters` : null
}
