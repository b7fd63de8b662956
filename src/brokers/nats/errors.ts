import { describeError, type Failure, MqopsError } from '../../model/failure.ts'
import { CANARY_SUBJECT, OWN_BUCKET } from './names.ts'

/** The answer of the JetStream API when it refuses. `err_code` as in nats-server `server/errors.json`. */
export type ApiError = { readonly code: number; readonly err_code?: number; readonly description?: string }

export const ERROR = {
  streamNotFound: 10059,
  consumerNotFound: 10014,
  messageNotFound: 10037,
  wrongLastSequence: 10071,
  wrongLastSequenceConstant: 10164,
  streamNameInUse: 10058,
} as const

const HINTS: ReadonlyMap<number, string> = new Map([
  [10005, 'No server fits: are all members up, with room and the tags that the placement asks for?'],
  [10023, 'The server is short of memory or storage: raise `memory` or `storage`, or lower maxBytes.'],
  [10028, 'Raise `memory`, or lower maxBytes of memory streams.'],
  [10039, "The account has no JetStream: turn it on in the servers' configuration."],
  [10047, "The streams' maxBytes do not fit into `storage`: raise it or lower them."],
  [10002, "The account's JetStream limits are used up: raise `jetstream` of the account."],
  [10027, "The account's limit of streams is reached: raise `jetstream.streams`."],
  [10026, "The limit of consumers is reached: raise `jetstream.consumers` or the stream's maxConsumers."],
  [10065, 'A subject belongs to one stream of an account: change the subjects of one of the two.'],
  [10074, 'Replicas want a cluster with as many members up.'],
])

/** Nobody leads: an election, or a lost majority. */
const LEADERLESS = new Set([10008, 10009, 10118])
/** Refusals that pass by themselves: no leader yet, a change still under way, too many requests. */
const PASSING = new Set([...LEADERLESS, 10063, 10017])
/** Of 10005: the leader has not heard from a server yet, as after a restart. */
const UNHEARD = /peer offline|miscellaneous issue/
const passes = ({ err_code: number = 0, description = '' }: ApiError): boolean =>
  PASSING.has(number) || (number === 10005 && UNHEARD.test(description))

export class JetStreamRefusal extends MqopsError {
  readonly errCode: number
  constructor(error: ApiError, what: string, endpoint: string) {
    const number = error.err_code ?? 0
    const leaderless = LEADERLESS.has(number)
    const hint = leaderless ? 'A majority of the servers must run: see `mqops status`.' : HINTS.get(number)
    super({
      code: leaderless ? 'MQOPS_UNREACHABLE' : 'MQOPS_BROKER',
      summary: `${what}: ${error.description ?? 'refused'}${number ? ` (${number})` : ''}`,
      detail: `answered through ${endpoint}`,
      retryable: passes(error) || (error.code === 503 && !hint),
      ...(hint ? { hint } : {}),
    })
    this.errCode = number
  }
}

export const isRefusal = (error: unknown, ...codes: readonly number[]): boolean =>
  error instanceof JetStreamRefusal && codes.includes(error.errCode)

const TLS = /CERT|SSL|TLS|SELF_SIGNED|UNABLE_TO_|ALTNAME/

/** Codes are in `cause` chains: the library wraps what Node's sockets throw. */
function codesOf(error: unknown, depth = 0): string {
  if (!(error instanceof Error) || depth > 4) return ''
  const own = `${(error as NodeJS.ErrnoException).code ?? ''} ${error.message}`
  return [
    own,
    ...((error as AggregateError).errors ?? []).map((e) => codesOf(e, depth + 1)),
    codesOf(error.cause, depth + 1),
  ].join(' ')
}

// The library's errors by name: it is loaded by the first connection, and only then are its classes there.
const has = (error: unknown, name: string, depth = 0): boolean =>
  error instanceof Error && (error.name === name || (depth < 4 && has(error.cause, name, depth + 1)))
/** The library's own answer in place of one: nobody listens to the subject. */
export const hasNoResponders = (error: unknown): boolean =>
  error instanceof Error &&
  error.name === 'RequestError' &&
  error.cause instanceof Error &&
  error.cause.name === 'NoResponders'

/** A connection that did not come about, as one value. `user` is named, its password never. */
export function connectFailure(error: unknown, endpoints: string, user: string | undefined): MqopsError {
  const name = user ?? 'no user'
  if (has(error, 'AuthorizationError') || has(error, 'UserAuthenticationExpiredError')) {
    return new MqopsError(
      {
        code: 'MQOPS_AUTHENTICATION',
        summary: `${endpoints} refused the login of ${name}`,
        hint: 'Is it the password that the cluster has? Of a cluster that mqops built, `mqops apply` sets it again.',
      },
      { cause: error },
    )
  }
  const codes = codesOf(error)
  if (TLS.test(codes) && !/ECONNREFUSED/.test(codes)) {
    const hint = /EXPIRED/.test(codes)
      ? 'The certificate has expired: `mqops apply` renews it.'
      : 'Is the CA the one of this cluster?'
    return new MqopsError({ code: 'MQOPS_TLS', summary: `no TLS with ${endpoints}`, hint }, { cause: error })
  }
  return new MqopsError(
    {
      code: 'MQOPS_UNREACHABLE',
      summary: `${endpoints} can't be reached`,
      hint: 'Do its members run? See `mqops status` and `mqops logs`.',
      retryable: true,
    },
    { cause: error },
  )
}

/** The request reached a server, and nobody there or behind it serves its subject. */
export const nobodyListens = (error: unknown): boolean => error instanceof MqopsError && hasNoResponders(error.cause)

/** Nobody answered in time: what was asked about is not known, and may be there. */
export const isSilence = (error: unknown): boolean => error instanceof MqopsError && error.code === 'MQOPS_TIMEOUT'

/** A request that got no answer of the API. */
export function requestFailure(error: unknown, what: string, endpoint: string): MqopsError {
  if (error instanceof MqopsError) return error
  if (has(error, 'PermissionViolationError'))
    return new MqopsError(
      {
        code: 'MQOPS_FORBIDDEN',
        summary: `${what}: the user may not do that at ${endpoint}`,
        hint: `It needs publish on $JS.API.>, $KV.${OWN_BUCKET}.> and ${CANARY_SUBJECT}.>, and subscribe on _INBOX.>.`,
      },
      { cause: error },
    )
  if (hasNoResponders(error)) {
    return new MqopsError(
      {
        code: 'MQOPS_UNREACHABLE',
        summary: `${what}: JetStream does not answer at ${endpoint}`,
        detail: 'no meta leader, or the account has no JetStream',
        retryable: true,
        hint: 'A majority of members must run.',
      },
      { cause: error },
    )
  }
  if (has(error, 'TimeoutError'))
    return new MqopsError(
      { code: 'MQOPS_TIMEOUT', summary: `${what}: ${endpoint} did not answer in time`, retryable: true },
      { cause: error },
    )
  return new MqopsError(
    { code: 'MQOPS_UNREACHABLE', summary: `${what}: the connection to ${endpoint} broke`, retryable: true },
    { cause: error },
  )
}

export const failureOf = (error: unknown): Failure =>
  error instanceof MqopsError
    ? error.failure
    : { code: 'MQOPS_INTERNAL', summary: describeError(error), retryable: false }
