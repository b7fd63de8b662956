import type { JsonObject } from '../../../model/json.ts'
import type { ClusterSpec, Desired } from '../../../model/spec.ts'
import type { Clash, Standing } from '../../../ports/kind.ts'
import { bucketsOf } from '../buckets.ts'
import { fieldsOf } from '../fields.ts'
import { entries } from '../names.ts'
import { overlap } from '../subjects.ts'
import type { StreamValue } from './stream-config.ts'
import type { StreamSeen } from './stream-diff.ts'

const subjectsOf = (config: JsonObject): readonly string[] => (config['subjects'] ?? []) as readonly string[]

/** A subject belongs to one stream of an account (error 10065): also to one that the spec does not have, or gives up. Pure. */
export function subjectClashes(wanted: readonly Desired<StreamValue>[], others: readonly Standing[]): readonly Clash[] {
  const byAccount = new Map<string, (readonly [subject: string, owner: Standing])[]>()
  for (const one of others.filter(isStream)) {
    const [account = ''] = one.key
    const { config } = one.value as StreamSeen & JsonObject
    const taken = byAccount.get(account) ?? []
    byAccount.set(account, taken)
    taken.push(...subjectsOf(config).map((subject) => [subject, one] as const))
  }
  return wanted.flatMap(({ key, value, path }) =>
    subjectsOf(value).flatMap((subject): readonly Clash[] => {
      const rivals = (byAccount.get(key[0] ?? '') ?? []).filter(([other]) => overlap(other, subject))
      return rivals.map(([taken, owner]) => ({
        key,
        with: owner,
        code: 'MQOPS_SPEC_NATS',
        summary: `"${subject}" overlaps "${taken}" of ${owner.kind} ${owner.key[1]}, which is not in the spec`,
        hint: 'A subject belongs to one stream of an account: change this one, or remove the other.',
        // Buckets have subjects that no spec writes.
        path: path[2] === 'streams' ? ['subjects'] : [],
      }))
    }),
  )
}

/** What the account may have (error 10027), streams that are not in the spec too: what comes waits for what goes. Pure. */
export function countClashes(
  wanted: readonly Desired<StreamValue>[],
  others: readonly Standing[],
  spec: ClusterSpec,
): readonly Clash[] {
  const { accounts } = fieldsOf(spec)
  const more = Map.groupBy(
    others.filter((one) => isStream(one) && one.becomes === undefined),
    ({ key: [account = ''] }) => account,
  )
  return wanted.flatMap(({ key }): readonly Clash[] => {
    const [account = ''] = key
    const one = accounts[account]
    const theirs = more.get(account) ?? []
    const most = one && one.jetstream !== false ? one.jetstream?.streams : undefined
    if (!one || most === undefined) return []
    const count = entries(one.streams).length + bucketsOf(one).length
    if (count + theirs.length <= most) return []
    return theirs.map((other) => ({
      key,
      with: other,
      code: 'MQOPS_SPEC_NATS',
      summary: `account ${account} may have ${most} streams, buckets and object stores: the spec has ${count}, and ${theirs.length} more ${theirs.length === 1 ? 'is' : 'are'} there, ${other.key[1]} for one`,
      hint: 'Raise `jetstream.streams` of the account, or remove what nobody needs.',
    }))
  })
}

export const isStream = ({ kind }: Standing): boolean => ['stream', 'kv', 'objects'].includes(kind)
