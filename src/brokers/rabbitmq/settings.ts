/**
 * The rabbitmq.conf settings that a spec may give, and why others may not be. An unknown key keeps a node from booting,
 * so it is refused before anything is written. Names and types: rabbit.schema, rabbitmq_management.schema and those of
 * the plugins, RabbitMQ 4.3.6.
 */
type Type = 'boolean' | 'integer' | 'decimal' | 'size' | 'text' | 'infinity' | readonly string[]

const LEVELS = ['debug', 'info', 'notice', 'warning', 'error', 'critical', 'alert', 'emergency', 'none']
const FORMATTERS = ['plaintext', 'json']

const TYPES: Readonly<Record<string, Type>> = {
  // connections and channels
  heartbeat: 'integer',
  handshake_timeout: 'integer',
  ssl_handshake_timeout: 'integer',
  reverse_dns_lookups: 'boolean',
  frame_max: 'size',
  initial_frame_max: 'size',
  channel_max: 'integer',
  channel_max_per_node: 'infinity',
  consumer_max_per_channel: 'infinity',
  session_max_per_connection: 'integer',
  link_max_per_session: 'integer',
  connection_max: 'infinity',
  max_message_size: 'integer',
  'num_acceptors.ssl': 'integer',
  'num_acceptors.tcp': 'integer',
  consumer_timeout: 'integer',
  // limits of the cluster
  vhost_max: 'infinity',
  cluster_queue_limit: 'infinity',
  cluster_exchange_limit: 'infinity',
  // queues
  default_queue_type: ['quorum', 'classic', 'stream'],
  queue_leader_locator: ['balanced', 'client-local'],
  'quorum_queue.initial_cluster_size': 'integer',
  'quorum_queue.commands_soft_limit': 'integer',
  'quorum_queue.compute_checksums': 'boolean',
  'quorum_queue.property_equivalence.relaxed_checks_on_redeclaration': 'boolean',
  'quorum_queue.continuous_membership_reconciliation.enabled': 'boolean',
  'quorum_queue.continuous_membership_reconciliation.auto_remove': 'boolean',
  'quorum_queue.continuous_membership_reconciliation.interval': 'integer',
  'quorum_queue.continuous_membership_reconciliation.trigger_interval': 'integer',
  'quorum_queue.continuous_membership_reconciliation.target_group_size': 'integer',
  'classic_queue.default_version': 'integer',
  queue_index_embed_msgs_below: 'size',
  'raft.segment_max_entries': 'integer',
  'raft.wal_max_size_bytes': 'integer',
  'raft.wal_max_entries': 'integer',
  'raft.wal_max_batch_size': 'integer',
  'raft.wal_hibernate_after': 'integer',
  'raft.snapshot_chunk_size': 'integer',
  'metadata_store.khepri.default_timeout': 'integer',
  'stream.read_ahead': 'text',
  // the runtime
  background_gc_enabled: 'boolean',
  background_gc_target_interval: 'integer',
  memory_monitor_interval: 'integer',
  vm_memory_calculation_strategy: ['rss', 'allocated'],
  collect_statistics: ['none', 'coarse', 'fine'],
  collect_statistics_interval: 'integer',
  delegate_count: 'integer',
  default_worker_pool_size: 'integer',
  net_ticktime: 'integer',
  cluster_keepalive_interval: 'integer',
  'sysmon_handler.thresholds.busy_processes': 'integer',
  'sysmon_handler.thresholds.busy_ports': 'integer',
  // passwords of new users
  'credential_validator.validation_backend': [
    'rabbit_credential_validator_accept_everything',
    'rabbit_credential_validator_min_password_length',
    'rabbit_credential_validator_password_regexp',
  ],
  'credential_validator.min_length': 'integer',
  'credential_validator.regexp': 'text',
  // logs
  'log.file.level': LEVELS,
  'log.file.formatter': FORMATTERS,
  'log.file.rotation.date': 'text',
  'log.file.rotation.size': 'integer',
  'log.file.rotation.count': 'integer',
  'log.file.rotation.compress': 'boolean',
  'log.console': 'boolean',
  'log.console.level': LEVELS,
  'log.console.formatter': FORMATTERS,
  'log.exchange': 'boolean',
  'log.exchange.level': LEVELS,
  ...Object.fromEntries(
    ['connection', 'channel', 'queue', 'federation', 'upgrade', 'ra', 'default'].map((category) => [
      `log.${category}.level`,
      LEVELS,
    ]),
  ),
  // the management plugin
  'management.http.max_body_size': 'integer',
  'management.login_session_timeout': 'integer',
  'management.rates_mode': ['basic', 'detailed', 'none'],
  'management.disable_stats': 'boolean',
  'management.enable_queue_totals': 'boolean',
  'management.db_cache_multiplier': 'integer',
  'management.delegate_count': 'integer',
  'management.hsts.policy': 'text',
  'management.csp.policy': 'text',
  'management.headers.content_type_options': 'text',
  'management.headers.xss_protection': 'text',
  'management.headers.frame_options': 'text',
  'management.restrictions.operator_policy_changes.disabled': 'boolean',
  // the prometheus plugin
  'prometheus.return_per_object_metrics': 'boolean',
}

/** Settings of plugins: known only when the plugin is asked for, or the node would not boot. */
const OF_PLUGINS: Readonly<Record<string, Readonly<Record<string, Type>>>> = {
  rabbitmq_stream: {
    'stream.initial_credits': 'integer',
    'stream.credits_required_for_unblocking': 'integer',
    'stream.frame_max': 'integer',
    'stream.heartbeat': 'integer',
    'stream.max_connections': 'infinity',
  },
  rabbitmq_mqtt: {
    'mqtt.vhost': 'text',
    'mqtt.exchange': 'text',
    'mqtt.prefetch': 'integer',
    'mqtt.durable_queue_type': ['classic', 'quorum'],
    'mqtt.max_session_expiry_interval_seconds': 'infinity',
    'mqtt.max_packet_size_authenticated': 'integer',
    'mqtt.topic_alias_maximum': 'integer',
  },
  rabbitmq_stomp: {
    'stomp.default_vhost': 'text',
    'stomp.max_frame_size': 'integer',
    'stomp.default_topic_exchange': 'text',
  },
  rabbitmq_shovel: { 'shovel.topology.predeclared': 'boolean' },
}

const DEPRECATED_FEATURE = /^deprecated_features\.permit\.[a-z_]+$/
const TAG = /^(cluster|node)_tags\.[A-Za-z0-9_-]+$/

/** What mqops writes itself: prefix, and what to do instead. */
const OWNED: readonly (readonly [RegExp, string])[] = [
  [
    /^(listeners|ssl_options|management\.(tcp|ssl|listener)|prometheus\.(tcp|ssl|authentication)|(stream|mqtt|stomp)\.listeners|(stream|mqtt|stomp)\.tcp_listen_options)\b/,
    'mqops allots ports and certificates: see security.tls',
  ],
  [/^(cluster_formation|cluster_name|distribution)\b/, 'mqops forms the cluster: see members'],
  [
    /^cluster_partition_handling\b/,
    'RabbitMQ 4.3 has no partition strategies: Khepri and quorum queues go on with the majority',
  ],
  [
    /^(load_definitions|definitions|management\.load_definitions)\b/,
    'mqops makes its first users that way: see vhosts and users',
  ],
  [
    /^(default_(user|pass|vhost|permissions|users|user_tags)|loopback_users|anonymous_login_(user|pass))\b/,
    'there is no default user: see users',
  ],
  [
    /^(auth_mechanisms|auth_backends|ssl_cert_login_from)\b/,
    'mqops itself logs in by password from the internal database',
  ],
  [/^vm_memory_high_watermark\b/, 'write it as `memory`'],
  [/^disk_free_limit\b/, 'write it as `diskFreeLimit`'],
  [
    /^(log\.dir|log\.file|stream\.data_dir|raft\.data_dir|tracing\.dir|management\.http_log_dir)$/,
    'mqops keeps all files of a member in its own folder',
  ],
  [/(password|_pass|secret)$/, 'a secret can not stand in `config`'],
]

/** What a running member takes up by `rabbitmqctl`: no restart. */
/** What each setting may be, for people. */
export const settingTypes = (): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(TYPES).map(([name, type]) => [
      name,
      `${typeof type !== 'string' ? type.join(' | ') : type === 'infinity' ? 'integer or infinity' : type}${isDynamic(name) ? ' (changed while members run)' : ''}`,
    ]),
  )

export const isDynamic = (name: string): boolean => name === 'log.file.level'

export type SettingProblem = { readonly message: string; readonly hint?: string }

/** @returns null when the setting can stand in rabbitmq.conf; `plugins` are the extra ones of the spec. */
export function checkSetting(
  name: string,
  value: string | number | boolean,
  plugins: readonly string[],
): SettingProblem | null {
  const owned = OWNED.find(([pattern]) => pattern.test(name))
  if (owned) return { message: `"${name}" belongs to mqops`, hint: owned[1] }
  const known = { ...TYPES, ...Object.assign({}, ...plugins.map((plugin) => OF_PLUGINS[plugin] ?? {})) } as Record<
    string,
    Type
  >
  const type = known[name] ?? (DEPRECATED_FEATURE.test(name) ? 'boolean' : TAG.test(name) ? 'text' : undefined)
  if (type === undefined) return unknown(name, Object.keys(known))
  const wrong = mismatch(type, value)
  if (wrong) return { message: `"${name}" must be ${wrong}, not ${JSON.stringify(value)}` }
  if (TAG.test(name) && /[^ -~]/.test(String(value)))
    return { message: `"${name}" must be plain ASCII: RabbitMQ could not list its global parameters any more` }
  return /[\r\n]/.test(String(value)) ? { message: `"${name}" must be one line` } : null
}

function unknown(name: string, known: readonly string[]): SettingProblem {
  const plugin = Object.entries(OF_PLUGINS).find(([, settings]) => name in settings)?.[0]
  if (plugin)
    return {
      message: `"${name}" belongs to the plugin ${plugin}, which is not asked for`,
      hint: `Add ${plugin} to plugins.`,
    }
  const near = known.map((candidate) => [candidate, distance(name, candidate)] as const).sort((a, b) => a[1] - b[1])[0]
  return {
    message: `"${name}" is no setting of rabbitmq.conf that mqops knows`,
    ...(near && near[1] <= Math.max(2, name.length / 4) ? { hint: `Did you mean "${near[0]}"?` } : {}),
  }
}

function mismatch(type: Type, value: string | number | boolean): string | null {
  const whole = typeof value === 'number' ? Number.isSafeInteger(value) && value >= 0 : /^\d+$/.test(String(value))
  if (typeof type === 'object') return type.includes(String(value)) ? null : `one of ${type.join(', ')}`
  switch (type) {
    case 'boolean':
      return value === true || value === false || value === 'true' || value === 'false' ? null : 'true or false'
    case 'integer':
      return whole ? null : 'a whole number'
    case 'infinity':
      return whole || value === 'infinity' ? null : 'a whole number or infinity'
    case 'decimal':
      return Number.isFinite(Number(value)) && value !== '' && typeof value !== 'boolean' ? null : 'a number'
    case 'size':
      return whole || /^\d+(kb|mb|gb)$/i.test(String(value)) ? null : 'a number of bytes, or with kb, mb, gb'
    case 'text':
      return value === '' ? 'a text' : null
  }
}

/** Levenshtein's distance, for "did you mean". */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      next.push(
        Math.min(
          (row[j] as number) + 1,
          (next[j - 1] as number) + 1,
          (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1),
        ),
      )
    }
    row = next
  }
  return row[b.length] as number
}
