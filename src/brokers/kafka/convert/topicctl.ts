import type { Json, JsonObject } from '../../../model/json.ts'
import type { ForeignCluster, ForeignDocument, ForeignFormat, ForeignItem } from '../../../ports/foreign.ts'
import { hasKeys, mapOf, Notes, part, passwordVariable, Reading } from '../../shared/foreign.ts'
import { camel, Principals } from './principals.ts'
import { membersFor, noteCounts, type TopicFound, topicItem } from './topics.ts'

const MINUTE = 60_000

/**
 * topicctl's YAML: clusters, topics and ACLs, one document each. A cluster says how the brokers are reached, so that what
 * comes of it takes over a cluster that runs.
 * Source: pkg/config of github.com/segmentio/topicctl v1 and v2.
 */
export const topicctl: ForeignFormat = {
  name: 'topicctl',
  about: 'YAML with meta and spec: cluster, topics/*.yaml, acls/*.yaml',
  recognises: (value) => kindOf(value) !== null,
  convert: (documents, o) => {
    const names = new Set(documents.map(({ value }) => clusterOf(value)))
    return [...names].map((name) => convert(documents, name, o.name))
  },
}

type Known = 'cluster' | 'topic' | 'acl'

function kindOf(value: Json): Known | null {
  if (!hasKeys(value, 'meta', 'spec')) return null
  const spec = value['spec'] ?? null
  if (hasKeys(spec, 'bootstrapAddrs') || hasKeys(spec, 'zkAddrs')) return 'cluster'
  if (hasKeys(spec, 'acls')) return 'acl'
  return hasKeys(spec, 'partitions') || hasKeys(spec, 'replicationFactor') ? 'topic' : null
}

function clusterOf(value: Json): string | null {
  const name = mapOf(mapOf(value)['meta'])[kindOf(value) === 'cluster' ? 'name' : 'cluster']
  return typeof name === 'string' ? name : null
}

function convert(documents: readonly ForeignDocument[], name: string | null, called: string | null): ForeignCluster {
  const notes = new Notes()
  const cluster = called ?? name ?? 'kafka'
  const principals = new Principals(cluster, notes)
  const topics: TopicFound[] = []
  const reach: ForeignItem[] = []
  for (const [document, { value }] of documents.entries()) {
    if (clusterOf(value) !== name) continue
    const one = new Reading(value, { document, path: [] }, 'this document', notes)
    const kind = kindOf(value)
    const meta = one.map('meta')
    const spec = one.map('spec')
    const own = meta.text('name') ?? ''
    for (const reading of [one, meta, spec]) reading.what = `${kind === 'acl' ? 'ACLs' : (kind as string)} ${own}`
    readMeta(meta)
    if (kind === 'cluster') reach.push(...readCluster(spec, cluster))
    else if (kind === 'topic') topics.push(readTopic(own, spec))
    else readAcls(spec, principals)
    spec.end()
    one.end()
  }
  const first = { document: 0, path: [] }
  return {
    name,
    // Of a cluster that runs the members are not told.
    items: [
      ...reach,
      ...(reach.length > 0 ? [] : membersFor(topics, first)),
      ...topics.map(topicItem),
      ...principals.items(),
    ],
    notes: notes.all,
  }
}

function readTopic(name: string, spec: Reading): TopicFound {
  const settings = spec.map('settings')
  const minutes = spec.number('retentionMinutes')
  const config = settings.keys().map((key) => [key, settings.any(key) ?? null, settings.place(key)] as const)
  const placement = spec.map('placement')
  const strategy = placement.text('strategy')
  const stay = 'Replicas that are there stay where they are.'
  const how = 'Kafka places replicas over racks by itself'
  if (strategy !== undefined && strategy !== 'any')
    placement.note(`the placement ${strategy} is not in a spec: ${how}`, stay, 'strategy')
  for (const name of ['staticAssignments', 'staticRackAssignments']) placement.leave(name, how, stay)
  placement.ignore('picker') // of one of these
  placement.end()
  spec.leaveAll('migration', 'migration of topics', 'mqops has its own way to move replicas', MOVES)
  const counts = { partitions: spec.number('partitions'), replicas: spec.number('replicationFactor') }
  noteCounts(spec, counts)
  return {
    name,
    ...counts,
    config: [
      ...(minutes === undefined || minutes <= 0
        ? []
        : [['retention.ms', minutes * MINUTE, spec.place('retentionMinutes')] as const]),
      ...config,
    ],
    at: spec.at,
  }
}

function readAcls(spec: Reading, principals: Principals): void {
  for (const acl of spec.maps('acls', spec.what)) {
    const resource = acl.map('resource')
    const rule = {
      principal: resource.text('principal') ?? '',
      type: camel(resource.word('type') ?? ''),
      pattern: camel(resource.word('patternType') ?? 'literal'),
      name: resource.word('name') ?? '',
      host: resource.text('host') || '*',
      permission: camel(resource.word('permission') ?? 'allow'),
    }
    principals.allow(rule, acl.words('operations').map(camel), acl.at)
    resource.end()
    acl.end()
  }
}

const MOVES = 'moves: { rate: … } limits how fast replicas move.'

/** What topicctl keeps for people, and where a cluster runs in its own words. */
function readMeta(meta: Reading): void {
  meta.ignore('cluster')
  for (const name of ['description', 'labels', 'consumers'])
    meta.leaveAll(name, `${name} in meta`, 'a spec has no place for them', 'Keep them as comments.')
  for (const name of ['region', 'environment', 'shard'])
    meta.leaveAll(name, `${name} in meta`, 'topicctl looks its cluster up by it', 'metadata.labels has room for it.')
  meta.end()
}

/** How the brokers are reached: the target of a cluster that someone else runs. */
function readCluster(spec: Reading, cluster: string): readonly ForeignItem[] {
  const endpoints = spec.words('bootstrapAddrs')
  spec.leave('zkAddrs', 'Kafka 4 has no ZooKeeper')
  spec.ignore('zkPrefix', 'zkLockPath')
  spec.leave('clusterID', 'mqops asks the cluster for it')
  spec.leave('defaultThrottleMB', 'mqops has its own way to move replicas', MOVES)
  spec.leave('defaultRetentionDropStepDuration', 'retention changes in one step')
  for (const name of ['versionMajor', 'versionMinor']) spec.leave(name, 'mqops asks the brokers')
  const tls = spec.map('tls')
  const encrypted = tls.flag('enabled') === true
  const options: Record<string, Json> = { endpoints, ...filesOf(tls), ...loginOf(spec.map('sasl'), cluster) }
  if (endpoints.length === 0) {
    spec.note('it names no brokers: how they are reached is left out', 'Give target.external endpoints.')
    return []
  }
  return [
    part(spec.what, ['target', 'external'], options, spec.place('bootstrapAddrs')),
    ...(encrypted ? [] : [part(`${spec.what}, TLS`, ['security', 'tls'], 'off', spec.at)]),
  ]
}

function filesOf(tls: Reading): JsonObject {
  const files: Record<string, Json> = {}
  const names = { caCertPath: 'ca', certPath: 'certificate', keyPath: 'key' } as const
  for (const [name, field] of Object.entries(names)) {
    const file = tls.text(name)
    // Relative ones stand against the file that they are in.
    if (file !== undefined && file !== '') files[field] = { secretRef: { file } }
  }
  if (tls.flag('skipVerify') === true)
    tls.note('skipVerify: mqops always verifies certificates', 'Name the CA that signed them in ca.', 'skipVerify')
  tls.ignore('enabled')
  tls.leave('serverName', 'the name in each endpoint is verified', 'Use the names of the certificates as endpoints.')
  tls.end()
  return files
}

function loginOf(sasl: Reading, cluster: string): JsonObject {
  const mechanism = (sasl.text('mechanism') ?? '').toUpperCase()
  const user = sasl.text('username')
  const password = sasl.text('password')
  sasl.leave(
    'secretsManagerArn',
    'mqops does not ask AWS Secrets Manager',
    'Put the password into the environment variable, and name the user.',
  )
  const on = sasl.flag('enabled') === true
  sasl.end()
  if (!on) return {}
  if (!mechanism.startsWith('SCRAM-SHA-')) {
    sasl.note(
      `mqops logs in by SCRAM, not by ${mechanism || 'a mechanism that is not named'}`,
      'Give target.external a SCRAM user.',
      'mechanism',
    )
    return {}
  }
  const name = variableIn(user) === null ? user : undefined
  if (name === undefined) {
    sasl.note('the user to log in as is not in the file', 'Give target.external user and password.')
    return {}
  }
  const variable = variableIn(password)
  const own = passwordVariable(cluster, name)
  if (variable === null && password !== undefined)
    sasl.note(
      'the password stands in the file, which no spec may',
      `Put it into the environment variable ${own.secretRef.env}.`,
      'password',
    )
  return { user: name, password: variable === null ? own : { secretRef: { env: variable } } }
}

/** topicctl fills $NAME and ${NAME} in from the environment. */
const variableIn = (text: string | undefined): string | null => /^\$\{?([A-Za-z_]\w*)\}?$/.exec(text ?? '')?.[1] ?? null
