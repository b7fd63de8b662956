import type { Dict, Json, JsonObject } from '../../model/json.ts'
import { type Allocation } from '../../model/member.ts'
import { type Hole, isSecretRef, parseText, printText, type SecretRef, type Text } from '../../model/secret.ts'
import type { AccountFields, NatsFields, Permission, UserFields } from './fields.ts'
import { bcryptSalt } from './hashes.ts'
import {
  entries,
  generated,
  hasJetStream,
  isOwnUser,
  isReservedAccount,
  managerOf,
  managerSecret,
  OWN_ACCOUNT,
  OWN_USER,
  SYSTEM_ACCOUNT,
  SYSTEM_USER,
  userSecret,
} from './names.ts'

/** accounts.conf: written by `accountsFile`, read back by `parseAccounts`. JSON is a subset of the server's own syntax. */

export const ACCOUNTS_FILE = 'accounts.conf'

/** Limits of JetStream as they stand in the file; null where it is off. Bytes and counts. */
export type AccountValue = {
  readonly jetstream: null | {
    readonly memory: number | null
    readonly storage: number | null
    readonly streams: number | null
    readonly consumers: number | null
  }
}
export type PermissionValue = null | { readonly allow: readonly string[]; readonly deny: readonly string[] }
export type UserValue = {
  readonly password: SecretRef
  readonly publish: PermissionValue
  readonly subscribe: PermissionValue
  readonly allowResponses: boolean
}

export function accountValue(account: AccountFields): AccountValue {
  if (!hasJetStream(account)) return { jetstream: null }
  const { memory = null, storage = null, streams = null, consumers = null } = account.jetstream || {}
  return { jetstream: { memory, storage, streams, consumers } }
}

const permissionValue = (permission: Permission | undefined): PermissionValue => {
  if (permission === undefined) return null
  const { allow = [], deny = [] } = 'length' in permission ? { allow: permission } : permission
  return allow.length + deny.length === 0 ? null : { allow: [...allow].sort(), deny: [...deny].sort() }
}

export const userValue = (account: string, name: string, user: UserFields): UserValue => ({
  password: user.password ?? generated(userSecret(account, name)),
  publish: permissionValue(user.publish),
  subscribe: permissionValue(user.subscribe),
  allowResponses: user.allowResponses ?? false,
})

/** The whole file; passwords are holes that are filled with their bcrypt hash. Pure. */
export function accountsFile(fields: NatsFields, allocation: Pick<Allocation, 'clusterId' | 'secrets'>): Text {
  const user = (account: string, name: string, password: SecretRef, permissions?: JsonObject): Json => {
    const reference =
      isSecretRef(password) && password.secretRef.generated
        ? (allocation.secrets[password.secretRef.generated] ?? password)
        : password
    const hole: Hole = {
      secretRef: reference.secretRef,
      as: reference.secretRef.generated === undefined ? 'bcrypt' : 'bcryptRandom',
      salt: bcryptSalt(allocation.clusterId, account, name),
    }
    return { user: name, password: printText([hole]), ...(permissions ? { permissions } : {}) }
  }
  const accounts: Record<string, Json> = {
    [SYSTEM_ACCOUNT]: { users: [user(SYSTEM_ACCOUNT, SYSTEM_USER, generated(SYSTEM_USER))] },
    [OWN_ACCOUNT]: { jetstream: 'enabled', users: [user(OWN_ACCOUNT, OWN_USER, generated(OWN_USER))] },
  }
  for (const [name, account] of [...entries(fields.accounts)].sort(byName)) {
    const { jetstream } = accountValue(account)
    const manager = jetstream ? [user(name, managerOf(name), generated(managerSecret(name)))] : []
    const users = [...entries(account.users)].sort(byName).map(([of, one]) => {
      const value = userValue(name, of, one)
      return user(name, of, value.password, permissionsJson(value))
    })
    accounts[name] = { ...(jetstream ? { jetstream: limitsJson(jetstream) } : {}), users: [...manager, ...users] }
  }
  return parseText(layOut(accounts))
}

/** One line for each user: changes are shown and compared line by line. */
function layOut(accounts: Readonly<Record<string, Json>>): string {
  const blocks = Object.entries(accounts).map(([name, account]) => {
    const { jetstream, users } = account as { jetstream?: Json; users: readonly Json[] }
    const limits = jetstream === undefined ? [] : [`      "jetstream": ${JSON.stringify(jetstream)},\n`]
    const list = users.map((user) => `        ${JSON.stringify(user)}`).join(',\n')
    return `    ${JSON.stringify(name)}: {\n${limits.join('')}      "users": [\n${list}\n      ]\n    }`
  })
  return `{\n  "accounts": {\n${blocks.join(',\n')}\n  },\n  "system_account": ${JSON.stringify(SYSTEM_ACCOUNT)}\n}\n`
}

const byName = (a: readonly [string, unknown], b: readonly [string, unknown]): number => (a[0] < b[0] ? -1 : 1)

const LIMITS = { memory: 'max_mem', storage: 'max_file', streams: 'max_streams', consumers: 'max_consumers' } as const

/** Without limits the server wants the word `enabled`. */
const limitsJson = (limits: NonNullable<AccountValue['jetstream']>): Json => {
  const set = Object.entries(LIMITS).filter(([key]) => limits[key as keyof typeof LIMITS] !== null)
  return set.length === 0
    ? 'enabled'
    : Object.fromEntries(set.map(([key, name]) => [name, limits[key as keyof typeof LIMITS]]))
}

function permissionsJson(value: UserValue): JsonObject | undefined {
  const one = (of: PermissionValue): JsonObject | null =>
    of ? { ...(of.allow.length ? { allow: of.allow } : {}), ...(of.deny.length ? { deny: of.deny } : {}) } : null
  const publish = one(value.publish)
  const subscribe = one(value.subscribe)
  if (!publish && !subscribe && !value.allowResponses) return undefined
  return {
    ...(publish ? { publish } : {}),
    ...(subscribe ? { subscribe } : {}),
    ...(value.allowResponses ? { allow_responses: true } : {}),
  }
}

type FileUser = {
  user: string
  password: string
  permissions?: { publish?: Dict<string[]>; subscribe?: Dict<string[]>; allow_responses?: boolean }
}
type FileAccount = { jetstream?: 'enabled' | Dict<number>; users?: FileUser[] }

/** What a member's rendered accounts.conf says, mqops' own accounts and users left out. Pure; throws on text that is not ours. */
export function parseAccounts(
  text: string,
): ReadonlyMap<string, { readonly value: AccountValue; readonly users: ReadonlyMap<string, UserValue> }> {
  const { accounts } = JSON.parse(text) as { accounts: Dict<FileAccount> }
  const found = new Map<string, { value: AccountValue; users: ReadonlyMap<string, UserValue> }>()
  for (const [name, account] of Object.entries(accounts)) {
    if (isReservedAccount(name)) continue
    const limits = typeof account.jetstream === 'object' ? account.jetstream : {}
    const jetstream =
      account.jetstream === undefined
        ? null
        : (Object.fromEntries(
            Object.entries(LIMITS).map(([key, of]) => [key, limits[of] ?? null]),
          ) as AccountValue['jetstream'])
    const users = (account.users ?? []).filter((user) => !isOwnUser(user.user))
    found.set(name, { value: { jetstream }, users: new Map(users.map((user) => [user.user, parseUser(user)])) })
  }
  return found
}

function parseUser(user: FileUser): UserValue {
  const [hole] = parseText(user.password)
  const side = (of: Dict<string[]> | undefined): PermissionValue =>
    of ? { allow: of.allow ?? [], deny: of.deny ?? [] } : null
  return {
    // Text that is no hole was not written by mqops: it differs from every reference.
    password: typeof hole === 'object' ? { secretRef: hole.secretRef } : { secretRef: {} },
    publish: side(user.permissions?.publish),
    subscribe: side(user.permissions?.subscribe),
    allowResponses: user.permissions?.allow_responses ?? false,
  }
}
