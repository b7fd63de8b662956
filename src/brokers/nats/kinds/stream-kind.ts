import type { Dict, JsonObject } from '../../../model/json.ts'
import type { Loss, Observed } from '../../../model/plan.ts'
import type { ClusterSpec } from '../../../model/spec.ts'
import type { Context } from '../../../ports/context.ts'
import type { Kind } from '../../../ports/kind.ts'
import { ELECTION_MS, read } from '../api.ts'
import { pooled } from '../client.ts'
import { failureOf, isSilence } from '../errors.ts'
import { fieldsOf } from '../fields.ts'
import type { StreamFields } from '../fields-stream.ts'
import { kindOfStream, type StreamKindName, streamName } from '../names.ts'
import type { NatsSession } from '../session.ts'
import { listStreams, type StreamInfo, streamInfo, streamNames } from '../streams.ts'
import { limitClashes } from './consumer-limits.ts'
import { actOnStreams, CONCURRENCY, type StreamKey } from './stream-acts.ts'
import { roomClashes } from './room-clashes.ts'
import { countClashes, isStream, subjectClashes } from './stream-clashes.ts'
import { normalStream, type StreamValue, wantedStream } from './stream-config.ts'
import { diffStream, lossOfUpdate, type StreamSeen } from './stream-diff.ts'

type Seen = Observed<StreamSeen & JsonObject>
type Listed = readonly (readonly [readonly string[], Seen])[]

/** Streams, buckets and object stores differ in what the spec says of them; on the server all are streams. */
export type StreamKindOptions = {
  readonly name: StreamKindName
  /** Everything of this kind that a spec asks for, by the name that people know it by. */
  readonly streams: (spec: ClusterSpec) => readonly {
    readonly account: string
    readonly name: string
    readonly fields: StreamFields
    readonly path: readonly string[]
  }[]
  /** People's words for the thing and for the server's fields. */
  readonly words?: Dict<string>
}

export function streamKind({
  name: kind,
  streams,
  words,
}: StreamKindOptions): Kind<NatsSession, StreamValue, StreamSeen & JsonObject> {
  const streamOf = ([account, name]: readonly string[]): StreamKey => [
    account as string,
    streamName(kind, name as string),
  ]
  return {
    name: kind,
    action: `nats.${kind}`,
    via: 'api',
    maxBatch: 500,
    after: ['account'],
    desired: (spec) =>
      streams(spec).map(({ account, name, fields, path }) => ({
        key: [account, name],
        value: wantedStream(fields, fieldsOf(spec)),
        path,
      })),
    needs: ([account], want) => [
      ['account', account as string],
      ...[want.mirror, ...(want.sources as readonly JsonObject[])].flatMap((source) => {
        // One of another account or domain may have this one's very name.
        if (!source || (source as JsonObject)['external']) return []
        const [of, name] = kindOfStream((source as JsonObject).name as string)
        return [[of, account as string, name]]
      }),
    ],
    list: async (session, scope, ctx) =>
      scope === 'all' ? all(kind, session, ctx) : some(scope, streamOf, session, ctx),
    names: async (session, ctx) => {
      const accounts = await session.accounts(ctx)
      const lists = await pooled(accounts, 8, async (account) =>
        (await streamNames(session.links, account, ctx)).flatMap((full) => {
          const [of, short] = kindOfStream(full)
          return of === kind ? [[account, short]] : []
        }),
      )
      return lists.flat()
    },
    diff: (want, have) => diffStream(want, have, words),
    clashes: (wanted, others, spec) => [
      ...subjectClashes(wanted, others),
      ...countClashes(wanted, others, spec),
      ...roomClashes(wanted, others.filter(isStream), spec),
      ...limitClashes(wanted, others),
    ],
    act: (verb, items, session, ctx) => actOnStreams(verb, items, streamOf, session, ctx),
    loses: (session, keys, ctx) => pooled(keys, CONCURRENCY, (key) => lossOf(session, streamOf(key), ctx)),
    losesByUpdate: (session, items, ctx) =>
      pooled(items, CONCURRENCY, ({ key, want }) => lossByUpdate(session, streamOf(key), want, ctx)),
    toSpec: ({ config }) => config,
  }
}

const seen = (info: StreamInfo): Seen => ({
  is: 'present',
  value: { config: normalStream(info.config), messages: info.state.messages, bytes: info.state.bytes },
  uid: info.created,
  owner: { by: 'nobody' },
})

async function all(kind: StreamKindName, session: NatsSession, ctx: Context): Promise<Listed> {
  const accounts = await session.accounts(ctx)
  const own = (name: string): readonly string[] => {
    const [of, short] = kindOfStream(name)
    return of === kind ? [short] : []
  }
  const lists = await pooled(accounts, 8, async (account): Promise<Listed> => {
    const { streams, silent } = await session.streams(account, ctx)
    return [
      ...streams.flatMap((info) => own(info.config.name).map((name) => [[account, name], seen(info)] as const)),
      ...[...silent].flatMap(([full, why]) =>
        own(full).map((name) => [[account, name], { is: 'unknown', why }] as const),
      ),
    ]
  })
  const stranded = await session.stranded(ctx)
  return [
    ...lists.flat(),
    ...stranded.flatMap(({ account, name: full }) =>
      own(full).map(
        (name) =>
          [
            [account, name],
            {
              is: 'unknown',
              why: `account ${account} is not in the spec any more, and would take its streams with it; remove the streams first, apply, then the account`,
            },
          ] as const,
      ),
    ),
  ]
}

/** More are read with their account's list: a few pages instead of so many requests. */
const FEW = 64

async function some(
  keys: readonly (readonly string[])[],
  streamOf: (key: readonly string[]) => StreamKey,
  session: NatsSession,
  ctx: Context,
): Promise<Listed> {
  const accounts = new Set(await session.accounts(ctx))
  const until = ctx.now() + ELECTION_MS
  const unknown = (error: unknown): Seen => {
    ctx.signal.throwIfAborted()
    if (!isSilence(error)) throw error
    return { is: 'unknown', why: failureOf(error).summary }
  }
  if (keys.length <= FEW)
    return pooled(keys, CONCURRENCY, async (key) => {
      const [account, name] = streamOf(key)
      try {
        const info = accounts.has(account) ? await streamInfo(session.links, account, name, ctx, until) : null
        return [key, info ? seen(info) : { is: 'absent' }] as const
      } catch (error) {
        return [key, unknown(error)] as const
      }
    })
  const lists = new Map<string, (name: string) => Seen>()
  await pooled([...new Set(keys.map((key) => streamOf(key)[0]))], 8, async (account) => {
    try {
      // A list of its own: one that others wait for was asked for before what is asked now.
      if (accounts.has(account)) lists.set(account, among(await listStreams(session.links, account, ctx)))
    } catch (error) {
      const have = unknown(error)
      lists.set(account, () => have)
    }
  })
  return keys.map((key) => {
    const [account, name] = streamOf(key)
    return [key, lists.get(account)?.(name) ?? { is: 'absent' }] as const
  })
}

function among({ streams, silent }: Awaited<ReturnType<typeof listStreams>>): (name: string) => Seen {
  const found = new Map(streams.map((info) => [info.config.name, info]))
  return (name) => {
    const info = found.get(name)
    if (info) return seen(info)
    const why = silent.get(name)
    return why === undefined ? { is: 'absent' } : { is: 'unknown', why }
  }
}

/** The server tells so many subjects at once. */
const MOST_SUBJECTS = 100_000

async function lossByUpdate(
  session: NatsSession,
  [account, name]: StreamKey,
  want: StreamValue,
  ctx: Context,
): Promise<Loss> {
  const what = `count the messages of ${account}/${name}`
  const info = await read<StreamInfo>(
    session.links,
    account,
    `STREAM.INFO.${name}`,
    { subjects_filter: '>' },
    what,
    ctx,
  )
  const { messages, bytes, subjects = {} } = info.state
  const have = { config: normalStream(info.config), messages, bytes }
  return lossOfUpdate(have, want, Object.keys(subjects).length < MOST_SUBJECTS ? subjects : null)
}

async function lossOf(session: NatsSession, [account, name]: StreamKey, ctx: Context): Promise<Loss> {
  const info = await streamInfo(session.links, account, name, ctx)
  return info ? { messages: info.state.messages, bytes: info.state.bytes } : { messages: 0, bytes: 0 }
}
