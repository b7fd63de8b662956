import { type Dict, type Json, type JsonObject, same } from '../../model/json.ts'
import { parseDuration } from '../../model/units.ts'
import { type AccountValue, accountValue, type PermissionValue, userValue, type UserValue } from './accounts.ts'
import type { ExportFields, ImportFields } from './fields-account.ts'

/** Import of what stands in accounts.conf. `why`: what of it no field says; tried by asking what the fields would mean. */

type Fields = Readonly<Record<string, Json>> & { readonly why: string | null }

const OTHERWISE = 'it has settings that a spec of this version can not say: they are left out'

export function accountOf(value: AccountValue): Fields {
  const jetstream = value.jetstream === null ? false : set(value.jetstream)
  const fields = defined({
    jetstream: jetstream === false || Object.keys(jetstream).length > 0 ? jetstream : undefined,
    limits: someOf(set(value.limits)),
    exports: someOf(value.exports.map(exportOf)),
    imports: someOf(value.imports.map(importOf)),
  })
  const meant = accountValue(fields)
  return { ...fields, why: same(meant, value) ? null : OTHERWISE }
}

/** All of a user but the password. */
export function rightsOf(value: UserValue): Fields {
  const fields = defined({
    publish: permission(value.publish),
    subscribe: permission(value.subscribe),
    allowResponses: value.allowResponses === false ? undefined : responses(value.allowResponses),
    connectionTypes: someOf(value.connectionTypes.map((type) => type.toLowerCase())),
  })
  const { password: _, ...meant } = userValue('', '', fields)
  const { password: __, ...had } = value
  return { ...fields, why: same(meant, had) ? null : OTHERWISE }
}

const defined = (fields: Dict<Json | undefined>): Dict<Json> =>
  Object.fromEntries(Object.entries(fields).filter((part): part is [string, Json] => part[1] !== undefined))
const someOf = <T extends object>(of: T): T | undefined => (Object.keys(of).length > 0 ? of : undefined)
/** Limits without those that are not set. */
const set = (limits: Dict<number | boolean | null>): Dict<Json> =>
  Object.fromEntries(Object.entries(limits).filter(([, limit]) => limit !== null))
const duration = (text: Json | undefined): number | undefined =>
  typeof text === 'string' ? (parseDuration(text) ?? undefined) : undefined

function permission(value: PermissionValue): Json | undefined {
  if (value === null) return undefined
  const { allow, deny } = value
  return deny.length === 0 ? allow : { ...(allow.length > 0 ? { allow } : {}), deny }
}

const responses = (value: Json): Json => {
  if (typeof value !== 'object' || value === null) return value
  const { max, expires } = value as JsonObject
  return defined({ max, expires: duration(expires) })
}

const exportOf = (one: JsonObject): JsonObject =>
  defined({
    stream: one['stream'],
    service: one['service'],
    accounts: one['accounts'],
    responseType: one['response_type'],
    responseThreshold: duration(one['response_threshold']),
    accountTokenPosition: one['account_token_position'],
    latency: one['latency'],
    allowTrace: one['allow_trace'],
  } satisfies Readonly<Record<keyof ExportFields, unknown>>)

function importOf(one: JsonObject): JsonObject {
  const from = (one['stream'] ?? one['service'] ?? {}) as JsonObject
  const { account, subject } = from
  return defined({
    account,
    stream: one['stream'] === undefined ? undefined : subject,
    service: one['service'] === undefined ? undefined : subject,
    to: one['to'],
    prefix: one['prefix'],
    share: one['share'],
    allowTrace: one['allow_trace'],
  } satisfies Readonly<Record<keyof ImportFields, unknown>>)
}
