import { MqopsError } from '../../../model/failure.ts'
import type { Context } from '../../../ports/context.ts'
import { answerOf, type ItemError } from '../errors.ts'
import { patiently } from '../log.ts'
import { chunks } from '../partitions.ts'
import { api, itemError } from '../protocol.ts'
import type { KafkaSession } from '../session.ts'

const GROUP = 0 // FindCoordinator's key type
/** Groups in one request. */
const CHUNK = 500

/** An error about a group or its topics, in the broker's own words. */
export function refusal(about: string, error: ItemError): MqopsError {
  const forbidden = error.id.endsWith('_AUTHORIZATION_FAILED')
  const hint = forbidden
    ? 'Give this user the ACL that is missing, or use an administrator.'
    : error.id === 'UNSTABLE_OFFSET_COMMIT'
      ? 'A transaction that commits there is open: wait until it has ended.'
      : undefined
  return new MqopsError({
    code: forbidden ? 'MQOPS_FORBIDDEN' : 'MQOPS_BROKER',
    summary: `${about}: ${error.id}: ${error.message}`,
    ...(hint === undefined ? {} : { hint }),
    retryable: error.canRetry,
  })
}

/** Throws the error of one item, if it has one. */
export function mustBeFine(about: string, code: number, message: string | null | undefined): void {
  const error = itemError(code, message)
  if (error) throw refusal(about, error)
}

/** Asks the coordinator of each group about it; what the broker says will pass (a coordinator loads) is asked again. */
export async function askCoordinators<R>(
  session: KafkaSession,
  names: readonly string[],
  ask: (node: number, names: readonly string[]) => Promise<readonly R[]>,
  ctx: Context,
): Promise<readonly R[]> {
  const found: R[] = []
  for (const chunk of chunks(names, CHUNK))
    found.push(
      ...(await patiently(async () => {
        const byNode = await coordinatorsOf(session, chunk, ctx)
        return (await Promise.all([...byNode].map(([node, own]) => ask(node, own)))).flat()
      }, ctx)),
    )
  return found
}

/** By broker: the groups that it coordinates. */
export async function coordinatorsOf(
  session: KafkaSession,
  names: readonly string[],
  ctx: Context,
): Promise<ReadonlyMap<number, readonly string[]>> {
  const answer = await session.ask((connection) => answerOf(api.findCoordinator(connection, GROUP, [...names])), ctx)
  const byNode = new Map<number, string[]>()
  for (const { key, nodeId, errorCode, errorMessage } of answer.coordinators) {
    mustBeFine(`group ${key}`, errorCode, errorMessage)
    const own = byNode.get(nodeId)
    if (own) own.push(key)
    else byNode.set(nodeId, [key])
  }
  return byNode
}
