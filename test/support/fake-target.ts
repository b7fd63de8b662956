import { createHmac } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import type { NodeSpec } from '../../src/model/member.ts'
import { memberKey } from '../../src/model/member.ts'
import type { SecretRef, Text } from '../../src/model/secret.ts'
import { holes, parseText, printSecretRef, printText } from '../../src/model/secret.ts'
import type { ClusterSpec } from '../../src/model/spec.ts'
import type { Context } from '../../src/ports/context.ts'
import type { Lease } from '../../src/ports/session.ts'
import type { NodeState, Target } from '../../src/ports/target.ts'
import { allot, renewed } from './fake-allocation.ts'
import { type FakeCluster, type FakeDisk, fakeFailure, type FakeFile } from './fake-cluster.ts'

const LOG_POLL_MS = 5

/** Where the simulated members live: each call may be disturbed, and takes hold at once. Held to the same suite as `local`. */
export function fakeTarget(cluster: FakeCluster, spec: ClusterSpec): Target {
  const secret = async (name: string): Promise<string> => {
    const value = cluster.secrets.get(name)
    if (value === undefined) throw fakeFailure('MQOPS_SECRET_MISSING', `there is no generated secret ${name}`)
    return value
  }
  const resolve = (ref: SecretRef, ctx: Context): Promise<string> =>
    ref.secretRef.generated === undefined ? ctx.secret(ref) : secret(ref.secretRef.generated)
  const valuesIn = async (text: Text, valueOf: (ref: SecretRef) => Promise<string>): Promise<Record<string, string>> =>
    Object.fromEntries(
      await Promise.all(
        holes(text).map(async (hole): Promise<[string, string]> => [printSecretRef(hole), await valueOf(hole)]),
      ),
    )
  /** What can't be resolved here says nothing. */
  const isStale = async ({ text, secrets }: FakeFile, ctx: Context): Promise<boolean> => {
    const now = await valuesIn(parseText(text), (ref) =>
      resolve(ref, ctx).catch(() => secrets[printSecretRef(ref)] as string),
    )
    return JSON.stringify(now) !== JSON.stringify(secrets)
  }
  return {
    name: 'fake',
    allocation: async () => cluster.allocation,
    allocate: async (layout, ctx) => {
      await cluster.disturb('allocate')
      cluster.allocation = allot(cluster, spec.name, layout, ctx)
      return cluster.allocation
    },
    render: (nodes) =>
      Object.fromEntries(
        nodes.flatMap((node) =>
          Object.entries(node.files).map(([name, file]) => [`${memberKey(node.member)}/${name}`, printText(file.text)]),
        ),
      ),
    observe: async (members, ctx) => {
      await cluster.disturb('observe')
      return Promise.all(
        members.map(async ({ role, slot }): Promise<NodeState> => {
          const disk = cluster.disks.get(slot)
          if (!disk) return { role, slot, files: {}, running: null, staleSecrets: [], version: '' }
          const stale: string[] = []
          for (const [name, file] of Object.entries(disk.files))
            if (file.apply !== 'first-start' && (await isStale(file, ctx))) stale.push(name)
          return { role, slot, ...seen(disk, stale) }
        }),
      )
    },
    prepared: async () => cluster.prepared,
    prepare: async () => {
      await cluster.disturb('prepare')
      cluster.prepared = true
    },
    converge: async (nodes, how, format, ctx) => {
      if (!cluster.prepared) throw fakeFailure('MQOPS_RUNTIME_MISSING', `${spec.broker} is not installed`)
      for (const node of nodes) {
        const { slot } = node.member
        await cluster.disturb(`converge ${how} ${slot}`)
        const disk = diskOf(cluster, slot)
        const starts = how === 'restart' || (how === 'start' && !disk.running)
        if (starts && hasLost(disk))
          throw fakeFailure('MQOPS_DATA_MISSING', `${node.name} held data, and its data is gone`)
        const written: Record<string, FakeFile> = {}
        for (const [name, { text, apply }] of Object.entries(node.files))
          written[name] = { text: printText(text), apply, secrets: await valuesIn(text, (ref) => resolve(ref, ctx)) }
        disk.files = written
        if (!starts) continue
        disk.running = null
        await cluster.disturb(`between stop and start ${slot}`)
        run(disk, node, format(node), ctx)
        cluster.starts += 1
      }
    },
    acknowledge: async (node) => {
      await cluster.disturb('acknowledge')
      const { files, running } = runningDisk(cluster, node.member.slot)
      for (const [name, file] of Object.entries(files)) if (file.apply === 'reload') running.files[name] = file
    },
    signal: async ({ slot }, signal) => {
      runningDisk(cluster, slot).log.push(`took ${signal}`)
    },
    stop: async (nodes) => {
      for (const node of nodes) {
        await cluster.disturb('stop')
        const disk = cluster.disks.get(node.member.slot)
        if (disk?.running) Object.assign(disk, { running: null, stopped: true })
      }
    },
    destroy: async () => {
      await cluster.disturb('destroy')
      for (const map of [cluster.disks, cluster.secrets, cluster.things, cluster.owners]) map.clear()
      cluster.allocation = null
      cluster.remembered = null
      cluster.digestKey = null
    },
    size: async () =>
      cluster.things.size +
      [...cluster.disks.values()].reduce((sum, disk) => sum + Object.values(disk.data).join('').length, 0),
    exec: async ({ slot }, argv) => {
      if (!cluster.disks.has(slot)) throw fakeFailure('MQOPS_NOT_BUILT', `member ${slot} was never started`)
      return argv[0] === 'say'
        ? { code: 0, stdout: argv.slice(1).join(' '), stderr: '' }
        : { code: 1, stdout: '', stderr: 'what?' }
    },
    logs: (node, o, ctx) => logLines(cluster, node, o, ctx),
    secret,
    renew: async (certificates, ctx) => {
      cluster.allocation = renewed(cluster, certificates, ctx)
    },
    keyedDigest: async (ref, ctx) => {
      cluster.digestKey ??= Buffer.from(ctx.random(16)).toString('hex')
      return createHmac('sha256', cluster.digestKey)
        .update(await resolve(ref, ctx))
        .digest('hex')
    },
    lease: async (holder, ttlMs, ctx) => fakeLease(cluster, holder, ttlMs, ctx),
    access: async () => null,
    recall: async () => cluster.remembered,
    remember: async (given) => {
      cluster.remembered = given
    },
  }
}

function diskOf(cluster: FakeCluster, slot: number): FakeDisk {
  const disk = cluster.disks.get(slot) ?? { files: {}, running: null, stopped: true, data: {}, version: '', log: [] }
  cluster.disks.set(slot, disk)
  return disk
}

function runningDisk(cluster: FakeCluster, slot: number): FakeDisk & { running: NonNullable<FakeDisk['running']> } {
  const disk = cluster.disks.get(slot)
  if (disk?.running) return disk as FakeDisk & { running: NonNullable<FakeDisk['running']> }
  throw fakeFailure('MQOPS_UNREACHABLE', `member ${slot} is not running`)
}

function run(disk: FakeDisk, node: NodeSpec, format: Readonly<Record<string, string>>, ctx: Context): void {
  if (disk.version === '') disk.data = { ...format, written: node.name }
  disk.running = { startedAt: ctx.now(), files: { ...disk.files } }
  disk.stopped = false
  disk.version = `${node.software.version}.0`
  disk.log.push('starting', 'started')
}

/** Whoever has started has written something. */
const hasLost = (disk: FakeDisk): boolean => disk.version !== '' && Object.keys(disk.data).length === 0

/** A line more tells that the process knows an older secret than the one that stands, or should stand, on its disk. */
function seen(disk: FakeDisk, stale: readonly string[]): Omit<NodeState, 'role' | 'slot'> {
  const takenUp = (name: string, file: FakeFile): string => {
    const now = disk.files[name] ?? file
    if (now.apply === 'first-start') return now.text
    const isOlder = stale.includes(name) || JSON.stringify(now.secrets) !== JSON.stringify(file.secrets)
    return `${file.text}${isOlder ? '# older' : ''}`
  }
  const problem = hasLost(disk)
    ? 'its data is gone'
    : disk.running || disk.stopped
      ? undefined
      : 'its process has ended by itself'
  return {
    files: Object.fromEntries(Object.entries(disk.files).map(([name, file]) => [name, file.text])),
    running: disk.running && {
      startedAt: disk.running.startedAt,
      files: Object.fromEntries(Object.entries(disk.running.files).map(([name, file]) => [name, takenUp(name, file)])),
    },
    staleSecrets: stale,
    version: disk.version,
    ...(problem === undefined ? {} : { problem }),
  }
}

async function* logLines(
  cluster: FakeCluster,
  node: NodeSpec,
  o: { readonly lines: number; readonly follow: boolean },
  ctx: Context,
): AsyncIterable<string> {
  const log = (): readonly string[] => cluster.disks.get(node.member.slot)?.log ?? []
  let shown = Math.max(0, log().length - o.lines)
  for (;;) {
    for (; shown < log().length; shown++) yield log()[shown] as string
    if (!o.follow || ctx.signal.aborted) return
    await pause(LOG_POLL_MS)
  }
}

/** One lease for a simulated cluster, wherever it is asked for. */
export function fakeLease(cluster: FakeCluster, holder: string, ttlMs: number, ctx: Context): Lease {
  if (cluster.lease && cluster.lease.expires >= ctx.now())
    throw fakeFailure('MQOPS_LOCKED', `held by ${cluster.lease.holder}`)
  const mine = { holder, epoch: ++cluster.epoch, expires: ctx.now() + ttlMs }
  cluster.lease = mine
  return {
    epoch: mine.epoch,
    renew: async () => {
      if (cluster.lease !== mine) throw fakeFailure('MQOPS_LEASE_LOST', 'somebody else has it, or nobody')
      mine.expires = ctx.now() + ttlMs
    },
    release: async () => {
      if (cluster.lease === mine) cluster.lease = null
    },
  }
}
