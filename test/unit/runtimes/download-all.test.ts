import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { downloadAll } from '../../../src/runtimes/download-all.ts'
import type { InstallProgress } from '../../../src/runtimes/types.ts'
import { bytes, repository, sha256 } from './support/repository.ts'
import { rejection, scratch } from './support/scratch.ts'

async function setUp(count: number, size: number, o: { together?: number } = {}) {
  const files = Object.fromEntries(Array.from({ length: count }, (_, i) => [`/f${i}`, bytes(size, i + 1)]))
  const server = await repository(files, o)
  const items = Object.entries(files).map(([path, content]) => {
    return { name: path.slice(1), url: server.url + path, sha256: sha256(content), size: content.length }
  })
  const folder = join(scratch(), 'blobs')
  const said: InstallProgress[] = []
  const all = (list: readonly { name: string; url: string; sha256: string; size: number | null }[] = items) =>
    downloadAll(list, {
      folder,
      tag: 't',
      part: 'files',
      signal: new AbortController().signal,
      pauseMs: 1,
      progress: (p) => said.push(p),
    })
  return { server, items, folder, said, all }
}

test('six at a time, never more, and all arrive', async () => {
  const { server, items, folder, all } = await setUp(30, 60_000, { together: 6 })
  await all()
  expect((await readdir(folder)).sort()).toEqual(items.map((i) => i.sha256).sort())
  expect(server.watch.most).toBe(6)
})

test('progress never falls, though a file is thrown away, and ends at the total', async () => {
  const { server, said, all } = await setUp(3, 400_000)
  server.fail('/f1', { alter: true })
  await all()
  const done = said.map((p) => p.doneBytes)
  expect(done).toEqual(done.toSorted((a, b) => a - b))
  expect(said.length).toBeGreaterThan(2)
  expect(said.at(-1)).toEqual({ part: 'files', doneBytes: 1_200_000, totalBytes: 1_200_000 })
})

test('without all sizes the total is unknown', async () => {
  const { items, said, all } = await setUp(2, 1000)
  await all(items.map((i, at) => ({ ...i, size: at === 0 ? null : i.size })))
  expect(said.at(-1)).toEqual({ part: 'files', doneBytes: 2000, totalBytes: null })
})

test('the first failure stops the others and is the one reported', async () => {
  const { server, items, all } = await setUp(40, 5000)
  server.fail('/f39', { status: 404 })
  const last = items.map((i) => (i.name === 'f39' ? { ...i, size: 1_000_000 } : i)) // the largest comes first
  expect(await rejection(all(last))).toMatchObject({ code: 'MQOPS_RUNTIME_DOWNLOAD' })
  expect(server.asked.length).toBeLessThan(40)
})
