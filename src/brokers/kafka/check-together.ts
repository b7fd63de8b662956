import type { Dict } from '../../model/json.ts'
import type { Problem } from '../../model/spec.ts'
import { BROKER_SETTINGS } from './broker-settings.ts'
import { type Path, problem } from './check-settings.ts'
import type { Scalar } from './settings.ts'

/**
 * Settings that a broker takes together only: one that is asked for anything else does not start, or refuses the change.
 * Source: what brokers of 4.3.1 said to the ends of each range.
 */

const MIB = 1024 ** 2

/** The first may not be more than the second. */
const ORDERED: readonly (readonly [string, string])[] = [
  ...['consumer', 'share', 'streams'].flatMap((type) =>
    ['assignment.interval.ms', 'heartbeat.interval.ms', 'session.timeout.ms'].flatMap((name) =>
      between(`group.${type}.`, name),
    ),
  ),
  ...between('group.share.', 'record.lock.duration.ms'),
  ...between('group.share.', 'partition.max.record.locks'),
  ['group.share.max.size', 'group.share.max.share.sessions'],
  ['group.streams.num.standby.replicas', 'group.streams.max.standby.replicas'],
  ['log.cleaner.min.compaction.lag.ms', 'log.cleaner.max.compaction.lag.ms'],
  ['replica.fetch.wait.max.ms', 'replica.socket.timeout.ms'],
  ['replica.fetch.wait.max.ms', 'replica.lag.time.max.ms'],
]

function between(prefix: string, name: string): readonly (readonly [string, string])[] {
  const [least, most] = [`${prefix}min.${name}`, `${prefix}max.${name}`]
  return [
    [least, most],
    [least, `${prefix}${name}`],
    [`${prefix}${name}`, most],
  ]
}

/** `usual`: what brokers have otherwise, where that is not Kafka's default. Pure. */
export function checkTogether(path: Path, config: Dict<Scalar>, usual: Dict<Scalar>): readonly Problem[] {
  const isAsked = (name: string): boolean => config[name] !== undefined
  const otherwise = (name: string) => usual[name] ?? BROKER_SETTINGS[name]?.default
  const valueOf = (name: string): number => Number(config[name] ?? otherwise(name))
  const said = (name: string): string => `${name} (${config[name] ?? `${otherwise(name)}, unless said`})`
  const found: Problem[] = []
  const add = (names: readonly string[], message: string) => {
    const [asked] = names.filter(isAsked)
    if (asked !== undefined) found.push(problem([...path, asked], 'VALUE', message))
  }
  for (const [least, most] of ORDERED)
    if (valueOf(least) > valueOf(most)) add([least, most], `${said(least)} may not be more than ${said(most)}`)
  const [delay, idle] = ['connection.failed.authentication.delay.ms', 'connections.max.idle.ms'] as const
  if (valueOf(idle) >= 0 && valueOf(delay) >= valueOf(idle))
    add([delay, idle], `${said(delay)} must be less than ${said(idle)}`)
  const [queued, request] = ['queued.max.request.bytes', 'socket.request.max.bytes'] as const
  if (valueOf(queued) > 0 && valueOf(queued) < valueOf(request))
    add([queued, request], `${said(queued)} may not be less than ${said(request)}`)
  const [buffer, threads] = ['log.cleaner.dedupe.buffer.size', 'log.cleaner.threads'] as const
  if (valueOf(buffer) <= valueOf(threads) * MIB)
    add([threads, buffer], `${said(buffer)} must be more than 1MiB for each of ${said(threads)}`)
  return [...found, ...checkLocal(path, config, { ...usual, ...config })]
}

/** What is kept on the brokers may not be more than what is kept at all. */
function checkLocal(path: Path, config: Dict<Scalar>, effective: Dict<Scalar>): readonly Problem[] {
  const bytes = Number(effective['log.retention.bytes'] ?? -1)
  const limits: readonly (readonly [string, string, number])[] = [
    ['log.local.retention.ms', 'log.retention.ms', retentionMs(effective)],
    ['log.local.retention.bytes', 'log.retention.bytes', bytes],
  ]
  return limits.flatMap(([name, of, all]) => {
    const local = config[name] === undefined ? -2 : Number(config[name])
    if (local === -2 || all < 0 || (local >= 0 && local <= all)) return []
    return [problem([...path, name], 'VALUE', `it may not be more than ${of} (${all})`, 'Write -2 for the same.')]
  })
}

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS

/** The finest unit that is said counts. */
function retentionMs(config: Dict<Scalar>): number {
  const [ms, minutes, hours] = ['ms', 'minutes', 'hours'].map((unit) => config[`log.retention.${unit}`])
  if (ms !== undefined) return Number(ms)
  if (minutes !== undefined) return Number(minutes) * MINUTE_MS
  return Number(hours ?? BROKER_SETTINGS['log.retention.hours']?.default) * HOUR_MS
}
