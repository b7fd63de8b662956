import { expect, test } from 'vitest'
import type { Json } from '../../../src/model/json.ts'
import type { ClusterSpec } from '../../../src/model/spec.ts'
import type { Context } from '../../../src/ports/context.ts'
import type { Target } from '../../../src/ports/target.ts'
import { externalTarget, readAccess } from '../../../src/targets/external/index.ts'
import { failureOf, specIn } from './support.ts'

const spec: ClusterSpec = { ...specIn('/x', 'orders'), broker: 'Nats' }
const password = { secretRef: { env: 'APP' } }
const options = (more: object = {}): Json => ({ endpoints: ['a:4222', '[::1]:4222'], ...more })
const ctx = (secret: string) => ({ secret: async () => secret }) as unknown as Context

test('access is what the spec says', async () => {
  const target = externalTarget.create(spec, options({ user: 'app', password, ca: { secretRef: { file: 'ca.pem' } } }))
  expect(await target.access(ctx(''))).toEqual({
    tls: true,
    endpoints: { client: ['a:4222', '[::1]:4222'] },
    user: 'app',
    password,
    ca: { secretRef: { file: 'ca.pem' } },
  })
  const both = { client: ['a:5671'], management: ['a:15671'] }
  expect(readAccess(spec, options({ endpoints: both, certificate: password, key: password }))).toMatchObject({
    endpoints: both,
    certificate: { certificate: password, key: password },
  })
})

test('what can not work is refused', () => {
  const wrong: readonly [object, RegExp][] = [
    [{ endpoints: [] }, /endpoints/],
    [{ endpoints: ['a'] }, /HOST:PORT/],
    [{ endpoints: ['http://a:1'] }, /HOST:PORT/],
    [{ endpoints: { management: ['a:1'] } }, /client/],
    [{ user: 'app' }, /go together/],
    [{ certificate: password }, /go together/],
    [{ user: 'app', password: 'plain' }, /password/],
    [{ nodes: 3 }, /nodes/],
  ]
  for (const [more, message] of wrong) expect(() => externalTarget.create(spec, options(more))).toThrow(message)
})

test('endpoints without those for clients are refused with what to write', () => {
  const make = () => externalTarget.create(spec, options({ endpoints: { management: ['a:1'] } }))
  expect(make).toThrow(
    expect.objectContaining({
      failure: expect.objectContaining({ hint: expect.stringMatching(/client: \[HOST:PORT\]/) }),
    }),
  )
})

test('has no members, and says so with what to do', async () => {
  expect(externalTarget.members).toBe(false)
  const target = externalTarget.create(spec, options())
  const place = { role: 'server', slot: 1 }
  const none = ctx('')
  const node = {} as never
  expect(await target.allocation(none)).toBeNull()
  expect(await target.lease('me', 1000, none)).toBeNull()
  expect(await target.observe([place], none)).toEqual([])
  expect(target.render([])).toEqual({})
  const calls: readonly ((t: Target) => Promise<unknown>)[] = [
    (t) => t.allocate({ members: [], secrets: [], certificates: [] }, none),
    (t) => t.converge([], 'start', () => ({}), none),
    (t) => t.stop([], none),
    (t) => t.destroy([], none),
    (t) => t.exec(place, ['x'], none),
    (t) => t.signal(place, 'SIGHUP', none),
    (t) => t.acknowledge(node, none),
    (t) => t.prepare({ name: 'nats', version: '2' }, () => {}, none),
    (t) => t.renew(['x'], none),
    (t) => t.secret('admin', none),
    async (t) => t.logs(node, { lines: 1, follow: false }, none),
  ]
  for (const call of calls) {
    const failure = await failureOf(call(target))
    expect(failure).toMatchObject({ code: 'MQOPS_NOT_MANAGED', retryable: false })
    expect(failure.summary).toContain('orders')
  }
})

test('digests of write-only fields are the same for every operator, and slow to guess', async () => {
  const one = externalTarget.create(spec, options())
  const two = externalTarget.create(spec, options({ endpoints: ['b:1'] }))
  const digest = await one.keyedDigest(password, ctx('secret'))
  expect(digest).toMatch(/^scrypt:/)
  expect(await two.keyedDigest(password, ctx('secret'))).toBe(digest)
  expect(await one.keyedDigest(password, ctx('other'))).not.toBe(digest)
  expect(await externalTarget.create({ ...spec, name: 'b' }, options()).keyedDigest(password, ctx('secret'))).not.toBe(
    digest,
  )
})
