import type { JsonObject } from '../../../model/json.ts'
import type { Observed, Outcome } from '../../../model/plan.ts'
import type { ClusterSpec, Desired } from '../../../model/spec.ts'
import type { Context } from '../../../ports/context.ts'
import type { Change, Kind, KindItem } from '../../../ports/kind.ts'
import { BROKER_SETTINGS } from '../broker-settings.ts'
import { kafkaFields } from '../fields.ts'
import type { KafkaSession } from '../session.ts'
import { canonicalSetting, type Scalar } from '../settings.ts'
import { isThreads } from '../threads.ts'
import { alterSettings } from './alter-settings.ts'
import { noAnswer } from './answers.ts'
import { BROKER_CONFIG, type Override, readHiding, readOverrides, singles } from './broker-overrides.ts'
import { riskOf, withReason } from './setting-risk.ts'

/** Settings that single brokers have of their own, changed while they run: by broker id and name. */
export const brokerConfig: Kind<KafkaSession, Scalar, Override & JsonObject> = {
  name: BROKER_CONFIG,
  action: 'kafka.broker-config',
  via: 'api',
  readsLate: true,
  isSetting: true,
  beforeRestarts: ([, name = '']) => isThreads(name),
  maxBatch: 100,
  after: ['config'],
  desired: desiredOverrides,
  // What is behind it is changed first, and goes last. A spec need not say what that is.
  needs: ([, name = ''], _want, spec) => (spec ? [['config', name]] : []),
  standsOn: ([, name = '']) => [['config', name]],
  list: listOverrides,
  diff: (want, have, { address, capabilities }) =>
    diffOverride(address.key[1] as string, want, have, capabilities.size === 0),
  act: (verb, items, session, ctx) => alterOverrides(verb === 'delete', items, session, ctx),
  toSpec: ({ value }) => value,
}

function desiredOverrides(spec: ClusterSpec): readonly Desired<Scalar>[] {
  return Object.entries(kafkaFields(spec).brokers ?? {}).flatMap(([id, { config }]) =>
    Object.entries(config ?? {}).map(([name, value]) => ({
      key: [id, name],
      value: canonicalSetting(name, value, BROKER_SETTINGS),
      path: ['brokers', id, 'config', name],
    })),
  )
}

type Listed = readonly (readonly [readonly string[], Observed<Override & JsonObject>])[]
const present = (value: Override & JsonObject): Observed<Override & JsonObject> => ({
  is: 'present',
  value,
  owner: { by: 'nobody' },
})

/** What hides the spec's own cluster-wide value is that one's drift: no resource of its own as long as nobody owns it. */
async function listOverrides(
  session: KafkaSession,
  scope: readonly (readonly string[])[] | 'all',
  ctx: Context,
): Promise<Listed> {
  if (scope === 'all') {
    const idOf = ({ node, name }: { readonly node: string; readonly name: string }) => JSON.stringify([node, name])
    const hiding = new Set((await readHiding(session, 'all', ctx)).map(idOf))
    return singles(await readOverrides(session, 'all', ctx))
      .filter((one) => !hiding.has(idOf(one)))
      .map(({ node, name, override }) => [[node, name], present(override)])
  }
  const found = await readOverrides(session, [...new Set(scope.map(([, name]) => name as string))], ctx)
  return scope.map((key) => {
    const [id = '', name = ''] = key
    const own = found.get(Number(id))
    if (own === undefined) return [key, { is: 'unknown', why: silenceOf(id, session) }]
    if (typeof own === 'string') return [key, { is: 'unknown', why: own }]
    const override = own.get(name)
    return [key, override ? present(override) : { is: 'absent' }]
  })
}

function silenceOf(id: string, session: KafkaSession): string {
  const ids = session.nodes.filter(({ role }) => role === 'broker').map((node) => node.id)
  if (ids.includes(Number(id))) return `broker ${id} does not answer`
  return `the cluster has no broker ${id}: its brokers are ${ids.join(', ')}`
}

/** What may be behind a setting that is not there yet: the most that its value could be less than. */
const anything = (name: string): Scalar => (name === 'log.cleanup.policy' ? '' : -1)

/** Pure. Back to what all brokers have when the spec has it no more. `fresh`: the cluster is still to be built. */
export function diffOverride(
  name: string,
  want: Scalar | undefined,
  have: Observed<Override>,
  fresh: boolean,
): readonly Change[] {
  if (have.is === 'unknown') return []
  const before = have.is === 'present' ? have.value : undefined
  if (before?.value === want) return []
  const risk = fresh ? 'safe' : riskOf(name, before?.value ?? anything(name), want ?? before?.behind)
  const reason =
    want === undefined
      ? 'the spec has it no more: back to what all brokers have'
      : before === undefined
        ? 'the spec sets it for this broker'
        : 'it differs from the spec'
  const to = want ?? before?.behind
  return [
    {
      verb: want === undefined ? 'delete' : before === undefined ? 'create' : 'update',
      want: want ?? null,
      reads: before === undefined ? { is: 'absent' } : { value: before.value },
      reason: withReason(reason, risk),
      risk,
      reversible: risk !== 'destructive',
      changes: [
        {
          field: 'value',
          ...(before === undefined ? {} : { from: before.value }),
          ...(to === undefined ? {} : { to }),
        },
      ],
    },
  ]
}

/** Brokers side by side, the settings of each together. */
async function alterOverrides(
  unset: boolean,
  items: readonly KindItem<Scalar>[],
  session: KafkaSession,
  ctx: Context,
): Promise<readonly Outcome[]> {
  const byBroker = Map.groupBy(items, (item) => item.key[0] as string)
  const outcomes = new Map(
    await Promise.all(
      [...byBroker].map(async ([id, own]) => {
        const settings = own.map((item) => [item.key[1] as string, unset ? null : item.want] as const)
        return [id, await alterSettings(id, settings, session, ctx)] as const
      }),
    ),
  )
  return items.map(({ key: [id = '', name = ''] }) => outcomes.get(id)?.get(name) ?? noAnswer)
}
