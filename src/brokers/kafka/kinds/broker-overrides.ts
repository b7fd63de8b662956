import type { Dict } from '../../../model/json.ts'
import type { Outcome } from '../../../model/plan.ts'
import type { Context } from '../../../ports/context.ts'
import { BROKER_SETTINGS } from '../broker-settings.ts'
import { answerOf } from '../errors.ts'
import { api, OPERATION, RESOURCE, SOURCE } from '../protocol.ts'
import type { KafkaSession } from '../session.ts'
import { canonicalSetting, type Scalar } from '../settings.ts'
import { outcomeOf } from './answers.ts'

/** By setting, then by broker: a value of that broker's own, which hides the cluster-wide default from it. */
export type Overrides = ReadonlyMap<string, Dict<Scalar>>

/** Throttles of single brokers belong to whoever moves replicas. */
const isTheMovers = (name: string): boolean => name.endsWith('.throttled.rate') || name.endsWith('.throttled.replicas')

/** Of these settings. Each broker is asked about itself; those that don't answer are left out. */
export async function readOverrides(session: KafkaSession, names: readonly string[], ctx: Context): Promise<Overrides> {
  const asked = names.filter((name) => !isTheMovers(name))
  if (asked.length === 0) return new Map()
  const answers = await session.everyBroker((connection, node) => {
    const resource = { resourceType: RESOURCE.broker, resourceName: String(node), configurationKeys: [...asked] }
    return answerOf(api.describeConfigs(connection, [resource], false, false))
  }, ctx)
  const found = new Map<string, Record<string, Scalar>>()
  for (const [node, { results }] of answers) {
    for (const { name, value, configSource } of results[0]?.configs ?? []) {
      if (configSource !== SOURCE.broker || typeof value !== 'string') continue
      found.set(name, { ...found.get(name), [node]: canonicalSetting(name, value, BROKER_SETTINGS) })
    }
  }
  return found
}

/** Those that say something else than the spec. */
export const differing = (own: Dict<Scalar>, want: Scalar): Dict<Scalar> =>
  Object.fromEntries(Object.entries(own).filter(([, value]) => value !== want))

/** Takes the brokers' own values away where they differ from what the spec wants; by setting what was refused. */
export async function dropOverrides(
  wanted: ReadonlyMap<string, Scalar>,
  session: KafkaSession,
  ctx: Context,
): Promise<ReadonlyMap<string, Outcome>> {
  const overrides = await readOverrides(session, [...wanted.keys()], ctx)
  const refused = new Map<string, Outcome>()
  for (const [name, own] of overrides) {
    for (const node of Object.keys(differing(own, wanted.get(name) as Scalar))) {
      const configs = [{ name, configOperation: OPERATION.unset }]
      const resource = { resourceType: RESOURCE.broker, resourceName: node, configs }
      // A broker takes settings of its own only.
      const answer = await session.at(
        Number(node),
        (connection) => answerOf(api.incrementalAlterConfigs(connection, [resource], false)),
        ctx,
      )
      const outcome = answer.responses[0] && outcomeOf(answer.responses[0])
      if (outcome && outcome.is !== 'yes') refused.set(name, outcome)
    }
  }
  return refused
}
