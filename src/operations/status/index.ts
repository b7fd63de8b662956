import { type Failure, toFailure } from '../../model/failure.ts'
import type { ClusterSpec } from '../../model/spec.ts'
import type { ClusterWorld } from '../../ports/action.ts'
import type { MemberHealth } from '../../ports/session.ts'
import type { NodeState } from '../../ports/target.ts'

export type MemberStatus = {
  readonly role: string
  readonly slot: number
  readonly running: boolean | null
  readonly startedAt: number | null
  readonly health: MemberHealth | null
  readonly problem?: string
  readonly ports: Readonly<Record<string, number>>
}
export type ClusterStatus = {
  readonly spec: ClusterSpec
  readonly clusterId: string | null
  readonly state: 'healthy' | 'degraded' | 'stopped' | 'unreachable' | 'absent'
  readonly version: string | null
  readonly members: readonly MemberStatus[]
  readonly problem?: Failure
  readonly certificatesExpire: number | null
}

/** What the target and the cluster itself say of each member. Reads only; never throws for a cluster that is down. */
export async function statusOf(world: ClusterWorld): Promise<ClusterStatus> {
  const { spec, target, ctx } = world
  const base = { spec, clusterId: null, version: null, members: [], certificatesExpire: null }
  try {
    const managed = (await target.access(ctx)) === null
    const allocation = managed ? await target.allocation(ctx) : null
    if (managed && !allocation) return { ...base, state: 'absent' }
    const states = allocation ? await target.observe(allocation.members, ctx) : []
    const expire =
      allocation && allocation.certificates.length > 0
        ? Math.min(...allocation.certificates.map((c) => c.notAfter))
        : null
    const known = { ...base, clusterId: allocation?.clusterId ?? null, certificatesExpire: expire }
    const rows = (health: readonly MemberHealth[] | null): readonly MemberStatus[] =>
      allocation
        ? allocation.members.map((m) =>
            row(
              m,
              states.find((s) => s.role === m.role && s.slot === m.slot),
              health,
              m.ports,
            ),
          )
        : (health ?? []).map((h) => row(h, undefined, health, {}))
    if (managed && states.every((state) => !state.running)) return { ...known, state: 'stopped', members: rows(null) }
    try {
      const session = await world.session()
      const members = rows(await session.members(ctx))
      const healthy = members.every(
        (m) => m.health?.up === true && !m.health.warning && m.running !== false && !m.problem,
      )
      return {
        ...known,
        clusterId: session.clusterId,
        version: session.version,
        state: healthy ? 'healthy' : 'degraded',
        members,
      }
    } catch (error) {
      return { ...known, state: 'unreachable', members: rows(null), problem: toFailure(error) }
    }
  } catch (error) {
    return { ...base, state: 'unreachable', problem: toFailure(error) }
  }
}

function row(
  at: { role: string; slot: number },
  state: NodeState | undefined,
  health: readonly MemberHealth[] | null,
  ports: Readonly<Record<string, number>>,
): MemberStatus {
  return {
    role: at.role,
    slot: at.slot,
    running: state ? state.running !== null : null,
    startedAt: state?.running?.startedAt ?? null,
    health: health?.find((h) => h.role === at.role && h.slot === at.slot) ?? null,
    ports,
    ...(state?.problem ? { problem: state.problem } : {}),
  }
}
