import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { seeded } from '../../support/clock.ts'
import { LAYOUT, cleanUp, nodesOf, openWorld, scratch, startChild, toysIn, until } from './support.ts'

vi.setConfig({ testTimeout: 120_000 }) // real processes, on machines that may be busy

/** kill -9 at any moment: never two processes of one member, never one that nobody knows, always a way to go on. */

let folder: string
beforeEach(() => {
  folder = scratch()
})
afterEach(() => cleanUp(folder))

const SEED = Number(process.env['SEED'] ?? Date.now() % 100_000)
const random = seeded(SEED)
/** The first member's start is written down: its shell is about to be born. Ended starts are older. */
async function startBegins(): Promise<void> {
  const slot = join(folder, '.mqops-local/orders/members/server-1/process')
  const deadline = performance.now() + 10_000
  while (!names(slot).some((name) => name.startsWith('start-') || !known.has(name))) {
    if (performance.now() > deadline) throw new Error('no start begins')
    await new Promise((resolve) => setImmediate(resolve))
  }
  for (const name of names(slot)) known.add(name.replace('start-', 'run-'))
}
const known = new Set<string>()
const names = (slot: string): readonly string[] => (existsSync(slot) ? readdirSync(slot) : [])

const ROUNDS = Number(process.env['CRASH_ROUNDS'] ?? 4)

test(`a starter killed at random moments (SEED=${SEED})`, async () => {
  const world = openWorld({ folder })
  const nodes = nodesOf(await world.target.allocate(LAYOUT, world.ctx))
  const places = nodes.map((node) => node.member)
  for (let round = 0; round < ROUNDS; round++) {
    const child = startChild('start', { folder })
    await startBegins()
    await delay(random() * 20)
    await child.kill()

    // Whatever it left: going on ends with exactly one process for each member, all of them known.
    await world.target.converge(nodes, 'start', () => ({}), world.ctx)
    await until('each member has one process', () => toysIn(folder).length === 2)
    const states = await world.target.observe(places, world.ctx)
    expect(states.every((state) => state.running)).toBe(true)
    for (const name of names(join(folder, '.mqops-local/orders/members/server-1/process'))) known.add(name)
    await world.target.stop(nodes, world.ctx)
    expect(toysIn(folder)).toEqual([])
  }
})

test(`a starter killed, and then a stop: nothing comes to life afterwards (SEED=${SEED})`, {
  timeout: 120_000,
}, async () => {
  const world = openWorld({ folder })
  const allocation = await world.target.allocate(LAYOUT, world.ctx)
  for (let round = 0; round < ROUNDS; round++) {
    const child = startChild('start', { folder })
    await startBegins()
    await delay(random() * 20)
    await child.kill()
    await world.target.stop(nodesOf(allocation), world.ctx)
    await delay(30) // a shell that is late gets its chance to be wrong
    expect(toysIn(folder)).toEqual([])
  }
})

test('two starters at once make one process for each member', async () => {
  const world = openWorld({ folder })
  await world.target.allocate(LAYOUT, world.ctx)
  const children = [1, 2, 3].map(() => startChild('start', { folder }))
  await Promise.all(children.map((child) => child.ended))
  expect(children.map((child) => child.said())).toEqual(['go\nstarted\n', 'go\nstarted\n', 'go\nstarted\n'])
  expect(toysIn(folder)).toHaveLength(2)
})

test(`an allocation killed at random moments goes on to one result (SEED=${SEED})`, async () => {
  for (let round = 0; round < ROUNDS; round++) {
    const name = `c${round}`
    const child = startChild('allocate', { folder, name })
    await until('it is at work', () => child.said().includes('go'))
    await delay(random() * 60)
    await child.kill()
    const world = openWorld({ folder, name })
    const partly = await world.target.allocation(world.ctx)
    const whole = await world.target.allocate(LAYOUT, world.ctx)
    if (partly) expect(whole).toMatchObject({ clusterId: partly.clusterId, members: partly.members })
    expect(Object.keys(whole.secrets).sort()).toEqual(['admin', 'tls/ca.crt', 'tls/toy-1.crt', 'tls/toy-1.key'])
    expect(readdirSync(join(folder, '.mqops-local', name)).filter((entry) => entry.endsWith('.new'))).toEqual([])
  }
  const all = await Promise.all(
    Array.from({ length: ROUNDS }, (_, i) => openWorld({ folder, name: `c${i}` })).map((world) =>
      world.target.allocation(world.ctx),
    ),
  )
  const ports = all.flatMap((allocation) => allocation?.members.flatMap((member) => Object.values(member.ports)) ?? [])
  expect(new Set(ports).size).toBe(ROUNDS * 2) // none was allotted twice
})

test(`a destroy killed at random moments goes on to nothing left (SEED=${SEED})`, async () => {
  for (let round = 0; round < ROUNDS; round++) {
    const world = openWorld({ folder })
    const nodes = nodesOf(await world.target.allocate(LAYOUT, world.ctx))
    await world.target.converge(nodes, 'start', () => ({}), world.ctx)
    const child = startChild('destroy', { folder })
    await until('it is at work', () => child.said().includes('go'))
    await delay(random() * 200)
    await child.kill()
    // As long as the cluster is known, so is what is left of it: the engine begins again.
    const known = await world.target.allocation(world.ctx)
    if (!known) expect(names(join(folder, '.mqops-local/orders/members'))).toEqual([])
    await world.target.destroy(known ? nodes : [], world.ctx)
    expect(toysIn(folder)).toEqual([])
    expect(existsSync(join(folder, '.mqops-local'))).toBe(false)
  }
})
