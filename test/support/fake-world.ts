import type { ClusterSpec } from '../../src/model/spec.ts'
import type { ClusterWorld } from '../../src/ports/action.ts'
import type { Context } from '../../src/ports/context.ts'
import { fakeBroker } from './fake-broker.ts'
import type { FakeCluster } from './fake-cluster.ts'
import { FakeSession } from './fake-session.ts'
import { fakeTarget } from './fake-target.ts'

export function fakeWorld(cluster: FakeCluster, spec: ClusterSpec, ctx: Context): ClusterWorld {
  const target = fakeTarget(cluster, spec)
  return {
    ctx,
    spec,
    broker: fakeBroker,
    target,
    allocation: () => target.allocation(ctx),
    nodes: async () => (cluster.allocation ? fakeBroker.nodes(spec, cluster.allocation) : []),
    session: () => FakeSession.open(cluster),
    dropSession: async () => {},
  }
}
