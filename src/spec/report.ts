import type { Failure } from '../model/failure.ts'
import { type At, sourceAt } from './source.ts'

/** Collects what is wrong, to be shown in file order. Positions are worked out at the end, for what is shown. */
export type Report = {
  add(
    at: At,
    code: string,
    summary: string,
    more?: { readonly hint?: string | undefined; readonly detail?: string | undefined },
  ): void
  /** A whole file that can't be read; `order`: its place among the files. */
  addFile(order: number, failure: Failure): void
  readonly count: number
  failures(): readonly Failure[]
}

/** A file of nothing but mistakes need not fill the memory. */
const MAX_FAILURES = 1000

export function createReport(): Report {
  const found: { order: number; at: At | null; failure: Failure }[] = []
  let count = 0
  return {
    get count() {
      return count
    },
    add: (at, code, summary, { hint, detail } = {}) => {
      count += 1
      if (count > MAX_FAILURES) return
      found.push({
        order: at.file.order,
        at,
        failure: { code, summary, ...(detail ? { detail } : {}), ...(hint ? { hint } : {}), retryable: false },
      })
    },
    addFile: (order, failure) => {
      count += 1
      found.push({ order, at: null, failure })
    },
    failures: () => {
      const sorted = found.toSorted((a, b) => a.order - b.order || (a.at?.offset ?? 0) - (b.at?.offset ?? 0))
      const failures = sorted.map(({ at, failure }): Failure => (at ? { ...failure, source: sourceAt(at) } : failure))
      if (count > MAX_FAILURES) {
        failures.push({ code: 'MQOPS_SPEC_MORE', summary: `and ${count - MAX_FAILURES} more errors`, retryable: false })
      }
      return failures
    },
  }
}
