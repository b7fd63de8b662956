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

/**
 * What it wants, with limits of its consumers as wide as they are until these have come down: the server refuses a limit
 * that any consumer exceeds (error 10069), and consumers that exceed the limit (error 10121). Null: nothing gets tighter.
 */
export function beforeItsConsumers(have: StreamValue, want: StreamValue): StreamValue | null {
  const tighter = LIMITS.filter((name) => limitOf(want, name) < limitOf(have, name))
  // A sealed one takes no second update.
  if (tighter.length === 0 || want['sealed'] === true) return null
  const kept = LIMITS.flatMap((name) => {
    const value = limitsOf(tighter.includes(name) ? have : want)[name]
    return value === undefined ? [] : [[name, value] as const]
  })
  return { ...want, consumer_limits: kept.length === 0 ? null : Object.fromEntries(kept) }
}

/** Consumers that the spec does not have stay as they are, and keep the stream from a limit below theirs. Pure. */
export function limitClashes(wanted: readonly Desired<StreamValue>[], others: readonly Standing[]): readonly Clash[] {
  const consumers = Map.groupBy(
    others.filter(({ kind }) => kind === 'consumer'),
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
