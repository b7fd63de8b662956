import { expect, test } from 'vitest'
import { z } from 'zod'
import { fields, kafkaFields } from '../../../src/brokers/kafka/fields.ts'
import { starter } from '../../../src/brokers/kafka/starter.ts'
import { check } from '../../../src/brokers/kafka/check.ts'
import { parse } from 'yaml'
import { complaints, specOf } from './support.ts'

test('durations and sizes become the numbers that Kafka wants', () => {
  const { config, topics } = kafkaFields(
    specOf({
      config: { 'log.retention.ms': '7d', 'message.max.bytes': '2MiB', 'log.cleaner.dedupe.buffer.size': '8MiB' },
      topics: { a: { config: { 'retention.ms': '1h30m', 'retention.bytes': -1, 'segment.bytes': '1GiB' } } },
    }),
  )
  expect(config).toEqual({
    'log.retention.ms': 604_800_000,
    'message.max.bytes': 2_097_152,
    'log.cleaner.dedupe.buffer.size': 8_388_608,
  })
  expect(topics['a']?.config).toEqual({
    'retention.ms': 5_400_000,
    'retention.bytes': -1,
    'segment.bytes': 1_073_741_824,
  })
})

test('what is neither a duration nor a size is said where it stands', () => {
  expect(complaints({ topics: { a: { config: { 'retention.ms': 'soon', 'retention.bytes': '3 apples' } } } })).toEqual([
    'topics.a.config.retention.ms: "soon" is not a duration (30s, 5m, 12h, 7d) or milliseconds',
    'topics.a.config.retention.bytes: "3 apples" is not a size (64KiB, 1GiB) or bytes',
  ])
})

test('unknown keys are errors at every level', () => {
  expect(complaints({ topics: { a: { partitons: 3 } } })).toEqual(['topics.a: Unrecognized key: "partitons"'])
  expect(complaints({ users: { u: { pasword: {} } } })).toEqual(['users.u: Unrecognized key: "pasword"'])
  expect(complaints({ pools: { p: { roles: ['broker'], members: 1, size: 1 } } })).toHaveLength(1)
  expect(complaints({ users: { u: { acls: [{ topic: 'a', allow: ['read'], hosts: '*' }] } } })).toHaveLength(1)
})

test('an ACL names one resource and either allows or denies', () => {
  const acl = (entry: object) => complaints({ users: { u: { acls: [entry] } } })
  expect(acl({ topic: 'a', allow: ['read'] })).toEqual([])
  expect(acl({ topic: 'a', group: 'b', allow: ['read'] })).toHaveLength(1)
  expect(acl({ allow: ['read'] })).toHaveLength(1)
  expect(acl({ topic: 'a' })).toHaveLength(1)
  expect(acl({ topic: 'a', allow: ['read'], deny: ['write'] })).toHaveLength(1)
  expect(acl({ topic: 'a', allow: ['fly'] })).toHaveLength(1)
})

test('a password is a reference, never a value', () => {
  expect(complaints({ users: { u: { password: 'secret' } } })).toHaveLength(1)
  expect(complaints({ users: { u: { password: { secretRef: { env: 'P', file: 'f' } } } } })).toHaveLength(1)
  expect(complaints({ users: { u: { password: { secretRef: { env: 'P' } } } } })).toEqual([])
})

test('the schema has a JSON Schema with a description of every field', () => {
  const schema = z.toJSONSchema(z.strictObject(fields), { io: 'input', target: 'draft-07' })
  for (const [name, field] of Object.entries(schema.properties ?? {})) {
    expect((field as { description?: string }).description, name).toBeTruthy()
  }
})

test('the starter is a valid spec', () => {
  const spec = specOf(parse(starter) as Record<string, unknown>)
  expect(check(spec)).toEqual([])
  expect(Object.keys(kafkaFields(spec).topics)).toEqual(['orders.created'])
})
