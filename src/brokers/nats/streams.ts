import type { Context } from '../../ports/context.ts'
import { call, type Links, pooled } from './client.ts'
import { ERROR, isRefusal } from './errors.ts'
import type { Group } from './monitor.ts'
import { isOwnStream } from './names.ts'

/** Streams and consumers as the JetStream API tells them; leaders answer, so that counts are theirs. */

/** Milliseconds for a list: the meta leader waits 4 s for stream leaders that don't answer. */
const LIST_MS = 10_000
const PAGES_AT_ONCE = 4

export type StreamInfo = {
  readonly config: Readonly<Record<string, unknown>> & {
    readonly name: string
    readonly num_replicas?: number
    readonly retention?: string
    readonly mirror?: unknown
  }
  readonly created: string
  readonly state: {
    readonly messages: number
    readonly bytes: number
    readonly last_seq: number
    readonly consumer_count: number
    readonly subjects?: Readonly<Record<string, number>>
  }
  readonly cluster?: Group
}

export type ConsumerInfo = {
  readonly name: string
  readonly stream_name: string
  readonly created: string
  readonly config: Readonly<Record<string, unknown>> & {
    readonly durable_name?: string
    readonly num_replicas?: number
  }
  readonly delivered: { readonly stream_seq: number }
  readonly num_pending: number
  readonly num_ack_pending: number
  readonly cluster?: Group
}

type Page = { readonly total: number; readonly limit: number; readonly missing?: readonly string[] | null }

/** All pages of a list: the first tells how many there are. */
async function pages<T extends Page>(
  links: Links,
  account: string,
  api: string,
  what: string,
  ctx: Context,
): Promise<readonly T[]> {
  const first = await call<T>(links, account, api, { offset: 0 }, what, ctx, LIST_MS)
  const size = Math.max(1, first.limit)
  const offsets = Array.from({ length: Math.max(0, Math.ceil(first.total / size) - 1) }, (_, i) => (i + 1) * size)
  const rest = await pooled(offsets, PAGES_AT_ONCE, (offset) =>
    call<T>(links, account, api, { offset }, what, ctx, LIST_MS),
  )
  return [first, ...rest]
}

/** Streams of an account, mqops' own left out. `missing`: those whose leader did not answer. */
export async function listStreams(
  links: Links,
  account: string,
  ctx: Context,
): Promise<{ readonly streams: readonly StreamInfo[]; readonly missing: readonly string[] }> {
  const all = await pages<Page & { streams: readonly StreamInfo[] | null }>(
    links,
    account,
    'STREAM.LIST',
    `list streams of ${account}`,
    ctx,
  )
  return {
    streams: all.flatMap((page) => page.streams ?? []).filter((info) => !isOwnStream(info.config.name)),
    missing: [...new Set(all.flatMap((page) => page.missing ?? []))].filter((name) => !isOwnStream(name)),
  }
}

export async function listConsumers(
  links: Links,
  account: string,
  stream: string,
  ctx: Context,
): Promise<{ readonly consumers: readonly ConsumerInfo[]; readonly missing: readonly string[] }> {
  const all = await pages<Page & { consumers: readonly ConsumerInfo[] | null }>(
    links,
    account,
    `CONSUMER.LIST.${stream}`,
    `list consumers of ${account}/${stream}`,
    ctx,
  )
  return {
    consumers: all.flatMap((page) => page.consumers ?? []),
    missing: [...new Set(all.flatMap((page) => page.missing ?? []))],
  }
}

/** null: there is none. */
export const streamInfo = (links: Links, account: string, name: string, ctx: Context): Promise<StreamInfo | null> =>
  orNull(call<StreamInfo>(links, account, `STREAM.INFO.${name}`, undefined, `read stream ${account}/${name}`, ctx))

export const consumerInfo = (
  links: Links,
  account: string,
  stream: string,
  name: string,
  ctx: Context,
): Promise<ConsumerInfo | null> =>
  orNull(
    call<ConsumerInfo>(
      links,
      account,
      `CONSUMER.INFO.${stream}.${name}`,
      undefined,
      `read consumer ${account}/${stream}/${name}`,
      ctx,
    ),
  )

async function orNull<T>(answer: Promise<T>): Promise<T | null> {
  try {
    return await answer
  } catch (error) {
    if (isRefusal(error, ERROR.streamNotFound, ERROR.consumerNotFound)) return null
    throw error
  }
}
