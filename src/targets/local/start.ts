import { rename, stat } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { MqopsError } from '../../model/failure.ts'
import type { Dict } from '../../model/json.ts'
import type { NodeSpec } from '../../model/member.ts'
import type { Context } from '../../ports/context.ts'
import type { Started } from '../../ports/process.ts'
import type { Installation } from '../../ports/runtimes.ts'
import type { LocalCluster, MemberPaths } from './cluster.ts'
import { inMember, pathsOf } from './cluster.ts'
import { commandLine } from './command.ts'
import { formatData, noteData, refuseEmptied } from './data.ts'
import { makeFolder, names, needRoom } from './disk.ts'
import { editedFiles, fillFiles, readState, writeFiles } from './files.ts'
import type { FilledFile, Filler } from './files.ts'
import type { Digester } from './secrets.ts'
import { lastLines } from './logs.ts'
import { asNote, noteOf } from './observe.ts'
import type { StartNote } from './observe.ts'
import { needFree } from './ports.ts'
import { endProcess, stopOf } from './stop.ts'

/** A new member on a disk with less than this would not get far. One that has data may be restarted to mend that. */
const NEW_MEMBER_BYTES = 64 * 1024 ** 2
const RESTART_BYTES = 1024 ** 2
const MOST_OUTPUT_BYTES = 32 * 1024 ** 2
/** For how long a start is watched for an early death; readiness is asked of the broker. */
const WATCH_MS = 1500

export type Converge = {
  readonly cluster: LocalCluster
  readonly installation: Installation
  readonly filler: Filler
  readonly ctx: Context
}

/** Files in place, and then as `how` says: nothing more, ended and started, or started if it does not run. */
export async function convergeMember(
  work: Converge,
  node: NodeSpec,
  how: 'reload' | 'restart' | 'start',
  format: Dict<string>,
): Promise<void> {
  const { cluster, ctx, filler } = work
  const paths = pathsOf(cluster, node.member)
  await makeFolder(dirname(paths.home))
  await inMember(paths, ctx.sleep, async () => {
    ctx.signal.throwIfAborted()
    const before = await cluster.processes.settle(paths.slot)
    if (before?.standing === 'copied' && how !== 'reload') throw copied(node, paths, before)
    if (how === 'restart' || (how === 'start' && before?.standing !== 'running')) await refuseEmptied(node, paths)
    for (const folder of [paths.home, paths.logs]) await makeFolder(folder)
    const fresh = (await names(paths.data)).length === 0
    await needRoom(paths.home, Math.min(node.size.diskBytes, fresh ? NEW_MEMBER_BYTES : RESTART_BYTES))
    const files = await fillFiles(node, filler)
    if (before?.standing === 'running') await forgetEdited(cluster, before, paths, filler.digest)
    await writeFiles(paths, node, files, filler.digest)
    if (how === 'reload') return
    if (before?.standing === 'running') {
      if (how === 'start') return
      await endProcess(cluster, before, stopOf(node), ctx)
    }
    await startMember(work, node, paths, files, format)
  })
}

/** What a running member may have taken up by somebody's hand is not known: noted before the files are as they were. */
async function forgetEdited(
  cluster: LocalCluster,
  started: Started,
  paths: MemberPaths,
  digest: Digester,
): Promise<void> {
  const [state, note] = [await readState(paths), noteOf(started)]
  const names = (await editedFiles(paths, state, digest)).filter((name) => state?.files[name]?.apply === 'reload')
  if (!note || names.length === 0) return
  const unknown = names.map((name) => [name, { text: '', digest: '' }])
  await cluster.processes.annotate(
    started,
    asNote({ ...note, files: { ...note.files, ...Object.fromEntries(unknown) } }),
  )
}

/** Two servers of one identity, on one disk's data each, would be worse than none. */
const copied = (node: NodeSpec, paths: MemberPaths, started: Started): MqopsError =>
  new MqopsError({
    code: 'MQOPS_NOT_OURS',
    summary: `${node.name} runs (pid ${started.identity.pid}) from the folder that ${paths.home} is a copy of`,
    hint: `work in the folder that runs it, or stop it there first. For a cluster of its own remove ${dirname(dirname(paths.home))} here, then: mqops apply`,
  })

async function startMember(
  work: Converge,
  node: NodeSpec,
  paths: MemberPaths,
  files: Dict<FilledFile>,
  format: Dict<string>,
): Promise<void> {
  const { cluster, installation, ctx } = work
  await needFree(cluster.processes, node.name, Object.values(node.ports))
  await formatData(paths, node, format)
  const note: StartNote = {
    version: installation.version,
    files: Object.fromEntries(Object.entries(files).map(([name, { text, digest }]) => [name, { text, digest }])),
    stop: stopOf(node),
    logFrom: await rotateOutput(paths.output),
    stopping: false,
    home: paths.home,
  }
  const { argv, env } = commandLine(installation, node.argv, node.env, { home: paths.home, path: cluster.path })
  ctx.signal.throwIfAborted()
  const started = await cluster.processes.start({
    argv,
    cwd: paths.home,
    env,
    log: paths.output,
    slot: paths.slot,
    note: asNote(note),
  })
  ctx.log('member.started', { cluster: cluster.spec.name, member: node.name, pid: started.identity.pid })
  await watch(work, node, paths, started, note.logFrom)
  await noteData(paths, node.member.incarnation)
}

/** @returns how many bytes the output file has now. */
async function rotateOutput(output: string): Promise<number> {
  const bytes = (await stat(output).catch(() => null))?.size ?? 0
  if (bytes <= MOST_OUTPUT_BYTES) return bytes
  await rename(output, `${output}.1`)
  return 0
}

/** Until it listens on the port that says it has started, or the time is over. Throws MQOPS_MEMBER_DIED. */
async function watch(
  work: Converge,
  node: NodeSpec,
  paths: MemberPaths,
  started: Started,
  logFrom: number,
): Promise<void> {
  const { cluster, ctx, filler } = work
  const port = node.ports[node.ready.port]
  const until = performance.now() + WATCH_MS
  while (performance.now() < until) {
    if ((await cluster.processes.standing(started.identity)) !== 'running')
      throw await died(node, paths, logFrom, filler)
    if (port !== undefined && (await cluster.processes.listening(port))) return
    await ctx.sleep(25)
  }
}

async function died(node: NodeSpec, paths: MemberPaths, logFrom: number, filler: Filler): Promise<MqopsError> {
  const printed = await lastLines([paths.output], 20, logFrom)
  const lines =
    printed.length > 0
      ? printed
      : await lastLines(
          node.logs.map((file) => resolve(paths.home, file)),
          20,
          0,
        )
  const detail = lines.map((line) => redact(line, filler.values)).join('\n')
  return new MqopsError({
    code: 'MQOPS_MEMBER_DIED',
    summary: `${node.name} ended right after its start`,
    detail,
    hint: `its log: ${paths.output}`,
  })
}

const redact = (line: string, values: ReadonlySet<string>): string =>
  [...values].filter((value) => value.length >= 4).reduce((text, value) => text.replaceAll(value, '***'), line)
