import { connect, type ConnectionOptions, type Msg, type NatsConnection } from '@nats-io/transport-node'
import { MqopsError } from '../../model/failure.ts'
import type { Json } from '../../model/json.ts'
import type { Access } from '../../model/member.ts'
import type { SecretRef } from '../../model/secret.ts'
import type { Context } from '../../ports/context.ts'
import { type ApiError, connectFailure, JetStreamRefusal, requestFailure } from './errors.ts'
import { generated, managerOf, managerSecret, OWN_ACCOUNT, OWN_USER, SYSTEM_ACCOUNT, SYSTEM_USER } from './names.ts'

/** Milliseconds: for one connection attempt, and for one answer of the JetStream API. */
export const CONNECT_MS = 3000
export const REQUEST_MS = 5000

export type Credentials = { readonly user?: string; readonly password?: SecretRef }

/** Connections to one cluster, one for each account, opened at first use and shared. */
export class Links {
  readonly access: Access
  /** The cluster was built by mqops: its own accounts and users are there. */
  readonly built: boolean
  readonly #open = new Map<string, Promise<NatsConnection>>()

  constructor(access: Access) {
    this.access = access
    this.built = access.password?.secretRef.generated !== undefined
  }

  /** Who manages an account. On a cluster that someone else built there is one user for everything. */
  credentials(account: string): Credentials {
    if (!this.built)
      return {
        ...(this.access.user ? { user: this.access.user } : {}),
        ...(this.access.password ? { password: this.access.password } : {}),
      }
    if (account === SYSTEM_ACCOUNT) return { user: SYSTEM_USER, password: this.access.password }
    return {
      user: account === OWN_ACCOUNT ? OWN_USER : managerOf(account),
      password: generated(managerSecret(account)),
    }
  }

  /** Throws MQOPS_AUTHENTICATION, MQOPS_TLS or MQOPS_UNREACHABLE naming the endpoints. */
  async account(account: string, ctx: Context): Promise<NatsConnection> {
    const key = this.built ? account : ''
    const known = this.#open.get(key)
    if (known) return known
    const opening = this.open(this.credentials(account), this.access.endpoints.client ?? [], ctx)
    this.#open.set(key, opening)
    const forget = (): void => {
      if (this.#open.get(key) === opening) this.#open.delete(key)
    }
    opening.then((link) => link.closed().then(forget), forget)
    return opening
  }

  /** A connection of its own, to exactly these endpoints: it never moves to a server that the cluster names. */
  async open(
    who: Credentials,
    endpoints: readonly string[],
    ctx: Context,
    more: Partial<ConnectionOptions> = {},
  ): Promise<NatsConnection> {
    ctx.signal.throwIfAborted()
    const { tls, ca, certificate } = this.access
    const files = {
      ...(ca ? { ca: await ctx.secret(ca) } : {}),
      ...(certificate
        ? { cert: await ctx.secret(certificate.certificate), key: await ctx.secret(certificate.key) }
        : {}),
    }
    const login = {
      ...(who.user ? { user: who.user } : {}),
      ...(who.password ? { pass: await ctx.secret(who.password) } : {}),
    }
    try {
      return await connect({
        servers: endpoints.map((endpoint) => `${tls ? 'tls' : 'nats'}://${endpoint}`),
        ...login,
        ...(tls ? { tls: files } : {}),
        name: 'mqops',
        timeout: CONNECT_MS,
        maxReconnectAttempts: 4,
        reconnectTimeWait: 250,
        pingInterval: 4000,
        maxPingOut: 2,
        ignoreClusterUpdates: true,
        ...more,
      })
    } catch (error) {
      throw connectFailure(error, endpoints.join(', '), who.user)
    }
  }

  /** After an answer that did not come: the next request goes to another server. */
  async drop(account: string): Promise<void> {
    const key = this.built ? account : ''
    const known = this.#open.get(key)
    this.#open.delete(key)
    await (await known?.catch(() => undefined))?.close().catch(() => undefined)
  }

  async close(): Promise<void> {
    const open = [...this.#open.values()]
    this.#open.clear()
    await Promise.all(open.map(async (link) => (await link.catch(() => undefined))?.close().catch(() => undefined)))
  }
}

type Answer = { readonly error?: ApiError }

/**
 * One request to the JetStream API of an account: `call('APP', 'STREAM.INFO.ORDERS', …)`. Raw, because the library's
 * manager hides which streams did not answer a list (`missing`) and can't send every update that the server takes.
 * Throws a JetStreamRefusal with the server's own words, or MQOPS_TIMEOUT, MQOPS_UNREACHABLE, MQOPS_FORBIDDEN.
 */
export async function call<T>(
  links: Links,
  account: string,
  api: string,
  body: Json | undefined,
  what: string,
  ctx: Context,
  timeout = REQUEST_MS,
): Promise<T> {
  const answer = await request(
    links,
    account,
    `$JS.API.${api}`,
    body === undefined ? '' : JSON.stringify(body),
    what,
    ctx,
    timeout,
  )
  const parsed = parse<Answer & T>(answer, what)
  if (parsed.error) throw new JetStreamRefusal(parsed.error, what, 'JetStream')
  return parsed
}

export async function request(
  links: Links,
  account: string,
  subject: string,
  payload: string | Uint8Array,
  what: string,
  ctx: Context,
  timeout = REQUEST_MS,
): Promise<Msg> {
  ctx.signal.throwIfAborted()
  const link = await links.account(account, ctx)
  try {
    return await link.request(subject, payload, { timeout })
  } catch (error) {
    const failure = requestFailure(
      error,
      what,
      link.isClosed() ? (links.access.endpoints.client ?? []).join(', ') : link.getServer(),
    )
    if (failure.code === 'MQOPS_TIMEOUT') await links.drop(account)
    throw failure
  }
}

function parse<T>(message: Msg, what: string): T {
  try {
    return message.json<T>()
  } catch (cause) {
    throw new MqopsError(
      { code: 'MQOPS_BROKER', summary: `${what}: the answer is no JSON`, retryable: false },
      { cause },
    )
  }
}

/** At most `limit` at once, answers in order: the server drops all waiting API requests past 10,000. */
export async function pooled<T, R>(
  items: readonly T[],
  limit: number,
  work: (item: T, index: number) => Promise<R>,
): Promise<R[]> {
  const results: R[] = Array.from({ length: items.length })
  let next = 0
  const worker = async (): Promise<void> => {
    for (let i = next++; i < items.length; i = next++) results[i] = await work(items[i] as T, i)
  }
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, worker))
  return results
}
