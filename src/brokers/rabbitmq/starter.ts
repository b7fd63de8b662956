/** A commented body of `spec:` for `mqops init`. */
export const starter = `  version: "4.3"
  members: 3                       # 1, 3 or 5: a majority must remain
  memory: 512MiB                   # publishers wait above it
  diskFreeLimit: 1GiB              # and below this much free disk
  target: { local: {} }
  vhosts:
    shop:
      exchanges:
        orders: { type: topic }
        dead: { type: topic }
      queues:
        orders.created: { arguments: { x-delivery-limit: 5, x-dead-letter-exchange: dead } }
        orders.log: { type: stream, arguments: { x-max-age: 7D } }
        dead.letters: {}
      bindings:
        - { source: orders, destination: orders.created, routingKey: orders.created }
        - { source: orders, destination: orders.log, routingKey: "orders.#" }
        - { source: dead, destination: dead.letters, routingKey: "#" }
  users:
    billing:                       # no password given: mqops generates one, see mqops connect
      permissions:
        shop: { write: ^orders$, read: "^orders\\\\.created$" }
`
