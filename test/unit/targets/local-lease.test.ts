import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { LAYOUT, LEASE_TTL_MS, cleanUp, failureOf, leaseOf, openWorld, scratch, startChild, until } from './support.ts'

vi.setConfig({ testTimeout: 120_000 }) // real processes, on machines that may be busy

let folder: string
beforeEach(() => {
  folder = scratch()
})
afterEach(() => cleanUp(folder))

const leaseFile = () => join(folder, '.mqops-local/orders/lease.json')

test('one holder; the next one is told who, and gets a higher epoch afterwards', async () => {
  const world = openWorld({ folder })
  await world.target.allocate(LAYOUT, world.ctx)
  const first = await leaseOf(world, 'alice@here')
  const failure = await failureOf(leaseOf(world, 'bob@here'))
  expect(failure).toMatchObject({ code: 'MQOPS_LOCKED', retryable: true })
  expect(failure.summary).toContain(`alice@here (pid ${process.pid} on here) since 20`)
  await first.renew()
  await first.release()
  const second = await leaseOf(world, 'bob@here')
  expect(second.epoch).toBe(first.epoch + 1)
  await second.release()
})

test('another process holds it as long as it lives, and not a moment longer', async () => {
  const child = startChild('hold', { folder, holder: 'child@here' })
  await until('the child holds it', () => child.said().includes('held 1'))
  const world = openWorld({ folder })
  expect((await failureOf(leaseOf(world, 'me'))).summary).toContain('child@here')
  await child.kill()
  expect((await leaseOf(world, 'me')).epoch).toBe(2)
})

test("clocks don't matter between processes of one machine", async () => {
  const child = startChild('hold', { folder, holder: 'child@here' })
  await until('the child holds it', () => child.said().includes('held'))
  for (const jump of [-1e12, -LEASE_TTL_MS * 2, LEASE_TTL_MS * 2, 1e12]) {
    const world = openWorld({ folder, now: () => Date.now() + jump })
    expect(await failureOf(leaseOf(world, 'me'))).toMatchObject({ code: 'MQOPS_LOCKED' })
  }
  await child.kill()
  const world = openWorld({ folder, now: () => Date.now() - 1e12 })
  await leaseOf(world, 'me')
})

test('a holder on another machine is believed until its time is over', async () => {
  const there = openWorld({ folder, hostname: 'there' })
  const lost = await leaseOf(there, 'carol@there')
  const here = openWorld({ folder })
  expect((await failureOf(leaseOf(here, 'me'))).summary).toContain('carol@there')
  const later = openWorld({ folder, now: () => Date.now() + LEASE_TTL_MS + 1000 })
  const mine = await leaseOf(later, 'me')
  expect(await failureOf(lost.renew())).toMatchObject({ code: 'MQOPS_LEASE_LOST' })
  await lost.release() // takes nothing from the new holder
  await mine.renew()
})

test('exclusion holds between processes that take turns', async () => {
  writeFileSync(join(folder, 'count'), '0')
  const world = openWorld({ folder })
  await world.target.allocate(LAYOUT, world.ctx)
  const children = [1, 2, 3].map(() => startChild('count', { folder }))
  expect(await Promise.all(children.map((child) => child.ended))).toEqual([0, 0, 0])
  expect(readFileSync(join(folder, 'count'), 'utf8')).toBe('75')
  expect((await leaseOf(world, 'me')).epoch).toBe(76)
})

test('exclusion holds where the folder comes and goes with its lease', async () => {
  writeFileSync(join(folder, 'count'), '0')
  const children = [1, 2, 3].map(() => startChild('count', { folder }))
  const codes = await Promise.all(children.map((child) => child.ended))
  expect([codes, children.map((child) => child.said())]).toEqual([
    [0, 0, 0],
    ['', '', ''],
  ])
  expect(readFileSync(join(folder, 'count'), 'utf8')).toBe('75')
  expect(existsSync(join(folder, '.mqops-local'))).toBe(false)
})

test('a lease outlives the cluster that it destroys, and takes the folder with it', async () => {
  const world = openWorld({ folder })
  const lease = await leaseOf(world, 'me')
  await world.target.allocate(LAYOUT, world.ctx)
  await world.target.destroy([], world.ctx)
  expect(await world.target.allocation(world.ctx)).toBeNull()
  await lease.renew()
  expect(await failureOf(leaseOf(world, 'you'))).toMatchObject({ code: 'MQOPS_LOCKED' })
  await lease.release()
  expect(existsSync(join(folder, '.mqops-local'))).toBe(false)
})

test('a lease whose folder is gone is lost, and can be given back', async () => {
  const world = openWorld({ folder })
  const lease = await leaseOf(world, 'me')
  expect(existsSync(leaseFile())).toBe(true)
  rmSync(join(folder, '.mqops-local'), { recursive: true })
  expect(await failureOf(lease.renew())).toMatchObject({ code: 'MQOPS_LEASE_LOST' })
  await lease.release()
})
