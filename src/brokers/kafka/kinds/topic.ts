import type { Failure } from '../../../model/failure.ts'
import type { Json, JsonObject } from '../../../model/json.ts'
import type { FieldChange, Observed } from '../../../model/plan.ts'
import type { Desired } from '../../../model/spec.ts'
import type { Change, Clash, Kind, Standing } from '../../../ports/kind.ts'
import { lagClashes, needsOfLags } from '../compaction-lags.ts'
import { isExternal, brokerCount, defaultReplicas } from '../topology.ts'
import { kafkaFields } from '../fields.ts'
import { gainedPolicies, limitOf } from '../retention.ts'
import type { KafkaSession } from '../session.ts'
import type { Scalar } from '../settings.ts'
import { createTopics, deleteTopics, takeBackTopics, updateTopics } from './topic-actions.ts'
import { listTopics, topicNames } from './topic-list.ts'
import { measureTopics } from './topic-losses.ts'
import { measureShortened } from './topic-shortened.ts'
import { canonicalConfig, configChanges, type TopicHave, type TopicWant } from './topic-value.ts'

export const topic: Kind<KafkaSession, TopicWant & JsonObject, TopicHave & JsonObject> = {
  name: 'topic',
  action: 'kafka.topic',
  via: 'api',
  readsLate: true,
  maxBatch: 1000,
  after: [],
  desired: (spec) => {
    const brokers = isExternal(spec) ? 3 : brokerCount(spec)
    return Object.entries(kafkaFields(spec).topics).map(([name, { partitions, replicas, config }]) => ({
      key: [name],
      value: { partitions, replicas: replicas ?? defaultReplicas(brokers), config: canonicalConfig(config ?? {}) },
      path: ['topics', name],
    }))
  },
  list: listTopics,
  names: topicNames,
  diff: (want, have, { address }) => diffTopic(want, have, address),
  needs: (_key, { config }, spec) => (spec ? needsOfLags(config) : []),
  clashes: (wanted, others) => [...collisions(wanted, others), ...lagClashes(wanted, others)],
  act: (verb, items, session, ctx) => {
    if (verb === 'create') return createTopics(items, session, ctx)
    return verb === 'update' ? updateTopics(items, session, ctx) : deleteTopics(items, session, ctx)
  },
  takeBack: takeBackTopics,
  loses: measureTopics,
  losesByUpdate: measureShortened,
  toSpec: ({ partitions, replicas, config }) => ({ partitions, replicas: Math.max(...replicas), config }),
}

/** Kafka refuses a topic whose metrics would have the name of another one's: '.' and '_' are the same there. Pure. */
function collisions(wanted: readonly Desired[], others: readonly Standing[]): readonly Clash[] {
  const metric = (name = '') => name.replaceAll('.', '_')
  const topics = others.filter(({ kind }) => kind === 'topic')
  const taken = new Map(topics.map((one) => [metric(one.key[0]), one]))
  return wanted.flatMap(({ key }) => {
    const other = taken.get(metric(key[0]))
    if (other === undefined) return []
    const summary = `"${key[0]}" and "${other.key[0]}", which is not in the spec, differ only in . and _: their metrics would be the same, and Kafka refuses the second`
    return [{ key, with: other, code: 'MQOPS_SPEC_NAME', summary, hint: 'Take another name.' }]
  })
}

/** Pure. What can't work (fewer partitions, more replicas than brokers) is a Failure when the plan is made. */
export function diffTopic(
  want: TopicWant | undefined,
  have: Observed<TopicHave>,
  address: Failure['address'],
): readonly Change[] | Failure {
  if (have.is === 'unknown') return []
  if (have.is === 'absent') return want ? [creation(want)] : []
  const { value } = have
  if (!want) return [deletion(have.uid ?? null)]
  if (want.partitions < value.partitions) {
    return refusal(
      'MQOPS_PARTITIONS_DECREASE',
      `it has ${value.partitions} partitions and can't have ${want.partitions}: partitions can't be taken away`,
      `Keep partitions: ${value.partitions}, or use another topic.`,
      address,
      'partitions',
    )
  }
  const moves = value.replicas.some((count) => count !== want.replicas)
  const unmovable = moves ? moveRefusal(want, value, address) : null
  if (unmovable) return unmovable
  const changes = [
    ...(want.partitions > value.partitions
      ? [{ field: 'partitions', from: value.partitions, to: want.partitions }]
      : []),
    ...(moves || value.move ? [{ field: 'replicas', from: replicasText(value), to: want.replicas }] : []),
    ...configChanges(value.config, want.config),
  ]
  return changes.length === 0 ? [] : [update(want, value, changes)]
}

const replicasText = ({ replicas, move }: TopicHave): number | string => {
  if (move) return 'being moved'
  return replicas.length === 1 ? (replicas[0] as number) : replicas.join(' and ')
}

/** Why its replicas can't become as many as wanted; null: they can. */
function moveRefusal(want: TopicWant, have: TopicHave, address: Failure['address']): Failure | null {
  const most = Math.max(...have.replicas)
  if (have.throttled) {
    return refusal(
      'MQOPS_OWNED_BY_OTHER',
      'somebody else has throttled its replicas: they move them, or have not tidied up',
      'Wait until they have finished; what they left behind goes with kafka-reassign-partitions --verify.',
      address,
      'replicas',
    )
  }
  if (have.brokers !== undefined && want.replicas > have.brokers) {
    return refusal(
      'MQOPS_REPLICAS_CHANGE',
      `${want.replicas} replicas need as many brokers; there are ${have.brokers}`,
      `Say replicas: ${most}, or start more brokers first.`,
      address,
      'replicas',
    )
  }
  const minimum = Number(want.config['min.insync.replicas'] ?? have.defaults['min.insync.replicas'] ?? 1)
  if (minimum > want.replicas) {
    return refusal(
      'MQOPS_REPLICAS_CHANGE',
      `no write could ever have ${minimum} copies of ${want.replicas}`,
      `Give it config: { min.insync.replicas: ${want.replicas} }, or say replicas: ${minimum}.`,
      address,
      'replicas',
    )
  }
  return null
}

const refusal = (code: string, summary: string, hint: string, address: Failure['address'], field: string): Failure => ({
  code,
  summary,
  hint,
  retryable: false,
  path: [field],
  ...(address ? { address } : {}),
})

const creation = (want: TopicWant): Change => ({
  verb: 'create',
  want: want,
  reads: { is: 'absent' },
  reason: 'the spec has it, the cluster has not',
  risk: 'safe',
  reversible: true,
  changes: [
    { field: 'partitions', to: want.partitions },
    { field: 'replicas', to: want.replicas },
    ...configChanges({}, want.config),
  ],
})

const deletion = (uid: string | null): Change => ({
  verb: 'delete',
  want: null,
  reads: { uid },
  reason: 'mqops made it and the spec has it no more',
  risk: 'destructive',
  reversible: false,
  changes: [],
})

function update(want: TopicWant, have: TopicHave, changes: readonly FieldChange[]): Change {
  const shortened = deletesMessages(have, want)
  const grows = want.partitions > have.partitions
  const moves = changes.some(({ field }) => field === 'replicas')
  const what = [
    ...(grows ? [`${have.partitions} partitions become ${want.partitions}: keys map to other partitions`] : []),
    ...(moves ? [moveReason(want, have)] : []),
    ...(shortened.length > 0 ? [`${shortened.join(', ')}: older messages will be deleted`] : []),
    ...(!grows && !moves && shortened.length === 0
      ? [`${changes.map((change) => change.field.replace('config.', '')).join(', ')} differ from the spec`]
      : []),
  ]
  return {
    verb: 'update',
    want: want,
    // What moves changes from second to second, and is ours: that it moves is what was decided on.
    reads: {
      partitions: have.partitions,
      config: have.config,
      ...(have.move ? { move: true } : { replicas: have.replicas as unknown as Json }),
    },
    reason: what.join('; '),
    risk: shortened.length > 0 ? 'destructive' : grows ? 'disruptive' : 'safe',
    reversible: !grows && shortened.length === 0,
    changes,
  }
}

function moveReason(want: TopicWant, have: TopicHave): string {
  const there = have.replicas.every((count) => count === want.replicas)
  if (have.move === 'left' && there) return 'throttles are left of a move of its replicas: they are removed'
  if (have.move) return 'a move of its replicas has broken off: it is finished'
  const copies = have.replicas.some((count) => count < want.replicas)
  const change =
    replicasText(have) === 1
      ? `1 replica becomes ${want.replicas}`
      : `${replicasText(have)} replicas become ${want.replicas}`
  return `${change}: ${copies ? 'copied while clients go on' : 'fewer brokers can be lost'}`
}

/** Settings whose new value lets the broker delete messages that it keeps now: shorter retention, another cleanup. */
function deletesMessages(have: TopicHave, want: TopicWant): readonly string[] {
  const before = (name: string) => have.config[name] ?? have.defaults[name]
  const after = (name: string) => want.config[name] ?? have.defaults[name]
  const limit = (value: Scalar | undefined) => (value === undefined ? Number.POSITIVE_INFINITY : limitOf(value))
  const policy = after('cleanup.policy') ?? 'delete'
  const added = gainedPolicies(before('cleanup.policy') ?? 'delete', policy)
  const deletes = String(policy).split(',').includes('delete')
  return [
    ...['retention.ms', 'retention.bytes']
      .filter((name) => deletes && limit(after(name)) < limit(before(name)))
      .map((name) => `shorter ${name}`),
    ...(added.length > 0 ? [`cleanup.policy gains ${added.join(', ')}`] : []),
  ]
}
