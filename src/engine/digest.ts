import { createHash } from 'node:crypto'
import { canonical, type Json } from '../model/json.ts'

/** sha256 of the canonical JSON, hexadecimal: equal values have equal digests whatever their key order. */
export const digest = (value: Json | undefined): string => createHash('sha256').update(canonical(value)).digest('hex')

/** A step's id: the same change planned again has the same id. */
export const stepId = (address: Json, action: string, args: Json): string =>
  digest([address, action, args]).slice(0, 16)
