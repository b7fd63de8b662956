import { createHash } from 'node:crypto'
import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { RunEvent, RunFact } from '../../model/event.ts'
import { MqopsError } from '../../model/failure.ts'
import { canonical, type Json } from '../../model/json.ts'
import type { RunSummary, Store } from '../../ports/store.ts'

const MIGRATIONS = ['001-runs.sql']
const FIRST_HASH = '0'.repeat(64)

/**
 * The embedded store: SQLite in WAL mode, one file `state.db` in the state folder. Commits are synced to the disk: an
 * intent that was journalled is there after a power cut. Safe for several processes.
 */
export function openSqliteStore(folder: string): Store {
  const file = join(folder, 'state.db')
  return reporting(file, () => {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    writeOnce(join(folder, '.gitignore'), '*\n')
    const db = new DatabaseSync(file, { timeout: 10_000 })
    db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON')
    migrate(db)
    return storeOf(db, file)
  })
}

/** Removes an empty store's files, and the folder when nothing else is in it. */
export function removeSqliteStore(folder: string): void {
  for (const name of ['state.db', 'state.db-wal', 'state.db-shm', '.gitignore'])
    rmSync(join(folder, name), { force: true })
  try {
    rmdirSync(folder)
  } catch (error) {
    if (!['ENOTEMPTY', 'ENOENT'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error
  }
}

function writeOnce(file: string, text: string): void {
  try {
    const handle = openSync(file, 'wx', 0o600)
    writeFileSync(handle, text)
    fsyncSync(handle)
    closeSync(handle)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
}

/** Numbered files, each in a transaction; `user_version` says how far. A newer database is refused, never guessed at. */
function migrate(db: DatabaseSync): void {
  const version = () => (db.prepare('PRAGMA user_version').get() as { user_version: number }).user_version
  if (version() > MIGRATIONS.length) {
    throw new MqopsError({
      code: 'MQOPS_STATE_NEWER',
      summary: `the state was written by a newer mqops (format ${version()}, this one knows ${MIGRATIONS.length})`,
      hint: 'Use the newer mqops, or another state folder (MQOPS_HOME).',
    })
  }
  while (version() < MIGRATIONS.length) {
    db.exec('BEGIN IMMEDIATE')
    try {
      const at = version() // another process may have been faster
      const name = MIGRATIONS[at]
      if (name) db.exec(`${readFileSync(join(import.meta.dirname, name), 'utf8')}; PRAGMA user_version = ${at + 1}`)
      db.exec('COMMIT')
    } catch (error) {
      db.exec('ROLLBACK')
      throw error
    }
  }
}

type Row = {
  run: string
  seq: number
  at: number
  epoch: number
  actor: string
  type: string
  body: string
  hash: string
}

const hashOf = (previous: string, row: Omit<Row, 'hash'>): string =>
  createHash('sha256')
    .update(canonical([previous, row.run, row.seq, row.at, row.epoch, row.actor, row.type, row.body]))
    .digest('hex')

function storeOf(db: DatabaseSync, file: string): Store {
  const last = db.prepare('SELECT seq, hash FROM events WHERE run = ? ORDER BY seq DESC LIMIT 1')
  const insert = db.prepare(
    'INSERT INTO events (run, seq, at, epoch, actor, type, body, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
  )
  const all = db.prepare('SELECT * FROM events WHERE run = ? ORDER BY seq')
  const guard = <T>(work: () => T): T => reporting(file, work)
  return {
    append: async ({ run, at, epoch, actor, fact }) =>
      guard(() => {
        db.exec('BEGIN IMMEDIATE')
        try {
          const before = last.get(run) as { seq: number; hash: string } | undefined
          const { type, ...body } = fact
          const row = { run, seq: (before?.seq ?? 0) + 1, at, epoch, actor, type, body: JSON.stringify(body) }
          insert.run(
            row.run,
            row.seq,
            row.at,
            row.epoch,
            row.actor,
            row.type,
            row.body,
            hashOf(before?.hash ?? FIRST_HASH, row),
          )
          db.exec('COMMIT')
          return toEvent(row)
        } catch (error) {
          if (db.isTransaction) db.exec('ROLLBACK')
          throw error
        }
      }),
    events: async (run) => guard(() => verified(all.all(run) as unknown as Row[], run)),
    runs: async (limit) => guard(() => summaries(db, limit)),
    get: async (key) =>
      guard(() => {
        const row = db.prepare('SELECT value FROM memory WHERE key = ?').get(key) as { value: string } | undefined
        return row ? (JSON.parse(row.value) as Json) : null
      }),
    put: async (key, value) =>
      guard(() => {
        if (value === null) db.prepare('DELETE FROM memory WHERE key = ?').run(key)
        else
          db.prepare(
            'INSERT INTO memory (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value',
          ).run(key, JSON.stringify(value))
      }),
    keys: async (prefix) =>
      guard(() =>
        (
          db.prepare('SELECT key FROM memory WHERE substr(key, 1, length(?1)) = ?1 ORDER BY key').all(prefix) as {
            key: string
          }[]
        ).map((row) => row.key),
      ),
    forget: async (clusters) =>
      guard(() => {
        const gone = new Set(clusters)
        const runs = summaries(db, -1).filter((run) => run.clusters.every((name) => gone.has(name)))
        db.exec('BEGIN IMMEDIATE')
        try {
          for (const { run } of runs) db.prepare('DELETE FROM events WHERE run = ?').run(run)
          for (const name of clusters) db.prepare('DELETE FROM memory WHERE key = ?').run(`cluster/${name}`)
          db.exec('COMMIT')
        } catch (error) {
          if (db.isTransaction) db.exec('ROLLBACK')
          throw error
        }
        const left = 'SELECT (SELECT count(*) FROM events) + (SELECT count(*) FROM memory) AS n'
        return (db.prepare(left).get() as { n: number }).n === 0
      }),
    close: async () => db.close(),
  }
}

const toEvent = (row: Omit<Row, 'hash'>): RunEvent => ({
  v: 1,
  run: row.run,
  seq: row.seq,
  at: row.at,
  epoch: row.epoch,
  actor: row.actor,
  ...({ type: row.type, ...JSON.parse(row.body) } as RunFact),
})

function verified(rows: readonly Row[], run: string): readonly RunEvent[] {
  let previous = FIRST_HASH
  return rows.map((row, i) => {
    if (row.seq !== i + 1 || row.hash !== hashOf(previous, row)) {
      throw new MqopsError({
        code: 'MQOPS_JOURNAL_CORRUPT',
        summary: `the journal of run ${run} was altered or lost an entry at ${i + 1}`,
        hint: 'Plan again from the spec: what the brokers say is the truth.',
      })
    }
    previous = row.hash
    return toEvent(row)
  })
}

function summaries(db: DatabaseSync, limit: number): readonly RunSummary[] {
  const rows = db
    .prepare(
      `SELECT run, min(at) AS startedAt, max(at) AS lastAt,
         (SELECT type || '|' || body FROM events l WHERE l.run = e.run ORDER BY seq DESC LIMIT 1) AS last,
         (SELECT body FROM events f WHERE f.run = e.run AND f.seq = 1) AS planned,
         (SELECT actor FROM events f WHERE f.run = e.run AND f.seq = 1) AS actor
       FROM events e GROUP BY run ORDER BY startedAt DESC, run DESC LIMIT ?`,
    )
    .all(limit) as { run: string; startedAt: number; lastAt: number; last: string; planned: string; actor: string }[]
  return rows.map((row) => {
    const bar = row.last.indexOf('|')
    const ended = row.last.slice(0, bar) === 'ended'
    const plan = (JSON.parse(row.planned) as { plan?: { clusters?: object; steps?: unknown[] } }).plan
    return {
      run: row.run,
      startedAt: row.startedAt,
      endedAt: ended ? row.lastAt : null,
      state: ended ? (JSON.parse(row.last.slice(bar + 1)) as { state: string }).state : 'running',
      clusters: Object.keys(plan?.clusters ?? {}),
      actor: row.actor,
      steps: plan?.steps?.length ?? 0,
    }
  })
}

const SQLITE_FULL = 13
const SQLITE_CORRUPT = 11
const SQLITE_NOTADB = 26
const SQLITE_BUSY = 5

/** SQLite's own words are for its authors: say which file, and what to do. */
function reporting<T>(file: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    if (error instanceof MqopsError) throw error
    const { errcode, code, message } = error as { errcode?: number; code?: string; message: string }
    const primary = (errcode ?? 0) & 0xff
    if (primary === SQLITE_FULL || code === 'ENOSPC') {
      throw new MqopsError(
        {
          code: 'MQOPS_DISK_FULL',
          summary: `no room to write ${file}`,
          hint: 'Free some space, then go on with: mqops resume',
        },
        { cause: error },
      )
    }
    if (primary === SQLITE_CORRUPT || primary === SQLITE_NOTADB) {
      throw new MqopsError(
        {
          code: 'MQOPS_STATE_CORRUPT',
          summary: `${file} is damaged: ${message}`,
          hint: `Move it away (mv ${file} ${file}.damaged) and run: mqops adopt. Only history is lost.`,
        },
        { cause: error },
      )
    }
    if (primary === SQLITE_BUSY) {
      throw new MqopsError(
        {
          code: 'MQOPS_LOCKED',
          summary: `${file} is locked by another process`,
          retryable: true,
          hint: 'Try again when it has finished.',
        },
        { cause: error },
      )
    }
    throw new MqopsError(
      {
        code: 'MQOPS_STATE_UNWRITABLE',
        summary: `can't use ${file}: ${message}`,
        hint: 'Give write permission, or set MQOPS_HOME to another folder.',
      },
      { cause: error },
    )
  }
}
