import type { Dict, Json, JsonObject } from './json.ts'

/** One cluster's document, normalised: defaults filled, units resolved, secrets still references. Plain JSON. */
export type ClusterSpec = {
  readonly broker: string // 'Kafka' | 'Nats' | 'RabbitMQ'
  readonly name: string
  readonly labels: Dict<string>
  readonly version: string // '4.3' or '4.3.1'
  readonly target: { readonly name: string; readonly options: JsonObject }
  readonly security: { readonly tls: boolean }
  /** Absolute folder that relative paths of this document stand against. */
  readonly folder: string
  /** The broker's own part, as its zod fields gave it: members or pools, config, resources of all kinds. */
  readonly fields: JsonObject
}

/** Something wrong in a spec, at a path inside the cluster's `spec:` (['topics', 'a', 'partitions']). */
export type Problem = {
  readonly path: readonly (string | number)[]
  readonly code: string
  readonly message: string
  readonly hint?: string
}

/** What the spec says of one resource. `value` is the kind's own normalised form. */
export type Desired<D = Json> = {
  readonly key: readonly string[]
  readonly value: D
  readonly path: readonly (string | number)[] // where it stands inside `spec:`
}
