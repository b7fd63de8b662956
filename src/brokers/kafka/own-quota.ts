import { MqopsError } from '../../model/failure.ts'
import type { Context } from '../../ports/context.ts'
import { answerOf } from './errors.ts'
import type { Limits } from './fields.ts'
import { api, itemError } from './protocol.ts'
import type { KafkaSession } from './session.ts'

/**
 * Kafka spares nobody: a default quota, of users or of client ids, would hold mqops itself, too. A quota of a user's own
 * goes before all defaults, and nothing can exceed this one (https://kafka.apache.org/documentation/#design_quotas).
 */
const UNLIMITED = {
  producer_byte_rate: Number.MAX_SAFE_INTEGER,
  consumer_byte_rate: Number.MAX_SAFE_INTEGER,
  request_percentage: 1e9,
  controller_mutation_rate: 1e9,
} as const satisfies Limits

/** Those that mqops works as: without TLS the brokers' own port asks for no name. */
const OWN_USERS = ['admin', 'ANONYMOUS']
export const isOwnUser = (name: string): boolean => OWN_USERS.includes(name)

const usersOf = (session: KafkaSession): readonly string[] => (session.access.tls ? OWN_USERS.slice(0, 1) : OWN_USERS)

/** Built clusters only: of others mqops' user is somebody else's. */
export async function ownQuotasStand(session: KafkaSession, ctx: Context): Promise<boolean> {
  const EXACTLY = 0
  const components = (match: string) =>
    [{ entityType: 'user', matchType: EXACTLY, match }] as unknown as Parameters<typeof api.describeClientQuotas>[1]
  const answers = await Promise.all(
    usersOf(session).map((match) =>
      session.call((connection) => api.describeClientQuotas(connection, components(match), true), ctx),
    ),
  )
  return answers.every(({ entries }) => {
    const told = new Map<string, number>(entries?.[0]?.values.map(({ key, value }) => [key, value]))
    return Object.entries(UNLIMITED).every(([key, value]) => told.get(key) === value)
  })
}

export async function writeOwnQuotas(session: KafkaSession, ctx: Context): Promise<void> {
  const ops = Object.entries(UNLIMITED).map(([key, value]) => ({ key, value, remove: false }))
  const entries = usersOf(session).map((entityName) => ({ entities: [{ entityType: 'user', entityName }], ops }))
  const answer = await session.call(
    (connection) =>
      answerOf(api.alterClientQuotas(connection, entries as Parameters<typeof api.alterClientQuotas>[1], false)),
    ctx,
  )
  const refused = answer.entries.map((entry) => itemError(entry.errorCode, entry.errorMessage)).find((one) => one)
  if (refused)
    throw new MqopsError({
      code: 'MQOPS_BROKER',
      summary: `mqops' own quota: ${refused.message}`,
      retryable: refused.canRetry,
    })
}
