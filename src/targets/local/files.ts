import { isAbsolute, join, normalize } from 'node:path'
import { MqopsError } from '../../model/failure.ts'
import type { Dict } from '../../model/json.ts'
import type { FileApply, NodeSpec } from '../../model/member.ts'
import type { Hole, Text } from '../../model/secret.ts'
import { holes, parseText, printSecretRef, printText } from '../../model/secret.ts'
import type { Context } from '../../ports/context.ts'
import type { LocalCluster, MemberPaths } from './cluster.ts'
import { readJson, readText, writeJson, writeWhole } from './disk.ts'
import type { Digester } from './secrets.ts'
import { digester, resolveIfPossible, resolveSecret } from './secrets.ts'

/** A file as it was last written: the text with its holes, and keyed digests of what was put into them and of the whole. */
export type WrittenFile = {
  readonly text: string
  readonly apply: FileApply
  readonly digest: string
  readonly secrets: Dict<string>
}

/** state.json: how a member was last written, and what its commands need. */
export type MemberState = {
  readonly v: 1
  readonly name: string
  readonly incarnation: string
  readonly software: NodeSpec['software']
  readonly env: Dict<string>
  readonly files: Dict<WrittenFile>
}

export const readState = (paths: MemberPaths): Promise<MemberState | null> => readJson<MemberState>(paths.state, 1)

/** Fills holes; each (secret, hash, salt) once, because password hashes are slow on purpose. */
export type Filler = {
  readonly digest: Digester
  fill(text: Text): Promise<string>
  resolve(hole: Hole): Promise<string>
  /** All secret values seen so far: for keeping them out of errors. */
  readonly values: ReadonlySet<string>
}

export async function createFiller(cluster: LocalCluster, ctx: Context): Promise<Filler> {
  const hashes = cluster.hashesOf(cluster.spec.broker)
  const resolved = new Map<string, Promise<string>>()
  const filled = new Map<string, Promise<string>>()
  const values = new Set<string>()
  const once = (map: Map<string, Promise<string>>, key: string, make: () => Promise<string>): Promise<string> => {
    const made = map.get(key) ?? make()
    map.set(key, made)
    return made
  }
  const resolve = (hole: Hole) =>
    once(resolved, printSecretRef(hole), async () => {
      const value = await resolveSecret(cluster, { secretRef: hole.secretRef }, ctx)
      values.add(value)
      return value
    })
  const fillHole = (hole: Hole) =>
    once(filled, printText([hole]), async () => {
      const value = await resolve(hole)
      if (hole.as === undefined) return value
      const hash = hashes[hole.as]
      if (!hash)
        throw new MqopsError({ code: 'MQOPS_INTERNAL', summary: `${cluster.spec.broker} has no hash named ${hole.as}` })
      const made = await hash(value, hole.salt ?? '')
      values.add(made)
      return made
    })
  const fill = async (text: Text) =>
    (await Promise.all(text.map(async (part) => (typeof part === 'string' ? part : fillHole(part))))).join('')
  return { digest: await digester(cluster, ctx), fill, resolve, values }
}

export type FilledFile = WrittenFile & { readonly content: string; readonly mode: number }

export async function fillFiles(node: NodeSpec, filler: Filler): Promise<Dict<FilledFile>> {
  const all = await Promise.all(
    Object.entries(node.files).map(async ([name, file]): Promise<[string, FilledFile]> => {
      const refs = new Map(holes(file.text).map((hole) => [printSecretRef(hole), hole]))
      const secrets = await Promise.all(
        [...refs].map(
          async ([ref, hole]): Promise<[string, string]> => [ref, filler.digest(await filler.resolve(hole))],
        ),
      )
      const content = await filler.fill(file.text)
      return [
        name,
        {
          text: printText(file.text),
          apply: file.apply,
          digest: filler.digest(content),
          secrets: Object.fromEntries(secrets),
          content,
          mode: file.mode ?? 0o600,
        },
      ]
    }),
  )
  return Object.fromEntries(all)
}

/** Where a file of a member stands. Throws when its name leads out of the member's folder, or into what mqops keeps there. */
export function fileIn(home: string, name: string): string {
  const clean = normalize(name)
  const first = clean.split('/')[0] as string
  if (isAbsolute(name) || first === '..' || ['state.json', 'process'].includes(first)) {
    throw new MqopsError({ code: 'MQOPS_INTERNAL', summary: `${JSON.stringify(name)} is no name for a member's file` })
  }
  return join(home, clean)
}

/**
 * Writes what differs, then state.json. Only that is forced to the disk: after a power failure a file that did not make
 * it has another digest than state.json says, and is written again.
 */
export async function writeFiles(
  paths: MemberPaths,
  node: NodeSpec,
  files: Dict<FilledFile>,
  digest: Digester,
): Promise<void> {
  for (const [name, file] of Object.entries(files)) {
    const path = fileIn(paths.home, name)
    const have = await readText(path)
    if (have === null || digest(have) !== file.digest)
      await writeWhole(path, file.content, { mode: file.mode, durable: false })
  }
  const before = await readState(paths)
  const state: MemberState = {
    v: 1,
    name: node.name,
    incarnation: node.member.incarnation,
    software: node.software,
    env: node.env,
    files: Object.fromEntries(
      Object.entries(files).map(([name, { text, apply, digest: sum, secrets }]) => [
        name,
        { text, apply, digest: sum, secrets },
      ]),
    ),
  }
  if (JSON.stringify(before) !== JSON.stringify(state)) await writeJson(paths.state, state)
}

/**
 * What stands on disk, as it was rendered. A file that was edited by hand is never the text that mqops rendered, so it
 * gets a line more; the edit itself is not shown, because it may hold a secret.
 */
export async function filesOnDisk(
  paths: MemberPaths,
  state: MemberState | null,
  digest: Digester,
): Promise<Dict<string>> {
  const out: Record<string, string> = {}
  for (const [name, file] of Object.entries(state?.files ?? {})) {
    const content = await readText(fileIn(paths.home, name))
    if (content === null) continue
    const sum = digest(content)
    out[name] = sum === file.digest ? file.text : `${file.text}# changed on disk since mqops wrote it: ${sum}\n`
  }
  return out
}

/** Names of files that somebody has edited, or removed, since they were written. */
export async function editedFiles(
  paths: MemberPaths,
  state: MemberState | null,
  digest: Digester,
): Promise<readonly string[]> {
  const edited: string[] = []
  for (const [name, file] of Object.entries(state?.files ?? {})) {
    const content = await readText(fileIn(paths.home, name))
    if (content === null || digest(content) !== file.digest) edited.push(name)
  }
  return edited
}

/** Names of files whose secrets have other values now. */
export async function staleFiles(
  cluster: LocalCluster,
  state: MemberState | null,
  digest: Digester,
  ctx: Context,
): Promise<readonly string[]> {
  const stale: string[] = []
  for (const [name, file] of Object.entries(state?.files ?? {})) {
    if (file.apply === 'first-start') continue
    const refs = new Map(holes(parseText(file.text)).map((hole) => [printSecretRef(hole), hole]))
    for (const [ref, hole] of refs) {
      const value = await resolveIfPossible(cluster, { secretRef: hole.secretRef }, ctx)
      if (value === null || digest(value) === file.secrets[ref]) continue
      stale.push(name)
      break
    }
  }
  return stale
}
