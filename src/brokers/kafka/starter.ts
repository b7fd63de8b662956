/** A first spec for people to change: what stands here works as it is. */
export const starter = `  # Three servers, each broker and controller in one. Or, with separate roles:
  # pools:
  #   controllers: { roles: [controller], members: 3 }
  #   brokers: { roles: [broker], members: 3 }
  members: 3
  # Heap of each member
  memory: 256MiB
  # Broker settings in Kafka's own names; many are changed without a restart
  config:
    log.retention.ms: 7d
  topics:
    orders.created:
      partitions: 6
      replicas: 3
      config:
        min.insync.replicas: 2
        retention.ms: 7d
  users:
    # Without a password mqops makes one: mqops connect CLUSTER --user billing --show-secrets
    billing:
      acls:
        - { topic: orders.created, allow: [read, describe] }
        - { group: billing*, allow: [read] }
    shop:
      acls:
        - { topic: orders.*, allow: [write, describe] }
`
