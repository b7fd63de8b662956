import fc from 'fast-check'
import { expect, test } from 'vitest'
import { canStep, startingThreads } from '../../../src/brokers/kafka/threads.ts'
import { specOf } from './support.ts'

const NAME = 'num.io.threads'
const start = (common: number | undefined, own: number | undefined, usual: number): number => {
  const config = common === undefined ? {} : { config: { [NAME]: common } }
  const brokers = own === undefined ? {} : { brokers: { 1: { config: { [NAME]: own } } } }
  return Number(startingThreads(specOf({ ...config, ...brokers }), 1, { [NAME]: usual })[NAME] ?? usual)
}

test('a broker starts where its file says, or as near to it as lets it come to its number', () => {
  expect([start(8, undefined, 4), start(9, undefined, 4), start(1, undefined, 8)]).toEqual([4, 5, 2])
  expect([start(undefined, 16, 4), start(4, 6, 4)]).toEqual([8, 4])
  expect(startingThreads(specOf({ config: { [NAME]: 8, 'message.max.bytes': 1 } }), 1, { [NAME]: 8 })).toEqual({})
})

test('where it can not come to its own from the common number, it starts where it does not take that one', () => {
  expect([start(2, 7, 1), start(2, 5, 4), start(8, 1, 4), start(8, 3, 8)]).toEqual([6, 6, 2, 3])
})

/** As a broker does: a number that it may not go to is left; Kafka gives it the common one first, or its own. */
const ends = (file: number, common: number, own: number): readonly number[] => {
  const one = canStep(file, common) ? common : file
  return [canStep(one, own) ? own : one, canStep(file, own) ? own : file]
}

test('property: it comes to its own number in either order', () => {
  const count = fc.integer({ min: 1, max: 100 })
  fc.assert(
    fc.property(count, count, count, (common, own, usual) => {
      expect(ends(start(common, own, usual), common, own)).toEqual([own, own])
    }),
    { numRuns: 2000 },
  )
})
