import type { ConnectionOptions, NatsConnection } from '@nats-io/transport-node'
import type { Access } from '../../model/member.ts'
import type { SecretRef } from '../../model/secret.ts'
import type { Context } from '../../ports/context.ts'
import { connectFailure } from './errors.ts'
import { generated, managerOf, managerSecret, OWN_ACCOUNT, OWN_USER, SYSTEM_ACCOUNT, SYSTEM_USER } from './names.ts'

/** Milliseconds for one connection attempt. */
export const CONNECT_MS = 3000

export type Credentials = { readonly user?: string; readonly password?: SecretRef }

/** Connections to one cluster, one for each account, opened at first use and shared. */
export class Links {
  readonly access: Access
  /** The cluster was built by mqops: its own accounts and users are there. */
  readonly built: boolean
  readonly #open = new Map<string, Promise<NatsConnection>>()
  /** Left behind by `moveOn`, at most one for each account: others may still wait for answers on it. */
  readonly #left = new Map<string, NatsConnection>()

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
    const opening = this.open(this.credentials(account), this.#inTurn(key), ctx, { noRandomize: this.#left.has(key) })
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
    const { connect } = await import('@nats-io/transport-node') // loaded when something connects: it takes a while
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
        noAsyncTraces: true, // two errors made for each request, a third of what a plan of thousands took
        ...more,
      })
    } catch (error) {
      throw connectFailure(error, endpoints.join(', '), who.user)
    }
  }

  /** After an answer that did not come on this connection: the next request goes to another member. */
  async moveOn(account: string, from: NatsConnection): Promise<void> {
    const key = this.built ? account : ''
    const known = this.#open.get(key)
    // Of many requests that wait in vain on one connection the first one moves all.
    if (known === undefined || (await known.catch(() => null)) !== from || this.#open.get(key) !== known) return
    this.#open.delete(key)
    const before = this.#left.get(key)
    this.#left.set(key, from)
    await before?.close().catch(() => undefined)
  }

  /** The member that was left comes last. */
  #inTurn(key: string): readonly string[] {
    const endpoints = this.access.endpoints.client ?? []
    const at = endpoints.indexOf(this.#left.get(key)?.getServer() ?? '')
    return endpoints.map((_, i) => endpoints[(at + 1 + i) % endpoints.length] as string)
  }

  async close(): Promise<void> {
    const open = [...this.#open.values(), ...[...this.#left.values()].map((link) => Promise.resolve(link))]
    this.#open.clear()
    this.#left.clear()
    await Promise.all(open.map(async (link) => (await link.catch(() => undefined))?.close().catch(() => undefined)))
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
