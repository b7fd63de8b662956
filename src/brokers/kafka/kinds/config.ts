import type { Connection } from '@platformatic/kafka'
import type { Dict, JsonObject } from '../../../model/json.ts'
import type { Observed, Outcome, Risk } from '../../../model/plan.ts'
import type { Context } from '../../../ports/context.ts'
import type { Change, Kind, KindItem } from '../../../ports/kind.ts'
import { BROKER_SETTINGS } from '../broker-settings.ts'
import { kafkaFields } from '../fields.ts'
import { answerOf } from '../errors.ts'
import { api, itemError, OPERATION, RESOURCE, SOURCE } from '../protocol.ts'
import type { KafkaSession } from '../session.ts'
import { canonicalSetting, type Scalar } from '../settings.ts'
import { noAnswer, outcomeOf } from './answers.ts'
import { differing, dropOverrides, readOverrides } from './broker-overrides.ts'

/** The resource name that stands for all brokers. */
const ALL_BROKERS = ''

const CLUSTER_WIDE = Object.keys(BROKER_SETTINGS).filter((name) => BROKER_SETTINGS[name]?.mode === 'cluster')

const canonical = (name: string, value: Scalar): Scalar => canonicalSetting(name, value, BROKER_SETTINGS)

/**
 * `own`: by broker, values of single brokers that hide the cluster-wide one from them; without `value` there are only
 * those.
 */
export type SettingHave = { readonly value?: Scalar; readonly own: Dict<Scalar> }

/** Cluster-wide broker settings: defaults for all brokers, changed while they run. What takes a restart is in nodes.ts. */
export const config: Kind<KafkaSession, Scalar, SettingHave & JsonObject> = {
  name: 'config',
  action: 'kafka.config',
  via: 'api',
  isSetting: true,
  maxBatch: 100,
  after: [],
  desired: (spec) =>
    Object.entries(kafkaFields(spec).config ?? {})
      .filter(([name]) => BROKER_SETTINGS[name]?.mode === 'cluster')
      .map(([name, value]) => ({ key: [name], value: canonical(name, value), path: ['config', name] })),
  list: listSettings,
  diff: (want, have, { address, capabilities }) =>
    diffSetting(address.key[0] as string, want, have, capabilities.size === 0),
  act: (verb, items, session, ctx) => alterSettings(verb === 'delete', items, session, ctx),
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
  const asked = scope === 'all' ? [...set.keys(), ...CLUSTER_WIDE] : scope.map(([name]) => name as string)
  const overrides = await readOverrides(session, [...new Set(asked)], ctx)
  const keys = scope === 'all' ? [...new Set([...set.keys(), ...overrides.keys()])].map((name) => [name]) : scope
  return keys.map((key) => {
    const [name] = key as [string]
    const value = set.get(name)
    const own = overrides.get(name)
    if (value === undefined && own === undefined) return [key, { is: 'absent' }]
    const have = { ...(value === undefined ? {} : { value }), own: own ?? {} }
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
  if (want === from && hidden.length === 0) return []
  if (want === 1 && from === undefined && name === 'min.insync.replicas') return []
  const risks = [from, ...hidden.map(([, value]) => value)].map((value) => riskOf(name, value, want))
  const risk = !fresh && risks.includes('destructive') ? 'destructive' : 'safe'
  const why = risk === 'destructive' ? ': older messages of topics without their own setting will be deleted' : ''
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
      reason: `${from === want ? `broker ${Object.keys(own).join(', ')} has another value of its own` : reasonOf(from, want)}${why}`,
      risk,
      reversible: risk !== 'destructive',
      changes,
    },
  ]
}

function reasonOf(from: Scalar | undefined, want: Scalar | undefined): string {
  if (want === undefined) return 'the spec has it no more: back to the default'
  return from === undefined ? 'the spec sets it' : 'it differs from the spec'
}

/** Kafka's defaults of what decides over deletion. */
const DEFAULTS: Readonly<Record<string, Scalar>> = {
  'log.retention.ms': 604_800_000,
  'log.retention.bytes': -1,
  'log.cleanup.policy': 'delete',
}

/** Shorter retention, and a cleanup that was not there before, delete messages. */
function riskOf(name: string, from: Scalar | undefined, want: Scalar | undefined): Risk {
  const fallback = DEFAULTS[name]
  if (fallback === undefined) return 'safe'
  const [before, after] = [from ?? fallback, want ?? fallback]
  if (name === 'log.cleanup.policy') {
    const had = String(before).split(',')
    return String(after)
      .split(',')
      .every((policy) => had.includes(policy))
      ? 'safe'
      : 'destructive'
  }
  const limit = (value: Scalar) => (Number(value) < 0 ? Number.POSITIVE_INFINITY : Number(value))
  return limit(after) < limit(before) ? 'destructive' : 'safe'
}

type Items = readonly KindItem<Scalar>[]

/** Thread pools grow and shrink by a factor of two at most in one change (Kafka's DynamicThreadPool). */
const THREADS = /^(num\.(network|io|replica\.fetchers|recovery).*|background\.threads|log\.cleaner\.threads)/

async function alterSettings(
  unset: boolean,
  items: Items,
  session: KafkaSession,
  ctx: Context,
): Promise<readonly Outcome[]> {
  const settings = items.map((item) => [item.key[0] as string, unset ? null : item.want] as const)
  const plain = settings.filter(([name]) => !THREADS.test(name))
  const outcomes = new Map<string, Outcome>()
  const wanted = (those: typeof settings) =>
    new Map(those.flatMap(([name, value]) => (value === null ? [] : [[name, value]])))
  // Threads are counted on all brokers, so their own numbers go first; of others the new default is there before.
  const kept = new Map(await dropOverrides(wanted(settings.filter(([name]) => THREADS.test(name))), session, ctx))
  if (plain.length > 0) {
    const together = await alter(plain, session, ctx)
    // One refused setting refuses the request: then each gets its own answer.
    const apart = together.is === 'failed' && plain.length > 1
    for (const one of plain) outcomes.set(one[0], apart ? await alter([one], session, ctx) : together)
  }
  const done = plain.filter(([name]) => outcomes.get(name)?.is === 'yes')
  for (const [name, outcome] of await dropOverrides(wanted(done), session, ctx)) outcomes.set(name, outcome)
  for (const [name, outcome] of kept) outcomes.set(name, outcome)
  for (const [name, want] of settings) {
    if (THREADS.test(name) && !kept.has(name))
      outcomes.set(name, await resize(name, want === null ? null : Number(want), session, ctx))
  }
  return settings.map(([name]) => outcomes.get(name) ?? noAnswer)
}

/** Sets (or, with null, unsets) cluster-wide defaults in one request. */
async function alter(
  settings: readonly (readonly [string, Scalar | null])[],
  session: KafkaSession,
  ctx: Context,
): Promise<Outcome> {
  const configs = settings.map(([name, value]) => {
    if (value !== null) return { name, configOperation: OPERATION.set, value: String(value) }
    // With eligible leader replicas on, the controller won't have this one removed: its default is set in its place.
    if (name === 'min.insync.replicas') return { name, configOperation: OPERATION.set, value: '1' }
    return { name, configOperation: OPERATION.unset }
  })
  const resource = { resourceType: RESOURCE.broker, resourceName: ALL_BROKERS, configs }
  const answer = await session.call(
    (connection) => answerOf(api.incrementalAlterConfigs(connection, [resource], false)),
    ctx,
  )
  return answer.responses[0] ? outcomeOf(answer.responses[0]) : noAnswer
}

const RESIZE_PAUSE_MS = 50
const RESIZE_STEPS = 200

/**
 * To the wanted number of threads (null: what the brokers fall back to) in steps that they take; each waits until all
 * brokers have taken the last.
 */
async function resize(name: string, want: number | null, session: KafkaSession, ctx: Context): Promise<Outcome> {
  for (let i = 0; i < RESIZE_STEPS; i++) {
    const now = await effective(name, session, ctx)
    const [smallest, largest] = [Math.min(...now.map((one) => one.value)), Math.max(...now.map((one) => one.value))]
    if (now.length > 0 && smallest === largest) {
      const target = want ?? Math.max(...now.map((one) => one.fallback))
      const next = target > largest ? Math.min(target, largest * 2) : Math.max(target, Math.ceil(largest / 2))
      const outcome = await alter([[name, want === null && next === target ? null : next]], session, ctx)
      if (outcome.is !== 'yes' || next === target) return outcome
    }
    await ctx.sleep(RESIZE_PAUSE_MS)
  }
  return { is: 'not-yet', why: `the brokers have not all taken up ${name}` }
}

/** What each broker that answers runs with now, and would run with without the cluster-wide default. */
async function effective(
  name: string,
  session: KafkaSession,
  ctx: Context,
): Promise<readonly { readonly value: number; readonly fallback: number }[]> {
  const answers = await session.everyBroker((connection, node) => {
    const resource = { resourceType: RESOURCE.broker, resourceName: String(node), configurationKeys: [name] }
    return api.describeConfigs(connection, [resource], true, false)
  }, ctx)
  return [...answers.values()].map((answer) => {
    const found = answer.results[0]?.configs[0]
    const fallback = found?.synonyms.find((one) => one.source !== SOURCE.clusterDefault)
    return { value: Number(found?.value), fallback: Number(fallback?.value ?? found?.value) }
  })
}
