import { createHash } from 'node:crypto'
import { MqopsError } from '../../model/failure.ts'
import type { Access, AllocatedMember, Allocation, Layout, NodeSpec } from '../../model/member.ts'
import type { SecretRef, Text } from '../../model/secret.ts'
import type { ClusterSpec } from '../../model/spec.ts'
import {
  advancedConfig,
  distributionConfig,
  enabledPlugins,
  formationConfig,
  rabbitmqConfig,
  runtimeConfig,
} from './config.ts'
import { fieldsOf, listenersOf } from './fields.ts'
import { isLoopback, memberName, nodeName } from './names.ts'

/** Free room that a member wants beyond what makes it block publishers. */
const DISK_ROOM = 2
/** RabbitMQ's own share of a machine's memory before it blocks publishers; the rest is headroom for garbage collection. */
const MEMORY_SHARE = 0.6
const STOP_GRACE_MS = 120_000

export const ADMIN = 'admin' // for people
export const OPERATOR = 'mqops' // for mqops itself

const generated = (name: string): SecretRef => ({ secretRef: { generated: name } })

/** Ports, secrets and certificates to allot. One epmd serves all members of the cluster on a host: slot 1 lists its port. */
export function layout(spec: ClusterSpec): Layout {
  const { members, users } = fieldsOf(spec)
  const extra = listenersOf(spec).map(([, port]) => port)
  const slots = Array.from({ length: members }, (_, i) => i + 1)
  const names = Object.entries(users).filter(([, user]) => user.password === undefined)
  return {
    members: slots.map((slot) => ({
      role: 'server',
      slot,
      ports: ['client', 'management', 'prometheus', 'distribution', ...extra, ...(slot === 1 ? ['epmd'] : [])],
    })),
    secrets: ['cookie', ADMIN, OPERATOR, ...names.map(([name]) => `user/${name}`)],
    certificates: spec.security.tls
      ? slots.map((slot) => ({
          name: memberName(slot),
          commonName: memberName(slot),
          organizationalUnit: 'rabbitmq',
          slot,
        }))
      : [],
  }
}

/** The salt of a first user's password hash: 4 bytes in hex that never change, so that rendering is pure. */
export const saltOf = (clusterId: string, user: string): string =>
  createHash('sha256').update(`${clusterId}/${user}`).digest('hex').slice(0, 8)

/** RabbitMQ's rabbit_password_hashing_sha256: base64 of 4 bytes of salt and SHA-256 of salt and password. */
export function passwordHash(password: string, saltHex: string): string {
  const salt = Buffer.from(saltHex, 'hex')
  return Buffer.concat([salt, createHash('sha256').update(salt).update(password, 'utf8').digest()]).toString('base64')
}

/** First users, the default vhost and the cluster's id: imported at each boot, so that a lost operator comes back. */
function definitions(clusterId: string): Text {
  const users = [ADMIN, OPERATOR]
  const user = (name: string): Text => [
    `    { "name": "${name}", "tags": ["administrator"], "hashing_algorithm": "rabbit_password_hashing_sha256", "password_hash": "`,
    { ...generated(name), as: 'rabbitmq-sha256', salt: saltOf(clusterId, name) },
    '" }',
  ]
  const permission = (name: string): string =>
    `    { "user": "${name}", "vhost": "/", "configure": ".*", "write": ".*", "read": ".*" }`
  return [
    '{\n  "users": [\n',
    ...user(ADMIN),
    ',\n',
    ...user(OPERATOR),
    `\n  ],\n  "vhosts": [{ "name": "/" }],\n  "permissions": [\n${users.map(permission).join(',\n')}\n  ],\n`,
    `  "global_parameters": [{ "name": "mqops_cluster", "value": "${clusterId}" }]\n}\n`,
  ]
}

/** One NodeSpec for each member of the allocation that the spec still wants; the one writer of rabbitmq.conf. Pure. */
export function nodes(spec: ClusterSpec, allocation: Allocation): readonly NodeSpec[] {
  const members = membersOf(spec, allocation)
  const epmd = allocation.members.find((member) => member.slot === 1)?.ports.epmd
  if (epmd === undefined)
    throw new MqopsError({ code: 'MQOPS_INTERNAL', summary: `${spec.name}: no port is allotted for epmd` })
  return members.map((member) => node(spec, allocation, members, member, epmd))
}

const membersOf = (spec: ClusterSpec, allocation: Allocation): readonly AllocatedMember[] =>
  allocation.members.filter((member) => member.slot <= fieldsOf(spec).members).sort((a, b) => a.slot - b.slot)

function node(
  spec: ClusterSpec,
  allocation: Allocation,
  members: readonly AllocatedMember[],
  member: AllocatedMember,
  epmd: number,
): NodeSpec {
  const { memory, diskFreeLimit } = fieldsOf(spec)
  const { tls } = spec.security
  const name = memberName(member.slot)
  const environment = nodeEnvironment(spec, member, epmd)
  const secret = (of: string): Text => [generated(of)]
  const advanced = advancedConfig(spec, member)
  // epmd's port is shared: it is in use while any member runs, and none of them owns it.
  const { epmd: _, ...own } = member.ports
  return {
    member: { cluster: member.cluster, role: member.role, slot: member.slot, incarnation: member.incarnation },
    name,
    software: { name: 'rabbitmq', version: spec.version },
    argv: ['rabbitmq-server'],
    env: environment,
    files: {
      '.erlang.cookie': { text: secret('cookie'), apply: 'restart', mode: 0o400 },
      'rabbitmq.conf': { text: [rabbitmqConfig(spec, member)], apply: 'restart', mode: 0o644 },
      'conf.d/10-formation.conf': {
        text: [formationConfig(allocation.cluster, members)],
        apply: 'first-start',
        mode: 0o644,
      },
      'conf.d/50-dynamic.conf': { text: [runtimeConfig(spec)], apply: 'reload', mode: 0o644 },
      enabled_plugins: { text: [enabledPlugins(spec)], apply: 'reload', mode: 0o644 },
      'definitions.json': { text: definitions(allocation.clusterId), apply: 'restart' },
      ...(tls
        ? {
            'tls/ca.crt': { text: secret('tls/ca.crt'), apply: 'reload', mode: 0o644 },
            'tls/node.crt': { text: secret(`tls/${name}.crt`), apply: 'reload', mode: 0o644 },
            'tls/node.key': { text: secret(`tls/${name}.key`), apply: 'reload' },
            'tls/distribution.config': { text: [distributionConfig(member)], apply: 'restart', mode: 0o644 },
          }
        : {}),
      ...(advanced === null ? {} : { 'advanced.config': { text: [advanced], apply: 'restart', mode: 0o644 } }),
    },
    ports: own,
    ready: { port: 'client' },
    logs: [`${member.paths.logs}/rabbitmq.log`],
    stopSignal: 'SIGTERM',
    stopGraceMs: STOP_GRACE_MS,
    size: { memoryBytes: Math.ceil(memory / MEMORY_SHARE), diskBytes: diskFreeLimit * DISK_ROOM },
    afterLast: {
      argv: ['epmd', '-port', String(epmd), '-kill'],
      env: { ERL_EPMD_PORT: String(epmd), ERL_EPMD_ADDRESS: '127.0.0.1' },
    },
  }
}

/** What the server and its command line tools read from the environment: nothing of the machine's own RabbitMQ. */
function nodeEnvironment(spec: ClusterSpec, member: AllocatedMember, epmd: number): Record<string, string> {
  const { home, data, logs } = member.paths
  const local = isLoopback(member.host)
  const secure = spec.security.tls
    ? [
        '-pa ${runtime:MQOPS_ERLANG_SSL_EBIN}',
        '-proto_dist inet_tls',
        // From the folder that it starts in: the server’s script splits these words at spaces, quoted or not.
        '-ssl_dist_optfile tls/distribution.config',
      ]
    : []
  const interfaces = local ? ['-kernel inet_dist_use_interface {127,0,0,1}'] : []
  return {
    HOME: home,
    LANG: 'C.UTF-8',
    ERL_EPMD_PORT: String(epmd),
    ...(local ? { ERL_EPMD_ADDRESS: '127.0.0.1' } : {}),
    // The script then replaces itself by the virtual machine: the process that is signalled is the one that serves.
    RUNNING_UNDER_SYSTEMD: 'true',
    RABBITMQ_NODENAME: nodeName(member),
    RABBITMQ_BASE: home,
    RABBITMQ_MNESIA_BASE: data,
    RABBITMQ_LOG_BASE: logs,
    RABBITMQ_LOGS: `${logs}/rabbitmq.log`,
    RABBITMQ_CONFIG_FILE: `${home}/rabbitmq.conf`,
    RABBITMQ_CONFIG_FILES: `${home}/conf.d`,
    RABBITMQ_ADVANCED_CONFIG_FILE: `${home}/advanced.config`,
    RABBITMQ_CONF_ENV_FILE: `${home}/rabbitmq-env.conf`,
    RABBITMQ_ENABLED_PLUGINS_FILE: `${home}/enabled_plugins`,
    RABBITMQ_PID_FILE: `${home}/rabbitmq.pid`,
    // Members of one machine share its cores: bound schedulers of all of them would stand on the same ones.
    ...(local ? { RABBITMQ_SCHEDULER_BIND_TYPE: 'u' } : {}),
    RABBITMQ_NODE_PORT: String(member.ports.client),
    RABBITMQ_DIST_PORT: String(member.ports.distribution),
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: [...interfaces, ...secure].join(' '),
    RABBITMQ_CTL_ERL_ARGS: ['-dist_listen false', ...secure].join(' '),
  }
}

/** How mqops and people reach the cluster; endpoint lists are in the order of slots. */
export function access(spec: ClusterSpec, allocation: Allocation): Access {
  const members = membersOf(spec, allocation)
  const purposes = ['client', 'management', 'prometheus', 'distribution', ...listenersOf(spec).map(([, port]) => port)]
  const { tls } = spec.security
  return {
    tls,
    endpoints: Object.fromEntries(
      purposes.map((purpose) => [purpose, members.map((member) => `${member.host}:${member.ports[purpose]}`)]),
    ),
    user: OPERATOR,
    password: generated(OPERATOR),
    admin: { user: ADMIN, password: generated(ADMIN) },
    ...(tls ? { ca: generated('tls/ca.crt') } : {}),
  }
}
