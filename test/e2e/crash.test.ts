import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, basename, join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { KAFKA, NATS, RABBITMQ } from './clusters.ts'
import { Project } from './project.ts'

const project = new Project()
afterAll(() => project.end())

type Shown = { events: { type: string; steps?: string[]; outcomes?: { step: string }[] }[] }
const whole = [KAFKA(), NATS(), RABBITMQ()].join('---\n')
const names = ['e2e-kafka', 'e2e-nats', 'e2e-rabbitmq']

/** Before and after every entry of the newest run's journal, by the steps that it is about. */
async function boundaries(): Promise<ReadonlySet<string>> {
  const [run] = await project.json<{ run: string }[]>('runs', 'list')
  const { events } = await project.json<Shown>('runs', 'show', run?.run as string)
  const entries = events.flatMap(({ type, steps, outcomes }) => [
    ...(steps ?? []).map((step) => `intent ${step}`),
    ...(outcomes ?? []).map(({ step }) => `outcome ${step}`),
    ...(type === 'planned' || type === 'ended' ? [type] : []),
  ])
  return new Set(entries.flatMap((entry) => [`before ${entry}`, `after ${entry}`]))
}

/**
 * Who each topic partition, stream and quorum queue is, read from the brokers' own files: topic id, time of creation, and
 * the id of the queue's Raft group. Made twice, it would be somebody else.
 */
function incarnations(): ReadonlyMap<string, string> {
  const data = join(project.folder, '.mqops-local')
  const found = new Map<string, string>()
  const take = (pattern: string, who: (file: string) => readonly [string, string] | null) => {
    for (const file of globSync(join(data, pattern))) {
      const one = who(file)
      if (one) found.set(one[0], one[1])
    }
  }
  take('e2e-kafka/members/*/data/*/partition.metadata', (file) => {
    const id = /topic_id: (\S+)/.exec(readFileSync(file, 'utf8'))?.[1]
    const partition = basename(dirname(file))
    return id && !partition.startsWith('__') ? [`topic ${partition}`, id] : null
  })
  take('e2e-nats/members/*/data/**/streams/*/meta.inf', (file) => {
    const { name, Created: created } = parsed(file) as { name?: string; Created?: string }
    return name && created ? [`stream ${name}`, created] : null
  })
  take('e2e-rabbitmq/members/*/data/*/quorum/*/*/config', (file) => {
    const [group, node] = [dirname(file), dirname(dirname(file))].map((path) => basename(path))
    return [`quorum queue on ${node}`, group as string]
  })
  return found
}

const parsed = (file: string): object => {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as object
  } catch {
    return {} // the server writes it just now
  }
}

/**
 * The real binary dies by SIGKILL before and after each journal entry of a three-broker apply, one death for each, on top
 * of what the earlier ones left; `resume` goes on every time.
 */
it('SIGKILL at each journal boundary, then resume: an empty difference, and nothing made twice', async () => {
  project.write(whole)
  await project.ok('apply', '--yes', '--no-verify')
  const recorded = await boundaries()
  await project.ok('destroy', '--yes', ...names.flatMap((name) => ['--confirm', name]))

  const file = join(project.folder, 'died-at')
  const env = { MQOPS_FAULT: `kill-each:${file}` }
  const died = () => (existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : [])
  const seen = new Map<string, string>()
  let kills = 0
  for (let started = false; ; started = died().includes('after planned')) {
    const ran = await project.run(started ? ['resume', '--yes', '--no-verify'] : ['apply', '--yes', '--no-verify'], {
      env,
    })
    for (const [what, who] of incarnations()) {
      expect(seen.get(what) ?? who, `${what} after ${kills} kills`).toBe(who)
      seen.set(what, who)
    }
    if (ran.signal !== 'SIGKILL') {
      expect(ran.code, ran.stderr).toBe(0)
      break
    }
    kills += 1
    expect(kills).toBeLessThanOrEqual(recorded.size)
  }
  console.log(`killed ${kills} times, at each of the ${recorded.size} boundaries of the recorded journal`)
  expect([...seen.keys()].toSorted()).toEqual([
    ...[1, 2, 3].map((i) => `quorum queue on e2e-rabbitmq-rabbitmq-${i}@localhost`),
    'stream KV_mqops',
    'stream ORDERS',
    ...['audit-0', 'mqops.ownership-0', 'orders-0', 'orders-1', 'orders-2'].map((partition) => `topic ${partition}`),
  ])
  expect([...recorded].filter((boundary) => !died().includes(boundary))).toEqual([])
  expect((await project.json<{ steps: unknown[] }>('plan')).steps).toEqual([])
  await project.ok('verify')
})
