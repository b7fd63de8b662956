import { MqopsError } from '../../model/failure.ts'
import type { Dict } from '../../model/json.ts'
import type { Context } from '../../ports/context.ts'
import type { Lease } from '../../ports/session.ts'
import type { Bucket, Entry } from './bucket.ts'

const KEY = 'lease'
const TRIES = 3
type Held = Dict<string | number | null> & { readonly holder: string | null; readonly until: number }

/**
 * The lease of last resort: one key, changed only at the revision that was read, forgotten by the server after its time.
 * The epoch is the revision of the taking: a stream's sequence grows and is never used twice.
 * Throws MQOPS_LOCKED naming the holder.
 */
export async function takeLease(bucket: Bucket, holder: string, ttlMs: number, ctx: Context): Promise<Lease> {
  const value = (): Held => ({ holder, until: ctx.now() + ttlMs })
  let revision: number | null = null
  // A released key is forgotten a second later: once between the two requests is no holder.
  for (let attempt = 0; revision === null; attempt++) {
    const before = await bucket.get(KEY, ctx)
    const held = holderOf(before)
    if (held !== null && held !== holder) throw locked(held)
    if (attempt === TRIES) throw locked('someone else')
    revision = await bucket.put(KEY, value(), before?.revision ?? 0, ctx, ttlMs)
  }
  const epoch = revision
  const lost = (): MqopsError =>
    new MqopsError({
      code: 'MQOPS_LEASE_LOST',
      summary: 'the lease of the cluster is held by someone else now',
      hint: 'See `mqops runs`; then `mqops resume`.',
    })
  return {
    epoch,
    renew: async () => {
      if (revision === null) throw lost()
      const next = await bucket.put(KEY, value(), revision, ctx, ttlMs)
      // An answer that got lost looks like a conflict: what stands there tells.
      revision = next ?? (await mine(bucket, holder, revision, ctx))
      if (revision === null) throw lost()
    },
    release: async () => {
      if (revision === null) return
      await bucket.put(KEY, { holder: null, until: 0 }, revision, ctx, 1000)
      revision = null
    },
  }
}

const holderOf = (entry: Entry | null): string | null => (entry?.value as Held | undefined)?.holder ?? null

/** The revision under which it is ours, or null: written by this holder after `since`, or not ours. */
async function mine(bucket: Bucket, holder: string, since: number, ctx: Context): Promise<number | null> {
  const entry = await bucket.get(KEY, ctx)
  return entry && holderOf(entry) === holder && entry.revision > since ? entry.revision : null
}

const locked = (holder: string): MqopsError =>
  new MqopsError({
    code: 'MQOPS_LOCKED',
    summary: `${holder} works on this cluster`,
    retryable: true,
    hint: 'Wait until it has finished; a holder that died is forgotten after its lease.',
  })
