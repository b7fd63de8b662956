import { MqopsError } from '../../model/failure.ts'
import { type Json, type JsonObject, same } from '../../model/json.ts'
import type { Context } from '../../ports/context.ts'
import { call, ELECTION_MS, read, REQUEST_MS, send } from './api.ts'
import type { Links } from './client.ts'
import { type ApiError, ERROR, isRefusal, JetStreamRefusal, nobodyListens } from './errors.ts'
import { OWN_ACCOUNT, OWN_BUCKET } from './names.ts'

/**
 * mqops' own key-value bucket, laid out as NATS' KV (ADR-8), so that `nats kv get mqops …` reads it. Reads go to the
 * stream's leader, never to a replica that may be behind: what was written is read. Values carry a time to live, which
 * the KV library's update can't set.
 */
export type Entry = { readonly value: Json; readonly revision: number }

const STREAM = `KV_${OWN_BUCKET}`
const SUBJECT = `$KV.${OWN_BUCKET}.`
const NO_ROOM = [10005, 10074]

export class Bucket {
  readonly #links: Links
  readonly #replicas: number

  constructor(links: Links, replicas: number) {
    this.#links = links
    this.#replicas = replicas
  }

  /** null: no such key, or no bucket yet. */
  async get(key: string, ctx: Context): Promise<Entry | null> {
    try {
      const { message } = await read<{ message: { seq: number; data?: string } }>(
        this.#links,
        OWN_ACCOUNT,
        `STREAM.MSG.GET.${STREAM}`,
        { last_by_subj: SUBJECT + key },
        `read ${OWN_BUCKET}/${key}`,
        ctx,
      )
      const text = Buffer.from(message.data ?? '', 'base64').toString('utf8')
      return text === '' ? null : { value: JSON.parse(text) as Json, revision: message.seq }
    } catch (error) {
      if (isRefusal(error, ERROR.streamNotFound, ERROR.messageNotFound)) return null
      throw error
    }
  }

  async keys(ctx: Context): Promise<readonly string[]> {
    try {
      const { state } = await read<{ state: { subjects?: JsonObject | null } }>(
        this.#links,
        OWN_ACCOUNT,
        `STREAM.INFO.${STREAM}`,
        { subjects_filter: `${SUBJECT}>` },
        `read bucket ${OWN_BUCKET}`,
        ctx,
      )
      return Object.keys(state.subjects ?? {}).map((subject) => subject.slice(SUBJECT.length))
    } catch (error) {
      if (isRefusal(error, ERROR.streamNotFound)) return []
      throw error
    }
  }

  /**
   * Writes when the key still is at `revision` (0: not there); resolves to the new revision once a majority has it, or to
   * null when someone else was faster. Asks again for as long as an election may take. `ttlMs`: the server forgets it
   * after that long, at least 1 s.
   */
  async put(key: string, value: Json, revision: number, ctx: Context, ttlMs?: number): Promise<number | null> {
    const until = ctx.now() + ELECTION_MS
    let doubtful = false
    for (let pause = 20; ; pause = Math.min(1000, pause * 2)) {
      try {
        return await this.#publish(key, value, revision, ctx, ttlMs)
      } catch (error) {
        ctx.signal.throwIfAborted()
        if (isRefusal(error, ERROR.wrongLastSequence, ERROR.wrongLastSequenceConstant))
          return doubtful ? await this.#written(key, value, revision, ctx) : null
        if (!(error instanceof MqopsError) || !error.failure.retryable || ctx.now() > until) throw error
        // Nobody listens on the bucket's subjects: it is not there, or new and not yet known to this server.
        if (nobodyListens(error)) await this.#ensure(ctx)
        else doubtful = true
        await ctx.sleep(pause)
      }
    }
  }

  /** After an answer that got lost: the revision under which the key has this very value, or null. */
  async #written(key: string, value: Json, revision: number, ctx: Context): Promise<number | null> {
    const entry = await this.get(key, ctx)
    return entry && entry.revision > revision && same(entry.value, value) ? entry.revision : null
  }

  async #publish(key: string, value: Json, revision: number, ctx: Context, ttlMs: number | undefined): Promise<number> {
    ctx.signal.throwIfAborted()
    const what = `write ${OWN_BUCKET}/${key}`
    const link = await this.#links.account(OWN_ACCOUNT, ctx)
    const { headers } = await import('@nats-io/transport-node')
    const head = headers()
    head.set('Nats-Expected-Last-Subject-Sequence', String(revision))
    if (ttlMs !== undefined) head.set('Nats-TTL', `${Math.max(1, Math.ceil(ttlMs / 1000))}s`)
    try {
      const message = await send(link, this.#links, SUBJECT + key, JSON.stringify(value), what, {
        timeout: REQUEST_MS,
        headers: head,
      })
      const answer = message.json<{ seq?: number; error?: ApiError }>()
      if (answer.error) throw new JetStreamRefusal(answer.error, what, link.getServer())
      return answer.seq as number
    } catch (error) {
      if (error instanceof MqopsError && error.code === 'MQOPS_TIMEOUT') await this.#links.moveOn(OWN_ACCOUNT, link)
      throw error
    }
  }

  async #ensure(ctx: Context): Promise<void> {
    const create = (replicas: number): Promise<unknown> =>
      call(
        this.#links,
        OWN_ACCOUNT,
        `STREAM.CREATE.${STREAM}`,
        { ...CONFIG, num_replicas: replicas },
        `create bucket ${OWN_BUCKET}`,
        ctx,
      )
    try {
      await create(this.#replicas)
    } catch (error) {
      if (isRefusal(error, ERROR.streamNameInUse)) return
      // A cluster that someone else built may be a single server.
      if (this.#links.built || this.#replicas === 1 || !isRefusal(error, ...NO_ROOM)) throw error
      await create(1)
    }
  }
}

const CONFIG: JsonObject = {
  name: STREAM,
  description: 'What mqops owns in this cluster',
  subjects: [`${SUBJECT}>`],
  storage: 'file',
  max_msgs_per_subject: 1,
  discard: 'new',
  deny_delete: true,
  allow_rollup_hdrs: true,
  allow_msg_ttl: true,
  allow_direct: false,
}
