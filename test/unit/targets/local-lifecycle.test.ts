import { existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createProcesses, machineTable } from '../../../src/adapters/process/index.ts'
import type { NodeSpec } from '../../../src/model/member.ts'
import { deploy, homeOf, noFormat, states } from './deployed.ts'
import { LAYOUT, cleanUp, failureOf, listenOn, nodesOf, openWorld, scratch, toysIn, until } from './support.ts'

vi.setConfig({ testTimeout: 120_000 }) // real processes, on machines that may be busy

let folder: string
beforeEach(() => {
  folder = scratch()
})
afterEach(() => cleanUp(folder))

test('starts, says what runs, stops, starts again on the same ports', async () => {
  const { world, allocation, nodes } = await deploy(folder)
  expect(toysIn(folder)).toHaveLength(2)
  const before = await states(world, nodes)
  expect(before.map((s) => s.running?.files)).toEqual(before.map((s) => s.files))
  expect(before.map((s) => s.version)).toEqual(['1.0.7', '1.0.7'])
  expect(before.map((s) => s.problem)).toEqual([undefined, undefined])
  expect(Math.abs((before[0]?.running?.startedAt ?? 0) - Date.now())).toBeLessThan(60_000)

  await world.target.stop(nodes, world.ctx)
  expect(toysIn(folder)).toEqual([])
  const stopped = await states(world, nodes)
  expect(stopped.map((s) => [s.running, s.problem])).toEqual([
    [null, undefined],
    [null, undefined],
  ])

  expect(await world.target.allocate(LAYOUT, world.ctx)).toEqual(allocation)
  await world.target.converge(nodes, 'start', noFormat, world.ctx)
  expect((await states(world, nodes)).every((s) => s.running)).toBe(true)
  await world.target.stop(nodes, world.ctx)
})

test('start leaves a running member alone, restart replaces its process', async () => {
  const { world, nodes } = await deploy(folder)
  const first = toysIn(folder)
  await world.target.converge(nodes, 'start', noFormat, world.ctx)
  expect(toysIn(folder)).toEqual(first)

  await world.target.converge(nodes.slice(0, 1), 'restart', noFormat, world.ctx)
  const second = toysIn(folder)
  expect(second).toHaveLength(2)
  expect(second.filter((pid) => first.includes(pid))).toHaveLength(1)
})

test('a process that dies right after its start is said with its last words, without secrets', async () => {
  const world = openWorld({ folder })
  const allocation = await world.target.allocate(LAYOUT, world.ctx)
  world.secrets.set('env:APP', 'very-secret')
  const text = [`{"port":1,"die":"`, { secretRef: { env: 'APP' } }, ' is wrong"}']
  const nodes = nodesOf(allocation, {}, { files: { 'toy.json': { text, apply: 'restart' } } })
  const failure = await failureOf(world.target.converge(nodes.slice(0, 1), 'start', noFormat, world.ctx))
  expect(failure).toMatchObject({ code: 'MQOPS_MEMBER_DIED', summary: 'toy-1 ended right after its start' })
  expect(failure.detail).toContain('fatal: *** is wrong')
  expect(JSON.stringify(failure)).not.toContain('very-secret')
})

test('a process that was killed is not running, and its state says so', async () => {
  const { world, nodes } = await deploy(folder)
  for (const pid of toysIn(folder)) process.kill(pid, 'SIGKILL')
  await until('both are seen as ended', async () => (await states(world, nodes)).every((s) => s.running === null))
  expect((await states(world, nodes))[0]?.problem).toMatch(/^its process \(pid \d+\) has ended by itself/)
  await world.target.converge(nodes, 'start', noFormat, world.ctx)
  expect(toysIn(folder)).toHaveLength(2)
})

test('one that ignores SIGTERM is killed after its grace', async () => {
  const { world, nodes } = await deploy(folder, { stubborn: true }, { stopGraceMs: 200 })
  await world.target.stop(nodes, world.ctx)
  expect(toysIn(folder)).toEqual([])
  expect(world.events).toContain('member.killed')
})

test.each([
  ['stop', (nodes: readonly NodeSpec[]) => nodes],
  ['destroy', (nodes: readonly NodeSpec[]) => nodes],
  ['destroy', () => []], // what it was started with is kept with its start
] as const)('%s: one that goes last is asked when the others have ended', async (verb, given) => {
  const { world, allocation } = await deploy(folder)
  const [graceMs, asked] = [300, join(folder, 'asked')]
  const nodes = nodesOf(allocation, { stubborn: true, asked }, { stopGraceMs: graceMs }).map((node, i) =>
    i === 0 ? { ...node, stopLast: true as const } : node,
  )
  await world.target.converge(nodes, 'restart', noFormat, world.ctx)
  await world.target[verb](given(nodes), world.ctx)
  const [first, second] = readFileSync(asked, 'utf8')
    .trim()
    .split('\n')
    .map((line) => line.split(' '))
  expect([first?.[0], second?.[0]]).toEqual(['server-2', 'server-1'])
  expect(Number(second?.[1]) - Number(first?.[1])).toBeGreaterThanOrEqual(graceMs)
})

test('one that is stopped (SIGSTOP) goes on to end by itself', async () => {
  const { world, nodes } = await deploy(folder)
  for (const pid of toysIn(folder)) process.kill(pid, 'SIGSTOP')
  await world.target.stop(nodes, world.ctx)
  expect(toysIn(folder)).toEqual([])
  expect(world.events).not.toContain('member.killed')
})

test('after a reboot nothing runs, even if the pid is in use', async () => {
  const { nodes } = await deploy(folder)
  const rebooted = openWorld({
    folder,
    processes: createProcesses({ ...machineTable(), boot: async () => 'another-boot' }),
  })
  const [state] = await states(rebooted, nodes)
  expect(state).toMatchObject({ running: null, problem: 'the machine was started anew' })
  await rebooted.target.stop(nodes, rebooted.ctx)
  expect(toysIn(folder)).toHaveLength(2) // they are another boot's: not ours to end
})

test('a foreign process on our pid is reported, and never signalled', async () => {
  const { world, allocation, nodes } = await deploy(folder)
  const slot = join(homeOf(allocation), 'process')
  await world.target.stop(nodes, world.ctx)
  const [run] = readdirSync(slot)
  const [pid, ...rest] = readFileSync(join(slot, run as string, 'identity'), 'utf8').split(' ')
  writeFileSync(join(slot, run as string, 'identity'), [process.pid, ...rest].join(' '))
  expect(pid).not.toBe(String(process.pid))
  expect((await states(world, nodes))[0]).toMatchObject({
    running: null,
    problem: `pid ${process.pid} is not ours: another program has it now`,
  })
  await expect(world.target.signal({ role: 'server', slot: 1 }, 'SIGHUP', world.ctx)).rejects.toMatchObject({
    code: 'MQOPS_UNREACHABLE',
  })
  await world.target.stop(nodes, world.ctx) // would end this test run
  await world.target.converge(nodes.slice(0, 1), 'start', noFormat, world.ctx)
  expect(toysIn(folder)).toHaveLength(1)
})

test('a port that somebody else has is named with its holder', async () => {
  const world = openWorld({ folder })
  const allocation = await world.target.allocate(LAYOUT, world.ctx)
  const port = allocation.members[0]?.ports['client'] as number
  const other = await listenOn(port)
  try {
    const failure = await failureOf(
      world.target.converge(nodesOf(allocation).slice(0, 1), 'start', noFormat, world.ctx),
    )
    expect(failure.code).toBe('MQOPS_PORT_TAKEN')
    expect(failure.summary).toContain(String(port))
    expect(failure.summary).toContain(`pid ${process.pid}`)
  } finally {
    await other.close()
  }
  expect(toysIn(folder)).toEqual([])
})

test('SIGHUP reaches a running member', async () => {
  const { world, allocation } = await deploy(folder)
  await world.target.signal({ role: 'server', slot: 1 }, 'SIGHUP', world.ctx)
  const output = join(homeOf(allocation), 'logs/output.log')
  await expect.poll(() => readFileSync(output, 'utf8'), { timeout: 10_000 }).toContain('reloaded')
})

test("exec runs the distribution's commands with the member's folder and environment", async () => {
  const { world, allocation } = await deploy(folder)
  const result = await world.target.exec({ role: 'server', slot: 1 }, ['say', 'it'], world.ctx)
  expect(result).toEqual({ code: 4, stdout: `hello from ${homeOf(allocation)} it\n`, stderr: '' })
})

test('afterLast runs when the last member has ended, not before', async () => {
  const marker = join(folder, 'after')
  writeFileSync(join(folder, 'bin/after'), `#!/bin/sh\necho "$WHAT" >>${marker}\n`, { mode: 0o755 })
  const { world, nodes } = await deploy(folder, {}, { afterLast: { argv: ['after'], env: { WHAT: 'ended' } } })
  await world.target.stop(nodes.slice(0, 1), world.ctx)
  expect(existsSync(marker)).toBe(false)
  await world.target.stop(nodes.slice(1), world.ctx)
  expect(readFileSync(marker, 'utf8')).toBe('ended\n')
})

test('destroy ends everything and leaves nothing, also of what it is not told', async () => {
  const { world } = await deploy(folder)
  expect(await world.target.size(world.ctx)).toBe(2)
  await world.target.destroy([], world.ctx)
  expect(toysIn(folder)).toEqual([])
  expect(existsSync(join(folder, '.mqops-local'))).toBe(false)
  expect(JSON.parse(readFileSync(join(folder, 'cache/ports.json'), 'utf8'))).toEqual({ v: 1, ports: {} })
  expect(await world.target.allocation(world.ctx)).toBeNull()
  await world.target.destroy([], world.ctx)
})

test('destroy leaves what mqops did not make', async () => {
  const { world } = await deploy(folder)
  const foreign = join(folder, '.mqops-local/orders/notes.txt')
  writeFileSync(foreign, 'mine')
  await world.target.destroy([], world.ctx)
  expect(readFileSync(foreign, 'utf8')).toBe('mine')
})

test('logs: the last lines, then what comes, across rotation', async () => {
  const { world, allocation, nodes } = await deploy(folder, {}, { logs: ['logs/own.log'] })
  const own = join(homeOf(allocation), 'logs/own.log')
  writeFileSync(own, 'one\ntwo\nthree\n')
  const seen: string[] = []
  for await (const line of world.target.logs(nodes[0] as NodeSpec, { lines: 2, follow: false }, world.ctx))
    seen.push(line)
  expect(seen).toEqual(['two', 'three'])

  const end = new AbortController()
  const following = openWorld({ folder, signal: end.signal })
  const live: string[] = []
  const reading = (async () => {
    for await (const line of following.target.logs(nodes[0] as NodeSpec, { lines: 1, follow: true }, following.ctx))
      live.push(line)
  })()
  await until('it shows the last line', () => live.includes('three'))
  writeFileSync(own, 'four\n', { flag: 'a' })
  await until('it follows', () => live.includes('four'))
  writeFileSync(own, 'five', { flag: 'a' })
  renameSync(own, `${own}.1`)
  writeFileSync(own, 'six\n')
  await until('it follows the new file', () => live.includes('six'))
  end.abort()
  await reading
  expect(live).toEqual(['three', 'four', 'five', 'six'])
})
