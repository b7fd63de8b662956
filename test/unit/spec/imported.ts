import type { Json, JsonObject } from '../../../src/model/json.ts'
import { isSecretRef } from '../../../src/model/secret.ts'
import type { ClusterSpec } from '../../../src/model/spec.ts'
import type { Broker, SeenResource } from '../../../src/ports/broker.ts'
import { sayable } from '../../../src/operations/import/sayable.ts'
import { referenceOf, specText } from '../../../src/spec/index.ts'
import { realBrokers, realTargets } from './real.ts'

/** Import of what would be seen of a spec's own resources, without a broker. */

const brokerOf = (spec: ClusterSpec) => realBrokers.find((one) => one.kind === spec.broker) as Broker

/** What would be seen of a resource that is as the spec wants it. */
const SEEN: Readonly<Record<string, (want: JsonObject) => Json>> = {
  'kafka.topic': (want) => ({ ...want, replicas: [want['replicas'] as number], defaults: {} }),
  'kafka.user': (want) => ({ mechanisms: [want['mechanism'] as string] }),
  'kafka.config': (want) => ({ value: want as Json, own: {} }),
  'kafka.broker-config': (want) => ({ value: want as Json }),
  'nats.stream': (want) => ({ config: want, messages: 0, bytes: 0 }),
  'nats.kv': (want) => ({ config: want, messages: 0, bytes: 0 }),
  'nats.objects': (want) => ({ config: want, messages: 0, bytes: 0 }),
  'nats.consumer': (want) => ({
    config: want,
    retention: 'limits',
    pending: 0,
    delivered: 0,
    paused: want['pause_until'] !== null,
  }),
  // Passwords are never shown.
  'rabbitmq.parameter': ({ value }) => ({
    value: Array.isArray(value)
      ? value
      : Object.fromEntries(
          Object.entries(value as JsonObject).map(([name, one]) => [
            name,
            isSecretRef(one) ? 'amqps://u:***@west.example.com' : one,
          ]),
        ),
  }),
  'rabbitmq.vhost': (want) => ({ ...want, defaultQueueType: want['defaultQueueType'] ?? 'classic' }),
}

export const seenIn = (spec: ClusterSpec): readonly SeenResource[] =>
  brokerOf(spec).kinds.flatMap((kind) =>
    kind.desired(spec).map(({ key, value }) => ({
      kind: kind.name,
      key,
      value: SEEN[kind.action]?.(value as JsonObject) ?? (value as Json),
    })),
  )

/** All that a spec asks for, with what stands in secrets. */
export const meaning = (spec: ClusterSpec) =>
  brokerOf(spec)
    .kinds.flatMap((kind) => kind.desired(spec).map(({ key, value }) => JSON.stringify([kind.name, key, value])))
    .toSorted()

export const importedText = (spec: ClusterSpec, seen = seenIn(spec)) => {
  const broker = brokerOf(spec)
  const generated = new Set(broker.layout(spec).secrets)
  const { fields, left } = sayable(broker, seen, { spec, generated })
  return { text: specText(spec, fields, referenceOf(broker, realTargets), { head: ['imported'], foot: [] }), left }
}
