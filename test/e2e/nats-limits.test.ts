import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { ended, plainClient, Project } from './project.ts'

/** Limits of an account that streams and consumers are beyond: a server that starts with them would not load these. */
const project = new Project()
const NAME = 'e2e-limits'
const spec = (jetstream: object, more: object, config: object, accounts: object = {}): string =>
  JSON.stringify({
    apiVersion: 'mqops/v1',
    kind: 'Nats',
    metadata: { name: NAME },
    spec: {
      members: 1,
      config,
      accounts: {
        ...accounts,
        SHOP: {
          jetstream: { storage: '1GiB', ...jetstream },
          users: { shop: {} },
          streams: { ORDERS: { subjects: ['orders.>'], ...more, consumers: { billing: {} } } },
        },
      },
    },
  })
const before = spec({}, {}, {})
const LIMITS = { maxBytesRequired: true, storageStreamBytes: '64MiB', maxAckPending: 10 }
const after = spec(LIMITS, { maxBytes: '64MiB' }, { request_queue_limit: 5000 })
const tighter = spec({ ...LIMITS, maxAckPending: 5 }, { maxBytes: '64MiB' }, { request_queue_limit: 5000 })

beforeAll(async () => {
  project.write(before)
  await project.ok('apply', '--yes', '--no-verify')
})
afterAll(() => project.end())

it('come after all that is there: nothing is out of reach after the restart', async () => {
  const log = join(project.folder, 'log')
  const connection = {
    ...(await project.json<object>('connect', NAME, '--user', 'shop', '--show-secrets')),
    resource: { subject: 'orders.new', stream: 'ORDERS' },
  }
  const witness = plainClient('witness', 'Nats', [log], connection)
  await new Promise((resolve) => witness.stdout?.once('data', resolve)) // it writes
  project.write(after)
  const { steps } = await project.json<{ steps: { action: string }[] }>('plan')
  expect(steps.map(({ action }) => action)).toContain('member.restart')
  witness.stdin?.end()
  expect((await ended(witness)).code).toBe(0)
  expect(readFileSync(log, 'utf8')).not.toBe('')
  await project.ok('apply', '--yes', '--confirm', NAME)
  await project.ok('plan', '--detailed-exitcode')
  const read = await ended(plainClient('read', 'Nats', [log], connection))
  expect(read.code, read.stdout).toBe(0)
})

it('and not while members are down', async () => {
  await project.ok('stop', '--yes')
  project.write(tighter)
  const refused = await project.run(['apply', '--yes'])
  expect(refused.code).not.toBe(0)
  expect(refused.stderr + refused.stdout).toMatch(/members are down.*tighter limit/)
  project.write(after)
  await project.ok('apply', '--yes')
  project.write(tighter)
  await project.ok('apply', '--yes')
  await project.ok('plan', '--detailed-exitcode')
})

it('and go with their account: one that comes back has none that it had before', async () => {
  const applied = async (accounts: object) => {
    project.write(spec({ ...LIMITS, maxAckPending: 5 }, { maxBytes: '64MiB' }, { request_queue_limit: 5000 }, accounts))
    await project.ok('apply', '--yes', '--confirm', NAME)
  }
  await applied({ DESK: { jetstream: { streams: 1, maxAckPending: 1 } } })
  await applied({})
  await applied({ DESK: { streams: { A: { subjects: ['a'], consumers: { c: {} } }, B: { subjects: ['b'] } } } })
  expect(await project.json('plan')).toMatchObject({ steps: [] })
})
