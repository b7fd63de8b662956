import { type Json, same } from '../../model/json.ts'
import type { SecretRef } from '../../model/secret.ts'
import type { SeenFields, SeenResource } from '../../ports/broker.ts'

/** What the brokers' imports share. */

/** Without the fields whose absence means the same: defaults are left out, whoever decides over them. */
export function minimal<T extends object>(fields: T, meaning: (of: T) => Json): T {
  const whole = meaning(fields)
  let kept = fields
  for (const name of Object.keys(fields)) {
    const { [name as keyof T]: _, ...rest } = kept
    if (same(meaning(rest as unknown as T), whole)) kept = rest as unknown as T
  }
  return kept
}

/** Passwords can't be read back: as the spec had it, nothing where the target made one, else a variable to be set. */
export function passwordOf(o: {
  readonly cluster: string
  readonly user: string
  readonly given: SecretRef | undefined
  readonly generated: boolean
}): { readonly password?: SecretRef } {
  if (o.given) return { password: o.given }
  if (o.generated) return {}
  return { password: { secretRef: { env: variableFor(o.cluster, o.user, 'PASSWORD') } } }
}

/** ORDERS_SHOP_PASSWORD: an environment variable's name of these words. */
export function variableFor(...words: readonly string[]): string {
  const name = words
    .join('_')
    .toUpperCase()
    .replaceAll(/[^A-Z0-9_]/g, '_')
  return /^\d/.test(name) ? `_${name}` : name
}

/** Resources by kind; what no reader takes is left, with that said. */
export class Taken {
  readonly left: SeenFields['left'][number][] = []
  readonly #byKind = new Map<string, SeenResource[]>()

  constructor(seen: readonly SeenResource[]) {
    for (const one of seen) {
      const known = this.#byKind.get(one.kind)
      if (known) known.push(one)
      else this.#byKind.set(one.kind, [one])
    }
  }

  take(kind: string): readonly SeenResource[] {
    const found = this.#byKind.get(kind) ?? []
    this.#byKind.delete(kind)
    return found
  }

  leave({ kind, key }: Pick<SeenResource, 'kind' | 'key'>, why: string): void {
    this.left.push({ kind, key, why })
  }

  /** To be called last. */
  rest(): SeenFields['left'] {
    for (const [kind, all] of this.#byKind)
      for (const one of all) this.leave(one, `mqops does not import the kind ${kind} yet`)
    return this.left
  }
}
