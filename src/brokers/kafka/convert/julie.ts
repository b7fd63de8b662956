import type { Json, JsonObject } from '../../../model/json.ts'
import type {
  ForeignCluster,
  ForeignDocument,
  ForeignFormat,
  ForeignItem,
  ForeignPlace,
} from '../../../ports/foreign.ts'
import { given, hasKeys, mapOf, Notes, part, Reading } from '../../shared/foreign.ts'
import { readPlatform } from './julie-platform.ts'
import { type Allow, readApplications, readConsumers, readProducers } from './julie-users.ts'
import { Principals } from './principals.ts'
import { membersFor, noteCounts, type TopicFound, topicItem } from './topics.ts'

/** JulieOps' own default of topology.topic.prefix.separator. */
const SEPARATOR = '.'

/**
 * JulieOps topologies: context, projects, topics, and who consumes and produces, as topics and the rules that JulieOps
 * makes of them with its defaults; with a file of plans, when that is there.
 * Source: the deserialisers and AclsBindingsBuilder of github.com/kafka-ops/julie 4.
 */
export const julie: ForeignFormat = {
  name: 'julie',
  about: 'YAML with context and projects (a JulieOps topology), and its plans',
  recognises: (value) => kindOf(value) !== null,
  convert: (documents, o) => [convert(documents, o.name ?? 'kafka')],
}

type Known = 'topology' | 'plans' | 'roles'

function kindOf(value: Json): Known | null {
  if (hasKeys(value, 'context') && ['projects', 'platform', 'special_topics'].some((name) => hasKeys(value, name)))
    return 'topology'
  const { plans, roles } = mapOf(value)
  const [plan] = Object.values(mapOf(plans))
  if (hasKeys(plan ?? null, 'config')) return 'plans'
  return Array.isArray(roles) && hasKeys(roles[0] ?? null, 'acls') ? 'roles' : null
}

type Plans = ReadonlyMap<string, { readonly config: JsonObject; readonly at: ForeignPlace }>

type Topology = {
  readonly plans: Plans
  readonly topics: TopicFound[]
  readonly allow: Allow
  readonly quotas: ForeignItem[]
}

function convert(documents: readonly ForeignDocument[], cluster: string): ForeignCluster {
  const notes = new Notes()
  const principals = new Principals(cluster, notes)
  const plans = plansIn(documents, notes)
  const allow: Allow = (principal, type, name, operations, at) => {
    const prefixed = name.length > 1 && name.endsWith('*')
    const rule = {
      principal,
      type,
      pattern: prefixed ? 'prefixed' : 'literal',
      name: prefixed ? name.slice(0, -1) : name,
      permission: 'allow',
      host: '*',
    }
    principals.allow(rule, operations, at)
  }
  const topology: Topology = { plans, topics: [], allow, quotas: [] }
  for (const [document, { value }] of documents.entries()) {
    const kind = kindOf(value)
    const one = new Reading(value, { document, path: [] }, 'this topology', notes)
    if (kind === 'topology') readTopology(one, value as JsonObject, topology)
    else if (kind === 'roles')
      one.note('left out: roles of JulieOps are templates of its own', 'Give each user its acls in the spec.', 'roles')
  }
  const first = { document: 0, path: [] }
  return {
    name: null,
    items: [
      ...membersFor(topology.topics, first),
      ...topology.topics.map(topicItem),
      ...principals.items(),
      ...topology.quotas,
    ],
    notes: notes.all,
  }
}

function plansIn(documents: readonly ForeignDocument[], notes: Notes): Plans {
  const found = new Map<string, { config: JsonObject; at: ForeignPlace }>()
  for (const [document, { value }] of documents.entries()) {
    if (kindOf(value) !== 'plans') continue
    const one = new Reading(value, { document, path: [] }, 'these plans', notes)
    const plans = one.map('plans')
    for (const name of plans.keys()) {
      const plan = plans.map(name, `plan ${name}`)
      plan.ignore('alias', 'config')
      found.set(name, { config: mapOf(plan.any('config')), at: plan.place('config') })
      plan.end()
    }
    one.end()
  }
  return found
}

function readTopology(one: Reading, value: JsonObject, into: Topology): void {
  // Whatever else stands at the top becomes a part of every name, in the order of the file.
  const others = Object.keys(value).filter(
    (key) => !['context', 'projects', 'platform', 'special_topics'].includes(key),
  )
  const prefix = [one.word('context') ?? '', ...others.map((key) => one.word(key) ?? '')]
  for (const project of one.maps('projects', 'a project')) {
    const name = project.word('name') ?? ''
    if (name === '') {
      project.note('it has no name: it is left out, with all that is in it')
      continue
    }
    project.what = `project ${name}`
    readProject([...prefix, name].map((word) => word + SEPARATOR).join(''), project, into)
  }
  for (const topic of one.maps('special_topics', 'a topic')) readTopic('', topic, into)
  into.quotas.push(...readPlatform(one.map('platform', 'the platform'), into.allow).map(quotaItem))
  one.end()
}

function readProject(prefix: string, project: Reading, into: Topology): void {
  const topics = project.maps('topics', 'a topic')
  const names = topics.flatMap((topic) => readTopic(prefix, topic, into) ?? [])
  readConsumers(project, names, into.allow)
  readProducers(project, names, into.allow)
  readApplications(prefix, project, into.allow)
  project.leave('schemas', 'schemas are in a registry, not in Kafka')
  project.leave('rbac', 'role bindings are made by Confluent Server, which Kafka is not', 'Give the users acls.')
  project.leave('zookeepers', 'Kafka 4 has no ZooKeeper')
  // The names of custom roles.
  for (const key of project.keys())
    if (!KNOWN.includes(key)) project.leave(key, `the role ${key} is one of JulieOps' own`, 'Give the users acls.')
  project.end()
}

const KNOWN = [
  'name',
  'topics',
  'consumers',
  'producers',
  'streams',
  'connectors',
  'ksql',
  'schemas',
  'rbac',
  'zookeepers',
]

const COUNTS = ['num.partitions', 'replication.factor']

/** @returns its whole name; null: it has none. */
function readTopic(prefix: string, topic: Reading, { plans, topics, allow }: Topology): string | null {
  const own = topic.word('name') ?? ''
  if (own === '') {
    topic.note('it has no name: it is left out')
    return null
  }
  const type = topic.word('dataType')
  const name = `${prefix}${own}${type === undefined ? '' : `${SEPARATOR}${type}`}`
  topic.what = `topic ${name}`
  const config = topic.map('config')
  const [partitions, replicas] = [config.number('num.partitions'), config.number('replication.factor')]
  const settings = config.keys().filter((key) => !COUNTS.includes(key))
  const label = topic.word('plan')
  const plan = label === undefined ? undefined : plans.get(label)
  if (label !== undefined && plan === undefined)
    topic.note(
      `its plan "${label}" is not in these files: its settings are not known`,
      'Name the file of plans, too.',
      'plan',
    )
  const ofPlan = Object.entries(plan?.config ?? {}).filter(([key]) => ![...COUNTS, ...settings].includes(key))
  const planned = (key: string): number | undefined => {
    const value = plan?.config[key]
    return value === undefined || Number.isNaN(Number(value)) ? undefined : Number(value)
  }
  const counts = {
    partitions: partitions ?? planned('num.partitions'),
    replicas: replicas ?? planned('replication.factor'),
  }
  noteCounts(topic, counts)
  topics.push({
    name,
    ...counts,
    config: [
      ...ofPlan.map(([key, value]) => [key, value, topic.place('plan')] as const),
      ...settings.map((key) => [key, config.any(key) ?? null, config.place(key)] as const),
    ],
    at: topic.at,
  })
  readConsumers(topic, [name], allow)
  readProducers(topic, [name], allow)
  topic.leave('schemas', 'schemas are in a registry, not in Kafka')
  topic.leave('subject.name.strategy', 'schemas are in a registry, not in Kafka')
  for (const field of ['metadata', 'description'])
    topic.leaveAll(field, `${field} of topics`, 'a spec has no place for it', 'Keep it as a comment.')
  topic.end()
  return name
}

const quotaItem = ({
  user,
  limits,
  at,
}: {
  readonly user: string
  readonly limits: JsonObject
  readonly at: ForeignPlace
}): ForeignItem => ({
  ...part(`quotas of user ${user}`, ['quotas'], given({ user, ...limits }), at),
  append: true,
})
