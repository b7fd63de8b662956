import type { Channel } from 'amqplib'
import { expect, test } from 'vitest'
import type { BindingDefinition } from '../../../src/brokers/rabbitmq/definitions.ts'
import { binding, bindingKey, unbindings } from '../../../src/brokers/rabbitmq/kinds/binding.ts'
import type { RabbitmqSession } from '../../../src/brokers/rabbitmq/session.ts'
import type { JsonObject } from '../../../src/model/json.ts'
import type { Step } from '../../../src/model/plan.ts'
import { clientOf, context, specOf } from './support.ts'

const row = (destination: string, args: JsonObject, kind: 'queue' | 'exchange' = 'queue'): BindingDefinition => ({
  vhost: 'v',
  source: 'e',
  destination,
  destination_type: kind,
  routing_key: 'k',
  arguments: args,
})
const keyOf = ({ vhost, source, destination_type, destination, routing_key, arguments: table }: BindingDefinition) =>
  bindingKey(vhost, source, destination_type, destination, routing_key, table)

/** What the channel is asked, job by job; null where there is no job. */
async function asked(rows: readonly BindingDefinition[], told = rows): Promise<readonly (string | null)[]> {
  const jobs = unbindings(rows.map(keyOf), told)
  return Promise.all(
    jobs.map(async (job) => {
      if (job === null) return null
      const calls: string[] = []
      const told =
        (what: string) =>
        async (...of: readonly unknown[]) =>
          void calls.push(`${what} ${JSON.stringify(of)}`)
      await job.work({ unbindQueue: told('queue'), unbindExchange: told('exchange') } as unknown as Channel)
      return `${job.vhost}: ${calls.join(', ')}`
    }),
  )
}

test('a binding is named by all that makes it one: ends, routing key and arguments', async () => {
  const rows = [row('q', {}), row('x', {}, 'exchange'), row('q', { a: 'b' }), row('q', { a: 'c' })]
  expect(await asked(rows)).toEqual([
    'v: queue ["q","e","k",{}]',
    'v: exchange ["x","e","k",{}]',
    'v: queue ["q","e","k",{"a":"b"}]',
    'v: queue ["q","e","k",{"a":"c"}]',
  ])
})

test('what AMQP would send as another type, or nobody tells the arguments of, goes the other way', async () => {
  expect(await asked([row('q', { a: 1 }), row('q', {})])).toEqual([null, 'v: queue ["q","e","k",{}]'])
  expect(await asked([row('q', { a: 'b' })], [row('other', { a: 'b' })])).toEqual([null])
})

test('of many, only those that have not gone with their queues are removed', async () => {
  const rows = Array.from({ length: 100 }, (_, i) => ({ ...row(`q${i}`, {}), properties_key: 'k' }))
  const left = rows.slice(97)
  let lookedFor = 0
  const http = clientOf((path, method) => {
    if (path === '/api/definitions') return { status: 200, body: { bindings: left } }
    if (method === 'GET') lookedFor++
    return { status: 200, body: left.filter((one) => path.includes(`/q/${one.destination}`)) }
  })
  const session = { spec: specOf(), http, access: { endpoints: {} }, ownOperator: true } as unknown as RabbitmqSession
  const items = rows.map((one) => ({ key: keyOf(one), want: { arguments: {} }, changes: [], step: {} as Step }))
  expect(await binding.act('delete', items, session, context())).toEqual(rows.map(() => ({ is: 'yes' })))
  expect(lookedFor).toBe(3)
  expect(http.changes).toEqual(left.map((one) => `DELETE /api/bindings/v/e/e/q/${one.destination}/k`))
})

test('without a connection each is asked for and removed by the name that the broker gives it', async () => {
  const rows = [row('q', {}), row('q', { a: 'b' })].map((one, i) => ({ ...one, properties_key: `p${i}` }))
  const http = clientOf((path) =>
    path === '/api/definitions' ? { status: 200, body: { bindings: rows } } : { status: 200, body: rows },
  )
  const session = { spec: specOf(), http, access: { endpoints: {} }, ownOperator: true } as unknown as RabbitmqSession
  const items = rows.map((one) => ({ key: keyOf(one), want: { arguments: {} }, changes: [], step: {} as Step }))
  expect(await binding.act('delete', items, session, context())).toEqual([{ is: 'yes' }, { is: 'yes' }])
  expect(http.changes).toEqual(['DELETE /api/bindings/v/e/e/q/q/p0', 'DELETE /api/bindings/v/e/e/q/q/p1'])
})
