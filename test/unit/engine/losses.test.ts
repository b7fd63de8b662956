import { expect, test } from 'vitest'
import { digest } from '../../../src/engine/digest.ts'
import { kindActions } from '../../../src/engine/kind-actions.ts'
import { lossGrown, withLosses } from '../../../src/engine/losses.ts'
import { address, printLocal } from '../../../src/model/address.ts'
import type { Json } from '../../../src/model/json.ts'
import type { Loss, Risk, Step } from '../../../src/model/plan.ts'
import type { World } from '../../../src/ports/action.ts'
import type { Context } from '../../../src/ports/context.ts'
import type { AnyKind, Unmeasured } from '../../../src/ports/kind.ts'
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
    keys.map(([name]): Loss | Unmeasured =>
      name === 'dark' ? {} : name === 'away' ? { unknown: 'no leader' } : { messages: 7 },
    ),
  losesByUpdate: async (_session: Session, items: readonly { readonly want: Json }[]) =>
    items.map(({ want }): Loss => ({ messages: want as number })),
} as unknown as AnyKind

test('deletes and destructive updates are measured, what the diff said stays, what nobody knows is not said', async () => {
  const steps = [
    step('delete', 'a'),
    step('update', 'b'),
    step('delete', 'dark'),
    step('delete', 'away'),
    step('update', 'c', 'safe'),
    step('delete', 'd', 'destructive', { messages: 3 }),
  ]
  const measured = await withLosses([kind], steps, {} as Session, {} as Context)
  expect(measured.map(({ loses }) => loses)).toEqual([
    { messages: 7 },
    { messages: 1 },
    undefined,
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

test('the guard waits for what can not be measured now: neither deleted, nor refused for good', async () => {
  const steps = ['a', 'away'].map((name) => step('delete', name, 'destructive', { messages: 7 }))
  const reads = { by: 'value' }
  const guarded = {
    ...kind,
    list: async (_: Session, keys: readonly (readonly string[])[]) =>
      keys.map((key) => [key, { is: 'present', value: 1, owner: { by: 'nobody' } }]),
    diff: () => [{ verb: 'delete', reads }],
  } as unknown as AnyKind
  const remove = kindActions(guarded).find((action) => action.name === 'fake.thing.delete')
  const session = {
    capabilities: new Set(),
    ownership: { read: async () => new Map(steps.map((one) => [printLocal(one.address), {}])) },
  }
  const world = { cluster: () => ({ spec: { name: 'blue' }, session: async () => session }) } as unknown as World
  const planned = steps.map((one) => ({ ...one, reads: digest(reads) }))
  expect(await remove?.guard(planned, world, new Set())).toEqual([{ is: 'yes' }, { is: 'not-yet', why: 'no leader' }])
})
