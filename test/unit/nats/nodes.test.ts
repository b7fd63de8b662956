import { describe, expect, test } from 'vitest'
import { nats } from '../../../src/brokers/nats/index.ts'
import { printText } from '../../../src/model/secret.ts'
import { allocationOf, filesOf, specOf } from './support.ts'

const render = (body: object, more?: Parameters<typeof specOf>[1]) => {
  const spec = specOf(body, more)
  return nats.nodes(spec, allocationOf(spec))
}

describe('nats.conf', () => {
  const [first, second] = render({
    storage: '2GiB',
    memory: '64MiB',
    config: { sync_interval: 'always', pool_size: 5 },
  })
  const conf = filesOf(first)['nats.conf'] ?? ''

  test('names the server by its place and disk', () => {
    expect(conf).toContain('server_name: "orders-nats-1-inc1"')
    const spec = specOf({})
    const allotted = allocationOf(spec)
    const wiped = { ...allotted, members: allotted.members.map((member) => ({ ...member, incarnation: 'zzzz' })) }
    expect(filesOf(nats.nodes(spec, wiped)[0])['nats.conf']).toContain('server_name: "orders-nats-1-zzzz"')
  })

  test('always writes what JetStream may store', () => {
    expect(conf).toContain('max_file_store: 2147483648')
    expect(conf).toContain('max_memory_store: 67108864')
  })

  test('speaks TLS at every port', () => {
    expect(conf).toContain('https: "127.0.0.1:4012"')
    expect(conf).not.toMatch(/^http:/m)
    expect(conf).toMatch(/^tls \{.*min_version: "1.3"/m)
    expect(conf).toMatch(/cluster \{[^]*tls \{.*verify: true/)
  })

  test('keeps the cluster id and includes what a reload takes up', () => {
    expect(conf).toContain('server_metadata: { "mqops.cluster-id": "AbCdEfGhIjKlMnOpQrStUv" }')
    expect(conf).toContain('include "server.conf"')
    expect(conf).toContain('include "accounts.conf"')
  })

  test('puts each option into its block', () => {
    expect(conf).toMatch(/jetstream \{[^}]*sync_interval: "always"/)
    expect(conf).toMatch(/cluster \{[^]*pool_size: 5/)
  })

  test('routes lead to the others', () => {
    expect(filesOf(first)['routes.conf']).toBe('routes: ["tls://127.0.0.1:4021", "tls://127.0.0.1:4031"]\n')
    expect(filesOf(second)['routes.conf']).toBe('routes: ["tls://127.0.0.1:4011", "tls://127.0.0.1:4031"]\n')
  })

  test('stops by lame duck mode, with more patience than the server takes', () => {
    expect(first?.stopSignal).toBe('SIGUSR2')
    expect(first?.stopGraceMs).toBeGreaterThan(30_000)
  })
})

test('options that a reload takes up change no restart file', () => {
  const before = render({})[0]
  const after = render({ config: { max_payload: '2MiB', ping_interval: '1d' } })[0]
  expect(filesOf(after)['nats.conf']).toBe(filesOf(before)['nats.conf'])
  expect(filesOf(after)['server.conf']).toBe('max_payload: 2097152\nping_interval: "86400000ms"\n')
  expect(after?.files['server.conf']?.apply).toBe('reload')
  expect(after?.files['nats.conf']?.apply).toBe('restart')
})

test('a single server has no cluster block: it would wait for a second one', () => {
  const [only, ...others] = render({ members: 1 })
  expect(others).toEqual([])
  expect(filesOf(only)['nats.conf']).not.toContain('cluster {')
  expect(only?.files['routes.conf']).toBeUndefined()
})

test('without TLS a password keeps strangers off the route port', () => {
  const [first] = render({}, { tls: false })
  const files = filesOf(first)
  expect(files['nats.conf']).not.toContain('tls')
  expect(files['nats.conf']).toContain('http: "127.0.0.1:4012"')
  expect(files['routes.conf']).toContain('authorization { user: "route", password: "${secretRef:generated:cluster}"')
  expect(files['routes.conf']).toContain('"nats-route://route:${secretRef:generated:cluster}@127.0.0.1:4021"')
  expect(Object.keys(files).filter((name) => name.startsWith('tls/'))).toEqual([])
})

test('rendering is pure: the same allocation, the same bytes', () => {
  const body = { accounts: { APP: { users: { app: {} } } } }
  expect(render(body).map(filesOf)).toEqual(render(body).map(filesOf))
})

describe('accounts.conf', () => {
  const body = {
    accounts: {
      B: { jetstream: false, users: { b: { password: { secretRef: { env: 'B_PASSWORD' } } } } },
      A: {
        jetstream: { memory: '1MiB', storage: '1GiB', streams: 5, consumers: 6 },
        users: { a: { publish: ['x.>'], subscribe: { deny: ['z', 'y'] }, allowResponses: true } },
      },
    },
  }
  const [first] = render(body)
  const text = filesOf(first)['accounts.conf'] ?? ''
  const { accounts, system_account } = JSON.parse(text) as {
    accounts: Record<string, { users: { user: string; password: string }[] }>
    system_account: string
  }

  test('is JSON with holes for hashes, and a reload takes it up', () => {
    expect(first?.files['accounts.conf']?.apply).toBe('reload')
    expect(system_account).toBe('SYS')
    expect(Object.keys(accounts)).toEqual(['SYS', 'MQOPS', 'A', 'B'])
    expect(accounts['B']?.users).toEqual([
      { user: 'b', password: expect.stringMatching(/^\$\{secretRef:env:B_PASSWORD\|bcrypt\|[./A-Za-z0-9]{22}\}$/) },
    ])
  })

  test('each user has a salt of its own', () => {
    const salts = Object.values(accounts).flatMap(({ users }) => users.map(({ password }) => password.split('|')[2]))
    expect(new Set(salts).size).toBe(salts.length)
  })

  test('mqops manages accounts with JetStream by a user of its own', () => {
    expect(accounts['A']?.users.map(({ user }) => user)).toEqual(['mqops-A', 'a'])
  })

  test('limits and permissions in the names of the server', () => {
    expect(accounts['A']).toMatchObject({
      jetstream: { max_mem: 1_048_576, max_file: 1_073_741_824, max_streams: 5, max_consumers: 6 },
      users: [
        {},
        { permissions: { publish: { allow: ['x.>'] }, subscribe: { deny: ['y', 'z'] }, allow_responses: true } },
      ],
    })
  })

  test.each(['account', 'user'])('kind %s reads back what it wrote: no difference', (name) => {
    const kind = nats.kinds.find((one) => one.name === name)
    const seen = new Map(kind?.configured?.(filesOf(first)).map(([key, have]) => [JSON.stringify(key), have]))
    const desired = kind?.desired(specOf(body)) ?? []
    expect([...seen.keys()].sort()).toEqual(desired.map(({ key }) => JSON.stringify(key)).sort())
    for (const { key, value } of desired) {
      const have = seen.get(JSON.stringify(key)) ?? { is: 'absent' }
      expect(
        kind?.diff(value, have, { address: { cluster: 'orders', kind: name, key }, capabilities: new Set() }),
      ).toEqual([])
    }
  })
})

test('a bcrypt hash is what the server reads, the same each time, and refuses what it would cut', async () => {
  const hole = nats
    .nodes(specOf({}), allocationOf(specOf({})))[0]
    ?.files['accounts.conf']?.text.find((part) => typeof part !== 'string')
  const salt = typeof hole === 'object' ? (hole.salt ?? '') : ''
  const made = await nats.hashes['bcrypt']?.('secret', salt)
  expect(made).toMatch(/^\$2b\$08\$[./A-Za-z0-9]{53}$/)
  expect(made?.slice(7, 29)).toBe(salt)
  expect(await nats.hashes['bcrypt']?.('secret', salt)).toBe(made)
  await expect(nats.hashes['bcrypt']?.('x'.repeat(73), salt)).rejects.toMatchObject({ code: 'MQOPS_SPEC_SECRET' })
})

describe('layout', () => {
  test('asks for a secret for each password that mqops makes, and for no other', () => {
    const { secrets } = nats.layout(
      specOf({
        accounts: { A: { users: { a: {}, b: { password: { secretRef: { env: 'B' } } } } }, C: { jetstream: false } },
      }),
    )
    expect(secrets).toEqual(['sys', 'mqops', 'mqops/A', 'user/A/a'])
  })

  test('every hole of every file is allotted', () => {
    for (const tls of [true, false]) {
      const spec = specOf({ accounts: { A: { users: { a: {} } } } }, { tls })
      const allotted = new Set(Object.keys(allocationOf(spec).secrets))
      const holes = nats
        .nodes(spec, allocationOf(spec))
        .flatMap((node) =>
          Object.values(node.files).flatMap(({ text }) => text.filter((part) => typeof part !== 'string')),
        )
      expect(holes.map((part) => printText([part])).length).toBeGreaterThan(0)
      for (const part of holes) expect(allotted).toContain(part.secretRef.generated)
    }
  })
})

describe('refuse', () => {
  const before = (body: object, tls = true) => {
    const spec = specOf(body, { tls })
    const allocation = allocationOf(spec)
    return {
      allocation,
      files: Object.fromEntries(
        nats.nodes(spec, allocation).map((node) => [`server-${node.member.slot}`, filesOf(node)]),
      ),
    }
  }
  const refused = (was: ReturnType<typeof before>, body: object, tls = true) => {
    const spec = specOf(body, { tls })
    return nats.refuse(was, { spec, layout: nats.layout(spec) }).map(({ path }) => path.join('.'))
  }

  test('TLS on or off, fewer members, one server to a cluster', () => {
    expect(refused(before({}), {}, false)).toEqual(['security.tls'])
    expect(refused(before({}, false), {}, true)).toEqual(['security.tls'])
    expect(refused(before({ members: 5 }), { members: 3 })).toEqual(['members'])
    expect(refused(before({ members: 1 }), { members: 3 })).toEqual(['members'])
    expect(refused(before({ members: 3 }), { members: 1 })).toEqual(['members'])
  })

  test('fewer members, though only the files of those that the spec still has are looked at', () => {
    const five = before({ members: 5 })
    const files = Object.fromEntries(Object.entries(five.files).slice(0, 3))
    expect(refused({ ...five, files }, { members: 3 })).toEqual(['members'])
  })

  test('what can be done is not refused', () => {
    expect(refused(before({}), { config: { debug: true } })).toEqual([])
    expect(refused(before({ members: 3 }), { members: 5 })).toEqual([])
    expect(refused({ allocation: allocationOf(specOf({})), files: {} }, {}, false)).toEqual([])
  })
})

test('a client gets a context of the nats CLI', () => {
  const spec = specOf({})
  const { file, render: text, managementUrl } = nats.client(spec, nats.access(spec, allocationOf(spec)))
  expect(file).toBe('orders.json')
  expect(JSON.parse(text({ user: 'app', password: 'p', caFile: '/ca.crt' }))).toMatchObject({
    url: 'tls://127.0.0.1:4010,tls://127.0.0.1:4020,tls://127.0.0.1:4030',
    user: 'app',
    password: 'p',
    ca: '/ca.crt',
  })
  expect(managementUrl).toBe('https://127.0.0.1:4012/')
})
