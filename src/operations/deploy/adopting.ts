import { type Address, addressMatcher, isPattern, parseAddress, printAddress, printLocal } from '../../model/address.ts'
import type { Failure } from '../../model/failure.ts'
import { suggest } from '../../model/suggest.ts'
import type { ClusterSpec } from '../../model/spec.ts'
import type { KindSeen } from './resources.ts'

/** What a cluster's spec names, and what else is there; for saying what `--adopt` can't do. */
export type Adoptable = {
  readonly spec: ClusterSpec
  readonly kinds: readonly string[]
  readonly named: readonly Address[]
  readonly unnamed: readonly Address[]
}

/** Which addresses are taken over from other specs: those that these patterns name, or all. */
export function adopter(adopt: 'all' | readonly string[]): (address: Address) => boolean {
  if (adopt === 'all') return () => true
  const matches = addressMatcher(adopt)
  return (address) => matches(printAddress(address))
}

export function adoptable(spec: ClusterSpec, seen: readonly KindSeen[]): Adoptable {
  const at = (kind: string, key: readonly string[]): Address => ({ cluster: spec.name, kind, key })
  const named = seen.flatMap(({ kind }) => kind.desired(spec).map((d) => at(kind.name, d.key)))
  const known = new Set(named.map(printLocal))
  const unnamed = seen
    .flatMap(({ kind, observed }) => observed.map(([key, have]) => ({ have, address: at(kind.name, key) })))
    .filter(({ have, address }) => have.is !== 'absent' && !known.has(printLocal(address)))
  return { spec, kinds: seen.map(({ kind }) => kind.name), named, unnamed: unnamed.map(({ address }) => address) }
}

/**
 * What `--adopt` named and can't be taken over: nothing is called so, or the spec does not say what it should be.
 * `clusters`: those that could be looked into, null for the others: what is in them can't be judged.
 */
export function notAdoptable(
  adopt: readonly string[],
  clusters: readonly { readonly name: string; readonly inside: Adoptable | null }[],
): readonly Failure[] {
  return adopt.flatMap((pattern): readonly Failure[] => {
    const ofCluster = addressMatcher([pattern.split('/')[0] ?? ''])
    const about = clusters.filter(({ name }) => ofCluster(name))
    const inside = about.flatMap((one) => one.inside ?? [])
    if (inside.length === 0 || inside.length < about.length) return []
    const matches = addressMatcher([pattern])
    const hit = (address: Address): boolean => matches(printAddress(address))
    if (inside.some(({ named }) => named.some(hit))) return []
    const there = inside.flatMap(({ unnamed }) => unnamed.filter(hit))
    return [there.length > 0 ? unnamedFailure(pattern, there) : unknownFailure(pattern, inside)]
  })
}

function unnamedFailure(pattern: string, there: readonly Address[]): Failure {
  const [first] = there as readonly [Address]
  const local = isPattern(pattern) ? pattern.slice(pattern.indexOf('/') + 1) : printLocal(first)
  return {
    code: 'MQOPS_ADOPT_UNNAMED',
    summary:
      there.length === 1
        ? `${printAddress(first)} is not in the spec`
        : `the spec names none of the ${there.length} that match ${pattern}`,
    retryable: false,
    hint: `What is taken over is kept as the spec says. To write what is there: mqops import ${first.cluster} --only '${local.replaceAll("'", "'\\''")}'`,
  }
}

function unknownFailure(pattern: string, inside: readonly Adoptable[]): Failure {
  const hint = isPattern(pattern) ? undefined : meant(pattern, inside)
  return {
    code: 'MQOPS_ADOPT_UNKNOWN',
    summary: isPattern(pattern) ? `nothing matches ${pattern}` : `there is no ${pattern}`,
    retryable: false,
    ...(hint ? { hint } : {}),
  }
}

/** Names of the same kind, or kinds. */
function meant(pattern: string, [one]: readonly Adoptable[]): string | undefined {
  const address = parseAddress(pattern)
  if (!address || !one) return undefined
  if (!one.kinds.includes(address.kind)) {
    const near = suggest(address.kind, one.kinds)
    const fitting = near === null ? '' : `Did you mean ${printAddress({ ...address, kind: near })}? `
    return `${fitting}Kinds are: ${one.kinds.join(', ')}`
  }
  const names = [...one.named, ...one.unnamed].filter(({ kind }) => kind === address.kind).map(printLocal)
  const near = suggest(printLocal(address), names)
  return near === null ? undefined : `Did you mean ${address.cluster}/${near}?`
}
