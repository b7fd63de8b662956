import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Management, stillbornQueue, withoutLeaders } from './cut-off.ts'
import { KAFKA, KINDS, NATS, RABBITMQ, RESOURCES } from './clusters.ts'
import { ended, listeningAddresses, LOOPBACK, plainClient, Project } from './project.ts'

/** The main job on real brokers: three clusters from one spec, used by plain clients, changed, drifted, lost and adopted. */
const project = new Project()
const whole = [KAFKA(), NATS(), RABBITMQ()].join('---\n')

type Plan = { steps: { address: string; action: string }[] }

beforeAll(async () => {
  project.write(whole)
  await project.ok('apply', '--yes')
})
afterAll(() => project.end())

const plan = () => project.json<Plan>('plan')

describe('three clusters from one spec', () => {
  it('an applied spec has an empty plan, healthy members, green checks', async () => {
    expect((await plan()).steps).toEqual([])
    await project.ok('plan', '--detailed-exitcode')
    await project.ok('status')
    await project.ok('verify')
  })

  it('nothing listens but on loopback: members, epmd, every port of theirs', () => {
    const addresses = listeningAddresses(project.folder)
    // Nine members with two ports each at the least: a count of none would prove nothing.
    expect(addresses.length).toBeGreaterThan(18)
    expect(addresses.filter((address) => !LOOPBACK.includes(address))).toEqual([])
  })

  it.each(KINDS)(
    'a plain client of %s writes and reads with TLS and password, and is refused without',
    async (kind) => {
      const connection = await project.json<object>('connect', RESOURCES[kind].name, '--user', 'shop', '--show-secrets')
      const ran = await ended(plainClient('roundtrip', kind, [], { ...connection, resource: RESOURCES[kind].resource }))
      expect(ran.code, ran.stdout).toBe(0)
      expect(JSON.parse(ran.stdout)).toMatchObject({ read: true, refused: { 'wrong password': true, plaintext: true } })
    },
  )

  it('secrets are shown only when asked for', async () => {
    const hidden = await project.ok('connect', 'e2e-kafka', '--user', 'shop', '-o', 'json')
    const { password } = await project.json<{ password: string }>(
      'connect',
      'e2e-kafka',
      '--user',
      'shop',
      '--show-secrets',
    )
    expect(password.length).toBeGreaterThan(15)
    expect(hidden).not.toContain(password)
  })

  it('a lost state folder loses history only: adopt, then an empty plan', async () => {
    rmSync(join(project.folder, '.mqops'), { recursive: true })
    await project.ok('adopt')
    expect((await plan()).steps).toEqual([])
    await project.ok('status')
  })

  it('two at once from two state folders: one works, the other exits 75 and names the holder', async () => {
    project.write([KAFKA().replace('partitions: 1,', 'partitions: 2,'), NATS(), RABBITMQ()].join('---\n'))
    const first = project.spawn(['apply', '--yes', '--no-verify', '--json'])
    const end = ended(first)
    await new Promise((resolve) => first.stdout?.once('data', resolve)) // its journal has begun: it holds the leases
    first.kill('SIGSTOP')
    const second = await project.run(['apply', '--yes'], { env: { MQOPS_HOME: join(project.folder, '.other') } })
    first.kill('SIGCONT')
    expect([second.code, second.stderr]).toEqual([75, expect.stringMatching(`pid ${first.pid}\\b`)])
    expect((await end).code).toBe(0)
    expect((await plan()).steps).toEqual([])
  })

  it('a quorum queue whose declaration was cut off: named by verify, declared again by a plan', async () => {
    const to = await project.json<Management>('connect', 'e2e-rabbitmq', '--show-secrets')
    const name = await stillbornQueue(to, 'shop')
    const verified = await project.run(['verify', 'e2e-rabbitmq'])
    expect([verified.code, verified.stdout]).toEqual([1, expect.stringContaining(`no leader: shop/${name}`)])

    const spec = readFileSync(project.spec, 'utf8')
    project.write(spec.replace('queues: { orders: { type: quorum } }', `queues: { orders: {}, ${name}: {} }`))
    expect((await plan()).steps).toMatchObject([
      { address: `e2e-rabbitmq/queue/shop/${name}`, action: 'rabbitmq.queue.update' },
    ])
    await project.ok('apply', '--yes')
    expect((await plan()).steps).toEqual([])
    expect(await withoutLeaders(to)).toEqual([])
  })

  it('stop and start keep everything', async () => {
    await project.ok('stop', '--yes')
    expect((await project.run(['status'])).code).toBe(1)
    await project.ok('start', '--yes')
    expect((await plan()).steps).toEqual([])
    await project.ok('verify')
  })
})
