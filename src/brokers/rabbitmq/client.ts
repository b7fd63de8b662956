import http from 'node:http'
import https from 'node:https'
import { MqopsError } from '../../model/failure.ts'
import type { Json } from '../../model/json.ts'
import type { Context } from '../../ports/context.ts'
import { httpError, networkError, timedOut } from './errors.ts'

/** The management HTTP interface of all members: keep-alive connections, failover, time limits. */

const READ_MS = 20_000
const WRITE_MS = 60_000
const PROBE_MS = 4_000
/** A read that one member has not answered by then is asked of the next one too. */
const HEDGE_MS = 2_000
/** A member that answered within this time needs no probe before a write. */
const FRESH_MS = 5_000
const SOCKETS = 16

export type Method = 'GET' | 'PUT' | 'POST' | 'DELETE'
export type Answer = { readonly status: number; readonly body: Json; readonly endpoint: string }
export type Ask = {
  readonly method?: Method
  readonly body?: Json
  /** This member and no other: index into `endpoints`. */
  readonly at?: number
  /** Take the members in turns: leaders of new queues stand where their declaration arrives. */
  readonly spread?: boolean
  readonly timeoutMs?: number
  /** Statuses besides 2xx that are answers and no errors. */
  readonly accept?: readonly number[]
  /** Instead of the session's own. */
  readonly credentials?: { readonly user: string; readonly password: string } | null
}

export interface ManagementClient {
  readonly endpoints: readonly string[]
  readonly user: string
  /** Path with its query, parts encoded. Throws what errors.ts makes. */
  ask(path: string, ctx: Context, o?: Ask): Promise<Answer>
  get(path: string, ctx: Context, o?: Ask): Promise<Json>
  close(): void
}

export type ClientOptions = {
  readonly endpoints: readonly string[] // 'host:port' in the order of slots
  readonly tls: boolean
  readonly ca?: string // PEM; the system's own authorities when left out
  readonly user: string
  readonly password: string
}

/** A path of the HTTP interface from its parts, each encoded: '/' is a virtual host. */
export const apiPath = (...parts: readonly string[]): string => `/api/${parts.map(encodeURIComponent).join('/')}`

export function createClient(options: ClientOptions): ManagementClient {
  const { endpoints, tls, user } = options
  const agent = tls
    ? new https.Agent({ keepAlive: true, maxSockets: SOCKETS, ...(options.ca === undefined ? {} : { ca: options.ca }) })
    : new http.Agent({ keepAlive: true, maxSockets: SOCKETS })
  const answered = endpoints.map(() => 0) // when each answered last, ms since the epoch
  const failed = endpoints.map(() => 0) // when each failed last
  let preferred = 0
  let turn = 0

  const once = async (at: number, path: string, o: Ask, ctx: Context, gaveUp?: AbortSignal): Promise<Answer> => {
    const endpoint = endpoints[at] as string
    const method = o.method ?? 'GET'
    const limit = o.timeoutMs ?? (method === 'GET' ? READ_MS : WRITE_MS)
    try {
      const credentials = o.credentials === undefined ? { user, password: options.password } : o.credentials
      const signals = gaveUp ? [ctx.signal, gaveUp] : [ctx.signal]
      const answer = await send({ endpoint, path, method, body: o.body, credentials, tls, agent, limit, signals })
      answered[at] = ctx.now()
      failed[at] = 0
      if (answer.status < 300 || o.accept?.includes(answer.status)) return answer
      throw httpError({ ...answer, request: `${method} ${path.split('?')[0]}`, user: credentials?.user ?? 'nobody' })
    } catch (error) {
      ctx.signal.throwIfAborted()
      const failure = networkError(error, endpoint)
      if (failure.code === 'MQOPS_UNREACHABLE' && !gaveUp?.aborted) failed[at] = ctx.now()
      throw failure
    }
  }

  /** Those that work first: the one that answered last, then the others; who failed lately comes last. */
  const order = (spread: boolean): readonly number[] => {
    const first = spread ? turn++ % endpoints.length : preferred
    const ring = endpoints.map((_, i) => (first + i) % endpoints.length)
    return [
      ...ring.filter((at) => failed[at] === 0),
      ...ring.filter((at) => failed[at] !== 0).sort((a, b) => (failed[a] as number) - (failed[b] as number)),
    ]
  }

  const write = async (path: string, o: Ask, ctx: Context): Promise<Answer> => {
    let last: unknown
    for (const at of order(o.spread ?? false)) {
      try {
        if (ctx.now() - (answered[at] as number) > FRESH_MS) await once(at, '/api/whoami', { timeoutMs: PROBE_MS }, ctx)
        const answer = await once(at, path, o, ctx)
        if (!o.spread) preferred = at
        return answer
      } catch (error) {
        if (!worthAnother(error)) throw error
        last = error
      }
    }
    throw last
  }

  const read = async (path: string, o: Ask, ctx: Context): Promise<Answer> => {
    const over = new AbortController()
    try {
      const { answer, at } = await hedged(
        order(o.spread ?? false),
        (at) => once(at, path, o, ctx, over.signal),
        over.signal,
      )
      if (!o.spread) preferred = at
      return answer
    } finally {
      over.abort('answered') // without a reason each makes an error with a stack, thousands of times
    }
  }

  const ask: ManagementClient['ask'] = (path, ctx, o = {}) => {
    if (o.at !== undefined) return once(o.at, path, o, ctx)
    return (o.method ?? 'GET') === 'GET' ? read(path, o, ctx) : write(path, o, ctx)
  }
  return {
    endpoints,
    user,
    ask,
    get: async (path, ctx, o) => (await ask(path, ctx, o)).body,
    close: () => agent.destroy(),
  }
}

/** Another member may do better; a refusal would be the same everywhere. */
const worthAnother = (error: unknown): boolean =>
  error instanceof MqopsError &&
  (error.code === 'MQOPS_UNREACHABLE' || (error.code === 'MQOPS_BROKER' && error.failure.retryable))

/** The first good answer. The next member is asked when one fails, and also when it takes long: it may hang. */
async function hedged(
  order: readonly number[],
  one: (at: number) => Promise<Answer>,
  over: AbortSignal,
): Promise<{ answer: Answer; at: number }> {
  return new Promise((resolve, reject) => {
    let next = 0
    let open = 0
    let last: unknown
    const start = () => {
      const at = order[next++]
      if (at === undefined) {
        if (open === 0) reject(last)
        return
      }
      open++
      let settled = false
      one(at).then(
        (answer) => {
          settled = true
          resolve({ answer, at })
        },
        (error: unknown) => {
          settled = true
          open--
          last = error
          if (!worthAnother(error)) reject(error)
          else start()
        },
      )
      if (next < order.length) {
        // Its timer does not keep the process alive, as one of ctx.sleep would.
        AbortSignal.timeout(HEDGE_MS).addEventListener('abort', () => {
          if (!settled && !over.aborted) start()
        })
      }
    }
    start()
  })
}

type Sending = {
  readonly endpoint: string
  readonly path: string
  readonly method: Method
  readonly body: Json | undefined
  readonly credentials: { readonly user: string; readonly password: string } | null
  readonly tls: boolean
  readonly agent: http.Agent
  readonly limit: number // ms
  readonly signals: readonly AbortSignal[]
}

/**
 * Members close connections that have been idle for 5 s (cowboy's `request_timeout`): one that is closed just as it is
 * taken again was never read, and what may be asked twice is, on a new connection.
 */
async function send(o: Sending): Promise<Answer> {
  for (;;) {
    try {
      return await sendOnce(o)
    } catch (error) {
      if (!(error instanceof Stale)) throw error
      if (o.method === 'POST') throw error.cause
    }
  }
}

/** The connection had been used before, and was closed before anything came back. */
class Stale extends Error {}

function sendOnce(o: Sending): Promise<Answer> {
  const late = AbortSignal.timeout(o.limit)
  const signal = AbortSignal.any([...o.signals, late])
  const url = new URL(`${o.tls ? 'https' : 'http'}://${o.endpoint}`)
  const text = o.body === undefined ? undefined : JSON.stringify(o.body)
  return new Promise((resolve, reject) => {
    const fail = (error: unknown) =>
      reject(late.aborted ? timedOut(o.endpoint, `${o.method} ${o.path.split('?')[0]}`, o.limit) : error)
    const request = (o.tls ? https : http).request(
      {
        host: url.hostname,
        port: url.port,
        path: o.path,
        method: o.method,
        agent: o.agent,
        signal,
        ...(o.credentials ? { auth: `${o.credentials.user}:${o.credentials.password}` } : {}),
        headers: {
          accept: 'application/json, */*;q=0.1', // limits speak no JSON themselves
          ...(text === undefined
            ? {}
            : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }),
        },
      },
      (response) => {
        const parts: Buffer[] = []
        response.on('data', (part: Buffer) => parts.push(part))
        response.on('error', fail)
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            body: parse(Buffer.concat(parts).toString('utf8')),
            endpoint: o.endpoint,
          }),
        )
      },
    )
    request.on('error', (cause: NodeJS.ErrnoException) => {
      const stale = request.reusedSocket && (cause.code === 'ECONNRESET' || cause.code === 'EPIPE')
      fail(stale ? new Stale('closed while idle', { cause }) : cause)
    })
    request.end(text)
  })
}

/** JSON as far as it is: errors of the web server itself are plain text. */
function parse(text: string): Json {
  if (text === '') return null
  try {
    return JSON.parse(text) as Json
  } catch {
    return text
  }
}
