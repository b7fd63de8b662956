import { MqopsError } from '../../model/failure.ts'
import type { Context } from '../../ports/context.ts'
import type { Lease } from '../../ports/session.ts'
import { brokerError } from './errors.ts'
import { append, patiently, readOn } from './log.ts'
import { ensureOwnershipTopic, LEASE_KEY, ownershipPlace } from './ownership.ts'
import { api } from './protocol.ts'
import type { KafkaSession } from './session.ts'

const TRANSACTIONAL_ID = 'mqops.lease'
const TRANSACTION = 1 // FindCoordinator's key type
const TRANSACTION_TIMEOUT_MS = 60_000
/** Epochs of one producer id; after the last one the broker gives a new, higher producer id. */
const EPOCHS = 32_768n

type Holder = { readonly holder: string | null; readonly until: number; readonly epoch: number }
type Producer = { readonly id: bigint; readonly epoch: number }

/**
 * A lease kept in the cluster: a transactional id, of which the broker itself fences every older epoch, and beside it a
 * record of who holds it and until when (by the holder's clock), so that nobody takes it from a living holder.
 * Throws MQOPS_LOCKED naming the holder.
 */
export async function acquireLease(session: KafkaSession, holder: string, ttlMs: number, ctx: Context): Promise<Lease> {
  await ensureOwnershipTopic(session, ctx)
  const current = await readHolder(session, ctx)
  if (current && current.holder !== null && current.until > ctx.now()) throw locked(current)
  const producer = await patiently(() => initialize(session, ctx), ctx)
  const epoch = Number(producer.id * EPOCHS + BigInt(producer.epoch))
  const tell = async (until: number, who: string | null) => {
    const value = JSON.stringify({ holder: who, until, epoch } satisfies Holder)
    await patiently(
      async () => append(session, await ownershipPlace(session, ctx), [{ key: LEASE_KEY, value }], ctx),
      ctx,
    )
  }
  const renew = async () => {
    await patiently(() => probe(session, producer, ctx), ctx)
    await tell(ctx.now() + ttlMs, holder)
    // Somebody may have taken over between the two; then our record is older than theirs, and the lease is lost.
    await patiently(() => probe(session, producer, ctx), ctx)
  }
  try {
    await renew()
  } catch (error) {
    if (!(error instanceof MqopsError) || error.code !== 'MQOPS_LEASE_LOST') throw error
    throw locked((await readHolder(session, ctx)) ?? { holder: 'somebody else', until: 0, epoch: 0 })
  }
  return {
    epoch,
    renew,
    async release() {
      await patiently(() => probe(session, producer, ctx), ctx)
      await tell(0, null)
    },
  }
}

const locked = ({ holder, until }: Holder) =>
  new MqopsError({
    code: 'MQOPS_LOCKED',
    summary: `${holder} works on this cluster`,
    ...(until > 0 ? { detail: `until ${new Date(until).toISOString()}, unless renewed` } : {}),
    hint: 'Wait until it has finished.',
    retryable: true,
  })

/** The record with the highest epoch: one that a fenced holder still managed to write counts for nothing. */
async function readHolder(session: KafkaSession, ctx: Context): Promise<Holder | null> {
  return patiently(async () => {
    let found: Holder | null = null
    await readOn(session, await ownershipPlace(session, ctx), null, ctx, ({ key, value }) => {
      if (key !== LEASE_KEY || value === null) return
      const record = JSON.parse(value) as Holder
      if (found === null || record.epoch >= found.epoch) found = record
    })
    return found
  }, ctx)
}

async function coordinator(session: KafkaSession, ctx: Context): Promise<number> {
  const answer = await session.call(
    (connection) => api.findCoordinator(connection, TRANSACTION, [TRANSACTIONAL_ID]),
    ctx,
  )
  const [found] = answer.coordinators
  if (found && found.errorCode === 0) return found.nodeId
  throw new MqopsError({ code: 'MQOPS_BROKER', summary: 'no coordinator of transactions yet', retryable: true })
}

/** Takes the transactional id over. -1/-1 asks for the next epoch whoever had it: the library's own default, 0/0, is refused. */
async function initialize(session: KafkaSession, ctx: Context): Promise<Producer> {
  const node = await coordinator(session, ctx)
  const answer = await session.at(
    node,
    (connection) => api.initProducerId(connection, TRANSACTIONAL_ID, TRANSACTION_TIMEOUT_MS, -1n, -1),
    ctx,
  )
  return { id: answer.producerId, epoch: answer.producerEpoch }
}

/** Ending a transaction that was never begun: the broker checks the epoch first, so its answer tells who holds the id. */
async function probe(session: KafkaSession, producer: Producer, ctx: Context): Promise<void> {
  const node = await coordinator(session, ctx)
  try {
    await session.at(
      node,
      (connection) => api.endTxn(connection, TRANSACTIONAL_ID, producer.id, producer.epoch, true),
      ctx,
    )
  } catch (error) {
    const id = brokerError(error)
    if (id === 'INVALID_TXN_STATE') return // our epoch, and nothing to end
    if (id === 'INVALID_PRODUCER_EPOCH' || id === 'PRODUCER_FENCED' || id === 'INVALID_PRODUCER_ID_MAPPING') {
      throw new MqopsError(
        { code: 'MQOPS_LEASE_LOST', summary: 'somebody else has taken the lease of this cluster' },
        { cause: error },
      )
    }
    throw error
  }
}
