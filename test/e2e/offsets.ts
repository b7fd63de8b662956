import { execFile } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { createRuntimes } from '../../src/runtimes/index.ts'
import { ended, plainClient, type Project } from './project.ts'

const GROUP = 'witness-billing'
const run = promisify(execFile)
type Plan = { steps: { risk: string; loses?: object; rereads?: object }[] }

/** `mqops offsets` on a Kafka cluster whose topic `orders` has three partitions with nothing in them. */
export function offsetsOf(project: Project, name: string): void {
  const line = (...args: string[]) => ['offsets', name, GROUP, ...args]
  const consent = ['--yes', '--confirm', name]
  /** How clients and Kafka's own tool get in: asked for once, a process each. */
  let asked: Promise<{ endpoints: string[]; config: string; connection: object }> | null = null
  const access = () =>
    (asked ??= (async () => {
      const connection = await project.json<{ endpoints: string[] }>('connect', name, '--show-secrets')
      const config = join(project.folder, 'admin.properties')
      writeFileSync(config, await project.ok('connect', name, '--properties', '--show-secrets'))
      return { endpoints: connection.endpoints, config, connection }
    })())
  const client = async (verb: string, resource: object) =>
    plainClient(verb, 'Kafka', [], {
      ...(await access()).connection,
      resource: { topic: 'orders', group: GROUP, ...resource },
    })
  const done = async (verb: string, resource: object) => {
    const ran = await ended(await client(verb, resource))
    expect(ran.code, ran.stdout).toBe(0)
  }

  /** Kafka's own tool reads them. */
  async function offsets(): Promise<Readonly<Record<string, number>>> {
    const kafka = createRuntimes({ env: process.env })
    const version = kafka.versions('kafka')[0] as string
    const installed = await kafka.installed({ software: 'kafka', version, allowPath: false })
    if (!installed) throw new Error('Kafka is not installed')
    const { endpoints, config } = await access()
    const { stdout } = await run(
      join(installed.bin, 'kafka-consumer-groups'),
      [
        '--bootstrap-server',
        endpoints.join(','),
        '--command-config',
        config,
        '--describe',
        '--offsets',
        '--group',
        GROUP,
      ],
      { env: { ...process.env, ...installed.env } },
    )
    const rows = [...stdout.matchAll(/^\S+ +(orders) +(\d+) +(\d+) /gm)]
    return Object.fromEntries(rows.map(([, , partition, offset]) => [partition as string, Number(offset)]))
  }

  it('offsets go to a time, by a shift, to an offset, to both ends: as Kafka itself then reads them', async () => {
    const from = Date.now() - 3_600_000
    await done('stamp', { partitions: 3, each: 100, from })
    await done('commit', { offsets: { 0: 40, 1: 60 } })
    const time = new Date(from + 30_000).toISOString()
    const { steps } = await project.json<Plan>(...line('--to-time', time, '--plan-only'))
    expect(steps).toMatchObject([
      {
        risk: 'destructive',
        rereads: { messages: 10 + 30, atMost: true },
        loses: { messages: 30, atMost: true, skipped: true },
      },
    ])
    await project.ok(...line('--to-time', time, ...consent))
    await project.ok(...line('--shift', '-10', '--topic', 'orders:0', '--yes'))
    await project.ok(...line('--to-offset', '5000', '--topic', 'orders:2', ...consent))
    expect(await offsets()).toEqual({ 0: 20, 1: 30, 2: 100 })
    await project.ok(...line('--to', 'earliest', '--out', 'replay.plan'))
    await project.ok('apply', 'replay.plan', '--yes')
    expect((await project.run(['apply', 'replay.plan', '--yes'])).stderr).toContain('MQOPS_PLAN_STALE')
    const { partitions } = await project.json<{ partitions: { committed: number; end: number }[] }>(
      'offsets',
      name,
      GROUP,
    )
    expect(partitions.map(({ committed, end }) => [committed, end])).toEqual([0, 1, 2].map(() => [0, 100]))
    expect(await project.json<object>('offsets', name)).toMatchObject({ groups: [{ name: GROUP, lag: 300 }] })
  })

  it('a group that somebody reads in keeps its offsets, and its member is named', async () => {
    const member = await client('hold', { protocol: 'consumer' })
    const end = ended(member)
    await new Promise((resolve) => member.stdout?.once('data', resolve)) // it has partitions
    const ran = await project.run(line('--to', 'latest', ...consent))
    expect([ran.code, ran.stderr]).toEqual([
      1,
      expect.stringMatching(/MQOPS_GROUP_ACTIVE[^]*plain-member on 127\.0\.0\.1[^]*Stop/),
    ])
    member.stdin?.end()
    expect((await end).code).toBe(0)
  })

  it('killed before and after intent and outcome, then resumed: a shift shifts once', async () => {
    const file = join(project.folder, 'offsets-died-at')
    const already = [
      'before planned',
      'after planned',
      'before resumed',
      'after resumed',
      'before ended',
      'after ended',
    ]
    writeFileSync(file, `${already.join('\n')}\n`)
    const env = { MQOPS_FAULT: `kill-each:${file}` }
    let kills = 0
    for (let ran = await project.run(line('--shift', '7', ...consent), { env }); ran.code !== 0; kills++) {
      expect(ran.signal, ran.stderr).toBe('SIGKILL')
      ran = await project.run(['resume'], { env })
    }
    const died = readFileSync(file, 'utf8').trim().split('\n').slice(already.length)
    expect(died.map((boundary) => boundary.replace(/ \w+$/, ''))).toEqual([
      'before intent',
      'after intent',
      'before outcome',
      'after outcome',
    ])
    expect([kills, await offsets()]).toEqual([4, { 0: 7, 1: 7, 2: 7 }])
  })

  it('a broker without such groups says so', async () => {
    const ran = await project.run(['offsets', 'e2e-nats', GROUP, '--to', 'latest'])
    expect([ran.code, ran.stderr]).toEqual([1, expect.stringContaining('MQOPS_NOT_SUPPORTED')])
  })
}
