import { expect, it } from 'vitest'
import { coded, noFormat } from './target-deployed.ts'
import { targetSuite } from './target-suite.ts'

targetSuite('allocation', (open) => {
  it('says of each member who it is, and where it lives', async () => {
    const { place, target, ctx } = await open()
    const layout = place.layout()
    const { cluster, members } = await target.allocate(layout, ctx)
    expect([target.name, cluster]).toEqual([place.spec.target.name, place.spec.name])
    expect(members).toEqual(
      layout.members.map(({ role, slot, ports }) => ({
        cluster,
        role,
        slot,
        incarnation: expect.stringMatching(/^[\w-]{22}$/),
        host: expect.stringMatching(/./),
        ports: Object.fromEntries(ports.map((name) => [name, expect.any(Number)])),
        paths: { home: expect.any(String), data: expect.any(String), logs: expect.any(String) },
      })),
    )
    const paths = members.flatMap((member) => Object.values(member.paths))
    expect(paths.every((path) => path.startsWith('/'))).toBe(true)
    expect(new Set(paths).size).toBe(9)
  })

  it('gives a member that stands the ports that it wants besides', async () => {
    const { place, target, ctx } = await open()
    const before = await target.allocate(place.layout(), ctx)
    const layout = place.layout()
    const more = layout.members.map((member, i) => (i === 1 ? { ...member, ports: [...member.ports, 'more'] } : member))
    const after = await target.allocate({ ...layout, members: more }, ctx)
    expect(after.members).toEqual(
      before.members.map((member, i) =>
        i === 1 ? { ...member, ports: { ...member.ports, more: expect.any(Number) } } : member,
      ),
    )
    const ports = after.members.flatMap((member) => Object.values(member.ports))
    expect(new Set(ports).size).toBe(ports.length)
    expect(await target.allocate(layout, ctx)).toEqual(after)
  })

  it('makes an authority with the first certificate, and one certificate of each name', async () => {
    const { place, target, ctx } = await open()
    const layout = place.layout()
    const none = await target.allocate({ ...layout, certificates: [] }, ctx)
    expect([none.certificates, Object.keys(none.secrets)]).toEqual([[], layout.secrets])
    await expect(target.secret('tls/ca.crt', ctx)).rejects.toEqual(coded('MQOPS_SECRET_MISSING'))

    const [first, ...others] = layout.certificates
    if (!first) throw new Error('a place has certificates')
    const one = await target.allocate({ ...layout, certificates: [first] }, ctx)
    expect(one.certificates).toEqual([{ ...first, notAfter: expect.any(Number) }])
    expect(one.certificates[0]?.notAfter).toBeGreaterThan(ctx.now())
    const values = () => Promise.all(['tls/ca.crt', `tls/${first.name}.key`].map((name) => target.secret(name, ctx)))
    const made = await values()
    const all = await target.allocate(layout, ctx)
    expect(all.certificates).toEqual([
      ...one.certificates,
      ...others.map((other) => ({ ...other, notAfter: expect.any(Number) })),
    ])
    expect(await values()).toEqual(made)
    // A layout with less takes nothing away.
    expect(await target.allocate({ members: [], secrets: [], certificates: [] }, ctx)).toEqual(all)
  })

  it('renews all certificates that are named or, when one is unknown, none', async () => {
    const { place, target, ctx } = await open()
    await expect(target.renew(['nats-1'], ctx)).rejects.toEqual(coded('MQOPS_SECRET_MISSING'))
    const before = await target.allocate(place.layout(), ctx)
    const pair = () => Promise.all(['crt', 'key'].map((part) => target.secret(`tls/nats-1.${part}`, ctx)))
    const old = await pair()
    await expect(target.renew(['nats-1', 'nobody'], ctx)).rejects.toEqual(coded('MQOPS_SECRET_MISSING'))
    expect([await pair(), await target.allocation(ctx)]).toEqual([old, before])
    await target.renew(['nats-1'], ctx)
    for (const [i, part] of (await pair()).entries()) expect(part).not.toBe(old[i])
    const certificates = before.certificates.map((one) => ({ ...one, notAfter: expect.any(Number) }))
    expect(await target.allocation(ctx)).toEqual({ ...before, certificates })
  })

  it('ends with the cluster: what is built anew has other keys', async () => {
    const { place, target, ctx, secrets } = await open()
    secrets.set('env:APP', 'open sesame')
    const digest = () => target.keyedDigest({ secretRef: { env: 'APP' } }, ctx)
    await target.allocate(place.layout(), ctx)
    const [before, generated] = [await digest(), { secretRef: { generated: 'tls/nats-1.key' } }]
    expect(await target.keyedDigest(generated, ctx)).not.toBe(before)
    await target.destroy([], ctx)
    await expect(target.keyedDigest(generated, ctx)).rejects.toEqual(coded('MQOPS_SECRET_MISSING'))
    await target.allocate(place.layout(), ctx)
    expect(await digest()).not.toBe(before)
  })

  it('is what a lease is for: it is over when it was given back, or taken', async () => {
    const { place, target, ctx } = await open()
    await target.allocate(place.layout(), ctx)
    const lease = await target.lease('alice', 30_000, ctx)
    await lease?.release()
    await expect(lease?.renew()).rejects.toEqual(coded('MQOPS_LEASE_LOST'))
  })

  it('counts the bytes of what all members hold', async () => {
    const { target, ctx, built } = await open()
    const nodes = await built()
    await target.converge(nodes.slice(0, 2), 'start', () => ({ mark: 'x'.repeat(20_000) }), ctx)
    expect(await target.size(ctx)).toBeGreaterThanOrEqual(40_000)
    await target.converge(nodes.slice(2), 'start', noFormat, ctx)
    expect(await target.size(ctx)).toBeGreaterThanOrEqual(40_000)
  })
})
