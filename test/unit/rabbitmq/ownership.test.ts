import { describe, expect, test } from 'vitest'
import { createOwnership } from '../../../src/brokers/rabbitmq/ownership.ts'
import type { Json } from '../../../src/model/json.ts'
import type { OwnerRecord } from '../../../src/ports/session.ts'
import { clientOf, context, parameterStore } from './support.ts'

const ctx = context()
const changes = (...all: [string, OwnerRecord | null][]) => new Map(all)

describe('ownership', () => {
  test('what was written is read, what was forgotten is not', async () => {
    const { handler, stored } = parameterStore()
    const ownership = createOwnership(clientOf(handler))
    await ownership.write(changes(['queue/v/a', {}], ['user/u', { secret: 's' }], ['binding/v/e/queue/q/%', {}]), ctx)
    expect(await ownership.read(ctx)).toEqual(
      new Map([
        ['queue/v/a', {}],
        ['user/u', { secret: 's' }],
        ['binding/v/e/queue/q/%', {}],
      ]),
    )
    await ownership.write(
      changes(['queue/v/a', null], ['user/u', null], ['binding/v/e/queue/q/%', null], ['queue/never', null]),
      ctx,
    )
    expect([...stored.keys()]).toEqual([])
  })

  test("others' global parameters are no ownership", async () => {
    const { handler } = parameterStore(
      new Map<string, Json>([
        ['cluster_name', 'x'],
        ['mqops.lease', { epoch: 1 }],
      ]),
    )
    expect(await createOwnership(clientOf(handler)).read(ctx)).toEqual(new Map())
  })

  test('claiming again changes nothing, and is not written', async () => {
    const client = clientOf(parameterStore().handler)
    const ownership = createOwnership(client)
    await ownership.write(changes(['queue/v/a', {}]), ctx)
    await ownership.write(changes(['queue/v/a', {}]), ctx)
    expect(client.changes).toHaveLength(1)
  })

  test('batches side by side lose none of each other', async () => {
    const ownership = createOwnership(clientOf(parameterStore().handler))
    await Promise.all(Array.from({ length: 50 }, (_, i) => ownership.write(changes([`queue/v/${i}`, {}]), ctx)))
    expect((await ownership.read(ctx)).size).toBe(50)
  })

  test('ten thousand queues make sixteen values', async () => {
    const { handler, stored } = parameterStore()
    await createOwnership(clientOf(handler)).write(
      new Map(Array.from({ length: 10_000 }, (_, i) => [`queue/v/orders.${i}`, {}])),
      ctx,
    )
    expect(stored.size).toBe(16)
    expect(Math.max(...[...stored.values()].map((value) => JSON.stringify(value).length))).toBeLessThan(40_000)
  })
})
