import { describeError, MqopsError } from '../../model/failure.ts'
import type { Json } from '../../model/json.ts'

/** What RabbitMQ, its HTTP interface and the network say, as Failures that name the endpoint. */

const TLS_CODES = /^(ERR_TLS|ERR_SSL|CERT_|UNABLE_TO_|SELF_SIGNED|DEPTH_ZERO|EPROTO|HOSTNAME_MISMATCH)/
const REFUSED_CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ETIMEDOUT',
])

export const timedOut = (endpoint: string, what: string, ms: number): MqopsError =>
  new MqopsError({
    code: 'MQOPS_UNREACHABLE',
    summary: `${endpoint}: no answer to ${what} within ${ms / 1000} s`,
    hint: 'The member hangs, or is cut off from the majority. Look at its log: mqops logs',
    retryable: true,
  })

/** An error of the connection itself. */
export function networkError(error: unknown, endpoint: string): MqopsError {
  if (error instanceof MqopsError) return error
  const code = codeOf(error)
  if (code.startsWith('HPE_')) {
    return new MqopsError(
      {
        code: 'MQOPS_TLS',
        summary: `${endpoint}: what answers there does not speak HTTP`,
        hint: "Is it a management port, not one for clients, and is TLS on or off there as the spec's security.tls says?",
      },
      { cause: error },
    )
  }
  if (TLS_CODES.test(code)) {
    const expired = code === 'CERT_HAS_EXPIRED'
    return new MqopsError(
      {
        code: 'MQOPS_TLS',
        summary: `${endpoint}: ${expired ? "the member's certificate has expired" : 'no TLS connection'}: ${describeError(error)}`,
        hint: expired
          ? 'mqops apply stops the members and starts them with new ones; of a cluster that someone else runs, they must renew them'
          : 'Is TLS asked for on a plaintext port, or is it the wrong certificate authority?',
      },
      { cause: error },
    )
  }
  return new MqopsError(
    {
      code: 'MQOPS_UNREACHABLE',
      summary: `${endpoint}: ${REFUSED_CODES.has(code) ? describeError(error) : `the connection broke: ${describeError(error)}`}`,
      hint: 'Does the member run? mqops status',
      retryable: true,
    },
    { cause: error },
  )
}

const codeOf = (error: unknown): string => String((error as { code?: string | number } | undefined)?.code ?? '')

/** RabbitMQ's own words in an answer of its HTTP interface. */
export function reasonOf(body: Json): string {
  if (typeof body === 'object' && body !== null && !Array.isArray(body)) {
    const { reason, error } = body as { reason?: Json; error?: Json }
    if (typeof reason === 'string') return reason
    if (reason !== undefined && reason !== null) return JSON.stringify(reason)
    if (typeof error === 'string') return error
  }
  return typeof body === 'string' && body !== '' ? body.slice(0, 300) : 'no reason given'
}

/** An answer that refuses. `user` as whom it was asked. */
export function httpError(o: {
  status: number
  body: Json
  endpoint: string
  request: string
  user: string
}): MqopsError {
  const { status, endpoint, request, user } = o
  const reason = reasonOf(o.body)
  // Wrong credentials and missing permissions are both 401; the reason tells them apart.
  if (status === 401 && /login|authoriz|password/i.test(reason)) {
    return new MqopsError({
      code: 'MQOPS_AUTHENTICATION',
      summary: `${endpoint}: RabbitMQ does not let "${user}" in: ${reason}`,
      hint: 'Is the password right, and does the user have the tag "management"?',
    })
  }
  if (status === 401 || status === 403) {
    return new MqopsError({
      code: 'MQOPS_FORBIDDEN',
      summary: `${endpoint}: "${user}" may not ${request}: ${reason}`,
      hint: 'The user needs the tag "administrator" and permissions in the virtual host.',
    })
  }
  const retryable = status >= 500 || /timeout|timed out|noproc|nodedown/i.test(reason)
  return new MqopsError({
    code: retryable && status === 503 ? 'MQOPS_UNREACHABLE' : 'MQOPS_BROKER',
    summary: `${endpoint}: RabbitMQ refused to ${request} (${status}): ${reason}`,
    ...(retryable ? { hint: 'It may be starting, or its majority may be missing.' } : {}),
    retryable,
  })
}

/** An error of an AMQP connection or channel (amqplib). */
export function amqpError(error: unknown, endpoint: string, user: string, vhost = '/'): MqopsError {
  if (error instanceof MqopsError) return error
  const text = describeError(error)
  // amqplib keeps the broker's reason to itself here.
  if (/Expected ConnectionOpenOk/.test(text)) {
    return new MqopsError(
      {
        code: 'MQOPS_FORBIDDEN',
        summary: `${endpoint}: RabbitMQ does not let "${user}" into the virtual host "${vhost}"`,
        hint: 'Is it there, does it run, and has the user permissions in it?',
      },
      { cause: error },
    )
  }
  if (/ACCESS[_-]REFUSED|\b403\b/.test(text)) {
    const login = /login|handshake/i.test(text)
    return new MqopsError(
      {
        code: login ? 'MQOPS_AUTHENTICATION' : 'MQOPS_FORBIDDEN',
        summary: `${endpoint}: ${login ? `RabbitMQ does not let "${user}" in` : `"${user}" may not do this: ${text}`}`,
        hint: login ? 'Is the password right?' : 'The user needs permissions in the virtual host.',
      },
      { cause: error },
    )
  }
  if (/\b(404|405|406|530|541|540)\b/.test(text)) {
    return new MqopsError(
      { code: 'MQOPS_BROKER', summary: `${endpoint}: ${text}`, retryable: /\b541\b/.test(text) },
      { cause: error },
    )
  }
  return networkError(error, endpoint)
}
