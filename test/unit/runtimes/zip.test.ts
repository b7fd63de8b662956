import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { extractZip, listZip, readFromZip } from '../../../src/runtimes/zip.ts'
import { file, rejection, scratch } from './support/scratch.ts'
import { zip } from './support/zip.ts'

const ENTRIES = { 'a/hello.txt': 'hello '.repeat(1000), empty: '', 'b/': '' }

test.each([true, false])('entries are listed, read and written, deflated: %s', async (deflate) => {
  const folder = scratch()
  const path = await file(join(folder, 'a.zip'), zip(ENTRIES, { deflate, mode: 0o640 }))
  expect(await listZip(path)).toEqual(Object.keys(ENTRIES))
  expect((await readFromZip(path, 'a/hello.txt'))?.toString()).toBe(ENTRIES['a/hello.txt'])
  expect(await readFromZip(path, 'nothing')).toBeUndefined()
  const written = await extractZip(path, join(folder, 'out'), (name) => `x/${name}`)
  expect(written).toEqual(['x/a/hello.txt', 'x/empty'])
  expect(await readFile(join(folder, 'out/x/a/hello.txt'), 'utf8')).toBe(ENTRIES['a/hello.txt'])
  expect((await stat(join(folder, 'out/x/empty'))).size).toBe(0)
  expect((await stat(join(folder, 'out/x/a/hello.txt'))).mode & 0o777).toBe(0o640)
})

test('only what is asked for is written', async () => {
  const folder = scratch()
  const path = await file(join(folder, 'a.zip'), zip(ENTRIES))
  expect(await extractZip(path, folder, (name) => (name === 'empty' ? 'e' : undefined))).toEqual(['e'])
})

test.each(['../evil', 'x/../../evil', '/evil'])('no entry leaves the folder: %s', async (name) => {
  const folder = scratch()
  const path = await file(join(folder, 'a.zip'), zip({ [name]: 'x' }))
  expect((await rejection(extractZip(path, join(folder, 'out'), (n) => n))).message).toContain('outside')
})

test('something else is said to be no zip', async () => {
  const path = await file(join(scratch(), 'a.zip'), 'x'.repeat(500))
  expect((await rejection(listZip(path))).message).toBe('not a zip file')
})
