import { afterAll, beforeAll, expect, it } from 'vitest'
import { processesOf, Project } from './project.ts'

/** Settings of one broker, as the builder of the cluster and as somebody who only reaches it. */
const project = new Project()
type Plan = {
  steps: { address: string; action: string; risk: string; changes: unknown }[]
  notes: { address: string }[]
}
type Connection = { endpoints: string[]; password: string; caFile: string }

const NAME = 'e2e-brokers'
const built = (brokers: object): string =>
  JSON.stringify({
    apiVersion: 'mqops/v1',
    kind: 'Kafka',
    metadata: { name: NAME, labels: { env: 'test' } },
    spec: { members: 1, config: { 'num.io.threads': 4, 'message.max.bytes': '2MiB' }, brokers },
  })
let env: Record<string, string> = {}
let target: object = {}
const theirs = (brokers: object): string =>
  JSON.stringify({ apiVersion: 'mqops/v1', kind: 'Kafka', metadata: { name: 'theirs' }, spec: { target, brokers } })

const ran = (args: readonly string[]) => project.run(args, { env })
const ok = async (args: readonly string[]): Promise<string> => {
  const { code, stdout, stderr } = await ran(args)
  expect(code, `mqops ${args.join(' ')}\n${stdout}\n${stderr}`).toBe(0)
  return stdout
}
const planOf = async (file: string) => JSON.parse(await ok(['plan', '-f', file, '-o', 'json'])) as Plan

beforeAll(async () => {
  project.write(built({ 1: { config: { 'num.io.threads': 20, 'message.max.bytes': '3MiB' } } }))
  await ok(['apply', '--yes'])
  const connected = await ok(['connect', NAME, '--show-secrets', '-o', 'json'])
  const { endpoints, password, caFile } = JSON.parse(connected) as Connection
  env = { ADMIN_PASSWORD: password }
  target = {
    external: {
      endpoints,
      user: 'admin',
      password: { secretRef: { env: 'ADMIN_PASSWORD' } },
      ca: { secretRef: { file: caFile } },
    },
  }
})
afterAll(() => project.end())

it('what one broker has goes back to what all brokers have', async () => {
  await ok(['plan', '--detailed-exitcode'])
  project.write(built({}), 'without.yaml')
  expect((await planOf('without.yaml')).steps).toMatchObject([
    { address: `${NAME}/member/1`, action: 'member.restart' }, // more than halved: its file says so, too
    {
      address: `${NAME}/broker-config/1/message.max.bytes`,
      changes: [{ field: 'value', from: 3_145_728, to: 2_097_152 }],
    },
    { address: `${NAME}/broker-config/1/num.io.threads`, changes: [{ field: 'value', from: 20, to: 4 }] },
  ])
  await ok(['apply', '-f', 'without.yaml', '--yes'])
  await ok(['plan', '-f', 'without.yaml', '--detailed-exitcode'])
})

it('on a cluster that somebody else built', async () => {
  project.write(theirs({ 1: { config: { 'background.threads': 12 } } }), 'theirs.yaml')
  await ok(['apply', '-f', 'theirs.yaml', '--yes'])
  await ok(['plan', '-f', 'theirs.yaml', '--detailed-exitcode'])
  const text = await ok(['import', '-f', 'theirs.yaml'])
  expect(text).toMatch(/background\.threads: 12/)

  project.write(theirs({ 1: { config: { 'background.threads': 11 } } }), 'theirs.yaml')
  const { code, stdout } = await ran(['verify', '-f', 'theirs.yaml', '-o', 'json'])
  expect(code).not.toBe(0)
  expect(stdout).toMatch(/broker-config\/1\/background\.threads/)

  project.write(theirs({ 9: { config: { 'background.threads': 12 } } }), 'wrong.yaml')
  const refused = await ran(['plan', '-f', 'wrong.yaml'])
  expect(refused.code).not.toBe(0)
  expect(refused.stderr + refused.stdout).toMatch(/no broker 9: its brokers are 1/)

  project.write(theirs({}), 'theirs.yaml')
  await ok(['apply', '-f', 'theirs.yaml', '--yes'])
  expect(await planOf('theirs.yaml')).toMatchObject({ steps: [] })
})

it('a topic has nothing of one that had its name, whatever restarts', async () => {
  const topics = (of: object) =>
    project.write(JSON.stringify({ ...JSON.parse(built({})), spec: { members: 1, topics: of } }), 'topics.yaml')
  const apply = () => ok(['apply', '-f', 'topics.yaml', '--yes', '--confirm', NAME])
  topics({ again: { config: { 'retention.ms': '1h', 'flush.messages': 7 } } })
  await apply()
  topics({})
  await apply()
  const [broker] = processesOf(project.folder).filter(({ command }) => command.includes('kafka.Kafka'))
  process.kill(broker?.pid ?? 0, 'SIGKILL')
  await expect.poll(() => processesOf(project.folder).some(({ pid }) => pid === broker?.pid)).toBe(false)
  topics({ again: {} })
  await apply()
  expect(await ok(['plan', '-f', 'topics.yaml', '--detailed-exitcode'])).toMatch(/No changes/)
  expect(await ok(['import', '-f', 'topics.yaml'])).not.toMatch(/flush\.messages|retention\.ms/)
  topics({})
  await apply()
})

it('users are let in by a broker that starts again after others were removed', async () => {
  const users = (...names: readonly string[]) => {
    const spec = { members: 1, users: Object.fromEntries(names.map((name) => [name, {}])) }
    project.write(JSON.stringify({ ...JSON.parse(built({})), spec }), 'users.yaml')
  }
  const apply = () => ok(['apply', '-f', 'users.yaml', '--yes', '--confirm', NAME])
  // Some of these come before all others wherever their names are hashed.
  users('stays', ...Array.from({ length: 20 }, (_, i) => `u${i}`))
  await apply()
  users('stays')
  await apply()
  const [broker] = processesOf(project.folder).filter(({ command }) => command.includes('kafka.Kafka'))
  process.kill(broker?.pid ?? 0, 'SIGKILL')
  await expect.poll(() => processesOf(project.folder).some(({ pid }) => pid === broker?.pid)).toBe(false)
  await ok(['start', NAME, '--yes'])
  expect(await ok(['plan', '-f', 'users.yaml', '--detailed-exitcode'])).toMatch(/No changes/)
  await ok(['verify', '-f', 'users.yaml'])
  users()
  await apply()
})

it('threads far from those before: a broker that starts with them takes up all else, too', async () => {
  const threads = (config: object, own: object) => {
    const spec = { members: 1, config, brokers: { 1: { config: own } } }
    return JSON.stringify({
      apiVersion: 'mqops/v1',
      kind: 'Kafka',
      metadata: { name: NAME, labels: { env: 'test' } },
      spec,
    })
  }
  const changed = async (text: string) => {
    project.write(text, 'threads.yaml')
    await ok(['apply', '-f', 'threads.yaml', '--yes'])
    return ok(['plan', '-f', 'threads.yaml', '--detailed-exitcode'])
  }
  expect(
    await changed(
      threads(
        { 'num.io.threads': 40, 'num.replica.fetchers': 9, 'compression.type': 'lz4' },
        { 'background.threads': 3 },
      ),
    ),
  ).toMatch(/No changes/)
  // Stopped, it can't be told of new numbers before its file has them.
  await ok(['stop', NAME, '--yes'])
  expect(
    await changed(
      threads(
        { 'num.io.threads': 2, 'num.replica.fetchers': 1, 'compression.type': 'zstd' },
        { 'background.threads': 50 },
      ),
    ),
  ).toMatch(/No changes/)
})
