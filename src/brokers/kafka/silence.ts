import { MqopsError } from '../../model/failure.ts'
import type { Context } from '../../ports/context.ts'

/** A broker that let a request run into its limit is not waited for again before this is over. */
const SILENCE_MS = 10_000

/** Remembers which endpoints hang, so that one hanging broker costs its limit once and not at each question. */
export function createSilences() {
  const until = new Map<string, number>()
  return {
    heard: (endpoint: string) => void until.delete(endpoint),
    silent(endpoint: string, error: unknown, ctx: Context) {
      const hangs = error instanceof MqopsError && (error.code === 'MQOPS_TIMEOUT' || /no answer/.test(error.message))
      if (hangs) until.set(endpoint, ctx.now() + SILENCE_MS)
    },
    /** Those that don't hang; all, when all do: somebody has to be asked. */
    speaking(endpoints: readonly string[], ctx: Context): readonly string[] {
      const some = endpoints.filter((endpoint) => (until.get(endpoint) ?? 0) <= ctx.now())
      return some.length > 0 ? some : endpoints
    },
  }
}
