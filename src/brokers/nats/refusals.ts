import net from 'node:net'
import tls from 'node:tls'
import { address } from '../../model/address.ts'
import type { Check } from '../../model/check.ts'
import { MqopsError } from '../../model/failure.ts'
import type { Context } from '../../ports/context.ts'
import type { NatsSession } from './session.ts'

/** Milliseconds for one attempt to get in. */
const ATTEMPT_MS = 5000

type Verdict = { readonly ok: boolean | null; readonly evidence: string }

/** Every door that must stay shut, tried at every member. A member that does not answer proves nothing: null. */
export async function runRefusals(session: NatsSession, ctx: Context): Promise<readonly Check[]> {
  const { access } = session.links
  const login = (more: { user?: string; pass?: string }) => (endpoint: string) =>
    refusedLogin(session, endpoint, more, ctx)
  const wrong = Buffer.from(ctx.random(18)).toString('base64url')
  const user = access.user ?? 'nobody'
  const doors: readonly (readonly [string, readonly string[], (endpoint: string) => Promise<Verdict>])[] = [
    ['wrong password refused', access.endpoints.client ?? [], login({ user, pass: wrong })],
    ['no credentials refused', access.endpoints.client ?? [], login({})],
    ...(access.tls
      ? [
          [
            'plaintext refused',
            access.endpoints.client ?? [],
            (endpoint: string) => refusedPlaintext(endpoint),
          ] as const,
        ]
      : []),
    ...(access.tls
      ? [
          [
            'plaintext monitoring refused',
            access.endpoints.management ?? [],
            (endpoint: string) => refusedHttp(endpoint),
          ] as const,
        ]
      : []),
    [
      'stranger on the route port refused',
      access.endpoints.cluster ?? [],
      access.tls ? (endpoint) => refusedRouteTls(session, endpoint, ctx) : refusedRoute,
    ],
  ]
  return Promise.all(
    doors.flatMap(([name, endpoints, knock]) =>
      endpoints.map(async (endpoint, i): Promise<Check> => {
        const from = ctx.now()
        const verdict = await knock(endpoint)
        ctx.signal.throwIfAborted()
        return { about: address(session.spec.name, 'member', String(i + 1)), name, ...verdict, ms: ctx.now() - from }
      }),
    ),
  )
}

async function refusedLogin(
  session: NatsSession,
  endpoint: string,
  login: { user?: string; pass?: string },
  ctx: Context,
): Promise<Verdict> {
  try {
    const link = await session.links.open({}, [endpoint], ctx, { ...login, reconnect: false })
    await link.close()
    return { ok: false, evidence: `${endpoint} let it in` }
  } catch (error) {
    if (error instanceof MqopsError && error.code === 'MQOPS_AUTHENTICATION')
      return { ok: true, evidence: `${endpoint}: Authorization Violation` }
    return { ok: null, evidence: error instanceof Error ? error.message : String(error) }
  }
}

/** What a socket received until it was closed. `timedOut`: it stayed open. */
type Talk = { readonly text: string; readonly connected: boolean; readonly timedOut: boolean; readonly error?: string }

function talk(socket: net.Socket, connectEvent: string, say: (received: string) => string | null): Promise<Talk> {
  return new Promise((resolve) => {
    let text = ''
    let connected = false
    let said = false
    const end = (more: { timedOut: boolean; error?: string }): void => {
      socket.destroy()
      resolve({ text, connected, ...more })
    }
    socket.setTimeout(ATTEMPT_MS, () => end({ timedOut: true }))
    socket.on(connectEvent, () => {
      connected = true
    })
    socket.on('data', (data: Buffer) => {
      text += data.toString('latin1')
      const words = said ? null : say(text)
      if (words === null) return
      said = true
      socket.write(words)
    })
    socket.on('error', (error: NodeJS.ErrnoException) => end({ timedOut: false, error: error.code ?? error.message }))
    socket.on('close', () => end({ timedOut: false }))
  })
}

const at = (endpoint: string): { host: string; port: number } => {
  const colon = endpoint.lastIndexOf(':')
  return { host: endpoint.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(endpoint.slice(colon + 1)) }
}

/** Speaks on without the TLS that the server's greeting asks for. */
async function refusedPlaintext(endpoint: string): Promise<Verdict> {
  const heard = await talk(net.connect(at(endpoint)), 'connect', (text) =>
    /^INFO .*\r\n/s.test(text) ? 'CONNECT {"verbose":false,"pedantic":false}\r\nPING\r\n' : null,
  )
  if (/PONG|\+OK/.test(heard.text)) return { ok: false, evidence: `${endpoint} speaks without TLS` }
  if (!heard.text.startsWith('INFO'))
    return { ok: null, evidence: `${endpoint} can't be reached${heard.error ? `: ${heard.error}` : ''}` }
  if (!/"tls_required":true/.test(heard.text)) return { ok: false, evidence: `${endpoint} does not ask for TLS` }
  return {
    ok: !heard.timedOut,
    evidence: `${endpoint}: ${heard.timedOut ? 'it neither answered nor closed' : 'asks for TLS and closes'}`,
  }
}

async function refusedHttp(endpoint: string): Promise<Verdict> {
  const socket = net.connect(at(endpoint))
  socket.on('connect', () => socket.write(`GET /varz HTTP/1.1\r\nHost: ${endpoint}\r\nConnection: close\r\n\r\n`))
  const heard = await talk(socket, 'connect', () => null)
  if (!heard.connected) return { ok: null, evidence: `${endpoint} can't be reached: ${heard.error ?? 'no answer'}` }
  if (/^HTTP\/1.[01] 200/.test(heard.text)) return { ok: false, evidence: `${endpoint} answers without TLS` }
  return { ok: heard.timedOut ? null : true, evidence: `${endpoint}: ${heard.text.split('\r\n')[0] || 'closed'}` }
}

/** A server of its own, without the cluster's certificate: with TLS 1.3 the refusal comes after the handshake. */
async function refusedRouteTls(session: NatsSession, endpoint: string, ctx: Context): Promise<Verdict> {
  const { ca } = session.links.access
  const socket = tls.connect({ ...at(endpoint), ...(ca ? { ca: await ctx.secret(ca) } : {}) })
  const heard = await talk(socket, 'secureConnect', () => null)
  if (/INFO/.test(heard.text)) return { ok: false, evidence: `${endpoint} greets a server without certificate` }
  if (!heard.connected && !/SSL|TLS|ALERT|CERT|ECONNRESET/.test(heard.error ?? ''))
    return { ok: null, evidence: `${endpoint} can't be reached: ${heard.error ?? 'no answer'}` }
  return {
    ok: heard.timedOut ? null : true,
    evidence: `${endpoint}: ${heard.error ?? (heard.timedOut ? 'it neither answered nor closed' : 'closed')}`,
  }
}

async function refusedRoute(endpoint: string): Promise<Verdict> {
  const heard = await talk(net.connect(at(endpoint)), 'connect', (text) =>
    /INFO .*\r\n/s.test(text) ? 'CONNECT {"verbose":false,"name":"stranger","tls_required":false}\r\nPING\r\n' : null,
  )
  if (!heard.connected) return { ok: null, evidence: `${endpoint} can't be reached: ${heard.error ?? 'no answer'}` }
  if (/Authorization Violation|Authentication Timeout/.test(heard.text))
    return { ok: true, evidence: `${endpoint}: Authorization Violation` }
  if (/PONG/.test(heard.text)) return { ok: false, evidence: `${endpoint} talks to a stranger` }
  return {
    ok: heard.timedOut ? null : true,
    evidence: `${endpoint}: ${heard.timedOut ? 'it neither answered nor closed' : 'closed'}`,
  }
}
