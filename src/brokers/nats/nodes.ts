import type { AllocatedMember, Allocation, NodeSpec } from '../../model/member.ts'
import { lines, type Text } from '../../model/secret.ts'
import type { ClusterSpec } from '../../model/spec.ts'
import { ACCOUNTS_FILE, accountsFile } from './accounts.ts'
import { fieldsOf, type NatsFields } from './fields.ts'
import { CLUSTER_ID, entries, generated } from './names.ts'
import { OPTIONS, optionText } from './options.ts'

/** The one writer of nats.conf and the files beside it. */

export const SERVER_FILE = 'nats.conf'
export const RELOAD_FILE = 'server.conf'
export const ROUTES_FILE = 'routes.conf'

/** The shortest that the server takes ("minimum is 30 seconds"); with few clients it ends much earlier. */
const LAME_DUCK_SECONDS = 30
const MIB = 1024 ** 2
/** What a server needs besides JetStream's memory: buffers of connections, Raft, the Go runtime. */
const BASE_MEMORY = 256 * MIB

const quote = (text: string): string => JSON.stringify(text)

/** CLUSTER-nats-SLOT-INCARNATION: a wiped disk comes back under a fresh name, for under its old one it would not rejoin. */
export const serverName = (cluster: string, member: Pick<AllocatedMember, 'slot' | 'incarnation'>): string =>
  `${cluster}-nats-${member.slot}-${member.incarnation.replace(/[^A-Za-z0-9]/g, '').slice(0, 4)}`

export const clusterName = (allocation: Pick<Allocation, 'cluster' | 'clusterId'>): string =>
  `${allocation.cluster}-${allocation.clusterId}`

export function nodes(spec: ClusterSpec, allocation: Allocation): readonly NodeSpec[] {
  const fields = fieldsOf(spec)
  const members = membersOf(fields, allocation)
  return members.map((member) => node(spec, fields, allocation, member, members))
}

/** The allotted members that the spec asks for, by slot. */
export const membersOf = (fields: Pick<NatsFields, 'members'>, allocation: Allocation): readonly AllocatedMember[] =>
  allocation.members.filter((member) => member.slot <= fields.members).sort((a, b) => a.slot - b.slot)

function node(
  spec: ClusterSpec,
  fields: NatsFields,
  allocation: Allocation,
  member: AllocatedMember,
  members: readonly AllocatedMember[],
): NodeSpec {
  const { tls } = spec.security
  const name = `nats-${member.slot}`
  const certificate = (part: 'key' | 'crt'): Text => [
    allocation.secrets[`tls/${name}.${part}`] ?? generated(`tls/${name}.${part}`),
  ]
  return {
    member: { cluster: member.cluster, role: member.role, slot: member.slot, incarnation: member.incarnation },
    name,
    software: { name: 'nats', version: spec.version },
    argv: ['nats-server', '-c', `${member.paths.home}/${SERVER_FILE}`],
    env: {},
    files: {
      [SERVER_FILE]: { text: lines(...serverConf(spec, fields, allocation, member, members)), apply: 'restart' },
      [RELOAD_FILE]: { text: lines(...options(fields, 'server', 'reload', '')), apply: 'reload' },
      [ACCOUNTS_FILE]: { text: accountsFile(fields, allocation), apply: 'reload' },
      ...(members.length > 1
        ? { [ROUTES_FILE]: { text: lines(...routes(tls, allocation, member, members)), apply: 'reload' as const } }
        : {}),
      ...(tls
        ? {
            'tls/server.key': { text: certificate('key'), apply: 'reload' as const },
            'tls/server.crt': { text: certificate('crt'), apply: 'reload' as const },
            'tls/ca.crt': {
              text: [allocation.secrets['tls/ca.crt'] ?? generated('tls/ca.crt')],
              apply: 'reload' as const,
            },
          }
        : {}),
    },
    ports: member.ports,
    ready: { port: 'client' },
    logs: [`${member.paths.logs}/nats-server.log`],
    // Lame duck mode: leaders and clients move to other members before this one ends.
    stopSignal: 'SIGUSR2',
    stopGraceMs: (LAME_DUCK_SECONDS + 10) * 1000,
    size: { memoryBytes: fields.memory + BASE_MEMORY, diskBytes: fields.storage + 128 * MIB },
  }
}

function serverConf(
  spec: ClusterSpec,
  fields: NatsFields,
  allocation: Allocation,
  member: AllocatedMember,
  members: readonly AllocatedMember[],
): readonly (string | Text)[] {
  const { tls } = spec.security
  const { home, data, logs } = member.paths
  const files = `cert_file: ${quote(`${home}/tls/server.crt`)}, key_file: ${quote(`${home}/tls/server.key`)}, ca_file: ${quote(`${home}/tls/ca.crt`)}`
  return [
    `server_name: ${quote(serverName(allocation.cluster, member))}`,
    `server_metadata: { ${quote(CLUSTER_ID)}: ${quote(allocation.clusterId)} }`,
    `host: ${quote(member.host)}`,
    `port: ${member.ports.client}`,
    `${tls ? 'https' : 'http'}: ${quote(`${member.host}:${member.ports.monitor}`)}`,
    `log_file: ${quote(`${logs}/nats-server.log`)}`,
    `logfile_size_limit: ${16 * MIB}`,
    'logfile_max_num: 4',
    `lame_duck_duration: "${LAME_DUCK_SECONDS}s"`,
    'lame_duck_grace_period: "1s"',
    ...options(fields, 'server', 'restart', ''),
    ...(tls ? [`tls { ${files}, min_version: "1.3", timeout: 5 }`] : []),
    'jetstream {',
    `  store_dir: ${quote(data)}`,
    `  max_memory_store: ${fields.memory}`,
    // Unset it would be 75% of the disk that happens to be free at the start.
    `  max_file_store: ${fields.storage}`,
    ...options(fields, 'jetstream', 'restart', '  '),
    '}',
    ...(members.length > 1
      ? clusterConf(fields, allocation, member, tls ? `tls { ${files}, verify: true, timeout: 5 }` : null)
      : []),
    `include ${quote(RELOAD_FILE)}`,
    `include ${quote(ACCOUNTS_FILE)}`,
  ]
}

/** A single server stays without a cluster block: routed to itself it would wait for a second one for ever. */
function clusterConf(
  fields: NatsFields,
  allocation: Allocation,
  member: AllocatedMember,
  tls: string | null,
): readonly (string | Text)[] {
  return [
    'cluster {',
    `  name: ${quote(clusterName(allocation))}`,
    `  host: ${quote(member.host)}`,
    `  port: ${member.ports.cluster}`,
    ...(tls ? [`  ${tls}`] : []),
    ...options(fields, 'cluster', 'restart', '  '),
    `  include ${quote(ROUTES_FILE)}`,
    '}',
  ]
}

/** Without TLS a password keeps strangers off the route port. */
function routes(
  tls: boolean,
  allocation: Allocation,
  member: AllocatedMember,
  members: readonly AllocatedMember[],
): readonly (string | Text)[] {
  const others = members.filter((other) => other.slot !== member.slot)
  if (tls) return [`routes: [${others.map((other) => quote(`tls://${other.host}:${other.ports.cluster}`)).join(', ')}]`]
  const secret = allocation.secrets.cluster ?? generated('cluster')
  return [
    ['authorization { user: "route", password: "', secret, '", timeout: 5 }'],
    [
      'routes: [',
      ...others.flatMap(
        (other, i): Text => [
          `${i > 0 ? ', ' : ''}"nats-route://route:`,
          secret,
          `@${other.host}:${other.ports.cluster}"`,
        ],
      ),
      ']',
    ],
  ]
}

const options = (fields: NatsFields, block: string, apply: string, indent: string): readonly string[] =>
  [...entries(fields.config)]
    .filter(([name]) => OPTIONS.get(name)?.block === block && OPTIONS.get(name)?.apply === apply)
    .sort()
    .map(([name, value]) => `${indent}${name}: ${optionText(name, value)}`)
