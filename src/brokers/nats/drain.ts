import type { Broker } from '../../ports/broker.ts'
import type { Context } from '../../ports/context.ts'
import { call } from './api.ts'
import { type Links, pooled } from './client.ts'
import { failureOf } from './errors.ts'
import type { Group, Jsz } from './monitor.ts'
import { SYSTEM_ACCOUNT } from './names.ts'
import type { NatsSession } from './session.ts'

/** Milliseconds in which others must lead; a transfer takes some milliseconds, an election up to 9 s. */
const PATIENCE_MS = 15_000
const CONCURRENCY = 32

/** A group that this server leads, and who could lead it instead. */
export type Led = {
  readonly account: string
  readonly api: string
  readonly about: string
  readonly to: string
}

/**
 * Before a member stops: it hands over every stream, consumer and the meta group that it leads. Lame duck mode does so too,
 * but says so to nobody and waits for nobody: a transfer that fails there costs an election of seconds in which publishers
 * get no acknowledgement.
 */
export const drain: NonNullable<Broker['drain']> = async (node, _exec, ctx, session) => {
  const { monitor, links } = session as NatsSession
  const endpoint = monitor.endpoints[node.member.slot - 1]
  if (!endpoint) return
  const until = ctx.now() + PATIENCE_MS
  try {
    const { server_name: name } = await monitor.varz(endpoint, ctx)
    const asked = new Set<string>()
    for (let pause = 20; ; pause = Math.min(500, pause * 2)) {
      const seen = await monitor.streams(endpoint, ctx)
      const left = ledBy(name, seen)
      // Stepped down, and nobody has taken over yet.
      const open = leaderless(seen).filter((about) => asked.has(about))
      if (left.length === 0 && open.length === 0) return
      if (ctx.now() > until) {
        const groups = [...left.map(({ about }) => about), ...open].slice(0, 20)
        ctx.log('nats.drain.left', { member: node.name, groups })
        return
      }
      for (const { about } of left) asked.add(about)
      await stepDown(left, links, until, ctx)
      await ctx.sleep(pause)
    }
  } catch (error) {
    ctx.signal.throwIfAborted()
    ctx.log('nats.drain.failed', { member: node.name, why: failureOf(error).summary })
  }
}

type Seen = {
  readonly account: string
  readonly api: string
  readonly about: string
  readonly group: Group | undefined
}

const META = 'the meta group'

/** Streams and consumers first, then the meta group, which they may want meanwhile. */
const groupsOf = (seen: Jsz): readonly Seen[] => [
  ...(seen.account_details ?? []).flatMap(({ name: account, stream_detail }) =>
    (stream_detail ?? []).flatMap((stream): readonly Seen[] => {
      const about = `${account}/${stream.name}`
      const consumers = (stream.consumer_detail ?? []).map(({ name, cluster }) => ({
        account,
        api: `CONSUMER.LEADER.STEPDOWN.${stream.name}.${name}`,
        about: `${about}/${name}`,
        group: cluster,
      }))
      return [{ account, api: `STREAM.LEADER.STEPDOWN.${stream.name}`, about, group: stream.cluster }, ...consumers]
    }),
  ),
  { account: SYSTEM_ACCOUNT, api: 'META.LEADER.STEPDOWN', about: META, group: seen.meta_cluster },
]

const leaderless = (seen: Jsz): readonly string[] =>
  groupsOf(seen).flatMap(({ about, group }) => (group && !group.leader ? [about] : []))

/** What a server leads, as it says itself, and can hand over, spread over the other replicas. Pure. */
export function ledBy(name: string, seen: Jsz): readonly Led[] {
  const load = new Map<string, number>()
  return groupsOf(seen).flatMap(({ account, api, about, group }): readonly Led[] => {
    if (group?.leader !== name) return []
    const able = (group.replicas ?? []).filter((peer) => peer.current && !peer.offline).map((peer) => peer.name)
    // The only replica leads wherever it is.
    if (able.length === 0) return []
    const to = able.reduce((a, b) => ((load.get(b) ?? 0) < (load.get(a) ?? 0) ? b : a))
    load.set(to, (load.get(to) ?? 0) + 1)
    return [{ account, api, about, to }]
  })
}

/** One that refuses is asked again in the next round, as long as there is time. */
async function stepDown(groups: readonly Led[], links: Links, until: number, ctx: Context): Promise<void> {
  const one = async ({ account, api, about, to }: Led): Promise<void> => {
    if (ctx.now() > until) return
    try {
      await call(links, account, api, { placement: { preferred: to } }, `step down the leader of ${about}`, ctx)
    } catch (error) {
      ctx.signal.throwIfAborted()
      ctx.log('nats.drain.refused', { about, why: failureOf(error).summary })
    }
  }
  const isMeta = ({ about }: Led): boolean => about === META
  await pooled(
    groups.filter((group) => !isMeta(group)),
    CONCURRENCY,
    one,
  )
  // Without a meta leader the API answers nothing: it goes when the others have gone.
  if (groups.every(isMeta)) await pooled(groups, 1, one)
}
