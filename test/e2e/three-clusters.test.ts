import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Management, stillbornQueue, withoutLeaders } from './cut-off.ts'
import { KAFKA, KINDS, NATS, RABBITMQ, RESOURCES } from './clusters.ts'
import { offsetsOf } from './offsets.ts'
import { ended, listeningAddresses, LOOPBACK, plainClient, Project } from './project.ts'

/** The main job on real brokers: three clusters from one spec, used by plain clients, changed, drifted, lost and adopted. */
const project = new Project()
const JETSTREAM = [
  'INFO',
  'STREAM.*.KV_mqops',
  'STREAM.MSG.GET.KV_mqops',
  'CONSUMER.*.KV_mqops.>',
  'DIRECT.GET.KV_mqops.>',
]
/** Besides `shop`: a user who may do what mqops keeps its own books with, and read nothing else. */
const specs = (partitions = 1) => [
  KAFKA().replace('partitions: 1,', `partitions: ${partitions},`) +
    "    clerk: { acls: [{ topic: 'mqops.*', allow: [all] }] }\n",
  NATS().replace(
    'shop: {}',
    `shop: {}\n        clerk: { publish: ['$KV.mqops.>', ${JETSTREAM.map((api) => `'$JS.API.${api}'`).join(', ')}] }`,
  ),
  `${RABBITMQ()}    clerk: { tags: [policymaker] }\n`,
]
const whole = specs().join('---\n')

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

  offsetsOf(project, RESOURCES.Kafka.name)

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
    project.write(specs(2).join('---\n'))
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

  describe('somebody else, who only reaches them', () => {
    type Connection = {
      endpoints: string[]
      username: string
      password: string
      caFile: string
      managementUrl: string | null
    }
    const theirs = async (kind: keyof typeof RESOURCES, user: string | null, inside: string) => {
      const flags = user === null ? [] : ['--user', user]
      const to = await project.json<Connection>('connect', RESOURCES[kind].name, '--show-secrets', ...flags)
      const management = to.managementUrl ? `, management: ["${new URL(to.managementUrl).host}"]` : ''
      project.write(
        `apiVersion: mqops/v1
kind: ${kind}
metadata: { name: theirs }
spec:
  target:
    external:
      endpoints: { client: ${JSON.stringify(to.endpoints)}${management} }
      user: ${to.username}
      password: { secretRef: { env: THEIRS } }
      ca: { secretRef: { file: ${to.caFile} } }
  ${inside}
`,
        'theirs.yaml',
      )
      return (...args: readonly string[]) => project.run(args, { env: { THEIRS: to.password, BILL: 'x' } })
    }
    const there = {
      Kafka: `topics: { orders: { partitions: 3, replicas: 3 }, more: {} }
  config: { log.cleaner.threads: 2 }
  users: { shop: { password: { secretRef: { env: BILL } }, acls: [{ topic: orders, allow: [read] }] } }
  quotas: [{ user: shop, producer_byte_rate: 1MiB }]`,
      Nats: `accounts: { SHOP: { streams: { ORDERS: { subjects: ['orders.>'], consumers: { billing: {} } } }, kv: { cfg: {} } } }`,
      RabbitMQ: `vhosts: { shop: { queues: { orders: {} }, policies: { p: { pattern: x, definition: { max-length: 1 } } } } }
  users: { shop: { password: { secretRef: { env: BILL } }, permissions: { shop: {} } } }`,
    }
    const unreadable = {
      Kafka: ['acl', 'config', 'quota', 'topic', 'topic', 'user'],
      Nats: ['consumer', 'kv', 'stream'],
      RabbitMQ: ['permission', 'policy', 'queue', 'user', 'vhost'],
    }
    type Told = { steps: unknown[]; failures: { code: string; address: string }[] }

    it.each(KINDS)('%s: what a user may not read is unknown, and never to be made', async (kind) => {
      const run = await theirs(kind, 'clerk', there[kind])
      const ran = await run('plan', '-f', 'theirs.yaml', '-o', 'json')
      const { steps, failures } = JSON.parse(ran.stdout) as Told
      expect([ran.code, steps]).toEqual([1, []])
      expect(failures.map(({ address }) => address.split('/')[1]).sort()).toEqual(unreadable[kind])
      expect(failures.filter(({ code }) => !/^MQOPS_(FORBIDDEN|UNKNOWN_STATE)$/.test(code))).toEqual([])
    })

    it('a queue is taken over by its address, as planned in a file; its first owner is told, and takes it back', async () => {
      const run = await theirs('RabbitMQ', null, 'vhosts: { /: {}, shop: { queues: { orders: { type: quorum } } } }')
      const refused = await run('plan', '-f', 'theirs.yaml')
      expect([refused.code, refused.stderr]).toEqual([
        1,
        expect.stringMatching(
          /MQOPS_OWNED_BY_OTHER[^]*"e2e-rabbitmq" owns it[^]*--adopt 'theirs\/queue\/shop\/orders'/,
        ),
      ])
      const taking = ['--adopt', 'theirs/queue/*', '--adopt', 'theirs/vhost/shop', '--out', 'theirs.plan']
      const planned = await run('plan', '-f', 'theirs.yaml', ...taking)
      expect([planned.code, planned.stdout]).toEqual([0, expect.stringContaining('= theirs/queue/shop/orders')])
      const applied = await run('apply', 'theirs.plan', '--yes', '--no-verify')
      expect([applied.code, applied.stderr]).toEqual([0, expect.stringContaining('theirs/queue/shop/orders')])
      const told = await project.run(['plan', 'e2e-rabbitmq'])
      expect([told.code, told.stderr]).toEqual([
        1,
        expect.stringMatching(/the spec "theirs" has taken it over: this one no longer owns it[^]*queue\/shop\/orders/),
      ])
      expect((await project.run(['adopt', 'e2e-rabbitmq'])).stderr).toMatch(/queue\/shop\/orders +theirs[^]*--yes/)
      await project.ok('adopt', 'e2e-rabbitmq', '--yes')
      expect((await plan()).steps).toEqual([])
    })

    it('addresses of what is there are completed', async () => {
      const complete = async (current: string) => (await project.run(['__complete', 'resources', current])).stdout
      expect(await complete('e2e-kafka/topic/')).toBe('e2e-kafka/topic/audit\ne2e-kafka/topic/orders\n')
      expect(await complete('e2e-nats/str')).toBe('e2e-nats/stream/\n')
      expect(await complete('e2e-nats/stream/')).toBe('e2e-nats/stream/SHOP/ORDERS\n')
      expect(await complete('e2e-rabbitmq/queue/s')).toBe('e2e-rabbitmq/queue/shop/orders\n')
    })
  })

  it('a quorum queue whose declaration was cut off: named by verify, declared again by a plan', async () => {
    const to = await project.json<Management>('connect', 'e2e-rabbitmq', '--show-secrets')
    const name = await stillbornQueue(to, 'shop')
    const verified = await project.run(['verify', 'e2e-rabbitmq'])
    expect([verified.code, verified.stdout]).toEqual([1, expect.stringContaining(`no leader: shop/${name}`)])

    const spec = readFileSync(project.spec, 'utf8')
    project.write(spec.replace('queues: { orders: { type: quorum } }', `queues: { orders: {}, ${name}: {} }`))
    expect((await plan()).steps.map(({ address, action }) => [address, action])).toEqual([
      [`e2e-rabbitmq/queue/shop/${name}`, 'rabbitmq.queue.adopt'],
      [`e2e-rabbitmq/queue/shop/${name}`, 'rabbitmq.queue.update'],
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
