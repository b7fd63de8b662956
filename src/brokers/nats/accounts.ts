import type { Dict, Json, JsonObject } from '../../model/json.ts'
import { type Allocation } from '../../model/member.ts'
import { type Hole, isSecretRef, parseText, printText, type SecretRef, type Text } from '../../model/secret.ts'
import type { AccountFields, NatsFields } from './fields.ts'
import type { LimitFields, Permission, UserFields } from './fields-account.ts'
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
import { exportsValue, importsValue } from './sharing.ts'

/** accounts.conf: written by `accountsFile`, read back by `parseAccounts`. JSON is a subset of the server's own syntax. */

export const ACCOUNTS_FILE = 'accounts.conf'

/** Limits of JetStream as they stand in the file; null where it is off. Bytes and counts. */
export type AccountValue = {
  readonly jetstream: null | { readonly [K in keyof typeof LIMITS]: number | boolean | null }
  readonly limits: { readonly [K in keyof typeof ACCOUNT_LIMITS]: number | null }
  /** In the server's own words, as they stand in the file. */
  readonly exports: readonly JsonObject[]
  readonly imports: readonly JsonObject[]
}
export type PermissionValue = null | { readonly allow: readonly string[]; readonly deny: readonly string[] }
export type UserValue = {
  readonly password: SecretRef
  readonly publish: PermissionValue
  readonly subscribe: PermissionValue
  readonly allowResponses: Json
  readonly connectionTypes: readonly string[]
}

/** Fields of the spec and the server's names for them. */
const LIMITS = {
  memory: 'max_mem',
  storage: 'max_file',
  streams: 'max_streams',
  consumers: 'max_consumers',
  maxAckPending: 'max_ack_pending',
  memoryStreamBytes: 'memory_max_stream_bytes',
  storageStreamBytes: 'store_max_stream_bytes',
  maxBytesRequired: 'max_bytes_required',
} as const
const ACCOUNT_LIMITS = {
  connections: 'max_connections',
  subscriptions: 'max_subscriptions',
  payload: 'max_payload',
  leafNodes: 'max_leafnodes',
} as const

/** Every name of the table, null where nothing is said. */
const filled = <N extends string, T>(
  names: Readonly<Record<N, string>>,
  value: (name: N, server: string) => T | null,
) =>
  Object.fromEntries(
    Object.entries(names).map(([name, server]) => [name, value(name as N, server as string)]),
  ) as unknown as Readonly<Record<N, T | null>>

export function accountValue(account: AccountFields): AccountValue {
  const jetstream: LimitFields = account.jetstream || {}
  return {
    // `false` is what the server takes it for when it is not said.
    jetstream: hasJetStream(account) ? filled(LIMITS, (name) => jetstream[name] || null) : null,
    limits: filled(ACCOUNT_LIMITS, (name) => account.limits?.[name] ?? null),
    exports: exportsValue(account.exports),
    imports: importsValue(account.imports),
  }
}

const permissionValue = (permission: Permission | undefined): PermissionValue => {
  if (permission === undefined) return null
  const { allow = [], deny = [] } = 'length' in permission ? { allow: permission } : permission
  return allow.length + deny.length === 0 ? null : { allow: [...allow].sort(), deny: [...deny].sort() }
}

const responses = (allow: UserFields['allowResponses']): Json => {
  if (typeof allow !== 'object') return allow ?? false
  const { max, expires } = allow
  if (max === undefined && expires === undefined) return true
  return {
    ...(max === undefined ? {} : { max }),
    ...(expires === undefined ? {} : { expires: `${expires}ms` }),
  }
}

export const userValue = (account: string, name: string, user: UserFields): UserValue => ({
  password: user.password ?? generated(userSecret(account, name)),
  publish: permissionValue(user.publish),
  subscribe: permissionValue(user.subscribe),
  allowResponses: responses(user.allowResponses),
  connectionTypes: (user.connectionTypes ?? []).map((type) => type.toUpperCase()).sort(),
})

/** The whole file; passwords are holes that are filled with their bcrypt hash. Pure. */
export function accountsFile(fields: NatsFields, allocation: Pick<Allocation, 'clusterId' | 'secrets'>): Text {
  const user = (account: string, name: string, password: SecretRef, more: JsonObject = {}): Json => {
    const reference =
      isSecretRef(password) && password.secretRef.generated
        ? (allocation.secrets[password.secretRef.generated] ?? password)
        : password
    const hole: Hole = {
      secretRef: reference.secretRef,
      as: reference.secretRef.generated === undefined ? 'bcrypt' : 'bcryptRandom',
      salt: bcryptSalt(allocation.clusterId, account, name),
    }
    return { user: name, password: printText([hole]), ...more }
  }
  const accounts: Record<string, Json> = {
    [SYSTEM_ACCOUNT]: { users: [user(SYSTEM_ACCOUNT, SYSTEM_USER, generated(SYSTEM_USER))] },
    [OWN_ACCOUNT]: { jetstream: 'enabled', users: [user(OWN_ACCOUNT, OWN_USER, generated(OWN_USER))] },
  }
  for (const [name, account] of [...entries(fields.accounts)].sort(byName)) {
    const { jetstream, limits, exports, imports } = accountValue(account)
    const manager = jetstream ? [user(name, managerOf(name), generated(managerSecret(name)))] : []
    const users = [...entries(account.users)].sort(byName).map(([of, one]) => {
      const value = userValue(name, of, one)
      return user(name, of, value.password, rightsJson(value))
    })
    const set = said(ACCOUNT_LIMITS, limits)
    accounts[name] = {
      ...(jetstream ? { jetstream: limitsJson(jetstream) } : {}),
      ...(set ? { limits: set } : {}),
      ...(exports.length > 0 ? { exports } : {}),
      ...(imports.length > 0 ? { imports } : {}),
      users: [...manager, ...users],
    }
  }
  return parseText(layOut(accounts))
}

/** One line for each user, export and import: changes are shown and compared line by line. */
function layOut(accounts: Readonly<Record<string, Json>>): string {
  const blocks = Object.entries(accounts).map(([name, account]) => {
    const parts = Object.entries(account as JsonObject).map(([part, value]) =>
      Array.isArray(value)
        ? `      ${JSON.stringify(part)}: [\n${value.map((one) => `        ${JSON.stringify(one)}`).join(',\n')}\n      ]`
        : `      ${JSON.stringify(part)}: ${JSON.stringify(value)}`,
    )
    return `    ${JSON.stringify(name)}: {\n${parts.join(',\n')}\n    }`
  })
  return `{\n  "accounts": {\n${blocks.join(',\n')}\n  },\n  "system_account": ${JSON.stringify(SYSTEM_ACCOUNT)}\n}\n`
}

const byName = (a: readonly [string, unknown], b: readonly [string, unknown]): number => (a[0] < b[0] ? -1 : 1)

/** The limits that are set, in the server's names; null when none is. */
function said(names: Dict<string>, values: Dict<Json>): JsonObject | null {
  const set = Object.entries(names).filter(([name]) => values[name] !== null)
  return set.length === 0 ? null : Object.fromEntries(set.map(([name, server]) => [server, values[name] as Json]))
}

/** Without limits the server wants the word `enabled`. */
const limitsJson = (limits: NonNullable<AccountValue['jetstream']>): Json => said(LIMITS, limits) ?? 'enabled'

function rightsJson(value: UserValue): JsonObject {
  const one = (of: PermissionValue): JsonObject | null =>
    of ? { ...(of.allow.length ? { allow: of.allow } : {}), ...(of.deny.length ? { deny: of.deny } : {}) } : null
  const publish = one(value.publish)
  const subscribe = one(value.subscribe)
  const permissions = {
    ...(publish ? { publish } : {}),
    ...(subscribe ? { subscribe } : {}),
    ...(value.allowResponses === false ? {} : { allow_responses: value.allowResponses }),
  }
  return {
    ...(Object.keys(permissions).length > 0 ? { permissions } : {}),
    ...(value.connectionTypes.length > 0 ? { allowed_connection_types: value.connectionTypes } : {}),
  }
}

type FileUser = {
  user: string
  password: string
  permissions?: { publish?: Dict<string[]>; subscribe?: Dict<string[]>; allow_responses?: Json }
  allowed_connection_types?: string[]
}
type FileAccount = {
  jetstream?: 'enabled' | Dict<number | boolean>
  limits?: Dict<number>
  exports?: JsonObject[]
  imports?: JsonObject[]
  users?: FileUser[]
}

/** What a member's rendered accounts.conf says, mqops' own accounts and users left out. Pure; throws on text that is not ours. */
export function parseAccounts(
  text: string,
): ReadonlyMap<string, { readonly value: AccountValue; readonly users: ReadonlyMap<string, UserValue> }> {
  // A target adds a comment to a file that is not as it was written.
  const { accounts } = JSON.parse(text.replaceAll(/^#.*$/gm, '')) as { accounts: Dict<FileAccount> }
  const found = new Map<string, { value: AccountValue; users: ReadonlyMap<string, UserValue> }>()
  for (const [name, account] of Object.entries(accounts)) {
    if (isReservedAccount(name)) continue
    const { jetstream } = account
    const set: Dict<number | boolean> = typeof jetstream === 'object' ? jetstream : {}
    const value: AccountValue = {
      jetstream: jetstream === undefined ? null : filled(LIMITS, (_name, server) => set[server] ?? null),
      limits: filled(ACCOUNT_LIMITS, (_name, server) => account.limits?.[server] ?? null),
      exports: account.exports ?? [],
      imports: account.imports ?? [],
    }
    const users = (account.users ?? []).filter((user) => !isOwnUser(user.user))
    found.set(name, { value, users: new Map(users.map((user) => [user.user, parseUser(user)])) })
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
    connectionTypes: user.allowed_connection_types ?? [],
  }
}
