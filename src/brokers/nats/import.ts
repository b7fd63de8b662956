import { type Dict, type Json, type JsonObject, same } from '../../model/json.ts'
import { isSecretRef } from '../../model/secret.ts'
import type { Broker } from '../../ports/broker.ts'
import { minimal, passwordOf, Taken } from '../shared/import.ts'
import type { AccountValue, UserValue } from './accounts.ts'
import { fieldsOf, type NatsFields } from './fields.ts'
import { bucketsOf, type BucketStream, keysOf } from './buckets.ts'
import type { LimitFields } from './fields-account.ts'
import type { KvFields, ObjectsFields, OriginFields } from './fields-bucket.ts'
import type { ConsumerFields } from './fields-consumer.ts'
import type { SourceFields, StreamFields } from './fields-stream.ts'
import { accountOf, rightsOf } from './import-account.ts'
import {
  type ConsumerSeen,
  type ConsumerValue,
  PINNED_MS,
  PRIORITY_POLICIES,
  wantedConsumer,
} from './kinds/consumer-config.ts'
import { changedFields } from './kinds/config.ts'
import { type StreamValue, wantedStream } from './kinds/stream-config.ts'
import { type StreamSeen, withFeatures, withServersChoice } from './kinds/stream-diff.ts'

type Mutable = {
  users: Record<string, Json>
  streams: Record<string, Json>
  kv: Record<string, Json>
  objects: Record<string, Json>
  jetstream?: Json
}

/** From what was seen in a cluster back to the fields of a spec. Pure. */
export const toFields: Broker['toFields'] = (seen, { spec, generated }) => {
  const taken = new Taken(seen)
  const fields = fieldsOf(spec)
  const accounts = new Map<string, Mutable>()
  const accountNamed = (name: string): Mutable => {
    const found = accounts.get(name) ?? { users: {}, streams: {}, kv: {}, objects: {} }
    accounts.set(name, found)
    return found
  }
  for (const one of taken.take('account')) {
    const { why, ...of } = accountOf(one.value as unknown as AccountValue)
    Object.assign(accountNamed(one.key[0] as string), of)
    if (why !== null) taken.leave(one, why)
  }
  for (const one of taken.take('user')) {
    const [account = '', name = ''] = one.key
    const { why, ...rights } = rightsOf(one.value as unknown as UserValue)
    const { password } = one.value as unknown as UserValue
    const ref = isSecretRef(password) ? password.secretRef : {}
    if (why !== null) taken.leave(one, why)
    accountNamed(account).users[name] = {
      ...passwordOf({
        cluster: spec.name,
        user: name,
        given: ref.env !== undefined || ref.file !== undefined ? password : undefined,
        generated: ref.generated !== undefined || generated.has(`user/${account}/${name}`),
      }),
      ...rights,
    }
  }
  const streams = new Map<string, StreamFields>()
  for (const one of taken.take('stream')) {
    const [account = '', name = ''] = one.key
    const stream = streamOf((one.value as unknown as StreamSeen).config, fields)
    if (typeof stream === 'string') {
      taken.leave(one, stream)
      continue
    }
    streams.set(JSON.stringify([account, name]), stream)
    accountNamed(account).streams[name] = { ...(stream as unknown as JsonObject), consumers: {} }
  }
  for (const kind of ['kv', 'objects'] as const) {
    for (const one of taken.take(kind)) {
      const [account = '', name = ''] = one.key
      const bucket = bucketOf(kind, name, (one.value as unknown as StreamSeen).config, fields)
      if (typeof bucket === 'string') taken.leave(one, bucket)
      else accountNamed(account)[kind][name] = bucket
    }
  }
  for (const one of taken.take('consumer')) {
    const [account = '', stream = '', name = ''] = one.key
    const of = streams.get(JSON.stringify([account, stream]))
    const consumer = of
      ? consumerOf(
          configOf(one.value as unknown as ConsumerSeen),
          of,
          (accountNamed(account).jetstream || {}) as LimitFields,
        )
      : 'its stream is not part of it'
    if (typeof consumer === 'string') taken.leave(one, consumer)
    else ((accountNamed(account).streams[stream] as JsonObject).consumers as Record<string, Json>)[name] = consumer
  }
  return { fields: { accounts: Object.fromEntries(accounts) }, left: taken.rest() }
}

const NS_PER_MS = 1_000_000
const milliseconds = (ns: unknown): number | undefined =>
  typeof ns === 'number' && ns > 0 ? Math.round(ns / NS_PER_MS) : undefined
const some = (value: unknown): number | undefined => (typeof value === 'number' && value > 0 ? value : undefined)
const text = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined)
const flag = (value: unknown): true | undefined => (value === true ? true : undefined)
const list = <T>(value: unknown): readonly T[] | undefined =>
  Array.isArray(value) && value.length > 0 ? (value as readonly T[]) : undefined
const object = (value: unknown): JsonObject | undefined =>
  typeof value === 'object' && value !== null && Object.keys(value).length > 0 ? (value as JsonObject) : undefined

const defined = <T extends object>(fields: T): T =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as T

const OTHERWISE = 'it has settings that a spec of this version can not say'
const otherwise = (meant: Dict<Json>, config: Dict<Json>): string =>
  `${OTHERWISE}: ${changedFields(meant, config).join(', ')}`

/** Its fields, or why a spec can't say it: tried by asking what the fields would mean. */
export function streamOf(config: StreamValue, fields: Pick<NatsFields, 'members'>): StreamFields | string {
  const whole = wholeOf(config)
  const meant = wantedStream(whole, fields)
  if (!same(meant, config)) return otherwise(meant, config)
  return minimal(whole, (of) => wantedStream(of, fields))
}

/** Every field that the configuration has a value for, defaults too. */
export const wholeOf = (config: StreamValue): StreamFields =>
  defined({
    description: text(config['description']),
    subjects: list<string>(config.subjects),
    replicas: config.num_replicas,
    retention: config.retention,
    storage: config.storage,
    maxAge: milliseconds(config.max_age),
    maxBytes: some(config.max_bytes),
    maxMessages: some(config.max_msgs),
    maxMessageSize: some(config['max_msg_size']),
    maxMessagesPerSubject: some(config.max_msgs_per_subject),
    maxConsumers: some(config['max_consumers']),
    discard: config['discard'],
    discardNewPerSubject: flag(config['discard_new_per_subject']),
    duplicateWindow: milliseconds(config.duplicate_window),
    compression: config['compression'],
    allowDirect: flag(config['allow_direct']),
    allowRollup: config['allow_rollup_hdrs'],
    allowMessageTtl: flag(config['allow_msg_ttl']),
    allowAtomicPublish: flag(config['allow_atomic']),
    allowBatchPublish: flag(config['allow_batched']),
    allowMessageCounter: flag(config['allow_msg_counter']),
    allowMessageSchedules: flag(config['allow_msg_schedules']),
    deleteMarkerTtl: milliseconds(config['subject_delete_marker_ttl']),
    denyDelete: flag(config['deny_delete']),
    denyPurge: flag(config['deny_purge']),
    noAck: flag(config['no_ack']),
    firstSequence: some(config['first_seq']),
    persistMode: text(config['persist_mode']),
    sealed: flag(config['sealed']),
    consumerLimits: consumerLimits(object(config['consumer_limits'])),
    placement: object(config['placement']),
    republish: republish(object(config['republish'])),
    subjectTransform: transform(object(config['subject_transform'])),
    mirror: source(object(config.mirror)),
    sources: list<JsonObject>(config.sources)?.map((one) => source(one)),
    metadata: object(config['metadata']),
  }) as unknown as StreamFields

/** A bucket's fields, or why it is laid out in a way that no field says. */
export function bucketOf(
  kind: 'kv' | 'objects',
  name: string,
  config: StreamValue,
  fields: Pick<NatsFields, 'members'>,
): KvFields | ObjectsFields | string {
  const {
    description,
    replicas,
    storage,
    placement,
    compression,
    metadata,
    maxBytes,
    maxAge: ttl,
    ...rest
  } = wholeOf(config)
  const shared = { description, replicas, storage, placement, compression, metadata, maxBytes, ttl }
  const whole = defined(
    kind === 'objects'
      ? shared
      : {
          ...shared,
          history: rest.maxMessagesPerSubject,
          maxValueSize: rest.maxMessageSize,
          limitMarkerTtl: rest.deleteMarkerTtl,
          allowDirect: rest.allowDirect ?? false,
          mirror: rest.mirror && originOf(rest.mirror),
          sources: rest.sources?.map(originOf),
          republish: rest.republish,
        },
  ) as KvFields | ObjectsFields
  // What no field says, and no update takes back, is no difference.
  const meaning = (of: KvFields | ObjectsFields): Json => {
    const stream = (bucketsOf({ [kind]: { [name]: of } })[0] as BucketStream).fields
    return withServersChoice(withFeatures(wantedStream(stream, fields), config), config)
  }
  const meant = meaning(whole)
  return same(meant, config) ? minimal(whole, meaning) : otherwise(meant as Dict<Json>, config)
}

/** The bucket behind a mirrored or sourced stream, with the keys that are taken. */
function originOf({ stream, filter, transforms, ...rest }: SourceFields): OriginFields {
  const bucket = stream.replace(/^KV_/, '')
  const subjects = filter ?? transforms?.[0]?.source
  const keys = subjects?.startsWith(keysOf(bucket, '')) ? subjects.slice(keysOf(bucket, '').length) : undefined
  // Of a mirror all keys are said, or none; of a transform all is what nothing means.
  const all = keys === '>' && filter === undefined
  return { ...rest, bucket, ...(keys === undefined || all ? {} : { filter: keys }) }
}

const consumerLimits = (of: JsonObject | undefined) =>
  of && defined({ inactiveThreshold: milliseconds(of['inactive_threshold']), maxAckPending: of['max_ack_pending'] })
const republish = (of: JsonObject | undefined) =>
  of && defined({ source: of['src'] ?? '', destination: of['dest'], headersOnly: flag(of['headers_only']) })
/** Without a destination it only chooses. */
const transform = (of: JsonObject | undefined) => of && defined({ source: of['src'], destination: of['dest'] ?? '' })

function source(of: JsonObject | undefined): SourceFields | undefined {
  if (!of) return undefined
  const external = object(of['external'])
  return defined({
    stream: of['name'],
    filter: text(of['filter_subject']),
    startSequence: some(of['opt_start_seq']),
    startTime: text(of['opt_start_time']),
    api: text(external?.['api']),
    deliver: text(external?.['deliver']),
    transforms: list<JsonObject>(of['subject_transforms'])?.map((one) => transform(one)),
  }) as unknown as SourceFields
}

const POLICIES: Dict<string> = { all: 'all', last: 'last', new: 'new', last_per_subject: 'lastPerSubject' }

/** A pause that is over is none. */
const configOf = ({ config, paused }: ConsumerSeen): ConsumerValue =>
  paused ? config : { ...config, pause_until: null }

const PRIORITIES: Dict<string> = Object.fromEntries(Object.entries(PRIORITY_POLICIES).map(([of, wire]) => [wire, of]))

const priority = (config: ConsumerValue): Json | undefined => {
  const policy = PRIORITIES[text(config['priority_policy']) ?? '']
  const timeout = milliseconds(config['priority_timeout'])
  if (policy === undefined) return undefined
  return defined({
    policy,
    groups: config['priority_groups'] ?? [],
    timeout: timeout === PINNED_MS ? undefined : timeout,
  }) as Json
}

export function consumerOf(
  config: ConsumerValue,
  stream: StreamFields,
  account: Pick<LimitFields, 'maxAckPending'>,
): ConsumerFields | string {
  const { filters } = config
  const policy = config['deliver_policy']
  const deliver =
    policy === 'by_start_sequence'
      ? { startSequence: config['opt_start_seq'] }
      : policy === 'by_start_time'
        ? { startTime: config['opt_start_time'] }
        : POLICIES[typeof policy === 'string' ? policy : '']
  const whole = defined({
    description: text(config['description']),
    ack: config['ack_policy'],
    ackWait: milliseconds(config['ack_wait']),
    maxDeliver: some(config['max_deliver']),
    maxAckPending: config['max_ack_pending'],
    backoff: list<number>(config['backoff'])?.map((pause) => Math.round(pause / NS_PER_MS)),
    deliver,
    replay: config['replay_policy'],
    ...(filters.length === 1 ? { filter: filters[0] } : { filters: list<string>(filters) }),
    replicas: some(config.num_replicas),
    memory: flag(config['mem_storage']),
    headersOnly: flag(config['headers_only']),
    inactiveThreshold: milliseconds(config['inactive_threshold']),
    maxWaiting: some(config['max_waiting']),
    maxRequestBatch: some(config['max_batch']),
    maxRequestBytes: some(config['max_bytes']),
    maxRequestExpires: milliseconds(config['max_expires']),
    sampleFrequency: text(config['sample_freq']),
    rateLimit: some(config['rate_limit_bps']),
    pauseUntil: text(config['pause_until']),
    priority: priority(config),
    deliverSubject: text(config.deliver_subject),
    deliverGroup: text(config['deliver_group']),
    flowControl: flag(config['flow_control']),
    idleHeartbeat: milliseconds(config['idle_heartbeat']),
    metadata: object(config['metadata']),
  }) as unknown as ConsumerFields
  const meant = wantedConsumer(whole, stream, account)
  if (!same(meant, config)) return otherwise(meant, config)
  return minimal(whole, (of) => wantedConsumer(of, stream, account))
}
