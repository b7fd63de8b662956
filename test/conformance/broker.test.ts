import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { createApplication } from '../../src/compose.ts'
import { memberKey } from '../../src/model/member.ts'
import { yes } from '../../src/model/plan.ts'
import type { ClusterSpec } from '../../src/model/spec.ts'
import type { Broker } from '../../src/ports/broker.ts'
import type { MemberHealth } from '../../src/ports/session.ts'
import { seeded, simulatedContext, VirtualClock } from '../support/clock.ts'
import { allot } from '../support/fake-allocation.ts'
import { fakeBroker } from '../support/fake-broker.ts'
import { FakeCluster, fakeSpec } from '../support/fake-cluster.ts'

type Known = { readonly broker: Broker; readonly spec: ClusterSpec }
const folders: string[] = []
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

const fake = async (): Promise<Known> => ({ broker: fakeBroker, spec: fakeSpec('suite', { members: 3 }) })

const real = (kind: string, fields: object) => async (): Promise<Known> => {
  const folder = mkdtempSync(join(tmpdir(), 'mqops-broker-'))
  folders.push(folder)
  const document = { apiVersion: 'mqops/v1', kind, metadata: { name: 'suite' }, spec: fields }
  writeFileSync(join(folder, 'mqops.yaml'), JSON.stringify(document))
  const { clusters, failures } = await (await createApplication({ cwd: folder, env: process.env })).load([])
  expect(failures).toEqual([])
  const { brokers } = await import('../../src/brokers/registry.ts')
  return { broker: brokers.find((one) => one.kind === kind) as Broker, spec: clusters[0] as ClusterSpec }
}

const BROKERS: readonly { name: string; open: () => Promise<Known>; leads: boolean }[] = [
  { name: 'fake', open: fake, leads: true },
  { name: 'Kafka', open: real('Kafka', {}), leads: true },
  { name: 'Nats', open: real('Nats', { members: 3 }), leads: true },
  { name: 'RabbitMQ', open: real('RabbitMQ', { members: 3 }), leads: false },
]

// What a broker says without being asked: the pure part of the port.
describe.each(BROKERS)('broker: $name', ({ open, leads }) => {
  const allotted = async () => {
    const { broker, spec } = await open()
    const layout = broker.layout(spec)
    const ctx = simulatedContext(new VirtualClock(), seeded(1), new AbortController().signal)
    return { broker, spec, layout, allocation: allot(new FakeCluster(), spec.name, layout, ctx) }
  }

  it('takes specs of its kind, and finds nothing wrong in a good one', async () => {
    const { broker, spec } = await open()
    expect(spec).toEqual({
      broker: broker.kind,
      name: 'suite',
      labels: {},
      version: broker.defaultVersion,
      target: { name: expect.stringMatching(/./), options: expect.any(Object) },
      security: { tls: expect.any(Boolean) },
      folder: expect.stringMatching(/^\//),
      fields: expect.any(Object),
    })
    expect(broker.check(spec)).toEqual([])
    expect(broker).toMatchObject({
      software: expect.stringMatching(/^[a-z]+$/),
      defaultVersion: expect.stringMatching(/^\d+\.\d+$/),
      fields: expect.any(Object),
      hashes: expect.any(Object),
      starter: expect.any(String),
      formats: expect.any(Array),
    })
  })

  it('lays out each member once, and writes each down the same each time', async () => {
    const { broker, spec, layout, allocation } = await allotted()
    expect(layout.members.map(({ slot }) => slot)).toEqual([1, 2, 3])
    const nodes = broker.nodes(spec, allocation)
    expect(broker.nodes(spec, allocation)).toEqual(nodes)
    expect(nodes.map(({ member }) => memberKey(member))).toEqual(allocation.members.map(memberKey))
    expect(new Set(nodes.map(({ name }) => name)).size).toBe(3)
    for (const [i, { files, ...node }] of nodes.entries()) {
      expect(node).toMatchObject({
        name: expect.stringMatching(/^[a-z]+-\d$/),
        software: { name: broker.software, version: spec.version },
        env: expect.any(Object),
        ports: expect.any(Object),
        ready: { port: expect.stringMatching(new RegExp(`^(${Object.keys(node.ports).join('|')})$`)) },
        logs: expect.any(Array),
        stopSignal: expect.stringMatching(/^SIG/),
        stopGraceMs: expect.any(Number),
        size: { memoryBytes: expect.any(Number), diskBytes: expect.any(Number) },
      })
      expect(allocation.members[i]?.ports).toMatchObject(node.ports)
      expect(node.argv[0]).toMatch(/^[a-z-]+$/)
      expect(Object.keys(files).length).toBeGreaterThan(0)
      for (const { apply } of Object.values(files)) expect(['reload', 'restart', 'first-start']).toContain(apply)
    }
    for (const member of allocation.members) expect(broker.format(spec, allocation, member)).toEqual(expect.any(Object))
    expect(broker.refuse({ allocation, files: {} }, { spec, layout })).toEqual([])
  })

  it('tells clients how to reach it', async () => {
    const { broker, spec, allocation } = await allotted()
    const access = broker.access(spec, allocation)
    expect(access.tls).toBe(spec.security.tls)
    expect(access.endpoints['client']?.length).toBeGreaterThan(0)
    for (const endpoint of Object.values(access.endpoints).flat()) expect(endpoint).toMatch(/^[\w.]+:\d+$/)
    const { file, render } = broker.client(spec, access)
    expect(file).toMatch(/^[\w.-]+$/)
    expect(render({ user: 'u', password: 'p', caFile: null })).toEqual(expect.any(String))
  })

  it('restarts first who is down, and last who leads', async () => {
    const { broker, layout } = await allotted()
    const { role } = layout.members[0] as (typeof layout.members)[number]
    const health = (slot: number, up: boolean, leader: boolean): MemberHealth => ({
      role,
      slot,
      up,
      leader,
      mayStop: yes,
    })
    const order = (...members: readonly MemberHealth[]) => broker.rollOrder(members).map(({ slot }) => slot)
    expect(order(health(3, true, false), health(1, true, false), health(2, false, false))).toEqual([2, 1, 3])
    expect(order(health(1, true, leads), health(3, true, false), health(2, true, false))).toEqual(
      leads ? [2, 3, 1] : [1, 2, 3],
    )
  })
})
