import { type Json, type JsonObject, same } from '../../../model/json.ts'
import type { NatsFields } from '../fields.ts'
import type { SourceFields, StreamFields } from '../fields-stream.ts'
import { usualReplicas } from '../names.ts'
import { compact, type Config, nanoseconds, ownMetadata, sorted, wire } from './config.ts'

/** A stream's configuration in the server's own names; durations in ns, everything that the server defaults filled in. */
export type StreamValue = JsonObject & {
  readonly subjects: readonly string[]
  readonly retention: string
  readonly storage: string
  readonly num_replicas: number
  readonly max_age: number
  readonly duplicate_window: number
  readonly sources: Json
  readonly max_bytes: number
  readonly max_msgs: number
  readonly max_msgs_per_subject: number
  readonly mirror: Json
}

/** Not `mirror_direct`: a mirror has it from the `allow_direct` of its stream, whatever is asked for. */
const FLAGS = [
  'allow_direct',
  'allow_rollup_hdrs',
  'allow_msg_ttl',
  'allow_atomic',
  'allow_batched',
  'allow_msg_counter',
  'allow_msg_schedules',
  'deny_delete',
  'deny_purge',
  'no_ack',
  'discard_new_per_subject',
  'sealed',
] as const

/** What the server means when a field is not there (nats-server `checkStreamCfg`; tried on 2.15.1). */
const DEFAULTS: Config = {
  subjects: [],
  retention: 'limits',
  storage: 'file',
  num_replicas: 1,
  max_consumers: -1,
  max_msgs: -1,
  max_bytes: -1,
  max_age: 0,
  max_msgs_per_subject: -1,
  max_msg_size: -1,
  discard: 'old',
  duplicate_window: 0,
  compression: 'none',
  subject_delete_marker_ttl: 0,
  description: '',
  first_seq: 0,
  persist_mode: 'default',
  ...Object.fromEntries(FLAGS.map((flag) => [flag, false])),
}

/** Nested parts: compared without their empty fields. */
const NESTED = ['consumer_limits', 'placement', 'republish', 'subject_transform', 'mirror'] as const

export const STREAM_FIELDS: readonly string[] = [...Object.keys(DEFAULTS), ...NESTED, 'sources', 'metadata']

const TWO_MINUTES = nanoseconds(120_000)

/** What the spec asks for, in normal form. */
export function wantedStream(stream: StreamFields, fields: Pick<NatsFields, 'members'>): StreamValue {
  const copies = stream.mirror !== undefined || (stream.sources ?? []).length > 0
  const maxAge = nanoseconds(stream.maxAge) ?? 0
  const window =
    nanoseconds(stream.duplicateWindow) ?? (copies ? 0 : maxAge > 0 ? Math.min(maxAge, TWO_MINUTES) : TWO_MINUTES)
  return normalStream({
    subjects: stream.subjects,
    retention: stream.retention,
    storage: stream.storage,
    num_replicas: stream.replicas ?? usualReplicas(fields),
    max_consumers: stream.maxConsumers,
    max_msgs: stream.maxMessages,
    max_bytes: stream.maxBytes,
    max_age: maxAge,
    max_msgs_per_subject: stream.maxMessagesPerSubject,
    max_msg_size: stream.maxMessageSize,
    discard: stream.discard,
    discard_new_per_subject: stream.discardNewPerSubject,
    duplicate_window: window,
    compression: stream.compression,
    subject_delete_marker_ttl: nanoseconds(stream.deleteMarkerTtl),
    description: stream.description,
    allow_direct: stream.allowDirect,
    // The server turns it on for what cannot do without.
    allow_rollup_hdrs:
      stream.allowRollup ?? (stream.allowMessageSchedules === true || stream.deleteMarkerTtl !== undefined),
    allow_msg_ttl: stream.allowMessageTtl,
    allow_atomic: stream.allowAtomicPublish,
    allow_batched: stream.allowBatchPublish,
    allow_msg_counter: stream.allowMessageCounter,
    allow_msg_schedules: stream.allowMessageSchedules,
    deny_delete: stream.denyDelete,
    deny_purge: stream.denyPurge,
    no_ack: stream.noAck,
    first_seq: stream.firstSequence,
    persist_mode: stream.persistMode,
    // The server turns these on and off for a stream that is sealed.
    ...(stream.sealed
      ? { sealed: true, discard: 'new', deny_delete: true, deny_purge: true, allow_rollup_hdrs: false, max_age: 0 }
      : {}),
    consumer_limits: stream.consumerLimits && {
      inactive_threshold: nanoseconds(stream.consumerLimits.inactiveThreshold),
      max_ack_pending: stream.consumerLimits.maxAckPending,
    },
    placement: stream.placement && { cluster: stream.placement.cluster, tags: sorted(stream.placement.tags) },
    republish: stream.republish && {
      // The server takes none for all.
      src: stream.republish.source || '>',
      dest: stream.republish.destination,
      headers_only: stream.republish.headersOnly,
    },
    subject_transform: stream.subjectTransform && transformOf(stream.subjectTransform),
    mirror: stream.mirror && sourceOf(stream.mirror),
    sources: stream.sources?.map(sourceOf),
    metadata: stream.metadata,
  })
}

const transformOf = ({ source, destination }: { source?: string; destination: string }): Config => ({
  src: source,
  dest: destination,
})

export const sourceOf = (source: SourceFields): Config => ({
  name: source.stream,
  filter_subject: source.filter,
  opt_start_seq: source.startSequence,
  opt_start_time: source.startTime,
  external: source.api === undefined ? undefined : { api: source.api, deliver: source.deliver },
  subject_transforms: source.transforms?.map(transformOf),
})

/** The server's configuration (or one like it) with defaults filled, lists sorted and what the server adds left out. */
export function normalStream(config: Config): StreamValue {
  const plain = Object.fromEntries(Object.entries(DEFAULTS).map(([name, value]) => [name, config[name] ?? value]))
  const nested = Object.fromEntries(NESTED.map((name) => [name, compact(instants(config[name])) ?? null]))
  const sources = ((config.sources ?? []) as readonly Config[]).map((source) => compact(instants(source)) ?? {})
  return {
    ...plain,
    ...nested,
    subjects: sorted(config.subjects as readonly string[] | undefined),
    sources: sources.sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)),
    metadata: ownMetadata(config.metadata as Config | undefined),
  } as unknown as StreamValue
}

/** Times are written differently by people and the server: compare instants. */
const instants = (source: unknown): unknown => {
  const time = (source as { opt_start_time?: string } | undefined)?.opt_start_time
  return time ? { ...(source as object), opt_start_time: new Date(time).toISOString() } : source
}

/** An older server does not know a mode that is its only one. */
export const streamWire = (name: string, { persist_mode: mode, ...value }: StreamValue): JsonObject => ({
  name,
  ...wire(value),
  ...(mode === 'default' || mode === undefined ? {} : { persist_mode: mode }),
})

/**
 * Fields that the server refuses to change, in words; empty when an update does it.
 * Source: nats-server `configUpdateCheck`, tried one by one on 2.15.1 (errors 10052, 10055).
 */
export function immutableChanges(have: StreamValue, want: StreamValue): readonly string[] {
  const off = (flag: string): boolean => have[flag] === true && want[flag] === false
  return [
    ...(have.storage === want.storage ? [] : ['storage']),
    ...(have.retention !== want.retention && [have.retention, want.retention].includes('workqueue')
      ? ['retention']
      : []),
    ...['deny_delete', 'deny_purge', 'allow_msg_ttl', 'allow_msg_schedules', 'sealed'].filter(off),
    // The server takes another one without a word, and goes on counting as before.
    ...(have['first_seq'] === want['first_seq'] ? [] : ['first_seq']),
    ...(have['persist_mode'] === want['persist_mode'] ? [] : ['persist_mode']),
    ...(have.allow_msg_counter === want.allow_msg_counter ? [] : ['allow_msg_counter']),
    ...(want.mirror !== null && !same(have.mirror, want.mirror) ? ['mirror'] : []),
  ]
}

/** Limits that become tighter: the server deletes what is beyond them at once. */
export function tightened(have: StreamValue, want: StreamValue): readonly string[] {
  const bound = (value: number): number => (value <= 0 ? Number.POSITIVE_INFINITY : value)
  const names = ['max_age', 'max_bytes', 'max_msgs', 'max_msgs_per_subject'] as const
  return [
    ...names.filter((name) => bound(want[name]) < bound(have[name])),
    ...(have.retention === 'limits' && want.retention === 'interest' ? ['retention'] : []),
  ]
}
