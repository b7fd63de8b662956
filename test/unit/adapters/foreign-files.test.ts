import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { readForeignFiles } from '../../../src/adapters/files/index.ts'

const folder = mkdtempSync(join(tmpdir(), 'mqops-foreign-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
for (const name of ['b', 'a/inner', '.git', 'empty']) mkdirSync(join(folder, 'top', name), { recursive: true })
for (const name of ['z.yaml', 'a/inner/t.yml', 'b/backup.json', 'b/stream.tar.s2', '.git/config.yaml'])
  writeFileSync(join(folder, 'top', name), name)
symlinkSync(join(folder, 'top'), join(folder, 'top', 'b', 'loop'))

const read = async (paths: readonly string[], largest = 100) => {
  const { files, failures } = await readForeignFiles(paths, folder, largest)
  return [files.map(({ name }) => name), failures.map(({ code, summary }) => `${code} ${summary}`)]
}

it('a folder stands for what is in it and below, by name; links and hidden ones are not followed', async () => {
  expect(await read(['top'])).toEqual([['top/a/inner/t.yml', 'top/b/backup.json', 'top/z.yaml'], []])
})

it('a file is taken whatever it is called', async () => {
  expect(await read(['top/b/stream.tar.s2'])).toEqual([['top/b/stream.tar.s2'], []])
})

it('what is not there, holds nothing or is too large is told', async () => {
  expect(await read(['none.json', 'top/empty'])).toEqual([
    [],
    [
      'MQOPS_SPEC_MISSING there is no none.json',
      'MQOPS_SPEC_MISSING the folder top/empty holds no *.json, *.yaml or *.yml',
    ],
  ])
  expect(await read(['top/z.yaml'], 5)).toEqual([
    [],
    ['MQOPS_SPEC_TOO_LARGE top/z.yaml has 6 bytes; at most 5 are read'],
  ])
})
