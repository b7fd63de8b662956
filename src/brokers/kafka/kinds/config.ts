import type { Connection } from '@platformatic/kafka'
import type { Dict, JsonObject } from '../../../model/json.ts'
import type { Observed, Outcome } from '../../../model/plan.ts'
import type { Context } from '../../../ports/context.ts'
import type { Change, Kind, KindItem } from '../../../ports/kind.ts'
import { BROKER_SETTINGS } from '../broker-settings.ts'
import { kafkaFields } from '../fields.ts'
import { answerOf } from '../errors.ts'
import { api, itemError, RESOURCE, SOURCE } from '../protocol.ts'
import type { KafkaSession } from '../session.ts'
import { canonicalSetting, type Scalar } from '../settings.ts'
import { isThreads } from '../threads.ts'
import { ALL_BROKERS, alterSettings } from './alter-settings.ts'
import { noAnswer } from './answers.ts'
import { dropHiding, readBehind, readHiding } from './broker-overrides.ts'
import { riskOf, withReason } from './setting-risk.ts'

const canonical = (name: string, value: Scalar): Scalar => canonicalSetting(name, value, BROKER_SETTINGS)

/**
 * `own`: by broker, values of single brokers that hide the one of the spec from them though it does not say them; without
 * `value` there are only those. `behind`: by broker, what those run with that have not taken the value up.
 */
export type SettingHave = { readonly value?: Scalar; readonly own: Dict<Scalar>; readonly behind?: Dict<Scalar> }

/** Cluster-wide broker settings: defaults for all brokers, changed while they run. What takes a restart is in nodes.ts. */
export const config: Kind<KafkaSession, Scalar, SettingHave & JsonObject> = {
  name: 'config',
  action: 'kafka.config',
  via: 'api',
  readsLate: true,
  isSetting: true,
  beforeRestarts: ([name = '']) => isThreads(name),
  maxBatch: 100,
  after: [],
  desired: (spec) =>
    Object.entries(kafkaFields(spec).config ?? {})
      .filter(([name]) => BROKER_SETTINGS[name]?.mode === 'cluster')
      .map(([name, value]) => ({ key: [name], value: canonical(name, value), path: ['config', name] })),
  list: listSettings,
  diff: (want, have, { address, capabilities }) =>
    diffSetting(address.key[0] as string, want, have, capabilities.size === 0),
  clashes: () => [], // but topics clash with some
  act: (verb, items, session, ctx) => alterCommon(verb === 'delete', items, session, ctx),
  toSpec: ({ value, own }) => value ?? (Object.values(own)[0] as Scalar),
}

async function listSettings(
  session: KafkaSession,
  scope: readonly (readonly string[])[] | 'all',
  ctx: Context,
): Promise<readonly (readonly [readonly string[], Observed<SettingHave & JsonObject>])[]> {
  const resource = { resourceType: RESOURCE.broker, resourceName: ALL_BROKERS }
  const ask = (connection: Connection) => answerOf(api.describeConfigs(connection, [resource], false, false))
  const answer = await session.call(ask, ctx)
  const error = itemError(answer.results[0]?.errorCode ?? 0, answer.results[0]?.errorMessage)
  if (error)
    return scope === 'all' ? [] : scope.map((key) => [key, { is: 'unknown', why: `${error.id}: ${error.message}` }])
  const set = new Map(
    (answer.results[0]?.configs ?? [])
      .filter((entry) => entry.configSource === SOURCE.clusterDefault && entry.value !== null)
      .map((entry): [string, Scalar] => [entry.name, canonical(entry.name, entry.value as string)])
      .filter(([name, value]) => !isKafkasOwn(name, value)),
  )
  const own: Record<string, Record<string, Scalar>> = {}
  const names = scope === 'all' ? scope : scope.map(([name]) => name as string)
  const asked = new Set(scope === 'all' ? set.keys() : names)
  const [hiding, behind] = await Promise.all([
    readHiding(session, names, ctx),
    readBehind(session, new Map([...set].filter(([name]) => asked.has(name))), ctx),
  ])
  for (const { node, name, override } of hiding) (own[name] ??= {})[node] = override.value
  const keys = scope === 'all' ? [...new Set([...set.keys(), ...Object.keys(own)])].map((name) => [name]) : scope
  return keys.map((key) => {
    const [name] = key as [string]
    const value = set.get(name)
    if (value === undefined && own[name] === undefined) return [key, { is: 'absent' }]
    const late = behind.get(name)
    const have = { ...(value === undefined ? {} : { value }), own: own[name] ?? {}, ...(late ? { behind: late } : {}) }
    return [key, { is: 'present', value: have, owner: { by: 'nobody' } }]
  })
}

/** With eligible leader replicas on, the controller itself sets this default, and won't have it removed (KIP-966). */
const isKafkasOwn = (name: string, value: Scalar): boolean => name === 'min.insync.replicas' && value === 1

/** Pure. Back to Kafka's default when the spec has it no more. `fresh`: the cluster is still to be built. */
export function diffSetting(
  name: string,
  want: Scalar | undefined,
  have: Observed<SettingHave>,
  fresh: boolean,
): readonly Change[] {
  if (have.is === 'unknown') return []
  const from = have.is === 'present' ? have.value.value : undefined
  // What single brokers have of their own is mended with what the spec says; without that it is somebody else's.
  const own = want === undefined || have.is !== 'present' ? {} : differing(have.value.own, want)
  const hidden = Object.entries(own)
  if (want === from && hidden.length === 0) {
    const behind = have.is === 'present' && want !== undefined ? (have.value.behind ?? {}) : {}
    return Object.keys(behind).length === 0 ? [] : [notTakenUp(want as Scalar, behind)]
  }
  if (want === 1 && from === undefined && name === 'min.insync.replicas') return []
  const risks = [from, ...hidden.map(([, value]) => value)].map((value) => riskOf(name, value, want))
  const risk = !fresh && risks.includes('destructive') ? 'destructive' : 'safe'
  const change = {
    field: 'value',
    ...(from === undefined ? {} : { from }),
    ...(want === undefined ? {} : { to: want }),
  }
  const changes = [
    ...(from === want ? [] : [change]),
    ...hidden.map(([node, value]) => ({ field: `broker ${node}`, from: value })),
  ]
  return [
    {
      verb: want === undefined ? 'delete' : from === undefined ? 'create' : 'update',
      want: want === undefined ? null : want,
      reads:
        from === undefined && hidden.length === 0
          ? { is: 'absent' }
          : { ...(from === undefined ? {} : { value: from }), ...(hidden.length > 0 ? { own } : {}) },
      reason: withReason(
        from === want ? `broker ${Object.keys(own).join(', ')} has another value of its own` : reasonOf(from, want),
        risk,
      ),
      risk,
      reversible: risk !== 'destructive',
      changes,
    },
  ]
}

const notTakenUp = (want: Scalar, behind: Dict<Scalar>): Change => ({
  verb: 'update',
  want,
  reads: { behind },
  reason: `broker ${Object.keys(behind).join(', ')} has not taken it up: if it never does, its log says why`,
  risk: 'safe',
  reversible: true,
  changes: Object.entries(behind).map(([node, runs]) => ({ field: `broker ${node}`, from: runs, to: want })),
})

/** Those that say something else than the spec. */
export const differing = (own: Dict<Scalar>, want: Scalar): Dict<Scalar> =>
  Object.fromEntries(Object.entries(own).filter(([, value]) => value !== want))

function reasonOf(from: Scalar | undefined, want: Scalar | undefined): string {
  if (want === undefined) return 'the spec has it no more: back to the default'
  return from === undefined ? 'the spec sets it' : 'it differs from the spec'
}

type Items = readonly KindItem<Scalar>[]

async function alterCommon(
  unset: boolean,
  items: Items,
  session: KafkaSession,
  ctx: Context,
): Promise<readonly Outcome[]> {
  const settings = items.map((item) => [item.key[0] as string, unset ? null : item.want] as const)
  const set = (those: typeof settings) => (unset ? [] : those.map(([name]) => name))
  // Threads are counted on all brokers, so their own numbers go first; of others the new default is there before.
  const kept = await dropHiding(set(settings.filter(([name]) => isThreads(name))), session, ctx)
  const todo = settings.filter(([name]) => !kept.has(name))
  const outcomes = await alterSettings(ALL_BROKERS, todo, session, ctx)
  const done = todo.filter(([name]) => !isThreads(name) && outcomes.get(name)?.is === 'yes')
  const hidden = await dropHiding(set(done), session, ctx)
  return settings.map(([name]) => kept.get(name) ?? hidden.get(name) ?? outcomes.get(name) ?? noAnswer)
}
