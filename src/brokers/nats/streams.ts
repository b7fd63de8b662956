import type { Context } from '../../ports/context.ts'
import { ELECTION_MS, read } from './api.ts'
import { type Links, pooled } from './client.ts'
import { ERROR, failureOf, isRefusal } from './errors.ts'
import type { Group } from './monitor.ts'
import { isOwnStream } from './names.ts'

/** Streams and consumers as the JetStream API tells them; leaders answer, so that counts are theirs. */

/** Milliseconds for a list: the meta leader waits 4 s for stream leaders that don't answer. */
const LIST_MS = 6000
const PAGES_AT_ONCE = 4
const ASKED_AT_ONCE = 256

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
  readonly paused?: boolean
  readonly cluster?: Group
}

type Page = {
  readonly total: number
  readonly limit: number
  readonly missing?: readonly string[] | null
  /** By name, with the reason: made by a newer server that could do more. */
  readonly offline?: Readonly<Record<string, string>> | null
}
/** Names that a list could not tell about, with the reason. */
export type Silent = ReadonlyMap<string, string>

/** All pages of a list: the first tells how many there are. */
async function pages<T extends Page>(
  links: Links,
  account: string,
  api: string,
  what: string,
  ctx: Context,
): Promise<readonly T[]> {
  const first = await read<T>(links, account, api, { offset: 0 }, what, ctx, { tryMs: LIST_MS })
  const size = Math.max(1, first.limit)
  const offsets = Array.from({ length: Math.max(0, Math.ceil(first.total / size) - 1) }, (_, i) => (i + 1) * size)
  const rest = await pooled(offsets, PAGES_AT_ONCE, (offset) =>
    read<T>(links, account, api, { offset }, what, ctx, { tryMs: LIST_MS }),
  )
  return [first, ...rest]
}

/**
 * Those whose leader did not answer are asked once more, one by one, for as long as an election may take: a list is quick
 * to leave out what has just lost its leader, and what is left out must never be taken for absent.
 */
async function named<T>(
  all: readonly Page[],
  one: (name: string, until: number) => Promise<T | null>,
  ctx: Context,
): Promise<{ readonly found: readonly T[]; readonly silent: Silent }> {
  const until = ctx.now() + ELECTION_MS
  const offline = Object.assign({}, ...all.map((page) => page.offline ?? {})) as Readonly<Record<string, string>>
  const silent = new Map(Object.entries(offline))
  const names = [...new Set(all.flatMap((page) => page.missing ?? []))].filter((name) => !silent.has(name))
  const found = await pooled(names, ASKED_AT_ONCE, async (name) => {
    try {
      return await one(name, until)
    } catch (error) {
      ctx.signal.throwIfAborted()
      if (!failureOf(error).retryable) throw error
      silent.set(name, failureOf(error).summary)
      return null
    }
  })
  return { found: found.flatMap((info) => (info === null ? [] : [info])), silent }
}

/** Names of an account's streams, mqops' own left out: no stream leader is asked. */
export async function streamNames(links: Links, account: string, ctx: Context): Promise<readonly string[]> {
  const what = `list streams of ${account}`
  const all = await pages<Page & { streams: readonly string[] | null }>(links, account, 'STREAM.NAMES', what, ctx)
  return all.flatMap((page) => page.streams ?? []).filter((name) => !isOwnStream(name))
}

/** Streams of an account, mqops' own left out. */
export async function listStreams(
  links: Links,
  account: string,
  ctx: Context,
): Promise<{ readonly streams: readonly StreamInfo[]; readonly silent: Silent }> {
  const all = await pages<Page & { streams: readonly StreamInfo[] | null }>(
    links,
    account,
    'STREAM.LIST',
    `list streams of ${account}`,
    ctx,
  )
  const { found, silent } = await named(all, (name, until) => streamInfo(links, account, name, ctx, until), ctx)
  return {
    streams: [...all.flatMap((page) => page.streams ?? []), ...found].filter((info) => !isOwnStream(info.config.name)),
    silent: new Map([...silent].filter(([name]) => !isOwnStream(name))),
  }
}

type Consumers = { readonly consumers: readonly ConsumerInfo[]; readonly silent: Silent }

/** None when the stream is not there. */
export async function listConsumers(links: Links, account: string, stream: string, ctx: Context): Promise<Consumers> {
  const one = (name: string, until: number) => consumerInfo(links, account, stream, name, ctx, until)
  try {
    const all = await pages<Page & { consumers: readonly ConsumerInfo[] | null }>(
      links,
      account,
      `CONSUMER.LIST.${stream}`,
      `list consumers of ${account}/${stream}`,
      ctx,
    )
    const { found, silent } = await named(all, one, ctx)
    return { consumers: [...all.flatMap((page) => page.consumers ?? []), ...found], silent }
  } catch (error) {
    if (isRefusal(error, ERROR.streamNotFound)) return { consumers: [], silent: new Map() }
    throw error
  }
}

/** null: there is none. `until`: when to give up asking a group without a leader. */
export const streamInfo = (
  links: Links,
  account: string,
  name: string,
  ctx: Context,
  until?: number,
): Promise<StreamInfo | null> =>
  orNull(
    read<StreamInfo>(
      links,
      account,
      `STREAM.INFO.${name}`,
      undefined,
      `read stream ${account}/${name}`,
      ctx,
      until === undefined ? {} : { until },
    ),
  )

export const consumerInfo = (
  links: Links,
  account: string,
  stream: string,
  name: string,
  ctx: Context,
  until?: number,
): Promise<ConsumerInfo | null> =>
  orNull(
    read<ConsumerInfo>(
      links,
      account,
      `CONSUMER.INFO.${stream}.${name}`,
      undefined,
      `read consumer ${account}/${stream}/${name}`,
      ctx,
      until === undefined ? {} : { until },
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
