/** Regular expressions: whether the broker's PCRE compiles them, found out without a broker. */

/** What PCRE has and JavaScript has not, as something with the same shape: only the shape is judged. */
const AS_JAVASCRIPT: readonly (readonly [pcre: RegExp, javascript: string])[] = [
  [/\\Q[\s\S]*?(?:\\E|$)/g, 'x'],
  [/\(\?#[^)]*\)/g, ''],
  [/\(\*[A-Z_]+(?:[:=][^)]*)?\)/g, ''],
  [/\(\?(?:[imsxnJU^-]+|[R&+-]?\d+|R|[&>]\w+|P>\w+|P=\w+)\)/g, '(?:)'],
  [/\(\?[imsxnJU^-]+:/g, '(?:'],
  [/\(\?[>|]/g, '(?:'],
  [/\(\?P?<(?![=!])/g, '(?<'],
  [/\(\?'(\w+)'/g, '(?<$1>'],
  [/\(\?\((?:\w+|<\w+>|'\w+'|[?&+-][^)]*)\)/g, '(?:'],
  [/\[:\^?(?:alpha|alnum|digit|xdigit|word|upper|lower|space|blank|cntrl|graph|print|punct|ascii):\]/g, 'a-z'],
  [/\\[AZzGKEXRhHVNC]/g, 'x'],
  [/([*+?}])\+/g, '$1'],
]

/** What JavaScript takes and PCRE does not. */
const REFUSED: readonly (readonly [RegExp, string])[] = [
  [/(?<!\\)(?:\\\\)*\\[uULl]/, 'PCRE has no \\u, \\U, \\L and \\l'],
  [/(?<!\\)(?:\\\\)*\\x\{0*[1-9a-f][0-9a-f]{2,}\}/i, 'the broker compares bytes: \\x{…} ends at ff'],
  [/(?<!\\)\[\^?\](?![^[]*\])/, 'a class without an end: PCRE takes the first ] for one of its characters'],
  [/\[[^\]]*(?:\\[dDwWsShHvV]-[^\]]|[^\\[]-\\[dDwWsShHvV])/, 'a range in a class begins and ends with one character'],
  [/\[:\^?\w+:\]/, 'PCRE has no such class of characters'],
  [
    /\(\?<[=!](?:[^()\\]|\\.)*(?:[*+]|\{\d+,\})(?:[^()\\]|\\.)*\)/,
    'a look behind has no end: * and + have no place in it',
  ],
]

/** rabbit_re takes no longer ones, in bytes. */
const LONGEST = 1024
/** PCRE2 repeats no more often. */
const MOST_REPEATS = 65_535

const shapeOf = (pattern: string): string => AS_JAVASCRIPT.reduce((text, [from, to]) => text.replace(from, to), pattern)

/** The pattern, where it means the same in JavaScript; null: it has something of PCRE's own. */
export function asJavascript(pattern: string): RegExp | null {
  return shapeOf(pattern) === pattern && checkPattern(pattern) === null ? new RegExp(pattern) : null
}

/** @returns what is wrong with a pattern, or null. */
export function checkPattern(pattern: string): string | null {
  const bytes = Buffer.byteLength(pattern)
  if (bytes > LONGEST) return `it has ${bytes} bytes, at most ${LONGEST} are allowed`
  const shape = shapeOf(pattern)
  const refused = REFUSED.find(([wrong]) => wrong.test(shape))
  if (refused) return refused[1]
  const groups = [...shape.matchAll(/(?<!\\)\((?!\?)|\(\?<\w/g)].length
  const missing = [...shape.matchAll(/(?<!\\)\\([1-9])/g)].find(([, number]) => Number(number) > groups)
  if (missing) return `${missing[0]}: there are ${groups} groups`
  for (const [all, ...numbers] of pattern.matchAll(/(?<!\\)\{(\d+)(?:,(\d*))?\}/g))
    if (numbers.some((number) => Number(number ?? 0) > MOST_REPEATS)) return `${all}: at most ${MOST_REPEATS} times`
  try {
    new RegExp(shape)
    return null
  } catch (error) {
    const [, reason] = /: ([^:]+)$/.exec((error as Error).message) ?? []
    return reason ?? (error as Error).message
  }
}

/** Does the broker find it in this text? What only PCRE understands is taken to match. */
export const mayMatch = (pattern: string, text: string): boolean =>
  shapeOf(pattern) !== pattern || checkPattern(pattern) !== null || new RegExp(pattern).test(text)
