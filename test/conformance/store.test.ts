import { mkdtempSync, rmSync, truncateSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, describe, expect, it } from 'vitest'
import { openSqliteStore } from '../../src/adapters/sqlite/index.ts'
import type { Plan } from '../../src/model/plan.ts'
import type { Store } from '../../src/ports/store.ts'
import { memoryStore } from '../support/memory-store.ts'

const folders: string[] = []
const folder = () => {
  const made = mkdtempSync(join(tmpdir(), 'mqops-store-'))
  folders.push(made)
  return made
}
afterEach(() => {
  for (const one of folders.splice(0)) rmSync(one, { recursive: true, force: true })
})

const plan: Plan = { format: 1, clusters: { orders: 'abc' }, spec: [], steps: [], later: [], notes: [] }
const base = { run: 'r1', at: 1, epoch: 7, actor: 'me' }

// One suite for the port, run against every implementation.
describe.each<[string, () => Store]>([
  ['memory', memoryStore],
  ['sqlite', () => openSqliteStore(folder())],
])('store: %s', (_name, open) => {
  it('keeps the events of a run in order, each with its facts', async () => {
    const store = open()
    await store.append({ ...base, fact: { type: 'planned', plan, approval: { all: true, confirmed: ['orders'] } } })
    await store.append({ ...base, run: 'r2', at: 2, fact: { type: 'resumed' } })
    const second = await store.append({ ...base, at: 3, fact: { type: 'intent', steps: ['a', 'b'] } })
    expect(second.seq).toBe(2)
    const events = await store.events('r1')
    expect(events).toEqual([
      { v: 1, ...base, seq: 1, type: 'planned', plan, approval: { all: true, confirmed: ['orders'] } },
      { v: 1, ...base, seq: 2, at: 3, type: 'intent', steps: ['a', 'b'] },
    ])
    expect(await store.events('r2')).toEqual([{ v: 1, ...base, run: 'r2', at: 2, seq: 1, type: 'resumed' }])
    expect(await store.events('nobody')).toEqual([])
    await store.close()
  })

  it('lists runs, newest first, with how they ended', async () => {
    const store = open()
    await store.append({ ...base, fact: { type: 'planned', plan, approval: { all: false, confirmed: [] } } })
    await store.append({ ...base, at: 5, fact: { type: 'ended', state: 'partly' } })
    await store.append({
      ...base,
      run: 'r2',
      at: 9,
      fact: { type: 'planned', plan, approval: { all: false, confirmed: [] } },
    })
    expect(await store.runs(10)).toEqual([
      { run: 'r2', startedAt: 9, endedAt: null, state: 'running', clusters: ['orders'], actor: 'me', steps: 0 },
      { run: 'r1', startedAt: 1, endedAt: 5, state: 'partly', clusters: ['orders'], actor: 'me', steps: 0 },
    ])
    expect((await store.runs(1)).map((run) => run.run)).toEqual(['r2'])
    await store.close()
  })

  it('lists runs of one moment by name, the last one first, with their steps; one without its plan, too', async () => {
    const store = open()
    const step = { id: 's1' } as Plan['steps'][number] // a store looks into none of them
    const approval = { all: true, confirmed: [] }
    for (const run of ['r2', 'r3', 'r1'])
      await store.append({ ...base, run, fact: { type: 'planned', plan: { ...plan, steps: [step, step] }, approval } })
    await store.append({ ...base, run: 'r4', at: 0, fact: { type: 'resumed' } })
    expect((await store.runs(9)).map(({ run, clusters, steps }) => [run, clusters, steps])).toEqual([
      ['r3', ['orders'], 2],
      ['r2', ['orders'], 2],
      ['r1', ['orders'], 2],
      ['r4', [], 0],
    ])
    await store.close()
  })

  it('forgets clusters: what is remembered of them, and runs that concern nobody else', async () => {
    const store = open()
    const both: Plan = { ...plan, clusters: { orders: 'a', other: 'b' } }
    const approval = { all: true, confirmed: [] }
    await store.append({ ...base, fact: { type: 'planned', plan, approval } })
    await store.append({ ...base, run: 'r2', fact: { type: 'planned', plan: both, approval } })
    await store.append({ ...base, run: 'r3', fact: { type: 'resumed' } }) // of no cluster: nobody misses it
    await store.put('cluster/orders', 1)
    expect(await store.forget(['orders'])).toBe(false)
    expect([(await store.runs(9)).map((run) => run.run), await store.keys('')]).toEqual([['r2'], []])
    expect(await store.forget(['orders', 'other'])).toBe(true)
    expect(await store.runs(9)).toEqual([])
    await store.put('other', 1)
    expect(await store.forget(['orders'])).toBe(false)
    await store.close()
  })

  it('remembers, overwrites and forgets values by key', async () => {
    const store = open()
    await store.put('cluster/b', { a: [1, null, 'x'] })
    await store.put('cluster/a', 1)
    await store.put('other', 2)
    await store.put('cluster/a', 3)
    expect(await store.keys('cluster/')).toEqual(['cluster/a', 'cluster/b'])
    expect(await store.get('cluster/a')).toBe(3)
    expect(await store.get('cluster/b')).toEqual({ a: [1, null, 'x'] })
    await store.put('cluster/a', null)
    expect(await store.get('cluster/a')).toBeNull()
    expect(await store.keys('cluster/')).toEqual(['cluster/b'])
    await store.close()
  })
})

describe('sqlite only', () => {
  const filled = async () => {
    const at = folder()
    const store = openSqliteStore(at)
    for (let i = 0; i < 5; i++) await store.append({ ...base, at: i, fact: { type: 'intent', steps: [`s${i}`] } })
    return { at, store, file: join(at, 'state.db') }
  }

  it('finds an altered entry', async () => {
    const { at, store, file } = await filled()
    await store.close()
    const db = new DatabaseSync(file)
    db.exec(`UPDATE events SET body = '{"steps":["forged"]}' WHERE seq = 3`)
    db.close()
    const again = openSqliteStore(at)
    await expect(again.events('r1')).rejects.toMatchObject({ code: 'MQOPS_JOURNAL_CORRUPT' })
    await again.close()
  })

  it('finds a lost entry', async () => {
    const { at, store, file } = await filled()
    await store.close()
    const db = new DatabaseSync(file)
    db.exec('DELETE FROM events WHERE seq = 2')
    db.close()
    const again = openSqliteStore(at)
    await expect(again.events('r1')).rejects.toMatchObject({ code: 'MQOPS_JOURNAL_CORRUPT' })
    await again.close()
  })

  it('opens a torn journal: a half-written tail is dropped, what was committed before stays', async () => {
    const { at, store } = await filled()
    const wal = join(at, 'state.db-wal')
    const copy = folder()
    const { cpSync } = await import('node:fs')
    cpSync(at, copy, { recursive: true })
    await store.close()
    truncateSync(join(copy, 'state.db-wal'), statSync(join(copy, 'state.db-wal')).size - 100)
    const again = openSqliteStore(copy)
    const events = await again.events('r1')
    expect(events.length).toBe(4)
    await again.append({ ...base, fact: { type: 'ended', state: 'failed' } })
    expect((await again.events('r1')).at(-1)?.type).toBe('ended')
    await again.close()
    expect(wal).toContain('state.db-wal')
  })

  it('says what to do about a file that is no database', async () => {
    const { at, store, file } = await filled()
    await store.close()
    const { writeFileSync } = await import('node:fs')
    writeFileSync(file, 'this is not a database, it only stands where one should be'.repeat(100))
    expect(() => openSqliteStore(at)).toThrow(expect.objectContaining({ code: 'MQOPS_STATE_CORRUPT' }))
  })

  it('refuses the state of a newer mqops', async () => {
    const { at, store, file } = await filled()
    await store.close()
    const db = new DatabaseSync(file)
    db.exec('PRAGMA user_version = 99')
    db.close()
    expect(() => openSqliteStore(at)).toThrow(expect.objectContaining({ code: 'MQOPS_STATE_NEWER' }))
  })
})
