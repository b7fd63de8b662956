import { describe, expect, test } from 'vitest'
import { nats } from '../../../src/brokers/nats/index.ts'
import { allocationOf, filesOf, specOf } from './support.ts'

const files = (body: object) => {
  const spec = specOf(body)
  return filesOf(nats.nodes(spec, allocationOf(spec))[0])
}
const noticed = (before: object, after: object, secrets = false): readonly string[] => {
  const [had, has] = [files(before), files(after)]
  return Object.keys(has).filter((name) =>
    nats.disturbs?.(name, { before: had[name] ?? '', after: has[name] ?? '', secrets }),
  )
}
const shop = (account: object, more: object = {}) => ({ accounts: { SHOP: account, ...more } })

describe('clients notice', () => {
  const two = shop({ users: { a: {}, b: {} } })
  test.each([
    ['a user less', shop({ users: { a: {} } })],
    ['an account less', { accounts: {} }],
    ['another password', shop({ users: { a: {}, b: { password: { secretRef: { env: 'B' } } } } })],
    ['another permission', shop({ users: { a: {}, b: { publish: ['x'] } } })],
    [
      'an export less',
      shop({ users: { a: {}, b: {} } }),
      shop({ users: { a: {}, b: {} }, exports: [{ stream: 'x' }] }),
    ],
    ['a lower limit', shop({ users: { a: {}, b: {} }, limits: { connections: 5 } })],
    ['no JetStream', shop({ jetstream: false, users: { a: {}, b: {} } })],
  ])('%s', (_what, after, before = two) => {
    expect(noticed(before, after)).toEqual(['accounts.conf'])
  })
  test('a password that has another value behind the same reference', () => {
    expect(noticed(two, two, true)).toEqual(['accounts.conf'])
  })
  test('a limit that goes down, from what the server has by default too', () => {
    expect(noticed({}, { config: { max_connections: 100 } })).toEqual(['server.conf'])
    expect(noticed({ config: { max_payload: '8MiB' } }, {})).toEqual(['server.conf'])
  })
})

describe('nobody notices', () => {
  const one = shop({ users: { a: {} } })
  test.each([
    ['a user more', one, shop({ users: { a: {}, b: { publish: ['x'] } } })],
    ['an account more', one, shop({ users: { a: {} } }, { B: { users: { c: {} } } })],
    ['an export more', one, shop({ users: { a: {} }, exports: [{ stream: 'x' }] })],
    ['a higher limit', shop({ limits: { connections: 5 } }), shop({ limits: { connections: 6 } })],
    ['other limits of storage', one, shop({ jetstream: { streams: 3 }, users: { a: {} } })],
    ['a limit that goes up', { config: { max_connections: 5 } }, { config: { max_connections: 6 } }],
    ['other options', {}, { config: { ping_interval: '10s', debug: true } }],
  ])('%s', (_what, before, after) => {
    expect(noticed(before, after)).toEqual([])
  })
})

test('text that mqops did not write may take away anything', () => {
  expect(nats.disturbs?.('accounts.conf', { before: 'accounts {}', after: '{"accounts":{}}', secrets: false })).toBe(
    true,
  )
})
