import type { Log, TopicPartition } from '../../model/group.ts'
import type { Loss } from '../../model/plan.ts'

/** Where a group shall go on reading. `at` in ms since the epoch; `by` in offsets, negative: backwards. */
export type Target =
  | { readonly to: 'earliest' }
  | { readonly to: 'latest' }
  | { readonly to: 'offset'; readonly offset: number }
  | { readonly to: 'time'; readonly at: number }
  | { readonly to: 'shift'; readonly by: number }

/** A partition's log, and where the group stands in it; null: it has committed no offset. */
export type Standing = Log & { readonly committed: number | null }

/** `from` null: there was no offset. `note`: why `to` is not what was asked for. */
export type Move = TopicPartition & { readonly from: number | null; readonly to: number; readonly note?: string }

/** The reason of a step: what was asked for. */
export function targetText(target: Target): string {
  switch (target.to) {
    case 'earliest':
      return 'to the earliest offset'
    case 'latest':
      return 'to the latest offset'
    case 'offset':
      return `to the offset ${target.offset}`
    case 'time':
      return `to the first record at or after ${new Date(target.at).toISOString()}`
    case 'shift':
      return `shifted by ${target.by > 0 ? '+' : ''}${target.by}`
  }
}

/**
 * The offset to be set. `found`: the first one at or after the time that was asked for (null: there is none). null: there
 * is nothing to shift from. Outside the log there is nothing to read: the nearest end is taken, with a word.
 */
export function moveOf(standing: Standing, target: Target, found: number | null): Move | null {
  const { topic, partition, start, end, committed: from } = standing
  const move = (wanted: number, note?: string): Move => {
    const to = Math.min(Math.max(wanted, start), end)
    const clamped =
      wanted < start
        ? `${wanted} is before the log's start: ${start}`
        : wanted > end
          ? `${wanted} is beyond the log's end: ${end}`
          : note
    return { topic, partition, from, to, ...(clamped === undefined ? {} : { note: clamped }) }
  }
  switch (target.to) {
    case 'earliest':
      return move(start)
    case 'latest':
      return move(end)
    case 'offset':
      return move(target.offset)
    case 'time':
      return found === null ? move(end, 'no record is that new: the end') : move(found)
    case 'shift':
      return from === null ? null : move(from + target.by)
  }
}

/**
 * How many records a move has read again and passes over, by offsets: compaction, transaction markers and gaps leave fewer
 * of them, never more. What is gone from the log already is neither. Without an offset nobody knows what was read: all
 * before the new one counts as passed over.
 */
export function effectOf({ committed, start, end }: Standing, to: number): { rereads: number; skips: number } {
  if (committed === null) return { rereads: 0, skips: Math.max(0, to - start) }
  const stands = Math.min(Math.max(committed, start), end)
  return { rereads: Math.max(0, stands - to), skips: Math.max(0, to - stands) }
}

export const rereadsOf = (messages: number): { readonly rereads?: Loss } =>
  messages === 0 ? {} : { rereads: { messages, atMost: true } }
export const skipsOf = (messages: number): { readonly loses?: Loss } =>
  messages === 0 ? {} : { loses: { messages, atMost: true, skipped: true } }
