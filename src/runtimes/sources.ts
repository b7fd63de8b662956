import { messageOf, type RuntimeCode, RuntimeError } from './errors.ts'
import type { EnsureOptions, Software } from './types.ts'

/** One place that software may come from. `mirror`: the setting that names another one, where there is such. */
export type Source<T> = { readonly name: string; readonly mirror?: string; get(): Promise<T> }

type Failed = { readonly name: string; readonly mirror?: string | undefined; readonly error: RuntimeError }

/** What the user must deal with first: no other source would do better. */
const FINAL: readonly RuntimeCode[] = ['MQOPS_RUNTIME_DISK_FULL', 'MQOPS_RUNTIME_ABORTED', 'MQOPS_RUNTIME_CACHE']
/** Of several reasons the one that says most. */
const TELLING: readonly RuntimeCode[] = ['MQOPS_RUNTIME_CHECKSUM', 'MQOPS_RUNTIME_BROKEN', 'MQOPS_RUNTIME_NO_NETWORK']

/** Tries one source after the other and says why each was left; when none works, the error tells all of it. */
export async function firstThatWorks<T>(
  software: Software,
  version: string,
  sources: readonly Source<T>[],
  o: EnsureOptions,
): Promise<T> {
  const failed: Failed[] = []
  for (const { name, mirror, get } of sources) {
    try {
      return await get()
    } catch (error) {
      if (!(error instanceof RuntimeError) || FINAL.includes(error.code)) throw error
      failed.push({ name, mirror, error })
      const note = `${name} did not work (${messageOf(error)})`
      if (failed.length < sources.length)
        o.progress({ part: `${software} ${version}`, doneBytes: 0, totalBytes: null, note })
    }
  }
  throw noneWorked(`${software} ${version}`, failed)
}

function noneWorked(what: string, failed: readonly Failed[]): RuntimeError {
  const codes = failed.map((f) => f.error.code)
  const telling = TELLING.find((code) => codes.includes(code))
  const leading = failed.find((f) => f.error.code === telling) ?? failed[0]
  const detail = failed
    .map(({ name, error }) => `${name}: ${messageOf(error)}${error.failure.detail ? ` (${error.failure.detail})` : ''}`)
    .join('\n')
  const retryable = failed.some(({ error }) => error.retryable)
  if (leading === undefined) {
    const hint = 'mqops doctor shows what there is'
    return new RuntimeError({ code: 'MQOPS_RUNTIME_NO_SOURCE', summary: `${what} has no source here`, hint, retryable })
  }
  const { code } = leading.error
  if (code === 'MQOPS_RUNTIME_NO_NETWORK') {
    const mirror = leading.mirror && ` (or name a mirror that this machine reaches: ${leading.mirror})`
    return new RuntimeError({
      code,
      summary: `${what} is not in the cache, and its source was not reached: ${messageOf(leading.error)}`,
      detail,
      hint: `Connect to the network${mirror ?? ''} and run the same command again: what was downloaded is kept`,
      retryable,
    })
  }
  if (failed.length === 1) return leading.error
  const summary = `${what} could not be had from any source: ${messageOf(leading.error)}`
  return new RuntimeError({ code, summary, detail, hint: leading.error.hint, retryable })
}
