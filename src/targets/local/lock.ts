import { stat } from 'node:fs/promises'
import { DatabaseSync } from 'node:sqlite'
import { MqopsError } from '../../model/failure.ts'

/**
 * Mutual exclusion between processes of one machine that kill -9 can't leave locked: the kernel's own file lock. SQLite is
 * how Node reaches it (an empty database, an exclusive transaction that writes nothing), on every system it runs on.
 */
export type LockOptions = {
  readonly what: string // for the error: 'the cluster folder /x'
  readonly timeoutMs: number
  readonly sleep: (ms: number) => Promise<unknown>
}

/** Runs `act` alone. Its folder must exist. Throws MQOPS_LOCKED when it is not free in time. */
export function withLock<T>(path: string, o: LockOptions, act: () => Promise<T>): Promise<T> {
  return queued(path, async () => {
    const database = await acquire(path, o)
    try {
      return await act()
    } finally {
      database.close()
    }
  })
}

// POSIX drops a process's lock when it closes any descriptor of the file: within a process, one at a time opens it.
const tails = new Map<string, Promise<unknown>>()

function queued<T>(path: string, act: () => Promise<T>): Promise<T> {
  const before = tails.get(path) ?? Promise.resolve()
  const mine = before.then(act, act)
  const tail = mine.then(ignore, ignore).finally(() => {
    if (tails.get(path) === tail) tails.delete(path)
  })
  tails.set(path, tail)
  return mine
}

const ignore = (): void => {}

async function acquire(path: string, o: LockOptions): Promise<DatabaseSync> {
  const deadline = performance.now() + o.timeoutMs
  for (let wait = 5; ; wait = Math.min(wait * 2, 100)) {
    const before = await identityOf(path)
    const database = tryLock(path)
    // Somebody may have removed the file, and its folder, between opening and locking it: that lock excludes nobody.
    if (database && before !== null && before === (await identityOf(path))) return database
    database?.close()
    if (performance.now() > deadline) {
      throw new MqopsError({
        code: 'MQOPS_LOCKED',
        summary: `${o.what} is in use by another mqops`,
        hint: 'wait for it to end, then try again',
        retryable: true,
      })
    }
    if (before !== null) await o.sleep(wait)
  }
}

function tryLock(path: string): DatabaseSync | null {
  let database: DatabaseSync | null = null
  try {
    database = new DatabaseSync(path, { timeout: 0 })
    database.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE') // no second file beside the lock
    return database
  } catch (error) {
    database?.close()
    const { errcode } = error as { errcode?: number }
    if (errcode === SQLITE_BUSY) return null
    if (errcode === SQLITE_CANTOPEN)
      throw new MqopsError({
        code: FOLDER_GONE,
        summary: `${path} can't be opened`,
        hint: 'does its folder exist, and may this user write there?',
      })
    throw error
  }
}

/** Code of the error when a lock's folder is not there. */
export const FOLDER_GONE = 'MQOPS_FOLDER_GONE'
const SQLITE_BUSY = 5
const SQLITE_CANTOPEN = 14

async function identityOf(path: string): Promise<string | null> {
  const seen = await stat(path, { bigint: true }).catch(() => null)
  return seen && `${seen.dev}:${seen.ino}:${seen.birthtimeNs}`
}
