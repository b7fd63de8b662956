import { expect, test } from 'vitest'
import { lossGrown, withLosses } from '../../../src/engine/losses.ts'
import { address } from '../../../src/model/address.ts'
import type { Json } from '../../../src/model/json.ts'
import type { Loss, Risk, Step } from '../../../src/model/plan.ts'
import type { Context } from '../../../src/ports/context.ts'
import type { AnyKind } from '../../../src/ports/kind.ts'
import type { Session } from '../../../src/ports/session.ts'

const step = (verb: string, name: string, risk: Risk = 'destructive', loses?: Loss): Step => ({
  id: `${verb}-${name}`,
  address: address('blue', 'thing', name),
  action: `fake.thing.${verb}`,
  args: { key: [name], want: verb === 'delete' ? null : 1, uid: null },
  reads: '',
  needs: [],
  reason: '',
  risk,
  reversible: false,
  changes: [],
  ...(loses ? { loses } : {}),
})

const kind = {
  action: 'fake.thing',
  loses: async (_session: Session, keys: readonly (readonly string[])[]) =>
    keys.map(([name]): Loss => (name === 'dark' ? {} : { messages: 7 })),
  losesByUpdate: async (_session: Session, items: readonly { readonly want: Json }[]) =>
    items.map(({ want }): Loss => ({ messages: want as number })),
} as unknown as AnyKind

test('deletes and destructive updates are measured, what the diff said stays, what nobody knows is not said', async () => {
  const steps = [
    step('delete', 'a'),
    step('update', 'b'),
    step('delete', 'dark'),
    step('update', 'c', 'safe'),
    step('delete', 'd', 'destructive', { messages: 3 }),
  ]
  const measured = await withLosses([kind], steps, {} as Session, {} as Context)
  expect(measured.map(({ loses }) => loses)).toEqual([
    { messages: 7 },
    { messages: 1 },
    undefined,
    undefined,
    { messages: 3 },
  ])
  expect(measured.map(({ id }) => id)).toEqual(steps.map(({ id }) => id))
})

test('up to twice as much is about the same; nothing at all stays nothing; what can no longer be measured has grown', () => {
  const planned = (messages: number) => step('delete', 'a', 'destructive', { messages })
  expect(lossGrown(planned(10), { messages: 20 })).toBeNull()
  expect(lossGrown(planned(10), { messages: 21 })).toMatchObject({ code: 'MQOPS_STALE' })
  expect(lossGrown(planned(0), { messages: 1 })).toMatchObject({ code: 'MQOPS_STALE' })
  expect(lossGrown(planned(10), {})).toMatchObject({ summary: expect.stringContaining('unknown number') })
  expect(lossGrown(step('delete', 'a'), { messages: 5 })).toBeNull()
})
