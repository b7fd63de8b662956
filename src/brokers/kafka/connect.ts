import type { Check } from '../../model/check.ts'
import { MqopsError } from '../../model/failure.ts'
import type { Access } from '../../model/member.ts'
import type { ClusterSpec } from '../../model/spec.ts'
import type { Context } from '../../ports/context.ts'
import { knownNodes, type Node } from './access.ts'
import { canary } from './canary.ts'
import { findCapabilities, offeredBy, versionOf } from './capabilities.ts'
import { checks } from './checks.ts'
import { CLIENT_LIMITS, type Credentials, createWire, PROBE_LIMITS, type Wire, WORK_LIMITS } from './client.ts'
import { createLanes } from './lanes.ts'
import { acquireLease } from './lease.ts'
import { DEFAULT_MOVE_RATE, kafkaFields } from './fields.ts'
import { agreedLogin, tryLogin } from './login.ts'
import { observeMembers, readQuorum } from './members.ts'
import { createMirror } from './ownership.ts'
import { api } from './protocol.ts'
import { createSerially } from '../shared/serially.ts'
import { refusals } from './refusals.ts'
import type { KafkaSession } from './session.ts'
import { createSilences } from './silence.ts'

/** Opens a session: by certificate on the internal listener of a cluster that mqops built, by login elsewhere. */
export async function connect(spec: ClusterSpec, access: Access, ctx: Context): Promise<KafkaSession> {
  const known = knownNodes(spec, access)
  const ca = access.ca ? await ctx.secret(access.ca) : null
  const clientTls: Credentials['tls'] = access.tls ? (ca === null ? {} : { ca }) : null
  const built = known.length > 0
  const bootstrap = (built ? access.endpoints.internal : access.endpoints.client) ?? []
  if (bootstrap.length === 0)
    throw new MqopsError({ code: 'MQOPS_SPEC_ENDPOINT', summary: `${spec.name}: no endpoint to connect to` })
  const own = access.certificate
  const certificate = own ? { cert: await ctx.secret(own.certificate), key: await ctx.secret(own.key) } : null
  const credentials: Credentials = built
    ? { tls: clientTls && { ...clientTls, ...certificate }, login: null }
    : {
        tls: clientTls && { ...clientTls, ...certificate },
        login: await agreedLogin(access, clientTls, bootstrap, ctx),
      }

  const work = createWire(credentials, WORK_LIMITS)
  const quick = createWire(credentials, PROBE_LIMITS)
  const forwarded = createWire(credentials, PROBE_LIMITS)
  try {
    const seen = await work.any(bootstrap, (connection) => api.describeCluster(connection, false, 1), ctx)
    const versions = await work.any(bootstrap, (connection) => api.apiVersions(connection, 'mqops', '1'), ctx)
    const nodes = built ? known : discovered(seen)
    const capabilities = new Set([...(await findCapabilities(work, bootstrap, ctx)), ...offeredBy(versions)])
    return assemble({
      spec,
      access,
      built,
      nodes,
      bootstrap,
      clientTls,
      credentials,
      work,
      quick,
      forwarded,
      clusterId: seen.clusterId,
      version: versionOf(versions),
      capabilities,
    })
  } catch (error) {
    await Promise.all([work.close(), quick.close(), forwarded.close()])
    throw error
  }
}

type Parts = {
  readonly spec: ClusterSpec
  readonly access: Access
  readonly built: boolean
  readonly nodes: readonly Node[]
  readonly bootstrap: readonly string[]
  readonly clientTls: Credentials['tls']
  readonly credentials: Credentials
  readonly work: Wire
  readonly quick: Wire
  readonly forwarded: Wire
  readonly clusterId: string
  readonly version: string
  readonly capabilities: ReadonlySet<string>
}

function assemble(parts: Parts): KafkaSession {
  const { spec, access, built, bootstrap, clientTls, work, quick, forwarded } = parts
  const extra: Wire[] = []
  const administrative = (node: Node) =>
    built ? (node.endpoints.internal ?? node.endpoints.controller) : node.endpoints.client
  const endpointOf = (id: number) => {
    const endpoint = parts.nodes.filter((node) => node.id === id).map(administrative)[0]
    if (endpoint !== undefined) return endpoint
    throw new MqopsError({
      code: 'MQOPS_UNREACHABLE',
      summary: `${spec.name}: broker ${id} is not known here`,
      retryable: true,
    })
  }
  const { heard, silent, speaking } = createSilences()
  const reachable = (ctx: Context) => speaking(bootstrap, ctx)
  const lanes = createLanes(work, () => createWire(parts.credentials, WORK_LIMITS))
  let clients: Promise<Wire> | null = null
  const session: KafkaSession = {
    cluster: spec.name,
    clusterId: parts.clusterId,
    version: parts.version,
    capabilities: parts.capabilities,
    nodes: parts.nodes,
    built,
    access,
    clientTls,
    ...createMirror(() => session),
    asked: kafkaFields(spec),
    moveRate: kafkaFields(spec).moves?.rate ?? DEFAULT_MOVE_RATE,
    call: (call, ctx) => work.any(reachable(ctx), call, ctx),
    spread: (parts, ask, ctx) => lanes.spread(reachable(ctx), parts, ask, ctx),
    ask: (call, ctx) => quick.any(reachable(ctx), call, ctx),
    at: async (node, call, ctx) => work.at(endpointOf(node), call, ctx),
    askController: (call, ctx) => forwarded.any(reachable(ctx), call, ctx),
    async atController(call, ctx) {
      const { leader } = await readQuorum(session, ctx)
      const endpoint = parts.nodes.find((node) => node.id === leader)?.endpoints.controller
      if (endpoint !== undefined) return work.at(endpoint, call, ctx)
      throw new MqopsError({
        code: 'MQOPS_UNREACHABLE',
        summary: `${spec.name}: the port of the active controller (${leader}) is not known here`,
        retryable: true,
      })
    },
    askAt: async (node, call, ctx) => quick.at(endpointOf(node), call, ctx),
    async probe(call, ctx) {
      const one = async (node: Node) => {
        const endpoint = endpointOf(node.id)
        try {
          const answer = await quick.at(endpoint, call, ctx)
          heard(endpoint)
          return answer
        } catch (error) {
          if (!(error instanceof MqopsError)) throw error
          silent(endpoint, error, ctx)
          return error
        }
      }
      return new Map(await Promise.all(parts.nodes.map(async (node) => [node.id, await one(node)] as const)))
    },
    async everyBroker(call, ctx) {
      const brokers = parts.nodes.filter((node) => node.role === 'broker')
      const waited = new Set(
        speaking(
          brokers.map((node) => endpointOf(node.id)),
          ctx,
        ),
      )
      const asked = brokers.filter((node) => waited.has(endpointOf(node.id)))
      const answers = await Promise.allSettled(
        asked.map((node) => quick.at(endpointOf(node.id), (connection) => call(connection, node.id), ctx)),
      )
      ctx.signal.throwIfAborted()
      const found = new Map<number, Awaited<ReturnType<typeof call>>>()
      for (const [i, answer] of answers.entries()) {
        const node = asked[i] as Node
        if (answer.status === 'fulfilled') found.set(node.id, answer.value)
        else silent(endpointOf(node.id), answer.reason, ctx)
      }
      const [first] = answers
      if (found.size === 0 && first?.status === 'rejected') throw first.reason
      return found
    },
    login: (login, ctx) => tryLogin(login, clientTls, access.endpoints.client ?? bootstrap, ctx),
    async clientWire(ctx) {
      clients ??= agreedLogin(access, clientTls, access.endpoints.client ?? [], ctx).then((login) => {
        const wire = createWire({ tls: clientTls, login }, CLIENT_LIMITS)
        extra.push(wire)
        return wire
      })
      clients.catch(() => {
        clients = null
      })
      const endpoint = (id: number) => parts.nodes.find((node) => node.id === id)?.endpoints.client ?? endpointOf(id)
      return { wire: await clients, endpoint }
    },
    serially: createSerially(),
    members: (ctx) => observeMembers(session, ctx),
    checks: (ctx): Promise<readonly Check[]> => checks(session, ctx),
    canary: (sample, ctx) => canary(session, sample, ctx),
    refusals: (ctx) => refusals(session, ctx),
    lease: (holder, ttlMs, ctx) => acquireLease(session, holder, ttlMs, ctx),
    close: async () => {
      await Promise.all([lanes, work, quick, forwarded, ...extra].map((wire) => wire.close()))
    },
  }
  return session
}

type Described = {
  readonly brokers: readonly { readonly brokerId: number; readonly host: string; readonly port: number }[]
}

const discovered = ({ brokers }: Described): readonly Node[] =>
  [...brokers]
    .sort((a, b) => a.brokerId - b.brokerId)
    .map(({ brokerId, host, port }) => ({
      id: brokerId,
      role: 'broker',
      isController: null,
      endpoints: { client: `${host.includes(':') ? `[${host}]` : host}:${port}` },
    }))
