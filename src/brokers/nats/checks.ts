import { type Address, address } from '../../model/address.ts'
import type { Check } from '../../model/check.ts'
import type { Json } from '../../model/json.ts'
import { printSize } from '../../model/units.ts'
import type { Context } from '../../ports/context.ts'
import { read } from './api.ts'
import { failureOf } from './errors.ts'
import { groups, type Heard, hear, metaGroup } from './members.ts'
import type { NatsSession } from './session.ts'

/** Names in one line of evidence; the rest is counted. */
const SHOWN = 5

type Finding = {
  readonly about?: Address
  readonly name: string
  readonly ok: boolean | null
  readonly evidence: string
  readonly data?: Json
}

/** Milliseconds in which a replica that was just made, or is busy, may catch up before it is called late. */
const SETTLE_MS = 6000
const PAUSE_MS = 200

/** Health of the servers and of every Raft group. Reads only. */
export async function runChecks(session: NatsSession, ctx: Context): Promise<readonly Check[]> {
  const from = ctx.now()
  const findings =
    session.monitor.endpoints.length === 0
      ? await byApi(session, ctx)
      : judge(...(await settled(session, ctx)), session.expected, session.spec.name)
  const ms = ctx.now() - from
  return findings.map((finding) => ({ about: address(session.spec.name, 'cluster'), ms, ...finding }))
}

/** Reads again while replicas are late and every server answers: late is what was late each time. */
async function settled(session: NatsSession, ctx: Context): Promise<readonly [readonly Heard[], Late]> {
  const until = ctx.now() + SETTLE_MS
  let heard = await hear(session.monitor, ctx)
  let late = lateGroups(heard)
  while (late.size > 0 && ctx.now() < until && heard.every((one) => one.ok)) {
    await ctx.sleep(PAUSE_MS)
    heard = await hear(session.monitor, ctx)
    const now = lateGroups(heard)
    late = new Map([...now].filter(([about]) => late.has(about)))
  }
  return [heard, late]
}

const some = (names: readonly string[]): string =>
  names.length > SHOWN ? `${names.slice(0, SHOWN).join('; ')} and ${names.length - SHOWN} more` : names.join('; ')

/** Pure: what the answers of all servers say together. */
export const judge = (heard: readonly Heard[], late: Late, expected: number, cluster: string): readonly Finding[] => [
  ...(expected > 1 ? [quorum(heard, expected)] : []),
  replicas(heard, late),
  ...reservations(heard, cluster),
]

function quorum(heard: readonly Heard[], expected: number): Finding {
  const meta = metaGroup(heard)
  const name = 'quorum'
  if (!meta)
    return {
      name,
      ok: false,
      evidence: `no meta leader; ${heard.filter((one) => one.ok).length} of ${expected} members answer`,
    }
  // The leader notices a dead peer only after a while: what does not answer is not counted.
  const answering = new Set(heard.flatMap((one) => (one.ok ? [one.vars.server_name] : [])))
  const current = [...meta.current].filter((peer) => answering.has(peer)).sort()
  const whole = current.length === meta.size && meta.size === expected
  const seen = `${meta.leader} leads, ${current.length} of ${meta.size} peers are current`
  const evidence =
    meta.size === expected
      ? seen
      : `${seen}, and ${expected} are expected${meta.offline.length > 0 ? `; offline: ${meta.offline.join(', ')}` : ''}`
  return { name, ok: whole, evidence, data: { leader: meta.leader, size: meta.size, current, offline: meta.offline } }
}

/** Streams and consumers without a leader or with replicas behind, by name, with the reason. */
export type Late = ReadonlyMap<string, string>

export function lateGroups(heard: readonly Heard[]): Late {
  const late = new Map<string, string>()
  for (const group of groups(heard)) {
    const behind = group.replicas.filter((peer) => !peer.current || peer.offline)
    if (group.leader === null) late.set(group.about, 'no leader')
    else if (behind.length > 0)
      late.set(
        group.about,
        behind.map((peer) => `${peer.name} ${peer.offline ? 'offline' : `${peer.lag ?? 0} behind`}`).join(', '),
      )
    else if (group.replicas.length + 1 < group.size)
      late.set(group.about, `${group.replicas.length + 1} of ${group.size} replicas`)
  }
  return late
}

function replicas(heard: readonly Heard[], late: Late): Finding {
  const name = 'replicas'
  const count = groups(heard).length
  const data = { groups: count, late: late.size }
  if (heard.every((one) => !one.ok)) return { name, ok: null, evidence: 'no member answers' }
  if (late.size > 0)
    return { name, ok: false, evidence: some([...late].map(([about, why]) => `${about}: ${why}`)), data }
  const evidence =
    count === 0 ? 'no streams yet' : `${count} streams and consumers have a leader and all their replicas`
  return { name, ok: true, evidence, data }
}

/** Bytes reserved by the streams' limits against what the server may use: beyond it creation fails (10047). */
function reservations(heard: readonly Heard[], cluster: string): readonly Finding[] {
  return heard.flatMap((one): Finding[] => {
    if (!one.ok || !one.jetstream.config) return []
    const { max_storage } = one.jetstream.config
    const used = one.jetstream.storage ?? 0
    // Reserved but not used is fine up to the limit; an unset max_bytes reserves nothing and can still fill the store.
    const reserved = Math.max(one.jetstream.reserved_storage ?? 0, used)
    const evidence = `${printSize(used)} used, ${printSize(one.jetstream.reserved_storage ?? 0)} reserved of ${printSize(max_storage)}`
    return [
      {
        about: address(cluster, 'member', String(one.slot)),
        name: 'storage',
        ok: reserved <= max_storage && used < max_storage * 0.9,
        evidence,
        data: { used, reserved: one.jetstream.reserved_storage ?? 0, limit: max_storage },
      },
    ]
  })
}

/** Without monitoring: does JetStream answer the user that mqops has? */
async function byApi(session: NatsSession, ctx: Context): Promise<readonly Finding[]> {
  try {
    const info = await read<{ streams: number; consumers: number; storage: number }>(
      session.links,
      '',
      'INFO',
      undefined,
      'read JetStream of the account',
      ctx,
    )
    const evidence = `${info.streams} streams, ${info.consumers} consumers, ${printSize(info.storage)}`
    return [{ name: 'JetStream', ok: true, evidence }]
  } catch (error) {
    ctx.signal.throwIfAborted()
    return [{ name: 'JetStream', ok: false, evidence: failureOf(error).summary }]
  }
}
