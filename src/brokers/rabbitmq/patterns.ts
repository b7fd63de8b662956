/** Regular expressions, as the broker's PCRE and JavaScript understand them. */

/** What PCRE, which the broker uses, has and JavaScript has not: such patterns are left to the broker. */
const PCRE_ONLY = /\(\?(?:[imsx-]+\)|[>|#PR&']|\()|[*+?}]\+|\\[AZzGQEKRXh]|\[\[:/

/** @returns what is wrong with a pattern, or null. */
export function checkPattern(pattern: string): string | null {
  if (PCRE_ONLY.test(pattern)) return null
  try {
    new RegExp(pattern)
    return null
  } catch (error) {
    return (error as Error).message.replace(/^Invalid regular expression: /, '')
  }
}
