import { createHash } from 'node:crypto'
import type { Dict } from '../../model/json.ts'
import type { AllocatedMember, Allocation, NodeSpec } from '../../model/member.ts'
import { lines, type SecretRef, type Text } from '../../model/secret.ts'
import type { ClusterSpec } from '../../model/spec.ts'
import { BROKER_SETTINGS } from './broker-settings.ts'
import { kafkaFields } from './fields.ts'
import { propertiesText } from './properties.ts'
import { scalar, type Scalar } from './settings.ts'
import { startingThreads } from './threads.ts'
import { defaultReplicas, minInSync, type Place, places } from './topology.ts'

const MIB = 1024 ** 2
/** What a broker needs beside its heap: metaspace, threads, network buffers (measured: 145 MiB RSS with a 64 MiB heap). */
const BESIDE_HEAP = 160 * MIB
const DISK_BYTES = 10 * 1024 * MIB
/** Controlled shutdown hands over leaderships first; a broker with many partitions takes its time. */
const STOP_GRACE_MS = 60_000
/** Up to this heap a member is taken to be on a small machine. */
const SMALL_HEAP = 1024 * MIB

/** The one writer of Kafka's configuration. Pure: holes stand where secrets go. */
export function nodes(spec: ClusterSpec, allocation: Allocation): readonly NodeSpec[] {
  const all = places(spec)
  const allotted = (place: Place) => allocation.members.find((m) => m.role === place.role && m.slot === place.slot)
  return all.flatMap((place) => {
    const member = allotted(place)
    return member ? [node(spec, allocation, all, place, member)] : []
  })
}

function node(
  spec: ClusterSpec,
  allocation: Allocation,
  all: readonly Place[],
  place: Place,
  member: AllocatedMember,
): NodeSpec {
  const { memory } = kafkaFields(spec)
  const { home, logs } = member.paths
  const log4j = `${home}/log4j2.properties`
  return {
    member: { cluster: member.cluster, role: member.role, slot: member.slot, incarnation: member.incarnation },
    name: place.name,
    software: { name: 'kafka', version: spec.version },
    argv: ['kafka-server-start', `${home}/server.properties`],
    env: {
      KAFKA_HEAP_OPTS: `-Xmx${Math.floor(memory / MIB)}m -Xms${Math.floor(Math.min(memory, 64 * MIB) / MIB)}m`,
      KAFKA_LOG4J_CONFIG: log4j,
      // The name that the start script of the official distribution reads.
      KAFKA_LOG4J_OPTS: `-Dlog4j2.configurationFile=${log4j}`,
      LOG_DIR: logs,
    },
    files: {
      'server.properties': { text: serverProperties(spec, allocation, all, place, member), apply: 'restart' },
      'log4j2.properties': { text: log4jProperties(logs), apply: 'restart' },
      ...(spec.security.tls
        ? {
            'node.pem': {
              text: [generated(`tls/${place.name}.key`), generated(`tls/${place.name}.crt`)],
              apply: 'reload' as const,
            },
            'ca.crt': { text: [generated('tls/ca.crt')], apply: 'reload' as const, mode: 0o644 },
          }
        : {}),
    },
    ports: member.ports,
    ready: { port: place.isBroker ? 'client' : 'controller' },
    logs: [`${logs}/server.log`],
    stopSignal: 'SIGTERM',
    stopGraceMs: STOP_GRACE_MS,
    // A broker that stops hands its leaderships over through the active controller, and waits for that for minutes.
    ...(place.isController && !all.every((one) => one.isController) ? { stopLast: true as const } : {}),
    size: { memoryBytes: memory + BESIDE_HEAP, diskBytes: DISK_BYTES },
  }
}

const generated = (name: string): SecretRef => ({ secretRef: { generated: name } })

/** IPv6 addresses want brackets before a port. */
const hostPort = (host: string, port: number | undefined): string =>
  `${host.includes(':') ? `[${host}]` : host}:${port}`

function serverProperties(
  spec: ClusterSpec,
  allocation: Allocation,
  all: readonly Place[],
  place: Place,
  member: AllocatedMember,
): Text {
  const brokers = all.filter((p) => p.isBroker).length
  const asked = staticSettings(spec)
  const usual = size(spec, brokers)
  const without = (settings: Dict<Scalar>) =>
    Object.fromEntries(Object.entries(settings).filter(([name]) => !(name in asked)))
  return propertiesText(
    [
      [
        `${allocation.cluster}, ${place.name}: written by mqops, changes are overwritten`,
        identity(allocation, all, place, member),
      ],
      ['Listeners', listeners(spec, place, member)],
      ['Security', security(spec, all, place, member)],
      ['Copies of what Kafka keeps for itself', without(internalTopics(brokers))],
      ['Size', without({ ...usual, ...startingThreads(spec, place.slot, usual) })],
      ['From the spec', asked],
    ].filter(([, settings]) => Object.keys(settings as Dict<Scalar>).length > 0) as [string, Dict<Scalar>][],
  )
}

/** Settings of the spec that take a restart; the others are cluster-wide defaults, set while the brokers run. */
function staticSettings(spec: ClusterSpec): Dict<Scalar> {
  const config = Object.entries(kafkaFields(spec).config ?? {})
  return Object.fromEntries(
    config
      .filter(([name]) => BROKER_SETTINGS[name]?.mode === 'static')
      .sort()
      .map(([name, value]) => [name, scalar(value)]),
  )
}

function identity(allocation: Allocation, all: readonly Place[], place: Place, member: AllocatedMember): Dict<Scalar> {
  const voters = all.filter((p) => p.isController)
  const address = ({ role, slot }: Place) => {
    const voter = allocation.members.find((m) => m.role === role && m.slot === slot)
    return voter ? hostPort(voter.host, voter.ports.controller) : ''
  }
  return {
    'node.id': place.slot,
    'process.roles': [...(place.isBroker ? ['broker'] : []), ...(place.isController ? ['controller'] : [])].join(','),
    'controller.quorum.voters': voters.map((voter) => `${voter.slot}@${address(voter)}`).join(','),
    'log.dirs': member.paths.data,
  }
}

function listeners(spec: ClusterSpec, place: Place, member: AllocatedMember): Dict<Scalar> {
  const at = (name: string, port: string) => `${name}://${hostPort(member.host, member.ports[port])}`
  const forBrokers = place.isBroker ? [at('CLIENT', 'client'), at('INTERNAL', 'internal')] : []
  const forControllers = place.isController ? [at('CONTROLLER', 'controller')] : []
  const protocols = spec.security.tls
    ? { CLIENT: 'SASL_SSL', INTERNAL: 'SSL', CONTROLLER: 'SSL' }
    : { CLIENT: 'SASL_PLAINTEXT', INTERNAL: 'PLAINTEXT', CONTROLLER: 'PLAINTEXT' }
  return {
    listeners: [...forBrokers, ...forControllers].join(','),
    ...(place.isBroker
      ? { 'advertised.listeners': forBrokers.join(','), 'inter.broker.listener.name': 'INTERNAL' }
      : {}),
    'controller.listener.names': 'CONTROLLER',
    'listener.security.protocol.map': Object.entries(protocols)
      .map(([name, protocol]) => `${name}:${protocol}`)
      .join(','),
  }
}

const SCRAM_LOGIN = 'org.apache.kafka.common.security.scram.ScramLoginModule required;'

/**
 * Every port wants either a login or a certificate of the cluster's own authority. The mapping takes only certificates
 * that say OU=kafka; Java shows a subject of CN, OU the other way round (RFC 2253).
 */
function security(spec: ClusterSpec, all: readonly Place[], place: Place, member: AllocatedMember): Dict<Scalar> {
  const { tls } = spec.security
  const superUsers = [...all.map((p) => p.name), 'admin', ...(tls ? [] : ['ANONYMOUS'])]
  return {
    'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
    'allow.everyone.if.no.acl.found': false,
    'super.users': superUsers.map((name) => `User:${name}`).join(';'),
    ...(place.isBroker
      ? {
          'sasl.enabled.mechanisms': 'SCRAM-SHA-512,SCRAM-SHA-256',
          'listener.name.client.scram-sha-512.sasl.jaas.config': SCRAM_LOGIN,
          'listener.name.client.scram-sha-256.sasl.jaas.config': SCRAM_LOGIN,
        }
      : {}),
    ...(tls
      ? {
          'ssl.keystore.type': 'PEM',
          'ssl.keystore.location': `${member.paths.home}/node.pem`,
          'ssl.truststore.type': 'PEM',
          'ssl.truststore.location': `${member.paths.home}/ca.crt`,
          'ssl.client.auth': 'none',
          ...(place.isBroker ? { 'listener.name.internal.ssl.client.auth': 'required' } : {}),
          ...(place.isController ? { 'listener.name.controller.ssl.client.auth': 'required' } : {}),
          'ssl.enabled.protocols': 'TLSv1.3,TLSv1.2',
          'ssl.endpoint.identification.algorithm': 'https',
          'ssl.principal.mapping.rules': 'RULE:^OU=kafka,CN=([a-z0-9-]+)$/$1/,DEFAULT',
        }
      : {}),
  }
}

function internalTopics(brokers: number): Dict<Scalar> {
  const replicas = defaultReplicas(brokers)
  return {
    'default.replication.factor': replicas,
    'offsets.topic.replication.factor': replicas,
    'transaction.state.log.replication.factor': replicas,
    'transaction.state.log.min.isr': minInSync(replicas),
    'share.coordinator.state.topic.replication.factor': replicas,
    'share.coordinator.state.topic.min.isr': minInSync(replicas),
  }
}

/** Kafka's defaults are for big machines: 50 partitions of each internal topic, 11 threads, 128 MiB to compact with. */
export function size(spec: ClusterSpec, brokers: number): Dict<Scalar> {
  const small = kafkaFields(spec).memory <= SMALL_HEAP
  return {
    'auto.create.topics.enable': false,
    ...(small && brokers <= 3
      ? {
          'offsets.topic.num.partitions': 5,
          'transaction.state.log.num.partitions': 5,
          'share.coordinator.state.topic.num.partitions': 5,
        }
      : {}),
    ...(small
      ? {
          'num.network.threads': 2,
          'num.io.threads': 4,
          'log.cleaner.dedupe.buffer.size': 8 * MIB,
          'group.initial.rebalance.delay.ms': 0,
        }
      : {}),
  }
}

const log4jProperties = (logs: string): Text =>
  lines(
    '# server.log and five older ones of 10 MB each: written by mqops, changes are overwritten',
    'appender.file.type=RollingFile',
    'appender.file.name=file',
    `appender.file.fileName=${logs}/server.log`,
    `appender.file.filePattern=${logs}/server.log.%i`,
    'appender.file.layout.type=PatternLayout',
    'appender.file.layout.pattern=[%d{ISO8601}] %p %m (%c)%n',
    'appender.file.policies.type=Policies',
    'appender.file.policies.size.type=SizeBasedTriggeringPolicy',
    'appender.file.policies.size.size=10MB',
    'appender.file.strategy.type=DefaultRolloverStrategy',
    'appender.file.strategy.max=5',
    'rootLogger.level=INFO',
    'rootLogger.appenderRef.file.ref=file',
  )

/** Kafka's directory.id is 22 characters of base64url; any other identity of a disk is mapped onto one. */
const directoryId = (incarnation: string): string =>
  /^[A-Za-z0-9_][A-Za-z0-9_-]{21}$/.test(incarnation)
    ? incarnation
    : `0${createHash('sha256').update(incarnation).digest('base64url').slice(0, 20)}A`

/** What `kafka-storage format` would write for static voters, without the seconds that a JVM takes to do so. */
export const format = (_spec: ClusterSpec, allocation: Allocation, member: AllocatedMember): Dict<string> => ({
  'meta.properties': [
    'version=1',
    `cluster.id=${allocation.clusterId}`,
    `node.id=${member.slot}`,
    `directory.id=${directoryId(member.incarnation)}`,
    '',
  ].join('\n'),
})
