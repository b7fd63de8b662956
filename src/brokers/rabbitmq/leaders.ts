import { MqopsError } from '../../model/failure.ts'
import type { Context } from '../../ports/context.ts'
import { apiPath } from './client.ts'
import { inParallel } from './pool.ts'
import type { RabbitmqSession } from './session.ts'

/**
 * Quorum queues that work, asked of their Raft groups. The list of queues is no proof: it names the leader and the
 * members that a queue was to have when it was declared, and calls all of them online.
 */

export type QueueName = { readonly vhost: string; readonly name: string }

/** One replica, as the management interface tells it; what it does not know is '' there. */
type Replica = { readonly 'Raft State': string; readonly Term?: number | ''; readonly 'Last Log Index'?: number | '' }

const WITHOUT_LEADERS = '/api/health/checks/quorum-queues-without-elected-leaders/all-vhosts/pattern/.*'

/** All quorum queues that have no leader now; throws MQOPS_FORBIDDEN when this user may not ask. */
export async function leaderless(session: RabbitmqSession, ctx: Context): Promise<readonly QueueName[]> {
  const { status, body } = await session.http.ask(WITHOUT_LEADERS, ctx, { accept: [404, 500, 503] })
  // Before 4.1 there is no such check; 4.3 can't write a name with characters beyond Latin-1 and answers 500.
  if (status === 404 || status === 500) return leaderlessByStatus(session, ctx)
  const { queues = [] } = body as { queues?: readonly { name: string; virtual_host: string }[] }
  return queues.map(({ name, virtual_host: vhost }) => ({ vhost, name }))
}

/** What has no statistics, which come from the leader, is asked one by one. */
async function leaderlessByStatus(session: RabbitmqSession, ctx: Context): Promise<readonly QueueName[]> {
  const rows = (await session.http.get('/api/queues?columns=name,vhost,type,messages', ctx)) as unknown as readonly {
    name: string
    vhost: string
    type: string
    messages?: number
  }[]
  const suspects = rows.filter(({ type, messages }) => type === 'quorum' && messages === undefined)
  const led = await inParallel(suspects, (queue) => hasLeader(session, queue, ctx))
  return suspects.filter((_, i) => !led[i]).map(({ vhost, name }) => ({ vhost, name }))
}

export const hasLeader = async (session: RabbitmqSession, queue: QueueName, ctx: Context): Promise<boolean> =>
  (await replicasOf(session, queue, ctx)).some((one) => one['Raft State'] === 'leader')

const replicasOf = async (session: RabbitmqSession, { vhost, name }: QueueName, ctx: Context) => {
  const { body } = await session.http.ask(`${apiPath('queues', 'quorum', vhost, name)}/status`, ctx, {
    accept: [404],
  })
  // Of a queue that is gone by now, or of another type, it says an error, with status 404 or 200.
  return Array.isArray(body) ? (body as unknown as readonly Replica[]) : []
}

/**
 * Those of them that never had a leader and so never held a message: every replica says that its log is empty and that
 * no election was ever held. So a declaration ends that was cut off in the middle.
 */
export async function neverLed(session: RabbitmqSession, ctx: Context): Promise<readonly QueueName[]> {
  let without: readonly QueueName[]
  try {
    without = await leaderless(session, ctx)
  } catch (error) {
    if (error instanceof MqopsError && error.code === 'MQOPS_FORBIDDEN') return []
    throw error
  }
  const untouched = await inParallel(without, async (queue) => isUntouched(await replicasOf(session, queue, ctx)))
  return without.filter((_, i) => untouched[i])
}

/** Pure. A replica that does not run (noproc) may hold messages on its disk. */
export const isUntouched = (replicas: readonly Replica[]): boolean =>
  replicas.length > 0 &&
  replicas.every((one) => one['Raft State'] === 'follower' && one.Term === 0 && one['Last Log Index'] === 0)
