/** Numbers for people: the same in every view. */

/** 850 -> '0.9 s', 65_000 -> '1 min 5 s', 7_260_000 -> '2 h 1 min'. */
export function seconds(ms: number): string {
  if (ms < 10_000) return `${(ms / 1000).toFixed(1)} s`
  const total = Math.round(ms / 1000)
  if (total < 60) return `${total} s`
  if (total < 3600) return `${Math.floor(total / 60)} min ${total % 60} s`
  if (total < 172_800) return `${Math.floor(total / 3600)} h ${Math.floor((total % 3600) / 60)} min`
  return `${Math.floor(total / 86_400)} d ${Math.floor((total % 86_400) / 3600)} h`
}

const PREFIXES = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const

/** 1536 -> '1.5 KiB'. */
export function bytes(amount: number): string {
  let value = amount
  let prefix = 0
  while (value >= 1024 && prefix < PREFIXES.length - 1) {
    value /= 1024
    prefix++
  }
  return `${prefix === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${PREFIXES[prefix]}`
}

/** 1234567 -> '1,234,567'. */
export const count = (value: number): string => value.toLocaleString('en-US')

/** Universal time, as logs have it: '2026-03-01 12:00:05Z'. */
export const moment = (ms: number): string =>
  new Date(ms)
    .toISOString()
    .replace('T', ' ')
    .replace(/\.\d+Z$/, 'Z')

/** A word that a POSIX shell reads back as it is. */
export const shellWord = (text: string): string =>
  /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
