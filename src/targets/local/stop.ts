import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { MqopsError } from '../../model/failure.ts'
import type { NodeSpec } from '../../model/member.ts'
import { memberKey } from '../../model/member.ts'
import type { Context } from '../../ports/context.ts'
import type { Started } from '../../ports/process.ts'
import type { LocalCluster } from './cluster.ts'
import { inCluster, inMember, memberKeys, memberPaths, OWN_ENTRIES } from './cluster.ts'
import { names, onDisk } from './disk.ts'
import { removeEmptyRoot } from './lease.ts'
import { asNote, noteOf } from './observe.ts'
import type { StartNote } from './observe.ts'
import { portPool } from './allocate.ts'
import { releasePorts } from './ports.ts'
import { noteData } from './data.ts'
import { readState } from './files.ts'
import { memberCommand } from './command.ts'
import { together } from './together.ts'

/** How long the kernel may take to end what was killed. */
const KILL_MS = 15_000

type Stop = StartNote['stop']
export const stopOf = (node: NodeSpec): Stop => ({
  signal: node.stopSignal,
  graceMs: node.stopGraceMs,
  ...(node.stopLast ? { last: true } : {}),
})

/** In the member's lock. Asks, waits for the grace, kills. Throws MQOPS_TIMEOUT when even that does not end it. */
export async function endProcess(cluster: LocalCluster, started: Started, stop: Stop, ctx: Context): Promise<void> {
  const { processes } = cluster
  const note = noteOf(started)
  if (note && !note.stopping) await processes.annotate(started, asNote({ ...note, stopping: true }))
  await processes.signal(started.identity, stop.signal)
  // A process that somebody has stopped (SIGSTOP) takes the signal when it goes on.
  await processes.signal(started.identity, 'SIGCONT')
  if (await processes.ended(started.identity, stop.graceMs, ctx.sleep)) return
  ctx.log('member.killed', { cluster: cluster.spec.name, pid: started.identity.pid, graceMs: stop.graceMs })
  await processes.signal(started.identity, 'SIGKILL')
  if (await processes.ended(started.identity, KILL_MS, ctx.sleep)) return
  throw new MqopsError({
    code: 'MQOPS_TIMEOUT',
    summary: `pid ${started.identity.pid} does not end, killed ${KILL_MS / 1000} s ago`,
    hint: 'it hangs in the kernel: look at its disk',
    retryable: true,
  })
}

const FALLBACK: Stop = { signal: 'SIGTERM', graceMs: 30_000 }

/** Ends one member, and withdraws a start of it that has not come about. */
async function stopMember(cluster: LocalCluster, key: string, node: NodeSpec | undefined, ctx: Context): Promise<void> {
  const paths = memberPaths(cluster.root, key)
  if ((await names(paths.home)).length === 0) return
  await inMember(paths, ctx.sleep, async () => {
    ctx.signal.throwIfAborted()
    const started = await cluster.processes.settle(paths.slot)
    if (started?.standing === 'running') {
      await endProcess(cluster, started, node ? stopOf(node) : (noteOf(started)?.stop ?? FALLBACK), ctx)
    }
    const state = await readState(paths)
    if (state) await noteData(paths, state.incarnation)
  })
}

export async function stopMembers(cluster: LocalCluster, nodes: readonly NodeSpec[], ctx: Context): Promise<void> {
  const keys = nodes.map((node) => memberKey(node.member))
  await stopInOrder(cluster, keys, nodes, ctx)
  await afterLast(cluster, nodes, ctx)
}

/** Those that the others need while they end go last: also when one of the others did not end. */
async function stopInOrder(
  cluster: LocalCluster,
  keys: readonly string[],
  nodes: readonly NodeSpec[],
  ctx: Context,
): Promise<void> {
  const byKey = new Map(nodes.map((node) => [memberKey(node.member), node]))
  const goesLast = async (key: string): Promise<boolean> => {
    const node = byKey.get(key)
    const stop = node ? stopOf(node) : noteOf(await cluster.processes.latest(memberPaths(cluster.root, key).slot))?.stop
    return stop?.last === true
  }
  const last = new Set((await Promise.all(keys.map(async (key) => ((await goesLast(key)) ? [key] : [])))).flat())
  const end = (key: string) => stopMember(cluster, key, byKey.get(key), ctx)
  const first = together(keys.filter((key) => !last.has(key)).map(end))
  await Promise.allSettled([first])
  await together([first, ...keys.filter((key) => last.has(key)).map(end)])
}

/** What a software leaves running beside its members (epmd) ends when none of them runs any more, here or where this was copied from. */
async function afterLast(cluster: LocalCluster, nodes: readonly NodeSpec[], ctx: Context): Promise<void> {
  const node = nodes.find((one) => one.afterLast)
  if (!node?.afterLast) return
  for (const key of await memberKeys(cluster)) {
    const started = await cluster.processes.latest(memberPaths(cluster.root, key).slot)
    if (started?.standing === 'running' || started?.standing === 'copied') return
  }
  const { argv, env } = node.afterLast
  const result = await memberCommand(cluster, node.member, argv, { env, timeoutMs: 20_000 }, ctx).catch(
    (error: unknown) => {
      if (error instanceof MqopsError) return { code: -1, stderr: error.message }
      throw error
    },
  )
  if (result.code !== 0)
    ctx.log('after-last.failed', { command: argv[0] ?? '', code: result.code, stderr: result.stderr.slice(0, 500) })
}

/**
 * Ends every member that has a folder here, then removes what mqops made. allocation.json goes last: as long as it
 * stands, a destroy that was interrupted begins again.
 */
export async function destroyCluster(cluster: LocalCluster, nodes: readonly NodeSpec[], ctx: Context): Promise<void> {
  if ((await names(cluster.root)).length === 0) return
  await stopInOrder(cluster, await memberKeys(cluster), nodes, ctx)
  await afterLast(cluster, nodes, ctx)
  await inCluster(cluster, ctx.sleep, async () => {
    const keep = ['allocation.json', 'lease.json', 'lock', '.gitignore']
    for (const name of OWN_ENTRIES.filter((entry) => !keep.includes(entry))) await remove(join(cluster.root, name))
    await releasePorts(portPool(cluster, ctx), cluster.root)
    await remove(cluster.files.allocation)
    for (const name of await names(cluster.root)) if (name.endsWith('.new')) await remove(join(cluster.root, name))
    await removeEmptyRoot(cluster)
  })
}

const remove = (path: string): Promise<void> =>
  onDisk(path, 0, () => rm(path, { recursive: true, force: true, maxRetries: 3 }))
