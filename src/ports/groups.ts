import type { Commit, Group, Log, TopicPartition } from '../model/group.ts'
import type { Outcome } from '../model/plan.ts'
import type { Context } from './context.ts'

/**
 * Consumer groups whose offsets the broker keeps. A call fails with an MqopsError; what this user may not see is
 * MQOPS_FORBIDDEN, never "there is none", except in `list` and `committed`: there a broker leaves it out
 * without a word.
 */
export interface Groups {
  /** All groups, sorted by name. `silent`: brokers that do not answer; groups that they coordinate are missing. */
  list(ctx: Context): Promise<{ readonly groups: readonly Group[]; readonly silent: readonly string[] }>
  /** null: no coordinator knows it. */
  find(name: string, ctx: Context): Promise<Group | null>
  /** By group: the offsets that are committed at this moment, those of deleted topics too. */
  committed(names: readonly string[], ctx: Context): Promise<ReadonlyMap<string, readonly Commit[]>>
  /**
   * The group's offsets in these partitions, of those that have one. Waits for open transactions that commit there, and
   * then throws a retryable MQOPS_BROKER.
   */
  settled(name: string, partitions: readonly TopicPartition[], ctx: Context): Promise<readonly Commit[]>
  /** By topic: all its partitions in order; null: there is no such topic. */
  logs(topics: readonly string[], ctx: Context): Promise<ReadonlyMap<string, readonly Log[] | null>>
  /** One for each, in order: offset of the first record from this time on (ms since the epoch), null: there is none. */
  since(partitions: readonly TopicPartition[], time: number, ctx: Context): Promise<readonly (number | null)[]>
  /**
   * One outcome for each, in order; durable on a majority when 'yes'. A group with members is refused by the broker:
   * MQOPS_GROUP_ACTIVE.
   */
  commit(name: string, commits: readonly Commit[], ctx: Context): Promise<readonly Outcome[]>
}
