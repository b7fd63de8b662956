import type { JsonObject } from '../../../model/json.ts'
import { failed, type Loss, type Observed, type Outcome, yes } from '../../../model/plan.ts'
import type { ClusterSpec } from '../../../model/spec.ts'
import type { Context } from '../../../ports/context.ts'
import type { Change, Kind, KindItem } from '../../../ports/kind.ts'
import { call, ELECTION_MS } from '../api.ts'
import { pooled } from '../client.ts'
import { ERROR, failureOf, isRefusal, isSilence } from '../errors.ts'
import { fieldsOf } from '../fields.ts'
import { entries } from '../names.ts'
import type { NatsSession } from '../session.ts'
import { type ConsumerInfo, consumerInfo, listConsumers } from '../streams.ts'
import { fieldChanges, pick, setFields } from './config.ts'
import { consumerClashes } from './consumer-clashes.ts'
import {
  type ConsumerSeen,
  consumerWire,
  type ConsumerValue,
  immutableConsumerChanges,
  normalConsumer,
  wantedConsumer,
} from './consumer-config.ts'

const CONCURRENCY = 32

type Key = readonly [string, string, string]
type Seen = Observed<ConsumerSeen & JsonObject>

export const consumer: Kind<NatsSession, ConsumerValue, ConsumerSeen & JsonObject> = {
  name: 'consumer',
  action: 'nats.consumer',
  via: 'api',
  maxBatch: 500,
  after: ['stream'],
  desired: (spec) =>
    consumersOf(spec).map(({ key, value }) => ({
      key,
      value,
      path: ['accounts', key[0], 'streams', key[1], 'consumers', key[2]],
    })),
  needs: ([account, stream]) => [['stream', account as string, stream as string]],
  standsOn: ([account, stream]) => [['stream', account as string, stream as string]],
  list: async (session, scope, ctx) => (scope === 'all' ? all(session, ctx) : some(session, scope, ctx)),
  diff: (want, have) => diffConsumer(want, have),
  clashes: consumerClashes,
  act,
  loses: async (session, keys, ctx) =>
    (await some(session, keys, ctx)).map(([, have]): Loss => (have.is === 'present' ? lossOf(have.value) : {})),
  toSpec: ({ config }) => config,
}

const consumersOf = (spec: ClusterSpec) =>
  entries(fieldsOf(spec).accounts).flatMap(([account, of]) =>
    entries(of.streams).flatMap(([stream, fields]) =>
      entries(fields.consumers).map(([name, one]) => ({
        key: [account, stream, name] as const,
        value: wantedConsumer(one, fields, of.jetstream || {}),
      })),
    ),
  )

/** Pure: what must be done so that `have` becomes `want`. */
export function diffConsumer(want: ConsumerValue | undefined, have: Observed<ConsumerSeen>): readonly Change[] {
  if (have.is === 'unknown') return []
  if (have.is === 'absent') return want ? [creation(want)] : []
  // A pause that is over is none.
  const over = want?.['pause_until'] === null && !have.value.paused
  const config = over ? ({ ...have.value.config, pause_until: null } as ConsumerValue) : have.value.config
  if (!want) return [deletion(have.value, have.uid, 'mqops made it and the spec has it no more')]
  const fixed = immutableConsumerChanges(config, want)
  if (fixed.length > 0) {
    const names = fixed.join(', ')
    return [
      deletion(
        have.value,
        have.uid,
        `${names} can't be changed in place: the consumer is deleted and made anew, its position is lost`,
      ),
      creation(want, `made anew with the new ${names}`),
    ]
  }
  const changes = fieldChanges(config, want)
  if (changes.length === 0) return []
  const names = changes.map((change) => change.field)
  const moved = names.some((name) =>
    ['filters', 'deliver_subject', 'deliver_group', 'headers_only', 'pause_until'].includes(name),
  )
  return [
    {
      verb: 'update',
      want,
      reads: pick(config, names),
      reason: `${names.join(', ')} differ from the spec`,
      risk: moved ? 'disruptive' : 'safe',
      reversible: true,
      changes,
    },
  ]
}

const creation = (want: ConsumerValue, reason = 'the spec has it, the cluster has not'): Change => ({
  verb: 'create',
  want,
  reads: { is: 'absent' },
  reason,
  risk: 'safe',
  reversible: true,
  changes: setFields(want, normalConsumer({})),
})

/** A consumer that was used has a position, which can't be had again; an unused one is only missed by its clients. */
const deletion = (have: ConsumerSeen, uid: string | undefined, reason: string): Change => {
  const used = have.delivered > 0 || (have.pending > 0 && have.retention === 'interest')
  return {
    verb: 'delete',
    want: null,
    reads: { uid: uid ?? null },
    reason,
    risk: used ? 'destructive' : 'disruptive',
    reversible: !used,
    changes: [],
    ...(used ? { loses: lossOf(have) } : {}),
  }
}

/** On an interest stream the server deletes what nobody else waits for. */
const lossOf = (have: ConsumerSeen): Loss => ({ messages: have.retention === 'interest' ? have.pending : 0 })

const seen = (info: ConsumerInfo, retention: string): Seen => ({
  is: 'present',
  value: {
    config: normalConsumer(info.config),
    retention,
    pending: info.num_pending + info.num_ack_pending,
    delivered: info.delivered.stream_seq,
    paused: info.paused ?? false,
  },
  uid: info.created,
  owner: { by: 'nobody' },
})

/** Durable consumers of all streams; ephemeral ones belong to the client, sourcing ones to the server that made them. */
async function all(session: NatsSession, ctx: Context): Promise<readonly (readonly [readonly string[], Seen])[]> {
  const accounts = await session.accounts(ctx)
  const found = await pooled(accounts, 8, async (account) => ({ account, ...(await session.streams(account, ctx)) }))
  const streams = found.flatMap(({ account, streams: infos }) => infos.map((info) => ({ account, info })))
  // Nobody who could tell of them answers: they are not asked for once more, one by one.
  const hidden = found.flatMap(({ account, silent }) =>
    consumersOf(session.spec).flatMap(({ key }): readonly (readonly [readonly string[], Seen])[] => {
      const why = key[0] === account ? silent.get(key[1]) : undefined
      return why === undefined ? [] : [[key, { is: 'unknown', why }]]
    }),
  )
  const used = streams.filter(({ info }) => info.state.consumer_count > 0)
  const lists = await pooled(used, CONCURRENCY, async ({ account, info }) => {
    const { consumers, silent } = await listConsumers(session.links, account, info.config.name, ctx)
    const durable = consumers.filter((consumer) => consumer.config.durable_name && !consumer.config.sourcing)
    return [
      ...durable.map(
        (consumer) =>
          [[account, info.config.name, consumer.name], seen(consumer, info.config.retention ?? 'limits')] as const,
      ),
      ...[...silent].map(([name, why]) => [[account, info.config.name, name], { is: 'unknown', why }] as const),
    ]
  })
  return [...lists.flat(), ...hidden]
}

/** Of one stream: its list takes fewer requests than so many one by one. */
const LISTED = 3

async function some(
  session: NatsSession,
  keys: readonly (readonly string[])[],
  ctx: Context,
): Promise<readonly (readonly [readonly string[], Seen])[]> {
  const accounts = new Set(await session.accounts(ctx))
  const until = ctx.now() + ELECTION_MS
  const one = async ([account, stream, name]: Key): Promise<Seen> => {
    const info = await consumerInfo(session.links, account, stream, name, ctx, until)
    return info ? seen(info, session.retentionOf(account, stream)) : { is: 'absent' }
  }
  const byStream = [...Map.groupBy(keys, ([account, stream]) => JSON.stringify([account, stream])).values()]
  const asked = byStream.flatMap((of) => (of.length < LISTED ? of.map((key) => [key]) : [of]))
  const answers = new Map<readonly string[], Seen>()
  const ask = async (of: readonly (readonly string[])[]): Promise<readonly Seen[]> => {
    const [account, stream] = of[0] as unknown as Key
    try {
      if (!accounts.has(account)) return of.map(() => ({ is: 'absent' }))
      if (of.length < LISTED) return [await one(of[0] as unknown as Key)]
      return await ofStream(session, account, stream, of as unknown as readonly Key[], ctx)
    } catch (error) {
      ctx.signal.throwIfAborted()
      if (!isSilence(error)) throw error
      const { summary: why } = failureOf(error)
      return of.map(() => ({ is: 'unknown', why }))
    }
  }
  await pooled(asked, CONCURRENCY, async (of) => {
    for (const [i, have] of (await ask(of)).entries()) answers.set(of[i] as readonly string[], have)
  })
  return keys.map((key) => [key, answers.get(key) as Seen] as const)
}

/** Several consumers of one stream. */
async function ofStream(
  session: NatsSession,
  account: string,
  stream: string,
  keys: readonly Key[],
  ctx: Context,
): Promise<readonly Seen[]> {
  const { consumers, silent } = await listConsumers(session.links, account, stream, ctx)
  const retention = session.retentionOf(account, stream)
  const found = new Map(consumers.map((info) => [info.name, info]))
  return keys.map(([, , name]): Seen => {
    const info = found.get(name)
    if (info) return seen(info, retention)
    const why = silent.get(name)
    return why === undefined ? { is: 'absent' } : { is: 'unknown', why }
  })
}

async function act(
  verb: 'create' | 'update' | 'delete',
  items: readonly KindItem<ConsumerValue>[],
  session: NatsSession,
  ctx: Context,
): Promise<readonly Outcome[]> {
  return pooled(items, CONCURRENCY, async (item): Promise<Outcome> => {
    const [account, stream, name] = item.key as unknown as Key
    const what = `${verb} consumer ${account}/${stream}/${name}`
    try {
      if (verb === 'delete')
        await call(session.links, account, `CONSUMER.DELETE.${stream}.${name}`, undefined, what, ctx)
      else
        await call(
          session.links,
          account,
          `CONSUMER.CREATE.${stream}.${name}`,
          { stream_name: stream, config: consumerWire(name, item.want), action: verb },
          what,
          ctx,
        )
      // An update keeps the pause that there is.
      if (verb === 'update' && item.changes.some(({ field }) => field === 'pause_until')) {
        const pause = item.want['pause_until'] ?? null
        const body: JsonObject = pause === null ? {} : { pause_until: pause }
        await call(session.links, account, `CONSUMER.PAUSE.${stream}.${name}`, body, what, ctx)
      }
      return yes
    } catch (error) {
      ctx.signal.throwIfAborted()
      if (verb === 'delete' && isRefusal(error, ERROR.consumerNotFound, ERROR.streamNotFound)) return yes
      return failed({ address: item.step.address, ...failureOf(error) })
    }
  })
}
