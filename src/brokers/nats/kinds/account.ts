import { type Dict, type Json, type JsonObject, same } from '../../../model/json.ts'
import type { Observed } from '../../../model/plan.ts'
import type { Change, Kind } from '../../../ports/kind.ts'
import { ACCOUNTS_FILE, type AccountValue, accountValue, parseAccounts } from '../accounts.ts'
import { fieldsOf } from '../fields.ts'
import { entries } from '../names.ts'
import type { NatsSession } from '../session.ts'
import { accountClashes } from './account-clashes.ts'
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
  clashes: accountClashes,
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
            changes: setFields(all(want), NONE),
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
  const off = have.value.jetstream !== null && want.jetstream === null
  const less = changes.filter((change) => takesAway(have.value, want, change.field)).map((change) => change.field)
  return [
    {
      verb: 'update',
      want: want,
      reads: have.value,
      // It has no streams: theirs would have stopped the plan as well.
      reason: off
        ? 'JetStream is taken from it'
        : `${changes.map((c) => c.field).join(', ')} differ from the spec${less.length > 0 ? `: less ${less.join(', ')} than clients may use now` : ''}`,
      risk: off || less.length > 0 ? 'disruptive' : 'safe',
      reversible: true,
      changes,
    },
  ]
}

/** Fewer exports and imports, and lower limits of connections, are noticed at once; JetStream's by the next create only. */
function takesAway(have: AccountValue, want: AccountValue, field: string): boolean {
  if (field === 'exports' || field === 'imports')
    return have[field].some((one) => !want[field].some((other) => same(one, other)))
  if (!(field in have.limits)) return false
  const name = field as keyof AccountValue['limits']
  return (want.limits[name] ?? Infinity) < (have.limits[name] ?? Infinity)
}

const NAMES = ['memory', 'storage', 'streams', 'consumers', 'maxAckPending', 'memoryStreamBytes', 'storageStreamBytes']
const NONE: Dict<Json> = {
  ...Object.fromEntries(NAMES.map((name) => [name, -1])),
  maxBytesRequired: false,
  connections: -1,
  subscriptions: -1,
  payload: -1,
  leafNodes: -1,
  exports: [],
  imports: [],
}

/** For people and comparison. A limit that is taken away is a difference too. */
const all = (value: AccountValue): Dict<Json> => {
  const set = Object.entries({ ...value.jetstream, ...value.limits }).filter(([, limit]) => limit !== null)
  return {
    ...NONE,
    ...(Object.fromEntries(set) as Dict<Json>),
    jetstream: value.jetstream !== null,
    exports: value.exports,
    imports: value.imports,
  }
}
