import type { Context } from '../../ports/context.ts'
import type { Verdict } from './verdict.ts'
import { isRateOurs, seenOf } from './kinds/topic-moves-seen.ts'
import { type Partition, printPartition, someOf } from './partitions.ts'
import { crowded, type Place } from './placement.ts'
import { api } from './protocol.ts'
import { readReassignments, type Reassignments } from './reassignments.ts'
import type { KafkaSession } from './session.ts'
import { readRates } from './throttles.ts'

/** Replicas that are only on their way count as missing nowhere: Kafka's own figures leave them out too. */
export function isShort(p: Partition, running: Reassignments | null): boolean {
  const adding = running?.get(p.topic)?.get(p.index)?.adding ?? []
  return p.replicas.some((id) => !adding.includes(id) && !p.isr.includes(id))
}

/** Pure. Do replicas span as many racks as they can? Null where the brokers are in no racks, or all in one. */
export function rackSpread(
  partitions: readonly Partition[],
  places: readonly Pick<Place, 'id' | 'rack'>[],
): Verdict | null {
  const racks = new Set(places.map(({ rack }) => rack))
  if (racks.size < 2 || racks.has(null)) return null
  const found = crowded(partitions, places).map(printPartition)
  if (found.length === 0)
    return { ok: true, evidence: `replicas of ${partitions.length} partitions are spread over ${racks.size} racks` }
  return {
    ok: false,
    evidence: `${found.length} of ${partitions.length} partitions have replicas in fewer racks than they could: ${someOf(found)}`,
    data: { partitions: found.length, names: found.slice(0, 100) },
  }
}

export async function readPlaces(
  session: KafkaSession,
  ctx: Context,
): Promise<readonly { readonly id: number; readonly rack: string | null }[]> {
  const { brokers } = await session.ask((connection) => api.metadata(connection, []), ctx)
  return brokers.map(({ nodeId, rack }) => ({ id: nodeId, rack: rack ?? null }))
}

/** What somebody else moves or has throttled: shown, and no fault of the cluster. Null: nothing. */
export async function othersMoves(session: KafkaSession, ctx: Context): Promise<Verdict | null> {
  const [running, records, rates] = await Promise.all([
    readReassignments(session, ctx),
    session.moves.read(ctx),
    readRates(session, ctx),
  ])
  const { topics } = await session.ask((connection) => api.metadata(connection, [...(running?.keys() ?? [])]), ctx)
  const moved = topics.flatMap((topic) => {
    const world = { spec: session.cluster, running, record: records.get(topic.name ?? ''), rates }
    const { owner } = seenOf(topic, {}, world)
    return owner.by === 'other' ? [`${topic.name} (${owner.name})`] : []
  })
  const throttled = [...rates]
    .filter(([node, own]) => own.size > 0 && ![...records.values()].some((record) => isRateOurs(record, node, own)))
    .map(([node]) => `kafka-${node}`)
  const said = [
    ...(moved.length > 0 ? [`replicas are moved by somebody else: ${someOf(moved)}`] : []),
    ...(throttled.length > 0 ? [`replication is throttled by somebody else on ${someOf(throttled)}`] : []),
  ]
  return said.length === 0 ? null : { ok: true, evidence: said.join('; '), data: { moved, throttled } }
}
