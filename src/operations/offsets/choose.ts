import type { Failure } from '../../model/failure.ts'
import type { Note } from '../../model/plan.ts'
import { type Move, moveOf, type Standing, type Target } from './moves.ts'
import { addressOf, type Observed, unknownTopic } from './observe.ts'

/** What an operator asks for. `topics` empty: all that the group has offsets for; `partitions` null: all of them. */
export type OffsetsAsk = {
  readonly group: string
  readonly topics: readonly { readonly topic: string; readonly partitions: readonly number[] | null }[]
  readonly target: Target
}

export type Found = { readonly notes: readonly Note[]; readonly failures: readonly Failure[] }

/** The partitions that are meant. Pure. What can't be read is a failure; what is gone and was not named is left alone. */
export function choose(
  seen: Observed,
  ask: OffsetsAsk,
  cluster: string,
): Found & { readonly chosen: readonly Standing[] } {
  const notes: Note[] = []
  const failures: Failure[] = []
  const chosen = new Map<string, Standing>()
  const refuse = (topic: string, code: string, summary: string, more: Partial<Failure> = {}) =>
    failures.push({ code, summary, address: addressOf(cluster, ask.group, topic), retryable: false, ...more })
  const wanted =
    ask.topics.length > 0 ? ask.topics : [...seen.topics.keys()].map((topic) => ({ topic, partitions: null }))
  if (wanted.length === 0)
    failures.push({
      code: 'MQOPS_OFFSETS_NONE',
      summary: 'it has committed no offset in any topic',
      address: addressOf(cluster, ask.group),
      retryable: false,
      hint: 'Name the topics: --topic TOPIC',
    })
  for (const { topic, partitions } of wanted) {
    const all = seen.topics.get(topic)
    if (!all && ask.topics.length === 0)
      notes.push({
        address: addressOf(cluster, ask.group, topic),
        kind: 'info',
        text: 'its topic is gone: left alone',
      })
    else if (!all) failures.push(unknownTopic(addressOf(cluster, ask.group, topic)))
    else {
      const missing = (partitions ?? []).filter((number) => !all.some((one) => one.partition === number))
      if (missing.length > 0)
        refuse(
          topic,
          'MQOPS_PARTITION_UNKNOWN',
          `it has the partitions 0 to ${all.length - 1}, and no ${missing.slice(0, 5).join(', ')}${missing.length > 5 ? ' …' : ''}`,
        )
      for (const one of all) {
        if (partitions && !partitions.includes(one.partition)) continue
        if (one.problem === undefined) chosen.set(`${topic}-${one.partition}`, one)
        else
          refuse(topic, 'MQOPS_UNKNOWN_STATE', `partition ${one.partition} can't be read: ${one.problem}`, {
            retryable: true,
            hint: 'Nothing is planned for what can not be seen.',
          })
      }
    }
  }
  return { chosen: [...chosen.values()], notes, failures }
}

/**
 * The offsets to set, of those that aren't set already. `found`: for a time, as `Groups.since` answers. Pure. A partition
 * that was named and has nothing to shift from is a failure; one among all of a topic is left alone.
 */
export function resolve(
  chosen: readonly Standing[],
  found: readonly (number | null)[],
  ask: OffsetsAsk,
  cluster: string,
): Found & { readonly moves: readonly Omit<Move, 'from'>[] } {
  const notes: Note[] = []
  const failures: Failure[] = []
  const moves: Omit<Move, 'from'>[] = []
  for (const [i, standing] of chosen.entries()) {
    const { topic, partition } = standing
    const at = addressOf(cluster, ask.group, topic)
    const move = moveOf(standing, ask.target, found[i] ?? null)
    const named = ask.topics.some((one) => one.topic === topic && one.partitions?.includes(partition))
    const unshifted = `partition ${partition} has no committed offset to shift from`
    if (!move && named)
      failures.push({
        code: 'MQOPS_OFFSETS_NONE',
        summary: unshifted,
        address: at,
        retryable: false,
        hint: 'Say where to: --to-offset N',
      })
    else if (!move) notes.push({ address: at, kind: 'info', text: `${unshifted}: left alone` })
    else if (move.from !== move.to) {
      const { from: _, ...rest } = move
      moves.push(rest)
    } else if (move.note !== undefined)
      notes.push({ address: at, kind: 'info', text: `partition ${partition}: ${move.note}` })
  }
  return { moves, notes, failures }
}
