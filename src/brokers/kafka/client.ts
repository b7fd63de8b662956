import { isIP } from 'node:net'
import type { ConnectionOptions as TlsOptions } from 'node:tls'
import type { Connection, SASLMechanismValue } from '@platformatic/kafka'
import { MqopsError } from '../../model/failure.ts'
import type { Context } from '../../ports/context.ts'
import { isAnswer, toMqops } from './errors.ts'
import { loadLibrary } from './library.ts'

export type Login = { readonly mechanism: SASLMechanismValue; readonly user: string; readonly password: string }
export type Credentials = { readonly tls: TlsOptions | null; readonly login: Login | null }
/** Milliseconds. `connect` covers TCP, TLS and SASL together. */
export type Limits = { readonly connect: number; readonly request: number }

/** One request on an open connection; must be safe to send twice. */
export type Call<R> = (connection: Connection) => Promise<R>

/** For asking whether somebody is there at all: a stopped process must cost seconds, not minutes. */
export const PROBE_LIMITS: Limits = { connect: 4000, request: 5000 }
/** Writing what is to be acknowledged by all replicas. */
export const CLIENT_LIMITS: Limits = { connect: 4000, request: 10_000 }
/** Creating a thousand topics keeps a small controller busy for a while. */
export const WORK_LIMITS: Limits = { connect: 4000, request: 20_000 }

const CLIENT_ID = 'mqops'

/** Connections to the endpoints of one cluster under one identity, opened when first used. */
export interface Wire {
  /** Asks this endpoint ('host:port'). Throws an MqopsError that names it. */
  at<R>(endpoint: string, call: Call<R>, ctx: Context): Promise<R>
  /** Asks the endpoint that answered last, else the first of these that does. */
  any<R>(endpoints: readonly string[], call: Call<R>, ctx: Context): Promise<R>
  close(): Promise<void>
}

export function createWire(credentials: Credentials, limits: Limits): Wire {
  const open = new Map<string, Promise<Connection>>()
  const established = new Map<Connection, { fault?: Error }>()
  let good: string | null = null

  const drop = (endpoint: string, connection?: Connection) => {
    open.delete(endpoint)
    if (!connection) return
    established.delete(connection)
    connection.close().catch(() => undefined)
  }

  const once = async <R>(endpoint: string, call: Call<R>, ctx: Context): Promise<R> => {
    const opening = open.get(endpoint) ?? connect(endpoint, credentials, limits, established)
    open.set(endpoint, opening)
    let connection: Connection | undefined
    try {
      connection = await abortable(opening, ctx.signal)
      return await abortable(call(connection), ctx.signal)
    } catch (error) {
      // In TLS 1.3 a refused client certificate shows only after the handshake, as an error beside the request's own.
      const fault = connection && established.get(connection)?.fault
      // Any failure that is no answer leaves the connection in doubt: later requests on it may get wrong answers.
      if (!isAnswer(error) && open.get(endpoint) === opening) drop(endpoint, connection)
      ctx.signal.throwIfAborted()
      throw toMqops(fault && !isAnswer(error) ? new AggregateError([error, fault]) : error, endpoint)
    }
  }

  const at = async <R>(endpoint: string, call: Call<R>, ctx: Context): Promise<R> => {
    const reused = open.has(endpoint)
    try {
      return await once(endpoint, call, ctx)
    } catch (error) {
      // Brokers close idle connections, and a restarted one has closed all: that says nothing about the broker now.
      if (reused && error instanceof MqopsError && error.code === 'MQOPS_UNREACHABLE') return once(endpoint, call, ctx)
      throw error
    }
  }

  return {
    at,
    async any(endpoints, call, ctx) {
      const tried = good
      let failure: MqopsError | null = null
      if (tried !== null && endpoints.includes(tried)) {
        try {
          return await at(tried, call, ctx)
        } catch (error) {
          if (!isElsewhere(error)) throw error
          failure = error
          if (good === tried) good = null
        }
      }
      const others = endpoints.filter((endpoint) => endpoint !== tried || failure === null)
      if (others.length === 0 && failure !== null) throw failure
      const found = await firstOpen(others, (endpoint) => once(endpoint, async () => endpoint, ctx), failure)
      const answer = await at(found, call, ctx)
      good = found
      return answer
    },
    async close() {
      const connected = [...established.keys()]
      // Those that are still connecting are closed when they are there: nobody waits for a broker that hangs.
      for (const opening of open.values()) opening.then((connection) => connection.close()).catch(() => undefined)
      open.clear()
      established.clear()
      await Promise.allSettled(connected.map((connection) => connection.close()))
    },
  }
}

/** Would another broker perhaps answer? */
export const isElsewhere = (error: unknown): error is MqopsError =>
  error instanceof MqopsError && (error.code === 'MQOPS_UNREACHABLE' || error.code === 'MQOPS_TIMEOUT')

/**
 * All at once: one that hangs must not hold up the others. `before` is the failure of one that was asked already.
 * Throws what says most: a refusal before an absence.
 */
async function firstOpen(
  endpoints: readonly string[],
  open: (endpoint: string) => Promise<string>,
  before: MqopsError | null,
): Promise<string> {
  try {
    return await Promise.any(endpoints.map(open))
  } catch (error) {
    const errors: readonly unknown[] = [...(before ? [before] : []), ...((error as AggregateError).errors ?? [error])]
    const telling = errors.find((e) => !isElsewhere(e)) ?? errors[0]
    if (!isElsewhere(telling) || errors.length < 2) throw telling
    const summary = `no broker answers: ${errors.map((e) => (e as MqopsError).message).join('; ')}`
    throw new MqopsError({ ...telling.failure, summary })
  }
}

type Established = Map<Connection, { fault?: Error }>

async function connect(
  endpoint: string,
  { tls, login }: Credentials,
  limits: Limits,
  established: Established,
): Promise<Connection> {
  const { host, port } = parseEndpoint(endpoint)
  const { Connection } = await loadLibrary()
  const connection = new Connection(CLIENT_ID, {
    connectTimeout: limits.connect,
    requestTimeout: limits.request,
    ...(tls ? { tls, ...(isIP(host) ? {} : { tlsServerName: host }) } : {}),
    ...(login ? { sasl: { mechanism: login.mechanism, username: login.user, password: login.password } } : {}),
  })
  // Without a listener a later network error would end the process; the request in flight gets its own error.
  const state: { fault?: Error } = {}
  connection.on('error', (error) => {
    state.fault = error
  })
  await connection.connect(host, port)
  established.set(connection, state)
  return connection
}

/** 'host:port', '[::1]:port'. */
export function parseEndpoint(endpoint: string): { readonly host: string; readonly port: number } {
  const colon = endpoint.lastIndexOf(':')
  const port = Number(endpoint.slice(colon + 1))
  const host = endpoint.slice(0, colon).replace(/^\[(.*)\]$/, '$1')
  if (colon > 0 && host !== '' && Number.isInteger(port) && port > 0 && port < 65_536) return { host, port }
  throw new MqopsError({
    code: 'MQOPS_SPEC_ENDPOINT',
    summary: `"${endpoint}" is no endpoint`,
    hint: 'Write host:port.',
  })
}

/** The promise, or a rejection with the signal's reason as soon as it fires. */
export async function abortable<R>(promise: Promise<R>, signal: AbortSignal): Promise<R> {
  signal.throwIfAborted()
  const { promise: aborted, reject } = Promise.withResolvers<never>()
  const onAbort = () => reject(signal.reason)
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    return await Promise.race([promise, aborted])
  } finally {
    signal.removeEventListener('abort', onAbort)
    promise.catch(() => undefined)
  }
}
