import { isIP } from 'node:net'
import type { Problem } from '../../model/spec.ts'
import { printSize } from '../../model/units.ts'
import type { QuotaEntry } from './fields.ts'
import { quotaKey } from './kinds/quota.ts'
import { isOwnUser } from './own-quota.ts'

/** A second: below it the requests of a plan wait for longer than anybody waits for an answer. */
const LEAST = { producer_byte_rate: 256 * 1024, consumer_byte_rate: 1024 ** 2, request_percentage: 10 } as const

/** Of a cluster that somebody else built: what holds for each user or client id without a quota of its own holds for mqops, too. */
const holdsEverybody = ({ user, clientId }: QuotaEntry): boolean =>
  (user === '*' && (clientId ?? '*') === '*') || (user === undefined && clientId === '*')

/** What the schema can't say of quotas. `built`: mqops has quotas of its own there. Pure. */
export function checkQuotas(quotas: readonly QuotaEntry[], built: boolean): readonly Problem[] {
  const found: Problem[] = []
  const add = (path: readonly (string | number)[], code: string, message: string, hint?: string) =>
    found.push({ path: ['quotas', ...path], code: `MQOPS_SPEC_${code}`, message, ...(hint ? { hint } : {}) })
  const seen = new Map<string, number>()
  for (const [i, entry] of quotas.entries()) {
    for (const field of ['user', 'clientId'] as const)
      if (/\p{C}/u.test(entry[field] ?? ''))
        add([i, field], 'NAME', `${JSON.stringify(entry[field])} has characters that can't be printed`)
    if (entry.ip !== undefined && entry.ip !== '*' && isIP(entry.ip) === 0)
      add([i, 'ip'], 'VALUE', `"${entry.ip}" is no address`, "Write one as 10.0.0.7, or '*' for all others.")
    if (built && isOwnUser(entry.user ?? ''))
      add([i, 'user'], 'NAME', `"${entry.user}" is mqops itself, whom no quota of a spec holds`)
    for (const [name, least] of Object.entries(LEAST)) {
      const rate = entry[name as keyof typeof LEAST]
      if (built || !holdsEverybody(entry) || rate === undefined || rate >= least) continue
      const print = (value: number): string => (name === 'request_percentage' ? `${value}%` : printSize(value))
      const message = `${print(rate)} holds mqops itself, too, which needs ${print(least)} to work`
      add([i, name], 'VALUE', message, 'Give more, or name the users or client ids that it is for.')
    }
    const key = quotaKey(entry)
    const before = seen.get(JSON.stringify(key))
    if (before !== undefined)
      add([i], 'DUPLICATE', `a quota of ${key.join(' ')} stands above already`, 'Put all its limits into one entry.')
    seen.set(JSON.stringify(key), i)
  }
  return found
}
