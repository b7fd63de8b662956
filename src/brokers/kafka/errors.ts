import { MqopsError } from '../../model/failure.ts'

/** What the library throws, seen through one shape: reasons hide in `errors` and `cause`, at any depth. */
type Thrown = Error & {
  readonly code?: string
  readonly errors?: readonly unknown[]
  readonly apiId?: string // 'TOPIC_ALREADY_EXISTS': the broker's own error
  readonly serverErrorMessage?: string | null
  readonly canRetry?: boolean
  readonly response?: unknown
}

/** The error and all that it carries, outermost first. */
function unfold(error: unknown, depth = 0): readonly Thrown[] {
  if (!(error instanceof Error) || depth > 6) return []
  const own = error as Thrown
  return [own, ...[...(own.errors ?? []), own.cause].flatMap((inner) => unfold(inner, depth + 1))]
}

/** The broker's answer that the library turned into an exception, so that each item of a batch gets its own outcome. */
export function responseOf<R>(error: unknown): R | null {
  const found = unfold(error).find((e) => e.code === 'PLT_KFK_RESPONSE' && e.response !== undefined)
  return (found?.response as R | undefined) ?? null
}

/** The answer, also when the library made an exception of it because one item of a batch failed. */
export async function answerOf<R>(request: Promise<R>): Promise<R> {
  try {
    return await request
  } catch (error) {
    const response = responseOf<R>(error)
    if (response !== null) return response
    throw error
  }
}

/** The first error of the broker's own in it: 'UNKNOWN_TOPIC_OR_PARTITION'. */
export const brokerError = (error: unknown): string | null => {
  if (error instanceof MqopsError && error.cause !== undefined) return brokerError(error.cause)
  return unfold(error).find((e) => e.apiId !== undefined)?.apiId ?? null
}

/** Did the broker answer? Then the connection is still good, and asking another broker would give the same. */
export const isAnswer = (error: unknown): boolean =>
  error instanceof MqopsError || unfold(error).some((e) => e.code === 'PLT_KFK_RESPONSE')

const CERTIFICATE_CODES =
  /^(DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_\w+|CERT_\w+|ERR_TLS_\w+|ERR_SSL_\w+|EPROTO)$/
const NETWORK_CODES = /^(ECONNREFUSED|ECONNRESET|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN|EPIPE|ETIMEDOUT)$/

/**
 * Any error of the library as an MqopsError that names the endpoint. What was wrong with the credentials or the
 * certificate is told apart from "not there", because each wants something else done.
 */
export function toMqops(error: unknown, endpoint: string): MqopsError {
  if (error instanceof MqopsError) return error
  const all = unfold(error)
  const make = (code: string, summary: string, hint: string, retryable: boolean) =>
    new MqopsError({ code, summary: `${endpoint}: ${summary}`, hint, retryable }, { cause: error })

  const api = all.find((e) => e.apiId !== undefined)
  if (api?.apiId === 'SASL_AUTHENTICATION_FAILED' || all.some((e) => e.message === 'Invalid server signature.')) {
    return make('MQOPS_AUTHENTICATION', 'the broker refused the login', 'Check user, password and mechanism.', false)
  }
  if (api?.apiId === 'UNSUPPORTED_SASL_MECHANISM') {
    return make(
      'MQOPS_AUTHENTICATION',
      'the broker does not offer this SASL mechanism',
      'Use one that its listener enables.',
      false,
    )
  }
  const certificate = all.find((e) => e.code !== undefined && CERTIFICATE_CODES.test(e.code))
  if (certificate) return make('MQOPS_TLS', tlsReason(certificate), tlsHint(certificate), false)
  if (all.some((e) => e.message === 'Broker requires TLS.' || e.message.startsWith('TLS handshake failed.'))) {
    return make('MQOPS_TLS', 'one side speaks TLS, the other does not', 'Check security.tls and the port.', false)
  }
  const network = all.find((e) => e.code !== undefined && NETWORK_CODES.test(e.code))
  if (network) return make('MQOPS_UNREACHABLE', unreachable(network), 'Is the broker running? mqops status', true)
  if (all.some((e) => e.message.includes('ready timed out') || /^Connection to .* timed out/.test(e.message))) {
    return make(
      'MQOPS_UNREACHABLE',
      'no answer to the connection attempt',
      'It hangs, or a firewall drops packets.',
      true,
    )
  }
  if (all.some((e) => e.message === 'Request timed out')) {
    return make(
      'MQOPS_TIMEOUT',
      'connected, but no answer in time',
      'It hangs, is overloaded, or the controller quorum has no leader.',
      true,
    )
  }
  if (api) return answered(api, endpoint, error)
  if (all.some((e) => e.code === 'PLT_KFK_NETWORK')) {
    return make(
      'MQOPS_UNREACHABLE',
      'the connection was closed',
      'It is stopping, or it refuses this client: does the port want TLS, a login or a certificate?',
      true,
    )
  }
  return make('MQOPS_BROKER', all[0]?.message ?? String(error), "See the broker's own log: mqops logs", false)
}

/** The broker's own refusal, in its own words. */
function answered(api: Thrown, endpoint: string, cause: unknown): MqopsError {
  const id = api.apiId as string
  const words = api.serverErrorMessage ? `${id}: ${api.serverErrorMessage}` : `${id}: ${api.message}`
  if (id.endsWith('_AUTHORIZATION_FAILED')) {
    const hint = 'Give this user the ACL that is missing, or use an administrator.'
    return new MqopsError(
      { code: 'MQOPS_FORBIDDEN', summary: `${endpoint}: ${words}`, hint, retryable: false },
      { cause },
    )
  }
  return new MqopsError(
    { code: 'MQOPS_BROKER', summary: `${endpoint}: ${words}`, retryable: api.canRetry === true },
    { cause },
  )
}

function unreachable(error: Thrown): string {
  if (error.code === 'ECONNREFUSED') return 'nothing listens there'
  if (error.code === 'ENOTFOUND' || error.code === 'EAI_AGAIN') return 'the host name is unknown'
  if (error.code === 'ECONNRESET' || error.code === 'EPIPE') return 'the connection was reset'
  return error.code as string
}

function tlsReason(error: Thrown): string {
  if (error.code === 'CERT_HAS_EXPIRED') return 'its certificate has expired'
  if (error.code === 'CERT_NOT_YET_VALID') return 'its certificate is not valid yet'
  if (error.code === 'ERR_TLS_CERT_ALTNAME_INVALID') return 'its certificate is for another host'
  if (/SELF_SIGNED|UNABLE_TO/.test(error.code as string)) return 'its certificate is not of the expected authority'
  return `TLS handshake failed (${error.code})`
}

const tlsHint = (error: Thrown): string =>
  error.code === 'CERT_HAS_EXPIRED'
    ? 'Renew it: mqops apply'
    : 'Check the CA, the certificate and that the port speaks TLS.'

/** What one item of a batch was refused with. */
export type ItemError = { readonly id: string; readonly message: string; readonly canRetry: boolean }
