import type { Json } from '../../../model/json.ts'
import type {
  ForeignCluster,
  ForeignDocument,
  ForeignFormat,
  ForeignItem,
  ForeignPath,
} from '../../../ports/foreign.ts'
import { mapOf, Notes, Reading, textOf } from '../../shared/foreign.ts'
import { Principals } from './principals.ts'
import { Servers } from './strimzi-cluster.ts'
import { readUser } from './strimzi-user.ts'
import { membersFor, noteCounts, type TopicFound, topicItem } from './topics.ts'

/**
 * Custom resources of the Strimzi operator: KafkaTopic and KafkaUser, and of Kafka and KafkaNodePool what a spec has words
 * for; v1beta2 and v1, as people write them and as `kubectl get -o yaml` prints them, lists too.
 * Source: the CRDs' classes in github.com/strimzi/strimzi-kafka-operator, 0.49.
 */
export const strimzi: ForeignFormat = {
  name: 'strimzi',
  about: 'YAML with apiVersion: kafka.strimzi.io/…: KafkaTopic, KafkaUser, Kafka, KafkaNodePool',
  recognises: (value) => isStrimzi(value) || expand(value).some(([one]) => isStrimzi(one)),
  convert,
}

const isStrimzi = (value: Json): boolean => /\.strimzi\.io\//.test(textOf(mapOf(value)['apiVersion']))

/** The items of a `kind: List`, with their places. */
function expand(value: Json): readonly (readonly [Json, ForeignPath])[] {
  const { kind, items } = mapOf(value)
  if (!textOf(kind).endsWith('List') || !Array.isArray(items)) return []
  return items.map((one: Json, i) => [one, ['items', i]] as const)
}

type Resource = {
  readonly value: Json
  readonly document: number
  readonly path: ForeignPath
  readonly cluster: string | null
}

function convert(
  documents: readonly ForeignDocument[],
  o: { readonly name: string | null },
): readonly ForeignCluster[] {
  const all = documents.flatMap(({ value }, document): readonly Resource[] => {
    const inside = expand(value)
    const own = inside.length > 0 ? inside : [[value, []] as const]
    return own.map(([one, path]) => ({ value: one, document, path, cluster: clusterOf(one) }))
  })
  const named = [...new Set(all.flatMap(({ cluster }) => cluster ?? []))]
  // What names no cluster belongs to the only one there is.
  const [only] = named
  const home = named.length === 1 ? (only as string) : null
  const names = new Set(all.map(({ cluster }) => cluster ?? home))
  return [...names].map((name) =>
    convertCluster(
      all.filter(({ cluster }) => (cluster ?? home) === name),
      { name, named: named.length > 0, called: o.name },
    ),
  )
}

function clusterOf(value: Json): string | null {
  const metadata = mapOf(mapOf(value)['metadata'])
  const name = mapOf(value)['kind'] === 'Kafka' ? metadata['name'] : mapOf(metadata['labels'])['strimzi.io/cluster']
  return typeof name === 'string' ? name : null
}

/** What Kubernetes keeps, and kubectl prints. */
const BOOKKEEPING = [
  ...[
    'annotations',
    'creationTimestamp',
    'deletionGracePeriodSeconds',
    'deletionTimestamp',
    'finalizers',
    'generateName',
  ],
  ...['generation', 'labels', 'managedFields', 'namespace', 'ownerReferences', 'resourceVersion', 'selfLink', 'uid'],
]

function convertCluster(
  all: readonly Resource[],
  { name, named, called }: { readonly name: string | null; readonly named: boolean; readonly called: string | null },
): ForeignCluster {
  const notes = new Notes()
  const cluster = called ?? name ?? 'kafka'
  const principals = new Principals(cluster, notes)
  const servers = new Servers()
  const topics: TopicFound[] = []
  const quotas: ForeignItem[] = []
  for (const { value, document, path } of all) {
    const one = new Reading(value, { document, path }, 'this document', notes)
    const kind = one.text('kind') ?? 'resource'
    const metadata = one.map('metadata')
    const own = metadata.text('name') ?? ''
    one.what = `${kind} ${own}`
    metadata.what = one.what
    one.ignore('apiVersion', 'status', 'spec')
    const spec = one.map('spec')
    if (kind === 'KafkaTopic') topics.push(readTopic(own, spec))
    else if (kind === 'KafkaUser') quotas.push(...readUser(own, spec, cluster, principals))
    else if (kind === 'Kafka') servers.readCluster(spec)
    else if (kind === 'KafkaNodePool') servers.readPool(own, spec)
    else {
      one.note(`left out: a ${kind} is no part of a Kafka cluster's spec`, 'Keep it where it is.')
      continue
    }
    const annotations = metadata.map('annotations')
    if (annotations.any('strimzi.io/managed') === 'false')
      one.note(
        'Strimzi leaves it alone (strimzi.io/managed: "false"), mqops would manage it',
        'Take it out of the spec if nobody shall.',
        'metadata',
        'annotations',
        'strimzi.io/managed',
      )
    metadata.ignore(...BOOKKEEPING)
    metadata.end()
    one.end()
  }
  noteNamespaces(all, notes)
  if (name === null && named)
    notes.add(
      { document: all[0]?.document ?? 0, path: all[0]?.path ?? [] },
      'resources without the label strimzi.io/cluster',
      'the files tell of several clusters: these are taken to be of one more',
      'Label them, or read the files of one cluster at a time.',
    )
  const first = { document: all[0]?.document ?? 0, path: all[0]?.path ?? [] }
  const members = servers.items()
  return {
    name,
    items: [
      ...members,
      ...(servers.known ? [] : membersFor(topics, first)),
      ...topics.map(topicItem),
      ...principals.items(),
      ...quotas,
    ],
    notes: notes.all,
  }
}

/** In each namespace there may be a cluster of that name. */
function noteNamespaces(all: readonly Resource[], notes: Notes): void {
  const namespaces = all.map(({ value }) => textOf(mapOf(mapOf(value)['metadata'])['namespace']))
  const first = namespaces.find((name) => name !== '')
  for (const name of new Set(namespaces)) {
    const one = all[namespaces.indexOf(name)]
    if (name !== '' && name !== first && one)
      notes.add(
        { document: one.document, path: [...one.path, 'metadata', 'namespace'] },
        `namespace ${name}`,
        `its resources are taken to be of one cluster with those of ${first}`,
        'Where there is a cluster of that name in each, read the files of one namespace at a time.',
      )
  }
}

function readTopic(own: string, spec: Reading): TopicFound {
  const name = spec.text('topicName') ?? own
  spec.what = `topic ${name}`
  const config = spec.map('config')
  const counts = { partitions: atLeastOne(spec.number('partitions')), replicas: atLeastOne(spec.number('replicas')) }
  noteCounts(spec, counts)
  const found = {
    name,
    ...counts,
    config: config.keys().map((key) => [key, config.any(key) ?? null, config.place(key)] as const),
    at: spec.at,
  }
  spec.end()
  return found
}

/** -1 is the brokers' own default. */
const atLeastOne = (count: number | undefined): number | undefined =>
  count === undefined || count < 1 ? undefined : count
