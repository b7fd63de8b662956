import type { Dict } from '../../model/json.ts'
import type { Context } from '../../ports/context.ts'

/**
 * A topic's replicas on their way, written before the first throttle is set and forgotten after the last one is gone: by
 * it a running reassignment is known as ours, and after a crash what is left of it.
 */
export type MoveRecord = {
  /** Name of the cluster's document that asked for it. */
  readonly spec: string
  /** Of the topic: made anew under the same name it is another one. */
  readonly id: string
  /** Replicas by partition, as they were and as they shall be. */
  readonly from: readonly (readonly number[])[]
  readonly to: readonly (readonly number[])[]
  /** By broker: bytes a second that it was throttled to, each rate that it was given; another one is somebody else's. */
  readonly rates: Dict<readonly number[]>
}

export interface Moves {
  /** By topic; of other specs too. */
  read(ctx: Context): Promise<ReadonlyMap<string, MoveRecord>>
  /** null forgets. Durable on a majority when it resolves. */
  write(changes: ReadonlyMap<string, MoveRecord | null>, ctx: Context): Promise<void>
}
