import { MqopsError } from '../../../model/failure.ts'
import type { JsonObject } from '../../../model/json.ts'
import { failed, notYet, type Outcome, yes } from '../../../model/plan.ts'
import type { Context } from '../../../ports/context.ts'
import type { KindItem } from '../../../ports/kind.ts'
import { call } from '../api.ts'
import { pooled } from '../client.ts'
import { ERROR, failureOf, isRefusal } from '../errors.ts'
import type { Group } from '../monitor.ts'
import type { NatsSession } from '../session.ts'
import { listConsumers, type StreamInfo, streamInfo } from '../streams.ts'
import { consumersToRestore, type Restored } from './consumer-restore.ts'
import { normalStream, STREAM_FIELDS, type StreamValue, streamWire } from './stream-config.ts'

/** What is done to streams, those behind buckets and object stores too. */

/** Requests at once: far below the 10,000 in flight at which the server drops all of them. */
export const CONCURRENCY = 32
/** Milliseconds until new replicas must have caught up before the next stream's replicas are changed. */
const CATCH_UP_MS = 60_000

/** Account and name of the stream. */
export type StreamKey = readonly [string, string]

export async function actOnStreams(
  verb: 'create' | 'update' | 'delete',
  items: readonly KindItem<StreamValue>[],
  streamOf: (key: readonly string[]) => StreamKey,
  session: NatsSession,
  ctx: Context,
): Promise<readonly Outcome[]> {
  const restore =
    verb === 'create'
      ? await consumersToRestore(
          session,
          items.map((item) => streamOf(item.key)),
          ctx,
        )
      : null
  return pooled(items, CONCURRENCY, async (item): Promise<Outcome> => {
    const [account, name] = streamOf(item.key)
    try {
      if (verb === 'delete') return await remove(session, account, name, ctx)
      if (verb === 'create') return await create(session, account, name, item.want, restore?.(account, name) ?? [], ctx)
      const moves = item.changes.some((change) => ['num_replicas', 'replicas'].includes(change.field))
      return await (moves
        ? session.serially(() => update(session, account, name, item.want, ctx))
        : update(session, account, name, item.want, ctx))
    } catch (error) {
      ctx.signal.throwIfAborted()
      return failed({ address: item.step.address, ...failureOf(error) })
    }
  })
}

async function create(
  session: NatsSession,
  account: string,
  name: string,
  want: StreamValue,
  consumers: readonly Restored[],
  ctx: Context,
): Promise<Outcome> {
  // The server answers a second create of the same configuration with the stream that is there.
  const open = { ...want, sealed: false } as StreamValue
  const what = `create stream ${account}/${name}`
  await call(session.links, account, `STREAM.CREATE.${name}`, streamWire(name, open), what, ctx)
  if (want['sealed'] === true)
    await call(session.links, account, `STREAM.UPDATE.${name}`, streamWire(name, want), what, ctx)
  for (const { consumer, config } of consumers) {
    await call(
      session.links,
      account,
      `CONSUMER.CREATE.${name}.${consumer}`,
      { stream_name: name, config, action: '' },
      `create consumer ${account}/${name}/${consumer}`,
      ctx,
    )
  }
  return yes
}

async function remove(session: NatsSession, account: string, name: string, ctx: Context): Promise<Outcome> {
  try {
    await call(session.links, account, `STREAM.DELETE.${name}`, undefined, `delete stream ${account}/${name}`, ctx)
  } catch (error) {
    if (!isRefusal(error, ERROR.streamNotFound)) throw error
  }
  return yes
}

async function update(
  session: NatsSession,
  account: string,
  name: string,
  want: StreamValue,
  ctx: Context,
): Promise<Outcome> {
  const what = `update stream ${account}/${name}`
  const before = await streamInfo(session.links, account, name, ctx)
  if (!before) throw new MqopsError({ code: 'MQOPS_BROKER', summary: `${what}: it is gone`, hint: 'Plan again.' })
  // What mqops does not know of stays as it is.
  const fixed = ['name', ...STREAM_FIELDS, ...(want.mirror === null ? ['mirror_direct'] : [])]
  const unknown = Object.fromEntries(Object.entries(before.config).filter(([field]) => !fixed.includes(field)))
  const send = (value: StreamValue): Promise<StreamInfo> =>
    call(
      session.links,
      account,
      `STREAM.UPDATE.${name}`,
      { ...(unknown as JsonObject), ...streamWire(name, value) },
      what,
      ctx,
    )
  // A mirror first stops to be one; subjects in the same update are refused.
  if (before.config.mirror && want.mirror === null) await send({ ...normalStream(before.config), mirror: null })
  await send(want)
  return (before.config.num_replicas ?? 1) === want.num_replicas
    ? yes
    : caughtUp(session, account, name, want.num_replicas, ctx)
}

/** One change of a peer set at a time: the next waits until this stream's replicas, and its consumers', are current. */
async function caughtUp(
  session: NatsSession,
  account: string,
  name: string,
  replicas: number,
  ctx: Context,
): Promise<Outcome> {
  const until = ctx.now() + CATCH_UP_MS
  let why = 'new replicas have not caught up'
  for (let pause = 50; ctx.now() < until; pause = Math.min(1000, pause * 2)) {
    const late = await lateReplica(session, account, name, replicas, ctx).catch((error) => failureOf(error).summary)
    ctx.signal.throwIfAborted()
    if (late === null) return yes
    why = late
    await ctx.sleep(pause)
  }
  return notYet(`${account}/${name}: ${why}`)
}

async function lateReplica(
  session: NatsSession,
  account: string,
  name: string,
  replicas: number,
  ctx: Context,
): Promise<string | null> {
  const info = await streamInfo(session.links, account, name, ctx)
  if (!info) return null
  const own = behind(info.cluster, replicas)
  if (own !== null || info.state.consumer_count === 0) return own
  const { consumers, silent } = await listConsumers(session.links, account, name, ctx)
  const [mute] = silent.keys()
  if (mute !== undefined) return `consumer ${mute} has no leader`
  for (const consumer of consumers) {
    if (!consumer.config.durable_name) continue
    const late = behind(consumer.cluster, consumer.config.num_replicas || replicas)
    if (late !== null) return `consumer ${consumer.name}: ${late}`
  }
  return null
}

/** What keeps a group of so many replicas from being whole, or null. */
export function behind(group: Group | undefined, replicas: number): string | null {
  if (!group) return null
  if (!group.leader) return 'no leader'
  const peers = group.replicas ?? []
  const late = peers.filter((peer) => !peer.current || peer.offline)
  if (late.length > 0)
    return late.map((peer) => `${peer.name} is ${peer.offline ? 'offline' : `${peer.lag ?? 0} behind`}`).join(', ')
  return peers.length + 1 === replicas ? null : `${peers.length + 1} of ${replicas} replicas`
}
