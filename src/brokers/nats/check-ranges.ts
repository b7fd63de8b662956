import type { Problem } from '../../model/spec.ts'
import { printDuration, printSize } from '../../model/units.ts'
import type { BucketStream } from './buckets.ts'
import type { LimitFields } from './fields-account.ts'
import type { ConsumerFields } from './fields-consumer.ts'
import type { StreamFields } from './fields-stream.ts'
import { entries } from './names.ts'
import { subjectProblem } from './subjects.ts'
import { type Path, problem } from './problem.ts'

/** Ranges of values: what the server refuses, or takes for something else (nats-server `checkStreamCfg`, `checkConsumerCfg`; tried on 2.15.1). */

const LONGEST_DESCRIPTION = 4096
const MOST_METADATA = 128 * 1024
const LARGEST_MESSAGE = 2 ** 31 - 1
const SHORTEST_HEARTBEAT_MS = 100
const OWN_LABELS = '_nats.'

const bytesOf = (text: string): number => Buffer.byteLength(text)

function labels(
  path: Path,
  { description, metadata }: Pick<StreamFields, 'description' | 'metadata'>,
): readonly Problem[] {
  const size = entries(metadata).reduce((sum, [name, value]) => sum + bytesOf(name) + bytesOf(value), 0)
  const own = entries(metadata).filter(([name]) => name.startsWith(OWN_LABELS))
  return [
    ...own.map(([name]) =>
      problem([...path, 'metadata', name], `${OWN_LABELS}…: labels that the server writes itself`),
    ),
    ...(bytesOf(description ?? '') > LONGEST_DESCRIPTION
      ? [problem([...path, 'description'], `it is longer than ${LONGEST_DESCRIPTION} bytes`)]
      : []),
    ...(size > MOST_METADATA ? [problem([...path, 'metadata'], `it holds more than ${printSize(MOST_METADATA)}`)] : []),
  ]
}

/** Nanoseconds in 64 bits. */
const LONGEST_MS = (2 ** 63 - 1) / 1_000_000

/** The server counts in nanoseconds: after about 292 years it refuses the request as no JSON. */
const longest = <T extends object>(
  path: Path,
  of: T | undefined,
  names: readonly (keyof T & string)[],
): readonly Problem[] =>
  names
    .filter((name) => [of?.[name]].flat().some((ms) => Number(ms) >= LONGEST_MS))
    .map((name) => problem([...path, name], 'the server counts up to 106751d', 'Leave it out, or give less.'))

/** A limit of 0 is none to the server: whoever writes it means something else. */
const zeros = <T extends object>(path: Path, of: T, names: readonly (keyof T & string)[]): readonly Problem[] =>
  names
    .filter((name) => of[name] === 0)
    .map((name) => problem([...path, name], 'the server takes 0 for no limit', 'Leave it out, or give more.'))

/** `size`: what the largest message is called. */
export const checkStreamRanges = (path: Path, stream: StreamFields): readonly Problem[] => [
  ...labels(path, stream),
  ...zeros(path, stream, ['maxBytes', 'maxMessageSize']),
  ...largest(path, 'maxMessageSize', stream.maxMessageSize),
  ...(stream.duplicateWindow === 0
    ? [problem([...path, 'duplicateWindow'], 'the server takes 0 for 2m: 100ms is the least')]
    : []),
  ...pending([...path, 'consumerLimits'], stream.consumerLimits?.maxAckPending),
  ...longest(path, stream, ['maxAge', 'duplicateWindow', 'deleteMarkerTtl']),
  ...longest([...path, 'consumerLimits'], stream.consumerLimits, ['inactiveThreshold']),
  ...consumerCount(path, stream),
]

const consumerCount = (path: Path, { maxConsumers = Infinity, consumers }: StreamFields): readonly Problem[] => {
  const count = entries(consumers).length
  return count > maxConsumers ? [problem([...path, 'maxConsumers'], `it has ${count} consumers in the spec`)] : []
}

export const checkBucketRanges = (path: Path, bucket: BucketStream): readonly Problem[] => [
  ...labels(path, bucket.fields),
  ...zeros(path, { maxBytes: bucket.fields.maxBytes, maxValueSize: bucket.fields.maxMessageSize }, [
    'maxBytes',
    'maxValueSize',
  ]),
  ...largest(path, 'maxValueSize', bucket.fields.maxMessageSize),
  ...longest(path, { ttl: bucket.fields.maxAge, limitMarkerTtl: bucket.fields.deleteMarkerTtl }, [
    'ttl',
    'limitMarkerTtl',
  ]),
]

const largest = (path: Path, name: string, size: number | undefined): readonly Problem[] =>
  size !== undefined && size > LARGEST_MESSAGE
    ? [problem([...path, name], `the server counts up to ${LARGEST_MESSAGE} bytes`)]
    : []

const pending = (path: Path, count: number | undefined): readonly Problem[] =>
  count !== undefined && (count === 0 || count < -1)
    ? [problem([...path, 'maxAckPending'], `${count} is no limit: give 1 or more, or -1 for unlimited`)]
    : []

export function checkConsumerRanges(path: Path, consumer: ConsumerFields, stream: StreamFields): readonly Problem[] {
  const { ackWait, backoff, deliverSubject, idleHeartbeat, sampleFrequency } = consumer
  const found: Problem[] = [...labels(path, consumer), ...pending(path, consumer.maxAckPending)]
  found.push(
    ...longest(path, consumer, ['ackWait', 'backoff', 'inactiveThreshold', 'maxRequestExpires', 'idleHeartbeat']),
    ...longest([...path, 'priority'], consumer.priority, ['timeout']),
  )
  if (ackWait === 0) found.push(problem([...path, 'ackWait'], 'the server takes 0 for 30s'))
  for (const [i, pause] of (backoff ?? []).entries())
    if (pause === 0) found.push(problem([...path, 'backoff', i], 'a pause of 0 is none'))
  if (idleHeartbeat !== undefined && idleHeartbeat < SHORTEST_HEARTBEAT_MS)
    found.push(problem([...path, 'idleHeartbeat'], 'it is 100ms at least'))
  if (sampleFrequency !== undefined && !/^\d+%?$/.test(sampleFrequency))
    found.push(problem([...path, 'sampleFrequency'], `"${sampleFrequency}" is no share: write 10%`))
  if (consumer.deliver === 'lastPerSubject' && !consumer.filter && !consumer.filters?.length)
    found.push(problem([...path, 'deliver'], 'lastPerSubject wants a filter', 'Write filter: ">" for all subjects.'))
  const wrong = deliverSubject === undefined ? null : subjectProblem(deliverSubject)
  if (wrong) found.push(problem([...path, 'deliverSubject'], wrong))
  else if (deliverSubject !== undefined && /[*>]/.test(deliverSubject))
    found.push(problem([...path, 'deliverSubject'], `"${deliverSubject}" is no subject to publish on`))
  if (deliverSubject !== undefined && consumer.maxWaiting !== undefined)
    found.push(problem([...path, 'maxWaiting'], 'it is for pull consumers: this one has a deliverSubject'))
  return [...found, ...checkConsumerLimits(path, consumer, stream)]
}

/** Errors 10121 and 10153. */
function checkConsumerLimits(path: Path, consumer: ConsumerFields, stream: StreamFields): readonly Problem[] {
  const { maxAckPending: most, inactiveThreshold: longest } = stream.consumerLimits ?? {}
  const found: Problem[] = []
  const { maxAckPending: count, inactiveThreshold: time } = consumer
  if (count !== undefined && most !== undefined && most > 0 && count > most)
    found.push(problem([...path, 'maxAckPending'], `consumerLimits of the stream let it be ${most} at most`))
  if (time !== undefined && longest !== undefined && longest > 0 && (time > longest || time === 0))
    found.push(
      problem(
        [...path, 'inactiveThreshold'],
        `consumerLimits of the stream let it be ${printDuration(longest)} at most`,
      ),
    )
  return found
}

/** What the account allows of each stream (errors 10113, 10122, 10026, 10121). */
export function checkAccountLimits(
  path: Path,
  streams: readonly { readonly at: Path; readonly fields: StreamFields }[],
  limits: LimitFields,
): readonly Problem[] {
  const allowed = printPath([...path, 'jetstream'])
  return streams.flatMap(({ at, fields }) => {
    const { maxBytes, storage = 'file' } = fields
    const name = storage === 'file' ? 'storageStreamBytes' : 'memoryStreamBytes'
    const most = limits[name]
    const count = entries(fields.consumers).length
    return [
      ...(limits.maxBytesRequired && maxBytes === undefined
        ? [problem(at, `${allowed}.maxBytesRequired wants maxBytes of it`)]
        : []),
      ...(most && maxBytes !== undefined && maxBytes > most
        ? [problem([...at, 'maxBytes'], `${allowed}.${name} lets it be ${printSize(most)} at most`)]
        : []),
      ...(limits.consumers !== undefined && count > limits.consumers
        ? [problem([...at, 'consumers'], `${allowed}.consumers lets it have ${limits.consumers}, not ${count}`)]
        : []),
      ...(limits.consumers !== undefined && (fields.maxConsumers ?? 0) > limits.consumers
        ? [problem([...at, 'maxConsumers'], `${allowed}.consumers lets it be ${limits.consumers} at most`)]
        : []),
      ...pendingBeyond(at, fields, limits.maxAckPending, `${allowed}.maxAckPending`),
    ]
  })
}

function pendingBeyond(at: Path, stream: StreamFields, most: number | undefined, allowed: string): readonly Problem[] {
  if (most === undefined) return []
  const beyond = (path: Path, count: number | undefined): readonly Problem[] =>
    count !== undefined && count > most
      ? [problem([...path, 'maxAckPending'], `${allowed} lets it be ${most} at most`)]
      : []
  return [
    ...beyond([...at, 'consumerLimits'], stream.consumerLimits?.maxAckPending),
    ...entries(stream.consumers).flatMap(([name, one]) => beyond([...at, 'consumers', name], one.maxAckPending)),
  ]
}

const printPath = (path: Path): string => path.join('.')
