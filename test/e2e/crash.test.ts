import { afterAll, expect, it } from 'vitest'
import { KAFKA, NATS, RABBITMQ } from './clusters.ts'
import { Project } from './project.ts'

const project = new Project()
afterAll(() => project.end())

type Shown = { events: { type: string; seq: number; steps?: string[]; outcomes?: { step: string }[] }[] }
type Runs = { run: string; state: string }[]

/** Which journal entry of its own each process dies at, in turn: near ones cross every boundary, far ones get ahead. */
const FAULTS = ['after:1', 'before:2', 'after:2', 'before:4', 'after:5', 'before:7', 'after:9'] as const

/**
 * The real binary dies by SIGKILL at a journal boundary, `resume` goes on and dies at the next one, until the run is
 * done: every crash happens on top of what earlier crashes left. (The simulation crosses every boundary by itself.)
 */
it('SIGKILL at journal boundaries, then resume: an empty difference, and nothing made twice', async () => {
  project.write([KAFKA(), NATS(), RABBITMQ()].join('---\n'))
  let kills = 0
  let ran = await project.run(['apply', '--yes', '--no-verify'], { env: { MQOPS_FAULT: 'kill-after:1' } })
  while (ran.signal === 'SIGKILL') {
    kills += 1
    expect(kills).toBeLessThan(200)
    ran = await project.run(['resume', '--yes', '--no-verify'], {
      env: { MQOPS_FAULT: `kill-${FAULTS[kills % FAULTS.length]}` },
    })
  }
  expect(ran.code, ran.stderr).toBe(0)
  const [run] = await project.json<Runs>('runs', 'list')
  const { events } = await project.json<Shown>('runs', 'show', run?.run as string)
  // The entry before each 'resumed' is the last thing a process did.
  const boundaries = new Set(
    events.flatMap((event, i) => {
      const before = events[i - 1]
      return event.type === 'resumed' && before
        ? [JSON.stringify([before.type, before.steps, before.outcomes?.map((o) => o.step)])]
        : []
    }),
  )
  console.log(`killed ${kills} times, at ${boundaries.size} different boundaries of ${events.length} journal entries`)
  expect(boundaries.size).toBeGreaterThan(8)
  expect((await project.json<{ steps: unknown[] }>('plan')).steps).toEqual([])
  // Nothing was made twice: each create was acted on once, or found done.
  const outcomes = events.flatMap((event) => event.outcomes?.map((outcome) => outcome.step) ?? [])
  expect(new Set(outcomes).size).toBe(outcomes.length)
  await project.ok('verify')
})
