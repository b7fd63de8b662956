import type { ClusterSpec, Desired } from '../../../model/spec.ts'
import type { Clash, Standing } from '../../../ports/kind.ts'
import { fieldsOf } from '../fields.ts'
import type { Limits } from './limits.ts'
import type { QueueWant } from './queue-value.ts'

/**
 * A virtual host with as many queues as its limit lets it have takes no new one: what comes waits for what goes, and for a
 * limit that is raised or taken away; what is not in the spec counts, too. Pure.
 */
export function queueClashes(
  wanted: readonly Desired<QueueWant>[],
  others: readonly Standing[],
  spec: ClusterSpec,
): readonly Clash[] {
  const there = Map.groupBy(others, ({ key: [vhost = ''] }) => vhost)
  const byVhost = Map.groupBy(wanted, ({ key: [vhost = ''] }) => vhost)
  return [...byVhost].flatMap(([vhost, queues]) => {
    const own = fieldsOf(spec).vhosts[vhost]
    if (!own) return []
    const standing = there.get(vhost) ?? []
    const limits = standing.find(({ kind }) => kind === 'vhost-limits')
    const now = mostOf(limits?.value as Limits | undefined)
    const count = Object.keys(own.queues).length
    return [
      ...(limits && count > now ? queues.map(({ key }) => beyond(key, limits, count, now)) : []),
      ...placeClashes(queues, standing, count, Math.min(now, own.limits?.maxQueues ?? Infinity)),
    ]
  })
}

const queuesOf = (count: number): string => (count === 1 ? '1 queue' : `${count} queues`)

/** A negative limit is none. */
const mostOf = (limits: Limits | undefined): number => {
  const most = limits?.['max-queues'] ?? -1
  return most < 0 ? Infinity : most
}

const beyond = (key: readonly string[], limits: Standing, count: number, most: number): Clash => ({
  key,
  with: limits,
  code: 'MQOPS_SPEC_RANGE',
  summary: `virtual host ${key[0]} may have ${queuesOf(most)}, by a limit that is not in the spec, and the spec has ${count}`,
  hint: 'Write limits.maxQueues of the virtual host into the spec.',
})

/**
 * Each new one beyond the free places waits for one of those that go, so deletes and creates go on side by side. Where more
 * are there than may be, as many as are too many go before all else: also before those that are deleted and made anew.
 */
function placeClashes(
  wanted: readonly Desired<QueueWant>[],
  standing: readonly Standing[],
  count: number,
  most: number,
): readonly Clash[] {
  const queues = standing.filter(({ kind }) => kind === 'queue')
  const going = queues.filter(({ becomes }) => becomes === undefined)
  if (count + going.length <= most) return []
  const known = new Set(queues.map(({ key }) => JSON.stringify(key)))
  const fresh = wanted.filter(({ key }) => !known.has(JSON.stringify(key)))
  const free = most - (count - fresh.length + going.length)
  const tooMany = going.slice(0, Math.max(0, -free))
  const places = going.slice(tooMany.length)
  const more = going.length === 1 ? '1 more is' : `${going.length} more are`
  const clash = ({ key }: Desired<QueueWant>, other: Standing): Clash => ({
    key,
    with: other,
    code: 'MQOPS_SPEC_RANGE',
    summary: `virtual host ${key[0]} may have ${queuesOf(most)}: the spec has ${count}, and ${more} there, ${other.key[1]} for one`,
    hint: 'Raise limits.maxQueues of the virtual host, or remove what nobody needs.',
  })
  return [
    ...wanted.flatMap((one) => tooMany.map((other) => clash(one, other))),
    ...fresh.slice(Math.max(0, free)).flatMap((one, i) => (places[i] ? [clash(one, places[i])] : [])),
  ]
}
