import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { ClusterSpec } from '../../../src/model/spec.ts'
import { kafkaSpecs } from '../../conformance/random/kafka.ts'
import { natsSpecs } from '../../conformance/random/nats.ts'
import { rabbitmqSpecs } from '../../conformance/random/rabbitmq.ts'
import { importedText, meaning } from './imported.ts'
import { loadReal } from './real.ts'

/** The suite of random specs on real brokers has few runs: here is what of it wants none. */

const RUNS = Number(process.env['MQOPS_RANDOM_RUNS'] ?? 30)
const SEED = Number(process.env['MQOPS_RANDOM_SEED'] ?? 1)

test.each([kafkaSpecs, natsSpecs, rabbitmqSpecs])(
  'what is imported of a random spec of $broker says the same',
  ({ broker, any }) => {
    fc.assert(
      fc.property(any, (fields) => {
        const document = { apiVersion: 'mqops/v1', kind: broker, metadata: { name: 'suite' }, spec: fields }
        const { clusters, failures } = loadReal(JSON.stringify(document))
        expect(failures.map((one) => one.summary)).toEqual([])
        const [spec] = clusters as readonly [ClusterSpec]
        const { text, left } = importedText(spec)
        expect(left).toEqual([])
        const again = loadReal(text)
        expect(again.failures.map((one) => one.summary)).toEqual([])
        expect(meaning(again.clusters[0] as ClusterSpec)).toEqual(meaning(spec))
      }),
      { seed: SEED, numRuns: RUNS },
    )
  },
)
