import type { Dict, Json, JsonObject } from '../../../model/json.ts'
import type { Observed } from '../../../model/plan.ts'
import { printSecretRef } from '../../../model/secret.ts'
import type { Change, Kind } from '../../../ports/kind.ts'
import { ACCOUNTS_FILE, parseAccounts, type UserValue, userValue } from '../accounts.ts'
import { fieldsOf } from '../fields.ts'
import { entries } from '../names.ts'
import type { NatsSession } from '../session.ts'
import { fieldChanges, setFields } from './config.ts'

type Value = UserValue & JsonObject

/** Users live in accounts.conf, their passwords as bcrypt hashes; the target knows when a password has changed. */
export const user: Kind<NatsSession, Value, Value> = {
  name: 'user',
  action: 'nats.user',
  via: 'config',
  maxBatch: 10_000,
  after: ['account'],
  desired: (spec) =>
    entries(fieldsOf(spec).accounts).flatMap(([account, of]) =>
      entries(of.users).map(([name, one]) => ({
        key: [account, name],
        value: userValue(account, name, one) as unknown as Value,
        path: ['accounts', account, 'users', name],
      })),
    ),
  needs: ([account]) => [['account', account as string]],
  list: async () => [],
  configured: (files: Dict<string>) =>
    [...parseAccounts(files[ACCOUNTS_FILE] ?? '{"accounts":{}}')].flatMap(([account, { users }]) =>
      [...users].map(
        ([name, value]) => [[account, name], { is: 'present', value: value, owner: { by: 'mqops' } }] as const,
      ),
    ),
  diff: (want, have) => diffUser(want, have),
  act: async () => [],
  toSpec: (have) => have,
  secret: (want) => want.password,
}

export function diffUser(want: UserValue | undefined, have: Observed<UserValue>): readonly Change[] {
  if (have.is === 'unknown') return []
  if (have.is === 'absent') {
    if (!want) return []
    return [
      {
        verb: 'create',
        want: want,
        reads: { is: 'absent' },
        reason: 'the spec has it, the members do not know it',
        risk: 'safe',
        reversible: true,
        changes: setFields(shown(want), { allowResponses: false, connectionTypes: [], publish: null, subscribe: null }),
      },
    ]
  }
  const reads = have.value as unknown as Json
  if (!want)
    return [
      {
        verb: 'delete',
        want: null,
        reads,
        reason: 'the spec has it no more: its clients are disconnected',
        risk: 'disruptive',
        reversible: true,
        changes: [],
      },
    ]
  const changes = fieldChanges(shown(have.value), shown(want))
  if (changes.length === 0) return []
  const password = changes.some((change) => change.field === 'password')
  return [
    {
      verb: 'update',
      want: want,
      reads,
      reason: password
        ? 'another password: clients with the old one are disconnected'
        : `${changes.map((change) => change.field).join(', ')} differ from the spec`,
      risk: 'disruptive',
      reversible: true,
      changes,
    },
  ]
}

/** For people and comparison: a password is named by where it comes from. */
const shown = (user: UserValue): Dict<Json> => ({
  ...(user as unknown as Dict<Json>),
  password: printSecretRef(user.password),
})
