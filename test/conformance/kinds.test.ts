import { describe, expect, it } from 'vitest'
import type { JsonObject } from '../../src/model/json.ts'
import { kafka } from '../../src/brokers/kafka/index.ts'
import { nats } from '../../src/brokers/nats/index.ts'
import { rabbitmq } from '../../src/brokers/rabbitmq/index.ts'
import { brokers } from '../../src/brokers/registry.ts'
import { kafkaForeign, natsForeign, rabbitmqForeign } from './kinds/foreign.ts'
import { kafkaSamples } from './kinds/kafka.ts'
import { natsSamples } from './kinds/nats.ts'
import { rabbitmqSamples } from './kinds/rabbitmq.ts'
import type { Harness, Imported } from './kinds/sample.ts'
import { type KindsSuite, kindsSuite } from './kinds/suite.ts'
import { kindsPage, type Shown } from './kinds/table.ts'
import { RealCluster } from './real.ts'

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
    world: (fields) => cluster.world(fields),
    end: () => cluster.end(),
  }
}

const SUITES: readonly KindsSuite<unknown>[] = [
  { name: kafka.kind, kinds: kafka.kinds, open: () => real(kafka.kind, kafkaForeign), samples: kafkaSamples },
  { name: nats.kind, kinds: nats.kinds, open: () => real(nats.kind, natsForeign), samples: natsSamples },
  {
    name: rabbitmq.kind,
    kinds: rabbitmq.kinds,
    open: () => real(rabbitmq.kind, rabbitmqForeign),
    samples: rabbitmqSamples,
  },
]

/** By broker, kind and verb: what has been seen to work in this run. */
const shown: Shown = new Map()

describe.each(SUITES)('kinds of $name', (suite) => {
  kindsSuite(suite, shown)
})

it('docs/kinds.md says what this suite has shown (written by vitest -u)', async () => {
  expect(SUITES.map(({ name }) => name)).toEqual(brokers.map(({ kind }) => kind))
  await expect(kindsPage(SUITES, brokers, shown)).toMatchFileSnapshot('../../docs/kinds.md')
})
