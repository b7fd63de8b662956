import { type Failure, MqopsError } from '../model/failure.ts'

export type RuntimeCode =
  | 'MQOPS_RUNTIME_VERSION' // nobody offers that version
  | 'MQOPS_RUNTIME_CHECKSUM' // a download differs from its pin, twice
  | 'MQOPS_RUNTIME_DISK_FULL'
  | 'MQOPS_RUNTIME_NO_NETWORK' // the source was not reached
  | 'MQOPS_RUNTIME_DOWNLOAD' // reached, but it did not give the file
  | 'MQOPS_RUNTIME_NO_SOURCE' // this machine has no client for any source, or all sources failed
  | 'MQOPS_RUNTIME_BROKEN' // installed, but it does not work
  | 'MQOPS_RUNTIME_CACHE' // the cache folder can't be used
  | 'MQOPS_RUNTIME_ABORTED'

export type RuntimeFault = {
  readonly code: RuntimeCode
  readonly summary: string
  readonly hint: string
  readonly detail?: string
  readonly retryable?: boolean
}

/** `message` says what happened, `hint` the one thing to do about it. */
export class RuntimeError extends MqopsError {
  declare readonly failure: Failure & { readonly code: RuntimeCode; readonly hint: string }

  constructor(fault: RuntimeFault, options?: { cause?: unknown }) {
    super(fault, options)
    this.name = 'RuntimeError'
  }

  override get code(): RuntimeCode {
    return this.failure.code
  }

  get hint(): string {
    return this.failure.hint
  }

  get retryable(): boolean {
    return this.failure.retryable
  }
}

export const errnoOf = (error: unknown): string | undefined => {
  for (let at: unknown = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth++) {
    const code = (at as NodeJS.ErrnoException).code
    if (typeof code === 'string') return code
    const inner = (at as AggregateError).errors?.[0] as NodeJS.ErrnoException | undefined
    if (typeof inner?.code === 'string') return inner.code
  }
  return undefined
}

/** EFBIG is what a process at its file size limit sees; for the user it is the same wall. */
const FULL = new Set(['ENOSPC', 'EDQUOT', 'EFBIG'])
const SQLITE_FULL = 13
export const isDiskFull = (error: unknown): boolean =>
  FULL.has(errnoOf(error) ?? '') || (error as { errcode?: number } | null)?.errcode === SQLITE_FULL

export const mib = (bytes: number): string => `${Math.ceil(bytes / 1048576).toLocaleString('en-US')} MiB`

export const diskFull = (path: string, neededBytes: number | null, cause?: unknown): RuntimeError =>
  new RuntimeError(
    {
      code: 'MQOPS_RUNTIME_DISK_FULL',
      summary: `No space left in ${path}${neededBytes === null ? '' : ` (${mib(neededBytes)} more are needed)`}`,
      hint: `Free space there, or set MQOPS_CACHE to a folder on a larger disk, then run the same command again`,
      retryable: true,
    },
    { cause },
  )

export const aborted = (cause?: unknown): RuntimeError =>
  new RuntimeError(
    {
      code: 'MQOPS_RUNTIME_ABORTED',
      summary: 'The installation was interrupted',
      hint: 'Run the same command again: what was downloaded is kept',
      retryable: true,
    },
    { cause },
  )

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
