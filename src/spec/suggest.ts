import { suggest } from '../model/suggest.ts'

export { suggest }

const MANY = 14

/** "did you mean X?" and, when it is short, the list of what is allowed. */
export function didYouMean(word: string, allowed: readonly string[]): string | undefined {
  const meant = suggest(word, allowed)
  const list = allowed.length > 0 && allowed.length <= MANY ? `allowed: ${allowed.join(', ')}` : undefined
  return (
    [meant === null ? undefined : `did you mean ${meant}?`, list].filter((part) => part !== undefined).join(' ') ||
    undefined
  )
}
