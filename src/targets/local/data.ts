import { rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { MqopsError } from '../../model/failure.ts'
import type { Dict } from '../../model/json.ts'
import type { NodeSpec } from '../../model/member.ts'
import type { MemberPaths } from './cluster.ts'
import { makeFolder, names, onDisk, readText, syncFolder, writeWhole } from './disk.ts'
import { fileIn } from './files.ts'

/** Into an empty folder only, and all of it at once: written aside, then renamed over the empty one. */
export async function formatData(paths: MemberPaths, node: NodeSpec, format: Dict<string>): Promise<void> {
  if ((await names(paths.data)).length === 0) {
    const aside = `${paths.data}.new`
    await rm(aside, { recursive: true, force: true })
    await makeFolder(aside)
    for (const [name, text] of Object.entries(format)) await writeWhole(fileIn(aside, name), text, { durable: true })
    await onDisk(paths.data, 0, () => rename(aside, paths.data))
    await syncFolder(dirname(paths.data))
  }
  await noteData(paths, node.member.incarnation)
}

/** Remembers, beside the member's folder, that its data folder holds something. */
export async function noteData(paths: MemberPaths, incarnation: string): Promise<void> {
  if ((await names(paths.data)).length > 0 && (await readText(paths.held)) !== incarnation)
    await writeWhole(paths.held, incarnation, { durable: true })
}

/** What is gone of a member that once had data; null: nothing. */
export async function lostData(paths: MemberPaths): Promise<string | null> {
  const held = await readText(paths.held)
  if (held === null || (await names(paths.data)).length > 0) return null
  return (await names(paths.home)).length === 0 ? 'its folder is missing' : 'its data is gone'
}

/** A wiped disk is not the member that it was: coming back empty under its old identity, it would lie to its peers. */
export async function refuseEmptied(node: NodeSpec, paths: MemberPaths): Promise<void> {
  const lost = await lostData(paths)
  if (lost === null || (await readText(paths.held)) !== node.member.incarnation) return
  throw new MqopsError({
    code: 'MQOPS_DATA_MISSING',
    summary: `${node.name} held data, and ${lost}: ${paths.data}`,
    hint: 'put the folder back; or destroy the cluster and deploy it anew. An empty member must not come back under its old identity',
  })
}
