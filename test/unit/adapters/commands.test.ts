import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createProcesses, machineTable } from '../../../src/adapters/process/index.ts'
import { until } from './until.ts'

vi.setConfig({ testTimeout: 120_000 }) // real processes, on machines that may be busy

const processes = createProcesses()
let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mqops-command-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const quick = { cwd: '/', env: { PATH: '/usr/bin:/bin' }, timeoutMs: 5000, signal: new AbortController().signal }

test('a command to its end: code, both outputs', async () => {
  expect(await processes.run(['sh', '-c', 'echo out; echo err >&2; exit 3'], quick)).toEqual({
    code: 3,
    stdout: 'out\n',
    stderr: 'err\n',
  })
  expect((await processes.run(['sh', '-c', 'kill -9 $$'], quick)).code).toBe(137)
})

test('a command that takes too long is ended with its helpers', async () => {
  const script = 'sleep 63 & echo $! >helper; wait'
  await expect(processes.run(['sh', '-c', script], { ...quick, cwd: folder, timeoutMs: 150 })).rejects.toMatchObject({
    code: 'MQOPS_TIMEOUT',
  })
  const helper = Number(readFileSync(join(folder, 'helper'), 'utf8'))
  await until(async () => (await machineTable().see(helper))?.ended ?? true)
})

test('a command is ended when nobody wants its answer any more', async () => {
  const reason = new Error('enough')
  const control = new AbortController()
  const running = processes.run(['sleep', '64'], { ...quick, signal: control.signal })
  control.abort(reason)
  await expect(running).rejects.toBe(reason)
  await expect(processes.run(['sleep', '64'], { ...quick, signal: control.signal })).rejects.toBe(reason)
})

test('a daemon that a command leaves behind does not keep us', async () => {
  const result = await processes.run(['sh', '-c', 'sleep 65 & echo $!'], quick)
  process.kill(Number(result.stdout), 'SIGKILL')
  expect(result.code).toBe(0)
})

test('a command that is not there', async () => {
  await expect(processes.run(['/no/such'], quick)).rejects.toMatchObject({ code: 'MQOPS_RUNTIME_COMMAND' })
})
