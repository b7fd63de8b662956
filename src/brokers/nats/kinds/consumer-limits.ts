import type { JsonObject } from '../../../model/json.ts'
import type { Desired } from '../../../model/spec.ts'
import type { Clash, Standing } from '../../../ports/kind.ts'
import type { StreamValue } from './stream-config.ts'

/** `consumerLimits` of a stream, with the field of its consumers that each limits. Below 1 is none. */
const LIMITS = ['max_ack_pending', 'inactive_threshold'] as const
type Limit = (typeof LIMITS)[number]

const limitsOf = (value: StreamValue): JsonObject => (value['consumer_limits'] ?? {}) as JsonObject
const limitOf = (value: StreamValue, name: Limit): number => {
  const limit = Number(limitsOf(value)[name] ?? 0)
  return limit > 0 ? limit : Number.POSITIVE_INFINITY
}

/** What waits for its consumers, in the server's names, with the reason; `before`: all else that it wants. */
export type AfterConsumers = {
  readonly before: StreamValue
  readonly reason: (said: (name: string) => string) => string
}

/**
 * The server refuses a limit that any consumer exceeds (error 10069), and consumers that exceed the limit (error 10121): it
 * stays as wide as it is until these have come down. And what no consumer waits for goes when a stream is kept by interest:
 * those that the plan makes wait for it. Null: nothing of the kind.
 */
export function afterItsConsumers(have: StreamValue, want: StreamValue): AfterConsumers | null {
  const tighter = LIMITS.filter((name) => limitOf(want, name) < limitOf(have, name))
  const byInterest = have.retention === 'limits' && want.retention === 'interest'
  if (tighter.length === 0 && !byInterest) return null
  const kept = LIMITS.flatMap((name) => {
    const value = limitsOf(tighter.includes(name) ? have : want)[name]
    return value === undefined ? [] : [[name, value] as const]
  })
  return {
    before: {
      ...want,
      retention: byInterest ? have.retention : want.retention,
      consumer_limits: kept.length === 0 ? null : Object.fromEntries(kept),
    },
    reason: (said) =>
      [
        ...(tighter.length > 0 ? [`${said('consumer_limits')} become tighter, after its consumers`] : []),
        ...(byInterest
          ? [
              `${said('retention')} by interest, after its consumers are made: messages that none of them waits for are deleted`,
            ]
          : []),
      ].join('; '),
  }
}

/** Consumers that the spec does not have stay as they are, and keep the stream from a limit below theirs. Pure. */
export function limitClashes(wanted: readonly Desired<StreamValue>[], others: readonly Standing[]): readonly Clash[] {
  const consumers = Map.groupBy(
    // Those that the spec has come down before (see `afterItsConsumers`).
    others.filter(({ kind, becomes }) => kind === 'consumer' && becomes === undefined),
    ({ key: [account, stream] }) => JSON.stringify([account, stream]),
  )
  return wanted.flatMap(({ key, value }) =>
    (consumers.get(JSON.stringify(key)) ?? []).flatMap((one): readonly Clash[] =>
      LIMITS.flatMap((name): readonly Clash[] => {
        const has = Number((one.value as { config: JsonObject }).config[name] ?? 0)
        if (has <= limitOf(value, name)) return []
        return [
          {
            key,
            with: one,
            code: 'MQOPS_SPEC_NATS',
            summary: `its consumer ${one.key[2]}, which is not in the spec, has ${name} ${has}, more than its consumerLimits let it have`,
            hint: 'Give more, or write the consumer into the spec, or remove it.',
            path: ['consumerLimits'],
          },
        ]
      }),
    ),
  )
}
