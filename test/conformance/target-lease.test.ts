import { describe, expect, it } from 'vitest'
import { coded, leaseOf, placesFor, TARGETS, TTL_MS } from './target-deployed.ts'

describe.each(TARGETS)('the lease of target: %s', (_name, makePlace) => {
  const { opened } = placesFor(makePlace)

  it('has one holder, who is named to others; its epoch grows', async () => {
    const { place, target, ctx } = await opened()
    await target.allocate(place.layout(), ctx)
    const first = await leaseOf({ target, ctx }, 'alice')
    for (const name of ['bob', 'alice']) {
      const refused = await leaseOf(place.open(), name).catch((error: unknown) => error)
      expect(refused).toMatchObject({ code: 'MQOPS_LOCKED', message: expect.stringContaining('alice') })
    }
    await first.renew()
    await first.release()
    await first.release()
    const second = await leaseOf(place.open(), 'bob')
    expect(second.epoch).toBeGreaterThan(first.epoch)
    await first.release() // takes nothing from the new holder
    await second.renew()
    await second.release()
    expect((await leaseOf(place.open(), 'carol')).epoch).toBeGreaterThan(second.epoch)
  })

  it('of a holder who is silent is free when its time is over, and not before; the old holder is told', async () => {
    const { place } = await opened()
    const away = await leaseOf(place.open({ away: true }), 'carol')
    place.advance(TTL_MS - 5000)
    await away.renew()
    place.advance(TTL_MS - 5000)
    await expect(leaseOf(place.open(), 'bob')).rejects.toEqual(coded('MQOPS_LOCKED'))
    place.advance(10_000)
    const mine = await leaseOf(place.open(), 'bob')
    expect(mine.epoch).toBeGreaterThan(away.epoch)
    await expect(away.renew()).rejects.toEqual(coded('MQOPS_LEASE_LOST'))
    await away.release()
    await mine.renew()
    await mine.release()
  })
})
