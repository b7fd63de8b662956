import { expect, test } from 'vitest'
import { JetStreamRefusal } from '../../../src/brokers/nats/errors.ts'

const passes = (err_code: number, description: string): boolean =>
  new JetStreamRefusal({ code: 400, err_code, description }, 'create', 'h:1').failure.retryable

test('a leader that has not heard from all servers yet, as after a restart, is asked again; missing tags stay missing', () => {
  const none = 'no suitable peers for placement'
  expect(passes(10005, `${none}, peer offline`)).toBe(true)
  expect(passes(10005, `${none}, miscellaneous issue`)).toBe(true)
  expect(passes(10005, `${none}, tags not matched ['eu']`)).toBe(false)
  expect(passes(10005, `${none}, insufficient storage`)).toBe(false)
})

test('elections and changes under way pass, limits do not', () => {
  expect([10008, 10009, 10118, 10063, 10017].every((one) => passes(one, 'x'))).toBe(true)
  expect([10047, 10027, 10065, 10074].some((one) => passes(one, 'x'))).toBe(false)
})
