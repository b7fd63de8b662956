import { describeError, MqopsError } from '../../model/failure.ts'
import type { Json } from '../../model/json.ts'
import type { Context } from '../../ports/context.ts'
import type { Lease } from '../../ports/session.ts'
import { type Connection, confirmChannel, openConnection, within } from './amqp.ts'
import { LEASE_QUEUE } from './names.ts'
import { globalParameters, putGlobalParameter } from './ownership.ts'
import type { RabbitmqSession } from './session.ts'

/** Holder and epoch: in the metadata store, so that a holder cut off from the majority can't renew. */
const PARAMETER = 'mqops.lease'
const STEP_MS = 8_000

type Held = { readonly epoch: number; readonly holder: string; readonly at: number }

const readHeld = (value: Json | undefined): Held => {
  const held = value as Partial<Held> | undefined
  return { epoch: held?.epoch ?? 0, holder: held?.holder ?? 'nobody', at: held?.at ?? 0 }
}

/**
 * The lease is an exclusive queue on a connection that stays open: one connection can have it, and it goes with the
 * connection. `ttlMs` bounds how long a dead holder's connection is believed (heartbeats).
 */
export async function takeLease(session: RabbitmqSession, holder: string, ttlMs: number, ctx: Context): Promise<Lease> {
  const connection = await connectAny(session, ttlMs, ctx)
  try {
    await claim(connection, session, ctx)
    const before = readHeld((await globalParameters(session.http, ctx)).get(PARAMETER))
    const epoch = before.epoch + 1
    await note(session, { epoch, holder, at: ctx.now() }, ctx)
    return {
      epoch,
      renew: () => renew(connection, session, epoch, holder, ctx),
      release: () => connection.close(),
    }
  } catch (error) {
    await connection.close()
    throw error
  }
}

const note = (session: RabbitmqSession, held: Held, ctx: Context): Promise<unknown> =>
  putGlobalParameter(session.http, PARAMETER, held, ctx)

/** The first member that takes the connection. */
async function connectAny(session: RabbitmqSession, ttlMs: number, ctx: Context): Promise<Connection> {
  let last: unknown = new MqopsError({
    code: 'MQOPS_UNREACHABLE',
    summary: `${session.spec.name}: no client endpoint is given`,
  })
  for (const endpoint of session.access.endpoints.client ?? []) {
    try {
      return await openConnection(
        session,
        endpoint,
        { vhost: '/', heartbeatSeconds: Math.max(1, Math.floor(ttlMs / 3000)) },
        ctx,
      )
    } catch (error) {
      if (!(error instanceof MqopsError)) throw error
      if (error.code === 'MQOPS_BROKER' || error.code === 'MQOPS_FORBIDDEN') throw noPlace(error)
      if (error.code !== 'MQOPS_UNREACHABLE') throw error
      last = error
    }
  }
  throw last
}

/** All operators of the cluster meet in '/', which this user must be let into. */
const noPlace = (error: MqopsError): MqopsError =>
  new MqopsError(
    {
      ...error.failure,
      code: 'MQOPS_FORBIDDEN',
      hint: "The lease is an exclusive queue in the virtual host '/': give this user all permissions there.",
    },
    { cause: error },
  )

async function claim(connection: Connection, session: RabbitmqSession, ctx: Context): Promise<void> {
  const channel = await confirmChannel(connection, ctx)
  try {
    await within(
      channel.assertQueue(LEASE_QUEUE, { exclusive: true, durable: false, arguments: { 'x-queue-type': 'classic' } }),
      STEP_MS,
      connection.endpoint,
      'take the lease',
      ctx,
    )
  } catch (error) {
    if (!/RESOURCE_LOCKED|\b405\b/.test(describeError(error))) throw error
    const held = readHeld((await globalParameters(session.http, ctx)).get(PARAMETER))
    throw new MqopsError({
      code: 'MQOPS_LOCKED',
      summary: `${session.spec.name}: ${held.holder} is at work on it since ${new Date(held.at).toISOString()}`,
      hint: 'Wait until it has finished, or end it.',
      retryable: true,
    })
  }
}

/** The connection lives, nobody took the lease after us, and a majority takes our word. */
async function renew(
  connection: Connection,
  session: RabbitmqSession,
  epoch: number,
  holder: string,
  ctx: Context,
): Promise<void> {
  if (connection.ended() !== null) throw lost(session, `its connection ended: ${connection.ended()?.message}`)
  const held = readHeld((await globalParameters(session.http, ctx)).get(PARAMETER))
  if (held.epoch !== epoch) throw lost(session, `${held.holder} has taken it`)
  await note(session, { epoch, holder, at: ctx.now() }, ctx)
}

const lost = (session: RabbitmqSession, why: string): MqopsError =>
  new MqopsError({ code: 'MQOPS_LEASE_LOST', summary: `${session.spec.name}: the lease is lost: ${why}` })
