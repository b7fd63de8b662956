import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { rabbitmq } from '../../../src/brokers/rabbitmq/index.ts'
import { nodeName, slotOf } from '../../../src/brokers/rabbitmq/names.ts'
import { passwordHash, saltOf } from '../../../src/brokers/rabbitmq/nodes.ts'
import type { NodeSpec } from '../../../src/model/member.ts'
import { holes, printText } from '../../../src/model/secret.ts'
import type { ClusterSpec } from '../../../src/model/spec.ts'
import { allocationFor, specOf } from './support.ts'

const nodesOf = (spec: ClusterSpec): readonly NodeSpec[] => rabbitmq.nodes(spec, allocationFor(spec))
const textOf = (node: NodeSpec | undefined, name: string): string => printText(node?.files[name]?.text ?? [])
const first = (spec: ClusterSpec): NodeSpec => nodesOf(spec)[0] as NodeSpec
const PLAIN = { security: { tls: false } }

describe('layout', () => {
  test('ports of each member, one epmd for all, secrets and certificates', () => {
    const layout = rabbitmq.layout(
      specOf({
        plugins: ['rabbitmq_stream_management'],
        users: { a: {}, b: { password: { secretRef: { env: 'B' } } } },
      }),
    )
    expect(layout.members.map((member) => member.ports.join())).toEqual([
      'client,management,prometheus,distribution,stream,epmd',
      'client,management,prometheus,distribution,stream',
      'client,management,prometheus,distribution,stream',
    ])
    expect(layout.secrets).toEqual(['cookie', 'admin', 'mqops', 'user/a'])
    expect(layout.certificates.map((c) => `${c.name} ${c.slot}`)).toEqual([
      'rabbitmq-1 1',
      'rabbitmq-2 2',
      'rabbitmq-3 3',
    ])
  })

  test('no certificates without TLS', () => {
    expect(rabbitmq.layout(specOf({}, PLAIN)).certificates).toEqual([])
  })
})

describe('nodes', () => {
  test('the same spec and allocation give the same bytes', () => {
    expect(nodesOf(specOf())).toEqual(nodesOf(specOf()))
  })

  test('with TLS nothing listens in plaintext, and all on loopback', () => {
    const conf = textOf(
      first(specOf({ plugins: ['rabbitmq_stream', 'rabbitmq_mqtt', 'rabbitmq_stomp'] })),
      'rabbitmq.conf',
    )
    for (const name of [
      'listeners.tcp = none',
      'stream.listeners.tcp = none',
      'mqtt.listeners.tcp = none',
      'stomp.listeners.tcp = none',
      'prometheus.tcp.listener = none',
    ])
      expect(conf).toContain(`\n${name}\n`)
    expect(conf).not.toMatch(/tcp\.(port|ip|1) =/)
    expect(conf.match(/(?:ssl\.1|ssl\.ip) = .*/g)).toEqual([
      'ssl.1 = 127.0.0.1:20010',
      'ssl.1 = 127.0.0.1:20014',
      'ssl.1 = 127.0.0.1:20015',
      'ssl.1 = 127.0.0.1:20016',
      'ssl.ip = 127.0.0.1',
      'ssl.ip = 127.0.0.1',
    ])
    expect(conf).toContain('auth_mechanisms.1 = PLAIN\n')
    expect(conf).toContain('anonymous_login_user = none\n')
    expect(conf).toContain('prometheus.authentication.enabled = true\n')
  })

  test('members speak TLS to each other and both sides show certificates', () => {
    const node = first(specOf())
    for (const name of ['RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS', 'RABBITMQ_CTL_ERL_ARGS'])
      expect(node.env[name]).toContain('-proto_dist inet_tls -ssl_dist_optfile tls/distribution.config')
    expect(textOf(node, 'tls/distribution.config')).toContain('{verify, verify_peer}')
    expect(textOf(node, 'tls/distribution.config')).toContain('{fail_if_no_peer_cert, true}')
    expect(textOf(node, 'advanced.config')).toContain('{replication_transport, ssl}')
  })

  test('without TLS no file of it is there', () => {
    const node = first(specOf({}, PLAIN))
    expect(Object.keys(node.files).sort()).toEqual([
      '.erlang.cookie',
      'conf.d/10-formation.conf',
      'conf.d/50-dynamic.conf',
      'definitions.json',
      'enabled_plugins',
      'rabbitmq.conf',
    ])
    expect(textOf(node, 'rabbitmq.conf')).toContain('listeners.tcp.1 = 127.0.0.1:20010\n')
    expect(JSON.stringify(node.env)).not.toContain('tls')
  })

  test('all members form one cluster and share one epmd, which belongs to none of them', () => {
    const nodes = nodesOf(specOf())
    expect(nodes.map((node) => node.env.RABBITMQ_NODENAME)).toEqual(
      [1, 2, 3].map((slot) => `shop-rabbitmq-${slot}@localhost`),
    )
    expect(new Set(nodes.map((node) => node.env.ERL_EPMD_PORT))).toEqual(new Set(['20017']))
    expect(nodes.map((node) => node.ports.epmd)).toEqual([undefined, undefined, undefined])
    expect(nodes[0]?.afterLast?.argv).toEqual(['epmd', '-port', '20017', '-kill'])
    const formation = textOf(nodes[2], 'conf.d/10-formation.conf')
    expect(formation.match(/nodes\.\d = .*/g)).toEqual(
      [1, 2, 3].map((i) => `nodes.${i} = shop-rabbitmq-${i}@localhost`),
    )
  })

  test('what a running member takes up by itself is apart from what wants a restart', () => {
    const spec = specOf({ config: { heartbeat: 5, 'log.file.level': 'debug' }, memory: '1GiB', diskFreeLimit: '2GiB' })
    const node = first(spec)
    expect(textOf(node, 'conf.d/50-dynamic.conf').split('\n').slice(1)).toEqual([
      'vm_memory_high_watermark.absolute = 1073741824',
      'disk_free_limit.absolute = 2147483648',
      'log.file.level = debug',
      '',
    ])
    expect(textOf(node, 'rabbitmq.conf')).toContain('\nheartbeat = 5\n')
    expect(textOf(node, 'rabbitmq.conf')).not.toContain('log.file.level')
    const classes = Object.fromEntries(Object.entries(node.files).map(([name, file]) => [name, file.apply]))
    expect(classes).toMatchObject({
      'rabbitmq.conf': 'restart',
      'conf.d/50-dynamic.conf': 'reload',
      'conf.d/10-formation.conf': 'first-start',
      'tls/node.key': 'reload',
      enabled_plugins: 'reload',
    })
  })

  test("a spec's setting wins over mqops's own default", () => {
    expect(textOf(first(specOf()), 'rabbitmq.conf')).toContain('net_ticktime = 20\n')
    const conf = textOf(first(specOf({ config: { net_ticktime: 60 } })), 'rabbitmq.conf')
    expect(conf.match(/net_ticktime/g)).toHaveLength(1)
    expect(conf).toContain('net_ticktime = 60\n')
  })

  test('no secret stands in a file: holes for passwords, keys and the cookie', () => {
    const node = first(specOf())
    const all = Object.values(node.files).flatMap((file) => holes(file.text))
    expect(all.map((hole) => hole.secretRef.generated)).toEqual([
      'cookie',
      'admin',
      'mqops',
      'tls/ca.crt',
      'tls/rabbitmq-1.crt',
      'tls/rabbitmq-1.key',
    ])
    expect(all.filter((hole) => hole.as).map((hole) => hole.as)).toEqual(['rabbitmq-sha256', 'rabbitmq-sha256'])
    expect([
      node.files['.erlang.cookie']?.mode,
      node.files['definitions.json']?.mode,
      node.files['tls/node.key']?.mode,
    ]).toEqual([0o400, undefined, undefined])
  })

  test('the definitions are JSON with the cluster id, two administrators and the default virtual host', () => {
    const filled = first(specOf())
      .files['definitions.json']?.text.map((part) => (typeof part === 'string' ? part : 'HASH'))
      .join('')
    const read = JSON.parse(filled ?? '') as Record<string, { name?: string; value?: string; password_hash?: string }[]>
    expect(read.users?.map((user) => [user.name, user.password_hash])).toEqual([
      ['admin', 'HASH'],
      ['mqops', 'HASH'],
    ])
    expect(read.vhosts).toEqual([{ name: '/' }])
    expect(read.global_parameters).toEqual([{ name: 'mqops_cluster', value: 'AAAAAAAAAAAAAAAAAAAAAA' }])
  })

  test('members beyond the spec are left out', () => {
    const five = allocationFor(specOf({ members: 5 }))
    expect(rabbitmq.nodes(specOf({ members: 3 }), five)).toHaveLength(3)
    expect(rabbitmq.access(specOf({ members: 3 }), five).endpoints.client).toHaveLength(3)
  })

  test('people get an account of their own, not the one that mqops works as', () => {
    const { user, admin } = rabbitmq.access(specOf(), allocationFor(specOf()))
    expect([user, admin]).toEqual(['mqops', { user: 'admin', password: { secretRef: { generated: 'admin' } } }])
  })
})

describe('passwords', () => {
  test("the hash is RabbitMQ's: base64 of salt and SHA-256 of salt and password", async () => {
    const salt = saltOf('id', 'admin')
    expect(salt).toMatch(/^[0-9a-f]{8}$/)
    expect(saltOf('id', 'mqops')).not.toBe(salt)
    const hash = Buffer.from(passwordHash('pässword', salt), 'base64')
    expect(hash.subarray(0, 4).toString('hex')).toBe(salt)
    const expected = createHash('sha256')
      .update(Buffer.concat([Buffer.from(salt, 'hex'), Buffer.from('pässword')]))
      .digest('hex')
    expect(hash.subarray(4).toString('hex')).toBe(expected)
    expect(await rabbitmq.hashes['rabbitmq-sha256']?.('pässword', salt)).toBe(hash.toString('base64'))
  })
})

describe('names', () => {
  test('a node name has no IP address, and gives its slot back', () => {
    expect(nodeName({ cluster: 'a-b', slot: 12, host: '127.0.0.1' })).toBe('a-b-rabbitmq-12@localhost')
    expect(nodeName({ cluster: 'a', slot: 1, host: 'host-7' })).toBe('a-rabbitmq-1@host-7')
    expect(slotOf('a-b-rabbitmq-12@localhost')).toBe(12)
    expect(slotOf('rabbit@host')).toBeNull()
  })
})

describe('refusals at plan time', () => {
  const files = { 'server-1': { 'rabbitmq.conf': textOf(first(specOf()), 'rabbitmq.conf') } }
  const refuse = (before: ClusterSpec, after: ClusterSpec, have = files) =>
    rabbitmq
      .refuse({ allocation: allocationFor(before), files: have }, { spec: after, layout: rabbitmq.layout(after) })
      .map((p) => p.code)

  test('fewer members and another TLS can not be had by a restart', () => {
    expect(refuse(specOf(), specOf({ members: 1 }))).toEqual(['MQOPS_SPEC_SHRINK'])
    expect(refuse(specOf(), specOf({}, PLAIN))).toEqual(['MQOPS_SPEC_TLS'])
    expect(refuse(specOf(), specOf({ members: 5 }))).toEqual([])
    expect(refuse(specOf(), specOf({}, PLAIN), {} as never)).toEqual([])
  })
})

describe("a client's file", () => {
  const client = (spec: ClusterSpec) => rabbitmq.client(spec, rabbitmq.access(spec, allocationFor(spec)))

  test('names the first member, all members, and takes any password', () => {
    const text = client(specOf()).render({ user: 'a b', password: "p'@/:%'", caFile: '/x/ca file.crt' })
    expect(text).toContain(
      "AMQP_URL='amqps://a%20b:p'\\''%40%2F%3A%25'\\''@127.0.0.1:20010/%2F?cacertfile=%2Fx%2Fca%20file.crt&verify=verify_peer'\n",
    )
    expect(text).toContain("RABBITMQ_HOSTS='127.0.0.1:20010,127.0.0.1:20020,127.0.0.1:20030'\n")
    expect(text).toContain("RABBITMQ_PASSWORD='p'\\''@/:%'\\'''\n")
    expect(client(specOf()).managementUrl).toBe('https://127.0.0.1:20011/')
  })

  test('without TLS', () => {
    const { render, managementUrl } = client(specOf({}, PLAIN))
    expect(render({ user: 'u', password: 'p', caFile: null })).toContain("AMQP_URL='amqp://u:p@127.0.0.1:20010/%2F'\n")
    expect(managementUrl).toBe('http://127.0.0.1:20011/')
  })
})
