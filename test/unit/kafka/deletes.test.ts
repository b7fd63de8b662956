import { expect, test } from 'vitest'
import { notCovered } from '../../../src/engine/policy.ts'
import { kafka } from '../../../src/brokers/kafka/index.ts'
import { desiredRules } from '../../../src/brokers/kafka/kinds/acl.ts'
import { printLocal } from '../../../src/model/address.ts'
import type { Json } from '../../../src/model/json.ts'
import type { Observed } from '../../../src/model/plan.ts'
import { type KindSeen, planResources } from '../../../src/operations/deploy/resources.ts'
import { specOf } from './support.ts'

const USERS = 300
const present = (value: Json): Observed<Json> => ({ is: 'present', value, owner: { by: 'nobody' } })

test('a user that goes waits for its own rules, and for no others', () => {
  const names = Array.from({ length: USERS }, (_, i) => `u${i}`)
  const acls = [{ topic: 'orders', allow: ['read'] }]
  const rules = desiredRules(specOf({ users: Object.fromEntries(names.map((name) => [name, { acls }])) }))
  const have: Record<string, readonly (readonly [readonly string[], Observed<Json>])[]> = {
    user: names.map((name) => [[name], present({ mechanisms: ['SCRAM-SHA-512'] })]),
    acl: rules.map(({ key, value }) => [key, present(value)]),
  }
  const seen = kafka.kinds.map((kind): KindSeen => ({ kind, observed: have[kind.name] ?? [], secrets: new Map() }))
  const owned = new Map(
    Object.entries(have).flatMap(([kind, rows]) => rows.map(([key]) => [printLocal({ kind, key }), {}])),
  )
  const { steps } = planResources(specOf({}), seen, owned, new Set(['acl', 'scram']), [])
  const name = new Map(steps.map((step) => [step.id, printLocal(step.address)]))
  const needs = new Map(steps.map((step) => [printLocal(step.address), step.needs.map((id) => name.get(id))]))
  expect(needs.size).toBe(2 * USERS)
  expect(needs.get('user/u7')).toEqual(['acl/User:u7/topic/literal/orders/allow/read/*'])
  expect([...needs.values()].flat()).toHaveLength(USERS)
})

test('what mqops made and the spec has no more takes the name of the cluster, data or not; a setting does not', () => {
  const acls = [{ topic: 'orders', allow: ['read'] }]
  const [rule] = desiredRules(specOf({ users: { a: { acls } } }))
  const have: Record<string, readonly (readonly [readonly string[], Observed<Json>])[]> = {
    acl: [[rule?.key ?? [], present(rule?.value ?? null)]],
    quota: [[['user', 'a'], present({ producer_byte_rate: 5 })]],
    config: [[['message.max.bytes'], present({ value: 5, own: {} })]],
  }
  const seen = kafka.kinds.map((kind): KindSeen => ({ kind, observed: have[kind.name] ?? [], secrets: new Map() }))
  const owned = new Map(
    Object.entries(have).flatMap(([kind, rows]) => rows.map(([key]) => [printLocal({ kind, key }), {}])),
  )
  const gone = new Map([...owned, ['quota/user/gone', {}]]) // a claim on nothing is forgotten without a word
  const { steps } = planResources(specOf({}), seen, gone, new Set(['acl']), [])
  const plan = { format: 1 as const, clusters: {}, spec: [], steps, later: [], notes: [] }
  const refused = notCovered(plan, { all: true, confirmed: [] })
  expect(steps).toHaveLength(4)
  expect(refused.map((step) => step.address.kind).sort()).toEqual(['acl', 'quota'])
  expect(refused.every((step) => step.risk !== 'destructive')).toBe(true)
  expect(notCovered(plan, { all: true, confirmed: ['orders'] })).toEqual([])
})
