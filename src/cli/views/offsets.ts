import type { GroupList, GroupStanding } from '../application.ts'
import type { Messages } from '../messages/index.ts'
import { type Cell, table } from './table.ts'
import { bold, dim, type Line, paint, type Style } from './text.ts'
import { count } from './units.ts'

type View = { readonly wide: boolean }
type Partition = GroupStanding['partitions'][number]

const number = (value: number | null): string => (value === null ? '-' : count(value))
/** null: not known, because a log can't be read. A partition without an offset lags behind nothing. */
const sumOf = (partitions: readonly Partition[]): number | null =>
  partitions.some((one) => one.problem !== undefined) ? null : partitions.reduce((sum, one) => sum + (one.lag ?? 0), 0)

/** Groups, those that lag most first. */
export function groupListLines({ groups, silent }: GroupList, view: View, style: Style, m: Messages): readonly Line[] {
  const o = m.offsets
  if (groups.length === 0 && silent.length === 0) return [o.none]
  return table(
    [
      { title: o.group },
      { title: o.state },
      ...(view.wide ? [{ title: o.type }] : []),
      { title: o.members, align: 'right' },
      { title: o.topics, align: 'right' },
      { title: o.lag, align: 'right' },
    ],
    groups
      .toSorted((a, b) => (b.lag ?? -1) - (a.lag ?? -1))
      .map((group): readonly Cell[] => [
        group.name,
        group.state,
        ...(view.wide ? [group.type] : []),
        number(group.members?.length ?? null),
        isUsual(group.type) ? count(group.topics) : '-',
        number(group.lag),
      ]),
    style,
  )
}

const isUsual = (type: GroupStanding['type']): boolean => type === 'classic' || type === 'consumer'

/** Who reads, and where the group stands in each partition. */
export function groupLines(group: GroupStanding, view: View, style: Style, m: Messages): readonly Line[] {
  const o = m.offsets
  const rows = group.partitions.map((one): readonly Cell[] => [
    one.topic,
    String(one.partition),
    number(one.committed),
    ...(view.wide ? [one.problem === undefined ? number(one.start) : '-'] : []),
    one.problem === undefined ? number(one.end) : '-',
    number(one.lag),
    [paint('yellow', noteOf(one, m))],
  ])
  return [
    [bold(group.name), `  ${o.head(group.state, group.type, group.members?.length ?? null)}`],
    ...(group.members ?? []).map(
      (m) => `  ${m.clientId} · ${m.host}${m.instance === undefined ? '' : ` · ${m.instance}`}`,
    ),
    ...(isUsual(group.type) ? [] : [[dim(`  ${o.otherType}`)]]),
    ...(rows.length === 0
      ? isUsual(group.type)
        ? [o.noOffsets]
        : []
      : [
          '',
          ...table(
            [
              { title: o.topic },
              { title: o.partition, align: 'right' },
              { title: o.committed, align: 'right' },
              ...(view.wide ? [{ title: o.start, align: 'right' } as const] : []),
              { title: o.end, align: 'right' },
              { title: o.lag, align: 'right' },
              { title: ' ' },
            ],
            rows,
            style,
          ),
          '',
          o.total(sumOf(group.partitions) === null ? null : number(sumOf(group.partitions))),
        ]),
    ...group.gone.map((topic) => o.gone(topic)),
  ]
}

function noteOf({ committed, start, end, problem }: Partition, m: Messages): string {
  if (problem !== undefined) return problem
  if (committed !== null && committed < start) return m.offsets.behindStart(count(start))
  return committed !== null && committed > end ? m.offsets.beyondEnd : ''
}

export const groupListJson = (cluster: string, list: GroupList) => ({ cluster, ...list })

export const groupJson = (cluster: string, { name, ...group }: GroupStanding) => ({
  cluster,
  group: name,
  ...group,
  lag: sumOf(group.partitions),
})
