import { expect, test } from 'vitest'
import type { Bucket, Entry } from '../../../src/brokers/nats/bucket.ts'
import { takeLease } from '../../../src/brokers/nats/lease.ts'
import { ownership, shardOf } from '../../../src/brokers/nats/ownership.ts'
import type { Json } from '../../../src/model/json.ts'
import type { Context } from '../../../src/ports/context.ts'

/** The bucket's own promise in memory: compare and set by revision, revisions that only grow. */
function memory() {
  const entries = new Map<string, Entry>()
  let revision = 0
  const methods: Pick<Bucket, 'get' | 'keys' | 'put'> = {
    get: async (key: string) => entries.get(key) ?? null,
    keys: async () => [...entries.keys()],
    put: async (key: string, value: Json, expected: number) => {
      if ((entries.get(key)?.revision ?? 0) !== expected) return null
      revision += 1
      entries.set(key, { value, revision })
      return revision
    },
  }
  return { bucket: methods as Bucket, methods, entries }
}

const ctx = { now: () => 1000, signal: new AbortController().signal } as Context

test('what was written is read; null forgets', async () => {
  const { read, write } = ownership(memory().bucket)
  const names = Array.from({ length: 200 }, (_, i) => `stream/APP/S${i}`)
  await write(new Map(names.map((name) => [name, { secret: name }])), ctx)
  expect(await read(ctx)).toEqual(new Map(names.map((name) => [name, { secret: name }])))
  await write(
    new Map([
      ['stream/APP/S7', null],
      ['stream/APP/S8', {}],
    ]),
    ctx,
  )
  const after = await read(ctx)
  expect(after.has('stream/APP/S7')).toBe(false)
  expect(after.get('stream/APP/S8')).toEqual({})
  expect(after.size).toBe(199)
})

test('a write that lost a race is made again on what stands there now', async () => {
  const { methods, entries } = memory()
  const key = 'stream/APP/A'
  let raced = false
  const racing = {
    ...methods,
    put: async (shard: string, value: Json, expected: number, context: Context) => {
      if (!raced) {
        raced = true
        entries.set(shard, { value: { 'stream/APP/other': {} }, revision: 1000 })
      }
      return methods.put(shard, value, expected, context)
    },
  } as unknown as Bucket
  await ownership(racing).write(new Map([[key, {}]]), ctx)
  expect(entries.get(shardOf(key))?.value).toEqual({ [key]: {}, 'stream/APP/other': {} })
})

test('a lease has one holder, and epochs grow', async () => {
  const { bucket } = memory()
  const first = await takeLease(bucket, 'a', 1000, ctx)
  await expect(takeLease(bucket, 'b', 1000, ctx)).rejects.toMatchObject({
    code: 'MQOPS_LOCKED',
    message: expect.stringContaining('a works'),
  })
  await first.renew()
  await first.release()
  const second = await takeLease(bucket, 'b', 1000, ctx)
  expect(second.epoch).toBeGreaterThan(first.epoch)
})

test('who lost the lease learns it at the next renewal', async () => {
  const { bucket, entries } = memory()
  const first = await takeLease(bucket, 'a', 1000, ctx)
  entries.clear() // the server forgot it after its time
  await takeLease(bucket, 'b', 1000, ctx)
  await expect(first.renew()).rejects.toMatchObject({ code: 'MQOPS_LEASE_LOST' })
  await expect(first.renew()).rejects.toMatchObject({ code: 'MQOPS_LEASE_LOST' })
})
