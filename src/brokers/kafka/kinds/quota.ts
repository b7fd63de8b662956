import type { Connection } from '@platformatic/kafka'
import type { JsonObject } from '../../../model/json.ts'
import type { FieldChange, Observed, Outcome } from '../../../model/plan.ts'
import type { ClusterSpec, Desired } from '../../../model/spec.ts'
import type { Context } from '../../../ports/context.ts'
import type { Change, Kind, KindItem } from '../../../ports/kind.ts'
import { answerOf, brokerError } from '../errors.ts'
import { kafkaFields, type Limits, QUOTA_LIMITS, type QuotaEntry } from '../fields.ts'
import { isOwnUser } from '../own-quota.ts'
import { api } from '../protocol.ts'
import type { KafkaSession } from '../session.ts'
import { noAnswer, outcomeOf } from './answers.ts'

/** Whom a quota is for, in Kafka's own words and order: user, client-id, ip. A name of null is Kafka's default. */
type Entity = readonly { readonly entityType: string; readonly entityName?: string | null | undefined }[]

/** In a spec and in addresses '*' stands for the default; a client that is really called so gets a backslash. */
const printName = (name: string | null | undefined): string =>
  name == null ? '*' : /^\\*\*$/.test(name) ? `\\${name}` : name
const parseName = (text: string): string | null => (text === '*' ? null : /^\\+\*$/.test(text) ? text.slice(1) : text)

const ORDER = ['user', 'client-id', 'ip']
const keyOf = (entity: Entity): readonly string[] =>
  [...entity]
    .sort((a, b) => ORDER.indexOf(a.entityType) - ORDER.indexOf(b.entityType))
    .flatMap(({ entityType, entityName }) => [entityType, printName(entityName)])

const entityOf = (key: readonly string[]): Entity =>
  key.flatMap((entityType, i) => (i % 2 === 0 ? [{ entityType, entityName: parseName(key[i + 1] as string) }] : []))

export const quotaKey = ({ user, clientId, ip }: QuotaEntry): readonly string[] => [
  ...(user === undefined ? [] : ['user', user]),
  ...(clientId === undefined ? [] : ['client-id', clientId]),
  ...(ip === undefined ? [] : ['ip', ip]),
]

/** Rates that brokers hold clients to: of a user, a client id, both together, an address, or the default of these. */
export const quota: Kind<KafkaSession, Limits & JsonObject, Limits & JsonObject> = {
  name: 'quota',
  action: 'kafka.quota',
  via: 'api',
  readsLate: true,
  maxBatch: 1000,
  after: [],
  desired: desiredQuotas,
  list: listQuotas,
  diff: (want, have, { capabilities }) => diffQuota(want, have, capabilities.size === 0),
  act: alterQuotas,
  toSpec: (have) => have,
}

/** Pure. */
export function desiredQuotas(spec: ClusterSpec): readonly Desired<Limits & JsonObject>[] {
  return kafkaFields(spec).quotas.map((entry, i) => ({
    key: quotaKey(entry),
    value: limitsOf(Object.entries(entry)),
    path: ['quotas', i],
  }))
}

/** In one order, so that equal limits are equal text; what is no limit is left out. */
const limitsOf = (entries: readonly (readonly [string, unknown])[]): Limits & JsonObject => {
  const given = new Map(entries)
  return Object.fromEntries(
    QUOTA_LIMITS.flatMap((name) => (typeof given.get(name) === 'number' ? [[name, given.get(name) as number]] : [])),
  )
}

/** Pure. A limit that is new or lower slows clients down. `fresh`: the cluster is still to be built. */
export function diffQuota(want: Limits | undefined, have: Observed<Limits>, fresh: boolean): readonly Change[] {
  if (have.is === 'unknown') return []
  const before: Limits = have.is === 'present' ? have.value : {}
  const after: Limits = want ?? {}
  const changed = QUOTA_LIMITS.filter((name) => before[name] !== after[name])
  if (changed.length === 0) return []
  const slower = changed.some((name) => (after[name] ?? Infinity) < (before[name] ?? Infinity))
  const changes = changed.map(
    (name): FieldChange => ({
      field: name,
      ...(before[name] === undefined ? {} : { from: before[name] }),
      ...(after[name] === undefined ? {} : { to: after[name] }),
    }),
  )
  const shared = { changes: want ? changes : [], reversible: true }
  if (have.is === 'absent') {
    const reason = `the spec limits it${fresh ? '' : ': clients above the limit are slowed down'}`
    return [
      {
        ...shared,
        verb: 'create',
        want: limitsOf(Object.entries(after)),
        reads: { is: 'absent' },
        reason,
        risk: fresh ? 'safe' : 'disruptive',
      },
    ]
  }
  const reads = limitsOf(Object.entries(before))
  if (!want) {
    const reason = 'mqops made it and the spec has it no more'
    return [{ ...shared, verb: 'delete', want: null, reads, reason, risk: 'safe' }]
  }
  const reason = `${changed.join(', ')} changed${slower ? ': clients above the limit are slowed down' : ''}`
  return [
    {
      ...shared,
      verb: 'update',
      want: limitsOf(Object.entries(after)),
      reads,
      reason,
      risk: slower ? 'disruptive' : 'safe',
    },
  ]
}

type Listed = readonly (readonly [readonly string[], Observed<Limits & JsonObject>])[]

async function listQuotas(
  session: KafkaSession,
  scope: readonly (readonly string[])[] | 'all',
  ctx: Context,
): Promise<Listed> {
  if (scope !== 'all' && scope.length === 0) return []
  let views: readonly ReadonlyMap<string, Limits & JsonObject>[]
  try {
    // Nothing asked for means everything: a whole cluster's quotas are one short answer.
    // A refusal is one for all of them: taken for an answer it would say that there are none.
    const ask = (connection: Connection) => api.describeClientQuotas(connection, [], false)
    const answers =
      scope === 'all' ? [await session.call(ask, ctx)] : [...(await session.everyBroker(ask, ctx)).values()]
    views = answers.map(quotasIn)
  } catch (error) {
    if (brokerError(error) !== 'CLUSTER_AUTHORIZATION_FAILED') throw error
    if (scope === 'all') return []
    return scope.map((key) => [key, { is: 'unknown', why: 'this user may not read quotas' }]) // not known is not absent
  }
  const present = (value: Limits & JsonObject) => ({ is: 'present' as const, value, owner: { by: 'nobody' as const } })
  if (scope === 'all')
    return [...(views[0] ?? new Map<string, Limits & JsonObject>())]
      .map(([text, limits]) => [JSON.parse(text) as string[], present(limits)] as const)
      .filter(([key]) => !(session.built && isOwn(key)))
  return scope.map((key) => {
    const seen = views.map((view) => view.get(JSON.stringify(key)))
    if (new Set(seen.map((limits) => JSON.stringify(limits ?? null))).size > 1)
      return [key, { is: 'unknown', why: 'not all brokers have heard of the change yet' }]
    return [key, seen[0] ? present(seen[0]) : { is: 'absent' }]
  })
}

const isOwn = ([type, name = '', ...more]: readonly string[]): boolean =>
  type === 'user' && more.length === 0 && isOwnUser(name)

type Described = Awaited<ReturnType<typeof api.describeClientQuotas>>

const quotasIn = ({ entries }: Described): ReadonlyMap<string, Limits & JsonObject> =>
  new Map(
    (entries ?? []).map(({ entity, values }) => [
      JSON.stringify(keyOf(entity)),
      limitsOf(values.map(({ key, value }) => [key, value])),
    ]),
  )

/** All limits are said, those that shall not be too: what another tool has added goes with the same request. */
async function alterQuotas(
  verb: 'create' | 'update' | 'delete',
  items: readonly KindItem<Limits & JsonObject>[],
  session: KafkaSession,
  ctx: Context,
): Promise<readonly Outcome[]> {
  const entries = items.map((item) => {
    const entities = entityOf(item.key)
    const wanted: Limits = verb === 'delete' ? {} : item.want
    const fitting = QUOTA_LIMITS.filter(
      (name) => (name === 'connection_creation_rate') === (entities[0]?.entityType === 'ip'),
    )
    const ops = fitting.map((key) => ({ key, value: wanted[key] ?? 0, remove: wanted[key] === undefined }))
    return { entities: [...entities], ops }
  })
  const answer = await session.call(
    (connection) =>
      answerOf(api.alterClientQuotas(connection, entries as Parameters<typeof api.alterClientQuotas>[1], false)),
    ctx,
  )
  const outcomes = new Map(answer.entries.map((entry) => [JSON.stringify(keyOf(entry.entity)), outcomeOf(entry)]))
  return items.map((item) => outcomes.get(JSON.stringify(item.key)) ?? noAnswer)
}
