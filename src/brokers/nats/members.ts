import { describeError } from '../../model/failure.ts'
import { notYet, type Outcome, yes } from '../../model/plan.ts'
import type { Context } from '../../ports/context.ts'
import type { MemberHealth } from '../../ports/session.ts'
import type { Group, Healthz, Jsz, Monitor, Peer, Varz } from './monitor.ts'

/** What one server said of itself, or why it said nothing. */
export type Heard = { readonly slot: number; readonly endpoint: string } & (
  | { readonly ok: true; readonly health: Healthz; readonly vars: Varz; readonly jetstream: Jsz }
  | { readonly ok: false; readonly why: string }
)

/** Asks every server side by side; one that hangs costs its own time limit, not the others'. */
export const hear = (monitor: Monitor, ctx: Context): Promise<readonly Heard[]> =>
  Promise.all(
    monitor.endpoints.map(async (endpoint, i): Promise<Heard> => {
      const at = { slot: i + 1, endpoint }
      try {
        const [health, vars, jetstream] = await Promise.all([
          monitor.healthz(endpoint, ctx),
          monitor.varz(endpoint, ctx),
          monitor.streams(endpoint, ctx),
        ])
        return { ...at, ok: true, health, vars, jetstream }
      } catch (error) {
        ctx.signal.throwIfAborted()
        return { ...at, ok: false, why: describeError(error) }
      }
    }),
  )

/** A stream or consumer as its leader sees it; `leader` null: nobody leads it, and `replicas` are not known. */
export type RaftGroup = {
  readonly about: string
  readonly leader: string | null
  readonly replicas: readonly Peer[]
  readonly size: number
}

/** Every stream and consumer that any server has a replica of. */
export function groups(heard: readonly Heard[]): readonly RaftGroup[] {
  const found = new Map<string, RaftGroup>()
  const add = (about: string, cluster: Group | undefined, server: string, size: number | undefined): void => {
    const replicas = cluster?.replicas ?? []
    // A single server has no groups: it leads all that it has.
    if (!cluster || cluster.leader === server)
      found.set(about, { about, leader: server, replicas, size: size ?? replicas.length + 1 })
    else if (!found.has(about))
      found.set(about, { about, leader: null, replicas: [], size: size ?? replicas.length + 1 })
  }
  for (const one of heard) {
    if (!one.ok) continue
    const server = one.vars.server_name
    for (const account of one.jetstream.account_details ?? []) {
      for (const stream of account.stream_detail ?? []) {
        const about = `${account.name}/${stream.name}`
        add(about, stream.cluster, server, stream.config?.num_replicas)
        for (const consumer of stream.consumer_detail ?? [])
          add(`${about}/${consumer.name}`, consumer.cluster, server, undefined)
      }
    }
  }
  return [...found.values()]
}

/** The meta group as its leader sees it; followers know only who leads. */
export function metaGroup(heard: readonly Heard[]): {
  readonly leader: string
  readonly size: number
  readonly current: ReadonlySet<string>
  readonly offline: readonly string[]
} | null {
  const claims = heard.flatMap((one) => {
    const meta = one.ok ? one.jetstream.meta_cluster : undefined
    if (!one.ok || !meta || meta.leader !== one.vars.server_name) return []
    const peers = meta.replicas ?? []
    const current = peers.filter((peer) => peer.current && !peer.offline).map((peer) => peer.name)
    return [
      {
        leader: meta.leader,
        size: meta.cluster_size,
        current: new Set([meta.leader, ...current]),
        offline: peers.filter((peer) => peer.offline).map((peer) => peer.name),
      },
    ]
  })
  // One that was cut off may still believe that it leads: the one with the larger following does.
  return claims.sort((a, b) => b.current.size - a.current.size)[0] ?? null
}

/** Each member's health, and whether it may go down now. Pure. */
export function healthOf(heard: readonly Heard[], expected: number): readonly MemberHealth[] {
  const meta = metaGroup(heard)
  const all = groups(heard)
  return heard.map((one): MemberHealth => {
    const at = { role: 'server', slot: one.slot }
    if (!one.ok) return { ...at, up: false, leader: false, why: one.why, mayStop: yes }
    const name = one.vars.server_name
    const why = ailing(one, meta, expected)
    const up = why === null
    return {
      ...at,
      up,
      leader: meta?.leader === name,
      version: one.vars.version,
      ...(up ? {} : { why }),
      mayStop: up ? mayStop(name, heard, meta, all, expected) : yes,
    }
  })
}

/** Why the cluster can't count on it, or null: JetStream runs, keeps up with the meta group, and both sides say so. */
function ailing(
  { health, vars, jetstream }: Heard & { readonly ok: true },
  meta: ReturnType<typeof metaGroup>,
  expected: number,
): string | null {
  if (health.status !== 'ok') return health.error ?? health.status
  if (expected === 1) return null
  if (!meta) return 'the meta group has no leader'
  // /healthz says ok for a server that the group has removed: only the leader's list tells.
  if (!meta.current.has(vars.server_name)) return 'the meta leader does not count it as current'
  const follows = jetstream.meta_cluster?.leader
  return follows === meta.leader ? null : `it follows ${follows || 'no leader'}, and ${meta.leader} leads`
}

/** Field notes 2.3 and 2.4: quorum of the meta group and of every stream and consumer on it, by replicas that are current. */
function mayStop(
  name: string,
  heard: readonly Heard[],
  meta: ReturnType<typeof metaGroup>,
  all: readonly RaftGroup[],
  expected: number,
): Outcome {
  if (expected === 1) return yes
  if (!meta) return notYet('the meta group has no leader')
  const names = new Set(heard.flatMap((one) => (one.ok && one.health.status === 'ok' ? [one.vars.server_name] : [])))
  const rest = [...meta.current].filter((peer) => peer !== name && names.has(peer))
  const quorum = Math.floor(meta.size / 2) + 1
  if (rest.length < quorum)
    return notYet(`without it ${rest.length} of ${meta.size} meta peers are current, ${quorum} are needed`)
  for (const group of all) {
    // One or two replicas can never spare one: what the spec asked for is unavailable while its server restarts, and kept.
    if (group.size < 3) continue
    if (group.leader === null) return notYet(`${group.about} has no leader`)
    const peers: readonly Peer[] = [{ name: group.leader, current: true }, ...group.replicas]
    if (!peers.some((peer) => peer.name === name)) continue
    const left = peers.filter((peer) => peer.name !== name && peer.current && !peer.offline)
    if (left.length >= Math.floor(group.size / 2) + 1) continue
    const late = peers.find((peer) => peer.name !== name && (!peer.current || peer.offline))
    return notYet(
      `${group.about}: ${late ? `${late.name} is ${late.offline ? 'offline' : `${late.lag ?? 0} behind`}` : 'too few replicas'}`,
    )
  }
  return yes
}

/** Unready first (they cost nothing), the meta leader last, so that it moves once. */
export const rollOrder = (members: readonly MemberHealth[]): readonly MemberHealth[] => {
  const rank = (member: MemberHealth): number => (!member.up ? 0 : member.leader ? 2 : 1)
  return [...members].sort((a, b) => rank(a) - rank(b) || a.slot - b.slot)
}
