import type { JsonObject } from '../../../model/json.ts'
import type { ClusterSpec, Desired } from '../../../model/spec.ts'
import { printSize } from '../../../model/units.ts'
import type { Clash, Standing } from '../../../ports/kind.ts'
import { reservedBy } from '../check.ts'
import { fieldsOf } from '../fields.ts'
import type { StreamValue } from './stream-config.ts'

const STORAGES = { file: 'storage', memory: 'memory' } as const
type Storage = keyof typeof STORAGES

/** Bytes that a stream reserves in its account, replicas counted. */
const reserves = (config: StreamValue, storage: Storage): number =>
  config.storage === storage ? Math.max(0, config.max_bytes) * config.num_replicas : 0

/**
 * What the account may use (errors 10047 and 10028): what reserves more waits for what gives up, and what is not in the spec
 * counts, too. `others`: streams, buckets and object stores. Pure.
 */
export function roomClashes(
  wanted: readonly Desired<StreamValue>[],
  others: readonly Standing[],
  spec: ClusterSpec,
): readonly Clash[] {
  const fields = fieldsOf(spec)
  return Object.entries(fields.accounts).flatMap(([account, of]) =>
    (['file', 'memory'] as const).flatMap((storage): readonly Clash[] => {
      const limit = of.jetstream === false ? undefined : of.jetstream?.[STORAGES[storage]]
      if (limit === undefined) return []
      const there = others.filter(({ key }) => key[0] === account).map((one) => ({ one, ...change(one, storage) }))
      const less = there.filter(({ now, later }) => later < now)
      const own = reservedBy(of, storage, fields)
      const more = less.reduce((sum, { now, later }) => sum + now - later, 0)
      if (own + more <= limit) return []
      return wanted
        .filter(({ key }) => key[0] === account)
        .filter((one) => reserves(one.value, storage) > nowOf(one, there))
        .flatMap(({ key }) =>
          less.map(({ one }) => ({
            key,
            with: one,
            code: 'MQOPS_SPEC_NATS',
            summary: `account ${account} may reserve ${printSize(limit)} of ${STORAGES[storage]}: the spec reserves ${printSize(own)}, and ${printSize(more)} more ${less.length === 1 ? 'is' : 'are'} reserved by what is not in it, ${one.key[1]} for one`,
            hint: `Raise \`jetstream.${STORAGES[storage]}\` of the account, lower maxBytes, or remove what nobody needs.`,
          })),
        )
    }),
  )
}

const change = ({ value, becomes }: Standing, storage: Storage) => ({
  now: reserves((value as JsonObject)['config'] as StreamValue, storage),
  later: becomes === undefined ? 0 : reserves(becomes as StreamValue, storage),
})

/** A stream and a bucket may have one name. */
const nowOf = (
  { key, path }: Desired<StreamValue>,
  there: readonly { readonly one: Standing; readonly now: number }[],
): number => {
  const kind = path[2] === 'streams' ? 'stream' : path[2]
  return there.find(({ one }) => one.kind === kind && one.key[1] === key[1])?.now ?? 0
}
