import net from 'node:net'
import tls from 'node:tls'
import { address } from '../../model/address.ts'
import type { Check } from '../../model/check.ts'
import { MqopsError } from '../../model/failure.ts'
import type { Context } from '../../ports/context.ts'
import { openConnection } from './amqp.ts'
import { check } from './checks.ts'
import type { RabbitmqSession } from './session.ts'

/** How long a member may take to say no. */
const PATIENCE_MS = 5_000

/** 'refused' with how; 'accepted'; or an error when the member could not be asked. */
type Refusal = { readonly refused: boolean; readonly how: string }
type Probe = (endpoint: string) => Promise<Refusal>

/** What must not work, tried at every member. */
export async function refusals(session: RabbitmqSession, ctx: Context): Promise<readonly Check[]> {
  const { endpoints } = session.access
  const client = endpoints.client ?? []
  const management = endpoints.management ?? []
  const secure = session.access.tls
  const { ca } = session.credentials
  const login =
    (user: string, password: string): Probe =>
    (endpoint) =>
      refusedLogin(session, endpoint, user, password, ctx)
  const http =
    (path: string): Probe =>
    (endpoint) =>
      plaintext(endpoint, `GET ${path} HTTP/1.1\r\nhost: ${endpoint}\r\n\r\n`, isHttp, ctx)
  type Row = readonly [name: string, endpoints: readonly string[], probe: Probe]
  const always: readonly Row[] = [
    [
      'wrong password refused',
      client,
      login(session.credentials.user, `wrong-${Buffer.from(ctx.random(6)).toString('hex')}`),
    ],
    ['guest refused', client, login('guest', 'guest')],
    [
      'management without credentials refused',
      management,
      (endpoint) => withoutCredentials(session, management.indexOf(endpoint), ctx),
    ],
  ]
  const withTls: readonly Row[] = [
    ['plaintext AMQP refused', client, (endpoint) => plaintext(endpoint, 'AMQP\0\0\x09\x01', isAmqpFrame, ctx)],
    ['plaintext HTTP refused', management, http('/api/whoami')],
    ['plaintext metrics refused', endpoints.prometheus ?? [], http('/metrics')],
    [
      'distribution without certificate refused',
      endpoints.distribution ?? [],
      (endpoint) => withoutCertificate(endpoint, ca, ctx),
    ],
  ]
  // Someone else's cluster does not tell where its members talk to each other.
  const probes = [...always, ...(secure ? withTls : [])].filter(([, at]) => at.length > 0)
  return Promise.all(
    probes.map(([name, at, probe]) =>
      check(address(session.spec.name, 'cluster'), name, ctx, async () =>
        judgeRefusals(at, await Promise.all(at.map(probe))),
      ),
    ),
  )
}

/** By every member, or the check fails. Pure. */
export function judgeRefusals(
  endpoints: readonly string[],
  results: readonly Refusal[],
): { ok: boolean; evidence: string } | null {
  if (endpoints.length === 0) return null
  const accepted = endpoints.filter((_, i) => !results[i]?.refused)
  if (accepted.length > 0) return { ok: false, evidence: `accepted by ${accepted.join(', ')}` }
  return {
    ok: true,
    evidence: `${endpoints.length} members refuse: ${[...new Set(results.map((r) => r.how))].join('; ')}`,
  }
}

async function refusedLogin(
  session: RabbitmqSession,
  endpoint: string,
  user: string,
  password: string,
  ctx: Context,
): Promise<Refusal> {
  try {
    const connection = await openConnection(session, endpoint, { vhost: '/', user, password }, ctx)
    await connection.close()
    return { refused: false, how: 'let in' }
  } catch (error) {
    if (error instanceof MqopsError && error.code === 'MQOPS_AUTHENTICATION')
      return { refused: true, how: 'ACCESS_REFUSED' }
    throw error
  }
}

async function withoutCredentials(session: RabbitmqSession, at: number, ctx: Context): Promise<Refusal> {
  const { status } = await session.http.ask('/api/overview', ctx, {
    at,
    credentials: null,
    timeoutMs: PATIENCE_MS,
    accept: [401, 403],
  })
  return { refused: status === 401 || status === 403, how: `HTTP ${status}` }
}

const isAmqpFrame = (data: Buffer): boolean => data[0] === 1 || data.subarray(0, 4).toString('latin1') === 'AMQP'
/** A TLS port may tell in HTTP that it speaks TLS: only a page or a question for a password is an answer. */
const isHttp = (data: Buffer): boolean => /^HTTP\/1\.[01] (2|3|401)/.test(data.toString('latin1'))

/** Speaks plaintext to a port that should want TLS: what comes back must not be an answer in the same protocol. */
function plaintext(
  endpoint: string,
  hello: string,
  isAnswer: (data: Buffer) => boolean,
  ctx: Context,
): Promise<Refusal> {
  const url = new URL(`tcp://${endpoint}`)
  return new Promise((resolve, reject) => {
    const socket = net.connect({ host: url.hostname, port: Number(url.port), signal: ctx.signal })
    let connected = false
    const end = (settle: () => void) => {
      socket.destroy()
      settle()
    }
    socket.setTimeout(PATIENCE_MS, () => end(() => reject(unanswered(endpoint))))
    socket.on('connect', () => {
      connected = true
      socket.write(hello, 'latin1')
    })
    socket.on('data', (data) => end(() => resolve({ refused: !isAnswer(data), how: 'a TLS alert' })))
    socket.on('close', () => end(() => resolve({ refused: true, how: 'connection closed' })))
    socket.on('error', (error) =>
      end(() => (connected ? resolve({ refused: true, how: 'connection closed' }) : reject(error))),
    )
  })
}

/** A TLS handshake without a client certificate: in TLS 1.3 the refusal comes after the client thinks it is done. */
function withoutCertificate(endpoint: string, ca: string | undefined, ctx: Context): Promise<Refusal> {
  const url = new URL(`tls://${endpoint}`)
  return new Promise((resolve, reject) => {
    const socket = tls.connect({
      host: url.hostname,
      port: Number(url.port),
      rejectUnauthorized: false,
      ...(ca === undefined ? {} : { ca }),
    })
    let connected = false
    const abort = () => end(() => reject(ctx.signal.reason))
    const end = (settle: () => void) => {
      ctx.signal.removeEventListener('abort', abort)
      socket.destroy()
      settle()
    }
    ctx.signal.addEventListener('abort', abort)
    socket.setTimeout(PATIENCE_MS, () =>
      end(() => (connected ? resolve({ refused: false, how: 'let in' }) : reject(unanswered(endpoint)))),
    )
    socket.on('secureConnect', () => {
      connected = true
    })
    socket.on('error', (error: NodeJS.ErrnoException) =>
      end(() => (error.code === 'ECONNREFUSED' ? reject(error) : resolve({ refused: true, how: 'TLS alert' }))),
    )
    socket.on('close', () => end(() => resolve({ refused: true, how: 'connection closed' })))
    socket.resume()
  })
}

const unanswered = (endpoint: string): MqopsError =>
  new MqopsError({
    code: 'MQOPS_UNREACHABLE',
    summary: `${endpoint}: no answer within ${PATIENCE_MS / 1000} s`,
    retryable: true,
  })
