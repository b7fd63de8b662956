import type { Broker } from '../../ports/broker.ts'
import type { Dict, Json, JsonObject } from '../../model/json.ts'
import { same } from '../../model/json.ts'
import { ACCOUNTS_FILE } from './accounts.ts'
import { entries } from './names.ts'
import { RELOAD_FILE } from './nodes.ts'

/**
 * A reload closes the connections of users that are gone or have another password, drops subscriptions that are permitted
 * no more, and closes what is beyond a lower limit (nats-server `reload.go`; tried on 2.15.1).
 */
export const disturbs: NonNullable<Broker['disturbs']> = (file, { before, after, secrets }) => {
  if (file === ACCOUNTS_FILE) return secrets || takesAway(accountsOf(before), accountsOf(after))
  return file === RELOAD_FILE && lowers(before, after)
}

type FileAccount = JsonObject & { readonly users?: readonly (JsonObject & { readonly user: string })[] }

/** Text that is not ours says nothing: all that it may have had is taken for lost. */
function accountsOf(text: string): Dict<FileAccount> | null {
  try {
    return (JSON.parse(text) as { accounts: Dict<FileAccount> }).accounts
  } catch {
    return null
  }
}

function takesAway(before: Dict<FileAccount> | null, after: Dict<FileAccount> | null): boolean {
  if (!before || !after) return true
  return entries(before).some(([name, had]) => {
    const has = after[name]
    if (!has) return true
    const users = new Map((has.users ?? []).map((user) => [user.user, user]))
    if ((had.users ?? []).some((user) => !same(user, users.get(user.user) ?? null))) return true
    return Object.keys({ ...had, ...has })
      .filter((part) => part !== 'users')
      .some((part) => loses(had[part] ?? null, has[part] ?? null, part))
  })
}

/** More exports and imports, and other storage limits, cut nobody off. */
function loses(had: Json, has: Json, part: string): boolean {
  if (part === 'jetstream') return had !== null && has === null
  if (part === 'limits')
    return Object.entries((has ?? {}) as Dict<number>).some(
      ([name, limit]) => limit < ((had as Dict<number> | null)?.[name] ?? Infinity),
    )
  if (Array.isArray(had) || Array.isArray(has))
    return ((had ?? []) as readonly Json[]).some(
      (one) => !((has ?? []) as readonly Json[]).some((other) => same(one, other)),
    )
  return !same(had, has)
}

/** What the server has when the file does not say. */
const LIMITS: Dict<number> = { max_connections: 65_536, max_payload: 1024 ** 2, max_control_line: 4096 }

function lowers(before: string, after: string): boolean {
  const value = (text: string, name: string): number =>
    Number(new RegExp(`^${name}: (\\d+)$`, 'm').exec(text)?.[1] ?? LIMITS[name])
  return Object.keys(LIMITS).some((name) => value(after, name) < value(before, name))
}
