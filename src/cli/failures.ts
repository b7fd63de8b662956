import { type Failure, MqopsError, toFailure } from '../model/failure.ts'

/** Several failures at once, as an exception: all are shown, the exit code is theirs. */
export class Failures extends Error {
  readonly failures: readonly Failure[]
  constructor(failures: readonly Failure[]) {
    super(failures.map((failure) => failure.summary).join('; '))
    this.name = 'Failures'
    this.failures = failures
  }
}

export const usage = (summary: string, hint?: string): MqopsError =>
  new MqopsError({ code: 'MQOPS_USAGE', summary, ...(hint === undefined ? {} : { hint }) })

/** Ctrl-C, or somebody else's abort: no failure to be explained. */
export const isInterruption = (error: unknown): boolean => error instanceof Error && error.name === 'AbortError'

const carried = (error: unknown): Failure | null => {
  const failure = (error as { failure?: Partial<Failure> } | null)?.failure
  return typeof failure?.code === 'string' && typeof failure.summary === 'string' ? (failure as Failure) : null
}

/** Whatever was thrown, as failures; unknown errors are MQOPS_INTERNAL. */
export const failuresOf = (error: unknown): readonly Failure[] =>
  error instanceof Failures ? error.failures : [carried(error) ?? toFailure(error)]

/** Exit codes: sysexits(3) where it has one, Terraform's for --detailed-exitcode. The first line that fits counts. */
const EXITS: readonly (readonly [code: RegExp, exit: number])[] = [
  [/^MQOPS_(USAGE|RUN_UNKNOWN|ADOPT_UNKNOWN|ADOPT_UNNAMED)$/, 64],
  [/^MQOPS_(SPEC_.*|PARTITIONS_DECREASE|REPLICAS_CHANGE|PLAN_EDITED|PLAN_FORMAT)$/, 78],
  [/^MQOPS_(INTERRUPTED|RUNTIME_ABORTED)$/, 130],
  [/^MQOPS_UNREACHABLE$/, 69],
  [/^MQOPS_(LOCKED|LEASE_LOST|TIMEOUT)$/, 75],
  [/./, 1],
]

export const EXIT = {
  done: 0,
  failed: 1,
  changes: 2,
  partly: 3,
  usage: 64,
  unreachable: 69,
  temporary: 75,
  spec: 78,
  interrupted: 130,
} as const

const exitOf = (failure: Failure): number =>
  (EXITS.find(([code]) => code.test(failure.code)) as (typeof EXITS)[number])[1]

/** One code for all of them: a bad spec before all else; else what they agree on, or 1. */
export function exitFor(failures: readonly Failure[]): number {
  const codes = new Set(failures.map(exitOf))
  if (codes.has(EXIT.spec)) return EXIT.spec
  const [only] = codes
  return codes.size === 1 && only !== undefined ? only : EXIT.failed
}
