import { MqopsError } from '../../model/failure.ts'
import type { Address } from '../../model/address.ts'
import type { Check } from '../../model/check.ts'
import type { Access } from '../../model/member.ts'
import type { ClusterSpec } from '../../model/spec.ts'
import type { Context } from '../../ports/context.ts'
import type { Lease, MemberHealth, Ownership } from '../../ports/session.ts'
import { createSerially } from '../shared/serially.ts'
import { Bucket } from './bucket.ts'
import { runCanary } from './canary.ts'
import { runChecks } from './checks.ts'
import { Links, pooled } from './client.ts'
import { fieldsOf } from './fields.ts'
import { takeLease } from './lease.ts'
import { healthOf, hear } from './members.ts'
import { type Jsz, Monitor, type Varz } from './monitor.ts'
import { CLUSTER_ID, entries, hasJetStream, isOwnStream, OWN_ACCOUNT, SYSTEM_ACCOUNT, usualReplicas } from './names.ts'
import { ownership } from './ownership.ts'
import { externalMembers, ownAccount } from './external.ts'
import { runRefusals } from './refusals.ts'
import type { NatsSession } from './session.ts'
import { listStreams } from './streams.ts'

/** An open, authenticated view of one NATS cluster. */
class OpenSession implements NatsSession {
  readonly spec: ClusterSpec
  readonly links: Links
  readonly monitor: Monitor
  readonly bucket: Bucket
  readonly clusterId: string
  readonly version: string
  readonly capabilities: ReadonlySet<string> = new Set(['jetstream'])
  readonly ownership: Ownership
  readonly #lists = new Map<string, ReturnType<typeof listStreams>>()
  /** Accounts that were seen with JetStream of their own. */
  readonly #streaming = new Set<string>()
  readonly serially = createSerially()
  #account: Promise<string> | undefined

  constructor(spec: ClusterSpec, links: Links, monitor: Monitor, identity: { clusterId: string; version: string }) {
    this.spec = spec
    this.links = links
    this.monitor = monitor
    this.clusterId = identity.clusterId
    this.version = identity.version
    this.bucket = new Bucket(links, usualReplicas(fieldsOf(spec)))
    this.ownership = ownership(this.bucket)
  }

  get expected(): number {
    return this.links.built ? fieldsOf(this.spec).members : Math.max(1, this.monitor.endpoints.length)
  }

  async accounts(ctx: Context): Promise<readonly string[]> {
    const wanted = entries(fieldsOf(this.spec).accounts)
      .filter(([, account]) => hasJetStream(account))
      .map(([name]) => name)
    if (!this.links.built) {
      if (Object.keys(fieldsOf(this.spec).accounts).length > 0) return wanted
      this.#account ??= ownAccount(this.links, ctx)
      return [await this.#account]
    }
    const known = await this.monitor.accounts(ctx)
    if (known === null)
      throw new MqopsError({
        code: 'MQOPS_UNREACHABLE',
        summary: `${this.monitor.endpoints.join(', ')} can't be reached`,
        retryable: true,
        hint: 'Do its members run? See `mqops status`.',
      })
    return this.#streamingOf(
      wanted.filter((name) => known.has(name)),
      ctx,
    )
  }

  async #streamingOf(accounts: readonly string[], ctx: Context): Promise<readonly string[]> {
    const doubtful = accounts.filter((name) => !this.#streaming.has(name))
    await pooled(doubtful, 8, async (name) => {
      if (await this.monitor.streaming(name, ctx)) this.#streaming.add(name)
    })
    return accounts.filter((name) => this.#streaming.has(name))
  }

  async stranded(ctx: Context): Promise<readonly { readonly account: string; readonly name: string }[]> {
    if (!this.links.built) return []
    const kept = new Set([
      SYSTEM_ACCOUNT,
      OWN_ACCOUNT,
      '$G',
      ...entries(fieldsOf(this.spec).accounts)
        .filter(([, account]) => hasJetStream(account))
        .map(([name]) => name),
    ])
    const extra = [...((await this.monitor.accounts(ctx)) ?? [])].filter((name) => !kept.has(name))
    if (extra.length === 0) return []
    const answers = await Promise.all(
      this.monitor.endpoints.map((endpoint) =>
        this.monitor.get<Jsz>(endpoint, '/jsz?streams=true&limit=100000', ctx).catch(() => null),
      ),
    )
    const found = new Map<string, { account: string; name: string }>()
    for (const { name: account, stream_detail } of answers.flatMap((answer) => answer?.account_details ?? [])) {
      if (!extra.includes(account)) continue
      for (const { name } of stream_detail ?? [])
        if (!isOwnStream(name)) found.set(`${account}/${name}`, { account, name })
    }
    return [...found.values()]
  }

  streams(account: string, ctx: Context): ReturnType<typeof listStreams> {
    const asked = this.#lists.get(account)
    if (asked) return asked
    const list = listStreams(this.links, account, ctx).finally(() => this.#lists.delete(account))
    this.#lists.set(account, list)
    return list
  }

  retentionOf(account: string, stream: string): string {
    return fieldsOf(this.spec).accounts[account]?.streams?.[stream]?.retention ?? 'limits'
  }

  async members(ctx: Context): Promise<readonly MemberHealth[]> {
    if (this.monitor.endpoints.length === 0) return externalMembers(this.links, ctx)
    return healthOf(await hear(this.monitor, ctx), this.expected)
  }

  checks(ctx: Context): Promise<readonly Check[]> {
    return runChecks(this, ctx)
  }

  canary(sample: readonly Address[], ctx: Context): Promise<readonly Check[]> {
    return runCanary(this, sample, ctx)
  }

  refusals(ctx: Context): Promise<readonly Check[]> {
    return runRefusals(this, ctx)
  }

  lease(holder: string, ttlMs: number, ctx: Context): Promise<Lease> {
    return takeLease(this.bucket, holder, ttlMs, ctx)
  }

  close(): Promise<void> {
    return this.links.close()
  }
}

/** Throws MQOPS_UNREACHABLE, MQOPS_TLS or MQOPS_AUTHENTICATION naming the endpoints. */
export async function openSession(spec: ClusterSpec, access: Access, ctx: Context): Promise<NatsSession> {
  const links = new Links(access)
  const monitor = new Monitor(access)
  try {
    return new OpenSession(
      spec,
      links,
      monitor,
      links.built ? await builtIdentity(links, monitor, ctx) : await foreignIdentity(links, ctx),
    )
  } catch (error) {
    await links.close()
    throw error
  }
}

/** The id stands in the servers' own metadata. The login of the system user is proven at once, not at the first request. */
async function builtIdentity(
  links: Links,
  monitor: Monitor,
  ctx: Context,
): Promise<{ clusterId: string; version: string }> {
  await links.account(SYSTEM_ACCOUNT, ctx)
  const vars = await Promise.any(monitor.endpoints.map((endpoint) => monitor.varz(endpoint, ctx))).catch(
    (error: AggregateError): Varz => {
      throw error.errors[0]
    },
  )
  const clusterId = vars.metadata?.[CLUSTER_ID]
  if (clusterId) return { clusterId, version: vars.version }
  throw new MqopsError({
    code: 'MQOPS_NOT_OURS',
    summary: `${vars.server_name} does not say which cluster it belongs to: mqops did not start it`,
    hint: 'Does another server listen on these ports?',
  })
}

async function foreignIdentity(links: Links, ctx: Context): Promise<{ clusterId: string; version: string }> {
  const { info } = await links.account('', ctx)
  const told = info as unknown as
    | { cluster?: string; server_name?: string; server_id?: string; version?: string }
    | undefined
  return { clusterId: told?.cluster ?? told?.server_name ?? told?.server_id ?? 'nats', version: told?.version ?? '' }
}
