import { createPrivateKey, X509Certificate } from 'node:crypto'
import { existsSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Layout } from '../../../src/model/member.ts'
import { FIRST_PORT, LAYOUT, cleanUp, failureOf, listenOn, openWorld, scratch, startChild } from './support.ts'

vi.setConfig({ testTimeout: 120_000 }) // real processes, on machines that may be busy

let folder: string
beforeEach(() => {
  folder = scratch()
})
afterEach(() => cleanUp(folder))

const nth = (i: number): number => FIRST_PORT + i
const root = () => join(folder, '.mqops-local/orders')

test('allots ids, ports, secrets and certificates, and says the same again', async () => {
  const { target, ctx } = openWorld({ folder })
  expect(await target.allocation(ctx)).toBeNull()
  const made = await target.allocate(LAYOUT, ctx)
  expect(made.clusterId).toMatch(/^[\w][\w-]{21}$/)
  expect(made.members.map((m) => m.ports['client'])).toEqual([0, 1].map(nth))
  expect(new Set(made.members.map((m) => m.incarnation)).size).toBe(2)
  expect(made.members[0]?.paths).toEqual({
    home: `${root()}/members/server-1`,
    data: `${root()}/members/server-1/data`,
    logs: `${root()}/members/server-1/logs`,
  })
  expect(Object.keys(made.secrets).sort()).toEqual(['admin', 'tls/ca.crt', 'tls/toy-1.crt', 'tls/toy-1.key'])
  expect(await target.allocate(LAYOUT, ctx)).toEqual(made)
  expect(await openWorld({ folder }).target.allocation(ctx)).toEqual(made)
})

test('completes what the layout has added, and changes nothing that stands', async () => {
  const { target, ctx } = openWorld({ folder })
  const first = await target.allocate(LAYOUT, ctx)
  const password = await target.secret('admin', ctx)
  const more: Layout = {
    members: [
      ...LAYOUT.members.map((m) => ({ ...m, ports: ['client', 'metrics'] })),
      { role: 'server', slot: 3, ports: ['client'] },
    ],
    secrets: ['admin', 'app'],
    certificates: [...LAYOUT.certificates, { name: 'toy-3', commonName: 'toy-3', organizationalUnit: 'toy' }],
  }
  const second = await target.allocate(more, ctx)
  expect(second.clusterId).toBe(first.clusterId)
  expect(second.members.slice(0, 2).map((m) => [m.incarnation, m.ports['client']])).toEqual(
    first.members.map((m) => [m.incarnation, m.ports['client']]),
  )
  const ports = second.members.flatMap((m) => Object.values(m.ports))
  expect(new Set(ports).size).toBe(5)
  expect(await target.secret('admin', ctx)).toBe(password)
  expect(second.certificates[0]).toEqual(first.certificates[0])
  expect(second.certificates).toHaveLength(2)
})

test('what was lost beside allocation.json is missing, and made anew', async () => {
  const { target, ctx } = openWorld({ folder })
  await target.allocate(LAYOUT, ctx)
  rmSync(join(root(), 'secrets'), { recursive: true })
  const partly = await target.allocation(ctx)
  expect(Object.keys(partly?.secrets ?? {})).toEqual(['tls/ca.crt'])
  expect(partly?.certificates).toEqual([])
  expect(await failureOf(target.secret('admin', ctx))).toMatchObject({ code: 'MQOPS_SECRET_MISSING' })
  expect(Object.keys((await target.allocate(LAYOUT, ctx)).secrets)).toHaveLength(4)
})

test('nobody but the owner can read any of it', async () => {
  const { target, ctx } = openWorld({ folder })
  const umask = process.umask(0)
  try {
    await target.allocate(LAYOUT, ctx)
  } finally {
    process.umask(umask)
  }
  for (const entry of readdirSync(root(), { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name)
    if (entry.name === 'lock') continue // empty, in a folder that is closed
    expect([path, (statSync(path).mode & 0o777).toString(8)]).toEqual([path, entry.isDirectory() ? '700' : '600'])
  }
  expect((statSync(root()).mode & 0o777).toString(8)).toBe('700')
  expect(readFileSync(join(root(), '.gitignore'), 'utf8')).toBe('*\n')
})

test('certificates speak for the member, are signed by the cluster, and are renewed under their name', async () => {
  const { target, ctx } = openWorld({ folder })
  const made = await target.allocate(LAYOUT, ctx)
  const authority = new X509Certificate(await target.secret('tls/ca.crt', ctx))
  const before = new X509Certificate(await target.secret('tls/toy-1.crt', ctx))
  expect(before.subject).toBe('CN=toy-1\nOU=toy')
  expect(before.checkHost('localhost')).toBe('localhost')
  expect(before.checkIP('127.0.0.1')).toBe('127.0.0.1')
  expect(before.verify(authority.publicKey)).toBe(true)
  expect(before.checkPrivateKey(createPrivateKey(await target.secret('tls/toy-1.key', ctx)))).toBe(true)
  expect(made.certificates[0]?.notAfter).toBe(Date.parse(before.validTo))
  expect(Math.round(((made.certificates[0]?.notAfter ?? 0) - Date.now()) / 86_400_000)).toBe(398)

  await target.renew(['toy-1'], ctx)
  const after = new X509Certificate(await target.secret('tls/toy-1.crt', ctx))
  expect(after.serialNumber).not.toBe(before.serialNumber)
  expect(after.verify(authority.publicKey)).toBe(true)
  expect(after.checkPrivateKey(createPrivateKey(await target.secret('tls/toy-1.key', ctx)))).toBe(true)
  expect(await failureOf(target.renew(['nobody'], ctx))).toMatchObject({ code: 'MQOPS_SECRET_MISSING' })
})

test("the authority's key and the key of digests are no secrets that one can ask for", async () => {
  const { target, ctx } = openWorld({ folder })
  await target.allocate(LAYOUT, ctx)
  for (const name of [
    'tls/ca.key',
    '../digest.key',
    '../ca/authority.pem',
    '/etc/hostname',
    'tls/../../digest.key',
    '',
  ]) {
    expect(await failureOf(target.secret(name, ctx))).toMatchObject({ code: 'MQOPS_SECRET_MISSING' })
  }
})

test('keyed digests tell equal from changed, here only', async () => {
  const one = openWorld({ folder })
  const two = openWorld({ folder, name: 'other' })
  for (const world of [one, two]) {
    await world.target.allocate(LAYOUT, world.ctx)
    world.secrets.set('env:APP', 'secret')
  }
  const ref = { secretRef: { env: 'APP' } }
  const digest = await one.target.keyedDigest(ref, one.ctx)
  expect(digest).not.toContain('secret')
  expect(await one.target.keyedDigest(ref, one.ctx)).toBe(digest)
  expect(await two.target.keyedDigest(ref, two.ctx)).not.toBe(digest)
  one.secrets.set('env:APP', 'other')
  expect(await one.target.keyedDigest(ref, one.ctx)).not.toBe(digest)
  expect(await one.target.keyedDigest({ secretRef: { generated: 'admin' } }, one.ctx)).toMatch(/^hmac-sha256:/)
})

test('ports: another cluster, a listener and another process at the same time get none twice', async () => {
  const busy = await listenOn(FIRST_PORT + 1)
  const children = [1, 2, 3].map((i) => startChild('allocate', { folder, name: `child${i}` }))
  const { target, ctx } = openWorld({ folder })
  await target.allocate(LAYOUT, ctx)
  await Promise.all(children.map((child) => child.ended))
  await busy.close()
  const worlds = ['orders', 'child1', 'child2', 'child3'].map((name) => openWorld({ folder, name }))
  const all = await Promise.all(worlds.map((world) => world.target.allocation(world.ctx)))
  const ports = all.flatMap((allocation) => allocation?.members.map((m) => m.ports['client']) ?? [])
  expect(ports.toSorted()).toEqual([0, 2, 3, 4, 5, 6, 7, 8].map(nth))
})

test('ports of a cluster that was deleted by hand are free again; a lost register takes none away', async () => {
  const one = openWorld({ folder, name: 'one' })
  const first = await one.target.allocate(LAYOUT, one.ctx)
  rmSync(join(folder, 'cache'), { recursive: true })
  expect(await one.target.allocate(LAYOUT, one.ctx)).toEqual(first) // and registers it again
  const two = openWorld({ folder, name: 'two' })
  expect((await two.target.allocate(LAYOUT, two.ctx)).members.map((m) => m.ports['client'])).toEqual([2, 3].map(nth))
  rmSync(join(folder, '.mqops-local/one'), { recursive: true })
  const three = openWorld({ folder, name: 'three' })
  expect((await three.target.allocate(LAYOUT, three.ctx)).members.map((m) => m.ports['client'])).toEqual(
    [0, 1].map(nth),
  )
})

test('a range that is too small, or reaches into the outgoing ports, is refused', async () => {
  const { target, ctx } = openWorld({ folder, options: { portRange: `${nth(40)}-${nth(40)}` } })
  expect(await failureOf(target.allocate(LAYOUT, ctx))).toMatchObject({
    code: 'MQOPS_PORT_TAKEN',
    summary: `${nth(40)}-${nth(40)} has only 1 of 2 free ports`,
  })
  for (const portRange of ['30000-40000', '5-9', '3000', '24010-24000']) {
    expect(() => openWorld({ folder, options: { portRange } })).toThrow(/write FROM-TO/)
  }
  expect(() => openWorld({ folder, options: { ports: '1' } })).toThrow(/ports/)
})

test('a folder that holds something else is left alone', async () => {
  const { target, ctx } = openWorld({ folder, name: 'bin', options: { folder: '.' } })
  expect(await failureOf(target.allocate(LAYOUT, ctx))).toMatchObject({ code: 'MQOPS_NOT_OURS' })
  expect(existsSync(join(folder, 'bin/.gitignore'))).toBe(false)
})

test('the spec last applied is remembered', async () => {
  const { target, ctx } = openWorld({ folder })
  expect(await target.recall(ctx)).toBeNull()
  const spec = { name: 'orders' } as never
  await target.remember(spec, ctx)
  expect(await openWorld({ folder }).target.recall(ctx)).toEqual(spec)
})

test('a newer format and a broken file are refused, not guessed', async () => {
  const { target, ctx } = openWorld({ folder })
  await target.allocate(LAYOUT, ctx)
  const file = join(root(), 'allocation.json')
  const text = readFileSync(file, 'utf8')
  writeFileSync(file, text.replace('"v": 1', '"v": 2'))
  expect(await failureOf(target.allocation(ctx))).toMatchObject({ code: 'MQOPS_STATE_VERSION' })
  writeFileSync(file, text.slice(0, 40))
  expect(await failureOf(target.allocate(LAYOUT, ctx))).toMatchObject({ code: 'MQOPS_STATE_CORRUPT' })
})
