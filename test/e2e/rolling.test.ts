import { join } from 'node:path'
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { KAFKA, KINDS, NATS, RABBITMQ, RESOURCES } from './clusters.ts'
import { ended, plainClient, processesOf, Project } from './project.ts'

const project = new Project()
/** Without a replica to spare, and with a name that RabbitMQ's own check of its members can't write. */
const ALONE = "'logs✓': { type: stream, arguments: { x-initial-cluster-size: 1 } }"
const whole = (kafka = '', nats = '', rabbitmq = '') =>
  [KAFKA(kafka), NATS(nats), RABBITMQ(rabbitmq).replace('orders: {', `${ALONE}, orders: {`)].join('---\n')
const STATIC = {
  Kafka: 'config: { queued.max.requests: 400 }',
  Nats: 'config: { sync_interval: 1m }',
  RabbitMQ: 'config: { channel_max: 1000 }',
}

type Event = { type: string; at: number; plan?: { steps: Step[] }; steps?: string[]; outcomes?: { step: string }[] }
type Step = { id: string; action: string; reason: string; address: { key: string[] } }

beforeAll(async () => {
  project.write(whole())
  await project.ok('apply', '--yes')
})
afterAll(() => project.end())

describe.each(KINDS)('%s', (kind) => {
  const { name, resource } = RESOURCES[kind]
  const log = join(project.folder, `${name}.log`)
  /** The members' processes, as the kernel has them: each leads a session of its own. */
  const members = () =>
    processesOf(join(project.folder, '.mqops-local', name))
      .filter(({ leads, command }) => leads && /nats-server|kafka\.Kafka|beam\.smp/.test(command))
      .map(({ pid }) => pid)

  /** From before a member was told to stop until the cluster counted it in again, as the run's journal has it. */
  const windows = async () => {
    const [run] = await project.json<{ run: string }[]>('runs', 'list')
    const { events } = await project.json<{ events: Event[] }>('runs', 'show', run?.run as string)
    const steps = events.flatMap((event) => event.plan?.steps ?? []).filter((step) => step.action === 'member.restart')
    return steps.map(({ id, address }) => ({
      member: address.key.join(),
      from: events.find((event) => event.steps?.includes(id))?.at as number,
      to: events.find((event) => event.outcomes?.some(({ step }) => step === id))?.at as number,
    }))
  }

  it('a rolling change of a static setting loses no acknowledged message', async () => {
    const connection = {
      ...(await project.json<object>('connect', name, '--user', 'shop', '--show-secrets')),
      resource,
    }
    const before = members()
    expect(before.length).toBe(3)
    const witness = plainClient('witness', kind, [log], connection)
    await new Promise((resolve) => witness.stdout?.once('data', resolve)) // it writes
    project.write(whole(...KINDS.map((k) => (k === kind ? STATIC[k] : ''))))
    const planned = (await project.json<{ steps: Step[] }>('plan', name)).steps.map(({ reason }) => reason)
    const outages = planned.filter((reason) => reason.endsWith("shop/logs✓ can't be used while it restarts"))
    expect([planned.length, outages.length]).toEqual([3, kind === 'RabbitMQ' ? 1 : 0])
    await project.ok('apply', name, '--yes', '--no-verify')
    witness.stdin?.end()
    const wrote = await ended(witness)
    expect(wrote.code).toBe(0)
    const after = members()
    expect([after.length, after.filter((pid) => before.includes(pid))]).toEqual([3, []])
    const acknowledged = readFileSync(log, 'utf8')
      .trim()
      .split('\n')
      .map((line) => Number(line.split(' ')[1]) * 1000)
    const restarts = await windows()
    expect(restarts.length).toBe(3)
    for (const { member, from, to } of restarts) {
      const inside = acknowledged.filter((at) => at > from && at < to)
      const gaps = [from, ...inside, to].map((at, i, all) => at - (all[i - 1] ?? at))
      console.log(
        `${name} member ${member}: ${inside.length} acknowledged in ${to - from} ms, longest pause ${Math.round(Math.max(...gaps))} ms`,
      )
      expect(inside.length, `acknowledged while member ${member} was restarted`).toBeGreaterThan(0)
    }
    const read = await ended(plainClient('read', kind, [log], connection))
    expect(read.code, read.stdout).toBe(0)
    // The control: with one message deleted the same reading must fail.
    await ended(plainClient('spoil', kind, [], connection))
    expect((await ended(plainClient('read', kind, [log], connection))).code).toBe(1)
  })
})
