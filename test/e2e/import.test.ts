import { afterAll, beforeAll, expect, it } from 'vitest'
import { Project } from './project.ts'

/** Import on a real cluster: as its builder, and as somebody who only reaches it. NATS: light enough for each run. */
const project = new Project()
type Plan = { steps: { address: string; action: string }[]; notes: { address: string; kind: string }[] }
type Connection = { endpoints: string[]; password: string; caFile: string }

const built = `apiVersion: mqops/v1
kind: Nats
metadata: { name: e2e-import, labels: { env: test } }
spec:
  members: 1
  storage: 128MiB
  memory: 64MiB
  config: { max_payload: 2MiB }
  accounts:
    SHOP:
      jetstream: { storage: 64MiB, streams: 20 }
      users:
        shop: {}
        reader: { publish: ["$JS.API.>"], subscribe: { deny: [secret.>] } }
        env: { password: { secretRef: { env: IMPORT_TEST_PASSWORD } } }
        worker: { subscribe: ["in.> workers"], allowResponses: { max: 2, expires: 5s }, connectionTypes: [standard] }
      limits: { connections: 50, leafNodes: 0 }
      exports: [{ service: ask, responseThreshold: 1m, accounts: [QUIET] }, { stream: news.> }]
      streams:
        ORDERS:
          description: "Every order: $\${not an env}"
          subjects: [orders.>, more.*]
          maxAge: 7d
          maxBytes: 8MiB
          compression: s2
          duplicateWindow: 30s
          allowDirect: true
          metadata: { team: billing }
          consumerLimits: { maxAckPending: 50 }
          consumers:
            billing: { filter: orders.created, ackWait: 10s, maxDeliver: 5, backoff: [1s, 5s], maxAckPending: 10 }
            audit: { deliver: new, filters: [orders.a, orders.b], maxAckPending: 50 }
            pinned: { priority: { policy: pinnedClient, groups: [g] }, pauseUntil: "2099-01-31T00:00:00Z", maxAckPending: 50 }
            push: { deliverSubject: out.push, ack: all, idleHeartbeat: 5s, flowControl: true, maxAckPending: 50 }
        JOBS: { subjects: [jobs.>], retention: workqueue, discard: new, maxMessages: 1000, denyDelete: true }
        COPY: { sources: [{ stream: ORDERS, transforms: [{ source: orders.created, destination: copy.created }] }] }
        MIRROR: { mirror: { stream: ORDERS, startTime: "2026-01-01T00:00:00Z" } }
        LATER: { subjects: [later], firstSequence: 100, replicas: 1, persistMode: async }
        SEALED: { subjects: [sealed], sealed: true }
        FAST: { subjects: [fast], storage: memory, republish: { source: fast, destination: slow, headersOnly: true }, subjectTransform: { source: fast, destination: fast.er } }
      kv:
        sessions: { history: 5, ttl: 1h, limitMarkerTtl: 5m, maxBytes: 1MiB, republish: { destination: "seen.>" } }
        copies: { sources: [{ bucket: sessions, filter: a.* }] }
      objects: { reports: { maxBytes: 1MiB, description: Reports } }
    QUIET: { jetstream: false, users: { quiet: {} }, imports: [{ account: SHOP, service: ask, to: quiet.ask }, { account: SHOP, stream: news.>, prefix: from }] }
`

const secret = { IMPORT_TEST_PASSWORD: 'a password for this test only' }
const ok = async (args: readonly string[], env: Record<string, string> = secret): Promise<string> => {
  const ran = await project.run(args, { env })
  expect(ran.code, `mqops ${args.join(' ')}\n${ran.stdout}\n${ran.stderr}`).toBe(0)
  return ran.stdout
}
const planOf = async (file: string, env = secret) =>
  JSON.parse(await ok(['plan', '-f', file, '-o', 'json'], env)) as Plan

beforeAll(async () => {
  project.write(built)
  await ok(['apply', '--yes'])
})
afterAll(() => project.end())

it('what mqops built: the plan of what is imported is empty', async () => {
  const text = await ok(['import', 'e2e-import', '--out', 'again.yaml'])
  expect(text).toBe('')
  await ok(['plan', '-f', 'again.yaml', '--detailed-exitcode'])
  // And what is imported of that is the same, to the letter.
  await ok(['import', '-f', 'again.yaml', '--out', 'third.yaml'])
  const shown = await ok(['import', '-f', 'third.yaml'])
  expect(shown).toBe(await ok(['import', '-f', 'again.yaml']))
})

it('what someone else built: nothing but adopt, and nothing after an apply', async () => {
  const { endpoints, password, caFile } = JSON.parse(
    await ok(['connect', 'e2e-import', '--user', 'shop', '--show-secrets', '-o', 'json']),
  ) as Connection
  const env = { ...secret, SHOP_PASSWORD: password }
  const reach = (accounts: object) =>
    JSON.stringify({
      apiVersion: 'mqops/v1',
      kind: 'Nats',
      metadata: { name: 'theirs' },
      spec: {
        members: 1,
        target: {
          external: {
            endpoints,
            user: 'shop',
            password: { secretRef: { env: 'SHOP_PASSWORD' } },
            ca: { secretRef: { file: caFile } },
          },
        },
        accounts,
      },
    })
  project.write(reach({ SHOP: {} }), 'reach.yaml')
  await ok(['import', '-f', 'reach.yaml', '--only', 'stream/SHOP/J*', '--out', 'jobs.yaml'], env)
  // Whose account it is need not be said: its server tells.
  project.write(reach({}), 'unnamed.yaml')
  const whole = ['import', '-f', 'reach.yaml']
  expect(await ok(['import', '-f', 'unnamed.yaml'], env)).toBe(await ok(whole, env))
  expect((await planOf('jobs.yaml', env)).steps).toMatchObject([
    { address: 'theirs/stream/SHOP/JOBS', action: 'nats.stream.adopt' },
  ])
  await ok(['import', '-f', 'reach.yaml', '--out', 'theirs.yaml'], env)
  const { steps } = await planOf('theirs.yaml', env)
  expect(steps.filter(({ action }) => !action.endsWith('.adopt'))).toEqual([])
  expect(steps.map(({ address }) => address).toSorted()).toEqual([
    'theirs/consumer/SHOP/ORDERS/audit',
    'theirs/consumer/SHOP/ORDERS/billing',
    'theirs/consumer/SHOP/ORDERS/pinned',
    'theirs/consumer/SHOP/ORDERS/push',
    'theirs/kv/SHOP/copies',
    'theirs/kv/SHOP/sessions',
    'theirs/objects/SHOP/reports',
    'theirs/stream/SHOP/COPY',
    'theirs/stream/SHOP/FAST',
    'theirs/stream/SHOP/JOBS',
    'theirs/stream/SHOP/LATER',
    'theirs/stream/SHOP/MIRROR',
    'theirs/stream/SHOP/ORDERS',
    'theirs/stream/SHOP/SEALED',
  ])
  await ok(['apply', '-f', 'theirs.yaml', '--yes'], env)
  await ok(['plan', '-f', 'theirs.yaml', '--detailed-exitcode'], env)
})
