/** Small real clusters for tests: one of each broker, with one resource that plain clients use. */
export const KAFKA = (more = '') => `apiVersion: mqops/v1
kind: Kafka
metadata: { name: e2e-kafka }
spec:
  members: 3
  ${more}
  topics:
    orders: { partitions: 3, replicas: 3, config: { min.insync.replicas: 2 } }
    audit: { partitions: 1, replicas: 3, config: { retention.ms: 7d } }
  users:
    shop: { acls: [{ topic: orders, allow: [read, write, describe, delete] }, { group: 'witness*', allow: [read] }] }
`
export const NATS = (more = '') => `apiVersion: mqops/v1
kind: Nats
metadata: { name: e2e-nats }
spec:
  members: 3
  ${more}
  accounts:
    SHOP:
      users:
        shop: {}
      streams:
        ORDERS: { subjects: ['orders.>'], replicas: 3, consumers: { billing: { ack: explicit } } }
`
export const RABBITMQ = (more = '') => `apiVersion: mqops/v1
kind: RabbitMQ
metadata: { name: e2e-rabbitmq }
spec:
  members: 3
  ${more}
  vhosts:
    shop:
      exchanges: { events: { type: topic } }
      queues: { orders: { type: quorum } }
      bindings: [{ source: events, destination: orders, routingKey: 'order.#' }]
  users:
    shop: { permissions: { shop: { configure: '.*', write: '.*', read: '.*' } } }
`
export const RESOURCES = {
  Kafka: { name: 'e2e-kafka', resource: { topic: 'orders' } },
  Nats: { name: 'e2e-nats', resource: { stream: 'ORDERS', subject: 'orders.new' } },
  RabbitMQ: { name: 'e2e-rabbitmq', resource: { vhost: 'shop', queue: 'orders' } },
} as const
export const KINDS = Object.keys(RESOURCES) as (keyof typeof RESOURCES)[]
