import type { Address } from './address.ts'
import type { Json } from './json.ts'

/** One verified fact with its evidence; `ok` null: could not be judged, which counts as a failure. */
export type Check = {
  readonly about: Address
  readonly name: string // 'quorum', 'replicas', 'configuration', 'canary', 'plaintext refused'
  readonly ok: boolean | null
  readonly evidence: string // one line for people: what was seen
  readonly ms: number
  readonly data?: Json // the same for machines: latencies, counts
}
