import type { Channel } from 'amqplib'
import { MqopsError } from '../../model/failure.ts'
import type { Json } from '../../model/json.ts'
import type { Context } from '../../ports/context.ts'
import { type Connection, openConnection } from './amqp.ts'
import { CONCURRENCY, inParallel } from './pool.ts'
import { inVhost, type RabbitmqSession } from './session.ts'

/** Fewer are not worth a login, where either way will do. */
const MANY = 50
/** At once, each with a connection to every member. */
const VIRTUAL_HOSTS = 4

/** One declaration, or what takes it back, over AMQP. Null: it has to go the other way. */
export type Job = { readonly vhost: string; readonly work: (channel: Channel) => Promise<unknown> } | null

/** Throws what errors.ts makes. */
export type Open = (session: RabbitmqSession, endpoint: string, vhost: string, ctx: Context) => Promise<Connection>
const open: Open = (session, endpoint, vhost, ctx) =>
  inVhost(session, vhost, () => openConnection(session, endpoint, { vhost }, ctx), ctx)

/** `enough`: no further one begins once it says so. */
export type Lanes = { readonly atLeast?: number; readonly connect?: Open; readonly enough?: () => boolean }

/**
 * Declarations over AMQP, which costs the broker less than half of what the management API does: a channel for each that
 * is under way, members in turns. Fewer than `atLeast` are left. @returns the indexes of those that the broker has confirmed. What it refused, or
 * what there was no connection for, is not among them: the management API says why, and lets mqops into a virtual host.
 */
export async function overAmqp(
  session: RabbitmqSession,
  jobs: readonly Job[],
  ctx: Context,
  { atLeast = MANY, connect = open, enough = () => false }: Lanes = {},
): Promise<ReadonlySet<number>> {
  const done = new Set<number>()
  const endpoints = session.access.endpoints.client ?? []
  const able = jobs.flatMap((job, index) => (job ? [{ ...job, index }] : []))
  if (able.length < atLeast || endpoints.length === 0) return done
  const first = (ctx.random(1)[0] ?? 0) % endpoints.length
  const ring = [...endpoints.slice(first), ...endpoints.slice(0, first)]
  const inside = async ([vhost, some]: [string, typeof able]): Promise<void> => {
    const opened = await Promise.allSettled(
      ring.slice(0, some.length).map((endpoint) => connect(session, endpoint, vhost, ctx)),
    )
    const connections = opened.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
    const close = () => Promise.all(connections.map((connection) => connection.close()))
    const onAbort = () => void close() // whatever waits for an answer gets an error
    ctx.signal.addEventListener('abort', onAbort, { once: true })
    try {
      ctx.signal.throwIfAborted()
      const todo = some.values()
      const worker = async (_: unknown, i: number): Promise<void> => {
        const connection = connections[i % connections.length] as Connection
        let channel: Channel | null = null
        while (!enough()) {
          const { value: job } = todo.next()
          if (!job) return
          const { index, work } = job
          try {
            channel ??= await channelOf(connection)
            await work(channel)
            done.add(index)
          } catch (error) {
            ctx.signal.throwIfAborted()
            if (error instanceof MqopsError) throw error
            channel = null // the broker closes it with each refusal
            if (connection.ended()) return
          }
        }
      }
      if (connections.length > 0) await Promise.all(Array.from({ length: CONCURRENCY }, worker))
    } finally {
      ctx.signal.removeEventListener('abort', onAbort)
      await close()
    }
  }
  await inParallel([...Map.groupBy(able, (job) => job.vhost)], inside, VIRTUAL_HOSTS)
  return done
}

async function channelOf(connection: Connection): Promise<Channel> {
  const channel = await connection.model.createChannel()
  channel.on('error', () => {}) // the call under way gets it
  return channel
}

/**
 * Are these the same for the broker, whichever way they come? Texts are; a number gets another type over AMQP than from
 * JSON, and of bindings that makes another one.
 */
export const isTextual = (table: Readonly<Record<string, Json>>): boolean =>
  Object.values(table).every((value) => typeof value === 'string')
