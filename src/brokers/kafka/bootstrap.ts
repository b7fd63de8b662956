import type { Allocation } from '../../model/member.ts'
import type { Context } from '../../ports/context.ts'
import type { Broker } from '../../ports/broker.ts'
import type { Session } from '../../ports/session.ts'
import { administratorStands, writeAdministrator } from './kinds/user.ts'
import { locate } from './log.ts'
import { ownQuotasStand, writeOwnQuotas } from './own-quota.ts'
import { ensureOwnershipTopic, OWNERSHIP_TOPIC } from './ownership.ts'
import { api } from './protocol.ts'
import { takeUpThreads, threadsTakenUp } from './refused-threads.ts'
import type { KafkaSession } from './session.ts'

/** Raised by other means: the metadata version is a step of its own, the quorum's version is fixed by static voters. */
const NOT_HERE = ['metadata.version', 'kraft.version']
const UPGRADE = 1
const TIMEOUT_MS = 15_000

/**
 * Once after the members formed: the administrator's login and quota, the topic for ownership, and the feature levels that
 * `kafka-storage format` would have set (transactions, new group protocols, eligible leader replicas). And whenever brokers
 * have started with other threads than they may go on from.
 */
export const bootstrap: NonNullable<Broker['bootstrap']> = {
  async done(session, allocation, ctx) {
    const kafka = session as KafkaSession
    if ((await featuresBehind(kafka, ctx)).length > 0) return false
    if ((await locate(kafka, OWNERSHIP_TOPIC, ctx)) === null) return false
    if (!(await administratorLogsIn(kafka, allocation, ctx))) return false
    return (await ownQuotasStand(kafka, ctx)) && threadsTakenUp(kafka, ctx)
  },
  async act(session, allocation, ctx) {
    const kafka = session as KafkaSession
    const behind = await featuresBehind(kafka, ctx)
    if (behind.length > 0) {
      const updates = behind.map(({ name, level }) => ({
        feature: name,
        maxVersionLevel: level,
        upgradeType: UPGRADE as 1,
      }))
      await kafka.call((connection) => api.updateFeatures(connection, TIMEOUT_MS, updates, false), ctx)
    }
    await writeAdministrator(kafka, adminOf(allocation), ctx)
    await writeOwnQuotas(kafka, ctx)
    await takeUpThreads(kafka, ctx)
    await ensureOwnershipTopic(kafka, ctx)
  },
}

const adminOf = (allocation: Allocation) => allocation.secrets.admin ?? { secretRef: { generated: 'admin' } }

/** Features whose level is below what all brokers could do. */
async function featuresBehind(
  session: KafkaSession,
  ctx: Context,
): Promise<readonly { readonly name: string; readonly level: number }[]> {
  const answers = [...(await session.everyBroker((connection) => api.features(connection, 'mqops', '1'), ctx)).values()]
  const finalized = new Map(answers[0]?.finalizedFeatures?.map((feature) => [feature.name, feature.maxVersionLevel]))
  return (answers[0]?.supportedFeatures ?? [])
    .filter(({ name }) => !NOT_HERE.includes(name))
    .map(({ name }) => ({
      name,
      level: Math.min(
        ...answers.map((answer) => answer.supportedFeatures?.find((f) => f.name === name)?.maxVersion ?? 0),
      ),
    }))
    .filter(({ name, level }) => level > (finalized.get(name) ?? 0))
}

async function administratorLogsIn(
  session: KafkaSession & Session,
  allocation: Allocation,
  ctx: Context,
): Promise<boolean> {
  if (!(await administratorStands(session, ctx))) return false
  const password = await ctx.secret(adminOf(allocation))
  return (await session.login({ mechanism: 'SCRAM-SHA-512', user: 'admin', password }, ctx)) !== false
}
