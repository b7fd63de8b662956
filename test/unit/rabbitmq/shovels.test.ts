import { expect, test } from 'vitest'
import { rabbitmq } from '../../../src/brokers/rabbitmq/index.ts'
import { printLocal } from '../../../src/model/address.ts'
import type { Json, JsonObject } from '../../../src/model/json.ts'
import type { Observed } from '../../../src/model/plan.ts'
import { type KindSeen, planResources } from '../../../src/operations/deploy/resources.ts'
import { specOf } from './support.ts'

/** A shovel declares its queues whenever they are gone: they could never be removed while it runs. */

const present = (value: Json): Observed<Json> => ({ is: 'present', value, owner: { by: 'nobody' } })
const SHOVEL = { 'src-uri': 'amqp:///v', 'src-queue': 'a', 'dest-uri': 'amqp:///v', 'dest-queue': 'b' }
const queue = present({ type: 'classic', durable: true, autoDelete: false, arguments: {}, messages: 0 })

/** `queues`: of the spec; there are a and b, classic ones. @returns each step as 'verb address < what it waits for'. */
function planned(queues: object, shovel: JsonObject | null = SHOVEL, owned = true) {
  const have: Record<string, readonly (readonly [readonly string[], Observed<Json>])[]> = {
    vhost: [[['v'], present({ description: '', tags: [], defaultQueueType: 'classic', messages: 0 })]],
    queue: ['a', 'b'].map((name) => [['v', name], queue]),
    parameter: [[['v', 'shovel', 's'], present({ value: SHOVEL })]],
  }
  const seen = rabbitmq.kinds.map((kind): KindSeen => ({ kind, observed: have[kind.name] ?? [], secrets: new Map() }))
  const all = Object.entries(have).flatMap(([kind, rows]) => rows.map(([key]) => printLocal({ kind, key })))
  const ours = all.filter((local) => owned || !local.startsWith('parameter'))
  const parameters = shovel === null ? {} : { shovel: { s: shovel } }
  const spec = specOf({ plugins: ['rabbitmq_shovel'], vhosts: { v: { queues, parameters } } })
  const { steps, failures } = planResources(spec, seen, new Map(ours.map((local) => [local, {}])), new Set(), [])
  const name = (step: (typeof steps)[number]) => `${step.action.split('.').at(-1)} ${printLocal(step.address)}`
  const byId = new Map(steps.map((step) => [step.id, name(step)]))
  const lines = steps.map((step) => `${name(step)} < ${step.needs.map((id) => byId.get(id)).join(', ')}`)
  return {
    lines: lines.toSorted(),
    failures: failures.map((one) => [one.address && printLocal(one.address), one.code]),
  }
}

const classic = { type: 'classic' }

test('it goes before a queue of it is replaced, and comes back after', () => {
  expect(planned({ a: { type: 'quorum' }, b: classic })).toEqual({
    lines: [
      'create parameter/v/shovel/s < delete parameter/v/shovel/s, create queue/v/a',
      'create queue/v/a < delete queue/v/a',
      'delete parameter/v/shovel/s < ',
      'delete queue/v/a < delete parameter/v/shovel/s',
    ],
    failures: [],
  })
})

test('so does one that shall use another queue, while the old one is removed', () => {
  expect(planned({ b: classic }, { ...SHOVEL, 'src-queue': 'b' }).lines).toEqual([
    'create parameter/v/shovel/s < delete parameter/v/shovel/s',
    'delete parameter/v/shovel/s < ',
    'delete queue/v/a < delete parameter/v/shovel/s',
  ])
})

test('it is left alone while its queues stay', () => {
  expect(planned({ a: classic, b: classic }).lines).toEqual([])
})

test("somebody else's is named instead of waiting for what never comes", () => {
  expect(planned({ a: { type: 'quorum' }, b: classic }, null, false).failures).toEqual([
    ['parameter/v/shovel/s', 'MQOPS_CLASH'],
  ])
})
