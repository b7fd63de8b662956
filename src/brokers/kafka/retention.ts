import type { Scalar } from './settings.ts'

/** Of retention.ms, retention.bytes and what they fall back to: how much is kept; a negative one has no limit. */
export const limitOf = (value: Scalar): number => (Number(value) < 0 ? Number.POSITIVE_INFINITY : Number(value))

/** Cleanups of `after` that `before` has not: 'delete', 'compact' or both, as cleanup.policy lists them. */
export function gainedPolicies(before: Scalar, after: Scalar): readonly string[] {
  const had = String(before).split(',')
  return String(after)
    .split(',')
    .filter((policy) => !had.includes(policy))
}
