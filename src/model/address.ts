/**
 * The name of anything: a tuple, because broker names hold '/' (a RabbitMQ vhost is "/") and ACLs and bindings have
 * composite keys. The printed form is `cluster/kind/key…`, each part percent-encoded only where it must be.
 */
export type Address = { readonly cluster: string; readonly kind: string; readonly key: readonly string[] }

export const address = (cluster: string, kind: string, ...key: string[]): Address => ({ cluster, kind, key })

// '%' and '/' would make the printed form ambiguous; spaces, controls and separators would break lines and columns.
const MUST_ENCODE = /[%/\s\p{C}]/gu

// Most parts: all of printable ASCII but % and /.
const PLAIN = /^[!-$&-.0-~]+$/

const encode = (part: string): string =>
  PLAIN.test(part)
    ? part
    : part === ''
      ? '%'
      : part.toWellFormed().replace(MUST_ENCODE, (character) => encodeURIComponent(character))

const decode = (part: string): string => (part === '%' ? '' : part.includes('%') ? decodeURIComponent(part) : part)

export const printAddress = (a: Address): string => [a.cluster, a.kind, ...a.key].map(encode).join('/')

/** Without the cluster: 'topic/orders.created'; the key of ownership records. */
export const printLocal = (a: Pick<Address, 'kind' | 'key'>): string => [a.kind, ...a.key].map(encode).join('/')

/** The inverse of printLocal; null when the text is none. */
export function parseLocal(text: string): Pick<Address, 'kind' | 'key'> | null {
  const parsed = parseAddress(`-/${text}`)
  return parsed ? { kind: parsed.kind, key: parsed.key } : null
}

/** Of printed addresses: '*' stands for anything, '/' included, because keys may hold several parts. */
export function addressMatcher(patterns: readonly string[]): (text: string) => boolean {
  const exact = new Set(patterns.filter((pattern) => !isPattern(pattern)))
  const tests = patterns
    .filter(isPattern)
    .map((pattern) => new RegExp(`^${pattern.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*')}$`, 's'))
  return (text) => exact.has(text) || tests.some((test) => test.test(text))
}

export const isPattern = (text: string): boolean => text.includes('*')

/** @returns null when the text is no address (fewer than two parts, or a broken percent sequence). */
export function parseAddress(text: string): Address | null {
  const parts = text.split('/')
  if (parts.length < 2 || parts.includes('')) return null
  try {
    const [cluster, kind, ...key] = parts.map(decode)
    return { cluster: cluster as string, kind: kind as string, key }
  } catch {
    return null
  }
}
