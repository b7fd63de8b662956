import type { JsonObject } from '../../../model/json.ts'
import type { Desired } from '../../../model/spec.ts'
import { printSize } from '../../../model/units.ts'
import type { Clash, Standing } from '../../../ports/kind.ts'
import { type AccountValue, accountValue, parseAccounts } from '../accounts.ts'
import type { NatsFields } from '../fields.ts'
import { entries } from '../names.ts'
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

/** What a server asks of each stream and consumer again whenever it loads them. */
const LOADED_WITHIN = ['maxBytesRequired', 'storageStreamBytes', 'memoryStreamBytes', 'maxAckPending'] as const

/** Of accounts that stay: limits below those of a member's accounts.conf (undefined: it has none). Pure. */
export function tighterLimits(text: string | undefined, fields: NatsFields) {
  const before = text === undefined ? new Map<string, never>() : parseAccounts(text)
  return entries(fields.accounts).flatMap(([account, of]) => {
    const have = before.get(account)?.value.jetstream
    const want = accountValue(of).jetstream
    if (!have || !want) return []
    const most = (value: number | boolean | null): number =>
      typeof value === 'number' && value > 0 ? value : value === true ? 0 : Number.POSITIVE_INFINITY
    return LOADED_WITHIN.filter((limit) => most(want[limit]) < most(have[limit])).map((limit) => ({ account, limit }))
  })
}
