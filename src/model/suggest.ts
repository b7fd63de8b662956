/** Damerau-Levenshtein distance (adjacent transpositions count one), case counting less than a letter. */
function distance(a: string, b: string): number {
  let [before, last]: [number[], number[]] = [[], Array.from({ length: b.length + 1 }, (_, i) => i)]
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const cost = a[i - 1] === b[j - 1] ? 0 : a[i - 1]?.toLowerCase() === b[j - 1]?.toLowerCase() ? 0.2 : 1
      let best = Math.min((last[j] as number) + 1, (row[j - 1] as number) + 1, (last[j - 1] as number) + cost)
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        best = Math.min(best, (before[j - 2] as number) + 1)
      row.push(best)
    }
    ;[before, last] = [last, row]
  }
  return last[b.length] as number
}

const LONGEST = 64

/** The one that was probably meant, if any is near: a third of its letters may differ, two at least in long words. */
export function suggest(word: string, from: readonly string[]): string | null {
  if (word.length > LONGEST) return null
  let best: { word: string; far: number } | null = null
  for (const candidate of from) {
    if (candidate.length > LONGEST) continue
    const far = distance(word, candidate)
    if (far <= Math.max(1, Math.floor(Math.max(word.length, candidate.length) / 3)) && far < (best?.far ?? Infinity)) {
      best = { word: candidate, far }
    }
  }
  return best?.word ?? null
}
