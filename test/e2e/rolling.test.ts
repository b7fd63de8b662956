import { join } from 'node:path'
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { KAFKA, KINDS, NATS, RABBITMQ, RESOURCES } from './clusters.ts'
import { ended, plainClient, Project } from './project.ts'

const project = new Project()
const whole = (kafka = '', nats = '', rabbitmq = '') => [KAFKA(kafka), NATS(nats), RABBITMQ(rabbitmq)].join('---\n')
const STATIC = {
  Kafka: 'config: { queued.max.requests: 400 }',
  Nats: 'config: { sync_interval: 1m }',
  RabbitMQ: 'config: { channel_max: 1000 }',
}

type Status = { spec: { name: string }; members: { slot: number; startedAt: number }[] }[]

beforeAll(async () => {
  project.write(whole())
  await project.ok('apply', '--yes')
})
afterAll(() => project.end())

describe.each(KINDS)('%s', (kind) => {
  const { name, resource } = RESOURCES[kind]
  const log = join(project.folder, `${name}.log`)
  const starts = async () =>
    ((await project.json<Status>('status', name))[0]?.members ?? []).map((member) => member.startedAt)

  it('a rolling change of a static setting loses no acknowledged message', async () => {
    const connection = {
      ...(await project.json<object>('connect', name, '--user', 'shop', '--show-secrets')),
      resource,
    }
    const before = await starts()
    const witness = plainClient('witness', kind, [log], connection)
    await new Promise((resolve) => witness.stdout?.once('data', resolve)) // it writes
    project.write(whole(...KINDS.map((k) => (k === kind ? STATIC[k] : ''))))
    await project.ok('apply', name, '--yes', '--no-verify')
    witness.stdin?.end()
    const wrote = await ended(witness)
    expect(wrote.code).toBe(0)
    const after = await starts()
    expect(after.every((at, i) => at > (before[i] as number))).toBe(true)
    const acknowledged = readFileSync(log, 'utf8')
      .trim()
      .split('\n')
      .map((line) => Number(line.split(' ')[1]) * 1000)
    for (const at of after)
      expect(
        acknowledged.some((ms) => Math.abs(ms - at) < 5000),
        `acknowledged around ${at}`,
      ).toBe(true)
    const read = await ended(plainClient('read', kind, [log], connection))
    expect(read.code, read.stdout).toBe(0)
    // The control: with one message deleted the same reading must fail.
    await ended(plainClient('spoil', kind, [], connection))
    expect((await ended(plainClient('read', kind, [log], connection))).code).toBe(1)
  })
})
