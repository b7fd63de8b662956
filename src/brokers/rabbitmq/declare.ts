import type { Channel } from 'amqplib'
import { MqopsError } from '../../model/failure.ts'
import type { JsonObject } from '../../model/json.ts'
import { failed, type Outcome, yes } from '../../model/plan.ts'
import type { Context } from '../../ports/context.ts'
import type { KindItem } from '../../ports/kind.ts'
import { type Connection, openChannel, openConnection, within } from './amqp.ts'
import { apiPath } from './client.ts'
import { amqpError } from './errors.ts'
import { attempt, CONCURRENCY, inParallel } from './pool.ts'
import { inVhost, type RabbitmqSession } from './session.ts'

/**
 * Queues are declared over AMQP: its channel ends what it has begun when the client dies. A declaration by the management
 * interface dies with its connection, and leaves a quorum queue that is known, but has no replicas or never elects a
 * leader (RabbitMQ 4.3.6: every fourth one when the client is killed at any moment of the request).
 */

const DECLARE_MS = 60_000
/** Virtual hosts at once, each with a connection to every member. */
const VIRTUAL_HOSTS = 4

/** All of it is fixed at declaration. */
export type QueueWant = {
  readonly type: string
  readonly durable: boolean
  readonly autoDelete: boolean
  readonly arguments: JsonObject
}

type Item = KindItem<QueueWant>

/** One outcome for each queue, in order. Members in turns: a queue's leader stands where its declaration arrives. */
export async function declareQueues(
  items: readonly Item[],
  session: RabbitmqSession,
  ctx: Context,
): Promise<readonly Outcome[]> {
  const outcomes = new Map<Item, Outcome>()
  const byVhost = [...Map.groupBy(items, ({ key: [vhost = ''] }) => vhost)]
  await inParallel(
    byVhost,
    async ([vhost, of]) => {
      const connections = await connect(session, vhost, of.length, ctx)
      try {
        const made =
          connections.length === 0
            ? await inParallel(of, (item) => attempt(() => declareByHttp(item, session, ctx)))
            : await declareByAmqp(of, connections, session.credentials.user, ctx)
        of.forEach((item, i) => outcomes.set(item, made[i] as Outcome))
      } finally {
        await Promise.all(connections.map((connection) => connection.close()))
      }
    },
    VIRTUAL_HOSTS,
  )
  return items.map((item) => outcomes.get(item) as Outcome)
}

/** To as many members as let us in, at most one for each queue: none when clients are shut out (max-connections: 0). */
async function connect(
  session: RabbitmqSession,
  vhost: string,
  queues: number,
  ctx: Context,
): Promise<readonly Connection[]> {
  const endpoints = session.access.endpoints.client ?? []
  const first = (ctx.random(1)[0] ?? 0) % Math.max(1, endpoints.length)
  const ring = endpoints.map((_, i) => endpoints[(first + i) % endpoints.length] as string)
  const open = async (): Promise<readonly Connection[]> => {
    const tried = await Promise.allSettled(
      ring.slice(0, queues).map((endpoint) => openConnection(session, endpoint, { vhost }, ctx)),
    )
    const there = tried.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
    const refused = tried.find((one) => one.status === 'rejected')
    if (there.length === 0 && refused) throw refused.reason
    return there
  }
  try {
    return await inVhost(session, vhost, open, ctx)
  } catch (error) {
    ctx.signal.throwIfAborted()
    if (error instanceof MqopsError) return []
    throw error
  }
}

const declareByHttp = ({ key: [vhost = '', name = ''], want }: Item, session: RabbitmqSession, ctx: Context) =>
  inVhost(
    session,
    vhost,
    () =>
      session.http.ask(apiPath('queues', vhost, name), ctx, {
        method: 'PUT',
        body: { durable: want.durable, auto_delete: want.autoDelete, arguments: argumentsOf(want) },
        spread: true,
      }),
    ctx,
  )

const argumentsOf = (want: QueueWant) => ({ ...want.arguments, 'x-queue-type': want.type })

/** Some channels on each connection, each with one declaration under way. */
async function declareByAmqp(
  items: readonly Item[],
  connections: readonly Connection[],
  user: string,
  ctx: Context,
): Promise<readonly Outcome[]> {
  const outcomes: Outcome[] = []
  let next = 0
  const worker = async (connection: Connection): Promise<void> => {
    let channel: Channel | null = null
    while (next < items.length) {
      const index = next++
      try {
        channel ??= await openChannel(connection, ctx)
        await declare(channel, items[index] as Item, connection, ctx)
        outcomes[index] = yes
      } catch (error) {
        ctx.signal.throwIfAborted()
        const [vhost] = (items[index] as Item).key
        const cause = connection.ended() ?? error
        outcomes[index] = failed(amqpError(cause, connection.endpoint, user, vhost).failure)
        if (connection.ended() !== null) return // the other connections go on with what is left
        channel = null // the broker closes a channel whose request it refuses
      }
    }
  }
  const channels = Math.ceil(CONCURRENCY / connections.length)
  await Promise.all(connections.flatMap((one) => Array.from({ length: channels }, () => worker(one))))
  const unfinished = connections.find((one) => one.ended() !== null)
  for (let index = next; index < items.length; index++)
    outcomes[index] = failed(amqpError(unfinished?.ended(), unfinished?.endpoint ?? '', user).failure)
  return outcomes
}

const declare = (channel: Channel, { key: [, name = ''], want }: Item, connection: Connection, ctx: Context) =>
  within(
    channel.assertQueue(name, {
      durable: want.durable,
      autoDelete: want.autoDelete,
      arguments: argumentsOf(want),
    }),
    DECLARE_MS,
    connection.endpoint,
    'declare a queue',
    ctx,
  )
