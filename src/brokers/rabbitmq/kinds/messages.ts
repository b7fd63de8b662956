import type { Address } from '../../../model/address.ts'
import { MqopsError } from '../../../model/failure.ts'
import type { Loss } from '../../../model/plan.ts'
import type { Context } from '../../../ports/context.ts'
import { confirmChannel, openConnection, within } from '../amqp.ts'
import type { Open } from '../bulk.ts'
import { apiPath } from '../client.ts'
import { inParallel } from '../pool.ts'
import type { RabbitmqSession } from '../session.ts'
import { keyText } from './shared.ts'

/** A queue as the lists with statistics have it. */
export type Totals = {
  readonly name: string
  readonly type?: string
  readonly state?: string
  readonly leader?: string
  readonly online?: readonly string[]
  readonly messages?: number
  readonly message_bytes?: number
}
export type Counted = { readonly messages: number; readonly bytes?: number }
/** `unknown`: why it can't be told; never read as "empty". */
export type Measured = Counted | { readonly unknown: string }

/** Bytes are known when the statistics have seen all that is there. */
export function measured(row: Totals | null, ready: number | undefined): Measured {
  if (row === null) return { messages: 0 }
  const why = uncountable(row)
  if (why !== null) return { unknown: `its messages can't be counted: ${why}` }
  if (row.messages === undefined && ready === undefined)
    return { unknown: "its messages can't be counted: no member has statistics of it yet" }
  const messages = Math.max(row.messages ?? 0, ready ?? 0)
  const known = row.message_bytes !== undefined && (row.messages ?? 0) >= (ready ?? 0)
  return { messages, ...(known ? { bytes: row.message_bytes } : {}) }
}

/** Without its majority, or its only member, a queue answers 0 or what it held once. */
function uncountable({ type, state, leader, online }: Totals): string | null {
  if (type === 'quorum' || type === 'stream')
    return state !== 'minority' && leader && online?.includes(leader) ? null : 'too few of its members are online'
  return state === 'down' || state === 'stopped' || state === 'crashed' ? `it is ${state}` : null
}

const COLUMNS = 'columns=name,type,state,leader,online,messages,message_bytes'
const STEP_MS = 5_000
/** Beyond that many queues of one virtual host the statistics must do. */
const COUNTED = 5_000

/** More than so many of one virtual host are looked up in the list of all its queues: by then that costs less. */
const FEW = 200

/**
 * Messages in queues, by [vhost, name], and their bytes as far as the broker counts them (streams: none). The statistics
 * lag by 5 s and more, so each queue is asked by a passive declaration too, which counts what is ready on the spot (of a
 * stream: at its last tick); the larger number is taken. A queue that is gone has none.
 */
export async function measureQueues(
  session: RabbitmqSession,
  keys: readonly (readonly string[])[],
  ctx: Context,
  connect: Open = open,
): Promise<readonly Measured[]> {
  const statistics = await statisticsOf(session, keys, ctx)
  const byVhost = [...Map.groupBy(keys, ([vhost = '']) => vhost)]
  const counted = await inParallel(
    byVhost,
    ([vhost, of]) =>
      countReady(
        session,
        vhost,
        of.map(([, name = '']) => name),
        ctx,
        connect,
      ),
    4,
  )
  const counts = new Map(
    counted.flatMap((ready, i) => [...ready].map(([name, n]) => [keyText([byVhost[i]?.[0] ?? '', name]), n] as const)),
  )
  return keys.map((key, i) => measured(statistics[i] ?? null, counts.get(keyText(key))))
}

/** What the members' statistics say of each, in order, as of up to 5 s ago and more; null: there is no such queue. */
export async function statisticsOf(
  session: RabbitmqSession,
  keys: readonly (readonly string[])[],
  ctx: Context,
): Promise<readonly (Totals | null)[]> {
  const found = await inParallel(
    [...Map.groupBy(keys, ([vhost = '']) => vhost)],
    async ([vhost, of]) => {
      const names = of.map(([, name = '']) => name)
      const rows = of.length > FEW ? await rowsOf(session, vhost, ctx) : await rowsOfEach(session, vhost, names, ctx)
      return rows.map((row) => [keyText([vhost, row.name]), row] as const)
    },
    4,
  )
  const byKey = new Map(found.flat())
  return keys.map((key) => byKey.get(keyText(key)) ?? null)
}

const rowsOf = async (session: RabbitmqSession, vhost: string, ctx: Context): Promise<readonly Totals[]> => {
  const { status, body } = await session.http.ask(`${apiPath('queues', vhost)}?${COLUMNS}`, ctx, { accept: [404] })
  return status === 404 ? [] : (body as unknown as readonly Totals[])
}

async function rowsOfEach(session: RabbitmqSession, vhost: string, names: readonly string[], ctx: Context) {
  const rows = await inParallel(names, async (name) => {
    const path = `${apiPath('queues', vhost, name)}?${COLUMNS}`
    const { status, body } = await session.http.ask(path, ctx, { accept: [404] })
    return status === 404 ? [] : [body as unknown as Totals]
  })
  return rows.flat()
}

/** All messages of a virtual host. */
export async function measureVhost(session: RabbitmqSession, vhost: string, ctx: Context): Promise<Measured> {
  const all: Counted[] = []
  for (const { name, measured: one } of await measureAll(session, vhost, ctx)) {
    if ('unknown' in one) return { unknown: `queue ${name}: ${one.unknown}` }
    all.push(one)
  }
  const bytes = all.map((one) => one.bytes)
  return {
    messages: all.reduce((sum, one) => sum + one.messages, 0),
    ...(bytes.includes(undefined) ? {} : { bytes: bytes.reduce<number>((sum, one) => sum + (one ?? 0), 0) }),
  }
}

export type QueueMeasured = Pick<Totals, 'name' | 'type'> & {
  readonly measured: Measured
}

/** Each queue of a virtual host; none when that is gone. */
export async function measureAll(
  session: RabbitmqSession,
  vhost: string,
  ctx: Context,
): Promise<readonly QueueMeasured[]> {
  const rows = await rowsOf(session, vhost, ctx)
  const names = rows.length > COUNTED ? [] : rows.map((row) => row.name)
  const ready = await countReady(session, vhost, names, ctx)
  return rows.map((row) => ({ ...row, measured: measured(row, ready.get(row.name)) }))
}

/** Channels of the connection that counts: each has one queue under way. */
const LANES = 16

/** Ready messages by passive declarations over one connection. What can't be asked that way is left out. */
async function countReady(
  session: RabbitmqSession,
  vhost: string,
  names: readonly string[],
  ctx: Context,
  connect: Open = open,
): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>()
  if (names.length === 0) return counts
  const connection = await firstConnection(session, vhost, ctx, connect)
  if (connection === null) return counts
  const { endpoint } = connection
  const todo = names.values()
  const lane = async (): Promise<void> => {
    let channel = await confirmChannel(connection, ctx)
    for (const name of todo) {
      try {
        const { messageCount } = await within(channel.checkQueue(name), STEP_MS, endpoint, 'count messages', ctx)
        counts.set(name, messageCount)
      } catch {
        ctx.signal.throwIfAborted()
        if (connection.ended() !== null) return
        channel = await confirmChannel(connection, ctx) // the broker closes a channel that asks for what is gone
      }
    }
  }
  try {
    await Promise.all(Array.from({ length: Math.min(LANES, names.length) }, lane))
    return counts
  } finally {
    await connection.close()
  }
}

/** As who only looks: mqops does not let itself into a virtual host for that. */
const open: Open = (session, endpoint, vhost, ctx) => openConnection(session, endpoint, { vhost }, ctx)

async function firstConnection(session: RabbitmqSession, vhost: string, ctx: Context, connect: Open) {
  for (const endpoint of session.access.endpoints.client ?? []) {
    try {
      return await connect(session, endpoint, vhost, ctx)
    } catch (error) {
      if (!(error instanceof MqopsError)) throw error
      if (error.code !== 'MQOPS_UNREACHABLE') return null // this user may not into this virtual host
    }
  }
  return null
}

/**
 * What was consented to be lost must still be about what will be: an empty queue has stayed empty, a full one has not
 * doubled. Throws MQOPS_STALE; MQOPS_UNKNOWN_STATE, to be asked again, when it can't be measured now.
 */
export function refuseGrown(planned: Loss | undefined, now: Measured, address: Address): void {
  if ('unknown' in now)
    throw new MqopsError({
      code: 'MQOPS_UNKNOWN_STATE',
      summary: `not deleted: ${now.unknown}`,
      address,
      retryable: true,
      hint: 'Nothing is deleted whose loss can not be measured.',
    })
  const agreed = planned?.messages ?? 0
  if (now.messages <= agreed * 2) return
  throw new MqopsError({
    code: 'MQOPS_STALE',
    summary: `${now.messages} messages would be lost now, the plan said ${agreed}`,
    address,
    hint: 'Look at it again: mqops plan',
  })
}
