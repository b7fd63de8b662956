import { expect, it } from 'vitest'
import { FakeCluster, fakeFailure, fakeSpec } from '../support/fake-cluster.ts'
import { fakeTarget } from '../support/fake-target.ts'
import { fakePlace } from './target-places.ts'
import { coded, noFormat } from './target-deployed.ts'

/** A member that runs, and what may be asked of its target then. */
async function running() {
  const cluster = new FakeCluster()
  const target = fakeTarget(cluster, fakeSpec('suite', {}))
  const place = await fakePlace()
  const { ctx } = place.open()
  const layout = { ...place.layout(), members: place.layout().members.slice(0, 1) }
  const nodes = place.nodes(await target.allocate(layout, ctx))
  const [node] = nodes as [(typeof nodes)[number]]
  await target.prepare(node.software, () => {}, ctx)
  await target.converge(nodes, 'start', noFormat, ctx)
  const second = place.nodes(await target.allocate(layout, ctx), 'second')
  const calls: Readonly<Record<string, () => Promise<unknown>>> = {
    allocate: () => target.allocate(place.layout(), ctx),
    observe: () => target.observe([node.member], ctx),
    prepare: () => target.prepare(node.software, () => {}, ctx),
    'converge reload 1': () => target.converge(second, 'reload', noFormat, ctx),
    'converge start 1': () => target.converge(second, 'start', noFormat, ctx),
    'converge restart 1': () => target.converge(second, 'restart', noFormat, ctx),
    'between stop and start 1': () => target.converge(second, 'restart', noFormat, ctx),
    acknowledge: () => target.acknowledge(node, ctx),
    stop: () => target.stop(nodes, ctx),
    destroy: () => target.destroy(nodes, ctx),
  }
  const kept = () => structuredClone([cluster.allocation, cluster.prepared, cluster.disks, cluster.secrets])
  return { cluster, calls, kept }
}

// What the simulations stand on: an operator may die, and a machine may fail, before any call takes hold.
it('the fake may fail at each call, which then has done nothing', async () => {
  for (const name of Object.keys((await running()).calls)) {
    const { cluster, calls, kept } = await running()
    const before = kept()
    cluster.disturb = async (call) => {
      if (call === name) throw fakeFailure('MQOPS_LOST', call)
    }
    await expect(calls[name]?.()).rejects.toEqual(coded('MQOPS_LOST'))
    if (!name.startsWith('between')) expect([name, kept()]).toEqual([name, before])
    else expect([...cluster.disks.values()].map((disk) => disk.running)).toEqual([null])
  }
})

it('the fake counts each start of a member, and nothing else', async () => {
  const { cluster, calls } = await running()
  expect(cluster.starts).toBe(1)
  for (const name of ['converge reload 1', 'converge start 1']) await calls[name]?.()
  expect(cluster.starts).toBe(1)
  await calls['converge restart 1']?.()
  expect(cluster.starts).toBe(2)
})
