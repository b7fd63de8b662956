import { expect, test } from 'vitest'
import { shared } from '../../../src/brokers/rabbitmq/pool.ts'
import { context } from './support.ts'

const ctx = context()

test('who asks while an answer is under way shares the next one, never that one', async () => {
  const answers: ((value: number) => void)[] = []
  const read = shared(() => new Promise<number>((resolve) => answers.push(resolve)))
  const [first, beside] = [read(ctx), read(ctx)]
  await Promise.resolve()
  expect(answers).toHaveLength(1)
  const [late, later] = [read(ctx), read(ctx)]
  await Promise.resolve()
  expect(answers).toHaveLength(1)
  answers[0]?.(1)
  expect(await Promise.all([first, beside])).toEqual([1, 1])
  await Promise.resolve()
  expect(answers).toHaveLength(2)
  answers[1]?.(2)
  expect(await Promise.all([late, later])).toEqual([2, 2])
})

test('a failure is of those who asked for it; the next read is a new one', async () => {
  let turn = 0
  const read = shared(async () => {
    if (turn++ === 0) throw new Error('first')
    return turn
  })
  await expect(Promise.all([read(ctx), read(ctx)])).rejects.toThrow('first')
  expect(await read(ctx)).toBe(2)
})
