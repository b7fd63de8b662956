/** Who reads in a group, as it named itself. `host`: where the broker sees it. */
export type GroupMember = {
  readonly id: string
  readonly clientId: string
  readonly host: string
  /** `group.instance.id` of a static member. */
  readonly instance?: string
}

/**
 * A group of consumers as its coordinator sees it. 'classic' and 'consumer' (KIP-848) keep an offset for each partition;
 * 'share' and 'streams' keep more than that. `state` in the broker's own word ('Stable', 'Empty' …).
 */
export type Group = {
  readonly name: string
  readonly type: 'classic' | 'consumer' | 'share' | 'streams'
  readonly state: string
  /** null: not known; of 'share' and 'streams' groups nobody asks. */
  readonly members: readonly GroupMember[] | null
}

export type TopicPartition = { readonly topic: string; readonly partition: number }

/** The offset that a group will read next in one partition. */
export type Commit = TopicPartition & { readonly offset: number }

/**
 * A partition's log: offset of its first record, and of the one that comes next. `problem`: why they can't be read (no
 * leader); both are 0 then, and mean nothing.
 */
export type Log = TopicPartition & { readonly start: number; readonly end: number; readonly problem?: string }

export const printPartition = (p: TopicPartition): string => `${p.topic}-${p.partition}`
