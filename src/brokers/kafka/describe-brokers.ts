import type { Context } from '../../ports/context.ts'
import { answerOf } from './errors.ts'
import { api, RESOURCE } from './protocol.ts'
import type { KafkaSession } from './session.ts'

export type BrokerConfigs = Awaited<ReturnType<typeof api.describeConfigs>>['results'][number]

/** Each broker about itself: these of its settings or all, with what stands behind each. Those that don't answer are left out. */
export async function describeBrokers(
  session: KafkaSession,
  names: readonly string[] | 'all',
  ctx: Context,
): Promise<ReadonlyMap<number, BrokerConfigs | undefined>> {
  const some = names === 'all' ? {} : { configurationKeys: [...names] }
  const answers = await session.everyBroker((connection, node) => {
    const asked = { resourceType: RESOURCE.broker, resourceName: String(node), ...some }
    return answerOf(api.describeConfigs(connection, [asked], true, false))
  }, ctx)
  return new Map([...answers].map(([node, { results }]) => [node, results[0]]))
}
