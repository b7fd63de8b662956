import { readFileSync } from 'node:fs'
import { request } from 'node:https'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { SHAPES } from '../support/shapes.ts'
import { ended, plainClient, Project } from './project.ts'

/**
 * Real-world files, converted and built on one cluster of each broker: the plan is empty afterwards, and what the brokers
 * themselves say by other clients is what stands in the files.
 */
const project = new Project()
const secrets: Record<string, string> = {}

const SOURCES = [
  // The name that all documents of a broker get, so that one cluster is made of them.
  ['shapes-rabbitmq', 'rabbitmq-mirrored', 'rabbitmq-federation', 'rabbitmq-vhost', 'rabbitmq-by-hand'],
  ['shapes-nats', 'nats-backups', 'nats-infos', 'nats-jsz'],
  ['shapes-kafka', 'kafka-strimzi-resources'],
  ['shapes-kafka', 'kafka-strimzi-cluster'],
  ['shapes-kafka', 'kafka-topicctl'],
  ['shapes-kafka', 'kafka-julie', 'kafka-julie-platform'],
] as const

type Document = { spec: { quotas?: readonly object[]; vhosts: object } }
const written = (file: string) => parse(readFileSync(join(project.folder, file), 'utf8')) as Document
const ok = async (...args: readonly string[]): Promise<string> => {
  const ran = await project.run(args, { env: secrets })
  expect(ran.code, `mqops ${args.join(' ')}\n${ran.stdout}\n${ran.stderr}`).toBe(0)
  return ran.stdout
}
const from = (...shapes: readonly string[]) => shapes.flatMap((shape) => ['--from', join(SHAPES, shape)])
const files = [...SOURCES.map((_, i) => `${i}.yaml`), 'place.yaml'].flatMap((file) => ['-f', file])

beforeAll(async () => {
  const converted = SOURCES.map(([name, ...shapes], i) => ok('import', name, ...from(...shapes), '--out', `${i}.yaml`))
  await Promise.all(converted)
  for (const i of SOURCES.keys())
    for (const [, variable = ''] of readFileSync(join(project.folder, `${i}.yaml`), 'utf8').matchAll(/env: (\w+)/g))
      secrets[variable] = variable.endsWith('_URI') ? 'amqp://link:secret@127.0.0.1:1/%2F' : `of this test: ${variable}`
  // Lists are replaced by later files, not joined; small members; users to look in by.
  const quotas = [2, 5].flatMap((i) => written(`${i}.yaml`).spec.quotas ?? [])
  const place = [
    ['RabbitMQ', 'shapes-rabbitmq', { members: 1 }],
    ['Nats', 'shapes-nats', { accounts: { MAIN: { users: { looker: {} } }, WEB: { users: { 'web-looker': {} } } } }],
    ['Kafka', 'shapes-kafka', { quotas }],
  ].map(([kind, name, spec]) => JSON.stringify({ apiVersion: 'mqops/v1', kind, metadata: { name }, spec }))
  project.write(place.join('\n---\n'), 'place.yaml')
  await ok('apply', ...files, '--yes', '--no-verify')
})
afterAll(() => project.end())

const connection = async (name: string, user: string | null) => ({
  ...(JSON.parse(
    await ok('connect', name, ...(user === null ? [] : ['--user', user]), '--show-secrets', '-o', 'json', ...files),
  ) as { managementUrl: string; username: string; password: string; ca: string }),
  resource: { topic: '', stream: '', subject: '' },
})
const inside = async (kind: string, name: string, user: string | null): Promise<unknown> => {
  const ran = await ended(plainClient('inside', kind, [], await connection(name, user)))
  expect(ran.code, ran.stderr).toBe(0)
  return JSON.parse(ran.stdout)
}

it('the plan of all of them is empty', async () => {
  const ran = await project.run(['plan', ...files, '--detailed-exitcode'], { env: secrets })
  expect(ran.code, ran.stdout).toBe(0)
})

it('Kafka has the topics, users and rules of Strimzi, topicctl and JulieOps', async () => {
  expect(await inside('Kafka', 'shapes-kafka', null)).toMatchObject({
    topics: {
      'shop.orders': {
        partitions: 12,
        replicas: 3,
        config: { 'retention.ms': '604800000', 'min.insync.replicas': '2' },
      },
      'shop-audit': { partitions: 1, config: { 'segment.bytes': '1073741824', 'compression.type': 'zstd' } },
      'warehouse.stock': { partitions: 6, config: { 'cleanup.policy': 'compact' } },
      'topicctl.payments': { partitions: 9, config: { 'retention.ms': '604800000', 'max.message.bytes': '5242880' } },
      'topicctl.refunds': { partitions: 3, config: { 'retention.ms': '-1' } },
      'acme.eu.prod.sales.orders.avro': {
        partitions: 6,
        replicas: 3,
        config: { 'retention.ms': '172800000', 'max.message.bytes': '7340032' },
      },
      'acme.eu.prod.sales.totals': { partitions: 1 },
      'acme-errors': { partitions: 1 },
      'platform.logs.app': { partitions: 3, config: { 'compression.type': 'lz4' } },
    },
    users: expect.arrayContaining(['shop-writer', 'shop-reader', 'warehouse-stock', 'ledger', 'Checkout', 'Shipper']),
    rules: expect.arrayContaining([
      'User:shop-reader TOPIC PREFIXED shop. ALLOW READ *',
      'User:shop-reader TOPIC LITERAL shop.audit DENY ALL 10.0.0.7',
      'User:shop-writer BROKER LITERAL kafka-cluster ALLOW IDEMPOTENT_WRITE *',
      'User:ledger GROUP PREFIXED ledger ALLOW READ *',
      'User:Checkout TRANSACTIONAL_ID PREFIXED checkout- ALLOW WRITE *',
      'User:Totals GROUP PREFIXED sales-totals ALLOW READ *',
    ]),
  })
})

it('NATS has the streams, mirrors, sources, buckets and consumers of backups, infos and /jsz', async () => {
  expect(await inside('Nats', 'shapes-nats', 'looker')).toMatchObject({
    ORDERS: { config: { subjects: ['orders.>'], num_replicas: 3, max_age: 604_800_000_000_000, compression: 's2' } },
    ORDERS_ARCHIVE: { config: { mirror: { name: 'ORDERS', opt_start_seq: 100 }, num_replicas: 1, max_msgs: 500_000 } },
    ALL_ORDERS: {
      config: {
        deny_purge: true,
        sources: expect.arrayContaining([
          expect.objectContaining({
            name: 'ORDERS',
            external: expect.objectContaining({ api: '$JS.leaf-berlin.API' }),
          }),
          expect.objectContaining({ subject_transforms: [{ src: 'orders.created', dest: 'all.created' }] }),
        ]),
      },
    },
    JOBS: {
      config: { retention: 'workqueue', discard: 'new' },
      consumers: {
        workers: { backoff: [1_000_000_000, 10_000_000_000], filter_subject: 'jobs.render', max_deliver: 5 },
        printers: { priority_policy: 'pinned_client' },
      },
    },
    METRICS: {
      config: { storage: 'memory', republish: { src: 'metrics.>', dest: 'live.metrics.>', headers_only: true } },
      consumers: { dashboards: { deliver_subject: 'dashboards.in', flow_control: true } },
    },
    EVENTS: { config: { retention: 'interest' } },
  })
  expect(await inside('Nats', 'shapes-nats', 'web-looker')).toMatchObject({
    CLICKS: { config: { discard_new_per_subject: true }, consumers: { counter: { ack_policy: 'all' } } },
    KV_sessions: { config: { max_msgs_per_subject: 5, max_age: 3_600_000_000_000 } },
    KV_copies: { config: { mirror: { name: 'KV_sessions' } } },
    OBJ_reports: { config: { description: 'Monthly reports' } },
  })
})

describe('RabbitMQ', () => {
  let exported = ''
  beforeAll(async () => {
    const { managementUrl, username, password, ca } = await connection('shapes-rabbitmq', null)
    const auth = `${username}:${password}`
    exported = await new Promise((resolve, reject) => {
      const ask = request(new URL('api/definitions', managementUrl), { ca, auth }, (answer) => {
        let text = ''
        answer.setEncoding('utf8').on('data', (data: string) => {
          text += data
        })
        answer.on('end', () => (answer.statusCode === 200 ? resolve(text) : reject(new Error(text))))
      })
      ask.on('error', reject).end()
    })
  })

  it('has what stands in the definitions', () => {
    const all = JSON.parse(exported) as Record<string, readonly Record<string, unknown>[]>
    const names = (of: string, vhost: string) =>
      all[of]
        ?.filter((one) => one['vhost'] === vhost)
        .map((one) => one['name'])
        .toSorted()
    expect(names('queues', 'shop')).toEqual(['log.audit', 'orders', 'orders.old'])
    expect(names('queues', 'legacy')).toEqual(['legacy.dead', 'legacy.lazy', 'legacy.orders'])
    expect(names('policies', 'legacy')).toEqual(['ha-bounded'])
    expect(names('policies', 'shop')).toEqual(['federated', 'logs', 'orders'])
    expect(names('parameters', 'shop')).toEqual(['bounded', 'limits', 'old-orders', 'us', 'us-east', 'us-west'])
    expect(names('exchanges', 'billing')).toEqual(['invoices'])
    expect(names('queues', 'jobs')).toEqual(['jobs', 'jobs.wait'])
    expect(all['bindings']).toHaveLength(2 + 4 + 2 + 2)
    expect(all['users']?.map((one) => one['name'])).toEqual(
      expect.arrayContaining(['legacy-app', 'shop', 'feed', 'worker']),
    )
  })

  it('exports definitions that become the same spec', async () => {
    project.write(exported, 'export.json')
    await ok('import', 'shapes-rabbitmq', '--from', 'export.json', '--out', 'again.yaml')
    expect(sorted(written('again.yaml').spec)).toEqual(sorted(written('0.yaml').spec))
  })
})

/** Lists in an order of their own: the server has another one. */
const sorted = (value: unknown): unknown =>
  Array.isArray(value)
    ? value.map(sorted).toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))
    : typeof value === 'object' && value !== null
      ? Object.fromEntries(
          Object.entries(value)
            .map(([key, one]) => [key, sorted(one)] as const)
            .toSorted(([a], [b]) => (a < b ? -1 : 1)),
        )
      : value
