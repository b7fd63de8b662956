import type { Dict } from '../model/json.ts'
import { Schema } from 'yaml'
import { quoted } from './print.ts'

/**
 * `${env:NAME}` and `${env:NAME:-default}` in scalars, after YAML was parsed: a value can't bring YAML of its own, and
 * what it holds is not substituted again. `$${` stands for `${`. The default serves when NAME is unset or empty, as in
 * a shell.
 */
export type Substituted =
  | { readonly is: 'text'; readonly text: string; readonly whole: boolean; readonly changed: boolean }
  | { readonly is: 'wrong'; readonly summary: string; readonly hint: string }

const PLACE = /\$(\$\{)|\$\{(?:env:([A-Za-z_][A-Za-z0-9_]*)(:-([^}]*))?\})?/g

export function substitute(text: string, env: Dict<string | undefined>): Substituted {
  const parts: string[] = []
  let [from, substitutions] = [0, 0]
  for (const match of text.matchAll(PLACE)) {
    const [found, escaped, name, more, fallback] = match
    parts.push(text.slice(from, match.index))
    from = match.index + found.length
    if (escaped !== undefined) {
      parts.push(escaped)
      continue
    }
    if (name === undefined) {
      const summary = `${quoted(text)} holds a \${ that is no \${env:NAME} or \${env:NAME:-default}`
      return { is: 'wrong', summary, hint: 'write $${ for a literal ${' }
    }
    const value = Object.hasOwn(env, name) ? env[name] : undefined
    if (value === undefined && more === undefined) {
      const hint = `set it, or give a default: \${env:${name}:-default}`
      return { is: 'wrong', summary: `the environment variable ${name} is not set`, hint }
    }
    parts.push(more === undefined ? (value ?? '') : value || (fallback ?? ''))
    substitutions += 1
  }
  const whole = substitutions === 1 && /^\$\{[^}]*\}$/.test(text)
  return { is: 'text', text: parts.join('') + text.slice(from), whole, changed: substitutions > 0 }
}

const core = new Schema({ schema: 'core', merge: false })

/** What the plain scalar `text` is in YAML 1.2's core schema: '3' a number, 'true' a boolean, 'on' a text. */
export function readScalar(text: string): null | boolean | number | string {
  if (text === '') return text
  for (const tag of core.tags) {
    if (tag.collection || tag.default !== true || !tag.test?.test(text)) continue
    const value = tag.resolve(text, () => {}, { intAsBigInt: false }) as { value?: unknown } | null | boolean | number
    const plain = typeof value === 'object' && value !== null ? value.value : value
    if (typeof plain === 'number')
      return Number.isFinite(plain) && (!Number.isInteger(plain) || Number.isSafeInteger(plain)) ? plain : text
    return plain as null | boolean
  }
  return text
}
