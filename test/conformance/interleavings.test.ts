import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { printLocal } from '../../src/model/address.ts'
import type { LiveEvent } from '../../src/model/event.ts'
import type { JsonObject } from '../../src/model/json.ts'
import type { Plan } from '../../src/model/plan.ts'
import { seeded } from '../support/clock.ts'
import { type Answer, BusyTool } from './kinds/busy.ts'
import { RealCluster } from './real.ts'

const SEED = 4
const EACH = 8
const [FIRST, SECOND, THEIRS] = [1_000_001, 1_000_002, 1_000_009]

type Wanted = Readonly<Record<string, number>>
type Real = {
  readonly broker: string
  /** Names are told apart by what they begin with. */
  readonly prefixes: readonly string[]
  readonly user: string | null
  fields(wanted: Wanted): JsonObject
  /** As addresses say it. */
  at(name: string): string
  /**
   * Is what was made again under the same name told from what was planned to go? Kafka deletes by identity; NATS by name,
   * so only what came before the last look is told; RabbitMQ's things have none.
   */
  readonly tells: 'ever' | 'between steps' | 'never'
  /** Is what somebody else has done said as such, and not waited for until the deadline? Kafka's brokers may be late. */
  readonly soon: boolean
}

const each = (wanted: Wanted, of: (name: string) => boolean, make: (value: number, name: string) => JsonObject) =>
  Object.fromEntries(
    Object.entries(wanted)
      .filter(([name]) => of(name))
      .map(([name, value]) => [name, make(value, name)]),
  )
const isQueue = (name: string): boolean => name.startsWith('q.')

const REALS: readonly Real[] = [
  {
    broker: 'Kafka',
    prefixes: [''],
    user: null,
    fields: (wanted) => ({
      topics: each(
        wanted,
        () => true,
        (value) => ({ partitions: 1, replicas: 3, config: { 'max.message.bytes': value } }),
      ),
    }),
    at: (name) => `topic/${name}`,
    tells: 'ever',
    soon: false,
  },
  {
    broker: 'Nats',
    prefixes: [''],
    user: 'shop',
    fields: (wanted) => ({
      members: 3,
      accounts: {
        SHOP: {
          users: { shop: {} },
          streams: each(
            wanted,
            () => true,
            (value, name) => ({ subjects: [`${name}.>`], maxMessages: value }),
          ),
        },
      },
    }),
    at: (name) => `stream/SHOP/${name}`,
    tells: 'between steps',
    soon: true,
  },
  {
    broker: 'RabbitMQ',
    prefixes: ['', 'q.'],
    user: null,
    fields: (wanted) => ({
      members: 3,
      vhosts: {
        shop: {
          queues: each(wanted, isQueue, (value) => ({ type: 'classic', arguments: { 'x-max-length': value } })),
          policies: each(
            wanted,
            (name) => !isQueue(name),
            (value, name) => ({
              pattern: `^${name}$`,
              applyTo: 'queues',
              priority: value,
              definition: { 'max-length': 1000 },
            }),
          ),
        },
      },
    }),
    at: (name) => `${isQueue(name) ? 'queue' : 'policy'}/shop/${name}`,
    tells: 'never',
    soon: true,
  },
]

describe.each(REALS)(
  'an apply beside a foreign tool: $broker',
  ({ broker, prefixes, user, fields, at, tells, soon }) => {
    const named = (what: string): readonly string[] =>
      prefixes.flatMap((prefix) => Array.from({ length: EACH }, (_, i) => `${prefix}${what}${i}`))
    const all = (names: readonly string[], value: number): Wanted =>
      Object.fromEntries(names.map((name) => [name, value]))
    const [kept, changed, made, removed] = ['same', 'changed', 'made', 'removed'].map(named) as [
      string[],
      string[],
      string[],
      string[],
    ]
    const first = { ...all(kept, FIRST), ...all(changed, FIRST), ...all(removed, FIRST) }
    const second = { ...all(kept, FIRST), ...all(changed, SECOND), ...all(made, SECOND) }
    const strange = named('theirs')
    const nameOf = new Map([...Object.keys({ ...first, ...second }), ...strange].map((name) => [at(name), name]))
    let cluster: RealCluster
    let tool: BusyTool

    beforeAll(async () => {
      cluster = await RealCluster.open(broker)
      expect(await cluster.run(await cluster.plan(fields({})))).toBe('done')
      tool = new BusyTool(cluster, broker, await cluster.connection(fields({}), user))
      expect(tool.ask({ read: true }).read).toEqual({})
    })
    afterAll(async () => {
      await tool?.end()
      await cluster?.end()
    })

    /** From `first` to `second`, disturbed; then held to the claim, and applied again in peace. */
    async function disturbed(
      live: (event: LiveEvent, plan: Plan) => void,
      calm: () => Answer,
      told: boolean,
      atOnce: boolean,
    ): Promise<Answer['left']> {
      expect(await cluster.run(await cluster.plan(fields(first)))).toBe('done')
      // What an earlier round has left under these names has been taken over by now.
      const before = tool.ask({ read: true, forget: Object.keys(first) })
      expect(before.read).toMatchObject(first)
      const plan = await cluster.plan(fields(second))
      const result = await cluster.attempt(plan, (event) => live(event, plan))
      const { left } = calm()
      const now = tool.ask({ read: true }).read as Wanted
      const next = await cluster.plan(fields(second)) // what the verification after a run says
      const shown = next.steps.map((step) => printLocal(step.address))
      const said = new Set([
        ...shown,
        ...result.failures.flatMap((one) => (one.address ? [printLocal(one.address)] : [])),
      ])
      const wrong = Object.entries(second).flatMap(([name, value]) => (now[name] === value ? [] : [at(name)]))
      expect(shown).toEqual(expect.arrayContaining(wrong))
      if (atOnce) expect(result.failures.filter(({ code }) => code === 'MQOPS_TIMEOUT')).toEqual([])
      if (result.state !== 'done') expect([...result.failures, ...result.todo]).not.toEqual([])
      for (const address of said) expect(nameOf.has(address) ? address : `${address}?`).toBe(address)
      console.info(
        `${broker}: ${result.state}, ${result.failures.length} failures, ${shown.length} steps left, ${wrong.length} of ${Object.keys(second).length} otherwise`,
      )
      // Settings go by name, and may have been those of another one of that name: then that is said, and it stands.
      const warned = new Set(
        result.failures.flatMap(({ address, summary }) =>
          address && summary.includes('may have lost its settings') ? [printLocal(address)] : [],
        ),
      )
      const strangers = (after: Wanted) => {
        for (const [name, [value, identity]] of Object.entries(left)) {
          if (second[name] !== undefined) continue
          if (!strange.includes(name) && (identity === null || !told)) continue
          expect([name, after[name]]).toEqual([name, warned.has(at(name)) ? expect.any(Number) : value])
        }
      }
      strangers(now)
      expect(await cluster.run(next)).toBe('done')
      expect((await cluster.plan(fields(second))).steps).toEqual([])
      const after = tool.ask({ read: true }).read as Wanted
      expect(after).toMatchObject(second)
      strangers(after)
      return left
    }

    it('at each entry of the journal', async () => {
      const random = seeded(SEED)
      const again = new Set<string>() // planned to go, made again: stays
      let changes = 0
      const pick = <T>(of: readonly T[]): T => of[Math.floor(random() * of.length)] as T
      const left = await disturbed(
        (event, plan) => {
          if (event.type !== 'journal') return
          const { event: entry } = event
          const ids =
            entry.type === 'intent'
              ? entry.steps
              : entry.type === 'outcome'
                ? entry.outcomes.map((one) => one.step)
                : []
          const steps = plan.steps.filter((step) => ids.includes(step.id))
          if (steps.length === 0) return
          const going = entry.type === 'intent' ? steps.filter((step) => step.action.endsWith('.delete')) : []
          for (const { address } of going.slice(0, 1)) {
            const name = nameOf.get(printLocal(address)) as string
            tool.ask({ do: [name, true, THEIRS] })
            again.add(name)
          }
          const changing = entry.type === 'intent' ? steps.filter((step) => step.action.endsWith('.update')) : []
          for (const { address } of changing.slice(0, 1))
            tool.ask({ do: [nameOf.get(printLocal(address)) ?? '', true, null] })
          for (const step of going.length + changing.length > 0 ? [] : [pick(steps), pick(steps)]) {
            const name = nameOf.get(printLocal(step.address)) as string
            if (again.has(name)) continue
            tool.ask({ do: [name, random() < 0.6, pick([null, SECOND, THEIRS])] })
            changes += 1
          }
          tool.ask({ do: [pick(strange), false, THEIRS] })
        },
        () => tool.ask({ read: true }),
        tells !== 'never',
        soon,
      )
      expect(Object.keys(left).filter((name) => removed.includes(name))).not.toEqual([])
      expect(changes).toBeGreaterThan(0)
    })

    it('at the same time', async () => {
      let began = false
      await disturbed(
        () => {
          if (!began) tool.ask({ storm: SEED, names: [...changed, ...made, ...removed, ...strange] })
          began = true
        },
        () => {
          const answer = tool.ask({ calm: true })
          console.info(`${broker}: ${answer.done} foreign changes, ${answer.refused} refused`)
          expect(answer.done).toBeGreaterThan(0)
          return answer
        },
        tells === 'ever',
        false,
      )
    })
  },
)
