import { cpSync, existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Allocation } from '../../../src/model/member.ts'
import { deploy, homeOf, noFormat, states } from './deployed.ts'
import { LAYOUT, cleanUp, failureOf, nodesOf, openWorld, scratch, toysIn, until } from './support.ts'

vi.setConfig({ testTimeout: 120_000 }) // real processes, on machines that may be busy

/** Folders that are copied, moved or emptied by hand: never another folder's processes, never an empty member unnoticed. */

let folder: string
let other: string
beforeEach(() => {
  folder = scratch()
  other = scratch()
  rmSync(join(other, '.mqops-local'), { recursive: true, force: true })
})
afterEach(() => {
  cleanUp(folder)
  cleanUp(other)
})

const copy = () => cpSync(join(folder, '.mqops-local'), join(other, '.mqops-local'), { recursive: true })
const opened = async () => {
  const world = openWorld({ folder: other })
  const allocation = (await world.target.allocation(world.ctx)) as Allocation
  return { world, allocation, nodes: nodesOf(allocation) }
}

test("a copied folder doesn't control the original's processes", async () => {
  const { world, nodes } = await deploy(folder)
  const running = toysIn(folder)
  copy()
  const copied = await opened()
  const [state] = await states(copied.world, copied.nodes)
  expect(state?.running).toBeNull()
  expect(state?.problem).toMatch(/^this folder is a copy: pid \d+ belongs to the one it was copied from$/)

  for (const how of ['start', 'restart'] as const) {
    const failure = await failureOf(copied.world.target.converge(copied.nodes, how, noFormat, copied.world.ctx))
    expect(failure).toMatchObject({ code: 'MQOPS_NOT_OURS', retryable: false })
    expect(failure.hint).toContain(join(other, '.mqops-local/orders'))
  }
  const signalled = copied.world.target.signal({ role: 'server', slot: 1 }, 'SIGHUP', copied.world.ctx)
  expect(await failureOf(signalled)).toMatchObject({ code: 'MQOPS_UNREACHABLE' })
  await copied.world.target.stop(copied.nodes, copied.world.ctx)
  await copied.world.target.destroy(copied.nodes, copied.world.ctx)
  expect(toysIn(folder)).toEqual(running)
  expect((await states(world, nodes)).map((one) => [one.running !== null, one.problem])).toEqual([
    [true, undefined],
    [true, undefined],
  ])
  expect(existsSync(join(other, '.mqops-local'))).toBe(false)
})

test('what members share ends with the last of them, not with a copy of their folder', async () => {
  const marker = join(folder, 'after')
  for (const at of [folder, other])
    writeFileSync(join(at, 'bin/after'), `#!/bin/sh\necho ended >>${marker}\n`, { mode: 0o755 })
  const more = { afterLast: { argv: ['after'], env: {} } }
  await deploy(folder, {}, more)
  copy()
  const { world, allocation } = await opened()
  await world.target.stop(nodesOf(allocation, {}, more), world.ctx)
  expect(existsSync(marker)).toBe(false)
})

test('a copy of a stopped cluster is a cluster: it starts where the original does not run', async () => {
  const { world, nodes } = await deploy(folder)
  await world.target.stop(nodes, world.ctx)
  copy()
  const copied = await opened()
  await copied.world.target.converge(copied.nodes, 'start', noFormat, copied.world.ctx)
  expect(toysIn(other)).toHaveLength(2)
  // The original finds its ports in use, and says by whom.
  expect(await failureOf(world.target.converge(nodes, 'start', noFormat, world.ctx))).toMatchObject({
    code: 'MQOPS_PORT_TAKEN',
  })
  await copied.world.target.stop(copied.nodes, copied.world.ctx)
})

test('moved while it runs: still ours, said so, and right after stop and start', async () => {
  const { allocation } = await deploy(folder)
  renameSync(join(folder, '.mqops-local'), join(other, '.mqops-local'))
  const moved = await opened()
  const [state] = await states(moved.world, moved.nodes)
  expect(state?.running).not.toBeNull()
  expect(state?.problem).toBe(`its folder was moved while it ran, from ${homeOf(allocation)}: stop it, then start it`)
  await moved.world.target.stop(moved.nodes, moved.world.ctx)
  expect(toysIn(folder)).toEqual([])
  await moved.world.target.converge(moved.nodes, 'start', noFormat, moved.world.ctx)
  expect((await states(moved.world, moved.nodes))[0]?.problem).toBeUndefined()
})

test('a moved cluster keeps its ports from others', async () => {
  const { world, nodes, allocation } = await deploy(folder)
  await world.target.stop(nodes, world.ctx)
  renameSync(join(folder, '.mqops-local'), join(folder, 'elsewhere'))
  const moved = openWorld({ folder, options: { folder: 'elsewhere' } })
  const ours = nodesOf((await moved.target.allocation(moved.ctx)) as Allocation)
  await moved.target.converge(ours, 'start', noFormat, moved.ctx)
  await moved.target.stop(ours, moved.ctx)
  const second = openWorld({ folder, name: 'second' })
  const ports = (of: Allocation) => of.members.map((member) => member.ports['client'])
  const theirs = ports(await second.target.allocate(LAYOUT, second.ctx))
  expect(theirs.filter((port) => ports(allocation).includes(port))).toEqual([])
})

test('data that is removed before the first stop is missed too', async () => {
  const { world, allocation, nodes } = await deploy(folder)
  await until('it has written something', () => existsSync(join(homeOf(allocation), 'data/held')))
  await world.target.remember({ name: 'orders' } as never, world.ctx)
  rmSync(join(homeOf(allocation), 'data'), { recursive: true })
  expect((await states(world, nodes))[0]).toMatchObject({ problem: 'its data is gone', running: expect.anything() })
  for (const pid of toysIn(folder)) process.kill(pid, 'SIGKILL')
  await until('both have ended', async () => (await states(world, nodes)).every(({ running }) => running === null))
  expect(await failureOf(world.target.converge(nodes, 'start', noFormat, world.ctx))).toMatchObject({
    code: 'MQOPS_DATA_MISSING',
  })
  expect(readFileSync(join(homeOf(allocation, 2), 'data/held'), 'utf8')).toBe('x')
})
