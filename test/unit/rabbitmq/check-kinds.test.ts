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
  [policy({ expires: 0 }), /above 0/],
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
  expect(problems(topic('amq.topic'))).toEqual([])
  expect(problems(operator({ 'max-length': 5, expires: 1 }))).toEqual([])
})
