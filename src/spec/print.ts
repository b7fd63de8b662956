/** Text from outside, made fit for one line of a message: names may hold quotes, line breaks, terminal escapes. */

// Controls, line and paragraph separators, and what reorders or hides text (bidirectional marks, zero width).
const HOSTILE = /[\p{Cc}\p{Cs}\u2028\u2029\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/gu

const escapeCharacter = (character: string): string => {
  const short = ({ '\n': '\\n', '\r': '\\r', '\t': '\\t' } as Record<string, string>)[character]
  return short ?? `\\u{${(character.codePointAt(0) as number).toString(16)}}`
}

export const printable = (text: string): string => text.replace(HOSTILE, escapeCharacter)

const MAX_QUOTED = 60

/** In double quotes, cut when long. */
export function quoted(text: string): string {
  const points = Array.from(text.slice(0, MAX_QUOTED * 2))
  const cut = points.length > MAX_QUOTED ? `${points.slice(0, MAX_QUOTED).join('')}…` : text
  return `"${printable(cut)}"`
}

/** `spec.topics["orders.created"].partitions`; [] is the document itself. */
export const printPath = (path: readonly (string | number)[]): string =>
  path
    .map((part, index) => {
      if (typeof part === 'number') return `[${part}]`
      if (!/^[A-Za-z_][\w-]*$/.test(part)) return `[${quoted(part)}]`
      return index === 0 ? part : `.${part}`
    })
    .join('')

/** 'a, b or c'. */
export const either = (words: readonly string[]): string =>
  words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`
