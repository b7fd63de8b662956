import type { JsonObject } from '../../../model/json.ts'
import type { Desired } from '../../../model/spec.ts'
import { printSize } from '../../../model/units.ts'
import type { Clash, Standing } from '../../../ports/kind.ts'
import type { AccountValue } from '../accounts.ts'
import { isStream } from './stream-clashes.ts'
import type { StreamValue } from './stream-config.ts'

type Limits = NonNullable<AccountValue['jetstream']>
type Beyond = { readonly limit: keyof Limits; readonly text: string }

/**
 * A server does not load, when it starts, what is beyond its account's limits (errors 10113, 10122 and 10121): the stream
 * or consumer is out of reach from then on, though nothing was said when the limit was set. So the limit waits until all
 * that is there has come down to it. Pure.
 */
export function accountClashes(
  wanted: readonly Desired<AccountValue & JsonObject>[],
  others: readonly Standing[],
): readonly Clash[] {
  const byAccount = Map.groupBy(others, ({ key: [account = ''] }) => account)
  return wanted.flatMap(({ key, value: { jetstream } }) => {
    const [account = ''] = key
    if (jetstream === null) return []
    return (byAccount.get(account) ?? []).flatMap((one) =>
      beyond(one, jetstream).map(
        ({ limit, text }): Clash => ({
          key,
          with: one,
          code: 'MQOPS_SPEC_NATS',
          summary: `${one.kind} ${one.key.slice(1).join('/')}, which is not in the spec, ${text}: servers would not load it when they start`,
          hint: 'Let the account have more, or write it into the spec with less, or remove it.',
          path: ['jetstream', limit],
        }),
      ),
    )
  })
}

function beyond(one: Standing, limits: Limits): readonly Beyond[] {
  const { config } = one.value as { readonly config: StreamValue }
  if (isStream(one)) return streamBeyond(config, limits)
  return one.kind === 'consumer' ? consumerBeyond(config, limits) : []
}

function streamBeyond({ max_bytes: bytes, storage }: StreamValue, limits: Limits): readonly Beyond[] {
  const limit = storage === 'memory' ? 'memoryStreamBytes' : 'storageStreamBytes'
  const most = Number(limits[limit] ?? 0)
  if (limits.maxBytesRequired === true && bytes <= 0) return [{ limit: 'maxBytesRequired', text: 'has no max_bytes' }]
  return most > 0 && bytes > most ? [{ limit, text: `may have ${printSize(bytes)}, more than ${printSize(most)}` }] : []
}

function consumerBeyond(config: JsonObject, limits: Limits): readonly Beyond[] {
  const most = Number(limits.maxAckPending ?? 0)
  const count = Number(config['max_ack_pending'] ?? 0)
  if (most <= 0 || count <= most) return []
  return [{ limit: 'maxAckPending', text: `may have ${count} messages pending, more than ${most}` }]
}
