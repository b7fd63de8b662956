import type { Address } from './address.ts'

/** Where in a spec something stands: 1-based line and column (UTF-16 units), as editors count. */
export type Source = {
  readonly file: string
  readonly line: number
  readonly column: number
  readonly excerpt?: string
}

/** One value for errors everywhere. `code` is stable (MQOPS_…); `hint` says what to do. */
export type Failure = {
  readonly code: string
  readonly summary: string
  readonly detail?: string
  readonly address?: Address
  readonly source?: Source
  /** Where it comes from inside the cluster's `spec:`; who knows the text makes `source` of it. */
  readonly path?: readonly (string | number)[]
  readonly hint?: string
  readonly retryable: boolean
  readonly cause?: string
}

/** A Failure that travels as an exception. */
export class MqopsError extends Error {
  readonly failure: Failure
  constructor(failure: Omit<Failure, 'retryable'> & { retryable?: boolean }, options?: { cause?: unknown }) {
    super(failure.summary, options)
    this.name = 'MqopsError'
    const cause = failure.cause ?? (options?.cause === undefined ? undefined : describeError(options.cause))
    this.failure = { retryable: false, ...failure, ...(cause === undefined ? {} : { cause }) }
  }
  get code(): string {
    return this.failure.code
  }
}

/** The one line that says most about any thrown value: libraries bury the reason in `.errors` and `.cause`. */
export function describeError(error: unknown, depth = 0): string {
  if (!(error instanceof Error)) return String(error)
  const inner = [...((error as AggregateError).errors ?? []), error.cause].filter((e) => e !== undefined && e !== null)
  const own = error.message || (error as NodeJS.ErrnoException).code || error.name
  if (depth > 4 || inner.length === 0) return own
  return [...new Set([own, ...inner.map((e) => describeError(e, depth + 1))])].join(': ')
}

export const toFailure = (error: unknown, code = 'MQOPS_INTERNAL'): Failure =>
  error instanceof MqopsError ? error.failure : { code, summary: describeError(error), retryable: false }
