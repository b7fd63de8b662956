import { describe, expect, test } from 'vitest'
import type { ClusterSpec } from '../../../src/model/spec.ts'
import { starter } from '../../../src/spec/index.ts'
import { examples, loadReal, realBrokers } from './real.ts'
import { importedText, meaning } from './imported.ts'

/** What the examples do not have. */
const MORE = `
apiVersion: mqops/v1
kind: Nats
metadata: { name: more }
spec:
  members: 3
  accounts:
    A:
      jetstream: { storage: 1GiB, maxAckPending: 10, storageStreamBytes: 1MiB, maxBytesRequired: true }
      limits: { connections: 9, subscriptions: 5, payload: 64KiB, leafNodes: 0 }
      exports:
        - { stream: "a.>", accounts: [B] }
        - { service: s.ask, responseType: stream, responseThreshold: 1m, allowTrace: true }
        - { service: "t.*.ask", accountTokenPosition: 2, latency: { subject: lat2, sampling: headers } }
      users:
        u:
          subscribe: ["a.>", "b.> workers"]
          allowResponses: { max: 3, expires: 5s }
          connectionTypes: [standard, leafnode_ws]
        v: { allowResponses: true }
      streams:
        S: { subjects: [s], maxBytes: 1KiB, firstSequence: 7, replicas: 1, persistMode: async }
        Q: { subjects: [q], maxBytes: 1KiB, sealed: true, discardNewPerSubject: true, maxMessagesPerSubject: 5 }
        M: { mirror: { stream: Q }, maxBytes: 1KiB }
        F: { sources: [{ stream: Q, transforms: [{ source: q.a, destination: '' }] }], maxBytes: 1KiB }
        P:
          subjects: [p]
          maxBytes: 1KiB
          consumers:
            pinned: { priority: { policy: pinnedClient, groups: [g] }, pauseUntil: "2099-01-31T00:00:00Z" }
            slow: { priority: { policy: pinnedClient, groups: [g], timeout: 30s } }
            over: { priority: { policy: overflow, groups: [g] } }
      kv:
        old: { maxBytes: 1KiB }
        copy: { maxBytes: 1KiB, mirror: { bucket: old, filter: ">" } }
    B:
      jetstream: false
      imports:
        - { account: A, stream: "a.>", prefix: from.a, allowTrace: true }
        - { account: A, service: s.ask, to: ask, share: true }
---
apiVersion: mqops/v1
kind: Kafka
metadata: { name: more-kafka }
spec:
  members: 1
  users:
    u:
      acls:
        - { delegationToken: "*", allow: [describe] }
        - { user: "u*", allow: [createTokens] }
  quotas:
    - { user: u, producer_byte_rate: 10MiB, request_percentage: 12.5 }
    - { user: "*", clientId: c, consumer_byte_rate: 1000 }
    - { clientId: "*", controller_mutation_rate: 0.5 }
    - { ip: 10.0.0.7, connection_creation_rate: 5 }
---
apiVersion: mqops/v1
kind: RabbitMQ
metadata: { name: more-rabbit }
spec:
  plugins: [rabbitmq_shovel_management, rabbitmq_federation]
  advancedConfig: "[{rabbit, [{consumer_timeout, undefined}]}]."
  featureFlags: [khepri_db]
  globalParameters: { plain: 1, deep: { a: [1, { b: true }] } }
  vhosts:
    shop: { defaultQueueType: classic }
    /:
      limits: { maxQueues: 0 }
      parameters:
        federation-upstream:
          west: { uri: { secretRef: { env: WEST } }, queue-type: quorum }
          east: { uri: ["amqps://a.example.com", "amqps://b.example.com"] }
        federation-upstream-set: { both: [{ upstream: west }, { upstream: east, max-hops: 2 }] }
        shovel:
          s: { src-uri: { secretRef: { file: uri } }, src-queue: a, dest-uri: amqp:///%2F, dest-queue: b, src-delete-after: 5 }
          t: { src-uri: amqp://, src-exchange: amq.topic, src-exchange-key: "", dest-uri: amqp:// }
      policies: { f: { pattern: "^x", priority: 3, applyTo: exchanges, definition: { federation-upstream-set: both } } }
      operatorPolicies: { o: { pattern: "", definition: { max-length: 5 } } }
      exchanges: { t: { type: topic } }
  users:
    u:
      limits: { maxChannels: 3 }
      permissions: { /: { write: t } }
      topicPermissions: { /: { t: { write: "^a" }, amq.topic: { read: "^b" } } }
`

const texts = [...examples, ['the starters', starter(realBrokers)] as const, ['more', MORE] as const]

describe.each(texts)('%s', (_, text) => {
  test('what is imported of it says the same', () => {
    const { clusters, failures } = loadReal(text)
    expect(failures).toEqual([])
    for (const spec of clusters) {
      const { text: written, left } = importedText(spec)
      expect(left).toEqual([])
      const again = loadReal(written)
      expect(again.failures, written).toEqual([])
      const [read] = again.clusters as readonly [ClusterSpec]
      expect(meaning(read), written).toEqual(meaning(spec))
      expect({ ...read, fields: null, folder: '' }).toEqual({ ...spec, fields: null, folder: '' })
      // And once more: the same text, to the letter.
      expect(importedText(read).text).toBe(written)
    }
  })
})
