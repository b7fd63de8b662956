import { parseDuration, parseSize } from '../../model/units.ts'
import type { FileApply } from '../../model/member.ts'

/** Server options that a spec may set under `config`, by the server's own names. */

type Type = 'size' | 'duration' | 'count' | 'boolean' | 'sync'
type Option = { readonly block: 'server' | 'jetstream' | 'cluster'; readonly apply: FileApply; readonly type: Type }

const option = (block: Option['block'], apply: 'reload' | 'restart', type: Type): Option => ({ block, apply, type })

/** Which ones a reload takes up was tried against nats-server 2.15.1: "config reload not supported for …" is a restart. */
export const OPTIONS: ReadonlyMap<string, Option> = new Map([
  ['max_payload', option('server', 'reload', 'size')],
  ['max_connections', option('server', 'reload', 'count')],
  ['max_control_line', option('server', 'reload', 'size')],
  ['write_deadline', option('server', 'reload', 'duration')],
  ['ping_interval', option('server', 'reload', 'duration')],
  ['ping_max', option('server', 'reload', 'count')],
  ['debug', option('server', 'reload', 'boolean')],
  ['trace', option('server', 'reload', 'boolean')],
  ['trace_verbose', option('server', 'reload', 'boolean')],
  ['logtime', option('server', 'reload', 'boolean')],
  ['logtime_utc', option('server', 'reload', 'boolean')],
  ['connect_error_reports', option('server', 'reload', 'count')],
  ['reconnect_error_reports', option('server', 'reload', 'count')],
  ['max_traced_msg_len', option('server', 'reload', 'count')],
  ['no_fast_producer_stall', option('server', 'reload', 'boolean')],
  ['max_pending', option('server', 'restart', 'size')],
  ['max_subscriptions', option('server', 'restart', 'count')],
  ['max_subscription_tokens', option('server', 'restart', 'count')],
  ['max_closed_clients', option('server', 'restart', 'count')],
  ['disable_sublist_cache', option('server', 'restart', 'boolean')],
  ['sync_interval', option('jetstream', 'restart', 'sync')],
  ['max_outstanding_catchup', option('jetstream', 'restart', 'size')],
  ['request_queue_limit', option('jetstream', 'restart', 'count')],
  ['strict', option('jetstream', 'restart', 'boolean')],
  ['pool_size', option('cluster', 'restart', 'count')],
])

/** What an option may be, for people. */
export const printOption = ({ type, apply }: Option): string =>
  `${type === 'sync' ? 'duration or always' : type}${apply === 'reload' ? ' (changed while servers run)' : ''}`

/** Options that mqops writes itself, and what to use instead. */
export const OWNED: ReadonlyMap<string, string> = new Map([
  [
    'server_name',
    'mqops names servers by cluster, place and disk, so that a wiped disk never comes back under its old name',
  ],
  ['host', 'the target decides where members listen'],
  ['port', 'the target allots ports'],
  ['listen', 'the target allots hosts and ports'],
  ['http', 'monitoring follows `security.tls`'],
  ['http_port', 'monitoring follows `security.tls`'],
  ['https', 'monitoring follows `security.tls`'],
  ['https_port', 'monitoring follows `security.tls`'],
  ['tls', 'TLS is on unless `security.tls` is false'],
  ['cluster', 'routes follow from `members`'],
  ['routes', 'routes follow from `members`'],
  ['jetstream', 'write `memory` and `storage`, and its other options by their own names, for example sync_interval'],
  ['store_dir', 'the target decides where data stands'],
  ['max_memory_store', 'write `memory`'],
  ['max_mem', 'write `memory`'],
  ['max_file_store', 'write `storage`'],
  ['max_file', 'write `storage`'],
  ['accounts', 'write `accounts` of the spec'],
  ['system_account', 'mqops keeps a system account SYS'],
  ['authorization', 'write `accounts`: every client belongs to a user of an account'],
  ['no_auth_user', 'every client must log in'],
  ['server_tags', 'mqops writes none yet'],
  ['server_metadata', "mqops keeps the cluster's id there"],
  ['log_file', 'see `mqops logs`'],
  ['pid_file', 'the target keeps process ids'],
  ['lame_duck_duration', 'mqops stops members by lame duck mode with a grace that fits'],
  ['lame_duck_grace_period', 'mqops stops members by lame duck mode with a grace that fits'],
  ['include', 'mqops writes all files of a member'],
])

/** What is wrong with a value, or null. The server would refuse to start with it, so it is refused in the spec. */
export function optionProblem(name: string, value: string | number | boolean): string | null {
  const type = OPTIONS.get(name)?.type
  if (type === 'boolean') return typeof value === 'boolean' ? null : `${name} is true or false`
  if (type === 'count')
    return Number.isSafeInteger(value) && Number(value) >= 0 ? null : `${name} is a whole number, not "${value}"`
  if (type === 'size') return optionSize(value) === null ? `${name} is a size such as 1MiB, not "${value}"` : null
  if (type === 'sync' && value === 'always') return null
  if (type === undefined) return null
  return typeof value === 'string' && goDuration(value) !== null
    ? null
    : `${name} is a duration such as 10s, not "${value}"`
}

/** A count, or bytes; null where it is none of them. */
export const optionNumber = (value: string | number | boolean | undefined): number | null =>
  value === undefined ? null : optionSize(value)

const optionSize = (value: string | number | boolean): number | null =>
  typeof value === 'number'
    ? Number.isSafeInteger(value) && value >= 0
      ? value
      : null
    : typeof value === 'string'
      ? parseSize(value)
      : null

/** The server reads Go durations, which know no days. */
const goDuration = (text: string): string | null => {
  const ms = parseDuration(text)
  return ms === null ? null : `${ms}ms`
}

/** The value as it stands in a configuration file. The spec was checked before. */
export function optionText(name: string, value: string | number | boolean): string {
  const type = OPTIONS.get(name)?.type
  if (type === 'size') return String(optionSize(value))
  if (typeof value !== 'string') return String(value)
  return JSON.stringify(value === 'always' ? value : (goDuration(value) ?? value))
}
