import { createHash } from 'node:crypto'
import { MqopsError } from '../../model/failure.ts'
import type { Dict } from '../../model/json.ts'
import type { Context } from '../../ports/context.ts'
import type { OwnerRecord, Ownership } from '../../ports/session.ts'
import type { Bucket } from './bucket.ts'
import { pooled } from './client.ts'

/** How often one shard is read again when someone else wrote it meanwhile; the lease makes even one rare. */
const TRIES = 8

/** One character of a digest: 16 shards, so that 1,000 claims are 16 writes and none outgrows a message. */
export const shardOf = (key: string): string => `owners.${createHash('sha256').update(key).digest('hex')[0]}`

/** Ownership in the bucket `mqops`: each shard one value, { 'stream/APP/ORDERS': {} }, changed by compare and set. */
export function ownership(bucket: Bucket): Ownership {
  return {
    read: async (ctx) => {
      const shards = (await bucket.keys(ctx)).filter((key) => key.startsWith('owners.'))
      const values = await pooled(shards, 16, (shard) => bucket.get(shard, ctx))
      return new Map(values.flatMap((entry) => Object.entries((entry?.value ?? {}) as Dict<OwnerRecord>)))
    },
    write: async (changes, ctx) => {
      const byShard = new Map<string, [string, OwnerRecord | null][]>()
      for (const change of changes) {
        const shard = shardOf(change[0])
        byShard.set(shard, [...(byShard.get(shard) ?? []), change])
      }
      await pooled([...byShard], 16, ([shard, of]) => writeShard(bucket, shard, of, ctx))
    },
  }
}

async function writeShard(
  bucket: Bucket,
  shard: string,
  changes: readonly (readonly [string, OwnerRecord | null])[],
  ctx: Context,
): Promise<void> {
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const entry = await bucket.get(shard, ctx)
    const records = new Map(Object.entries((entry?.value ?? {}) as Dict<OwnerRecord>))
    for (const [key, record] of changes) {
      if (record) records.set(key, record)
      else records.delete(key)
    }
    const value = Object.fromEntries([...records].sort(([a], [b]) => (a < b ? -1 : 1)))
    if ((await bucket.put(shard, value, entry?.revision ?? 0, ctx)) !== null) return
  }
  throw new MqopsError({
    code: 'MQOPS_BROKER',
    summary: `${shard} of the ownership bucket was changed by someone else ${TRIES} times in a row`,
    retryable: true,
    hint: 'Does another mqops work on this cluster?',
  })
}
