import { MqopsError } from '../../model/failure.ts'
import type { Context } from '../../ports/context.ts'
import { type Connection, confirmChannel, within } from './amqp.ts'
import { apiPath } from './client.ts'
import { CANARY_VHOST } from './names.ts'
import { inParallel } from './pool.ts'
import type { RabbitmqSession } from './session.ts'

/** What canaries leave in the cluster, and how it goes again: this run's, and what crashed runs have left. */

const PREFIX = 'mqops.canary.'
/** An exclusive queue that stands as long as a run's connection does: canaries without it are a crashed run's. */
const ALIVE = '.alive'
const STEP_MS = 10_000

/** Canaries of one run are named after it: RUN.SLOT. */
export const runName = (ctx: Context): string => `${PREFIX}${ctx.now()}.${Buffer.from(ctx.random(6)).toString('hex')}`

export async function declareAlive(run: string, connection: Connection, ctx: Context): Promise<void> {
  const channel = await confirmChannel(connection, ctx)
  const options = { exclusive: true, durable: false, arguments: { 'x-queue-type': 'classic' } }
  await within(channel.assertQueue(`${run}${ALIVE}`, options), STEP_MS, connection.endpoint, 'declare a queue', ctx)
}

/** Names of all queues in the canaries' virtual host; null when it is not there. */
async function canaries(session: RabbitmqSession, ctx: Context): Promise<readonly string[] | null> {
  const list = `${apiPath('queues', CANARY_VHOST)}?disable_stats=true&columns=name`
  const { status, body } = await session.http.ask(list, ctx, { accept: [404] })
  return status === 404 ? null : (body as unknown as readonly { name: string }[]).map((queue) => queue.name)
}

/** This run's queues and those of crashed runs, side by side: with a dead member the broker takes 5 s for each. */
export const removeCanaries = (session: RabbitmqSession, own: string, ctx: Context): Promise<void> =>
  quietly(ctx, async () => {
    const names = (await canaries(session, ctx)) ?? []
    const mine = names.filter((name) => name.startsWith(`${own}.`) && name !== `${own}${ALIVE}`)
    await inParallel([...mine, ...leftOvers(names, own)], (name) =>
      session.http.ask(apiPath('queues', CANARY_VHOST, name), ctx, { method: 'DELETE', accept: [404] }),
    )
  })

/** Unless somebody else uses it; in use it stays until the last one has finished. */
export const removeVhost = (session: RabbitmqSession, ctx: Context): Promise<void> =>
  quietly(ctx, async () => {
    const names = await canaries(session, ctx)
    if (names === null || names.length > 0) return
    await session.http.ask(apiPath('vhosts', CANARY_VHOST), ctx, { method: 'DELETE', accept: [404] })
  })

/** What can't be cleaned up now is found and removed by the next run: no reason to fail this one. */
async function quietly(ctx: Context, work: () => Promise<void>): Promise<void> {
  if (ctx.signal.aborted) return
  try {
    await work()
  } catch (error) {
    ctx.log('rabbitmq.canary.cleanup', error instanceof MqopsError ? error.failure.summary : String(error))
  }
}

/** Canaries of other runs whose connection has ended. Pure. */
export function leftOvers(names: readonly string[], own: string): readonly string[] {
  const runs = new Set(names.filter((name) => name.endsWith(ALIVE)).map((name) => name.slice(0, -ALIVE.length)))
  return names.filter((name) => {
    const run = name.slice(0, name.lastIndexOf('.'))
    return name.startsWith(PREFIX) && run !== own && !runs.has(run)
  })
}
