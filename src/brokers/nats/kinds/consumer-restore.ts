import { printLocal } from '../../../model/address.ts'
import type { JsonObject } from '../../../model/json.ts'
import type { Context } from '../../../ports/context.ts'
import { fieldsOf } from '../fields.ts'
import { entries } from '../names.ts'
import type { NatsSession } from '../session.ts'
import { consumerWire, wantedConsumer } from './consumer-config.ts'

export type Restored = { readonly consumer: string; readonly config: JsonObject }

/**
 * Consumers go with a stream that is replaced, and no step of the plan brings back those that did not change. So the new
 * stream gets the consumers that the spec has and that are recorded as ours: those of a first create have no record yet,
 * and have steps of their own.
 */
export async function consumersToRestore(
  session: NatsSession,
  streams: readonly (readonly [string, string])[],
  ctx: Context,
): Promise<(account: string, stream: string) => readonly Restored[]> {
  const accounts = fieldsOf(session.spec).accounts
  const fields = (account: string, stream: string) => accounts[account]?.streams?.[stream]
  if (streams.every(([account, stream]) => entries(fields(account, stream)?.consumers).length === 0)) return () => []
  const owned = await session.ownership.read(ctx)
  return (account, stream) => {
    const of = fields(account, stream)
    return of
      ? entries(of.consumers).flatMap(([name, one]) =>
          owned.has(printLocal({ kind: 'consumer', key: [account, stream, name] }))
            ? [
                {
                  consumer: name,
                  config: consumerWire(name, wantedConsumer(one, of, accounts[account]?.jetstream || {})),
                },
              ]
            : [],
        )
      : []
  }
}
