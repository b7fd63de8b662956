import { MqopsError } from '../../model/failure.ts'
import type { Access } from '../../model/member.ts'
import type { ClusterSpec } from '../../model/spec.ts'
import type { Context } from '../../ports/context.ts'
import type { Exec } from '../../ports/session.ts'
import { canary } from './canary.ts'
import { checks } from './checks.ts'
import { createClient, type ManagementClient } from './client.ts'
import { takeLease } from './lease.ts'
import { members } from './members.ts'
import { OPERATOR } from './nodes.ts'
import { createOwnership, globalParameters } from './ownership.ts'
import { refusals } from './refusals.ts'
import type { RabbitmqSession } from './session.ts'

/** Opens a session: one round trip, which proves endpoint, certificate and password. */
export async function connect(
  spec: ClusterSpec,
  access: Access,
  exec: Exec | null,
  ctx: Context,
): Promise<RabbitmqSession> {
  const endpoints = access.endpoints.management ?? []
  if (endpoints.length === 0) {
    throw new MqopsError({
      code: 'MQOPS_UNREACHABLE',
      summary: `${spec.name}: no management endpoint is given`,
      hint: 'Write endpoints: { client: [HOST:5671], management: [HOST:15671] }.',
    })
  }
  if (access.user === undefined || access.password === undefined) {
    throw new MqopsError({
      code: 'MQOPS_AUTHENTICATION',
      summary: `${spec.name}: no user and password are given`,
      hint: 'RabbitMQ wants a user with the tag "administrator".',
    })
  }
  const password = await ctx.secret(access.password)
  const ca = access.ca ? await ctx.secret(access.ca) : undefined
  const credentials = { user: access.user, password, ...(ca === undefined ? {} : { ca }) }
  const http = createClient({
    endpoints,
    tls: access.tls,
    user: access.user,
    password,
    ...(ca === undefined ? {} : { ca }),
  })
  try {
    const [version, parameters] = await Promise.all([versionOf(http, ctx), globalParameters(http, ctx)])
    const id = parameters.get('mqops_cluster') ?? parameters.get('cluster_name')
    const session: RabbitmqSession = {
      clusterId: typeof id === 'string' ? id : spec.name,
      version,
      capabilities: new Set(exec === null ? [] : ['exec']),
      ownership: createOwnership(http),
      spec,
      http,
      access,
      credentials,
      ownOperator: access.user === OPERATOR,
      members: (context) => members(session, context),
      checks: (context) => checks(session, context),
      canary: (sample, context) => canary(session, sample, context),
      refusals: (context) => refusals(session, context),
      lease: (holder, ttlMs, context) => takeLease(session, holder, ttlMs, context),
      close: async () => http.close(),
    }
    return session
  } catch (error) {
    http.close()
    throw error
  }
}

/** RabbitMQ before 4.1 tells its version in the overview only. */
async function versionOf(http: ManagementClient, ctx: Context): Promise<string> {
  const { status, body } = await http.ask('/api/version', ctx, { accept: [404, 405, 406] })
  if (status === 200 && typeof body === 'string') return body
  const overview = (await http.get('/api/overview?columns=rabbitmq_version', ctx)) as { rabbitmq_version?: string }
  return overview.rabbitmq_version ?? ''
}
