import { address } from '../../model/address.ts'
import type { Check } from '../../model/check.ts'
import { MqopsError } from '../../model/failure.ts'
import type { Context } from '../../ports/context.ts'
import type { Node } from './access.ts'
import { checked, type Verdict } from './verdict.ts'
import { type Call, type Credentials, createWire, PROBE_LIMITS } from './client.ts'
import { api } from './protocol.ts'
import type { KafkaSession } from './session.ts'

/** What a stranger might try at a port, and which failure is the refusal of exactly that. */
type Attempt = {
  readonly name: string
  readonly endpoint: string
  readonly credentials: Credentials
  readonly refusedAs: readonly string[]
}

/** Asks for what only a client that was let in gets. */
const intrude: Call<unknown> = (connection) => api.metadata(connection, [])
const greet: Call<unknown> = (connection) => api.apiVersions(connection, 'mqops', '1')

/** Plaintext, wrong passwords, missing logins and missing certificates: each must be refused, by every member. */
export async function refusals(session: KafkaSession, ctx: Context): Promise<readonly Check[]> {
  return (await Promise.all(session.nodes.map((node) => ofMember(session, node, ctx)))).flat()
}

async function ofMember(session: KafkaSession, node: Node, ctx: Context): Promise<readonly Check[]> {
  const about = address(session.cluster, 'member', String(node.id))
  return Promise.all(
    attempts(session, node, ctx).map((attempt) =>
      checked(about, `${attempt.name} refused`, ctx, async () => {
        const listens = await reach(session, node, attempt.endpoint, ctx)
        return listens ?? judge(await attack(attempt, ctx), attempt)
      }),
    ),
  )
}

function attempts(session: KafkaSession, node: Node, ctx: Context): readonly Attempt[] {
  const tls = session.clientTls
  const { client, internal, controller } = node.endpoints
  const password = Buffer.from(ctx.random(18)).toString('base64url')
  const user = session.access.user ?? 'admin'
  const login = { mechanism: 'SCRAM-SHA-512', user, password } as const
  const CLOSED = ['MQOPS_UNREACHABLE', 'MQOPS_TLS']
  return [
    ...(client !== undefined && tls
      ? [{ name: 'plaintext', endpoint: client, credentials: { tls: null, login: null }, refusedAs: CLOSED }]
      : []),
    ...(client !== undefined && session.access.user !== undefined
      ? [
          {
            name: 'wrong password',
            endpoint: client,
            credentials: { tls, login },
            refusedAs: ['MQOPS_AUTHENTICATION'],
          },
          {
            name: 'no credentials',
            endpoint: client,
            credentials: { tls, login: null },
            refusedAs: ['MQOPS_UNREACHABLE', 'MQOPS_FORBIDDEN'],
          },
        ]
      : []),
    ...(internal !== undefined && tls
      ? [
          {
            name: 'internal port without certificate',
            endpoint: internal,
            credentials: { tls, login: null },
            refusedAs: CLOSED,
          },
        ]
      : []),
    ...(controller !== undefined && tls
      ? [
          {
            name: 'controller port without certificate',
            endpoint: controller,
            credentials: { tls, login: null },
            refusedAs: CLOSED,
          },
        ]
      : []),
  ]
}

/** A port that nobody listens at refuses everything: that proves nothing. */
async function reach(session: KafkaSession, node: Node, endpoint: string, ctx: Context): Promise<Verdict | null> {
  const tls = session.clientTls
  const wire = createWire({ tls, login: null }, PROBE_LIMITS)
  try {
    // The client port answers a greeting before any login; the others are known to listen when the member answers us.
    if (endpoint === node.endpoints.client) await wire.at(endpoint, greet, ctx)
    else await session.askAt(node.id, greet, ctx)
    return null
  } catch (error) {
    ctx.signal.throwIfAborted()
    return { ok: null, evidence: `could not be tried: ${error instanceof MqopsError ? error.message : String(error)}` }
  } finally {
    await wire.close()
  }
}

/** @returns how it was refused; null: it was let in. */
async function attack({ endpoint, credentials }: Attempt, ctx: Context): Promise<MqopsError | null> {
  const wire = createWire(credentials, PROBE_LIMITS)
  try {
    await wire.at(endpoint, intrude, ctx)
    return null
  } catch (error) {
    ctx.signal.throwIfAborted()
    if (error instanceof MqopsError) return error
    throw error
  } finally {
    await wire.close()
  }
}

function judge(refusal: MqopsError | null, { endpoint, refusedAs }: Attempt): Verdict {
  if (refusal === null) return { ok: false, evidence: `${endpoint} let it in` }
  if (refusedAs.includes(refusal.code)) return { ok: true, evidence: refusal.message }
  return { ok: null, evidence: `could not be judged: ${refusal.message}` }
}
