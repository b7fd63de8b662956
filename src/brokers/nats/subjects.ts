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
const WILDCARD = /\$(\d+)|\{\{\s*wildcard\(\s*(\d+)\s*\)\s*\}\}/gi

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
  for (const [text, a, b] of destination.matchAll(WILDCARD))
    if (Number(a ?? b) < 1 || Number(a ?? b) > stars) return `"${text}": "${source}" has ${stars} *`
  return null
}

/** What is wrong with the name of a stream or consumer, or null (nats-server `isValidName`; path separators for its store). */
export function nameProblem(name: string): string | null {
  if (/[\s.*>/\\]/.test(name)) return `"${name}" may not hold spaces, dots, *, >, / or \\`
  // oxlint-disable-next-line no-control-regex -- control characters are what is refused
  if (/[\x00-\x1f\x7f]/.test(name)) return `"${name}" holds control characters`
  return name.length > 255 ? `"${name.slice(0, 20)}…" is longer than 255 characters` : null
}
