import type { JsonObject } from '../../../model/json.ts'
import type { LimitFields } from '../fields-account.ts'
import type { ConsumerFields } from '../fields-consumer.ts'
import type { StreamFields } from '../fields-stream.ts'
import { type Config, nanoseconds, ownMetadata, sorted, wire } from './config.ts'

/**
 * A consumer's configuration in the server's own names; durations in ns, defaults filled in. `filters` stands for the
 * server's filter_subject and filter_subjects, which say the same.
 */
export type ConsumerValue = JsonObject & {
  readonly filters: readonly string[]
  readonly deliver_subject: string
  readonly num_replicas: number
}

/** `retention` of its stream decides what is lost with it; `delivered`: last sequence of the stream that it has handed out. */
export type ConsumerSeen = {
  readonly config: ConsumerValue
  readonly retention: string
  readonly pending: number
  readonly delivered: number
  readonly paused: boolean
}

/** What the server means when a field is not there (nats-server `setConsumerConfigDefaults`; tried on 2.15.1). */
const DEFAULTS: Config = {
  description: '',
  deliver_policy: 'all',
  opt_start_seq: 0,
  opt_start_time: null,
  ack_policy: 'explicit',
  ack_wait: 0,
  max_deliver: -1,
  backoff: [],
  replay_policy: 'instant',
  sample_freq: '',
  max_waiting: 0,
  max_ack_pending: 0,
  flow_control: false,
  idle_heartbeat: 0,
  headers_only: false,
  max_batch: 0,
  max_expires: 0,
  max_bytes: 0,
  inactive_threshold: 0,
  num_replicas: 0,
  mem_storage: false,
  deliver_subject: '',
  deliver_group: '',
  rate_limit_bps: 0,
  pause_until: null,
  priority_policy: '',
  priority_groups: [],
  priority_timeout: 0,
}

/** All that a server of today says of a consumer. */
export const CONSUMER_FIELDS: readonly string[] = [
  ...Object.keys(DEFAULTS),
  ...['name', 'durable_name', 'filter_subject', 'filter_subjects', 'metadata', 'direct', 'sourcing'],
]

export const PRIORITY_POLICIES = {
  overflow: 'overflow',
  pinnedClient: 'pinned_client',
  prioritized: 'prioritized',
} as const
/** Milliseconds that a pinned client may be silent, unless said. */
export const PINNED_MS = 120_000
const USUAL_PENDING = 1000
const POLICIES = { all: 'all', last: 'last', new: 'new', lastPerSubject: 'last_per_subject' } as const

/** What the spec asks for, in normal form. Limits of the stream and the account are defaults of its consumers. */
export function wantedConsumer(
  consumer: ConsumerFields,
  stream: StreamFields,
  account: Pick<LimitFields, 'maxAckPending'>,
): ConsumerValue {
  const push = consumer.deliverSubject !== undefined
  const acks = consumer.ack !== 'none'
  const usual = acks ? Math.min(USUAL_PENDING, account.maxAckPending ?? USUAL_PENDING) : 0
  // The stream's limit is the default of consumers that acknowledge nothing, too; pushed ones won't have it (error 10082).
  const most = stream.consumerLimits?.maxAckPending
  const limit = push && !acks && most !== undefined && most > 0 ? -1 : most
  const { deliver = 'all' } = consumer
  const start =
    typeof deliver === 'string'
      ? { deliver_policy: POLICIES[deliver] }
      : 'startSequence' in deliver
        ? { deliver_policy: 'by_start_sequence', opt_start_seq: deliver.startSequence }
        : { deliver_policy: 'by_start_time', opt_start_time: deliver.startTime }
  const backoff = consumer.backoff?.map((ms) => nanoseconds(ms))
  return normalConsumer({
    ...start,
    description: consumer.description,
    ack_policy: consumer.ack,
    // With a backoff its first pause is the ack wait.
    ack_wait: acks ? (backoff?.[0] ?? nanoseconds(consumer.ackWait ?? 30_000)) : 0,
    max_deliver: consumer.maxDeliver,
    backoff,
    replay_policy: consumer.replay,
    sample_freq: consumer.sampleFrequency,
    max_waiting: consumer.maxWaiting ?? (push ? 0 : 512),
    max_ack_pending: consumer.maxAckPending ?? limit ?? usual,
    flow_control: consumer.flowControl,
    idle_heartbeat: nanoseconds(consumer.idleHeartbeat),
    headers_only: consumer.headersOnly,
    max_batch: consumer.maxRequestBatch,
    max_expires: nanoseconds(consumer.maxRequestExpires),
    max_bytes: consumer.maxRequestBytes,
    inactive_threshold: nanoseconds(consumer.inactiveThreshold ?? stream.consumerLimits?.inactiveThreshold),
    num_replicas: consumer.replicas,
    mem_storage: consumer.memory,
    deliver_subject: consumer.deliverSubject,
    deliver_group: consumer.deliverGroup,
    rate_limit_bps: consumer.rateLimit,
    pause_until: consumer.pauseUntil,
    priority_policy: consumer.priority && PRIORITY_POLICIES[consumer.priority.policy],
    priority_groups: consumer.priority?.groups,
    priority_timeout:
      consumer.priority?.policy === 'pinnedClient' ? nanoseconds(consumer.priority.timeout ?? PINNED_MS) : 0,
    filter_subject: consumer.filter,
    filter_subjects: consumer.filters,
    metadata: consumer.metadata,
  })
}

export function normalConsumer(config: Config): ConsumerValue {
  const plain = Object.fromEntries(Object.entries(DEFAULTS).map(([name, value]) => [name, config[name] ?? value]))
  const many = config.filter_subjects as readonly string[] | undefined
  const instant = (name: string): string | null =>
    config[name] ? new Date(config[name] as string).toISOString() : null
  return {
    ...plain,
    opt_start_time: instant('opt_start_time'),
    pause_until: instant('pause_until'),
    priority_policy: config.priority_policy === 'none' ? '' : plain['priority_policy'],
    priority_groups: sorted(config.priority_groups as readonly string[] | undefined),
    filters: sorted(many?.length ? many : config.filter_subject ? [config.filter_subject as string] : []),
    metadata: ownMetadata(config.metadata as Config | undefined),
  } as unknown as ConsumerValue
}

/** What is sent: filters in one of the server's two forms. */
export function consumerWire(name: string, value: ConsumerValue): JsonObject {
  const { filters, ...rest } = value
  const filter: JsonObject =
    filters.length === 0
      ? {}
      : filters.length === 1
        ? { filter_subject: filters[0] as string }
        : { filter_subjects: filters }
  return { name, durable_name: name, ...wire(rest), ...filter }
}

/** Fields that the server refuses to change (error 10012; tried one by one on 2.15.1). */
const IMMUTABLE = [
  'deliver_policy',
  'opt_start_seq',
  'opt_start_time',
  'ack_policy',
  'replay_policy',
  'mem_storage',
  'max_waiting',
  'flow_control',
  'idle_heartbeat',
]

export const immutableConsumerChanges = (have: ConsumerValue, want: ConsumerValue): readonly string[] => [
  ...IMMUTABLE.filter((name) => have[name] !== want[name]),
  ...((have.deliver_subject === '') === (want.deliver_subject === '') ? [] : ['deliver_subject']),
]
