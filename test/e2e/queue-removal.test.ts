import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Management, manage } from './cut-off.ts'
import { Project } from './project.ts'

const project = new Project()
const MANY = 250 // more than are measured one by one
const names = (type: string) => Array.from({ length: type === 'classic' ? MANY : 2 }, (_, i) => `${type}-${i}`)
const QUEUES = ['classic', 'quorum', 'stream'].flatMap((type) => names(type).map((name) => ({ type, name })))

const spec = (queues: typeof QUEUES) =>
  JSON.stringify({
    apiVersion: 'mqops/v1',
    kind: 'RabbitMQ',
    metadata: { name: 'pile' },
    spec: {
      members: 1,
      vhosts: {
        v: {
          exchanges: { events: { type: 'topic' } },
          queues: Object.fromEntries(queues.map(({ type, name }) => [name, { type }])),
          bindings: queues.map(({ name }) => ({ source: 'events', destination: name, routingKey: name })),
        },
      },
    },
  })

let to: Management
const asked = async <T>(path: string): Promise<T> => JSON.parse((await manage(to, 'GET', path)).body) as T
const left = async () => (await asked<{ name: string }[]>('/api/queues/v')).map(({ name }) => name).toSorted()
const bound = async () =>
  (await asked<{ source: string; destination: string }[]>('/api/bindings/v'))
    .flatMap(({ source, destination }) => (source === 'events' ? [destination] : []))
    .toSorted()

/** Confirmed: the answer says that it was routed. */
async function publish(name: string, count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    const message = { properties: { delivery_mode: 2 }, routing_key: name, payload: 'x', payload_encoding: 'string' }
    const { body } = await manage(to, 'POST', '/api/exchanges/v/events/publish', message)
    expect(JSON.parse(body)).toEqual({ routed: true })
  }
}

beforeAll(async () => {
  project.write(spec(QUEUES))
  await project.ok('apply', '--yes')
  to = await project.json<Management>('connect', 'pile', '--show-secrets')
})
afterAll(() => project.end())

it('queues that gained messages since the plan stay, with their bindings; all others go, with theirs', async () => {
  expect(await left()).toHaveLength(QUEUES.length)
  await publish('classic-7', 3)
  await publish('quorum-1', 3)
  project.write(spec([]))
  const planned = await project.ok('plan', '--out', 'removal.plan')
  expect(planned).toContain('Would lose 6 messages')
  await publish('classic-3', 1)
  await publish('classic-7', 4)
  await publish('quorum-0', 1)
  await publish('quorum-1', 3) // no more than double
  const ran = await project.run(['apply', 'removal.plan', '--yes', '--no-verify', '--confirm', 'pile'])
  expect([ran.code, ran.stderr.match(/MQOPS_STALE/g)?.length]).toEqual([3, 3])
  expect(await left()).toEqual(['classic-3', 'classic-7', 'quorum-0'])
  expect(await bound()).toEqual(['classic-3', 'classic-7', 'quorum-0'])
  expect(await project.ok('plan')).toContain('Would lose 9 messages')
  await project.ok('apply', '--yes', '--confirm', 'pile')
  expect([await left(), await bound()]).toEqual([[], []])
  expect(await project.ok('plan')).toContain('No changes')
})
