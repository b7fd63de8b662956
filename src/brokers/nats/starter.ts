/** A `spec:` body for `mqops init`, indented by two spaces. */
export const starter = `  version: "2.15"
  members: 3                       # 1, 3 or 5 servers; JetStream needs a majority of them
  storage: 1GiB                    # JetStream file storage of each server
  memory: 256MiB                   # JetStream memory of each server
  target: { local: {} }
  config: { max_payload: 1MiB }    # server options by their own names
  accounts:
    ORDERS:
      users:
        shop: {}                   # mqops makes the password: mqops connect NAME --user shop
        billing:
          publish: [billing.>, "$JS.API.>", "$JS.ACK.>"]
      streams:
        ORDERS:
          subjects: [orders.>]
          maxAge: 7d
          maxBytes: 128MiB
          consumers:
            billing: { filter: orders.created, ackWait: 30s, maxDeliver: 5 }
`
