import type { Failure } from '../../model/failure.ts'
import type { FieldChange, Step } from '../../model/plan.ts'
import { digest, stepId } from '../../engine/digest.ts'
import { effectOf, type Move, rereadsOf, skipsOf, type Standing } from './moves.ts'
import { addressOf, type Observed } from './observe.ts'

export const ACTION = 'group.reset'

/** An ask whose offsets are found, so that planning again asks for the same ones: times and ends of logs move on. */
export type OffsetsRequest = {
  readonly group: string
  readonly reason: string
  readonly moves: readonly Omit<Move, 'from'>[]
}

/** `from`: what was committed when the plan was made. Enough to act, to verify and to see that somebody came between. */
export type ResetArgs = {
  readonly group: string
  readonly topic: string
  readonly moves: readonly { readonly partition: number; readonly from: number | null; readonly to: number }[]
}
export const resetArgs = (step: Step): ResetArgs => step.args as unknown as ResetArgs

/** One step for each topic. Pure. A wanted offset that the log no longer has is a failure. */
export function stepsOf(
  seen: Observed,
  request: OffsetsRequest,
  cluster: string,
): { readonly steps: readonly Step[]; readonly failures: readonly Failure[] } {
  const failures: Failure[] = []
  const steps: Step[] = []
  for (const [topic, wanted] of Map.groupBy(request.moves, (move) => move.topic)) {
    const at = addressOf(cluster, request.group, topic)
    const moves = wanted.flatMap((move): readonly (readonly [Move, Standing])[] => {
      const standing = seen.topics.get(topic)?.find((one) => one.partition === move.partition)
      const outside = standing && outsideOf(standing, move.to)
      if (standing && outside === null)
        return standing.committed === move.to ? [] : [[{ ...move, from: standing.committed }, standing]]
      failures.push({
        code: 'MQOPS_OFFSETS_RANGE',
        summary: outside ?? `partition ${move.partition} is gone`,
        address: at,
        retryable: false,
        hint: 'Ask again: the log has changed.',
      })
      return []
    })
    if (moves.length > 0) steps.push(stepOf(cluster, request, topic, moves))
  }
  return { steps, failures }
}

/** Why an offset can't be set any more; null: it lies in the log, or at its end. */
export const outsideOf = ({ partition, start, end, problem }: Standing, to: number): string | null =>
  problem !== undefined
    ? `partition ${partition} can't be read: ${problem}`
    : to < start || to > end
      ? `partition ${partition} holds the offsets ${start} to ${end} now, not ${to}`
      : null

function stepOf(
  cluster: string,
  { group, reason }: OffsetsRequest,
  topic: string,
  moves: readonly (readonly [Move, Standing])[],
): Step {
  const at = addressOf(cluster, group, topic)
  const args: ResetArgs = { group, topic, moves: moves.map(([{ partition, from, to }]) => ({ partition, from, to })) }
  const effects = moves.map(([move, standing]) => effectOf(standing, move.to))
  const total = (field: 'rereads' | 'skips') => effects.reduce((sum, effect) => sum + effect[field], 0)
  const changes = moves.map(([{ partition, from, to, note }], i): FieldChange => {
    const { rereads, skips } = effects[i] as (typeof effects)[number]
    const words = from === null ? [...(note === undefined ? [] : [note]), 'it had no offset'] : note ? [note] : []
    return {
      field: `partition ${partition}`,
      ...(from === null ? {} : { from }),
      to,
      ...rereadsOf(rereads),
      ...skipsOf(skips),
      ...(words.length === 0 ? {} : { note: words.join('; ') }),
    }
  })
  return {
    id: stepId(at, ACTION, args),
    address: at,
    action: ACTION,
    args,
    reads: digest(args.moves.map(({ from }) => from)),
    needs: [],
    reason,
    risk: total('skips') > 0 ? 'destructive' : 'disruptive',
    reversible: true, // the plan knows where each partition stood
    changes,
    ...rereadsOf(total('rereads')),
    ...skipsOf(total('skips')),
  }
}
