import { type Address, address } from '../../model/address.ts'
import type { Check } from '../../model/check.ts'
import { toFailure } from '../../model/failure.ts'
import type { Context } from '../../ports/context.ts'
import { leaderless, type QueueName } from './leaders.ts'
import { CANARY_VHOST } from './names.ts'
import type { RabbitmqSession } from './session.ts'

/** Names that an evidence line shows; the rest is a number. */
const SHOWN = 5
/** While a member hangs, the others give up asking it after 10 s. */
const READ_MS = 12_000

type Verdict = { readonly ok: boolean; readonly evidence: string }
type NodeRow = {
  readonly name: string
  readonly running: boolean
  readonly mem_alarm?: boolean
  readonly disk_free_alarm?: boolean
  readonly partitions?: readonly string[]
  readonly disk_free?: number
  readonly disk_free_limit?: number
  readonly mem_used?: number
}
type Flag = { readonly name: string; readonly state: string; readonly stability: string }
type Listener = {
  readonly node: string
  readonly protocol: string
  readonly port: number
  readonly ip_address: string
  readonly tls?: boolean
}
export type ReplicaRow = {
  readonly name: string
  readonly vhost: string
  readonly type: string
  readonly leader?: string
  readonly members?: readonly string[]
  readonly online?: readonly string[]
  readonly arguments?: Readonly<Record<string, unknown>>
}

const ALARM_COLUMNS = 'name,mem_alarm,disk_free_alarm,disk_free,disk_free_limit,mem_used'
const REPLICA_COLUMNS = 'name,vhost,type,leader,members,online,arguments'

/** Health that is not about one resource. Read only; each check fails by itself. */
export async function checks(session: RabbitmqSession, ctx: Context): Promise<readonly Check[]> {
  const about = address(session.spec.name, 'cluster')
  const { http } = session
  const size = http.endpoints.length
  const read = async <T>(path: string): Promise<T> => (await http.get(path, ctx, { timeoutMs: READ_MS })) as T
  const one = (name: string, work: () => Promise<Verdict>) => check(about, name, ctx, work)
  return Promise.all([
    one('members', async () => judgeNodes(await read('/api/nodes?columns=name,running,partitions'), size)),
    one('alarms', async () => judgeAlarms(await read(`/api/nodes?columns=${ALARM_COLUMNS}`))),
    one('replicas', () =>
      afterStarts(read, async () => judgeReplicas(await read(`/api/queues?columns=${REPLICA_COLUMNS}`), size), ctx),
    ),
    one('leaders', () => afterStarts(read, async () => judgeLeaders(await leaderless(session, ctx)), ctx)),
    one('virtual hosts', async () =>
      judgeVhosts(await http.ask('/api/health/checks/virtual-hosts', ctx, { accept: [503] })),
    ),
    one('feature flags', async () => judgeFlags(await read('/api/feature-flags'))),
    one('listeners', async () => {
      const { listeners } = await read<{ listeners: readonly Listener[] }>('/api/overview?columns=listeners')
      return judgeListeners(listeners, session.spec.security.tls)
    }),
  ])
}

/** Times a check; what can't be read is judged null, never passed. */
export async function check(
  about: Address,
  name: string,
  ctx: Context,
  work: () => Promise<Verdict | null>,
): Promise<Check> {
  const began = ctx.now()
  try {
    const verdict = await work()
    return {
      about,
      name,
      ok: verdict?.ok ?? null,
      evidence: verdict?.evidence ?? 'nothing to judge',
      ms: ctx.now() - began,
    }
  } catch (error) {
    ctx.signal.throwIfAborted()
    return { about, name, ok: null, evidence: toFailure(error).summary, ms: ctx.now() - began }
  }
}

/** So long after a member's start its replicas may still be on their way: streams take 5 s and more. */
const SETTLED_MS = 30_000
const POLL_MS = 500

/** What is short right after a member's start is waited for: until it is there, or no start explains it. */
async function afterStarts(
  read: <T>(path: string) => Promise<T>,
  judge: () => Promise<Verdict>,
  ctx: Context,
): Promise<Verdict> {
  const began = ctx.now()
  for (;;) {
    const verdict = await judge()
    if (verdict.ok) return verdict
    const nodes = await read<readonly { running: boolean; uptime?: number }[]>('/api/nodes?columns=running,uptime')
    // Of who has just started the uptime is not known yet.
    const fresh = nodes.some(({ running, uptime }) => running && (uptime === undefined || uptime < SETTLED_MS))
    if (!fresh || ctx.now() - began > SETTLED_MS) return verdict
    await ctx.sleep(POLL_MS)
  }
}

const names = (all: readonly string[]): string =>
  all.slice(0, SHOWN).join(', ') + (all.length > SHOWN ? ` and ${all.length - SHOWN} more` : '')

/** All members are in the cluster, run, and see each other. */
export function judgeNodes(nodes: readonly NodeRow[], size: number): Verdict {
  const down = nodes.filter((n) => !n.running).map((n) => n.name)
  const parted = nodes.filter((n) => (n.partitions ?? []).length > 0).map((n) => n.name)
  if (down.length > 0) return { ok: false, evidence: `not running: ${names(down)}` }
  if (parted.length > 0) return { ok: false, evidence: `cut off from others: ${names(parted)}` }
  if (nodes.length < size)
    return { ok: false, evidence: `${nodes.length} of ${size} members have joined: ${names(nodes.map((n) => n.name))}` }
  return { ok: true, evidence: `${nodes.length} members run and see each other` }
}

const MEBIBYTE = 1024 ** 2

export function judgeAlarms(nodes: readonly NodeRow[]): Verdict {
  const memory = nodes.filter((n) => n.mem_alarm === true).map((n) => `memory on ${n.name}`)
  const disk = nodes
    .filter((n) => n.disk_free_alarm === true)
    .map(
      (n) =>
        `disk on ${n.name} (${Math.round((n.disk_free ?? 0) / MEBIBYTE)} MiB free, limit ${Math.round((n.disk_free_limit ?? 0) / MEBIBYTE)} MiB)`,
    )
  const all = [...memory, ...disk]
  return {
    ok: all.length === 0,
    evidence: all.length === 0 ? 'no memory or disk alarm' : `publishers are blocked: ${names(all)}`,
  }
}

/** How many members a queue was asked to have: its own argument, else three, never more than there are. */
export const wantedReplicas = (queue: ReplicaRow, size: number): number => {
  const asked = Number(queue.arguments?.['x-quorum-initial-group-size'] ?? queue.arguments?.['x-initial-cluster-size'])
  return Math.min(Number.isInteger(asked) && asked > 0 ? asked : 3, size)
}

/** Quorum queues and streams: a leader, as many members as asked, all of them online. */
export function judgeReplicas(queues: readonly ReplicaRow[], size: number): Verdict {
  const replicated = queues.filter((q) => (q.type === 'quorum' || q.type === 'stream') && q.vhost !== CANARY_VHOST)
  const at = (q: ReplicaRow) => `${q.vhost}/${q.name}`
  const problems = replicated.flatMap((q) => {
    const members = q.members ?? []
    const online = members.filter((member) => q.online?.includes(member))
    if (!q.leader || !online.includes(q.leader)) return [`${at(q)} has no leader`]
    if (online.length < members.length) return [`${at(q)}: ${online.length} of ${members.length} members online`]
    const wanted = wantedReplicas(q, size)
    return members.length < wanted ? [`${at(q)}: ${members.length} members, ${wanted} wanted`] : []
  })
  if (problems.length > 0) return { ok: false, evidence: names(problems) }
  return { ok: true, evidence: `${replicated.length} quorum queues and streams have a leader and all members online` }
}

/** A quorum queue without a leader takes no message, whatever the list of queues says of it. */
export function judgeLeaders(leaderless: readonly QueueName[]): Verdict {
  const without = leaderless.filter(({ vhost }) => vhost !== CANARY_VHOST)
  return without.length === 0
    ? { ok: true, evidence: 'every quorum queue has elected a leader' }
    : { ok: false, evidence: `no leader: ${names(without.map(({ vhost, name }) => `${vhost}/${name}`))}` }
}

function judgeVhosts(answer: { readonly status: number; readonly body: unknown }): Verdict {
  const down = ((answer.body as { 'virtual-hosts'?: readonly string[] } | null)?.['virtual-hosts'] ?? []).map(String)
  return {
    ok: answer.status === 200,
    evidence: answer.status === 200 ? 'all virtual hosts run' : `not running: ${names(down)}`,
  }
}

export function judgeFlags(flags: readonly Flag[]): Verdict {
  const off = flags.filter((flag) => flag.stability === 'stable' && flag.state !== 'enabled').map((flag) => flag.name)
  return {
    ok: off.length === 0,
    evidence:
      off.length === 0 ? `all stable feature flags are enabled (${flags.length} known)` : `not enabled: ${names(off)}`,
  }
}

/**
 * With TLS asked for nothing may listen in plaintext. RabbitMQ before 4.1 says nothing of TLS between members, on or off:
 * that the distribution is refused without a certificate is then all there is to see.
 */
export function judgeListeners(listeners: readonly Listener[], tls: boolean): Verdict {
  const shown = [...new Set(listeners.map((l) => l.protocol))].sort().join(', ')
  if (!tls) return { ok: true, evidence: `TLS is off: ${shown}` }
  const told = listeners.some((l) => l.tls !== undefined)
  const secured = (protocol: string) => /ssl|https/.test(protocol) || (!told && protocol === 'clustering')
  const plain = listeners.filter((l) => !(l.tls ?? secured(l.protocol)))
  return plain.length > 0
    ? { ok: false, evidence: `plaintext: ${names(plain.map((l) => `${l.protocol} on ${l.ip_address}:${l.port}`))}` }
    : { ok: true, evidence: `TLS only: ${shown}` }
}
