import type { ClusterStatus, MemberStatus } from '../../operations/status/index.ts'
import type { Owned } from '../../operations/names/index.ts'
import type { Messages } from '../messages/index.ts'
import { failureLines } from './failure.ts'
import { type Cell, type Column, table } from './table.ts'
import { dim, type Line, paint, type Paint, type Span, type Style } from './text.ts'
import { count, moment, seconds } from './units.ts'

const PAINT: Record<ClusterStatus['state'], Paint> = {
  healthy: 'green',
  degraded: 'yellow',
  stopped: 'yellow',
  unreachable: 'red',
  absent: 'dim',
}
/** From here on a certificate's end is worth a line: the plan that renews it is due. */
const EXPIRES_SOON_MS = 30 * 86_400_000

export const isHealthy = (statuses: readonly ClusterStatus[]): boolean =>
  statuses.every((status) => status.state === 'healthy')

/** `owned`: by cluster, where it could be counted; without it nobody was asked. */
export type StatusView = {
  readonly wide: boolean
  readonly now: number
  readonly owned?: ReadonlyMap<string, Owned>
}

/** Clusters, then their members, then what is wrong in full. */
export function statusLines(
  statuses: readonly ClusterStatus[],
  view: StatusView,
  style: Style,
  m: Messages,
): readonly Line[] {
  const s = m.status
  const counted = isCounted(statuses, view)
  const clusters = table(
    [
      { title: s.cluster },
      { title: s.broker },
      { title: s.state },
      { title: s.members, align: 'right' },
      { title: s.target },
      ...(counted
        ? [
            { title: s.resources, align: 'right' as const },
            { title: s.unmanaged, align: 'right' as const },
          ]
        : []),
      ...(view.wide ? [{ title: s.clusterId }, { title: s.certificates }] : []),
    ],
    statuses.map((status) => clusterRow(status, view, counted, m)),
    style,
  )
  const memberColumns: readonly Column[] = [
    { title: s.member },
    { title: s.state },
    { title: s.upFor, align: 'right' },
    { title: s.ports },
    { title: s.seen },
  ]
  const rows = statuses.flatMap((status) => status.members.map((member) => memberRow(status, member, view, m)))
  return [
    ...clusters,
    ...(rows.length > 0 ? ['', ...table(memberColumns, rows, style)] : []),
    ...statuses.flatMap((status) =>
      status.problem
        ? [
            '',
            ...failureLines(
              {
                ...status.problem,
                ...(status.problem.address ? {} : { address: { cluster: status.spec.name, kind: 'cluster', key: [] } }),
              },
              m,
              style.columns,
            ),
          ]
        : [],
    ),
    ...statuses.flatMap((status): readonly Line[] => {
      const end = status.certificatesExpire
      return end !== null && end - view.now < EXPIRES_SOON_MS
        ? ['', [paint('yellow', (end < view.now ? s.expired : s.expireSoon)(status.spec.name, moment(end)))]]
        : []
    }),
  ]
}

/** Does it run, so that it should have said what it has? */
const answers = ({ state }: ClusterStatus): boolean => state === 'healthy' || state === 'degraded'

const isCounted = (statuses: readonly ClusterStatus[], { owned }: StatusView): boolean =>
  owned !== undefined && (owned.size > 0 || statuses.some(answers))

function clusterRow(status: ClusterStatus, view: StatusView, counted: boolean, m: Messages): readonly Cell[] {
  const owned = view.owned?.get(status.spec.name)
  const none = answers(status) ? '?' : '-'
  const up = status.members.filter((member) => member.health?.up ?? false).length
  return [
    status.spec.name,
    `${status.spec.broker} ${status.version ?? status.spec.version}`,
    [paint(PAINT[status.state], m.status.states[status.state])],
    status.members.length === 0 ? '-' : `${up}/${status.members.length}`,
    status.spec.target.name,
    ...(counted ? [owned ? count(owned.ours) : none, owned ? count(owned.unmanaged) : none] : []),
    ...(view.wide
      ? [status.clusterId ?? '-', status.certificatesExpire === null ? '-' : moment(status.certificatesExpire)]
      : []),
  ]
}

function memberRow(status: ClusterStatus, member: MemberStatus, view: StatusView, m: Messages): readonly Cell[] {
  const ports = Object.entries(member.ports).map(([name, port]) => (view.wide ? `${name} ${port}` : String(port)))
  const trouble = member.problem ?? (member.health?.up ? member.health.warning : member.health?.why)
  return [
    `${status.spec.name}/member/${member.slot}`,
    memberState(member, m),
    member.startedAt === null ? '' : seconds(view.now - member.startedAt),
    ports.join(' '),
    [trouble === undefined ? dim(member.role) : paint('red', m.phrase(trouble))],
  ]
}

function memberState(member: MemberStatus, m: Messages): readonly Span[] {
  const s = m.status
  if (member.running === false) return [paint('yellow', s.notRunning)]
  if (member.health?.up) return [paint('green', member.health.leader ? s.upLeader : s.up)]
  return [paint('red', member.health ? s.down : member.running ? s.running : s.unknown)]
}
