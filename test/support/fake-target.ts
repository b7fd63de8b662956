import { createHash } from 'node:crypto'
import { MqopsError } from '../../src/model/failure.ts'
import type { NodeSpec } from '../../src/model/member.ts'
import { printText } from '../../src/model/secret.ts'
import type { ClusterSpec } from '../../src/model/spec.ts'
import type { Context } from '../../src/ports/context.ts'
import type { Lease } from '../../src/ports/session.ts'
import type { NodeState, Target } from '../../src/ports/target.ts'
import type { FakeCluster } from './fake-cluster.ts'

/** Where the simulated members live: each call may be disturbed, and takes hold at once. */
export function fakeTarget(cluster: FakeCluster, spec: ClusterSpec): Target {
  const write = (node: NodeSpec) => {
    const disk = cluster.disks.get(node.member.slot) ?? { files: {}, running: null }
    disk.files = Object.fromEntries(Object.entries(node.files).map(([name, file]) => [name, printText(file.text)]))
    cluster.disks.set(node.member.slot, disk)
    return disk
  }
  const not = async () => {
    throw new Error('not part of the simulation')
  }
  return {
    name: 'fake',
    allocation: async () => cluster.allocation,
    allocate: async (layout) => {
      await cluster.disturb('allocate')
      cluster.allocation ??= {
        cluster: spec.name,
        clusterId: createHash('sha256').update(spec.name).digest('base64url').slice(0, 22),
        members: layout.members.map(({ role, slot }) => ({
          cluster: spec.name,
          role,
          slot,
          incarnation: `i${slot}`,
          host: 'h',
          ports: { client: slot },
          paths: { home: '/', data: '/', logs: '/' },
        })),
        secrets: { admin: { secretRef: { generated: 'admin' } } },
        certificates: [],
      }
      return cluster.allocation
    },
    render: () => ({}),
    observe: async (members): Promise<readonly NodeState[]> => {
      await cluster.disturb('observe')
      return members.map(({ role, slot }) => {
        const disk = cluster.disks.get(slot)
        return {
          role,
          slot,
          files: disk?.files ?? {},
          running: disk?.running ?? null,
          staleSecrets: [],
          version: spec.version,
        }
      })
    },
    prepared: async () => cluster.prepared,
    prepare: async () => {
      await cluster.disturb('prepare')
      cluster.prepared = true
    },
    converge: async (nodes, how, _format, ctx) => {
      for (const node of nodes) {
        await cluster.disturb(`converge ${how} ${node.member.slot}`)
        const disk = write(node)
        if (how === 'reload' || (how === 'start' && disk.running)) continue
        disk.running = null
        await cluster.disturb(`between stop and start ${node.member.slot}`)
        disk.running = { startedAt: ctx.now(), files: { ...disk.files } }
        cluster.starts += 1
      }
    },
    acknowledge: async (node) => {
      await cluster.disturb('acknowledge')
      const disk = cluster.disks.get(node.member.slot)
      if (disk?.running) disk.running = { ...disk.running, files: { ...disk.files } }
    },
    signal: async () => {},
    stop: async () => {
      for (const disk of cluster.disks.values()) {
        await cluster.disturb('stop')
        disk.running = null
      }
    },
    destroy: async () => {
      await cluster.disturb('destroy')
      cluster.disks.clear()
      cluster.things.clear()
      cluster.owners.clear()
      cluster.allocation = null
    },
    size: async () => cluster.things.size,
    exec: not,
    logs: not as unknown as Target['logs'],
    secret: async (name) => `secret ${name}`,
    renew: async () => {},
    keyedDigest: async (ref) => JSON.stringify(ref),
    lease: async (holder, ttlMs, ctx) => fakeLease(cluster, holder, ttlMs, ctx),
    access: async () => null,
    recall: async () => cluster.remembered,
    remember: async (given) => {
      cluster.remembered = given
    },
  }
}

/** One lease for a simulated cluster, wherever it is asked for. */
export function fakeLease(cluster: FakeCluster, holder: string, ttlMs: number, ctx: Context): Lease {
  if (cluster.lease && cluster.lease.expires > ctx.now() && cluster.lease.holder !== holder) {
    throw new MqopsError({ code: 'MQOPS_LOCKED', summary: `held by ${cluster.lease.holder}` })
  }
  const mine = { holder, epoch: ++cluster.epoch, expires: ctx.now() + ttlMs }
  cluster.lease = mine
  return {
    epoch: mine.epoch,
    renew: async () => {
      if (cluster.lease !== mine)
        throw new MqopsError({ code: 'MQOPS_LEASE_LOST', summary: `held by ${cluster.lease?.holder}` })
      mine.expires = ctx.now() + ttlMs
    },
    release: async () => {
      if (cluster.lease === mine) cluster.lease = null
    },
  }
}
