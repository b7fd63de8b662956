import type { JsonObject } from '../../../model/json.ts'
import type { Desired } from '../../../model/spec.ts'
import type { Clash, Staying } from '../../../ports/kind.ts'
import { overlap } from '../subjects.ts'
import type { StreamValue } from './stream-config.ts'
import type { StreamSeen } from './stream-diff.ts'

const subjectsOf = (config: JsonObject): readonly string[] => (config['subjects'] ?? []) as readonly string[]

/** A subject belongs to one stream of an account (error 10065): also to one that the spec does not have. Pure. */
export function subjectClashes(wanted: readonly Desired<StreamValue>[], staying: readonly Staying[]): readonly Clash[] {
  const byAccount = new Map<string, (readonly [subject: string, owner: string])[]>()
  for (const { kind, key, value } of staying) {
    const [account = '', name = ''] = key
    const { config } = value as StreamSeen & JsonObject
    const taken = byAccount.get(account) ?? []
    byAccount.set(account, taken)
    taken.push(...subjectsOf(config).map((subject) => [subject, `${kind} ${name}`] as const))
  }
  return wanted.flatMap(({ key, value, path }) =>
    subjectsOf(value).flatMap((subject): readonly Clash[] => {
      const rival = byAccount.get(key[0] ?? '')?.find(([other]) => overlap(other, subject))
      if (!rival) return []
      return [
        {
          key,
          code: 'MQOPS_SPEC_NATS',
          summary: `"${subject}" overlaps "${rival[0]}" of ${rival[1]}, which is not in the spec`,
          hint: 'A subject belongs to one stream of an account: change this one, or remove the other.',
          // Buckets have subjects that no spec writes.
          path: path.includes('streams') ? ['subjects'] : [],
        },
      ]
    }),
  )
}
