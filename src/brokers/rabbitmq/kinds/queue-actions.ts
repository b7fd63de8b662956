import { type Outcome, yes } from '../../../model/plan.ts'
import type { Context } from '../../../ports/context.ts'
import type { KindItem } from '../../../ports/kind.ts'
import { type Job, overAmqp } from '../bulk.ts'
import { apiPath } from '../client.ts'
import { neverLed } from '../leaders.ts'
import { attempt, inParallel } from '../pool.ts'
import { noteBindings, restoreBindings } from '../rebind.ts'
import { inVhost, type RabbitmqSession } from '../session.ts'
import type { QueueWant } from './queue-value.ts'
import { keyText } from './shared.ts'

/** Declares them; with those that are there the bindings come back that were noted when they were replaced. */
export async function declareQueues(
  items: readonly KindItem<QueueWant>[],
  session: RabbitmqSession,
  ctx: Context,
): Promise<readonly Outcome[]> {
  const outcomes = await declareAll(items, session, ctx)
  const there = items.filter((_, i) => outcomes[i]?.is === 'yes').map((item) => item.key)
  if (there.length > 0) await restoreBindings(session, 'queue', there, ctx)
  return outcomes
}

/**
 * Over AMQP, whose channel ends what it has begun when the client dies: a request of the management interface dies with
 * its connection, and leaves a quorum queue that is known, but has no replicas or never elects a leader. What is there
 * like that goes first, since a declaration of what is known changes nothing: that it holds no message was read a moment
 * ago, from all its replicas.
 */
async function declareAll(
  items: readonly KindItem<QueueWant>[],
  session: RabbitmqSession,
  ctx: Context,
): Promise<readonly Outcome[]> {
  const stillborn = new Set((await neverLed(session, ctx)).map(({ vhost, name }) => keyText([vhost, name])))
  await inParallel(
    items.filter(({ key }) => stillborn.has(keyText(key))),
    async ({ key: [vhost = '', name = ''] }) => {
      await noteBindings(session, 'queue', vhost, name, ctx)
      await session.http.ask(apiPath('queues', vhost, name), ctx, { method: 'DELETE', accept: [404] })
    },
  )
  const jobs = items.map(({ key: [vhost = '', name = ''], want }): Job => {
    const { durable, autoDelete } = want
    const options = { durable, autoDelete, arguments: { ...want.arguments, 'x-queue-type': want.type } }
    return { vhost, work: (channel) => channel.assertQueue(name, options) }
  })
  const done = await overAmqp(session, jobs, ctx, { atLeast: 1 })
  return inParallel(items, async (item, i) => (done.has(i) ? yes : declare(item, session, ctx)))
}

/** Members in turns: a queue's leader stands where its declaration arrives. */
const declare = (
  { key: [vhost = '', name = ''], want }: KindItem<QueueWant>,
  session: RabbitmqSession,
  ctx: Context,
): Promise<Outcome> =>
  attempt(() => {
    const body = {
      durable: want.durable,
      auto_delete: want.autoDelete,
      arguments: { ...want.arguments, 'x-queue-type': want.type },
    }
    return inVhost(
      session,
      vhost,
      () => session.http.ask(apiPath('queues', vhost, name), ctx, { method: 'PUT', body, spread: true }),
      ctx,
    )
  })
