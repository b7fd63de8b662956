import { createHash } from 'node:crypto'
import type { NatsConnection } from '@nats-io/transport-node'
import { type Address, address } from '../../model/address.ts'
import type { Check } from '../../model/check.ts'
import type { Context } from '../../ports/context.ts'
import { call, read, REQUEST_MS } from './api.ts'
import { pooled } from './client.ts'
import { ERROR, failureOf, hasNoResponders, isRefusal } from './errors.ts'
import { fieldsOf } from './fields.ts'
import { CANARY_PREFIX, CANARY_SUBJECT, OWN_ACCOUNT, type StreamKindName, streamName, usualReplicas } from './names.ts'
import type { NatsSession } from './session.ts'
import { type StreamInfo, streamInfo } from './streams.ts'

/** Through each member; enough for a p99 that means something, few enough for a second. */
const MESSAGES = 100
const BYTES = 1024
/** Published without waiting for the answers before them. */
const WINDOW = 10
/** Milliseconds in which a member must have heard of a new stream. */
const HEARD_MS = 5000
/** Milliseconds after which a canary that nobody cleaned up is left over. */
const LEFT_OVER_MS = 3_600_000

/**
 * A stream of its own in mqops' own account, with the replicas that streams usually have: messages go in through every
 * member, each acknowledged by a majority, and come out through another one, complete, in order and unchanged. The sample
 * is read only.
 */
export async function runCanary(
  session: NatsSession,
  sample: readonly Address[],
  ctx: Context,
): Promise<readonly Check[]> {
  await sweep(session, ctx)
  const endpoints = session.links.access.endpoints.client ?? []
  const name = CANARY_PREFIX + Buffer.from(ctx.random(9)).toString('hex')
  const checks: Check[] = []
  const from = ctx.now()
  const links: (NatsConnection | Error)[] = await Promise.all(
    endpoints.map((endpoint) =>
      session.links
        .open(session.links.credentials(OWN_ACCOUNT), [endpoint], ctx, { reconnect: false })
        .catch((error: Error) => error),
    ),
  )
  try {
    await create(session, name, ctx)
    for (const [i, link] of links.entries()) {
      // Read through the next member that answers, or itself where it is the only one.
      const reader = [...links.slice(i + 1), ...links.slice(0, i + 1)].find((one) => !(one instanceof Error)) as
        | NatsConnection
        | undefined
      checks.push(await roundTrip(session, name, i, link, reader, ctx))
    }
  } catch (error) {
    ctx.signal.throwIfAborted()
    checks.push({
      about: address(session.spec.name, 'cluster'),
      name: 'canary',
      ok: false,
      evidence: failureOf(error).summary,
      ms: ctx.now() - from,
    })
  } finally {
    await Promise.all(links.flatMap((link) => (link instanceof Error ? [] : [link.close().catch(() => undefined)])))
    await remove(session, name, ctx).catch((error) =>
      ctx.log('nats.canary.left', { stream: name, why: failureOf(error).summary }),
    )
  }
  return [
    ...checks,
    ...(await pooled(
      sample.filter((one) => one.kind === 'stream' || one.kind === 'kv' || one.kind === 'objects'),
      8,
      (one) => readSample(session, one, ctx),
    )),
  ]
}

async function create(session: NatsSession, name: string, ctx: Context): Promise<void> {
  const config = {
    name,
    subjects: [subjectOf(name, '>')],
    num_replicas: usualReplicas(fieldsOf(session.spec)),
    storage: 'file',
    // No limit in bytes: it would be a reservation, and fail where the streams of users have reserved all that there is.
    max_msgs: 10 * MESSAGES,
    description: 'A canary of mqops; it may be deleted',
  }
  await call(session.links, OWN_ACCOUNT, `STREAM.CREATE.${name}`, config, 'create the canary stream', ctx)
}

async function remove(session: NatsSession, name: string, ctx: Context): Promise<void> {
  try {
    await call(session.links, OWN_ACCOUNT, `STREAM.DELETE.${name}`, undefined, 'delete the canary stream', ctx)
  } catch (error) {
    if (!isRefusal(error, ERROR.streamNotFound)) throw error
  }
}

/** Canaries of a process that was killed. Best effort: the check itself must not fail for them. */
async function sweep(session: NatsSession, ctx: Context): Promise<void> {
  try {
    const { streams } = await read<{ streams: readonly StreamInfo[] | null }>(
      session.links,
      OWN_ACCOUNT,
      'STREAM.LIST',
      { offset: 0 },
      'list canaries',
      ctx,
    )
    const old = (streams ?? []).filter(
      ({ config, created }) => config.name.startsWith(CANARY_PREFIX) && ctx.now() - Date.parse(created) > LEFT_OVER_MS,
    )
    await pooled(old, 4, ({ config }) => remove(session, config.name, ctx))
  } catch (error) {
    ctx.signal.throwIfAborted()
    ctx.log('nats.canary.sweep', failureOf(error).summary)
  }
}

/** Below one token, so that a user can be permitted to publish canaries. */
const subjectOf = (name: string, last: string | number): string =>
  `${CANARY_SUBJECT}.${name.slice(CANARY_PREFIX.length)}.${last}`

const payload = (name: string, member: number, i: number): Buffer => {
  const text = `${name} ${member} ${i} `
  return Buffer.from(
    text +
      createHash('sha256')
        .update(text)
        .digest('hex')
        .repeat(16)
        .slice(0, BYTES - text.length),
  )
}

async function roundTrip(
  session: NatsSession,
  name: string,
  member: number,
  link: NatsConnection | Error,
  reader: NatsConnection | undefined,
  ctx: Context,
): Promise<Check> {
  const about = address(session.spec.name, 'member', String(member + 1))
  const from = ctx.now()
  const result = (ok: boolean, evidence: string, data?: Check['data']): Check => ({
    about,
    name: 'canary',
    ok,
    evidence,
    ms: ctx.now() - from,
    ...(data === undefined ? {} : { data }),
  })
  if (link instanceof Error) return result(false, failureOf(link).summary)
  try {
    const { latencies, sequences } = await publish(name, member, link, ctx)
    const wrong = await readBack(name, member, sequences, reader ?? link)
    if (wrong) return result(false, wrong)
    const data = {
      messages: MESSAGES,
      p50: percentile(latencies, 0.5),
      p95: percentile(latencies, 0.95),
      p99: percentile(latencies, 0.99),
    }
    return result(
      true,
      `${MESSAGES} messages in and out through another member, complete and in order; acknowledged in ${data.p50} ms (p50), ${data.p99} ms (p99)`,
      data,
    )
  } catch (error) {
    ctx.signal.throwIfAborted()
    return result(false, error instanceof Error ? error.message : String(error))
  }
}

/** Until this member has heard who keeps the new stream: what nobody listens to was not stored. */
async function heard<T>(publish: () => Promise<T>, ctx: Context): Promise<T> {
  const until = ctx.now() + HEARD_MS
  for (let pause = 10; ; pause *= 2) {
    try {
      return await publish()
    } catch (error) {
      ctx.signal.throwIfAborted()
      if (!hasNoResponders(error) || ctx.now() > until) throw error
      await ctx.sleep(pause)
    }
  }
}

async function publish(
  name: string,
  member: number,
  link: NatsConnection,
  ctx: Context,
): Promise<{ latencies: number[]; sequences: number[] }> {
  const latencies: number[] = []
  const one = async (i: number): Promise<number> => {
    const began = ctx.now()
    const answer = (
      await link.request(subjectOf(name, member), payload(name, member, i), { timeout: REQUEST_MS })
    ).json<{ seq?: number; stream?: string; error?: { description?: string } }>()
    if (answer.error || answer.seq === undefined || answer.stream !== name)
      throw new Error(`message ${i} was not acknowledged: ${answer.error?.description ?? 'no sequence'}`)
    latencies.push(ctx.now() - began)
    return answer.seq
  }
  const first = await heard(() => one(0), ctx)
  const rest = await pooled(
    Array.from({ length: MESSAGES - 1 }, (_, i) => i + 1),
    WINDOW,
    one,
  )
  const sequences = [first, ...rest]
  return { latencies, sequences }
}

/** What is wrong with the messages as another member gives them, or null. */
async function readBack(
  name: string,
  member: number,
  sequences: readonly number[],
  reader: NatsConnection,
): Promise<string | null> {
  const found = await pooled(sequences, WINDOW, async (seq) => {
    const answer = (
      await reader.request(`$JS.API.STREAM.MSG.GET.${name}`, JSON.stringify({ seq }), { timeout: REQUEST_MS })
    ).json<{ message?: { data: string; subject: string }; error?: { description?: string } }>()
    return answer.message
  })
  const lost = found.findIndex((message) => message === undefined)
  if (lost >= 0) return `acknowledged message ${lost} is not there`
  const changed = found.findIndex(
    (message, i) =>
      message?.subject !== subjectOf(name, member) ||
      !Buffer.from(message.data, 'base64').equals(payload(name, member, i)),
  )
  if (changed >= 0) return `message ${changed} came back changed`
  const disorder = sequences.findIndex((seq, i) => i > 0 && seq <= (sequences[i - 1] as number))
  return disorder >= 0 ? `message ${disorder} stands before the one sent before it` : null
}

const percentile = (values: readonly number[], share: number): number => {
  const inOrder = [...values].sort((a, b) => a - b)
  return inOrder[Math.min(inOrder.length - 1, Math.floor(inOrder.length * share))] ?? 0
}

/** A user's stream: it has a leader, and its last message can be read. Nothing is written. */
async function readSample(session: NatsSession, about: Address, ctx: Context): Promise<Check> {
  const from = ctx.now()
  const [account, short] = about.key as unknown as readonly [string, string]
  const name = streamName(about.kind as StreamKindName, short)
  const result = (ok: boolean, evidence: string): Check => ({
    about,
    name: 'readable',
    ok,
    evidence,
    ms: ctx.now() - from,
  })
  try {
    const info = await streamInfo(session.links, account, name, ctx)
    if (!info) return result(false, 'it is not there')
    if (info.cluster && !info.cluster.leader) return result(false, 'it has no leader')
    if (info.state.messages === 0)
      return result(true, `empty${info.cluster?.leader ? `, ${info.cluster.leader} leads` : ''}`)
    const { message } = await read<{ message: { seq: number } }>(
      session.links,
      account,
      `STREAM.MSG.GET.${name}`,
      { seq: info.state.last_seq },
      `read the last message of ${account}/${name}`,
      ctx,
    )
    return result(true, `${info.state.messages} messages, the last one (${message.seq}) read`)
  } catch (error) {
    ctx.signal.throwIfAborted()
    // Retention may take the last message between the two requests.
    if (isRefusal(error, ERROR.messageNotFound)) return result(true, 'its last message went while it was asked for')
    return result(false, failureOf(error).summary)
  }
}
