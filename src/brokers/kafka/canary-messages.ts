import type { Context } from '../../ports/context.ts'
import type { Verdict } from './verdict.ts'
import type { Call } from './client.ts'
import { library } from './library.ts'
import { api } from './protocol.ts'

/** One partition, and a way to ask its leader. */
export type Path = {
  readonly topic: string
  readonly id: string
  readonly partition: number
  ask<R>(call: Call<R>): Promise<R>
}
type Hash = (text: string) => string

const MESSAGES = 200
const PER_REQUEST = 10
const ALL_IN_SYNC = -1
const TIMEOUT_MS = 10_000
const FETCH_BYTES = 1024 ** 2

export type Written = { readonly count: number; readonly latenciesMs: readonly number[] }
export type Read = { readonly count: number; readonly wrong: string | null }

/** Number and hash in one text: a message that was lost, doubled, swapped or damaged shows. */
export const numbered = (n: number, hash: Hash): string => `${n} ${hash(String(n))}`

/** One request after another, idempotent, acknowledged by all in-sync replicas. Latencies are of whole requests. */
export async function writeNumbered(path: Path, hash: Hash, ctx: Context): Promise<Written> {
  const producer = await path.ask((connection) => api.initProducerId(connection, null, TIMEOUT_MS, -1n, -1))
  const latenciesMs: number[] = []
  for (let from = 0; from < MESSAGES; from += PER_REQUEST) {
    const timestamp = BigInt(ctx.now())
    const records = Array.from({ length: PER_REQUEST }, (_, i) => ({
      topic: path.topic,
      partition: path.partition,
      timestamp,
      key: Buffer.from(String(from + i)),
      value: Buffer.from(numbered(from + i, hash)),
    }))
    const sequences = new (library().NumericMap)([[`${path.topic}:${path.partition}`, from]])
    const identity = { producerId: producer.producerId, producerEpoch: producer.producerEpoch, sequences }
    const began = ctx.now()
    await path.ask((connection) => api.produce(connection, ALL_IN_SYNC, TIMEOUT_MS, records, identity))
    latenciesMs.push(ctx.now() - began)
  }
  return { count: MESSAGES, latenciesMs }
}

/** Everything from the beginning; stops at the first thing that is not as it was written. */
export async function readBack(path: Path, expected: number, hash: Hash, ctx: Context): Promise<Read> {
  let next = 0n
  let count = 0
  const deadline = ctx.now() + TIMEOUT_MS
  while (count < expected) {
    if (ctx.now() > deadline) return { count, wrong: `${expected - count} messages are missing` }
    const partition = {
      partition: path.partition,
      currentLeaderEpoch: -1,
      fetchOffset: next,
      lastFetchedEpoch: -1,
      partitionMaxBytes: FETCH_BYTES,
    }
    const answer = await path.ask((connection) =>
      api.fetch(connection, 200, 1, FETCH_BYTES, 0, 0, -1, [{ topicId: path.id, partitions: [partition] }], [], ''),
    )
    for (const batch of answer.responses[0]?.partitions[0]?.records ?? []) {
      for (const record of batch.records) {
        const offset = batch.firstOffset + BigInt(record.offsetDelta)
        if (offset < next) continue
        const text = record.value?.toString() ?? ''
        if (offset !== next || text !== numbered(count, hash))
          return { count, wrong: `at offset ${offset} stands "${text.slice(0, 40)}" in place of message ${count}` }
        next = offset + 1n
        count++
      }
    }
  }
  return { count, wrong: count > expected ? `${count - expected} messages too many` : null }
}

/** The value below which this share of them lies (nearest rank). */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0
}

export function summarize({ count, latenciesMs }: Written, read: Read): Verdict {
  const [p50, p95, p99] = [0.5, 0.95, 0.99].map((share) => percentile(latenciesMs, share)) as [number, number, number]
  const data = { messages: count, read: read.count, p50Ms: p50, p95Ms: p95, p99Ms: p99 }
  if (read.wrong !== null)
    return { ok: false, evidence: `${count} messages acknowledged, ${read.count} read back: ${read.wrong}`, data }
  return {
    ok: true,
    evidence: `${count} messages acknowledged by all replicas, read back complete and in order; p50 ${p50} ms, p95 ${p95} ms, p99 ${p99} ms`,
    data,
  }
}
