import { describe, expect, it } from 'vitest'
import type { Json } from '../../src/model/json.ts'
import type { Allocation } from '../../src/model/member.ts'
import { externalTarget } from '../../src/targets/external/index.ts'
import { fakePlace, localPlace, type Place } from './target-places.ts'
import { APP, coded, noFormat, placesFor, TARGETS } from './target-deployed.ts'

const DAY_MS = 86_400_000

describe.each(TARGETS)('secrets of target: %s', (_name, makePlace) => {
  const { opened, deployed } = placesFor(makePlace)

  it('are generated, all different, the same for everybody; others are not known', async () => {
    const { place, target, ctx } = await opened()
    await expect(target.secret('tls/ca.crt', ctx)).rejects.toEqual(coded('MQOPS_SECRET_MISSING'))
    const allocation = await target.allocate(place.layout(), ctx)
    const names = Object.keys(allocation.secrets)
    const other = place.open()
    const values = await Promise.all(names.map((name) => target.secret(name, ctx)))
    expect(await Promise.all(names.map((name) => other.target.secret(name, other.ctx)))).toEqual(values)
    expect(new Set(values).size).toBe(names.length)
    expect(values.every((value) => value.length > 16)).toBe(true)
    expect(names).toEqual(expect.arrayContaining(['tls/ca.crt', 'tls/nats-1.crt', 'tls/nats-1.key']))
    for (const [name, ref] of Object.entries(allocation.secrets))
      expect(ref).toEqual({ secretRef: { generated: name } })
    await expect(target.secret('tls/ca.key', ctx)).rejects.toEqual(coded('MQOPS_SECRET_MISSING'))
  })

  it('a renewed certificate: a later end, its files are stale until they are written, and untold until acknowledged', async () => {
    const { place, target, ctx, allocation, nodes, observe } = await deployed()
    const [node] = nodes as [(typeof nodes)[number]]
    const before = await target.secret('tls/nats-1.crt', ctx)
    const other = await target.secret('tls/nats-2.crt', ctx)
    place.advance(60 * DAY_MS)
    await target.renew(['nats-1'], ctx)
    const after = await target.allocation(ctx)
    const end = (of: Allocation | null, name: string) =>
      of?.certificates.find((certificate) => certificate.name === name)?.notAfter ?? 0
    expect(end(after, 'nats-1') - end(allocation, 'nats-1')).toBeGreaterThan(59 * DAY_MS)
    expect(end(after, 'nats-2')).toBe(end(allocation, 'nats-2'))
    expect(await target.secret('tls/nats-1.crt', ctx)).not.toBe(before)
    expect(await target.secret('tls/nats-2.crt', ctx)).toBe(other)
    await expect(target.renew(['nobody'], ctx)).rejects.toEqual(coded('MQOPS_SECRET_MISSING'))

    const [stale, fine] = await observe()
    expect([stale?.staleSecrets, fine?.staleSecrets]).toEqual([expect.arrayContaining(['tls/server.crt']), []])
    expect(stale?.running?.files['tls/server.crt']).not.toBe(stale?.files['tls/server.crt'])
    await target.converge([node], 'reload', noFormat, ctx)
    const [written] = await observe()
    expect(written?.staleSecrets).toEqual([])
    expect(written?.running?.files['tls/server.crt']).not.toBe(written?.files['tls/server.crt'])
    await target.acknowledge(node, ctx)
    const [told] = await observe()
    expect(told?.running?.files).toEqual(told?.files)
  })
})

/** For every target, also one whose members someone else runs. */
const external = async (): Promise<Place> => {
  const place = await fakePlace()
  const options: Json = { endpoints: ['a:1'] }
  const spec = { ...place.spec, name: `suite-${crypto.randomUUID()}` }
  return { ...place, spec, open: () => ({ ...place.open(), target: externalTarget.create(spec, options) }) }
}
describe.each<[string, () => Promise<Place>]>([
  ['fake', fakePlace],
  ['local', localPlace],
  ['external', external],
])('write-only fields: %s', (name, makePlace) => {
  it('a keyed digest tells equal from changed for every operator of the cluster, and says nothing elsewhere', async () => {
    const [place, elsewhere] = [await makePlace(), await makePlace()]
    try {
      const [one, two, three] = [place.open(), place.open(), elsewhere.open()]
      for (const { target, ctx } of [one, three]) if (name !== 'external') await target.allocate(place.layout(), ctx)
      for (const { secrets } of [one, two, three]) secrets.set('env:APP', 'open sesame')
      const digest = await one.target.keyedDigest(APP, one.ctx)
      expect(digest).not.toContain('sesame')
      expect(await two.target.keyedDigest(APP, two.ctx)).toBe(digest)
      expect(await three.target.keyedDigest(APP, three.ctx)).not.toBe(digest)
      for (const { secrets } of [one, two]) secrets.set('env:APP', 'other')
      expect(await two.target.keyedDigest(APP, two.ctx)).not.toBe(digest)
      one.secrets.delete('env:APP')
      await expect(one.target.keyedDigest(APP, one.ctx)).rejects.toEqual(coded('MQOPS_SECRET_MISSING'))
    } finally {
      for (const one of [place, elsewhere]) await one.end()
    }
  })
})
