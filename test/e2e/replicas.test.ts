import { execFile } from 'node:child_process'
import { readlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { ended, plainClient, processesOf, Project } from './project.ts'

const project = new Project()
const spec = (replicas: number, rate: string) => `apiVersion: mqops/v1
kind: Kafka
metadata: { name: e2e-replicas }
spec:
  members: 3
  moves: { rate: ${rate} }
  topics:
    orders: { partitions: 2, replicas: ${replicas} }
  users:
    shop: { acls: [{ topic: orders, allow: [read, write, describe] }, { group: 'witness*', allow: [read] }] }
`
const LARGE = 100_000
const FILLED = 60

type Digest = { count: number; sha256: string; replicas: number[][] }
type Plan = { steps: { reason: string }[]; notes: { kind: string; text: string }[] }
let connection: object
let filled: Digest

/** Kafka's own command line, with the Java and the jars that the members run with. */
async function kafka(command: string, ...args: string[]): Promise<string> {
  const broker = processesOf(join(project.folder, '.mqops-local')).find((p) => p.command.includes('kafka.Kafka'))
  if (!broker) throw new Error('no broker runs')
  const libs = /-cp (\/.*?)\/libs\//.exec(broker.command)?.[1] as string
  const admin = join(project.folder, 'admin.properties')
  const env = { ...process.env, MQOPS_JAVA: readlinkSync(`/proc/${broker.pid}/exe`) }
  const { endpoints } = connection as { endpoints: string[] }
  const more = ['--bootstrap-server', endpoints.join(), '--command-config', admin, ...args]
  return (await promisify(execFile)(join(libs, 'bin', command), more, { env })).stdout
}

/** Every throttle that Kafka's own tool knows of, on brokers and on the topic. */
async function throttles(): Promise<readonly string[]> {
  const told = await Promise.all([
    kafka('kafka-configs', '--describe', '--entity-type', 'brokers'),
    kafka('kafka-configs', '--describe', '--entity-type', 'topics', '--entity-name', 'orders'),
  ])
  return told.join('\n').match(/^ *\S+\.throttled\.\w+=\S*/gm) ?? []
}

const client = async <T>(verb: string, ...args: string[]): Promise<T> => {
  const ran = await ended(plainClient(verb, 'Kafka', args, connection))
  expect(ran.code, ran.stdout).toBe(0)
  return (ran.stdout === '' ? null : JSON.parse(ran.stdout)) as T
}
const digest = () => client<Digest>('digest', String(LARGE))

beforeAll(async () => {
  project.write(spec(1, '50MiB'))
  await project.ok('apply', '--yes', '--no-verify')
  const secrets = ['--show-secrets', '--properties'] as const
  writeFileSync(join(project.folder, 'admin.properties'), await project.ok('connect', 'e2e-replicas', ...secrets))
  const shop = await project.json<object>('connect', 'e2e-replicas', '--user', 'shop', '--show-secrets')
  connection = { ...shop, resource: { topic: 'orders' } }
  await client('fill', String(FILLED), String(LARGE))
  filled = await digest()
})
afterAll(() => project.end())

it('1 replica becomes 3, 3 become 2, while clients write: nothing is lost, no throttle stays', async () => {
  expect([filled.count, filled.replicas.map((list) => list.length)]).toEqual([FILLED, [1, 1]])
  const log = join(project.folder, 'acknowledged.log')
  const witness = plainClient('witness', 'Kafka', [log], connection)
  await new Promise((resolve) => witness.stdout?.once('data', resolve)) // it writes
  project.write(spec(3, '50MiB'))
  await project.ok('apply', '--yes', '--no-verify')
  const three = await digest()
  expect(three.replicas.map((list) => list.toSorted())).toEqual([
    [1, 2, 3],
    [1, 2, 3],
  ])
  expect(three.replicas.map(([first]) => first)).toEqual(filled.replicas.map(([first]) => first))
  project.write(spec(2, '50MiB'))
  await project.ok('apply', '--yes', '--no-verify')
  witness.stdin?.end()
  expect((await ended(witness)).code).toBe(0)
  await client('read', log)
  const two = await digest()
  expect(two.replicas.map((list) => list.length)).toEqual([2, 2])
  for (const { count, sha256 } of [three, two]) expect([count, sha256]).toEqual([filled.count, filled.sha256])
  expect(await throttles()).toEqual([])
  expect((await project.json<Plan>('plan')).steps).toEqual([])
})

it('what somebody else moves is left alone, with its throttles', async () => {
  const [[first, second]] = (await digest()).replicas as [[number, number]]
  const third = [1, 2, 3].find((id) => id !== first && id !== second) as number
  const file = join(project.folder, 'theirs.json')
  writeFileSync(
    file,
    JSON.stringify({ version: 1, partitions: [{ topic: 'orders', partition: 0, replicas: [third, first] }] }),
  )
  await kafka('kafka-reassign-partitions', '--reassignment-json-file', file, '--execute', '--throttle', '20000')
  project.write(spec(3, '50MiB'))
  const plan = await project.json<Plan>('plan')
  expect(plan.steps).toEqual([])
  expect(plan.notes).toMatchObject([{ kind: 'other-owner', text: 'a running reassignment owns it: left alone' }])
  await project.ok('apply', '--yes', '--no-verify')
  expect((await throttles()).length).toBeGreaterThan(0)
  await kafka('kafka-reassign-partitions', '--reassignment-json-file', file, '--cancel')
  expect((await digest()).replicas[0]?.toSorted()).toEqual([first, second].toSorted())
})

it('killed in the midst of a slow move: resume finishes it, and takes its throttles away', async () => {
  project.write(spec(3, '1MiB'))
  const run = project.spawn(['apply', '--yes', '--no-verify', '--json'])
  let seen = ''
  await new Promise<void>((resolve) => {
    run.stdout?.setEncoding('utf8').on('data', (text: string) => {
      seen += text
      if (seen.includes('"type":"progress"')) resolve()
    })
  })
  run.kill('SIGKILL')
  const line = seen.split('\n').find((one) => one.includes('"type":"progress"')) as string
  const { done, of } = JSON.parse(line) as { done: number; of: number }
  expect(done).toBeLessThan(of)
  expect((await throttles()).some((one) => one.includes('leader.replication.throttled.rate=1048576'))).toBe(true)
  await project.ok('resume', '--no-verify')
  expect(await throttles()).toEqual([])
  const after = await digest()
  expect([after.count, after.sha256]).toEqual([filled.count, filled.sha256])
  expect(after.replicas.map((list) => list.length)).toEqual([3, 3])
  expect((await project.json<Plan>('plan')).steps).toEqual([])
})
