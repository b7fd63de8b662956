import type { Dict, Json, JsonObject } from '../../../model/json.ts'
import type { Observed } from '../../../model/plan.ts'
import type { Change, Kind } from '../../../ports/kind.ts'
import { ACCOUNTS_FILE, type AccountValue, accountValue, parseAccounts } from '../accounts.ts'
import { fieldsOf } from '../fields.ts'
import { entries } from '../names.ts'
import type { NatsSession } from '../session.ts'
import { fieldChanges, setFields } from './config.ts'

type Value = AccountValue & JsonObject

/** Accounts live in accounts.conf: a reload of each member takes them up. */
export const account: Kind<NatsSession, Value, Value> = {
  name: 'account',
  action: 'nats.account',
  via: 'config',
  maxBatch: 10_000,
  after: [],
  desired: (spec) =>
    entries(fieldsOf(spec).accounts).map(([name, one]) => ({
      key: [name],
      value: accountValue(one) as Value,
      path: ['accounts', name],
    })),
  list: async () => [],
  configured: (files: Dict<string>) =>
    [...parseAccounts(files[ACCOUNTS_FILE] ?? '{"accounts":{}}')].map(([name, { value }]) => [
      [name],
      { is: 'present', value: value, owner: { by: 'mqops' } },
    ]),
  diff: (want, have) => diffAccount(want, have),
  act: async () => [],
  toSpec: (have) => have,
}

export function diffAccount(want: AccountValue | undefined, have: Observed<AccountValue>): readonly Change[] {
  const base = { reversible: true, changes: [] as Change['changes'] }
  if (have.is === 'unknown') return []
  if (have.is === 'absent')
    return want
      ? [
          {
            ...base,
            verb: 'create',
            want: want,
            reads: { is: 'absent' },
            reason: 'the spec has it, the members do not know it',
            risk: 'safe',
            changes: setFields(limits(want), {}),
          },
        ]
      : []
  // Streams of an account that leaves the spec stop the plan (see the stream kind): only its users are left to notice.
  if (!want)
    return [
      {
        ...base,
        verb: 'delete',
        want: null,
        reads: have.value,
        reason: 'the spec has it no more: its users are refused',
        risk: 'disruptive',
      },
    ]
  const changes = fieldChanges(all(have.value), all(want))
  if (changes.length === 0) return []
  const off = want.jetstream === null
  return [
    {
      verb: 'update',
      want: want,
      reads: have.value,
      // It has no streams: theirs would have stopped the plan as well.
      reason: off ? 'JetStream is taken from it' : `${changes.map((c) => c.field).join(', ')} differ from the spec`,
      risk: off ? 'disruptive' : 'safe',
      reversible: true,
      changes,
    },
  ]
}

/** For people and comparison: only the limits that are set. */
const limits = (value: AccountValue): Dict<Json> =>
  value.jetstream
    ? { jetstream: true, ...Object.fromEntries(Object.entries(value.jetstream).filter(([, limit]) => limit !== null)) }
    : { jetstream: false }

/** A limit that is taken away is a difference too. */
const all = (value: AccountValue): Dict<Json> => ({
  memory: -1,
  storage: -1,
  streams: -1,
  consumers: -1,
  ...limits(value),
})
