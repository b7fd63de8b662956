import { expect, test } from 'vitest'
import { check } from '../../../src/brokers/rabbitmq/check.ts'
import { specOf } from './support.ts'

const problems = (fields: object): string[] =>
  check(specOf(fields as never)).map(({ path, message, hint }) => `${path.join('.')}: ${message} ${hint ?? ''}`)

const policy = (definition: object, more: object = {}, plugins: string[] = []) => ({
  plugins,
  vhosts: { v: { policies: { p: { pattern: '.*', definition, ...more } } } },
})
const operator = (definition: object) => ({
  vhosts: { v: { operatorPolicies: { p: { pattern: '.*', definition } } } },
})
const PLUGINS = ['rabbitmq_shovel', 'rabbitmq_federation']
const shovel = (more: object) => ({
  plugins: PLUGINS,
  vhosts: {
    v: { parameters: { shovel: { s: { 'src-uri': 'amqp:///v', 'src-queue': 'a', 'dest-uri': 'amqp://h', ...more } } } },
  },
})
const amqp10 = (more: object) =>
  shovel({ 'src-queue': undefined, 'src-protocol': 'amqp10', 'src-address': '/queues/a', ...more })
const federation = (parameters: object, policies: object = {}) => ({
  plugins: PLUGINS,
  vhosts: { v: { parameters, policies } },
})
const topic = (exchange: string, write = '.*') => ({
  vhosts: { v: { exchanges: { t: { type: 'topic' }, d: { type: 'direct' } } } },
  users: { u: { topicPermissions: { v: { [exchange]: { write } } } } },
})

test.each([
  [policy({ 'ha-mode': 'all' }), /definition.ha-mode: RabbitMQ 4 has no mirrored .* quorum/],
  [operator({ 'ha-mode': 'all' }), /ha-mode: RabbitMQ 4 has no mirrored/],
  [policy({}), /definition: the definition is empty/],
  [policy({ 'max-lenght': 5 }), /a policy has no setting "max-lenght"/],
  [policy({ 'x-max-length': 5 }), /no setting "x-max-length" Policies write it "max-length"/],
  [policy({ 'max-length': 'many' }), /must be a whole number/],
  [policy({ 'max-age': '7 days' }), /such as 7D/],
  [policy({ expires: 0 }), /expires" must be a whole number from 1 to 315360000000/],
  [policy({ 'max-age': '0D' }), /a number above 0 with Y, M, D/],
  [policy({ 'message-ttl': 315_360_000_001 }), /from 0 to 315360000000/],
  [policy({ 'queue-version': 3 }), /must be one of 1, 2/],
  [policy({ 'stream-filter-size-bytes': 8 }), /from 16 to 255/],
  [policy({ 'stream-max-segment-size-bytes': 3_000_000_001 }), /from 1 to 3000000000/],
  [policy({ 'delayed-retry-type': 'all' }), /"delayed-retry-type": "all" needs delayed-retry-min/],
  [policy({ 'delayed-retry-min': 9, 'delayed-retry-max': 5 }), /definition.delayed-retry-max: 5 is less than .*, 9/],
  [operator({ 'delayed-retry-min': 9, 'delayed-retry-max': 5 }), /definition.delayed-retry-max: 5 is less than .*, 9/],
  [policy({ 'routing-key': 'k' }, {}, ['rabbitmq_sharding']), /"routing-key" .* needs shards-per-node/],
  [policy({ 'max-length': 5 }, { pattern: 'a'.repeat(1025) }), /1025 bytes, at most 1024/],
  [policy({ 'max-length': 5 }, { pattern: '[' }), /policies.p.pattern: "\[" is no regular expression/],
  [operator({ 'dead-letter-exchange': 'd' }), /an operator policy has no setting .* A policy may set it/],
  [policy({ 'federation-upstream-set': 'all' }), /comes with rabbitmq_federation/],
  [policy({ 'federation-upstream-set': 'west' }, {}, PLUGINS), /no federation upstream set "west" It has all/],
  [policy({ 'federation-upstream': 'blue' }, {}, PLUGINS), /no federation upstream "blue"/],
  [shovel({ 'src-queue': undefined }), /a shovel needs src-queue or src-exchange/],
  [shovel({ 'src-exchange': 'e' }), /exclude each other/],
  [shovel({ 'src-protocol': 'amqp10', 'src-queue': undefined }), /over amqp10 a shovel needs src-address/],
  [shovel({ 'dest-address': '/q/a' }), /dest-address belongs to amqp10/],
  [shovel({ 'dest-uri': 'amqps://u:p@h' }), /a password can not stand in the spec .*secretRef/],
  [shovel({ 'dest-uri': ['amqp://h', 'http://h'] }), /"http:\/\/h" is no URI/],
  [shovel({ 'src-delete-after': 5, 'ack-mode': 'no-ack' }), /can not count/],
  [amqp10({ 'src-delete-after': 'queue-length' }), /src-delete-after: over amqp10 .* how long a queue is/],
  [amqp10({ 'src-exchange-key': 'k' }), /over amqp10 a shovel has no src-exchange-key It belongs to amqp091 and local/],
  [shovel({ 'src-protocol': 'local', 'src-prefetch-count': 5 }), /over local a shovel has no src-prefetch-count/],
  [shovel({ 'dest-properties': { subject: 'x' } }), /over amqp091 .* no dest-properties It belongs to amqp10/],
  [shovel({ 'dest-publish-properties': { headers: { a: 1 } } }), /dest-publish-properties.headers: .* no property/],
  [shovel({ 'dest-publish-properties': { priority: 'high' } }), /"priority" must be a number, not "high"/],
  [shovel({ 'src-queue-args': { 'x-max-length': -1 } }), /src-queue-args.x-max-length: .* a whole number, 0 or more/],
  [shovel({ 'src-consumer-args': { 'x-priority': 'high' } }), /src-consumer-args.x-priority: .* a whole number/],
  [shovel({ 'dest-queue': 'n'.repeat(256) }), /dest-queue: the name of a queue has at most 255 bytes/],
  [shovel({ 'src-queue-args': { 'x-queue-type': 'mirrored' } }), /one of quorum, classic, stream/],
  [
    shovel({ 'dest-protocol': 'amqp10', 'dest-address': 'a', 'dest-application-properties': { a: 1 } }),
    /dest-application-properties.a: "a" must be a text, not 1/,
  ],
  [shovel({ 'src-uri': 'amqp://' }), /leads to the virtual host "\/", not to "v" Write amqp:\/\/\/v/],
  [{ ...shovel({}), plugins: [] }, /"shovel" comes with rabbitmq_shovel/],
  [federation({ 'federation-upstream-set': { s: [{ upstream: 'u' }] } }), /no federation upstream "u"/],
  [topic('x'), /no exchange "x" It has amq.topic, t, d/],
  [topic('d'), /"d" is a direct exchange/],
  [topic('t', '['), /write: "\[" is no regular/],
  [{ users: { u: { topicPermissions: { w: {} } } } }, /no virtual host "w"/],
  [{ globalParameters: { 'mqops.owned.x': 1 } }, /belongs to mqops/],
  [{ globalParameters: { cluster_name: 'x' } }, /belongs to the broker/],
  [{ featureFlags: ['a', 'a'] }, /featureFlags.1: the flag "a" stands in the list already/],
  [{ featureFlags: ['No!'] }, /is no feature flag's name/],
])('%j', (fields, message) => {
  expect(problems(fields)).toEqual([expect.stringMatching(message)])
})

test('a password in a URI is not repeated by the error', () => {
  expect(problems(shovel({ 'src-uri': 'amqps://u:geheim@h' })).join()).not.toMatch(/geheim/)
})

test('what works passes', () => {
  const upstream = { 'federation-upstream': { u: { uri: { secretRef: { env: 'U' } } } } }
  const set = { ...upstream, 'federation-upstream-set': { s: [{ upstream: 'u' }] } }
  const by = { p: { pattern: '.*', applyTo: 'exchanges', definition: { 'federation-upstream-set': 's' } } }
  expect(problems(federation(set, by))).toEqual([])
  expect(problems(shovel({ 'dest-exchange': 'e' }))).toEqual([])
  expect(problems(shovel({ 'dest-protocol': 'amqp10', 'dest-address': '/queues/a' }))).toEqual([])
  expect(problems(amqp10({ 'src-consumer-name': 'c', 'src-prefetch-count': 5, 'src-delete-after': 5 }))).toEqual([])
  expect(problems(shovel({ 'src-protocol': 'local', 'src-consumer-args': { 'x-priority': 5 } }))).toEqual([])
  expect(problems(shovel({ 'src-queue-args': { 'x-queue-type': 'quorum', own: 1 } }))).toEqual([])
  expect(problems(policy({ 'delayed-retry-type': 'disabled', 'queue-leader-locator': 'least-leaders' }))).toEqual([])
  expect(problems(topic('amq.topic'))).toEqual([])
  expect(problems(operator({ 'max-length': 5, expires: 1 }))).toEqual([])
})
