import { dirname } from 'node:path'
import { rm, rmdir } from 'node:fs/promises'
import { randomUUID } from 'node:crypto'
import { MqopsError } from '../../model/failure.ts'
import type { Context } from '../../ports/context.ts'
import type { ProcessIdentity } from '../../ports/process.ts'
import type { Lease } from '../../ports/session.ts'
import type { LocalCluster } from './cluster.ts'
import { DEFAULT_FOLDER, inCluster, inMadeCluster } from './cluster.ts'
import { names, readJson, writeJson } from './disk.ts'

type Holder = {
  readonly text: string // 'alice@host'
  readonly token: string
  readonly host: string
  readonly process: ProcessIdentity
  readonly since: number
  readonly renewedAt: number // ms since the epoch, by the holder's clock
  readonly ttlMs: number
}
type LeaseFile = { readonly v: 1; readonly epoch: number; readonly holder: Holder | null }

const readLease = async (cluster: LocalCluster): Promise<LeaseFile> =>
  (await readJson<LeaseFile>(cluster.files.lease, 1)) ?? { v: 1, epoch: 0, holder: null }
const writeLease = (cluster: LocalCluster, lease: LeaseFile): Promise<void> => writeJson(cluster.files.lease, lease)

/** One holder for the cluster's folder. Throws MQOPS_LOCKED naming the present one. */
export async function takeLease(cluster: LocalCluster, holder: string, ttlMs: number, ctx: Context): Promise<Lease> {
  const self = await cluster.processes.self()
  const token = randomUUID()
  const epoch = await inMadeCluster(cluster, ctx.sleep, async () => {
    const before = await readLease(cluster)
    if (before.holder && (await holds(cluster, before.holder, ctx.now()))) throw locked(cluster, before.holder)
    if (before.holder)
      ctx.log('lease.taken-over', { cluster: cluster.spec.name, from: before.holder.text, epoch: before.epoch + 1 })
    const now = ctx.now()
    await writeLease(cluster, {
      v: 1,
      epoch: before.epoch + 1,
      holder: { text: holder, token, host: cluster.hostname, process: self, since: now, renewedAt: now, ttlMs },
    })
    return before.epoch + 1
  })
  return { epoch, renew: () => renewLease(cluster, token, ctx), release: () => releaseLease(cluster, token) }
}

/**
 * On one machine the holder's process decides, not the clock: clocks jump, and a stopped process wakes up believing.
 * The time limit is for holders on other machines (a shared folder), whose processes can't be seen.
 */
async function holds(cluster: LocalCluster, holder: Holder, now: number): Promise<boolean> {
  if (holder.host === cluster.hostname) return (await cluster.processes.standing(holder.process)) === 'running'
  return now - holder.renewedAt <= holder.ttlMs
}

const locked = (cluster: LocalCluster, holder: Holder): MqopsError =>
  new MqopsError({
    code: 'MQOPS_LOCKED',
    summary: `${cluster.spec.name} is held by ${holder.text} (pid ${holder.process.pid} on ${holder.host}) since ${new Date(holder.since).toISOString()}`,
    hint: 'wait for it to end; if it hangs, end that process: the lease is free at once',
    retryable: true,
  })

async function renewLease(cluster: LocalCluster, token: string, ctx: Context): Promise<void> {
  // The folder is gone, or the file is: somebody removed the cluster under us.
  if (!(await names(cluster.root)).includes('lease.json')) throw lost(cluster, null)
  await inCluster(cluster, cluster.delay, async () => {
    const lease = await readLease(cluster)
    if (lease.holder?.token !== token) throw lost(cluster, lease.holder)
    await writeLease(cluster, { ...lease, holder: { ...lease.holder, renewedAt: ctx.now() } })
  })
}

const lost = (cluster: LocalCluster, holder: Holder | null): MqopsError =>
  new MqopsError({
    code: 'MQOPS_LEASE_LOST',
    summary: `the lease of ${cluster.spec.name} ${holder ? `went to ${holder.text} (pid ${holder.process.pid})` : 'is gone'}`,
    hint: 'mqops resume goes on with the run when the lease is free',
  })

/** The epoch stays: the next holder has a higher one. A folder that holds nothing but its lease goes with it. */
async function releaseLease(cluster: LocalCluster, token: string): Promise<void> {
  if (!(await names(cluster.root)).includes('lease.json')) return
  await inCluster(cluster, cluster.delay, async () => {
    const lease = await readLease(cluster)
    if (lease.holder?.token !== token) return
    await writeLease(cluster, { ...lease, holder: null })
    await removeEmptyRoot(cluster)
  })
}

const REMAINS = ['.gitignore', 'lease.json', 'lock']

/** In the cluster's lock: removes the folder if no cluster is in it and nobody holds its lease. */
export async function removeEmptyRoot(cluster: LocalCluster): Promise<void> {
  const entries = await names(cluster.root)
  if (entries.some((name) => !REMAINS.includes(name)) || (await isHeld(cluster))) return
  for (const name of REMAINS) await rm(`${cluster.root}/${name}`, { force: true })
  // What somebody else put there meanwhile stays: these two remove empty folders only.
  await rmdir(cluster.root).catch(() => undefined)
  if (dirname(cluster.root).endsWith(`/${DEFAULT_FOLDER}`)) await rmdir(dirname(cluster.root)).catch(() => undefined)
}

async function isHeld(cluster: LocalCluster): Promise<boolean> {
  const { holder } = await readLease(cluster)
  return holder !== null && holds(cluster, holder, Date.now())
}
