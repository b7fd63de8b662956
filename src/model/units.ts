/** Durations, sizes and percentages as people write them. Each parser returns null for what it does not understand. */

const DURATION_MS: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 }

/** '7d', '1h30m', '500ms' -> milliseconds. A bare number is not a duration: of what? */
export function parseDuration(text: string): number | null {
  if (!/^(\d+(\.\d+)?(ms|s|m|h|d|w))+$/.test(text)) return null
  let total = 0
  for (const [, amount, , unit] of text.matchAll(/(\d+(\.\d+)?)(ms|s|m|h|d|w)/g))
    total += Number(amount) * (DURATION_MS[unit as string] as number)
  return Number.isSafeInteger(Math.round(total)) ? Math.round(total) : null
}

const SIZE: Record<string, number> = {
  '': 1,
  k: 1e3,
  m: 1e6,
  g: 1e9,
  t: 1e12,
  ki: 1024,
  mi: 1024 ** 2,
  gi: 1024 ** 3,
  ti: 1024 ** 4,
}

/** '512MiB', '1GB', '64k', '1000' -> bytes; decimal and binary prefixes as in IEC 80000-13. */
export function parseSize(text: string): number | null {
  const match = /^(\d+(?:\.\d+)?)\s?([kmgt]i?)?b?$/i.exec(text.trim())
  if (!match) return null
  const bytes = Math.round(Number(match[1]) * (SIZE[(match[2] ?? '').toLowerCase()] as number))
  return Number.isSafeInteger(bytes) ? bytes : null
}

/** '40%' or '0.4' -> 0.4; only 0 to 1. */
export function parsePercentage(text: string): number | null {
  const match = /^(\d+(?:\.\d+)?)(%)?$/.exec(text.trim())
  if (!match) return null
  const share = match[2] ? Number(match[1]) / 100 : Number(match[1])
  return share >= 0 && share <= 1 ? share : null
}

const largest = (value: number, units: readonly (readonly [string, number])[]): string => {
  const [unit, factor] = units.find(([, f]) => value >= f && value % f === 0) ?? ['', 1]
  return `${value / factor}${unit}`
}

/** The shortest exact form; parseDuration reads it back. */
export const printDuration = (ms: number): string =>
  ms === 0
    ? '0s'
    : largest(ms, [
        ['d', 86_400_000],
        ['h', 3_600_000],
        ['m', 60_000],
        ['s', 1000],
        ['ms', 1],
      ])

/** The shortest exact binary form; parseSize reads it back. */
export const printSize = (bytes: number): string =>
  bytes === 0
    ? '0B'
    : largest(bytes, [
        ['TiB', 1024 ** 4],
        ['GiB', 1024 ** 3],
        ['MiB', 1024 ** 2],
        ['KiB', 1024],
        ['B', 1],
      ])
