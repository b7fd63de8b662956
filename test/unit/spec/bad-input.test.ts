import { expect, test } from 'vitest'
import { normalStream } from '../../../src/brokers/nats/kinds/stream-config.ts'
import { planResources } from '../../../src/operations/deploy/resources.ts'
import type { Json } from '../../../src/model/json.ts'
import { loadReal, realBrokers } from './real.ts'

/** What no broker would take, refused before anybody is asked: § stands before the place that is shown. */
type Bad = readonly [spec: string, reason: RegExp]

const KAFKA: readonly Bad[] = [
  // wrong type for a config
  ['topics: { a: { config: { retention.ms: §soon } } }', /"soon" is not a duration/],
  ['topics: { a: { config: { preallocate: §maybe } } }', /must be true or false/],
  ['topics: { a: { config: { §max.message.bytes: [1] } } }', /got a list/],
  ['config: { log.cleaner.threads: §many }', /must be a whole number/],
  // unknown config key
  ['topics: { a: { config: { retenton.ms: §1 } } }', /no topic setting "retenton.ms"/],
  ['config: { log.cleaner.thread: §1 }', /no broker setting/],
  // settings of one broker
  ['brokers: { 1: { config: { log.cleaner.thread: §1 } } }', /no broker setting/],
  ['brokers: { 1: { config: { log.cleaner.threads: §many } } }', /must be a whole number/],
  ['brokers: { 1: { config: { log.flush.interval.ms: §soon } } }', /"soon" is not a duration/],
  ['brokers: { 1: { config: { num.partitions: §3 } } }', /num\.partitions is static: it takes a restart/],
  ['brokers: { 1: { config: { listeners: §a } } }', /allots/],
  ['brokers: { 1: { config: { leader.replication.throttled.rate: §1 } } }', /whoever moves replicas/],
  ['brokers: { 1: { config: { min.insync.replicas: §1 } } }', /can't be set for one broker/],
  ['brokers: { §4: {} }', /there is no broker 4: brokers are 1, 2, 3/],
  ['brokers: { §kafka-1: {} }', /"kafka-1" is no id of a broker.*write 1/],
  ['brokers: { 1: { §memory: 1 } }', /unknown key "memory"/],
  // reserved names
  ['topics: { §__consumer_offsets: {} }', /belong to Kafka itself/],
  ['topics: { §mqops.x: {} }', /belong to mqops/],
  ['users: { §admin: {} }', /super user/],
  // regexes
  ['topics: { §"orders.*": {} }', /topic names are made of/],
  ['users: { a: { acls: [ { topic: §"^orders", allow: [read] } ] } }', /topic names are made of/],
  ['users: { a: { acls: [ { group: §"or*rs", allow: [read] } ] } }', /stands at the end only/],
  ['users: { §"a*": {} }', /user names are made of/],
  // quotas of zero
  ['quotas: [ { user: a, producer_byte_rate: §0 } ]', /lets nothing through/],
  ['quotas: [ { user: a, request_percentage: §0 } ]', /lets nothing through/],
  ['quotas: [ { ip: 10.0.0.1, connection_creation_rate: §0 } ]', /lets nothing through/],
  ['quotas: [ §{ user: a } ]', /give at least one/],
  // ACLs
  ['users: { §"Group:a": { acls: [ { topic: t, allow: [read] } ] } }', /principals of ACLs are users/],
  ['users: { §"User:a": {} }', /named without "User:"/],
  ['users: { a: { acls: [ { §principal: "Role:a", topic: t, allow: [read] } ] } }', /unknown key "principal"/],
  ['users: { a: { acls: [ { §queue: t, allow: [read] } ] } }', /unknown key "queue"/],
  ['users: { a: { acls: [ { group: g, §allow: [write] } ] } }', /means nothing on a group/],
  ['users: { a: { acls: [ { topic: t, allow: [§raed] } ] } }', /did you mean|expected one of/],
  // what the cluster can't hold
  ['topics: { a: { replicas: §4 } }', /4 replicas need as many brokers/],
  ['topics: { a: { partitions: §0 } }', /at least 1/],
  ['topics: { a.b: {}, §a_b: {} }', /differ only in \. and _/],
]

const account = (text: string) => `accounts: { A: { ${text} } }`
const stream = (text: string) => account(`streams: { S: { ${text} } }`)
const NATS: readonly Bad[] = [
  // wrong type, unknown key
  [stream('subjects: [a], maxAge: §soon'), /"soon" is not a duration/],
  [stream('subjects: [a], §maxage: 1s'), /unknown key "maxage"/],
  ['config: { max_payload: §much }', /max_payload is a size/],
  ['config: { max_payloadd: §1 }', /no server option/],
  // reserved names
  ['accounts: { §SYS: {} }', /is reserved/],
  ['accounts: { §$G: {} }', /is reserved/],
  [account('users: { §mqops: {} }'), /is reserved/],
  [account('streams: { §KV_x: { subjects: [a] } }'), /the stream behind the key-value bucket x/],
  [stream('subjects: [§"$JS.x"]'), /server's own subjects/],
  // regexes, and subjects that are none
  [stream('subjects: [§"^orders.*$"]'), /stand for whole tokens/],
  [stream('subjects: [§"orders.a*"]'), /stand for whole tokens/],
  [stream('subjects: [§"a.>.b"]'), /> may only be the last token/],
  [account('users: { u: { publish: [§"orders*"] } }'), /stand for whole tokens/],
  [account('users: { u: { publish: [§"a..b"] } }'), /empty token/],
  [account('users: { u: { subscribe: [§"a b c"] } }'), /white space/],
  // limits of zero
  [account('§jetstream: { storage: 0, memory: 0 }'), /may store nothing/],
  [account('jetstream: { storage: §0 }, streams: { S: { subjects: [a] } }'), /0 lets nothing be stored/],
  [account('jetstream: { memory: §0 }, kv: { b: { storage: memory } }'), /0 lets nothing be stored/],
  [stream('subjects: [a], maxMessages: §0'), /more than 0/],
  // names with dots
  [account('kv: { §a.b: {} }'), /no dots/],
  [account('objects: { §a.b: {} }'), /no dots/],
  [account('streams: { §a.b: { subjects: [a] } }'), /may not hold spaces, dots/],
  [stream('subjects: [a], consumers: { §c.d: {} }'), /may not hold spaces, dots/],
  // subjects of another stream
  [account('streams: { S: { subjects: ["a.>"] }, T: { subjects: [§a.b] } }'), /overlaps "a.>" of stream S/],
  [account('kv: { b: {} }, streams: { S: { subjects: [§"$KV.>"] } }'), /overlaps .* of kv b/],
  // what excludes each other
  [
    stream(
      'sources: [ { stream: O, filter: §o.a, transforms: [ { source: o.a, destination: x } ] } ] }, O: { subjects: [o.>]',
    ),
    /leave filter out/,
  ],
  [stream('subjects: [a], consumers: { c: { ack: none, maxAckPending: §10 } }'), /none is pending/],
  [stream('subjects: [a], consumers: { c: { ack: §none, ackWait: 10s } }'), /nothing is delivered again/],
  [stream('subjects: [a], consumers: { c: { filter: §b } }'), /no subject of the stream matches/],
  [stream('subjects: [a], §placement: { tags: [ssd] }'), /no server would fit/],
  [account('kv: { b: { §placement: { tags: [ssd] } } }'), /no server would fit/],
]

const vhost = (text: string) => `vhosts: { v: { ${text} } }`
const permission = (pattern: string) =>
  `vhosts: { v: {} }\n  users: { a: { permissions: { v: { read: §${JSON.stringify(pattern)} } } } }`
const RABBITMQ: readonly Bad[] = [
  // wrong type, unknown key
  [vhost('queues: { q: { arguments: { x-max-length: §many } } }'), /must be a whole number/],
  [vhost('queues: { q: { arguments: { x-max-lenght: §1 } } }'), /knows no argument/],
  [vhost('queues: { q: { type: quorum, arguments: { x-max-priority: §1 } } }'), /a quorum queue has no/],
  [vhost('queues: { q: { §tpye: classic } }'), /unknown key "tpye"/],
  ['config: { heartbeatt: §1 }', /no setting of rabbitmq.conf/],
  ['config: { heartbeat: §often }', /must be a whole number/],
  [vhost('policies: { p: { pattern: x, definition: { max-lenght: §1 } } }'), /no setting "max-lenght"/],
  [vhost('policies: { p: { pattern: x, definition: { max-length: §lots } } }'), /must be a whole number/],
  // reserved names
  [vhost('queues: { §amq.x: {} }'), /belong to the broker/],
  [vhost('exchanges: { §amq.x: { type: topic } }'), /belong to the broker/],
  ['vhosts: { §mqops: {} }', /mqops's own/],
  ['users: { §guest: {} }', /known to everybody/],
  ['users: { §mqops: {} }', /made by mqops/],
  ['globalParameters: { cluster_name: §x }', /belongs to the broker/],
  // what does not compile
  ...(
    [
      ['(', /Unterminated group/],
      ['*', /Nothing to repeat/],
      ['[a-', /Unterminated character class/],
      ['(?i)(', /Unterminated group/],
      ['a++(', /Unterminated group/],
      ['[]a', /class without an end/],
      ['\\u0041', /PCRE has no/],
      ['(?<=a+)b', /look behind/],
      ['(a)\\2', /there are 1 groups/],
      ['a{70000}', /at most 65535/],
      ['[\\d-z]', /a range in a class/],
      ['[[:nope:]]', /no such class/],
    ] as const
  ).map(([pattern, reason]): Bad => [permission(pattern), reason]),
  [vhost('policies: { p: { pattern: §"(", definition: { max-length: 1 } } }'), /no regular expression/],
  [
    'vhosts: { v: { exchanges: { e: { type: topic } } } }\n  users: { a: { topicPermissions: { v: { e: { write: §"[", read: x } } } } }',
    /no regular expression/,
  ],
  ['users: { a: { permissions: { §w: { read: x } } } }', /no virtual host "w"/],
  // bindings
  [vhost('exchanges: { e: { type: topic } }, bindings: [ { source: e, destination: §q } ]'), /has no queue "q"/],
  [vhost('queues: { q: {} }, bindings: [ { source: §e, destination: q } ]'), /has no exchange "e"/],
  // limits
  [vhost('queues: { q: { arguments: { x-expires: §0 } } }'), /from 1 to/],
  [vhost('queues: { q: {} }, limits: { maxQueues: §0 }'), /0 queues are allowed, and the spec has 1/],
  [vhost('limits: { maxQueues: §-2 }'), /at least 0/],
]

const table = [
  ...KAFKA.map(([spec, reason]) => ['Kafka', spec, reason] as const),
  ...NATS.map(([spec, reason]) => ['Nats', spec, reason] as const),
  ...RABBITMQ.map(([spec, reason]) => ['RabbitMQ', spec, reason] as const),
]

test.each(table)('%s: %s', (kind, spec, reason) => {
  const marked = `apiVersion: mqops/v1\nkind: ${kind}\nmetadata: { name: x }\nspec:\n  ${spec}\n`
  const { failures } = loadReal(marked.replace('§', ''))
  const before = marked.slice(0, marked.indexOf('§')).split('\n')
  expect(failures.map(({ summary, hint }) => `${summary} ${hint ?? ''}`)).toEqual([expect.stringMatching(reason)])
  const [{ code, source } = { code: '' }] = failures
  expect([code, `${source?.line}:${source?.column}`]).toEqual([
    expect.stringMatching(/^MQOPS_SPEC_/),
    `${before.length}:${(before.at(-1) as string).length + 1}`,
  ])
})

/** What only the cluster can tell, refused by the plan: it lists what it does not manage, too. */
const clash = (kind: string, spec: string, of: string, there: readonly (readonly [readonly string[], Json])[]) => {
  const marked = `apiVersion: mqops/v1\nkind: ${kind}\nmetadata: { name: x }\nspec:\n  ${spec}\n`
  const loaded = loadReal(marked.replace('§', ''))
  const [cluster] = loaded.clusters
  if (!cluster) throw new Error(loaded.failures.map(({ summary }) => summary).join())
  const seen = (realBrokers.find((one) => one.kind === kind)?.kinds ?? []).map((one) => ({
    kind: one,
    observed: one.name !== of ? [] : there.map(([key, value]) => [key, present(value)] as const),
    secrets: new Map(),
  }))
  const { failures } = planResources(cluster, seen, new Map(), new Set(), [])
  const place = (path: readonly (string | number)[]) => loaded.sourceOf('x', path)
  const before = marked.slice(0, marked.indexOf('§')).split('\n')
  return {
    said: failures.map(({ code, summary }) => `${code}: ${summary}`),
    places: failures.map(({ path }) => `${place(path ?? [])?.line}:${place(path ?? [])?.column}`),
    place: `${before.length}:${(before.at(-1) as string).length + 1}`,
  }
}
const present = (value: Json) => ({ is: 'present' as const, value, owner: { by: 'nobody' as const } })
const streamOf = (subjects: readonly string[]): Json => ({ config: normalStream({ subjects }), messages: 0, bytes: 0 })

test('the subjects of a stream that the spec does not have', () => {
  const legacy = [[['A', 'LEGACY'], streamOf(['orders.*'])]] as const
  const { said, places, place } = clash('Nats', stream('§subjects: [other, orders.created]'), 'stream', legacy)
  expect(said).toEqual([
    'MQOPS_SPEC_NATS: "orders.created" overlaps "orders.*" of stream LEGACY, which is not in the spec',
  ])
  expect(places).toEqual([place])
  const elsewhere = [[['B', 'LEGACY'], streamOf(['orders.*'])]] as const
  expect(clash('Nats', stream('subjects: [§orders.created]'), 'stream', elsewhere).said).toEqual([])
})

test('what the plan removes is no obstacle: what comes in its place waits until it is gone', () => {
  const loaded = loadReal(
    `apiVersion: mqops/v1\nkind: Nats\nmetadata: { name: x }\nspec:\n  ${account('streams: { NEW: { subjects: [a] }, OTHER: { subjects: [b] } }')}\n`,
  )
  const kinds = realBrokers.find((one) => one.kind === 'Nats')?.kinds ?? []
  const there = [['A', 'OLD'], present(streamOf(['a']))] as const
  const owners = new Map([['stream/A/OLD', { spec: 'x' }]])
  const seen = kinds.map((kind) => ({ kind, observed: kind.name === 'stream' ? [there] : [], secrets: new Map() }))
  const { steps, failures } = planResources(loaded.clusters[0] as never, seen, owners, new Set(), [])
  const id = (action: string, name: string) =>
    steps.find((step) => step.action === action && step.address.key[1] === name)
  const gone = id('nats.stream.delete', 'OLD')?.id as string
  expect(failures).toEqual([])
  expect(id('nats.stream.create', 'NEW')?.needs).toContain(gone)
  expect(id('nats.stream.create', 'OTHER')?.needs).not.toContain(gone)
})

test('the subjects that a bucket has taken, and a bucket whose subjects are taken', () => {
  const bucket = [[['A', 'b'], streamOf(['$KV.b.>'])]] as const
  expect(clash('Nats', stream('subjects: [§"$KV.b.x"]'), 'kv', bucket).said).toEqual([
    expect.stringContaining('of kv b, which is not in the spec'),
  ])
  const all = [[['A', 'ALL'], streamOf(['$KV.>'])]] as const
  const { said, places, place } = clash('Nats', account('kv: { §b: {} }'), 'stream', all)
  expect([said, places]).toEqual([[expect.stringContaining('of stream ALL, which is not in the spec')], [place]])
})

test("a topic whose metrics are another one's", () => {
  const there = [[['a_b'], { partitions: 1, replicas: [3], config: {}, defaults: {} }]] as const
  const { said, places, place } = clash('Kafka', 'topics: { §a.b: {} }', 'topic', there)
  expect(said).toEqual([expect.stringMatching(/^MQOPS_SPEC_NAME: "a\.b" and "a_b", which is not in the spec/)])
  expect(places).toEqual([place])
})
