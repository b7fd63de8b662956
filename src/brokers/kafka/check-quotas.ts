import { isIP } from 'node:net'
import type { Problem } from '../../model/spec.ts'
import type { QuotaEntry } from './fields.ts'
import { quotaKey } from './kinds/quota.ts'

/** What the schema can't say of quotas. Pure. */
export function checkQuotas(quotas: readonly QuotaEntry[]): readonly Problem[] {
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
    const key = quotaKey(entry)
    const before = seen.get(JSON.stringify(key))
    if (before !== undefined)
      add([i], 'DUPLICATE', `a quota of ${key.join(' ')} stands above already`, 'Put all its limits into one entry.')
    seen.set(JSON.stringify(key), i)
  }
  return found
}
