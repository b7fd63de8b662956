import { address } from '../../src/model/address.ts'
import type { Check } from '../../src/model/check.ts'
import { MqopsError } from '../../src/model/failure.ts'
import { yes } from '../../src/model/plan.ts'
import type { Lease, MemberHealth, OwnerRecord, Session } from '../../src/ports/session.ts'
import type { Context } from '../../src/ports/context.ts'
import type { FakeCluster } from './fake-cluster.ts'
import { fakeLease } from './fake-target.ts'

/** A simulated cluster as its administrator sees it, while at least one member runs. */
export class FakeSession implements Session {
  readonly version = '1.0'
  readonly capabilities = new Set<string>()
  readonly cluster: FakeCluster
  readonly clusterId: string
  constructor(cluster: FakeCluster) {
    this.cluster = cluster
    this.clusterId = cluster.allocation?.clusterId ?? 'none'
  }
  static async open(cluster: FakeCluster): Promise<FakeSession> {
    const session = new FakeSession(cluster)
    await session.call('connect')
    return session
  }
  /** `about`: what it looks at or changes, as 'kind' or 'kind/key'. */
  async call(name: string, about: readonly string[] = []): Promise<void> {
    await this.cluster.disturb(name, about)
    if ([...this.cluster.disks.values()].some((disk) => disk.running)) return
    throw new MqopsError({ code: 'MQOPS_UNREACHABLE', summary: 'nobody answers', retryable: true })
  }
  readonly ownership = {
    read: async () => {
      await this.call('ownership.read')
      return new Map(this.cluster.owners)
    },
    write: async (changes: ReadonlyMap<string, OwnerRecord | null>) => {
      for (const [key, record] of changes) {
        await this.call('ownership.write')
        if (record === null) this.cluster.owners.delete(key)
        else this.cluster.owners.set(key, record)
      }
    },
  }
  async members(): Promise<readonly MemberHealth[]> {
    await this.call('members')
    const down = [...this.cluster.disks.values()].filter((disk) => !disk.running).length
    const [leader] = [...this.cluster.disks].flatMap(([slot, disk]) => (disk.running ? [slot] : []))
    return [...this.cluster.disks].map(([slot, disk]) => ({
      role: 'server',
      slot,
      up: disk.running !== null,
      leader: slot === leader,
      ...(disk.running ? {} : { why: 'it does not run' }),
      ...(this.cluster.outage.length > 0 ? { outage: this.cluster.outage } : {}),
      mayStop: down === 0 ? yes : { is: 'not-yet' as const, why: 'another member is down' },
    }))
  }
  async checks(): Promise<readonly Check[]> {
    return [
      this.#check(
        'quorum',
        (await this.members()).every((member) => member.up),
      ),
    ]
  }
  async canary(): Promise<readonly Check[]> {
    return (await this.members()).map((member) => this.#check('canary', member.up))
  }
  async refusals(): Promise<readonly Check[]> {
    await this.call('refusals')
    return [this.#check('strangers refused', true)]
  }
  #check(name: string, ok: boolean): Check {
    const about = address(String(this.cluster.allocation?.cluster), 'cluster')
    return { about, name, ok, evidence: ok ? 'as it should be' : 'a member is down', ms: 0 }
  }
  async lease(holder: string, ttlMs: number, ctx: Context): Promise<Lease> {
    await this.call('lease')
    return fakeLease(this.cluster, holder, ttlMs, ctx)
  }
  close = async () => {}
}
