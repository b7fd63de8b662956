import { mkdir, open, readFile, readdir, rename, rm, stat, statfs } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { printSize } from '../../model/units.ts'
import { MqopsError } from '../../model/failure.ts'

/** Files that must be there whole, or not at all. All writers of a path hold the lock of its folder. */

/**
 * Replaces the file: written aside, renamed, and, when `durable`, forced to the disk with its folder.
 * Throws MQOPS_DISK_FULL or MQOPS_NOT_WRITABLE, naming the path.
 */
export async function writeWhole(path: string, text: string, o: { mode?: number; durable: boolean }): Promise<void> {
  await onDisk(path, Buffer.byteLength(text), async () => {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 })
    const aside = `${path}.new`
    const handle = await open(aside, 'w', o.mode ?? 0o600)
    try {
      await handle.chmod(o.mode ?? 0o600) // the umask, or the mode of a file left by a crash, may differ
      await handle.writeFile(text)
      if (o.durable) await handle.sync()
    } catch (error) {
      await rm(aside, { force: true })
      throw error
    } finally {
      await handle.close()
    }
    await rename(aside, path)
    if (o.durable) await syncFolder(dirname(path))
  })
}

export async function syncFolder(path: string): Promise<void> {
  const handle = await open(path, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

export const writeJson = (path: string, value: unknown): Promise<void> =>
  writeWhole(path, `${JSON.stringify(value, null, 2)}\n`, { durable: true })

/** null: there is no such file. Any other reason not to read it is an error: unknown is never absent. */
export async function readText(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (isMissing(error)) return null
    throw asFailure(error, path, 0)
  }
}

/** Throws MQOPS_STATE_CORRUPT for text that is not JSON, MQOPS_STATE_VERSION for a format that a newer mqops wrote. */
export async function readJson<T extends { readonly v: number }>(path: string, version: number): Promise<T | null> {
  const text = await readText(path)
  if (text === null) return null
  let value: T
  try {
    value = JSON.parse(text) as T
  } catch (cause) {
    throw new MqopsError(
      { code: 'MQOPS_STATE_CORRUPT', summary: `${path} is not JSON`, hint: 'restore it from a backup' },
      { cause },
    )
  }
  if (value.v > version)
    throw new MqopsError({
      code: 'MQOPS_STATE_VERSION',
      summary: `${path} was written by a newer mqops (format ${value.v}, known: ${version})`,
      hint: 'use that version of mqops',
    })
  return value
}

/** Names in a folder; none when there is no folder. */
export async function names(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder)
  } catch (error) {
    if (isMissing(error)) return []
    throw asFailure(error, folder, 0)
  }
}

/** Tries of one folder: each lost one is somebody else removing a parent, emptied meanwhile, in that very moment. */
const MAKE_TRIES = 50

export async function makeFolder(path: string): Promise<void> {
  for (let left = MAKE_TRIES; ; left--) {
    try {
      await mkdir(path, { recursive: true, mode: 0o700 })
      return
    } catch (error) {
      // Node says either of them when a parent goes between its own steps.
      const passing = ['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')
      if (!passing || left === 0 || (await isUnderFile(path))) throw asFailure(error, path, 0)
    }
  }
}

/** Is the nearest thing on the way to this path that is there no folder? */
async function isUnderFile(path: string): Promise<boolean> {
  for (let at = path; ; at = dirname(at)) {
    const seen = await stat(at).catch(() => null)
    if (seen || at === dirname(at)) return seen !== null && !seen.isDirectory()
  }
}

/** Bytes of all files below, links not followed; what vanishes meanwhile counts nothing. */
export async function sizeOf(folder: string): Promise<number> {
  let bytes = 0
  for (const name of await names(folder)) {
    const seen = await stat(join(folder, name)).catch(() => null)
    bytes += seen?.isDirectory() ? await sizeOf(join(folder, name)) : seen ? occupied(seen) : 0
  }
  return bytes
}

/** Files made long beforehand (Kafka's indexes, 10 MiB for each) are mostly holes. */
const occupied = ({ size, blocks }: { size: number; blocks: number }): number => Math.min(size, blocks * 512)

/** Throws MQOPS_DISK_FULL when the file system of this folder has not so many bytes for us. */
export async function needRoom(folder: string, bytes: number): Promise<void> {
  const system = await statfs(folder)
  const free = system.bavail * system.bsize
  if (free < bytes) throw diskFull(folder, bytes, free)
}

const diskFull = (path: string, bytes: number, free?: number): MqopsError =>
  new MqopsError({
    code: 'MQOPS_DISK_FULL',
    summary: `no room for ${path}: ${printBytes(bytes)} needed${free === undefined ? '' : `, ${printBytes(free)} free`}`,
    hint: 'free space on this file system, or put the cluster on another one (target.local.folder)',
    retryable: true,
  })

const printBytes = (bytes: number): string =>
  bytes >= 1024 ** 2 ? printSize(Math.round(bytes / 1024 ** 2) * 1024 ** 2) : `${bytes} bytes`

/** Runs what touches the disk, and says its errors in our words. */
export async function onDisk<T>(path: string, bytes: number, act: () => Promise<T>): Promise<T> {
  try {
    return await act()
  } catch (error) {
    throw asFailure(error, path, bytes)
  }
}

function asFailure(error: unknown, path: string, bytes: number): unknown {
  const code = (error as NodeJS.ErrnoException).code
  if (code === 'ENOSPC' || code === 'EDQUOT') return diskFull(path, bytes)
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS' || code === 'ENOTDIR') {
    return new MqopsError(
      {
        code: 'MQOPS_NOT_WRITABLE',
        summary: `${path} can't be read or written (${code})`,
        hint: 'check owner and mode, or choose another target.local.folder',
      },
      { cause: error },
    )
  }
  return error
}

export const isMissing = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === 'ENOENT'
