import { expect, test } from 'vitest'
import { rabbitmq } from '../../../src/brokers/rabbitmq/index.ts'
import { loadReal } from '../spec/real.ts'

const { clusters } = loadReal(`apiVersion: mqops/v1
kind: RabbitMQ
metadata: { name: r }
spec:
  vhosts: { shop/eu: {} }
  users: { shop: { permissions: { shop/eu: { read: .* } } } }
`)

test.each([
  ['shop', 'shop/eu', '/shop%2Feu'],
  ['mqops', '/', '/%2F'],
])('the file of %s names a virtual host that it may enter', (user, vhost, path) => {
  const access = { tls: false, endpoints: { client: ['h:1'], management: ['h:2'] } } as never
  const text = rabbitmq.client(clusters[0] as never, access).render({ user, password: 'p', caFile: null })
  expect(text).toContain(`AMQP_URL='amqp://${user}:p@h:1${path}'`)
  expect(text).toContain(`RABBITMQ_VHOST='${vhost}'`)
})
