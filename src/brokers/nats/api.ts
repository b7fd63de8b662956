import type { Msg, NatsConnection, RequestOptions } from '@nats-io/transport-node'
import { MqopsError } from '../../model/failure.ts'
import type { Json } from '../../model/json.ts'
import type { Context } from '../../ports/context.ts'
import type { Links } from './client.ts'
import { type ApiError, isSilence, JetStreamRefusal, nobodyListens, requestFailure } from './errors.ts'

/**
 * The JetStream API of an account: `read(links, 'APP', 'STREAM.INFO.ORDERS', …)`. Raw, because the library's manager hides
 * which streams did not answer a list (`missing`) and can't send every update that the server takes.
 */

/** Milliseconds for the answer to a change. */
export const REQUEST_MS = 5000
/**
 * Milliseconds in which a Raft group that has lost its leader has a new one: servers wait 4 to 9 s before they stand for
 * election (nats-server `raft.go`), and a split vote takes another round. Until then requests to the group, or to the meta
 * group, are dropped without an answer; so are those through a server that has just joined.
 */
export const ELECTION_MS = 20_000
/** Milliseconds for the first answer to a read; each further try waits longer. */
const FIRST_TRY_MS = 1000
const LONGEST_TRY_MS = 5000
const TRY_GROWTH = 1.5
/** Milliseconds in which an account that was just taken up has its JetStream; one without it stays without. */
const TAKEN_UP_MS = 3000
const PAUSE_MS = 250

type Answer = { readonly error?: ApiError }
type Patience = {
  /** When to give up, in the context's time; reads that belong together share one. */
  readonly until?: number
  /** Milliseconds for the first answer, where the server itself waits for others. */
  readonly tryMs?: number
}

/**
 * One change. Throws a JetStreamRefusal with the server's own words, or MQOPS_TIMEOUT, MQOPS_UNREACHABLE, MQOPS_FORBIDDEN:
 * whether it was made is not known then, and the engine looks before it asks again.
 */
export async function call<T>(
  links: Links,
  account: string,
  api: string,
  body: Json | undefined,
  what: string,
  ctx: Context,
): Promise<T> {
  const link = await links.account(account, ctx)
  try {
    return await ask<T>(link, links, api, body, what, REQUEST_MS)
  } catch (error) {
    if (isSilence(error)) await links.moveOn(account, link)
    throw error
  }
}

/**
 * Reads, again and through other members for as long as an election may take. Throws as `call` does. Members that hang
 * altogether take no new connection: that ends it at once.
 */
export async function read<T>(
  links: Links,
  account: string,
  api: string,
  body: Json | undefined,
  what: string,
  ctx: Context,
  { until = ctx.now() + ELECTION_MS, tryMs = FIRST_TRY_MS }: Patience = {},
): Promise<T> {
  const began = ctx.now()
  const silent = new Set<string>()
  for (let wait = tryMs; ; wait = Math.min(Math.max(tryMs, LONGEST_TRY_MS), wait * TRY_GROWTH)) {
    ctx.signal.throwIfAborted()
    const link = await links.account(account, ctx)
    try {
      return await ask<T>(link, links, api, body, what, Math.max(tryMs, Math.min(wait, until - ctx.now())))
    } catch (error) {
      ctx.signal.throwIfAborted()
      if (!(error instanceof MqopsError) || !error.failure.retryable) throw error
      if (isSilence(error)) silent.add(serverOf(link, links))
      const end = nobodyListens(error) ? Math.min(until, began + TAKEN_UP_MS) : until
      if (ctx.now() >= end) throw isSilence(error) ? leaderless(what, silent, ctx.now() - began, error) : error
      // A refusal is an answer: other members would give the same one.
      if (!(error instanceof JetStreamRefusal)) await links.moveOn(account, link)
      if (!isSilence(error)) await ctx.sleep(PAUSE_MS)
    }
  }
}

async function ask<T>(
  link: NatsConnection,
  links: Links,
  api: string,
  body: Json | undefined,
  what: string,
  timeout: number,
): Promise<T> {
  const payload = body === undefined ? '' : JSON.stringify(body)
  const message = await send(link, links, `$JS.API.${api}`, payload, what, { timeout })
  const parsed = parse<Answer & T>(message, what)
  if (parsed.error) throw new JetStreamRefusal(parsed.error, what, serverOf(link, links))
  return parsed
}

/** One request, and what went wrong with it as one value. */
export async function send(
  link: NatsConnection,
  links: Links,
  subject: string,
  payload: string,
  what: string,
  options: RequestOptions,
): Promise<Msg> {
  try {
    return await link.request(subject, payload, options)
  } catch (error) {
    throw requestFailure(error, what, serverOf(link, links))
  }
}

const serverOf = (link: NatsConnection, links: Links): string =>
  (link.isClosed() ? '' : link.getServer()) || (links.access.endpoints.client ?? []).join(', ')

const leaderless = (what: string, asked: ReadonlySet<string>, ms: number, cause: MqopsError): MqopsError =>
  new MqopsError(
    {
      code: 'MQOPS_TIMEOUT',
      summary: `${what}: no answer within ${Math.round(ms / 1000)} s, asked at ${[...asked].join(', ')}`,
      detail: 'A Raft group without a leader answers nothing.',
      hint: 'Do most of its servers run? See `mqops status`.',
      retryable: true,
    },
    { cause },
  )

function parse<T>(message: Msg, what: string): T {
  try {
    return message.json<T>()
  } catch (cause) {
    throw new MqopsError(
      { code: 'MQOPS_BROKER', summary: `${what}: the answer is no JSON`, retryable: false },
      { cause },
    )
  }
}
