import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { NodeSpec } from '../../../src/model/member.ts'
import { deploy, homeOf, noFormat, states } from './deployed.ts'
import { LAYOUT, cleanUp, failureOf, nodesOf, openWorld, scratch } from './support.ts'

vi.setConfig({ testTimeout: 120_000 }) // real processes, on machines that may be busy

let folder: string
beforeEach(() => {
  folder = scratch()
})
afterEach(() => cleanUp(folder))

test('a running member has taken up the files of its start, whatever stands on its disk now', async () => {
  const { world, allocation, nodes } = await deploy(folder)
  const changed = nodesOf(allocation, { more: 1 })
  await world.target.converge(changed, 'reload', noFormat, world.ctx)
  const [state] = await states(world, nodes)
  expect(state?.files['toy.json']).toContain('more')
  expect(state?.running?.files['toy.json']).not.toContain('more')

  await world.target.converge(changed, 'restart', noFormat, world.ctx)
  const [after] = await states(world, nodes)
  expect(after?.running?.files).toEqual(after?.files)
})

test('acknowledge takes up reload-class files only', async () => {
  const { world, allocation } = await deploy(folder)
  const files = (text: string): NodeSpec['files'] => ({
    'toy.json': { text: [JSON.stringify({ port: allocation.members[0]?.ports['client'], text })], apply: 'restart' },
    'users.conf': { text: [text], apply: 'reload' },
    'first.conf': { text: [text], apply: 'first-start' },
  })
  const node = (text: string) => ({ ...(nodesOf(allocation)[0] as NodeSpec), files: files(text) })
  await world.target.converge([node('a')], 'restart', noFormat, world.ctx)
  await world.target.converge([node('b')], 'reload', noFormat, world.ctx)
  expect((await states(world, [node('b')]))[0]?.running?.files).toMatchObject({ 'users.conf': 'a', 'first.conf': 'b' })

  await world.target.acknowledge(node('b'), world.ctx)
  const [state] = await states(world, [node('b')])
  expect(state?.running?.files['users.conf']).toBe('b')
  expect(state?.running?.files['toy.json']).toContain('"a"')
})

test('secrets are filled in on disk, stay references elsewhere, and are noticed when they change', async () => {
  const { world, allocation } = await deploy(folder)
  world.secrets.set('env:APP', 'first-secret')
  const hole = { secretRef: { env: 'APP' } }
  const node: NodeSpec = {
    ...(nodesOf(allocation)[0] as NodeSpec),
    files: {
      'toy.json': { text: [JSON.stringify({ port: allocation.members[0]?.ports['client'] })], apply: 'restart' },
      'users.conf': { text: ['plain ', hole, ' hash ', { ...hole, as: 'upper', salt: 's:' }, '\n'], apply: 'reload' },
    },
  }
  await world.target.converge([node], 'restart', noFormat, world.ctx)
  const path = join(homeOf(allocation), 'users.conf')
  expect(readFileSync(path, 'utf8')).toBe('plain first-secret hash s:FIRST-SECRET\n')
  expect(statSync(path).mode & 0o777).toBe(0o600)
  const [state] = await states(world, [node])
  expect(state?.files['users.conf']).toBe('plain ${secretRef:env:APP} hash ${secretRef:env:APP|upper|s:}\n')
  expect(state?.staleSecrets).toEqual([])

  world.secrets.set('env:APP', 'second-secret')
  expect((await states(world, [node]))[0]?.staleSecrets).toEqual(['users.conf'])
  await world.target.converge([node], 'reload', noFormat, world.ctx)
  const [written] = await states(world, [node])
  expect(written?.staleSecrets).toEqual([])
  // The process knows the old one until it is told: a crash before that must not look like success.
  expect(written?.running?.files['users.conf']).not.toBe(written?.files['users.conf'])
  await world.target.acknowledge(node, world.ctx)
  const [told] = await states(world, [node])
  expect(told?.running?.files).toEqual(told?.files)

  world.secrets.delete('env:APP')
  expect((await states(world, [node]))[0]?.staleSecrets).toEqual([])
})

test('a file that was edited by hand is not what was rendered, and is written again', async () => {
  const { world, allocation, nodes } = await deploy(folder)
  writeFileSync(join(homeOf(allocation), 'toy.json'), '{"port":1}')
  const [state] = await states(world, nodes)
  expect(state?.files['toy.json']).toContain('changed on disk')
  expect(state?.files['toy.json']).not.toContain('{"port":1}')
  await world.target.converge(nodes, 'reload', noFormat, world.ctx)
  expect((await states(world, nodes))[0]?.files['toy.json']).not.toContain('changed on disk')
})

test('what a member may have taken up of an edited file is not known until it says so', async () => {
  const { world, allocation } = await deploy(folder)
  const [first] = nodesOf(allocation) as [NodeSpec]
  const node = { ...first, files: { ...first.files, 'users.conf': { text: ['ours'], apply: 'reload' as const } } }
  await world.target.converge([node], 'restart', noFormat, world.ctx)
  writeFileSync(join(homeOf(allocation), 'users.conf'), 'theirs')
  await world.target.converge([node], 'reload', noFormat, world.ctx)
  const [written] = await states(world, [node])
  expect(written?.files['users.conf']).toBe('ours')
  expect(written?.running?.files['users.conf']).not.toBe('ours')
  expect(written?.running?.files['toy.json']).toBe(written?.files['toy.json'])
  await world.target.acknowledge(node, world.ctx)
  expect((await states(world, [node]))[0]?.running?.files['users.conf']).toBe('ours')
})

test('first files go into an empty data folder only', async () => {
  const world = openWorld({ folder })
  const allocation = await world.target.allocate(LAYOUT, world.ctx)
  const nodes = nodesOf(allocation).slice(0, 1)
  const meta = join(homeOf(allocation), 'data/meta/properties')
  await world.target.converge(nodes, 'start', () => ({ 'meta/properties': 'first' }), world.ctx)
  expect(readFileSync(meta, 'utf8')).toBe('first')
  await world.target.converge(nodes, 'restart', () => ({ 'meta/properties': 'second' }), world.ctx)
  expect(readFileSync(meta, 'utf8')).toBe('first')
})

test('a member whose data is gone does not come back under its old identity', async () => {
  const { world, allocation, nodes } = await deploy(folder)
  await world.target.stop(nodes, world.ctx)
  rmSync(join(homeOf(allocation), 'data'), { recursive: true })
  expect((await states(world, nodes))[0]?.problem).toBe('its data is gone')
  expect(await failureOf(world.target.converge(nodes, 'start', noFormat, world.ctx))).toMatchObject({
    code: 'MQOPS_DATA_MISSING',
  })

  rmSync(homeOf(allocation), { recursive: true })
  expect((await states(world, nodes))[0]).toEqual({
    role: 'server',
    slot: 1,
    files: {},
    running: null,
    staleSecrets: [],
    version: '',
    problem: 'its folder is missing',
  })
  expect(await failureOf(world.target.converge(nodes.slice(0, 1), 'start', noFormat, world.ctx))).toMatchObject({
    code: 'MQOPS_DATA_MISSING',
  })
})

test('a member that was never built is simply not there', async () => {
  const world = openWorld({ folder })
  const state = { role: 'server', slot: 1, files: {}, running: null, staleSecrets: [], version: '' }
  expect(await world.target.observe([{ role: 'server', slot: 1 }], world.ctx)).toEqual([state])
  expect(existsSync(join(folder, '.mqops-local'))).toBe(false) // looking makes nothing
})
