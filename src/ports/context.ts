import type { Json } from '../model/json.ts'
import type { SecretRef } from '../model/secret.ts'

/** The outside that every part gets handed: time, chance, secrets and a way to stop. Simulated in tests. */
export type Context = {
  /** Fires when the lease is lost, on Ctrl-C, or when the caller gave up. Nothing acts after it. */
  readonly signal: AbortSignal
  /** Milliseconds since the epoch. */
  now(): number
  /** Resolves early, by rejection with the signal's reason, when the signal fires. */
  sleep(ms: number): Promise<void>
  random(bytes: number): Uint8Array
  /** The secret's text; throws MQOPS_SECRET_MISSING naming the reference, never the value. */
  secret(ref: SecretRef): Promise<string>
  log(event: string, data: Json): void
}
