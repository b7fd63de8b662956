import { access, constants, mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as delay } from 'node:timers/promises'
import { aborted, errnoOf } from './errors.ts'

const LOOK_AGAIN_MS = 100

/**
 * Runs `work` while no other process (nor this one) holds the lock at `path`.
 * The kernel holds it for us, through SQLite's file lock: it ends with its process, so nobody has to judge whether a
 * lock is stale, and pids of other containers don't mislead. `path`.pid names the holder, for people only.
 */
export async function withLock<T>(
  path: string,
  signal: AbortSignal,
  waiting: (holder: string) => void,
  work: () => Promise<T>,
): Promise<T> {
  await mkdir(dirname(path), { recursive: true })
  const database = await acquire(path, signal, waiting)
  try {
    await writeFile(`${path}.pid`, `${process.pid}\n`).catch(() => {}) // a full disk must not stop what frees it
    return await work()
  } finally {
    database.close()
  }
}

async function acquire(path: string, signal: AbortSignal, waiting: (holder: string) => void): Promise<DatabaseSync> {
  for (let said = false; ; said = true) {
    if (signal.aborted) throw aborted(signal.reason)
    const database = await opened(path)
    try {
      database.exec('BEGIN EXCLUSIVE')
      return database
    } catch (error) {
      database.close()
      if (!isBusy(error)) throw error
    }
    if (!said)
      waiting(
        await readFile(`${path}.pid`, 'utf8')
          .then((s) => s.trim())
          .catch(() => '?'),
      )
    await delay(LOOK_AGAIN_MS, undefined, { signal }).catch((error: unknown) => {
      throw aborted(error)
    })
  }
}

/** SQLite only says that it can't: the folder says why. (Not the file: closing it would drop our own locks on it.) */
async function opened(path: string): Promise<DatabaseSync> {
  try {
    return new DatabaseSync(path, { timeout: 0 })
  } catch (error) {
    await access(dirname(path), constants.W_OK)
    throw error
  }
}

const SQLITE_BUSY = 5
const isBusy = (error: unknown): boolean =>
  errnoOf(error) === 'ERR_SQLITE_ERROR' && ((error as { errcode?: number }).errcode ?? 0) % 256 === SQLITE_BUSY
