import { createHash } from 'node:crypto'
import type { ConfirmChannel, ConsumeMessage } from 'amqplib'
import { type Address, address } from '../../model/address.ts'
import type { Check } from '../../model/check.ts'
import { MqopsError } from '../../model/failure.ts'
import type { Context } from '../../ports/context.ts'
import { type Connection, confirmChannel, openConnection, within } from './amqp.ts'
import { check } from './checks.ts'
import { apiPath } from './client.ts'
import { declareAlive, removeCanaries, removeVhost, runName } from './canary-traces.ts'
import { amqpError } from './errors.ts'
import { hasLeader } from './leaders.ts'
import { CANARY_VHOST } from './names.ts'
import { inParallel } from './pool.ts'
import type { RabbitmqSession } from './session.ts'

/** Messages through each member, one after another, so that each confirm's time is its own. */
const MESSAGES = 40
const BODY_BYTES = 1024
const STEP_MS = 10_000
const POLL_MS = 10
/** What a crashed run has left goes by itself after this time, if no later run takes it away first. */
const EXPIRES_MS = 3_600_000

/**
 * A temporary quorum queue for each member in a virtual host of their own: numbered, hashed messages go in through that
 * member, each confirmed by a majority, and come back through another one. User queues are only looked at.
 */
export async function canary(
  session: RabbitmqSession,
  sample: readonly Address[],
  ctx: Context,
): Promise<readonly Check[]> {
  const endpoints = session.access.endpoints.client ?? []
  const name = runName(ctx)
  const about = (i: number) => address(session.spec.name, 'member', String(i + 1))
  const looks = inParallel(
    sample.filter((a) => a.kind === 'queue'),
    (a) => look(session, a, ctx),
    4,
  )
  try {
    await session.http.ask(apiPath('vhosts', CANARY_VHOST), ctx, {
      method: 'PUT',
      body: { description: 'canaries of mqops: made and removed by mqops verify', default_queue_type: 'quorum' },
    })
    // A vhost whose making was cut off (a lost majority) is open to nobody, not even to who made it.
    await session.http.ask(apiPath('permissions', CANARY_VHOST, session.credentials.user), ctx, {
      method: 'PUT',
      body: { configure: '.*', write: '.*', read: '.*' },
    })
    const links = await Promise.all(
      endpoints.map((endpoint) =>
        openConnection(session, endpoint, { vhost: CANARY_VHOST }, ctx).catch((error: unknown) => error as Error),
      ),
    )
    const connections = links.filter((link): link is Connection => !(link instanceof Error))
    try {
      if (connections[0]) await declareAlive(name, connections[0], ctx)
      const members = await Promise.all(
        endpoints.map((_, i) => throughMember(about(i), `${name}.${i + 1}`, links, i, session, ctx)),
      )
      return [...members, ...(await looks)]
    } finally {
      await removeCanaries(session, name, ctx)
      await Promise.all(connections.map((connection) => connection.close()))
    }
  } finally {
    await looks.catch(() => {})
    await removeVhost(session, ctx)
  }
}

type Link = Connection | Error

async function throughMember(
  about: Address,
  queue: string,
  links: readonly Link[],
  i: number,
  session: RabbitmqSession,
  ctx: Context,
): Promise<Check> {
  let data: Check['data']
  const result = await check(about, 'canary', ctx, async () => {
    const way = links[i] as Link
    if (way instanceof Error) throw way
    // Read through the next member that answers; alone, through itself.
    const back = Array.from({ length: links.length }, (_, k) => (i + 1 + k) % links.length).find(
      (k) => !(links[k] instanceof Error),
    ) as number
    const found = await carry(queue, way, links[back] as Connection, session, ctx)
    data = { messages: MESSAGES, ...found.latency }
    const { p50, p95, p99 } = found.latency
    const where = back === i ? 'the same member' : `member ${back + 1}`
    return {
      ok: found.problem === null,
      evidence:
        found.problem ??
        `${MESSAGES} messages confirmed, read back through ${where} complete and in order; confirm p50 ${p50} ms, p95 ${p95} ms, p99 ${p99} ms`,
    }
  })
  return data === undefined ? result : { ...result, data }
}

type Carried = { readonly problem: string | null; readonly latency: { p50: number; p95: number; p99: number } }

async function carry(
  queue: string,
  way: Connection,
  back: Connection,
  session: RabbitmqSession,
  ctx: Context,
): Promise<Carried> {
  const explain = (error: unknown, connection: Connection): MqopsError => {
    const reason = connection.blocked()
    if (reason !== null)
      return new MqopsError({
        code: 'MQOPS_BROKER',
        summary: `${connection.endpoint}: publishers are blocked: ${reason}`,
        hint: 'Let consumers drain the queues, or give more memory or disk.',
        retryable: true,
      })
    return amqpError(connection.ended() ?? error, connection.endpoint, session.credentials.user)
  }
  const latencies: number[] = []
  const sent: string[] = []
  try {
    const channel = await confirmChannel(way, ctx)
    const declared = channel.assertQueue(queue, {
      durable: true,
      arguments: { 'x-queue-type': 'quorum', 'x-expires': EXPIRES_MS },
    })
    await within(declared, STEP_MS, way.endpoint, 'declare a queue', ctx)
    for (let number = 0; number < MESSAGES; number++) {
      const body = Buffer.from(ctx.random(BODY_BYTES))
      const hash = createHash('sha256').update(body).digest('hex')
      sent.push(hash)
      const began = ctx.now()
      await within(publish(channel, queue, body, number, hash), STEP_MS, way.endpoint, 'confirm a message', ctx)
      latencies.push(ctx.now() - began)
    }
  } catch (error) {
    throw explain(error, way)
  }
  try {
    const problem = await readBack(queue, back, sent, ctx)
    return { problem, latency: percentiles(latencies) }
  } catch (error) {
    throw explain(error, back)
  }
}

const publish = (channel: ConfirmChannel, queue: string, body: Buffer, number: number, hash: string): Promise<void> =>
  new Promise((resolve, reject) => {
    const options = { persistent: true, mandatory: true, headers: { number, hash } }
    channel.sendToQueue(queue, body, options, (error: unknown) => (error ? reject(error) : resolve()))
  })

/** @returns what is wrong with what came back, or null. All are acknowledged, and the queue is empty after. */
async function readBack(
  queue: string,
  back: Connection,
  sent: readonly string[],
  ctx: Context,
): Promise<string | null> {
  const channel = await confirmChannel(back, ctx)
  await channel.prefetch(MESSAGES)
  const got: ConsumeMessage[] = []
  let consumer = ''
  const all = new Promise<void>((resolve, reject) => {
    channel.once('close', () => reject(new Error('the channel was closed')))
    channel
      .consume(queue, (message) => {
        if (message === null) return reject(new Error('the consumer was cancelled by the broker'))
        got.push(message)
        if (got.length === sent.length) resolve()
      })
      .then((ok) => {
        consumer = ok.consumerTag
      })
      .catch(reject)
  })
  try {
    await within(all, STEP_MS, back.endpoint, 'deliver', ctx)
  } catch (error) {
    if (got.length < sent.length && error instanceof MqopsError)
      return `${back.endpoint}: ${got.length} of ${sent.length} confirmed messages came back within ${STEP_MS / 1000} s`
    throw error
  }
  const wrong = compare(
    sent,
    got.map((m) => ({
      number: Number(m.properties.headers?.number),
      hash: createHash('sha256').update(m.content).digest('hex'),
    })),
  )
  if (wrong !== null) return wrong
  // All in one: a channel that closes while single acknowledgements are on their way to a quorum queue gives some back.
  channel.ackAll()
  await within(channel.cancel(consumer), STEP_MS, back.endpoint, 'end the consumer', ctx)
  await within(channel.close(), STEP_MS, back.endpoint, 'close a channel', ctx)
  return left(queue, back, ctx)
}

/** Acknowledgements are applied a moment after they were sent: asked until the queue is empty. */
async function left(queue: string, back: Connection, ctx: Context): Promise<string | null> {
  const channel = await confirmChannel(back, ctx)
  const deadline = ctx.now() + STEP_MS
  for (;;) {
    const counting = channel.checkQueue(queue)
    const { messageCount } = await within(counting, STEP_MS, back.endpoint, 'count messages', ctx)
    if (messageCount === 0) return null
    if (ctx.now() > deadline) return `${messageCount} messages are left after all were acknowledged`
    await ctx.sleep(POLL_MS)
  }
}

/** Complete, in order, unchanged? Pure: null, or what is wrong. */
export function compare(
  sent: readonly string[],
  got: readonly { readonly number: number; readonly hash: string }[],
): string | null {
  if (got.length !== sent.length) return `${got.length} of ${sent.length} messages came back`
  const misplaced = got.findIndex((message, i) => message.number !== i)
  if (misplaced >= 0) return `out of order: message ${got[misplaced]?.number} came at place ${misplaced}`
  const changed = got.findIndex((message, i) => message.hash !== sent[i])
  return changed >= 0 ? `message ${changed} came back with other bytes` : null
}

/** In ms with one decimal, by the nearest-rank method. */
export function percentiles(values: readonly number[]): { p50: number; p95: number; p99: number } {
  const sorted = [...values].sort((a, b) => a - b)
  const at = (share: number) => Math.round((sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0) * 10) / 10
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99) }
}

type QueueStatus = {
  readonly type: string
  readonly state?: string
  readonly leader?: string
  readonly online?: readonly string[]
}

/** A queue of the user's: does it work? Nothing is published into it. */
async function look(session: RabbitmqSession, about: Address, ctx: Context): Promise<Check> {
  return check(about, 'queue', ctx, async () => {
    const [vhost, queue] = about.key as [string, string]
    const answer = await session.http.ask(`${apiPath('queues', vhost, queue)}?columns=type,state,leader,online`, ctx, {
      accept: [404],
    })
    if (answer.status === 404) return { ok: false, evidence: 'it is not there' }
    const { type, state, leader, online } = answer.body as unknown as QueueStatus
    if (type === 'classic') return { ok: state === 'running', evidence: `classic queue, ${state ?? 'state unknown'}` }
    const named = leader !== undefined && leader !== '' && (online ?? []).includes(leader)
    const led = named && (type !== 'quorum' || (await hasLeader(session, { vhost, name: queue }, ctx)))
    return {
      ok: led,
      evidence: led
        ? `${type} queue led by ${leader}, ${online?.length} members online`
        : `${type} queue without a leader`,
    }
  })
}
