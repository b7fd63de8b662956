import { expect, test } from 'vitest'
import { check } from '../../../src/brokers/kafka/check.ts'
import { desiredQuotas, diffQuota, quota } from '../../../src/brokers/kafka/kinds/quota.ts'
import type { KafkaSession } from '../../../src/brokers/kafka/session.ts'
import type { Observed } from '../../../src/model/plan.ts'
import type { Context } from '../../../src/ports/context.ts'
import { complaints, external, specOf } from './support.ts'

const present = (value: object): Observed<object> => ({ is: 'present', value, owner: { by: 'nobody' } })
const absent = { is: 'absent' } as const

test('whom it is for is the key, its limits are the value', () => {
  const quotas = [
    { user: 'shop', clientId: 'reports', producer_byte_rate: '1MiB', request_percentage: '12.5%' },
    { clientId: '*', controller_mutation_rate: 2 },
    { ip: '10.0.0.7', connection_creation_rate: 5 },
  ]
  expect(desiredQuotas(specOf({ quotas })).map(({ key, value, path }) => [key.join('/'), value, path])).toEqual([
    ['user/shop/client-id/reports', { producer_byte_rate: 1_048_576, request_percentage: 12.5 }, ['quotas', 0]],
    ['client-id/*', { controller_mutation_rate: 2 }, ['quotas', 1]],
    ['ip/10.0.0.7', { connection_creation_rate: 5 }, ['quotas', 2]],
  ])
})

test.each([
  ['nobody named', { producer_byte_rate: 1 }, 'quotas.0: name a user, a clientId, both, or an ip'],
  ['an ip with a user', { ip: '10.0.0.7', user: 'a', connection_creation_rate: 1 }, 'quotas.0: name a user'],
  ['no limit', { user: 'a' }, 'quotas.0: give at least one of producer_byte_rate'],
  ['nothing let through', { user: 'a', producer_byte_rate: 0 }, 'quotas.0.producer_byte_rate: a quota of 0'],
  ['0 %', { user: 'a', request_percentage: '0%' }, 'quotas.0.request_percentage: a quota of 0'],
  ['a rate of another kind', { user: 'a', connection_creation_rate: 1 }, 'quotas.0: an ip is limited by'],
  ['and the other way', { ip: '*', producer_byte_rate: 1 }, 'quotas.0: an ip is limited by'],
  ['no size', { user: 'a', producer_byte_rate: 'much' }, 'quotas.0.producer_byte_rate: "much" is not a size'],
])('refused: %s', (_what, entry, complaint) => {
  expect(complaints({ quotas: [entry] }).map((text) => text.slice(0, complaint.length))).toContain(complaint)
})

test('two entries for the same clients, and what is no address, are refused', () => {
  const same = { user: 'a', clientId: 'b' }
  const quotas = [
    { ...same, producer_byte_rate: 1 },
    { ...same, consumer_byte_rate: 1 },
    { ip: 'example.org', connection_creation_rate: 1 },
  ]
  expect(check(specOf({ quotas })).map(({ path, code }) => [path.join('.'), code])).toEqual([
    ['quotas.1', 'MQOPS_SPEC_DUPLICATE'],
    ['quotas.2.ip', 'MQOPS_SPEC_VALUE'],
  ])
})

test('on a cluster that somebody else built a default that mqops itself could not work under is refused: Kafka spares nobody', () => {
  const quotas = [
    { user: '*', producer_byte_rate: 1000 },
    { user: '*', clientId: '*', consumer_byte_rate: 1 },
    { clientId: '*', request_percentage: 0.5 },
    { user: '*', clientId: 'reports', producer_byte_rate: 1000 },
    { user: 'buyer', clientId: '*', consumer_byte_rate: 1 },
    { clientId: 'reports', request_percentage: 0.5, producer_byte_rate: 1 },
  ]
  const found = check(specOf({ quotas }, external))
  expect(found.map(({ path, message }) => `${path.join('.')}: ${message}`)).toEqual([
    'quotas.0.producer_byte_rate: 1000B holds mqops itself, too, which needs 256KiB to work',
    'quotas.1.consumer_byte_rate: 1B holds mqops itself, too, which needs 1MiB to work',
    'quotas.2.request_percentage: 0.5% holds mqops itself, too, which needs 10% to work',
  ])
  expect(check(specOf({ quotas }))).toEqual([])
})

test('where mqops has a quota of its own, a spec gives it none', () => {
  const quotas = [{ user: 'admin', producer_byte_rate: 1 }]
  expect(check(specOf({ quotas })).map(({ path, code }) => [path.join('.'), code])).toEqual([
    ['quotas.0.user', 'MQOPS_SPEC_NAME'],
  ])
})

test('a limit that is new or lower is what clients notice', () => {
  const risk = (want: object | undefined, have: Observed<object>) =>
    diffQuota(want, have, false).map(({ verb, risk }) => `${verb} ${risk}`)
  expect(risk({ producer_byte_rate: 5 }, absent)).toEqual(['create disruptive'])
  expect(diffQuota({ producer_byte_rate: 5 }, absent, true).map(({ risk }) => risk)).toEqual(['safe'])
  expect(risk({ producer_byte_rate: 5 }, present({ producer_byte_rate: 6 }))).toEqual(['update disruptive'])
  expect(risk({ producer_byte_rate: 7 }, present({ producer_byte_rate: 6 }))).toEqual(['update safe'])
  expect(risk(undefined, present({ producer_byte_rate: 6 }))).toEqual(['delete safe'])
  expect(risk({ producer_byte_rate: 6 }, present({ producer_byte_rate: 6 }))).toEqual([])
  expect(risk({ producer_byte_rate: 6 }, { is: 'unknown', why: 'forbidden' })).toEqual([])
})

test('a limit that another tool has added is drift, and said', () => {
  const have = present({ producer_byte_rate: 6, request_percentage: 50 })
  expect(diffQuota({ producer_byte_rate: 6 }, have, false)).toMatchObject([
    { verb: 'update', risk: 'safe', changes: [{ field: 'request_percentage', from: 50 }] },
  ])
})

/** A session of brokers that answer with these entries, each with its own. */
function sessionOf(...views: object[][]) {
  const answers = views.map((entries) => ({ throttleTimeMs: 0, errorCode: 0, errorMessage: null, entries }))
  const session = {
    call: async () => answers[0],
    everyBroker: async () => new Map(answers.map((answer, i) => [i, answer])),
  }
  return session as unknown as KafkaSession
}
const entity = (entityName: string | null) => ({
  entity: [
    { entityType: 'client-id', entityName: 'x' },
    { entityType: 'user', entityName },
  ],
  values: [{ key: 'producer_byte_rate', value: 5 }],
})
const ctx = {} as Context

test('defaults are told from a client that is called *', async () => {
  const seen = await quota.list(sessionOf([entity(null), entity('*'), entity('\\*')]), 'all', ctx)
  expect(seen.map(([key]) => key)).toEqual([
    ['user', '*', 'client-id', 'x'],
    ['user', '\\*', 'client-id', 'x'],
    ['user', '\\\\*', 'client-id', 'x'],
  ])
})

test('what not all brokers know yet is unknown, never absent', async () => {
  const keys = [
    ['user', 'a', 'client-id', 'x'],
    ['user', 'b'],
  ]
  const seen = await quota.list(sessionOf([entity('a')], []), keys, ctx)
  expect(seen.map(([, have]) => have.is)).toEqual(['unknown', 'absent'])
})
