import http from 'node:http'
import https from 'node:https'
import { MqopsError } from '../../model/failure.ts'
import type { Access } from '../../model/member.ts'
import type { Context } from '../../ports/context.ts'

/** Milliseconds for one answer of a server's monitoring. */
const ANSWER_MS = 2500
/** No answer of a healthy server is larger; 10,000 streams with 5 consumers each make about 30 MB. */
const LARGEST_BYTES = 256 * 1024 ** 2

export type Peer = {
  readonly name: string
  readonly current: boolean
  readonly offline?: boolean
  readonly lag?: number
  readonly peer?: string
}
export type Group = { readonly name?: string; readonly leader?: string; readonly replicas?: readonly Peer[] }
export type Varz = {
  readonly server_name: string
  readonly version: string
  readonly config_load_time: string
  readonly config_digest?: string
  readonly metadata?: Readonly<Record<string, string>>
  readonly routes?: number
  readonly cluster?: { readonly name?: string }
  readonly connections: number
}
export type ConsumerDetail = { readonly name: string; readonly stream_name: string; readonly cluster?: Group }
export type StreamDetail = {
  readonly name: string
  readonly cluster?: Group
  readonly state?: { readonly messages: number; readonly bytes: number }
  readonly config?: { readonly num_replicas?: number }
  readonly consumer_detail?: readonly ConsumerDetail[]
}
export type Jsz = {
  readonly config?: { readonly max_memory: number; readonly max_storage: number }
  readonly memory?: number
  readonly storage?: number
  readonly reserved_memory?: number
  readonly reserved_storage?: number
  readonly disabled?: boolean
  readonly meta_cluster?: {
    readonly leader?: string
    readonly cluster_size: number
    readonly quorum_needed?: number
    readonly replicas?: readonly Peer[]
  }
  readonly account_details?: readonly { readonly name: string; readonly stream_detail?: readonly StreamDetail[] }[]
}
export type Healthz = { readonly status: string; readonly error?: string }

/** The monitoring interface of each server, asked one by one: what a server says of itself, not what others heard. */
export class Monitor {
  readonly endpoints: readonly string[]
  readonly #access: Access

  constructor(access: Access) {
    this.endpoints = access.endpoints.management ?? []
    this.#access = access
  }

  /** JSON of one path; a 503 of /healthz is an answer too. Throws MQOPS_UNREACHABLE, MQOPS_TIMEOUT, MQOPS_TLS. */
  async get<T>(endpoint: string, path: string, ctx: Context): Promise<T> {
    ctx.signal.throwIfAborted()
    const { tls, ca } = this.#access
    const pem = tls && ca ? await ctx.secret(ca) : undefined
    const limit = AbortSignal.timeout(ANSWER_MS)
    try {
      const text = await read(
        `${tls ? 'https' : 'http'}://${endpoint}${path}`,
        pem,
        AbortSignal.any([limit, ctx.signal]),
      )
      return JSON.parse(text) as T
    } catch (cause) {
      ctx.signal.throwIfAborted()
      const code = (cause as NodeJS.ErrnoException).code ?? ''
      if (limit.aborted)
        throw new MqopsError({
          code: 'MQOPS_TIMEOUT',
          summary: `${endpoint} did not answer ${path.split('?')[0]} within ${ANSWER_MS} ms`,
          retryable: true,
        })
      if (/CERT|TLS|SSL|SELF_SIGNED|UNABLE_TO/.test(code))
        throw new MqopsError(
          { code: 'MQOPS_TLS', summary: `no TLS with ${endpoint}`, hint: 'Is the CA the one of this cluster?' },
          { cause },
        )
      throw new MqopsError(
        {
          code: 'MQOPS_UNREACHABLE',
          summary: `${endpoint} can't be reached`,
          retryable: true,
          hint: 'Does the member run? See `mqops logs`.',
        },
        { cause },
      )
    }
  }

  healthz = (endpoint: string, ctx: Context): Promise<Healthz> =>
    this.get(endpoint, '/healthz?js-server-only=true', ctx)
  varz = (endpoint: string, ctx: Context): Promise<Varz> => this.get(endpoint, '/varz', ctx)
  jsz = (endpoint: string, ctx: Context): Promise<Jsz> => this.get(endpoint, '/jsz', ctx)
  /** With all streams and consumers that have a replica on this server, of all accounts. */
  streams = (endpoint: string, ctx: Context): Promise<Jsz> =>
    this.get(endpoint, '/jsz?streams=true&consumers=true&config=true&limit=100000', ctx)

  /**
   * Names of the accounts that any answering server has with JetStream; null when none answers or there is no monitoring.
   * One that had none, and shall have it, is known before mqops has a user in it; and a server that has reloaded an
   * account away goes on with its JetStream: only both together say that it can be asked.
   */
  async accounts(ctx: Context): Promise<ReadonlySet<string> | null> {
    const answers = await Promise.allSettled(
      this.endpoints.map(async (endpoint) => {
        const [{ accounts }, { account_details = [] }] = await Promise.all([
          this.get<{ accounts: string[] }>(endpoint, '/accountz', ctx),
          this.get<Jsz>(endpoint, '/jsz?accounts=true&limit=100000', ctx),
        ])
        const streaming = new Set(account_details.map(({ name }) => name))
        return accounts.filter((name) => streaming.has(name))
      }),
    )
    ctx.signal.throwIfAborted()
    const known = answers.filter((answer) => answer.status === 'fulfilled')
    return known.length === 0 ? null : new Set(known.flatMap((answer) => answer.value))
  }

  /**
   * Does the account that any answering server has now use JetStream? Lists name one by the JetStream of another account
   * of its name that was reloaded away before. True when no server answers.
   */
  async streaming(account: string, ctx: Context): Promise<boolean> {
    const query = `/accountz?acc=${encodeURIComponent(account)}`
    const answers = await Promise.allSettled(
      this.endpoints.map((endpoint) =>
        this.get<{ account_detail?: { jetstream_enabled?: boolean } }>(endpoint, query, ctx),
      ),
    )
    ctx.signal.throwIfAborted()
    const known = answers.filter((answer) => answer.status === 'fulfilled')
    return known.length === 0 || known.some(({ value }) => value.account_detail?.jetstream_enabled === true)
  }
}

function read(url: string, ca: string | undefined, signal: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { signal, agent: false as const, ...(ca ? { ca } : {}) }
    const seen = (response: http.IncomingMessage): void => {
      const parts: Buffer[] = []
      let size = 0
      response.on('data', (part: Buffer) => {
        size += part.length
        if (size > LARGEST_BYTES) response.destroy(new Error('the answer is too large'))
        else parts.push(part)
      })
      response.on('end', () => resolve(Buffer.concat(parts).toString('utf8')))
      response.on('error', reject)
    }
    const call = url.startsWith('https:') ? https.get(url, options, seen) : http.get(url, options, seen)
    call.on('error', reject)
  })
}
