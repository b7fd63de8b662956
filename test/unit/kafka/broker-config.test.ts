import { expect, test } from 'vitest'
import { brokerConfig, diffOverride } from '../../../src/brokers/kafka/kinds/broker-config.ts'
import { toFields } from '../../../src/brokers/kafka/import.ts'
import type { Scalar } from '../../../src/brokers/kafka/settings.ts'
import type { Observed } from '../../../src/model/plan.ts'
import type { SeenResource } from '../../../src/ports/broker.ts'
import { specOf } from './support.ts'

const present = (value: Scalar, behind?: Scalar): Observed<{ value: Scalar; behind?: Scalar }> => ({
  is: 'present',
  value: { value, ...(behind === undefined ? {} : { behind }) },
  owner: { by: 'nobody' },
})
const absent = { is: 'absent' } as const

test('by broker and name, in the units of the broker', () => {
  const spec = specOf({
    brokers: { 2: { config: { 'log.flush.interval.ms': '30s', 'log.cleanup.policy': 'delete, compact' } }, 3: {} },
  })
  expect(brokerConfig.desired(spec)).toEqual([
    { key: ['2', 'log.flush.interval.ms'], value: 30_000, path: ['brokers', '2', 'config', 'log.flush.interval.ms'] },
    {
      key: ['2', 'log.cleanup.policy'],
      value: 'compact,delete',
      path: ['brokers', '2', 'config', 'log.cleanup.policy'],
    },
  ])
  expect(brokerConfig.needs?.(['2', 'a'], 1, spec)).toEqual([['config', 'a']])
  expect(brokerConfig.needs?.(['2', 'a'], 1)).toEqual([])
})

test('set, changed, and back to what all brokers have', () => {
  const diff = (want: Scalar | undefined, have: Parameters<typeof diffOverride>[2]) =>
    diffOverride('message.max.bytes', want, have, false).map(({ verb, changes }) => [verb, changes])
  expect(diff(5, absent)).toEqual([['create', [{ field: 'value', to: 5 }]]])
  expect(diff(5, present(4, 3))).toEqual([['update', [{ field: 'value', from: 4, to: 5 }]]])
  expect(diff(5, present(5, 3))).toEqual([])
  expect(diff(undefined, present(5, 3))).toEqual([['delete', [{ field: 'value', from: 5, to: 3 }]]])
  expect(diff(undefined, absent)).toEqual([])
  expect(diff(5, { is: 'unknown', why: '' })).toEqual([])
})

test('a retention that may be shorter than what it hides deletes messages', () => {
  const risk = (name: string, want: Scalar | undefined, have: Parameters<typeof diffOverride>[2], fresh = false) =>
    diffOverride(name, want, have, fresh).map((change) => `${change.risk} ${change.reversible}`)[0]
  expect(risk('log.retention.ms', 1000, absent)).toBe('destructive false')
  expect(risk('log.retention.ms', 1000, absent, true)).toBe('safe true')
  expect(risk('log.retention.ms', -1, absent)).toBe('safe true')
  expect(risk('log.retention.ms', 2000, present(1000))).toBe('safe true')
  expect(risk('log.retention.ms', undefined, present(2000, 1000))).toBe('destructive false')
  expect(risk('log.retention.ms', undefined, present(1000, 2000))).toBe('safe true')
  expect(risk('log.cleanup.policy', 'compact', absent)).toBe('destructive false')
})

test('imported: what hides the cluster-wide value too', () => {
  const seen: readonly SeenResource[] = [
    { kind: 'config', key: ['num.io.threads'], value: { value: 8, own: { 2: 9 } } },
    { kind: 'config', key: ['log.cleaner.threads'], value: { own: { 1: 3 } } },
    { kind: 'broker-config', key: ['2', 'message.max.bytes'], value: { value: 1_048_576, behind: 5 } },
  ]
  const { fields, left } = toFields(seen, { spec: specOf({}), generated: new Set() })
  expect(left).toEqual([])
  expect(fields).toMatchObject({
    config: { 'num.io.threads': 8 },
    brokers: {
      1: { config: { 'log.cleaner.threads': 3 } },
      2: { config: { 'num.io.threads': 9, 'message.max.bytes': '1MiB' } },
    },
  })
})
