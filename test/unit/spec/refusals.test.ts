import { expect, test } from 'vitest'
import { topic } from '../../../src/brokers/kafka/kinds/topic.ts'
import { planResources } from '../../../src/operations/deploy/resources.ts'
import type { AnyKind } from '../../../src/ports/kind.ts'
import { loadReal } from './real.ts'

const text = `apiVersion: mqops/v1
kind: Kafka
metadata: { name: orders }
spec:
  topics:
    created:
      partitions: 3
    paid:
      replicas: 1
    hidden: {}
`
const loaded = loadReal(text)
const [spec] = loaded.clusters
const present = (partitions: number, replicas: readonly number[]) =>
  ({
    is: 'present',
    owner: { by: 'mqops' },
    value: { partitions, replicas, config: {}, defaults: { 'min.insync.replicas': 2 } },
  }) as const

test('what a plan refuses has its place in the spec, as near as it is known', () => {
  if (!spec) throw new Error(loaded.failures.map(({ summary }) => summary).join())
  const { failures, steps } = planResources(
    spec,
    [
      {
        kind: topic as AnyKind,
        observed: [
          [['created'], present(12, [3])],
          [['paid'], present(1, [3])],
          [['hidden'], { is: 'unknown', why: 'forbidden' }],
        ],
        secrets: new Map(),
      },
    ],
    new Map(),
    new Set(),
    [],
  )
  expect(steps).toEqual([])
  const places = failures.map(({ code, path }) => {
    const source = loaded.sourceOf('orders', path ?? [])
    return [code, source && `${source.line}:${source.column}`]
  })
  expect(places).toEqual([
    ['MQOPS_PARTITIONS_DECREASE', '7:19'],
    ['MQOPS_REPLICAS_CHANGE', '9:17'],
    ['MQOPS_UNKNOWN_STATE', '10:5'],
  ])
})
