import type { Dict, Json } from '../../model/json.ts'
import type { Context } from '../../ports/context.ts'
import type { Started } from '../../ports/process.ts'
import type { NodeState } from '../../ports/target.ts'
import type { LocalCluster, MemberPaths, Place } from './cluster.ts'
import { pathsOf } from './cluster.ts'
import { lostData } from './data.ts'
import type { MemberState } from './files.ts'
import { filesOnDisk, readState, staleFiles } from './files.ts'
import type { Digester } from './secrets.ts'
import { digester } from './secrets.ts'

/** What is kept with a start, from before the program runs. */
export type StartNote = {
  readonly version: string
  readonly files: Dict<{ readonly text: string; readonly digest: string }>
  readonly stop: { readonly signal: NodeJS.Signals; readonly graceMs: number; readonly last?: true }
  readonly logFrom: number // bytes of the output file that were there before
  readonly stopping: boolean // somebody asked it to end
  readonly home: string // where the member's folder was then
}

export const noteOf = (started: Started | null): StartNote | null =>
  (started?.note as unknown as StartNote | null) ?? null
export const asNote = (note: StartNote): Json => note

export async function observe(
  cluster: LocalCluster,
  places: readonly Place[],
  ctx: Context,
): Promise<readonly NodeState[]> {
  const digest = await digester(cluster, ctx)
  return Promise.all(places.map((place) => observeMember(cluster, place, digest, ctx)))
}

async function observeMember(
  cluster: LocalCluster,
  { role, slot }: Place,
  digest: Digester,
  ctx: Context,
): Promise<NodeState> {
  const paths = pathsOf(cluster, { role, slot })
  const state = await readState(paths)
  const [started, files, staleSecrets, lost] = await Promise.all([
    cluster.processes.latest(paths.slot),
    filesOnDisk(paths, state, digest),
    staleFiles(cluster, state, digest, ctx),
    lostData(paths),
  ])
  const note = noteOf(started)
  const running =
    started?.standing === 'running'
      ? { startedAt: started.startedAt, files: takenUp(state, note, files, staleSecrets) }
      : null
  const problem = lost ?? (running ? movedAway(paths, note) : whyNotRunning(started, note))
  return {
    role,
    slot,
    files,
    running,
    staleSecrets,
    version: note?.version ?? '',
    ...(problem === null ? {} : { problem }),
  }
}

/**
 * What the process has taken up. A file of which only a secret changed has the same text still: a line more tells that
 * the process knows the old one. First-start files never change a process that runs.
 */
function takenUp(
  state: MemberState | null,
  note: StartNote | null,
  onDisk: Dict<string>,
  stale: readonly string[],
): Dict<string> {
  const all = { ...note?.files }
  return Object.fromEntries(
    Object.entries(all).map(([name, file]) => {
      const written = state?.files[name]
      if (written?.apply === 'first-start') return [name, onDisk[name] ?? file.text]
      const older =
        stale.includes(name) || (written !== undefined && written.text === file.text && written.digest !== file.digest)
      return [name, older ? `${file.text}# taken up with an older secret\n` : file.text]
    }),
  )
}

/** A server goes on writing to the paths that it was started with, where nothing is any more. */
const movedAway = (paths: MemberPaths, note: StartNote | null): string | null =>
  note === null || note.home === paths.home
    ? null
    : `its folder was moved while it ran, from ${note.home}: stop it, then start it`

function whyNotRunning(started: Started | null, note: StartNote | null): string | null {
  if (!started) return null
  const { pid } = started.identity
  if (started.standing === 'copied') return `this folder is a copy: pid ${pid} belongs to the one it was copied from`
  if (started.standing === 'foreign') return `pid ${pid} is not ours: another program has it now`
  if (note?.stopping) return null
  return started.standing === 'rebooted'
    ? 'the machine was started anew'
    : `its process (pid ${pid}) has ended by itself: see its log`
}
