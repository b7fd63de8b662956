import type { JsonObject } from '../../../model/json.ts'
import type { Desired } from '../../../model/spec.ts'
import type { Clash, Standing } from '../../../ports/kind.ts'
import { overlap } from '../subjects.ts'
import type { StreamValue } from './stream-config.ts'
import type { StreamSeen } from './stream-diff.ts'

const subjectsOf = (config: JsonObject): readonly string[] => (config['subjects'] ?? []) as readonly string[]

/** A subject belongs to one stream of an account (error 10065): also to one that the spec does not have. Pure. */
export function subjectClashes(wanted: readonly Desired<StreamValue>[], others: readonly Standing[]): readonly Clash[] {
  const byAccount = new Map<string, (readonly [subject: string, owner: Standing])[]>()
  for (const one of others) {
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
