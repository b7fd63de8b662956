import { type Address, printAddress } from '../model/address.ts'
import type { Failure } from '../model/failure.ts'
import type { Json } from '../model/json.ts'
import type { Observed } from '../model/plan.ts'
import type { OwnerRecord } from '../ports/session.ts'

type Records = ReadonlyMap<string, OwnerRecord>

/** Records of this spec, and by whom the others are claimed: another project's spec of the same cluster. */
export function splitOwners(records: Records, spec: string): { ours: Records; others: ReadonlyMap<string, string> } {
  const ours = new Map<string, OwnerRecord>()
  const others = new Map<string, string>()
  for (const [key, record] of records) {
    const owner = otherOwner(record, spec)
    if (owner === null) ours.set(key, record)
    else others.set(key, owner)
  }
  return { ours, others }
}

/** Is this record of what stands there now, not of one that somebody has removed and made again? */
export const standsFor = (record: OwnerRecord, have: Observed<Json>): boolean =>
  record.uid === undefined || have.is !== 'present' || have.uid === undefined || have.uid === record.uid

/** The name of the other spec that claims it, or null. */
export const otherOwner = (record: OwnerRecord | undefined, spec: string): string | null =>
  record?.spec === undefined || record.spec === spec ? null : record.spec

/** `lost`: this spec owned it until the other one took it over. */
export const claimedBy = (other: string, at: Address, lost = false): Failure => ({
  code: 'MQOPS_OWNED_BY_OTHER',
  summary: lost ? `the spec "${other}" has taken it over: this one no longer owns it` : `the spec "${other}" owns it`,
  address: at,
  retryable: false,
  hint: `Keep it in one spec only: take it out of one of them. What takes it over: --adopt '${printAddress(at).replaceAll("'", "'\\''")}'`,
})
