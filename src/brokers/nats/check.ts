import type { Dict } from '../../model/json.ts'
import type { ClusterSpec, Problem } from '../../model/spec.ts'
import { printSize } from '../../model/units.ts'
import { type AccountFields, fieldsOf, type NatsFields } from './fields.ts'
import type { Permission } from './fields-account.ts'
import { bucketsOf } from './buckets.ts'
import { checkSharing } from './check-sharing.ts'
import { checkStreams } from './check-streams.ts'
import { ACCOUNT_NAME, entries, hasJetStream, isOwnUser, isReservedAccount } from './names.ts'
import { OPTIONS, optionNumber, OWNED, optionProblem } from './options.ts'
import { subjectProblem } from './subjects.ts'
import { type Path, problem } from './problem.ts'

/** What the schema can't say; all problems at once. Pure. */
export function check(spec: ClusterSpec): readonly Problem[] {
  const fields = fieldsOf(spec)
  return [
    ...checkVersion(spec),
    ...checkConfig(fields),
    ...(spec.target.name === 'external' ? checkExternal(fields) : []),
    ...checkAccounts(fields),
    ...(spec.target.name === 'external' ? [] : [...checkSharing(fields), ...checkPlacement(fields)]),
    ...entries(fields.accounts).flatMap(([name, account]) =>
      checkStreams(name, account, fields, spec.target.name === 'external'),
    ),
    ...(spec.target.name === 'external' ? [] : checkStorage(fields)),
  ]
}

/** 2.12 brought server_metadata, where the cluster's id stands. */
const OLDEST = [2, 12] as const

const older = (version: string, than: readonly [number, number]): boolean => {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  return major < than[0] || (major === than[0] && minor < than[1])
}

function checkVersion(spec: ClusterSpec): readonly Problem[] {
  if (spec.target.name === 'external') return []
  if (older(spec.version, OLDEST))
    return [problem(['version'], `mqops runs nats-server ${OLDEST.join('.')} and newer, not ${spec.version}`)]
  if (!older(spec.version, [2, 14])) return []
  return entries(fieldsOf(spec).accounts).flatMap(([account, of]) =>
    entries(of.streams)
      .filter(([, stream]) => stream.allowBatchPublish)
      .map(([name]) =>
        problem(['accounts', account, 'streams', name, 'allowBatchPublish'], 'it wants nats-server 2.14 or newer'),
      ),
  )
}

/** A configuration with hundreds of subjects, and the answer to it. */
const SMALLEST_PAYLOAD = 64 * 1024

function checkConfig(fields: NatsFields): readonly Problem[] {
  return entries(fields.config)
    .flatMap(([name, value]) => {
      const path = ['config', name]
      const owned = OWNED.get(name)
      if (owned) return [problem(path, `${name} is written by mqops: ${owned}`)]
      if (!OPTIONS.has(name))
        return [
          problem(
            path,
            `${name} is no server option that mqops can set`,
            `It knows ${[...OPTIONS.keys()].join(', ')}.`,
          ),
        ]
      if (fields.members === 1 && OPTIONS.get(name)?.block === 'cluster')
        return [problem(path, `${name} wants a cluster of 3 or 5 members`)]
      const wrong = optionProblem(name, value)
      return wrong ? [problem(path, wrong)] : []
    })
    .concat(checkSizes(fields))
}

/** Smaller ones would keep mqops itself out. */
const LEAST: Dict<number> = {
  max_payload: SMALLEST_PAYLOAD,
  max_control_line: 1024,
  max_connections: 10,
  max_subscriptions: 10,
  max_subscription_tokens: 16,
}
const USUAL_SIZES = { max_payload: 1024 ** 2, max_pending: 64 * 1024 ** 2 }

/** What each option says by itself is right, and the server does not start with it, or lets nobody in. */
function checkSizes({ config }: NatsFields): readonly Problem[] {
  const sizeOf = (name: string): number | null => optionNumber(config[name])
  const [payload, pending] = [
    sizeOf('max_payload') || USUAL_SIZES.max_payload,
    sizeOf('max_pending') || USUAL_SIZES.max_pending,
  ]
  return [
    ...(payload > pending
      ? [
          problem(
            ['config', config['max_payload'] === undefined ? 'max_pending' : 'max_payload'],
            `max_payload (${printSize(payload)}) is more than max_pending (${printSize(pending)}): the server would not start`,
          ),
        ]
      : []),
    // 0 is the server's own choice.
    ...entries(LEAST).flatMap(([name, least]) =>
      (sizeOf(name) || least) < least
        ? [problem(['config', name], `it is less than the ${least} that mqops needs itself`)]
        : [],
    ),
  ]
}

/** What lives in the members' files can't be set on a cluster whose files someone else keeps. */
function checkExternal(fields: NatsFields): readonly Problem[] {
  const users = entries(fields.accounts).flatMap(([account, { users: of, ...more }]) => [
    ...entries(of).map(([name]) =>
      problem(['accounts', account, 'users', name], 'users of an external cluster live in its own configuration files'),
    ),
    ...(['jetstream', 'limits', 'exports', 'imports'] as const)
      .filter((part) => more[part] !== undefined)
      .map((part) =>
        problem(['accounts', account, part], `${part} of an external cluster live in its own configuration files`),
      ),
  ])
  const more = Object.keys(fields.accounts).slice(1)
  return [
    ...users,
    ...entries(fields.config).map(([name]) =>
      problem(['config', name], "an external cluster's options live in its own configuration files"),
    ),
    ...more.map((name) =>
      problem(
        ['accounts', name],
        'an external cluster is reached as one user, who belongs to one account',
        'Describe each account as a cluster of its own.',
      ),
    ),
  ]
}

const USER_NAME = /^[A-Za-z0-9_][A-Za-z0-9_.@+-]{0,63}$/

function checkAccounts(fields: NatsFields): readonly Problem[] {
  const found: Problem[] = []
  const seen = new Map<string, string>()
  for (const [name, account] of entries(fields.accounts)) {
    const path = ['accounts', name]
    if (isReservedAccount(name))
      found.push(
        problem(path, `${name} is reserved: SYS, MQOPS and names that begin with $ are the server's and mqops'`),
      )
    else if (!ACCOUNT_NAME.test(name))
      found.push(problem(path, `"${name}" is no account name: letters, digits, _ . -, at most 64`))
    found.push(...checkRoom(path, name, account))
    if (account.jetstream === false && entries(account.streams).length + bucketsOf(account).length > 0)
      found.push(problem([...path, 'jetstream'], `${name} has streams or buckets, and no JetStream to keep them`))
    const payload = account.limits?.payload
    if (payload !== undefined && payload < SMALLEST_PAYLOAD && hasJetStream(account))
      found.push(
        problem(
          [...path, 'limits', 'payload'],
          `${printSize(payload)} is less than the ${printSize(SMALLEST_PAYLOAD)} that mqops needs to manage its streams`,
        ),
      )
    for (const [user, { publish, subscribe }] of entries(account.users)) {
      const at = [...path, 'users', user]
      if (isOwnUser(user)) found.push(problem(at, `${user} is reserved: sys, mqops and mqops-… are mqops' own users`))
      else if (!USER_NAME.test(user))
        found.push(problem(at, `"${user}" is no user name: letters, digits, _ . @ + -, at most 64`))
      const other = seen.get(user)
      if (other)
        found.push(
          problem(
            at,
            `user ${user} is in account ${other} too: NATS finds the account by the user's name, so names are unique in the cluster`,
          ),
        )
      else seen.set(user, name)
      found.push(
        ...checkPermission([...at, 'publish'], publish, false),
        ...checkPermission([...at, 'subscribe'], subscribe, true),
      )
    }
  }
  return found
}

/** A limit of 0 lets nothing be stored: right for one of the two, when nothing needs it. */
function checkRoom(path: Path, name: string, account: AccountFields): readonly Problem[] {
  const limits = account.jetstream === false ? undefined : account.jetstream
  if (limits?.memory === 0 && limits.storage === 0)
    return [problem([...path, 'jetstream'], `${name} may store nothing`, 'Say jetstream: false, or leave a limit out.')]
  const streams = [...entries(account.streams).map(([, of]) => of), ...bucketsOf(account).map(({ fields }) => fields)]
  return (['storage', 'memory'] as const).flatMap((limit) => {
    const kept = streams.filter(({ storage = 'file' }) => (storage === 'file') === (limit === 'storage'))
    if (limits?.[limit] !== 0 || kept.length === 0) return []
    return [
      problem(
        [...path, 'jetstream', limit],
        `0 lets nothing be stored, and ${kept.length} of its streams and buckets ${kept.length === 1 ? 'needs' : 'need'} it`,
        'Leave it out, or give more.',
      ),
    ]
  })
}

/** `queues`: a subject may be followed by the queue group that it is permitted in. */
function checkPermission(path: Path, permission: Permission | undefined, queues: boolean): readonly Problem[] {
  if (permission === undefined) return []
  const lists = Array.isArray(permission)
    ? [[path, permission] as const]
    : Object.entries(permission).map(([key, of]) => [[...path, key], of as readonly string[]] as const)
  return lists.flatMap(([at, of]) => [
    // An empty list is no list to the server: it allows everything.
    ...(of.length === 0 ? [problem(at, 'an empty list restricts nothing: leave it out, or deny ">"')] : []),
    ...of.flatMap((subject, i) => {
      const [of, group, ...rest] = subject.split(' ')
      const wrong =
        queues && group !== undefined && rest.length === 0
          ? (subjectProblem(of as string) ?? subjectProblem(group))
          : subjectProblem(subject)
      return wrong ? [problem([...at, i], wrong)] : []
    }),
  ])
}

/** Members that mqops runs have no tags yet, and a cluster's name that mqops makes: no server would fit (error 10005). */
const checkPlacement = (fields: NatsFields): readonly Problem[] =>
  entries(fields.accounts).flatMap(([account, of]) =>
    (['streams', 'kv', 'objects'] as const).flatMap((group) =>
      entries<{ readonly placement?: unknown }>(of[group]).flatMap(([name, { placement }]) =>
        placement === undefined
          ? []
          : [
              problem(
                ['accounts', account, group, name, 'placement'],
                'the members that mqops runs have no tags, and there is no cluster but theirs: no server would fit',
                'Leave placement out; it is for target: { external: … }.',
              ),
            ],
      ),
    ),
  )

/** Reservations that can't fit are refused now, not by error 10047 in the middle of a run (field note 2.6). */
function checkStorage(fields: NatsFields): readonly Problem[] {
  const found: Problem[] = []
  for (const kind of ['file', 'memory'] as const) {
    const room = kind === 'file' ? fields.storage : fields.memory
    const name = kind === 'file' ? 'storage' : 'memory'
    let reserved = 0
    for (const [account, one] of entries(fields.accounts)) {
      const own = reservedBy(one, kind, fields)
      reserved += own
      const limit = one.jetstream === false ? undefined : one.jetstream?.[name]
      if (limit !== undefined && own > limit)
        found.push(
          problem(
            ['accounts', account, 'jetstream', name],
            `its streams reserve ${printSize(own)} (maxBytes x replicas), the account may use ${printSize(limit)}`,
          ),
        )
    }
    const limits = sumOf(fields, name)
    // A server of its own refuses to start when its accounts may use more than it has (10047); a cluster does not look.
    if (fields.members === 1 && limits > room)
      found.push(
        problem([name], `accounts may use ${printSize(limits)}, the server has ${printSize(room)}: it would not start`),
      )
    const all = room * fields.members
    if (reserved > all)
      found.push(
        problem(
          [name],
          `streams reserve ${printSize(reserved)} (maxBytes x replicas), ${fields.members} members have ${printSize(all)}`,
          `Raise ${name} or lower maxBytes.`,
        ),
      )
  }
  return found
}

/** Bytes that its streams reserve, replicas counted. */
export const reservedBy = (account: AccountFields, kind: 'file' | 'memory', fields: NatsFields): number =>
  [...entries(account.streams).map(([, stream]) => stream), ...bucketsOf(account).map((bucket) => bucket.fields)]
    .filter((stream) => (stream.storage ?? 'file') === kind)
    .reduce((sum, stream) => sum + (stream.maxBytes ?? 0) * (stream.replicas ?? Math.min(3, fields.members)), 0)

const sumOf = (fields: NatsFields, name: 'memory' | 'storage'): number =>
  entries(fields.accounts).reduce(
    (sum, [, account]) => sum + (account.jetstream === false ? 0 : (account.jetstream?.[name] ?? 0)),
    0,
  )
