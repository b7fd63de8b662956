import type { Problem } from '../../model/spec.ts'

export type Path = readonly (string | number)[]

/** Something in a spec that NATS can't have. */
export const problem = (path: Path, message: string, hint?: string): Problem => ({
  path,
  code: 'MQOPS_SPEC_NATS',
  message,
  ...(hint ? { hint } : {}),
})
