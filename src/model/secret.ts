import type { Dict } from './json.ts'

/**
 * A secret by reference; the value is fetched at use and never stands in a plan, a journal, a log or an error.
 * `generated` names one that the target made for this cluster (admin password, private key, certificate …).
 */
export type SecretRef = {
  readonly secretRef: {
    readonly env?: string
    readonly file?: string
    readonly generated?: string
    readonly kubernetes?: string
  }
}

/** A place in a file where a secret goes; `as` names the broker's hash of it, `salt` makes that hash repeatable. */
export type Hole = SecretRef & { readonly as?: string; readonly salt?: string }

/** File text with holes: rendering keeps the holes, applying fills them in the copy that the member reads. */
export type Text = readonly (string | Hole)[]

export const isSecretRef = (value: unknown): value is SecretRef =>
  typeof value === 'object' && value !== null && 'secretRef' in value && typeof value.secretRef === 'object'

export function printSecretRef(ref: SecretRef): string {
  const [scheme, name] = Object.entries(ref.secretRef)[0] ?? ['none', '']
  return `${scheme}:${name}`
}

const printHole = (hole: Hole): string =>
  `\${secretRef:${[printSecretRef(hole), hole.as, hole.salt].filter((part) => part !== undefined).join('|')}}`

/** The text as people and digests see it: `${secretRef:env:NAME|bcrypt|salt}` in place of each secret. */
export const printText = (text: Text): string =>
  text.map((part) => (typeof part === 'string' ? part : printHole(part))).join('')

const HOLE = /\$\{secretRef:([a-z]+):([^|}]+)(?:\|([^|}]+))?(?:\|([^}]+))?\}/g

/** The inverse of printText. */
export function parseText(printed: string): Text {
  const parts: (string | Hole)[] = []
  let from = 0
  for (const match of printed.matchAll(HOLE)) {
    if (match.index > from) parts.push(printed.slice(from, match.index))
    const [whole, scheme, name, as, salt] = match
    const secretRef = { [scheme as string]: name } as SecretRef['secretRef']
    parts.push({ secretRef, ...(as ? { as } : {}), ...(salt ? { salt } : {}) })
    from = match.index + whole.length
  }
  if (from < printed.length) parts.push(printed.slice(from))
  return parts
}

export const holes = (text: Text): readonly Hole[] => text.filter((part) => typeof part !== 'string')
export const lines = (...rows: readonly (string | Text)[]): Text =>
  rows.flatMap((row): Text => (typeof row === 'string' ? [row, '\n'] : [...row, '\n']))
export type Secrets = Dict<SecretRef>
