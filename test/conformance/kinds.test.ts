import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { printLocal } from '../../src/model/address.ts'
import type { JsonObject } from '../../src/model/json.ts'
import type { Plan } from '../../src/model/plan.ts'
import { brokers } from '../../src/brokers/registry.ts'
import { fakeBroker } from '../support/fake-broker.ts'
import { fakeHarness, fakeSamples } from './kinds/fake.ts'
import { kafkaForeign, natsForeign, rabbitmqForeign } from './kinds/foreign.ts'
import { kafkaSamples } from './kinds/kafka.ts'
import { natsSamples } from './kinds/nats.ts'
import { rabbitmqSamples } from './kinds/rabbitmq.ts'
import {
  type Drift,
  fieldsOf,
  type Harness,
  type Imported,
  isPossible,
  said,
  type Sample,
  type Stage,
  stepsOf,
  type Verb,
} from './kinds/sample.ts'
import { kindsPage, type Shown } from './kinds/table.ts'
import { RealCluster } from './real.ts'

/** Calls are of a kind of its own for each: nobody but its harness looks into them. */
type Suite<Call> = {
  readonly name: string
  open(): Promise<Harness<Call>>
  readonly samples: readonly Sample<Call>[]
}

async function real<Call>(
  broker: string,
  foreign: (cluster: RealCluster, calls: readonly Call[], fields: JsonObject) => Promise<void>,
): Promise<Harness<Call>> {
  const cluster = await RealCluster.open(broker)
  return {
    plan: (fields) => cluster.plan(fields),
    run: (plan) => cluster.run(plan),
    import: async (fields): Promise<Imported> => {
      const { counts, left, plan } = await cluster.import(fields)
      return { counts, left: left.map(({ address }) => address), plan }
    },
    foreign: (calls, fields) => foreign(cluster, calls, fields),
    end: () => cluster.end(),
  }
}

const SUITES: readonly Suite<unknown>[] = [
  { name: 'Fake', open: async () => fakeHarness(), samples: fakeSamples },
  { name: 'Kafka', open: () => real('Kafka', kafkaForeign), samples: kafkaSamples },
  { name: 'Nats', open: () => real('Nats', natsForeign), samples: natsSamples },
  { name: 'RabbitMQ', open: () => real('RabbitMQ', rabbitmqForeign), samples: rabbitmqSamples },
]

/** By broker, kind and verb: what has been seen to work in this run. */
const shown: Shown = new Map()

/** One plan makes all kinds of a broker, the next changes them all: each test looks at its own kind's part of it. */
describe.each(SUITES)('kinds of $name', ({ name, open, samples }) => {
  let harness: Harness<unknown>
  beforeAll(async () => {
    harness = await open()
    await apply('base')
  })
  afterAll(() => harness?.end())

  /** What was done, of which nothing is left to do. */
  const apply = async (stage: Stage): Promise<Plan> => {
    const plan = await harness.plan(fieldsOf(samples, stage))
    expect(await harness.run(plan)).toBe('done')
    expect((await harness.plan(fieldsOf(samples, stage))).steps.map(said)).toEqual([])
    return plan
  }
  const able = (verb: Verb, of: (sample: Sample<unknown>) => unknown): readonly Sample<unknown>[] => {
    const those = samples.filter((sample) => isPossible(of(sample)))
    for (const { kind } of those) shown.set(JSON.stringify([name, kind, verb]), false)
    return those
  }
  const works = ({ kind }: Sample<unknown>, verb: Verb): void =>
    void shown.set(JSON.stringify([name, kind, verb]), true)
  const risksOf = (plan: Plan, sample: Sample<unknown>) =>
    [...new Set(stepsOf(plan, sample).map((step) => step.risk))].sort()
  const strangers = samples.flatMap(({ drift }) => (isPossible(drift) ? (drift.strangers ?? []) : [])).sort()
  const unmanaged = (plan: Plan) =>
    plan.notes.filter((note) => note.kind === 'unmanaged').map((note) => printLocal(note.address))

  it('has a sample of each kind', () => {
    const kinds = [...brokers, fakeBroker].find((broker) => broker.kind === name)?.kinds.map((kind) => kind.name)
    const those = samples.filter((sample) => sample.file === undefined).map((sample) => sample.kind)
    expect(those.toSorted()).toEqual(kinds?.toSorted())
  })

  describe('made', () => {
    let plan: Plan
    beforeAll(async () => void (plan = await apply('made')))
    it.each(able('made', () => true))('$kind', (sample) => {
      expect(stepsOf(plan, sample).length).toBeGreaterThan(0)
      if (sample.file === undefined) {
        expect(stepsOf(plan, sample).every((step) => /\.(create|configure)$/.test(step.action))).toBe(true)
        expect(risksOf(plan, sample)).toEqual(sample.creation?.toSorted())
      }
      works(sample, 'made')
    })
  })

  describe('changed', () => {
    let plan: Plan
    beforeAll(async () => void (plan = await apply('changed')))
    it.each(able('changed', (sample) => sample.changed))('$kind', (sample) => {
      expect(stepsOf(plan, sample).length).toBeGreaterThan(0)
      works(sample, 'changed')
    })
  })

  describe('drifted', () => {
    const those = able('drifted', (sample) => sample.drift) as readonly (Sample<unknown> & { drift: Drift<unknown> })[]
    let found: Plan
    beforeAll(async () => {
      const fields = fieldsOf(samples, 'changed')
      await harness.foreign(
        those.flatMap(({ drift }) => drift.calls),
        fields,
      )
      found = await harness.plan(fields)
    })
    it.each(those)('$kind: found', (sample) => {
      expect(found.steps.map(said)).toEqual(expect.arrayContaining([...sample.drift.finds]))
      expect(unmanaged(found)).toEqual(expect.arrayContaining([...(sample.drift.strangers ?? [])]))
      works(sample, 'drifted')
    })
    it('nothing else is found', () => {
      expect(found.steps.map(said).toSorted()).toEqual(those.flatMap(({ drift }) => drift.finds).toSorted())
      expect(unmanaged(found).toSorted()).toEqual(strangers)
    })
  })

  describe('repaired', () => {
    let plan: Plan
    beforeAll(async () => void (plan = await apply('changed')))
    it.each(able('repaired', (sample) => sample.drift))('$kind', (sample) => {
      const { finds } = sample.drift as Drift<unknown>
      expect(plan.steps.map(said)).toEqual(expect.arrayContaining([...finds]))
      works(sample, 'repaired')
    })
  })

  describe('imported', () => {
    let imported: Imported
    beforeAll(async () => void (imported = await harness.import(fieldsOf(samples, 'changed'))))
    it('is all there is, and its plan takes over what nobody owned and changes nothing', () => {
      expect(imported.left).toEqual([])
      expect(imported.plan.steps.map(said).toSorted()).toEqual(strangers.map((text) => `adopt ${text}`))
    })
    it.each(able('imported', (sample) => sample.imported ?? true))('$kind', (sample) => {
      expect(imported.plan.steps.filter((step) => !step.action.endsWith('.adopt')).map(said)).toEqual([])
      if (sample.file === undefined) expect(imported.counts[sample.kind]).toBeGreaterThan(0)
      works(sample, 'imported')
    })
  })

  describe('removed', () => {
    let plan: Plan
    beforeAll(async () => {
      plan = await apply('base')
    })
    it.each(able('removed', (sample) => sample.removal ?? true))('$kind', (sample) => {
      const steps = stepsOf(plan, sample)
      expect(steps.length).toBeGreaterThan(0)
      if (sample.removal) expect(risksOf(plan, sample)).toEqual((sample.removal as readonly string[]).toSorted())
      if (sample.loses)
        expect(steps.map((step) => step.loses)).toEqual(
          steps.map(() => expect.objectContaining(sample.loses as object)),
        )
      works(sample, 'removed')
    })
    it('what mqops did not make is still there', async () => {
      expect(unmanaged(await harness.plan(fieldsOf(samples, 'base'))).toSorted()).toEqual(strangers)
    })
  })
})

it('docs/kinds.md says what this suite has shown (written by vitest -u)', async () => {
  const real = SUITES.filter(({ name }) => name !== 'Fake')
  await expect(kindsPage(real, brokers, shown)).toMatchFileSnapshot('../../docs/kinds.md')
})
