import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { said } from './kinds/sample.ts'
import { WIDTH } from './random/arbitraries.ts'
import { kafkaSpecs } from './random/kafka.ts'
import { natsSpecs } from './random/nats.ts'
import { rabbitmqSpecs } from './random/rabbitmq.ts'
import type { RandomSpecs } from './random/specs.ts'
import { RealCluster } from './real.ts'

/**
 * Random specs, one over another, on one real cluster of each broker. Spec n is made of seed + n alone: to see a failure again,
 * run two specs from the one before it (the failure says the command's variables). MQOPS_RANDOM_WIDTH makes them wide: so many
 * times the names of each kind.
 */

const SEED = Number(process.env['MQOPS_RANDOM_SEED'] ?? 1)
const RUNS = process.env['MQOPS_RANDOM_RUNS']

describe.each([kafkaSpecs, natsSpecs, rabbitmqSpecs])('random specs of $broker', (specs) => {
  let cluster: RealCluster
  beforeAll(async () => {
    Object.assign(process.env, specs.env)
    cluster = await RealCluster.open(specs.broker)
  })
  afterAll(() => cluster?.end())

  it('leave nothing to do after an apply, one over another, and import as themselves', async () => {
    const runs = RUNS === undefined ? specs.runs : Number(RUNS)
    let before = specs.first
    for (let n = 0; n < runs; n++) {
      const after = specs.possible(before, sampled(specs, SEED + n))
      try {
        expect(await change(cluster, after)).toEqual(DONE)
      } catch (error) {
        throw new Error(told(specs, SEED + n, { before, after }), { cause: error })
      }
      before = after
    }
  })
})

/** A first sample prefers what is short: not what a wide spec is for. */
const sampled = ({ any }: RandomSpecs, seed: number) =>
  fc.sample(WIDTH > 1 ? fc.noBias(any) : any, { seed, numRuns: 1 })[0] ?? {}

/** All that may be left to do, or is lost on the way: nothing. */
async function change(cluster: RealCluster, fields: RandomSpecs['first']) {
  const state = await cluster.run(await cluster.plan(fields))
  const { steps } = await cluster.plan(fields)
  const { left, text, plan } = await cluster.import(fields)
  const taken = plan.steps.map(said)
  return { state, planned: steps.map(said), left, taken, text: taken.length > 0 ? text : '' }
}
const DONE = { state: 'done', planned: [], left: [], taken: [], text: '' }

const told = ({ broker }: RandomSpecs, seed: number, specs: { readonly before: unknown; readonly after: unknown }) =>
  `random spec ${seed} of ${broker} fails; again: MQOPS_RANDOM_WIDTH=${WIDTH} MQOPS_RANDOM_SEED=${seed - 1} MQOPS_RANDOM_RUNS=2 -t ${broker}
before: ${JSON.stringify(specs.before)}
after: ${JSON.stringify(specs.after)}`
