import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import tls from 'node:tls'
import { Connection, describeQuorumV1, incrementalAlterConfigsV1, metadataV12 } from '@platformatic/kafka'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createCertificateAuthority } from '../../src/adapters/pki/index.ts'
import { ended, plainClient, processesOf, Project } from './project.ts'

/** Kafka with controllers apart from brokers: what goes one by one, in what order, and what waits for what. */
const POOLS = (config = '') => `apiVersion: mqops/v1
kind: Kafka
metadata: { name: e2e-pools }
spec:
  memory: 128MiB
  pools:
    controllers: { roles: [controller], members: 3 }
    brokers: { roles: [broker], members: 3 }
  config: { replica.fetch.max.bytes: 1${config} }
  topics:
    orders: { partitions: 1, replicas: 3, config: { min.insync.replicas: 2 } }
    notes: { partitions: 1, replicas: 1 }
  users:
    shop: { acls: [{ topic: orders, allow: [read, write, describe, delete] }, { group: 'witness*', allow: [read] }] }
`
const CONTROLLERS = [1, 2, 3]
const BROKERS = [4, 5, 6]
const MEMBERS = [...CONTROLLERS, ...BROKERS]
const DAY_MS = 86_400_000
const CERT = '-----BEGIN CERTIFICATE-----'
const [BROKER, TOPIC, SET, UNSET] = [4, 2, 0, 1] as const // of the protocol

type Step = { action: string; address: string; reason: string }
type Journalled = { id: string; action: string; address: { key: string[] } }
type Event = {
  type: string
  at: number
  plan?: { steps: Journalled[] }
  steps?: string[]
  outcomes?: { step: string }[]
}

const project = new Project()
const at = (...path: string[]) => join(project.folder, '.mqops-local', 'e2e-pools', ...path)
const roleOf = (slot: number) => (CONTROLLERS.includes(slot) ? 'controller' : 'broker')
const pid = (slot: number): number =>
  processesOf(at('members', `${roleOf(slot)}-${slot}`)).find(({ leads }) => leads)?.pid ?? 0
const portsOf = (slot: number): Record<string, number> =>
  (
    JSON.parse(readFileSync(at('allocation.json'), 'utf8')) as {
      members: { slot: number; ports: Record<string, number> }[]
    }
  ).members.find((member) => member.slot === slot)?.ports ?? {}

beforeAll(async () => {
  project.write(POOLS())
  await project.ok('apply', '--yes', '--no-verify')
})
afterAll(() => project.end())

/** A key and its certificate as mqops keeps them. */
const split = (pem: string) => ({ key: pem.slice(0, pem.indexOf(CERT)), cert: pem.slice(pem.indexOf(CERT)) })

/** One request of a client that is not mqops, as the cluster's administrator, at one port. */
async function ask<R>(port: number | undefined, call: (connection: Connection) => Promise<R>): Promise<R> {
  const { cert: ca } = split(readFileSync(at('ca', 'authority.pem'), 'utf8'))
  const connection = new Connection('stranger', { tls: { ca, ...administrator } })
  await connection.connect('127.0.0.1', port as number)
  try {
    return await call(connection)
  } finally {
    await connection.close()
  }
}
let administrator: { key: string; cert: string }
beforeAll(() => {
  administrator = split(readFileSync(at('secrets', 'tls%2Fadmin.pem'), 'utf8'))
})

const activeController = async (): Promise<number> => {
  const topics = [{ topicName: '__cluster_metadata', partitions: [{ partitionIndex: 0 }] }]
  const answer = await ask(portsOf(4)['internal'], (connection) => describeQuorumV1.api.async(connection, topics))
  return answer.topics[0]?.partitions[0]?.leaderId as number
}
const replicasOf = async (topic: string, broker: number) => {
  const named = [{ name: topic }]
  const answer = await ask(portsOf(broker)['internal'], (c) => metadataV12.api.async(c, named, false, false))
  const [partition] = answer.topics[0]?.partitions ?? []
  return { on: partition?.replicaNodes ?? [], inSync: partition?.isrNodes ?? [] }
}
const alter = (port: number | undefined, type: typeof BROKER | typeof TOPIC, name: string, settings: object) => {
  const configs = Object.entries(settings).map(([key, value]) =>
    value === null ? { name: key, configOperation: UNSET } : { name: key, configOperation: SET, value: String(value) },
  )
  const resource = { resourceType: type, resourceName: name, configs }
  return ask(port, (connection) => incrementalAlterConfigsV1.api.async(connection, [resource], false))
}
/** While it is slow, a follower that has fallen behind does not catch up. */
const replicate = (bytesPerSecond: number | null) =>
  Promise.all([
    ...BROKERS.map((slot) =>
      alter(portsOf(slot)['internal'], BROKER, String(slot), { 'follower.replication.throttled.rate': bytesPerSecond }),
    ),
    alter(portsOf(4)['internal'], TOPIC, 'orders', {
      'follower.replication.throttled.replicas': bytesPerSecond === null ? null : '*',
    }),
  ])

/** From intent to outcome, in the order of the last run's journal. */
async function windows() {
  const [run] = await project.json<{ run: string }[]>('runs', 'list')
  const { events } = await project.json<{ events: Event[] }>('runs', 'show', run?.run as string)
  const steps = events.flatMap((event) => event.plan?.steps ?? []).filter((step) => step.action === 'member.restart')
  const found = steps.map(({ id, address }) => ({
    slot: Number(address.key.at(-1)),
    from: events.find((event) => event.type === 'intent' && event.steps?.includes(id))?.at as number,
    to: events.find((event) => event.outcomes?.some(({ step }) => step === id))?.at as number,
  }))
  return found.sort((a, b) => a.from - b.from)
}

it('a static change goes controller by controller, the active one last, then broker by broker as the ISR allows', async () => {
  const connection = {
    ...(await project.json<object>('connect', 'e2e-pools', '--user', 'shop', '--show-secrets')),
    resource: { topic: 'orders' },
  }
  const before = MEMBERS.map(pid)
  expect(before.every((one) => one > 0)).toBe(true)
  const active = await activeController()
  const holder = (await replicasOf('notes', 4)).on[0] as number

  project.write(POOLS(', queued.max.requests: 400'))
  const { steps } = await project.json<{ steps: Step[] }>('plan')
  expect(steps.map(({ action }) => action)).toEqual(MEMBERS.map(() => 'member.restart'))
  const outages = steps.filter(({ reason }) => /can't be used while it restarts/.test(reason))
  expect(outages.map(({ address }) => address.split('/').at(-1))).toEqual([String(holder)])
  expect(outages[0]?.reason).toContain('notes (replicas 1, min.insync.replicas 1)')

  const log = join(project.folder, 'witness.log')
  const witness = plainClient('witness', 'Kafka', [log], connection)
  await new Promise((resolve) => witness.stdout?.once('data', resolve)) // it writes
  await replicate(1)
  const apply = project.spawn(['apply', '--yes', '--no-verify', '--json'])
  const ran = ended(apply)
  // The first broker is back, and behind. The second one may not go down before it has caught up.
  let lifted = 0
  for await (const line of createInterface({ input: apply.stdout as NodeJS.ReadableStream })) {
    if (lifted > 0 || !/too few in-sync replicas/.test(line)) continue
    const [first, second] = (await windows()).filter(({ slot }) => BROKERS.includes(slot))
    expect([first?.to, second?.from]).toEqual([expect.any(Number), undefined])
    const waiting = BROKERS.filter((slot) => slot !== first?.slot)
    expect((await replicasOf('orders', waiting[0] as number)).inSync).not.toContain(first?.slot)
    expect(waiting.map(pid)).toEqual(waiting.map((slot) => before[slot - 1]))
    lifted = Date.now()
    await replicate(null)
  }
  const { code, stderr } = await ran
  expect([code, stderr]).toEqual([0, expect.anything()])
  witness.stdin?.end()
  expect((await ended(witness)).code).toBe(0)

  const rolled = await windows()
  expect(rolled.map(({ slot }) => slot)).toEqual([...CONTROLLERS.filter((slot) => slot !== active), active, ...BROKERS])
  for (const [i, { slot, from }] of rolled.entries())
    expect(from, `restart of ${slot}`).toBeGreaterThanOrEqual(rolled[i - 1]?.to ?? 0)
  expect(lifted).toBeGreaterThan(rolled[3]?.to as number)
  expect(rolled[4]?.from).toBeGreaterThan(lifted)
  expect(MEMBERS.map(pid).filter((one) => one === 0 || before.includes(one))).toEqual([])
  const read = await ended(plainClient('read', 'Kafka', [log], connection))
  expect([read.code, read.stdout]).toEqual([0, expect.stringContaining('"lost": 0')])
  await project.ok('plan', '--detailed-exitcode')
})

/** Certificates of the cluster's own authority that end in so many ms, in place of the ones that mqops keeps. */
async function lasting(ms: number): Promise<ReadonlyMap<string, string>> {
  const { key, cert: certificate } = split(readFileSync(at('ca', 'authority.pem'), 'utf8'))
  const pki = createCertificateAuthority(() => Date.now() - 398 * DAY_MS + ms)
  const made = new Map<string, string>()
  for (const commonName of ['admin', ...MEMBERS.map((slot) => `kafka-${slot}`)]) {
    const hosts = ['localhost', '127.0.0.1', '::1', commonName] // Kafka takes no certificate for other names
    const one = await pki.issue({ key, certificate }, { commonName, organizationalUnit: 'kafka', hosts })
    made.set(commonName, `${one.key}${one.certificate}`)
    writeFileSync(at('secrets', `tls%2F${commonName}.pem`), `${one.key}${one.certificate}`)
  }
  return made
}

/** What a stranger sees at each port of each member: ms that its certificate still lasts. */
const served = () =>
  Promise.all(
    MEMBERS.flatMap((slot) => Object.values(portsOf(slot))).map(
      (port) =>
        new Promise<number>((resolve, reject) => {
          const socket = tls.connect({ host: '127.0.0.1', port, rejectUnauthorized: false }, () => {
            resolve(Date.parse(socket.getPeerCertificate().valid_to) - Date.now())
            socket.destroy()
          })
          socket.on('error', reject)
        }),
    ),
  )
const actions = async () => (await project.json<{ steps: Step[] }>('plan')).steps.map(({ action }) => action)
const RENEWALS = Array(7).fill('certificate.renew') as string[] // the administrator's too

it('certificates of controllers and brokers are renewed without a restart', async () => {
  await lasting(10 * DAY_MS)
  const before = MEMBERS.map(pid)
  expect(await actions()).toEqual([...RENEWALS, ...MEMBERS.map(() => 'member.reload')])
  await project.ok('apply', '--yes', '--no-verify')
  expect(Math.min(...(await served()))).toBeGreaterThan(300 * DAY_MS)
  expect(MEMBERS.map(pid)).toEqual(before)
  administrator = split(readFileSync(at('secrets', 'tls%2Fadmin.pem'), 'utf8'))
})

it('expired ones let nobody in, and are mended by one apply', async () => {
  const active = portsOf(await activeController())['controller']
  const made = await lasting(20_000)
  for (const slot of MEMBERS) {
    const file = at('members', `${roleOf(slot)}-${slot}`, 'node.pem')
    writeFileSync(file, made.get(`kafka-${slot}`) as string)
    const ports = portsOf(slot)
    const settings = Object.keys(ports).map((name) => [`listener.name.${name}.ssl.keystore.location`, file])
    await alter(ports['internal'] ?? active, BROKER, String(slot), Object.fromEntries(settings))
  }
  await expect.poll(async () => (await served()).filter((ms) => ms > 0), { timeout: 60_000 }).toEqual([])
  const status = await project.run(['status'])
  expect([status.code, status.stdout + status.stderr]).toEqual([1, expect.stringMatching(/expired/)])
  expect(await actions()).toEqual([
    ...RENEWALS,
    'cluster.stop',
    ...MEMBERS.map(() => 'member.start'),
    'cluster.bootstrap',
  ])
  await project.ok('apply', '--yes', '--no-verify')
  // Followers that have just started are let into the ISR when they have caught up.
  await expect.poll(async () => (await project.run(['verify'])).code, { timeout: 60_000, interval: 500 }).toBe(0)
  expect(Math.min(...(await served()))).toBeGreaterThan(300 * DAY_MS)
  await project.ok('plan', '--detailed-exitcode')
})
