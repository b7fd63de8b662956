import { resolve } from 'node:path'
import type { Dict } from '../../model/json.ts'
import { MqopsError } from '../../model/failure.ts'
import type { NodeSpec } from '../../model/member.ts'
import { memberKey } from '../../model/member.ts'
import type { ClusterSpec } from '../../model/spec.ts'
import type { Context } from '../../ports/context.ts'
import type { Target, TargetFactory } from '../../ports/target.ts'
import { allocate, claimAllotted, readAllocation, renew } from './allocate.ts'
import type { LocalCluster, LocalParts, Place } from './cluster.ts'
import { inMadeCluster, inMember, localCluster, makeRoot, memberKeys, memberPaths, pathsOf } from './cluster.ts'
import { noteData } from './data.ts'
import { names, needRoom, readJson, sizeOf, writeJson } from './disk.ts'
import { memberCommand, needInstallation, wanted } from './command.ts'
import { createFiller, readState } from './files.ts'
import { takeLease } from './lease.ts'
import { tail } from './logs.ts'
import { asNote, noteOf, observe } from './observe.ts'
import { localFields, readOptions } from './options.ts'
import { renderNodes } from './render.ts'
import { digester, generatedSecret, resolveSecret } from './secrets.ts'
import { convergeMember } from './start.ts'
import { destroyCluster, stopMembers } from './stop.ts'
import { together } from './together.ts'

export type { LocalParts } from './cluster.ts'

const EXEC_TIMEOUT_MS = 120_000

/** Members as processes on this machine, each with a folder of its own below the cluster's. */
export const createLocalTarget = (parts: LocalParts): TargetFactory => ({
  name: 'local',
  fields: localFields,
  members: true,
  create: (spec, options) => target(localCluster(parts, spec, readOptions(options))),
})

const target = (cluster: LocalCluster): Target => ({
  name: 'local',
  allocation: () => readAllocation(cluster),
  allocate: (layout, ctx) => allocate(cluster, layout, ctx),
  render: renderNodes,
  observe: (nodes, ctx) => observe(cluster, nodes, ctx),
  prepared: async (software) => (await cluster.runtimes.installed(wanted(cluster, software))) !== null,
  prepare: async (software, progress, ctx) => {
    await cluster.runtimes.ensure(wanted(cluster, software), {
      signal: ctx.signal,
      progress: ({ part, doneBytes, totalBytes, note }) =>
        note ? progress(`${part}: ${note}`) : progress(part, doneBytes, totalBytes ?? undefined),
    })
  },
  converge: (nodes, how, format, ctx) => converge(cluster, nodes, how, format, ctx),
  acknowledge: (node, ctx) => acknowledge(cluster, node, ctx),
  signal: (place, signal, ctx) => signalMember(cluster, place, signal, ctx),
  stop: (nodes, ctx) => stopMembers(cluster, nodes, ctx),
  destroy: (nodes, ctx) => destroyCluster(cluster, nodes, ctx),
  size: async () =>
    (await Promise.all((await memberKeys(cluster)).map((key) => sizeOf(memberPaths(cluster.root, key).data)))).reduce(
      (sum, bytes) => sum + bytes,
      0,
    ),
  exec: (place, argv, ctx) => memberCommand(cluster, place, argv, { timeoutMs: EXEC_TIMEOUT_MS }, ctx),
  logs: (node, o, ctx) => tail(logFiles(cluster, node), o, ctx),
  secret: (name) => generatedSecret(cluster, name),
  renew: (certificates, ctx) => renew(cluster, certificates, ctx),
  keyedDigest: async (ref, ctx) => (await digester(cluster, ctx))(await resolveSecret(cluster, ref, ctx)),
  lease: (holder, ttlMs, ctx) => takeLease(cluster, holder, ttlMs, ctx),
  access: async () => null,
  recall: async () => (await readJson<{ v: 1; spec: ClusterSpec }>(cluster.files.spec, 1))?.spec ?? null,
  remember: (spec, ctx) => remember(cluster, spec, ctx),
})

/** The members are up when a run ends: by now their data folders hold what must not be lost unnoticed. */
async function remember(cluster: LocalCluster, spec: ClusterSpec, ctx: Context): Promise<void> {
  await inMadeCluster(cluster, ctx.sleep, () => writeJson(cluster.files.spec, { v: 1, spec }))
  for (const key of await memberKeys(cluster)) {
    const paths = memberPaths(cluster.root, key)
    await inMember(paths, ctx.sleep, async () => {
      const state = await readState(paths)
      if (state) await noteData(paths, state.incarnation)
    })
  }
}

async function converge(
  cluster: LocalCluster,
  nodes: readonly NodeSpec[],
  how: 'reload' | 'restart' | 'start',
  format: (node: NodeSpec) => Dict<string>,
  ctx: Context,
): Promise<void> {
  const [first] = nodes
  if (!first) return
  // also what a start wants anew when the machine's Java is another one, or the cache was emptied
  const installation =
    how === 'reload'
      ? await needInstallation(cluster, first.software)
      : await cluster.runtimes.ensure(wanted(cluster, first.software), { signal: ctx.signal, progress: () => {} })
  await makeRoot(cluster)
  await needRoom(
    cluster.root,
    nodes.reduce((sum, node) => sum + filesBytes(node), 0),
  )
  if (how !== 'reload') await claimAllotted(cluster, ctx)
  const filler = await createFiller(cluster, ctx)
  await together(nodes.map((node) => convergeMember({ cluster, installation, filler, ctx }, node, how, format(node))))
}

const filesBytes = (node: NodeSpec): number =>
  Object.values(node.files).reduce(
    (sum, file) => sum + file.text.reduce((n, part) => n + (typeof part === 'string' ? part.length : 100), 0),
    0,
  )

/** What was written for a reload counts as taken up; what wants a restart does not. */
async function acknowledge(cluster: LocalCluster, node: NodeSpec, ctx: Context): Promise<void> {
  const paths = pathsOf(cluster, node.member)
  if ((await names(paths.home)).length === 0) throw notRunning(cluster, node.member) // nor is there a folder to lock
  await inMember(paths, ctx.sleep, async () => {
    const [started, state] = [await cluster.processes.settle(paths.slot), await readState(paths)]
    const note = noteOf(started)
    if (started?.standing !== 'running' || !note || !state) throw notRunning(cluster, node.member)
    const reloaded = Object.entries(state.files)
      .filter(([, file]) => file.apply === 'reload')
      .map(([name, { text, digest }]) => [name, { text, digest }])
    await cluster.processes.annotate(
      started,
      asNote({ ...note, files: { ...note.files, ...Object.fromEntries(reloaded) } }),
    )
  })
}

async function signalMember(cluster: LocalCluster, place: Place, signal: 'SIGHUP', _ctx: Context): Promise<void> {
  const started = await cluster.processes.latest(pathsOf(cluster, place).slot)
  if (started?.standing !== 'running' || !(await cluster.processes.signal(started.identity, signal)))
    throw notRunning(cluster, place)
}

const notRunning = (cluster: LocalCluster, place: Place): MqopsError =>
  new MqopsError({
    code: 'MQOPS_UNREACHABLE',
    summary: `${memberKey(place)} of ${cluster.spec.name} is not running`,
    hint: 'mqops apply starts it',
    retryable: true,
  })

/** Its own log files, after what it printed. */
function logFiles(cluster: LocalCluster, node: NodeSpec): readonly string[] {
  const paths = pathsOf(cluster, node.member)
  return [...new Set([paths.output, ...node.logs.map((file) => resolve(paths.home, file))])]
}
