import type { AllocatedMember } from '../../model/member.ts'
import type { ClusterSpec } from '../../model/spec.ts'
import { parseTerms } from './erlang-terms.ts'
import { fieldsOf, listenersOf, pluginsOf } from './fields.ts'
import { bindAddress, nodeName } from './names.ts'
import { isDynamic } from './settings.ts'

/** The texts of a member's configuration files. Pure. */

const block = (...rows: readonly string[]): string => `${rows.join('\n')}\n`

const certificate = (prefix: string, home: string): readonly string[] => [
  `${prefix}.cacertfile = ${home}/tls/ca.crt`,
  `${prefix}.certfile = ${home}/tls/node.crt`,
  `${prefix}.keyfile = ${home}/tls/node.key`,
]

const versions = (prefix: string): readonly string[] => [
  `${prefix}.versions.1 = tlsv1.3`,
  `${prefix}.versions.2 = tlsv1.2`,
]

function listeners(spec: ClusterSpec, member: AllocatedMember): readonly string[] {
  const bind = bindAddress(member.host)
  const { home } = member.paths
  const { ports } = member
  const extra = listenersOf(spec).map(([, name]) => name)
  if (!spec.security.tls) {
    return [
      `listeners.tcp.1 = ${bind}:${ports.client}`,
      ...extra.map((name) => `${name}.listeners.tcp.1 = ${bind}:${ports[name]}`),
      `management.tcp.ip = ${bind}`,
      `management.tcp.port = ${ports.management}`,
      `prometheus.tcp.ip = ${bind}`,
      `prometheus.tcp.port = ${ports.prometheus}`,
    ]
  }
  return [
    'listeners.tcp = none',
    `listeners.ssl.1 = ${bind}:${ports.client}`,
    ...certificate('ssl_options', home),
    'ssl_options.verify = verify_none',
    ...versions('ssl_options'),
    ...extra.flatMap((name) => [`${name}.listeners.tcp = none`, `${name}.listeners.ssl.1 = ${bind}:${ports[name]}`]),
    `management.ssl.ip = ${bind}`,
    `management.ssl.port = ${ports.management}`,
    ...certificate('management.ssl', home),
    ...versions('management.ssl'),
    'prometheus.tcp.listener = none', // without it a plaintext listener opens on all interfaces
    `prometheus.ssl.ip = ${bind}`,
    `prometheus.ssl.port = ${ports.prometheus}`,
    ...certificate('prometheus.ssl', home),
    ...versions('prometheus.ssl'),
  ]
}

/** What a stream client is told to connect to, or it would try the machine's own name. */
const advertised = (spec: ClusterSpec, member: AllocatedMember): readonly string[] => {
  if (!listenersOf(spec).some(([, name]) => name === 'stream')) return []
  const tls = spec.security.tls ? 'tls_' : ''
  return [`stream.advertised_${tls}host = ${member.host}`, `stream.advertised_${tls}port = ${member.ports.stream}`]
}

/**
 * Besides what the spec says. While a member hangs, the others' answers about the whole cluster hang too, until it is
 * noticed: net_ticktime in s, the broker's own is 60. When all members stop at once, the last one waits in vain for the
 * majority of the metadata store: its timeout in ms, the broker's own is 30,000.
 */
const DEFAULTS: Readonly<Record<string, string | number>> = {
  net_ticktime: 20,
  'metadata_store.khepri.default_timeout': 10_000,
}

/** rabbitmq.conf: what a running member takes up by a restart only. */
export function rabbitmqConfig(spec: ClusterSpec, member: AllocatedMember): string {
  const settings = Object.entries({ ...DEFAULTS, ...fieldsOf(spec).config }).filter(([name]) => !isDynamic(name))
  return block(
    '# Written by mqops.',
    ...listeners(spec, member),
    ...advertised(spec, member),
    'prometheus.authentication.enabled = true',
    'auth_mechanisms.1 = PLAIN',
    'anonymous_login_user = none',
    `load_definitions = ${member.paths.home}/definitions.json`,
    `cluster_name = ${member.cluster}`,
    'log.console = false',
    ...settings.map(([name, value]) => `${name} = ${value}`).sort(),
  )
}

/** Read when a fresh member looks for the others; members of a formed cluster know each other. */
export const formationConfig = (cluster: string, members: readonly AllocatedMember[]): string =>
  block(
    `# Written by mqops: the first members of ${cluster}. Only a fresh member reads it.`,
    'cluster_formation.peer_discovery_backend = classic_config',
    ...members.map((member, i) => `cluster_formation.classic_config.nodes.${i + 1} = ${nodeName(member)}`),
    `cluster_formation.target_cluster_size_hint = ${members.length}`,
  )

/** What `rabbitmqctl` can change in a running member. */
export function runtimeConfig(spec: ClusterSpec): string {
  const { memory, diskFreeLimit, config } = fieldsOf(spec)
  return block(
    '# Written by mqops: taken up without restart.',
    `vm_memory_high_watermark.absolute = ${memory}`,
    `disk_free_limit.absolute = ${diskFreeLimit}`,
    ...Object.entries(config)
      .filter(([name]) => isDynamic(name))
      .map(([name, value]) => `${name} = ${value}`),
  )
}

/** As `rabbitmq-plugins` itself writes it. */
export const enabledPlugins = (spec: ClusterSpec): string => `[${pluginsOf(spec).join(',')}].\n`

const tlsFiles = (home: string): string =>
  `{cacertfile, "${home}/tls/ca.crt"}, {certfile, "${home}/tls/node.crt"}, {keyfile, "${home}/tls/node.key"}`
const MUTUAL = "{verify, verify_peer}, {versions, ['tlsv1.3']}"

/** TLS between members: each side shows its certificate, the client checks the host in the node's name. */
export function distributionConfig(member: AllocatedMember): string {
  const options = `${tlsFiles(member.paths.home)}, ${MUTUAL}`
  return `%% Written by mqops.\n[{server, [${options}, {fail_if_no_peer_cert, true}]},\n {client, [${options}]}].\n`
}

/**
 * TLS between the replicas of a stream. They connect to the machine's own host name first (osiris_replica:init), which
 * no certificate of the cluster names, and don't get over the refusal: publishers would wait for ever. So the name is
 * not compared ('=/=' of two different things is true); both sides still show a certificate of the cluster's own authority.
 */
function streamTransport(member: AllocatedMember): string {
  const options = `${tlsFiles(member.paths.home)}, ${MUTUAL}`
  return [
    '{osiris, [',
    '  {replication_transport, ssl},',
    `  {replication_server_ssl_options, [${options}, {fail_if_no_peer_cert, true}]},`,
    `  {replication_client_ssl_options, [{customize_hostname_check, [{match_fun, fun erlang:'=/='/2}]}, ${options}]}`,
    ']}',
  ].join('\n')
}

/** mqops's own terms and those of the spec; null when there are none. */
export function advancedConfig(spec: ClusterSpec, member: AllocatedMember): string | null {
  const terms = parseTerms(fieldsOf(spec).advancedConfig)
  // On a line of its own: it may end with a comment.
  const given = 'body' in terms && terms.body !== '' ? [`${terms.body}\n`] : []
  const all = [...(spec.security.tls ? [streamTransport(member)] : []), ...given]
  return all.length === 0 ? null : `%% Written by mqops.\n[${all.join(',\n')}].\n`
}
