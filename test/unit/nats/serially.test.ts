import { expect, test } from 'vitest'
import { createSerially } from '../../../src/brokers/shared/serially.ts'

test('works go one after another in the order of asking; one that fails stops none', async () => {
  const serially = createSerially()
  const said: string[] = []
  const work = (name: string, fails = false) =>
    serially(async () => {
      said.push(`${name} begins`)
      await Promise.resolve()
      said.push(`${name} ends`)
      if (fails) throw new Error(name)
      return name
    })
  const all = await Promise.allSettled([work('a'), work('b', true), work('c')])
  expect(said).toEqual(['a begins', 'a ends', 'b begins', 'b ends', 'c begins', 'c ends'])
  expect(all.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
})
