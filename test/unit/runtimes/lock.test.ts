import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { withLock } from '../../../src/runtimes/lock.ts'
import { rejection, scratch } from './support/scratch.ts'

/** Another process that holds the lock until it is killed. */
async function holder(path: string): Promise<ChildProcess> {
  const script = `
    import { withLock } from ${JSON.stringify(new URL('../../../src/runtimes/lock.ts', import.meta.url).href)}
    const hold = () => { console.log('held'); return new Promise((r) => process.stdin.on('end', r).resume()) }
    await withLock(${JSON.stringify(path)}, new AbortController().signal, () => {}, hold)`
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['pipe', 'pipe', 'inherit'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  await once(child.stdout, 'data')
  return child
}

const never = new AbortController().signal

test('while another process holds it we wait, and say for whom', async () => {
  const path = join(scratch(), 'lock')
  const other = await holder(path)
  let released = false
  let pid = ''
  const mine = withLock(
    path,
    never,
    (who) => {
      pid = who
      expect(released).toBe(false)
      other.stdin?.end()
    },
    async () => {
      released = true
    },
  )
  await mine
  expect(Number(pid)).toBe(other.pid)
})

test('it is ours when the other ends', async () => {
  const path = join(scratch(), 'lock')
  const other = await holder(path)
  const mine = withLock(
    path,
    never,
    () => other.stdin?.end(),
    async () => 'mine',
  )
  expect(await mine).toBe('mine')
})

test('it is ours when the other is killed: nothing stale stays', async () => {
  const path = join(scratch(), 'lock')
  const other = await holder(path)
  const mine = withLock(
    path,
    never,
    () => other.kill('SIGKILL'),
    async () => 'mine',
  )
  expect(await mine).toBe('mine')
})

test('within one process too, one at a time', async () => {
  const path = join(scratch(), 'lock')
  const log: string[] = []
  const work = (name: string) =>
    withLock(
      path,
      never,
      () => {},
      async () => {
        log.push(`${name} in`)
        await new Promise((r) => setImmediate(r))
        log.push(`${name} out`)
      },
    )
  await Promise.all([work('a'), work('b'), work('c')])
  expect(log).toHaveLength(6)
  for (let i = 0; i < 6; i += 2) expect(log[i + 1]).toBe(log[i]?.replace('in', 'out'))
})

test('it is free again after work that failed', async () => {
  const path = join(scratch(), 'lock')
  await rejection(
    withLock(
      path,
      never,
      () => {},
      () => Promise.reject(new Error('x')),
    ),
  )
  expect(
    await withLock(
      path,
      never,
      () => {},
      async () => 1,
    ),
  ).toBe(1)
})

test('an abort ends the waiting', async () => {
  const path = join(scratch(), 'lock')
  await holder(path)
  const stop = new AbortController()
  const error = await rejection(
    withLock(
      path,
      stop.signal,
      () => stop.abort(),
      async () => {},
    ),
  )
  expect(error).toMatchObject({ code: 'MQOPS_RUNTIME_ABORTED' })
})
