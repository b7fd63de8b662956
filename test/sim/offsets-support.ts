import type { OffsetsAsk } from '../../src/operations/offsets/index.ts'
import { FakeCluster, fakeSpec } from '../support/fake-cluster.ts'
import { ALL, built } from './support.ts'

export const spec = fakeSpec('blue', { members: 3 })
export const member = { id: 'm-1', clientId: 'billing-app', host: '10.0.0.7' }

/** Topic `orders` with three logs of 100 records, a second apart; group `billing` at 40, 60 and nowhere. */
export async function busy(): Promise<ReadonlyMap<string, FakeCluster>> {
  const cluster = new FakeCluster()
  const clusters = new Map([['blue', cluster]])
  const alice = built(clusters)
  await alice.run((await alice.plan([spec])).plan, ALL)
  const times = () => Array.from({ length: 100 }, (_, i) => i * 1000)
  cluster.logs.set(
    'orders',
    [0, 1, 2].map(() => ({ times: times(), deleted: 0 })),
  )
  cluster.logs.set('audit', [{ times: times(), deleted: 0 }])
  cluster.groups.set('billing', { type: 'classic', members: [], offsets: new Map() })
  place(cluster, { 'orders-0': 40, 'orders-1': 60 })
  return clusters
}

export const groupOf = (cluster: FakeCluster) =>
  cluster.groups.get('billing') as NonNullable<ReturnType<typeof cluster.groups.get>>
export function place(cluster: FakeCluster, offsets: Readonly<Record<string, number>>): void {
  for (const [id, offset] of Object.entries(offsets)) {
    const [topic, partition] = id.split('-') as [string, string]
    groupOf(cluster).offsets.set(id, { topic, partition: Number(partition), offset })
  }
}
export const standing = (cluster: FakeCluster) =>
  Object.fromEntries([...groupOf(cluster).offsets].map(([id, { offset }]) => [id, offset]))
export const ask = (target: OffsetsAsk['target'], topics: OffsetsAsk['topics'] = []): OffsetsAsk => ({
  group: 'billing',
  topics,
  target,
})
export const of = (clusters: ReadonlyMap<string, FakeCluster>) => clusters.get('blue') as FakeCluster
