import { expect, test } from 'vitest'
import { check } from '../../../src/brokers/kafka/check.ts'
import { kafka } from '../../../src/brokers/kafka/index.ts'
import { printLocal } from '../../../src/model/address.ts'
import type { Json } from '../../../src/model/json.ts'
import type { Observed } from '../../../src/model/plan.ts'
import { type KindSeen, planResources } from '../../../src/operations/deploy/resources.ts'
import { specOf } from './support.ts'

const present = (value: Json): Observed<Json> => ({ is: 'present', value, owner: { by: 'nobody' } })
const found = (config: object, topic: object) =>
  check(specOf({ config, topics: { a: { config: topic } } })).map(
    ({ path, message }) => `${path.join('.')}: ${message}`,
  )

test('a topic may not wait for longer than it may be without compaction', () => {
  expect(found({}, { 'min.compaction.lag.ms': 9, 'max.compaction.lag.ms': 5 })).toEqual([
    'topics.a.config.min.compaction.lag.ms: min.compaction.lag.ms (9) may not be more than max.compaction.lag.ms (5)',
  ])
  expect(found({ 'log.cleaner.min.compaction.lag.ms': 9 }, { 'max.compaction.lag.ms': 5 })).toEqual([
    'topics.a.config.max.compaction.lag.ms: log.cleaner.min.compaction.lag.ms of all brokers (9) may not be more than max.compaction.lag.ms (5)',
  ])
  expect(found({ 'log.cleaner.min.compaction.lag.ms': 9 }, { 'max.compaction.lag.ms': 9 })).toEqual([])
})

/** A cluster where all brokers wait 9 ms, planned for a topic that may wait for 5 at most. */
function planned(config: object, owned: readonly string[]) {
  const name = 'log.cleaner.min.compaction.lag.ms'
  const seen = kafka.kinds.map(
    (kind): KindSeen => ({
      kind,
      observed: kind.name === 'config' ? [[[name], present({ value: 9, own: {} })]] : [],
      secrets: new Map(),
    }),
  )
  const spec = specOf({ config, topics: { a: { config: { 'max.compaction.lag.ms': 5 } } } })
  const { steps, failures } = planResources(spec, seen, new Map(owned.map((key) => [key, {}])), new Set(['acl']), [])
  const names = new Map(steps.map((step) => [step.id, printLocal(step.address)]))
  return { failures, steps: steps.map((step) => [printLocal(step.address), ...step.needs.map((id) => names.get(id))]) }
}

test('a topic comes after the settings of all brokers that it works with only', () => {
  const setting = 'config/log.cleaner.min.compaction.lag.ms'
  const ordered = expect.arrayContaining([[setting], ['topic/a', setting]])
  expect(planned({ 'log.cleaner.min.compaction.lag.ms': 3 }, [setting]).steps).toEqual(ordered)
  expect(planned({}, [setting]).steps).toEqual(ordered)
  expect(planned({}, []).failures).toMatchObject([
    { code: 'MQOPS_SPEC_VALUE', path: ['topics', 'a', 'config', 'max.compaction.lag.ms'] },
  ])
})
