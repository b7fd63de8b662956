import type { ChannelModel, ConfirmChannel } from 'amqplib'
import type { Context } from '../../ports/context.ts'
import { amqpError, timedOut } from './errors.ts'
import type { RabbitmqSession } from './session.ts'

/** AMQP 0-9-1 connections to one member. */

const CONNECT_MS = 6_000

export type ConnectionOptions = {
  readonly vhost: string
  readonly user?: string // the session's own unless said
  readonly password?: string
  readonly tls?: boolean
  readonly heartbeatSeconds?: number
}

export type Connection = {
  readonly endpoint: string
  readonly model: ChannelModel
  /** Why the connection or its channel ended; null while it lives. */
  ended(): Error | null
  /** Why the broker makes publishers wait (a memory or disk alarm); null while it does not. */
  blocked(): string | null
  close(): Promise<void>
}

/** @returns a connection whose errors never surface as unhandled events; throws what errors.ts makes. */
export async function openConnection(
  session: RabbitmqSession,
  endpoint: string,
  o: ConnectionOptions,
  ctx: Context,
): Promise<Connection> {
  const { default: amqp } = await import('amqplib') // loaded when something speaks AMQP: most commands don't
  const url = new URL(`amqp://${endpoint}`)
  const { ca } = session.credentials
  const user = o.user ?? session.credentials.user
  const tls = o.tls ?? session.access.tls
  let model: ChannelModel
  const opening = amqp.connect(
    {
      protocol: tls ? 'amqps' : 'amqp',
      hostname: url.hostname,
      port: Number(url.port),
      username: user,
      password: o.password ?? session.credentials.password,
      vhost: escapedVhost(o.vhost),
      heartbeat: o.heartbeatSeconds ?? 10,
    },
    {
      timeout: CONNECT_MS,
      ...(tls && ca !== undefined ? { ca: [Buffer.from(ca)] } : {}),
      clientProperties: { connection_name: 'mqops' },
    },
  )
  try {
    model = await within(opening, CONNECT_MS, endpoint, 'connect', ctx)
  } catch (error) {
    opening.then((late) => late.close()).catch(() => {}) // one that comes after all is not left open
    ctx.signal.throwIfAborted()
    throw amqpError(error, endpoint, user, o.vhost)
  }
  let ended: Error | null = null
  let blocked: string | null = null
  model.on('error', (error) => {
    ended = error
  })
  model.on('close', (error) => {
    ended ??= error ?? new Error('the connection was closed')
  })
  model.on('blocked', (reason) => {
    blocked = reason
  })
  model.on('unblocked', () => {
    blocked = null
  })
  return {
    endpoint,
    model,
    ended: () => ended,
    blocked: () => blocked,
    close: () => within(model.close(), CONNECT_MS, endpoint, 'close', ctx).catch(() => {}),
  }
}

/** amqplib takes escapes out of a virtual host's name, even where it stands in no URI. */
export const escapedVhost = (name: string): string => encodeURIComponent(name)

/** A channel with confirms. What the broker closes it with becomes the error of the call under way. */
export async function confirmChannel(connection: Connection, ctx: Context): Promise<ConfirmChannel> {
  const channel = await within(
    connection.model.createConfirmChannel(),
    CONNECT_MS,
    connection.endpoint,
    'open a channel',
    ctx,
  )
  channel.on('error', () => {})
  return channel
}

/** A promise with a time limit in ms; the time runs out as MQOPS_UNREACHABLE that names the endpoint. */
export async function within<T>(
  promise: Promise<T>,
  ms: number,
  endpoint: string,
  what: string,
  ctx: Context,
): Promise<T> {
  const late = AbortSignal.timeout(ms)
  const signal = AbortSignal.any([late, ctx.signal])
  return new Promise<T>((resolve, reject) => {
    const abort = () => reject(ctx.signal.aborted ? ctx.signal.reason : timedOut(endpoint, what, ms))
    if (signal.aborted) return abort()
    signal.addEventListener('abort', abort, { once: true })
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}
