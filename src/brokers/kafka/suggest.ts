/** The known name nearest to a mistyped one; null when none is near (a third of its letters may differ). */
export function closest(name: string, known: readonly string[]): string | null {
  const ranked = known.map((candidate) => ({ candidate, distance: editDistance(name, candidate) }))
  const best = ranked.reduce((a, b) => (b.distance < a.distance ? b : a), {
    candidate: '',
    distance: Number.POSITIVE_INFINITY,
  })
  return best.distance <= Math.max(1, Math.floor(name.length / 3)) ? best.candidate : null
}

/** Levenshtein's distance, row by row. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(replaced, (row[j] as number) + 1, (next[j - 1] as number) + 1))
    }
    row = next
  }
  return row[b.length] as number
}
