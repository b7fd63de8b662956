import { printLocal } from '../../../model/address.ts'
import type { Dict } from '../../../model/json.ts'
import type { Outcome } from '../../../model/plan.ts'
import type { Context } from '../../../ports/context.ts'
import { BROKER_SETTINGS } from '../broker-settings.ts'
import { type BrokerConfigs, describeBrokers } from '../describe-brokers.ts'
import { itemError, SOURCE } from '../protocol.ts'
import type { KafkaSession } from '../session.ts'
import { canonicalSetting, isBrokersThrottle, ownedBecause, type Scalar } from '../settings.ts'
import { alterSettings } from './alter-settings.ts'

/** First part of the addresses of what a single broker has of its own. */
export const BROKER_CONFIG = 'broker-config'

/** `behind`: what the broker would have without it: the cluster-wide value, its file's, or Kafka's default. */
export type Override = { readonly value: Scalar; readonly behind?: Scalar }
/** By setting. */
export type Overrides = ReadonlyMap<string, Override>

/**
 * What each broker has of its own, of these settings or of all; or why it doesn't say. Each is asked about itself; those
 * that don't answer are left out. What mqops writes, and throttles, which belong to whoever moves replicas, are no
 * settings of a spec.
 */
export async function readOverrides(
  session: KafkaSession,
  names: readonly string[] | 'all',
  ctx: Context,
): Promise<ReadonlyMap<number, Overrides | string>> {
  if (names.length === 0) return new Map()
  return new Map([...(await describeBrokers(session, names, ctx))].map(([node, result]) => [node, overridesIn(result)]))
}

function overridesIn(result: BrokerConfigs | undefined): Overrides | string {
  const error = itemError(result?.errorCode ?? 0, result?.errorMessage)
  if (error) return `${error.id}: ${error.message}`
  const own = (result?.configs ?? []).filter(
    ({ name, configSource }) =>
      configSource === SOURCE.broker && !isBrokersThrottle(name) && ownedBecause(name) === null,
  )
  return new Map(
    own.flatMap(({ name, value, synonyms }) => {
      if (typeof value !== 'string') return []
      const behind = synonyms.find(({ source }) => source !== SOURCE.broker)?.value
      const canonical = (text: string) => canonicalSetting(name, text, BROKER_SETTINGS)
      return [[name, { value: canonical(value), ...(typeof behind === 'string' ? { behind: canonical(behind) } : {}) }]]
    }),
  )
}

/** A value of one broker. */
export type Single = { readonly node: string; readonly name: string; readonly override: Override }

/**
 * Those that hide another, cluster-wide value of the spec from a broker of which the spec says nothing. They are drift of
 * the cluster-wide setting; what is owned is a resource of its own, on its way out perhaps.
 */
export async function readHiding(
  session: KafkaSession,
  names: readonly string[] | 'all',
  ctx: Context,
): Promise<readonly Single[]> {
  const { config, brokers } = session.asked
  const wanted = Object.keys(config ?? {}).filter((name) => BROKER_SETTINGS[name]?.mode === 'cluster')
  const asked = names === 'all' ? wanted : wanted.filter((name) => names.includes(name))
  const unsaid = async (): Promise<readonly Single[]> =>
    singles(await readOverrides(session, asked, ctx)).filter(
      ({ node, name, override }) =>
        brokers?.[node]?.config?.[name] === undefined &&
        override.value !== canonicalSetting(name, config?.[name] as Scalar, BROKER_SETTINGS),
    )
  if ((await unsaid()).length === 0) return []
  // Owners first, then once more: what mqops is taking away just now is gone before its record is.
  const owners = await session.ownership.read(ctx)
  return (await unsaid()).filter(
    ({ node, name }) => !owners.has(printLocal({ kind: BROKER_CONFIG, key: [node, name] })),
  )
}

export const singles = (all: ReadonlyMap<number, Overrides | string>): readonly Single[] =>
  [...all].flatMap(([node, own]) =>
    typeof own === 'string' ? [] : [...own].map(([name, override]) => ({ node: String(node), name, override })),
  )

/**
 * By setting and broker: what brokers run with instead of the cluster-wide value, with nothing of their own before it. Soon
 * after a change they have not heard of it; later they have, and refuse it: that stands in their logs only.
 */
export async function readBehind(
  session: KafkaSession,
  common: ReadonlyMap<string, Scalar>,
  ctx: Context,
): Promise<ReadonlyMap<string, Dict<Scalar>>> {
  if (common.size === 0) return new Map()
  const behind = new Map<string, Record<string, Scalar>>()
  for (const [node, result] of await describeBrokers(session, [...common.keys()], ctx))
    for (const { name, value, configSource } of result?.configs ?? []) {
      if (configSource === SOURCE.broker || typeof value !== 'string') continue
      const runs = canonicalSetting(name, value, BROKER_SETTINGS)
      if (runs !== common.get(name)) behind.set(name, { ...behind.get(name), [node]: runs })
    }
  return behind
}

/** Takes away what hides other values of the spec from single brokers; by setting what was refused. */
export async function dropHiding(
  names: readonly string[],
  session: KafkaSession,
  ctx: Context,
): Promise<ReadonlyMap<string, Outcome>> {
  const refused = new Map<string, Outcome>()
  for (const { node, name } of await readHiding(session, names, ctx)) {
    const outcome = (await alterSettings(node, [[name, null]], session, ctx)).get(name)
    if (outcome && outcome.is !== 'yes') refused.set(name, outcome)
  }
  return refused
}
