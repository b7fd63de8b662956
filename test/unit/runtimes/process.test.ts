import { existsSync } from 'node:fs'
import { watch } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { lastLine, onPath, run } from '../../../src/runtimes/process.ts'
import { file, rejection, scratch, sh } from './support/scratch.ts'

const never = new AbortController().signal
const env = { PATH: '/usr/bin:/bin' }

test('output and code of a command', async () => {
  const result = await run('/bin/sh', ['-c', 'echo out; echo err >&2; exit 3'], { env, signal: never })
  expect(result).toEqual({ code: 3, stdout: 'out\n', stderr: 'err\n' })
})

test('a command that does not exist has code 127', async () => {
  expect((await run('/nowhere/x', [], { env, signal: never })).code).toBe(127)
})

test('a command that takes too long is ended: no code', async () => {
  expect((await run('/bin/sleep', ['60'], { env, signal: never, timeoutMs: 50 })).code).toBeNull()
})

test('an abort ends the command and throws', async () => {
  const folder = scratch()
  const stop = new AbortController()
  const started = watch(folder)[Symbol.asyncIterator]().next()
  const running = rejection(
    run('/bin/sh', ['-c', `: > ${folder}/started; exec sleep 60`], { env, signal: stop.signal }),
  )
  if (!existsSync(join(folder, 'started'))) await started
  stop.abort()
  expect(await running).toMatchObject({ code: 'MQOPS_RUNTIME_ABORTED' })
})

test('a child that met a full disk', async () => {
  const script = 'echo "cp: error writing: No space left on device" >&2; exit 1'
  const error = await rejection(run('/bin/sh', ['-c', script], { env, signal: never, diskPath: '/the/cache' }))
  expect(error).toMatchObject({ code: 'MQOPS_RUNTIME_DISK_FULL' })
  expect(error.message).toContain('/the/cache')
})

test('on PATH: the first that can be executed, and is a file', async () => {
  const folder = scratch()
  await file(join(folder, 'a/x'), 'not executable')
  await file(join(folder, 'b/x/y'), 'a folder')
  const found = await sh(join(folder, 'c/x'), '')
  await sh(join(folder, 'd/x'), '')
  const PATH = ['', 'a', 'b', 'c', 'd'].map((n) => join(folder, n)).join(':')
  expect(onPath('x', { PATH })).toBe(found)
  expect(onPath('x', {})).toBeUndefined()
})

test('the line that holds the reason', () => {
  expect(lastLine('Reading…\nE: it broke\nbye\n\n')).toBe('E: it broke')
  expect(lastLine('one\ntwo\n')).toBe('two')
  expect(lastLine('')).toBe('')
})
