import { expect, test } from 'vitest'
import { access, client, knownNodes } from '../../../src/brokers/kafka/access.ts'
import { format, nodes } from '../../../src/brokers/kafka/nodes.ts'
import { refuse } from '../../../src/brokers/kafka/refuse.ts'
import { layout } from '../../../src/brokers/kafka/topology.ts'
import type { AllocatedMember } from '../../../src/model/member.ts'
import { holes, printText } from '../../../src/model/secret.ts'
import type { ClusterSpec } from '../../../src/model/spec.ts'
import { allocationOf, external, specOf } from './support.ts'

const pools = {
  brokers: { roles: ['broker'], members: 2 },
  controllers: { roles: ['controller'], members: 1 },
}

const properties = (spec: ClusterSpec, slot = 1): Record<string, string> => {
  const node = nodes(spec, allocationOf(spec)).find((one) => one.member.slot === slot)
  const rows = printText(node?.files['server.properties']?.text ?? []).split('\n')
  return Object.fromEntries(
    rows
      .filter((row) => row.includes('=') && !row.startsWith('#'))
      .map((row) => [row.slice(0, row.indexOf('=')), row.slice(row.indexOf('=') + 1)]),
  )
}

test('three members are broker and controller in one unless something else is said', () => {
  expect(layout(specOf({})).members.map(({ role, slot, ports }) => [role, slot, ports.join()])).toEqual([
    ['broker', 1, 'client,internal,controller'],
    ['broker', 2, 'client,internal,controller'],
    ['broker', 3, 'client,internal,controller'],
  ])
})

test('pools with controllers come first, so that brokers can be added without moving a voter', () => {
  const slots = (body: Record<string, unknown>) =>
    layout(specOf(body)).members.map(({ role, slot }) => `${role} ${slot}`)
  expect(slots({ pools })).toEqual(['controller 1', 'broker 2', 'broker 3'])
  expect(slots({ pools: { ...pools, another: { roles: ['broker'], members: 1 } } })[0]).toBe('controller 1')
})

test('the layout asks for a password for the administrator and for users without one, and for certificates', () => {
  const spec = specOf({ users: { a: {}, b: { password: { secretRef: { env: 'B' } } } } })
  expect(layout(spec).secrets).toEqual(['admin', 'user/a'])
  expect(
    layout(spec).certificates.map(({ name, commonName, organizationalUnit, slot }) => [
      name,
      commonName,
      organizationalUnit,
      slot,
    ]),
  ).toEqual([
    ['kafka-1', 'kafka-1', 'kafka', 1],
    ['kafka-2', 'kafka-2', 'kafka', 2],
    ['kafka-3', 'kafka-3', 'kafka', 3],
    ['admin', 'admin', 'kafka', undefined],
  ])
  expect(layout({ ...spec, security: { tls: false } }).certificates).toEqual([])
  expect(layout(specOf({}, external)).members).toEqual([])
})

test('with TLS no port speaks plaintext, and the ports between members want certificates', () => {
  const found = properties(specOf({}))
  expect(found['listener.security.protocol.map']).toBe('CLIENT:SASL_SSL,INTERNAL:SSL,CONTROLLER:SSL')
  expect(found['listeners']).toBe('CLIENT://127.0.0.1:9001,INTERNAL://127.0.0.1:9002,CONTROLLER://127.0.0.1:9003')
  expect(found['listener.name.internal.ssl.client.auth']).toBe('required')
  expect(found['listener.name.controller.ssl.client.auth']).toBe('required')
  expect(found['super.users']).toBe('User:kafka-1;User:kafka-2;User:kafka-3;User:admin')
  expect(found['allow.everyone.if.no.acl.found']).toBe('false')
  expect(found['controller.quorum.voters']).toBe('1@127.0.0.1:9003,2@127.0.0.1:9006,3@127.0.0.1:9009')
})

test('without TLS clients still log in, and the authorizer stays', () => {
  const found = properties(specOf({}, { security: { tls: false } }))
  expect(found['listener.security.protocol.map']).toBe('CLIENT:SASL_PLAINTEXT,INTERNAL:PLAINTEXT,CONTROLLER:PLAINTEXT')
  expect(found['super.users']).toMatch(/;User:ANONYMOUS$/)
  expect(found['authorizer.class.name']).toMatch(/StandardAuthorizer$/)
  expect(Object.keys(found).filter((name) => name.startsWith('ssl.'))).toEqual([])
})

test('members with one role have only its listeners', () => {
  const controller = properties(specOf({ pools }), 1)
  expect(controller['process.roles']).toBe('controller')
  expect(controller['listeners']).toBe('CONTROLLER://127.0.0.1:9001')
  expect(controller['advertised.listeners']).toBeUndefined()
  const broker = properties(specOf({ pools }), 2)
  expect(broker['process.roles']).toBe('broker')
  expect(broker['listeners']).toBe('CLIENT://127.0.0.1:9002,INTERNAL://127.0.0.1:9003')
  expect(broker['controller.quorum.voters']).toBe('1@127.0.0.1:9001')
})

test('controllers end after the brokers that take leave of them; where all are both, none has to wait', () => {
  const last = (body: Record<string, unknown>) => {
    const spec = specOf(body)
    return nodes(spec, allocationOf(spec)).map((node) => node.stopLast === true)
  }
  expect(last({ pools })).toEqual([true, false, false])
  const both = { roles: ['controller', 'broker'], members: 1 }
  expect(last({ pools: { both, brokers: pools.brokers } })).toEqual([true, false, false])
  expect(last({ members: 3 })).toEqual([false, false, false])
})

test('settings that take a restart stand in the file, the others do not; asking for a default of ours replaces it', () => {
  const found = properties(
    specOf({
      config: { 'num.partitions': 4, 'log.retention.ms': '1d', 'default.replication.factor': 2, 'num.io.threads': 9 },
    }),
  )
  expect(found['num.partitions']).toBe('4')
  expect(found['default.replication.factor']).toBe('2')
  expect(found['log.retention.ms']).toBeUndefined()
  expect(found['num.io.threads']).toBe('5')
})

test.each([
  [1, undefined, '2'],
  [2, undefined, '4'],
  [8, undefined, '4'],
  [9, undefined, '5'],
  [64, undefined, '32'],
  [64, 8, '4'],
  [8, 64, '32'],
])('threads: %i for all and %i for one start with %s, from where a broker goes on', (all, one, starts) => {
  const brokers = one === undefined ? {} : { brokers: { 1: { config: { 'num.io.threads': one } } } }
  expect(properties(specOf({ config: { 'num.io.threads': all }, ...brokers }))['num.io.threads']).toBe(starts)
})

test('threads that the file says nothing of start with the default of Kafka', () => {
  const started = (count: number) => properties(specOf({ config: { 'log.cleaner.threads': count } }))
  expect([1, 2, 3].map((count) => started(count)['log.cleaner.threads'])).toEqual([undefined, undefined, '2'])
})

test('copies of internal topics fit the number of brokers', () => {
  const copies = (members: number) => {
    const found = properties(specOf({ members }))
    return [
      found['offsets.topic.replication.factor'],
      found['transaction.state.log.replication.factor'],
      found['transaction.state.log.min.isr'],
    ]
  }
  expect([copies(1), copies(3), copies(5)]).toEqual([
    ['1', '1', '1'],
    ['3', '3', '2'],
    ['3', '3', '2'],
  ])
})

test('secrets are holes; a new certificate is a reload, a new setting a restart', () => {
  const [node] = nodes(specOf({}), allocationOf(specOf({})))
  expect(holes(node?.files['node.pem']?.text ?? []).map((hole) => hole.secretRef.generated)).toEqual([
    'tls/kafka-1.key',
    'tls/kafka-1.crt',
  ])
  expect(Object.fromEntries(Object.entries(node?.files ?? {}).map(([name, file]) => [name, file.apply]))).toEqual({
    'server.properties': 'restart',
    'log4j2.properties': 'restart',
    'node.pem': 'reload',
    'ca.crt': 'reload',
  })
  expect(node?.env['KAFKA_HEAP_OPTS']).toBe('-Xmx256m -Xms64m')
  expect(node?.logs).toEqual(['/m/1/logs/server.log'])
})

test('rendering is pure: the same every time', () => {
  const spec = specOf({ pools, config: { 'num.partitions': 2 } })
  expect(nodes(spec, allocationOf(spec))).toEqual(nodes(spec, allocationOf(spec)))
})

test("meta.properties: a disk's identity is 22 characters, whatever the incarnation looks like", () => {
  const spec = specOf({})
  const allocation = allocationOf(spec)
  const [member] = allocation.members as [AllocatedMember]
  const written = (incarnation: string) => format(spec, allocation, { ...member, incarnation })['meta.properties'] ?? ''
  expect(written('disk-of-member-1-22aaa')).toBe(
    'version=1\ncluster.id=abcdefghijklmnopqrstuQ\nnode.id=1\ndirectory.id=disk-of-member-1-22aaa\n',
  )
  expect(written('a uuid or anything')).toMatch(/directory\.id=[A-Za-z0-9_][\w-]{21}\n$/)
  expect(written('one')).not.toBe(written('two'))
})

test('endpoints by purpose, in the order of slots, and found again by slot', () => {
  const spec = specOf({ pools })
  const { endpoints, user } = access(spec, allocationOf(spec))
  expect(endpoints).toEqual({
    client: ['127.0.0.1:9002', '127.0.0.1:9004'],
    internal: ['127.0.0.1:9003', '127.0.0.1:9005'],
    controller: ['127.0.0.1:9001'],
  })
  expect(user).toBe('admin')
  expect(knownNodes(spec, access(spec, allocationOf(spec))).map((node) => [node.id, node.endpoints])).toEqual([
    [1, { controller: '127.0.0.1:9001' }],
    [2, { client: '127.0.0.1:9002', internal: '127.0.0.1:9003' }],
    [3, { client: '127.0.0.1:9004', internal: '127.0.0.1:9005' }],
  ])
})

test("client.properties: quotes in passwords are escaped, the mechanism is the user's own", () => {
  const spec = specOf({ users: { old: { mechanism: 'SCRAM-SHA-256' } } })
  const { file, render } = client(spec, access(spec, allocationOf(spec)))
  const text = render({ user: 'old', password: 'a"b\\c', caFile: '/ca.crt' })
  expect(file).toBe('client.properties')
  expect(text).toContain('sasl.mechanism=SCRAM-SHA-256\n')
  expect(text).toContain('username="old" password="a\\\\"b\\\\\\\\c";')
  expect(text).toContain('ssl.truststore.location=/ca.crt\n')
})

test('fewer members, other voters and TLS on or off are refused; more brokers are not', () => {
  const before = specOf({ pools })
  const allocation = allocationOf(before)
  const files = Object.fromEntries(
    nodes(before, allocation).map((node) => [
      `${node.member.role}-${node.member.slot}`,
      Object.fromEntries(Object.entries(node.files).map(([name, { text }]) => [name, printText(text)])),
    ]),
  )
  const codes = (spec: ClusterSpec) =>
    refuse({ allocation, files }, { spec, layout: layout(spec) }).map((problem) => problem.code)
  expect(codes(before)).toEqual([])
  expect(codes(specOf({ pools: { ...pools, brokers: { roles: ['broker'], members: 4 } } }))).toEqual([])
  expect(codes(specOf({ pools: { ...pools, brokers: { roles: ['broker'], members: 1 } } }))).toEqual([
    'MQOPS_SPEC_SHRINK',
  ])
  expect(codes(specOf({ pools: { ...pools, more: { roles: ['broker', 'controller'], members: 2 } } }))).not.toEqual([])
  expect(codes({ ...before, security: { tls: false } })).toEqual(['MQOPS_SPEC_TLS'])
  const combined = specOf({})
  expect(
    refuse(
      { allocation: allocationOf(combined), files: {} },
      { spec: specOf({ members: 5 }), layout: layout(specOf({ members: 5 })) },
    ).map((p) => p.code),
  ).toEqual(['MQOPS_SPEC_VOTERS'])
})
