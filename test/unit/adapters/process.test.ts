import { spawn } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { parseIdentity } from '../../../src/adapters/process/identity.ts'
import { createProcesses, machineTable } from '../../../src/adapters/process/index.ts'
import { SHELL } from '../../../src/adapters/process/detached.ts'
import type { Started } from '../../../src/ports/process.ts'
import { until } from './until.ts'

vi.setConfig({ testTimeout: 120_000 }) // real processes, on machines that may be busy

const processes = createProcesses()
let folder: string
const mine: number[] = []
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mqops-process-'))
})
afterEach(() => {
  for (const pid of mine.splice(0)) {
    try {
      process.kill(pid, 'SIGKILL')
    } catch {
      // It has ended, as it should.
    }
  }
  rmSync(folder, { recursive: true })
})

const start = async (script: string, more: { slot?: string; env?: Record<string, string> } = {}): Promise<Started> => {
  const slot = join(folder, more.slot ?? 'slot')
  const started = await processes.start({
    argv: ['/bin/sh', '-c', script],
    cwd: folder,
    env: { PATH: '/usr/bin:/bin', ...more.env },
    log: join(folder, 'log'),
    slot,
    note: { a: 1 },
  })
  mine.push(started.identity.pid)
  return started
}
const log = () => readFileSync(join(folder, 'log'), 'utf8')

test('a detached process: its own session, exact environment, output appended', async () => {
  writeFileSync(join(folder, 'log'), 'earlier\n')
  const { identity, standing, note } = await start('pwd; env; exec sleep 60', { env: { ONLY: 'this' } })
  expect([standing, note]).toEqual(['running', { a: 1 }])
  await until(() => readFileSync(`/proc/${identity.pid}/comm`, 'utf8') === 'sleep\n')
  const names = log()
    .split('\n')
    .slice(2)
    .map((line) => line.split('=')[0])
    .filter(Boolean)
  expect(log()).toMatch(new RegExp(`^earlier\n${folder}\n`))
  expect(names.filter((name) => !['PWD', '_', 'OLDPWD', 'SHLVL'].includes(name as string)).sort()).toEqual([
    'MQOPS_PROCESS',
    'ONLY',
    'PATH',
  ])
  const stat = readFileSync(`/proc/${identity.pid}/stat`, 'utf8').split(' ')
  expect(stat[5]).toBe(String(identity.pid)) // session
  expect(stat[21]).toBe(identity.start)
})

test('ends when asked, and is known to have ended', async () => {
  const { identity } = await start('exec sleep 60')
  expect(await processes.signal(identity, 'SIGTERM')).toBe(true)
  expect(await processes.ended(identity, 5000, delay)).toBe(true)
  expect(await processes.standing(identity)).toBe('ended')
  expect(await processes.signal(identity, 'SIGTERM')).toBe(false)
  expect((await processes.latest(join(folder, 'slot')))?.standing).toBe('ended')
})

test('a pid that another process has now is foreign, and gets no signal', async () => {
  const { identity } = await start('exec sleep 60')
  const other = { ...identity, start: String(Number(identity.start) - 1) }
  expect(await processes.standing(other)).toBe('foreign')
  expect(await processes.signal(other, 'SIGKILL')).toBe(false)
  expect(await processes.standing(identity)).toBe('running')
})

test('nothing of before a reboot runs', async () => {
  const { identity } = await start('exec sleep 60')
  const rebooted = createProcesses({ ...machineTable(), boot: async () => 'next' })
  expect(await rebooted.standing(identity)).toBe('rebooted')
  expect(await rebooted.signal(identity, 'SIGKILL')).toBe(false)
  expect(await processes.standing(identity)).toBe('running')
})

test('a process that has ended and was not reaped is ended', async () => {
  const parent = spawn('/bin/sh', ['-c', 'sleep 0 & echo $!; exec sleep 60'], { stdio: ['ignore', 'pipe', 'ignore'] })
  mine.push(parent.pid as number)
  const pid = Number(await new Promise((resolve) => parent.stdout.once('data', resolve)))
  await until(() => readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z '))
  const table = machineTable()
  const seen = await table.see(pid)
  expect(await processes.standing({ pid, start: seen?.start ?? '', boot: await table.boot(), token: 'none' })).toBe(
    'ended',
  )
})

/** Its first thread ends at once, another one sleeps: what a killed program of many threads is for a moment. */
const HALF_ENDED = `
import ctypes, socket, threading, time
server = socket.create_server(('127.0.0.1', 0))
print(server.getsockname()[1], flush=True)
threading.Thread(target=time.sleep, args=(60,)).start()
ctypes.CDLL(None).pthread_exit(None)
`

test('a process runs until its last thread has ended: till then its port is held', async () => {
  const { identity } = await start('exec python3 -c "$PROGRAM"', { env: { PROGRAM: HALF_ENDED } })
  await until(() => /\) Z /.test(readFileSync(`/proc/${identity.pid}/stat`, 'utf8')))
  expect(await processes.listening(Number(log()))).toBe(true)
  expect(await processes.standing(identity)).toBe('running')
  expect(await processes.signal(identity, 'SIGKILL')).toBe(true)
  expect(await processes.ended(identity, 5000, delay)).toBe(true)
  expect(await processes.listening(Number(log()))).toBe(false)
})

test('what a killed process has begotten still counts, and can be ended', async () => {
  const { identity } = await start('sleep 61 & sleep 62 & wait')
  await until(async () => (await machineTable().descendants(identity.pid, identity.token)).length === 3)
  process.kill(identity.pid, 'SIGKILL')
  await until(async () => (await machineTable().descendants(identity.pid, identity.token)).length === 2)
  expect(await processes.standing(identity)).toBe('running')
  expect(await processes.signal(identity, 'SIGTERM')).toBe(true)
  expect(await processes.ended(identity, 5000, delay)).toBe(true)
})

test('SIGKILL reaches all that a process has begotten', async () => {
  const { identity } = await start('sleep 61 & sleep 62 & wait')
  await until(async () => (await machineTable().descendants(identity.pid, identity.token)).length === 3)
  await processes.signal(identity, 'SIGKILL')
  expect(await processes.ended(identity, 5000, delay)).toBe(true)
})

test('a program that is not there is an error, and leaves no start behind', async () => {
  const slot = join(folder, 'slot')
  const started = await processes.start({
    argv: ['/no/such/program'],
    cwd: folder,
    env: { PATH: '/bin' },
    log: join(folder, 'log'),
    slot,
    note: null,
  })
  await until(async () => (await processes.standing(started.identity)) === 'ended')
  expect(log()).toContain('/no/such/program')
  await expect(
    processes.start({
      argv: ['true'],
      cwd: join(folder, 'nowhere'),
      env: {},
      log: join(folder, 'log'),
      slot,
      note: null,
    }),
  ).rejects.toMatchObject({ code: 'MQOPS_MEMBER_DIED' })
  expect(readdirSync(slot).filter((name) => !name.startsWith('run-'))).toEqual([])
})

/** The shell of a start, run by hand: what a starter has left behind when it was killed. */
const shell = (token: string) => {
  const { dev, ino } = statSync(join(folder, `slot/start-${token}`), { bigint: true, throwIfNoEntry: false }) ?? {}
  const place = `${dev}:${ino}`
  const [pending, claimed] = [join(folder, `slot/start-${token}`), join(folder, `slot/run-${token}`)]
  return spawn('/bin/sh', ['-c', SHELL, 'mqops', 'boot', pending, claimed, place, '/bin/sh', '-c', 'touch ran'], {
    cwd: folder,
    stdio: 'ignore',
  })
}
const exitOf = (child: ReturnType<typeof spawn>) => new Promise<number | null>((resolve) => child.on('exit', resolve))

test('a start that was withdrawn never comes about, however late its shell is', async () => {
  mkdirSync(join(folder, 'slot/start-abc'), { recursive: true })
  expect(await processes.settle(join(folder, 'slot'))).toBeNull()
  expect(await exitOf(shell('abc'))).toBe(70)
  expect(existsSync(join(folder, 'ran'))).toBe(false)
  expect(readdirSync(join(folder, 'slot'))).toEqual([])
})

test('a shell that can not claim its start does not become the program', async () => {
  mkdirSync(join(folder, 'slot/start-abc'), { recursive: true })
  writeFileSync(join(folder, 'no-folder'), '')
  const claimed = join(folder, 'no-folder/run-abc')
  const shellArgs = ['-c', SHELL, 'mqops', 'boot', join(folder, 'slot/start-abc'), claimed, '1:2', 'touch', 'ran']
  expect(await exitOf(spawn('/bin/sh', shellArgs, { cwd: folder, stdio: 'ignore' }))).toBe(70)
  expect(existsSync(join(folder, 'ran'))).toBe(false)
})

test('a start that has come about stands, whoever settles it', async () => {
  mkdirSync(join(folder, 'slot/start-abc'), { recursive: true })
  expect(await exitOf(shell('abc'))).toBe(0)
  expect(existsSync(join(folder, 'ran'))).toBe(true)
  expect((await processes.settle(join(folder, 'slot')))?.identity.token).toBe('abc')
})

test('settle forgets what has ended but the newest, and nothing that runs', async () => {
  const first = await start('exec sleep 60')
  const second = await start('exit 0')
  await until(async () => (await processes.standing(second.identity)) === 'ended')
  const third = await start('exit 0')
  await until(async () => (await processes.standing(third.identity)) === 'ended')
  expect((await processes.settle(join(folder, 'slot')))?.identity).toEqual(first.identity)
  expect(readdirSync(join(folder, 'slot'))).toEqual([`run-${first.identity.token}`])
})

test('a copy of a slot is told from the original, a moved one is it', async () => {
  const { identity } = await start('exec sleep 60')
  cpSync(join(folder, 'slot'), join(folder, 'copy'), { recursive: true, preserveTimestamps: true })
  expect((await processes.latest(join(folder, 'copy')))?.standing).toBe('copied')
  expect((await processes.settle(join(folder, 'copy')))?.standing).toBe('copied')
  renameSync(join(folder, 'slot'), join(folder, 'moved'))
  expect(await processes.latest(join(folder, 'moved'))).toMatchObject({ standing: 'running', identity })
  await processes.signal(identity, 'SIGKILL')
  expect(await processes.ended(identity, 5000, delay)).toBe(true)
  expect((await processes.latest(join(folder, 'copy')))?.standing).toBe('ended')
})

test('a note is replaced whole', async () => {
  const started = await start('exec sleep 60')
  await processes.annotate(started, { b: 2 })
  expect((await processes.latest(join(folder, 'slot')))?.note).toEqual({ b: 2 })
})

test('an identity that was not written to its end is none', () => {
  expect(parseIdentity('12 345 boot 1:2\n', 't')).toEqual({
    pid: 12,
    start: '345',
    boot: 'boot',
    token: 't',
    place: '1:2',
  })
  for (const text of ['', '12', '12 345 boot', '12 345 boot 1:2', '12 345 boot\n', '12  boot 1:2\n', 'x 1 b 1:2\n'])
    expect(parseIdentity(text, 't')).toBeNull()
})
