import type { Context } from '../ports/context.ts'
import type { Lease } from '../ports/session.ts'
import { toFailure } from '../model/failure.ts'

export const LEASE_MS = 30_000

/** Leases of all clusters of a run, taken in name order (so that two runs can't wait for each other), kept alive. */
export type HeldLeases = { readonly epoch: number; readonly lost: AbortSignal; release(): Promise<void> }

/**
 * Takes every lease or none. `lost` fires when a renewal is refused, or when none has succeeded for the lease's whole
 * time: somebody else may be acting from then on.
 */
export async function holdLeases(
  names: readonly string[],
  take: (cluster: string) => Promise<Lease>,
  ctx: Context,
): Promise<HeldLeases> {
  const held: Lease[] = []
  const releaseAll = async () => {
    for (const lease of held.splice(0).reverse())
      await lease.release().catch((error) => ctx.log('lease.release', toFailure(error).summary))
  }
  try {
    for (const name of [...names].sort()) held.push(await take(name))
  } catch (error) {
    await releaseAll()
    throw error
  }
  const lost = new AbortController()
  const over = new AbortController()
  const renewing = renewUntil(held, lost, over.signal, ctx)
  return {
    epoch: Math.max(0, ...held.map((lease) => lease.epoch)),
    lost: lost.signal,
    release: async () => {
      over.abort()
      await renewing
      await releaseAll()
    },
  }
}

async function renewUntil(
  held: readonly Lease[],
  lost: AbortController,
  over: AbortSignal,
  ctx: Context,
): Promise<void> {
  let renewedAt = ctx.now()
  const stop = new Promise<void>((resolve) => over.addEventListener('abort', () => resolve(), { once: true }))
  while (!over.aborted && !lost.signal.aborted) {
    await Promise.race([ctx.sleep(LEASE_MS / 3).catch(() => stop), stop])
    if (over.aborted) return
    try {
      await Promise.all(held.map((lease) => lease.renew()))
      renewedAt = ctx.now()
    } catch (error) {
      const failure = toFailure(error)
      if (failure.code === 'MQOPS_LEASE_LOST' || ctx.now() - renewedAt > LEASE_MS) lost.abort(error)
      else ctx.log('lease.renew', failure.summary)
    }
  }
}
