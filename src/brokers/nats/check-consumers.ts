import type { Problem } from '../../model/spec.ts'
import type { NatsFields } from './fields.ts'
import type { ConsumerFields } from './fields-consumer.ts'
import type { StreamFields } from './fields-stream.ts'
import { checkConsumerRanges } from './check-ranges.ts'
import { entries } from './names.ts'
import { covers, nameProblem, overlap, subjectProblem } from './subjects.ts'
import { type Path, problem } from './problem.ts'

const filtersOf = (consumer: ConsumerFields): readonly string[] =>
  consumer.filters?.length ? consumer.filters : consumer.filter ? [consumer.filter] : []

/** One consumer of a stream. Pure. */
export function checkConsumer(
  path: Path,
  name: string,
  consumer: ConsumerFields,
  stream: StreamFields,
  fields: NatsFields,
): readonly Problem[] {
  const found: Problem[] = []
  const illegal = nameProblem(name)
  if (illegal) found.push(problem(path, illegal))
  if (/^JS_(SRC|MIRROR)_/.test(name))
    found.push(problem(path, `${name}: names with JS_SRC_ and JS_MIRROR_ are the server's own`))
  if (consumer.filter && consumer.filters) found.push(problem([...path, 'filters'], 'give filter or filters, not both'))
  for (const [i, filter] of filtersOf(consumer).entries()) {
    const at = consumer.filters ? [...path, 'filters', i] : [...path, 'filter']
    const wrong = subjectProblem(filter)
    if (wrong) found.push(problem(at, wrong))
    else if (
      stream.subjects &&
      !stream.sources &&
      !stream.subjectTransform &&
      !stream.subjects.some((subject) => overlap(subject, filter))
    )
      found.push(problem(at, `no subject of the stream matches "${filter}"`))
    if (filtersOf(consumer).some((other, j) => j < i && (covers(other, filter) || covers(filter, other))))
      found.push(problem(at, `"${filter}" overlaps another filter of the consumer`))
  }
  const replicas = stream.replicas ?? Math.min(3, fields.members)
  if (consumer.replicas !== undefined && consumer.replicas > replicas)
    found.push(problem([...path, 'replicas'], `${consumer.replicas} replicas, and its stream has ${replicas}`))
  if (
    consumer.replicas !== undefined &&
    consumer.replicas !== replicas &&
    stream.retention !== undefined &&
    stream.retention !== 'limits'
  )
    found.push(
      problem([...path, 'replicas'], `consumers of a ${stream.retention} stream have its replicas (${replicas})`),
    )
  if (consumer.backoff && consumer.maxDeliver !== undefined && consumer.backoff.length > consumer.maxDeliver)
    found.push(problem([...path, 'backoff'], 'more pauses than maxDeliver deliveries'))
  if (consumer.ack === 'none' && (consumer.ackWait !== undefined || consumer.backoff))
    found.push(
      problem([...path, 'ack'], 'without acknowledgements nothing is delivered again: ackWait and backoff do nothing'),
    )
  if (consumer.ack === 'none' && consumer.maxAckPending !== undefined)
    found.push(problem([...path, 'maxAckPending'], 'without acknowledgements (ack: none) none is pending'))
  if (consumer.deliverSubject && consumer.flowControl && consumer.idleHeartbeat === undefined)
    found.push(problem([...path, 'flowControl'], 'it wants idleHeartbeat'))
  const { deliverSubject: target } = consumer
  const caught = target === undefined ? undefined : stream.subjects?.find((subject) => covers(subject, target))
  if (caught !== undefined)
    found.push(problem([...path, 'deliverSubject'], `"${caught}" of the stream would catch what is delivered there`))
  if (consumer.priority) found.push(...checkPriority([...path, 'priority'], consumer))
  for (const key of ['deliverGroup', 'flowControl', 'idleHeartbeat', 'rateLimit'] as const) {
    if (consumer[key] !== undefined && !consumer.deliverSubject)
      found.push(problem([...path, key], `${key} is for push consumers: it wants deliverSubject`))
  }
  return [...found, ...checkConsumerRanges(path, consumer, stream)]
}

/** Each message of a work queue has one consumer: their filters may not overlap (error 10099, 10100). */
export function checkWorkQueue(path: Path, stream: StreamFields): readonly Problem[] {
  if (stream.retention !== 'workqueue') return []
  const consumers = entries(stream.consumers)
  const found: Problem[] = []
  for (const [i, [name, consumer]] of consumers.entries()) {
    const at = [...path, 'consumers', name]
    if ((consumer.ack ?? 'explicit') !== 'explicit')
      found.push(problem([...at, 'ack'], 'consumers of a work queue acknowledge explicitly'))
    if ((consumer.deliver ?? 'all') !== 'all')
      found.push(problem([...at, 'deliver'], 'consumers of a work queue deliver all'))
    const mine = filtersOf(consumer)
    for (const [other, rival] of consumers.slice(0, i)) {
      const theirs = filtersOf(rival)
      if (mine.length === 0 || theirs.length === 0)
        found.push(
          problem(
            at,
            `a work queue with several consumers wants a filter on each: ${mine.length === 0 ? name : other} has none`,
          ),
        )
      else if (mine.some((a) => theirs.some((b) => overlap(a, b))))
        found.push(
          problem(at, `its filter overlaps the one of ${other}: each message of a work queue has one consumer`),
        )
    }
  }
  return found
}

/** nats-server errors 10159, 10162, 10178. */
function checkPriority(path: Path, consumer: ConsumerFields): readonly Problem[] {
  const { policy, groups, timeout } = consumer.priority as NonNullable<ConsumerFields['priority']>
  return [
    ...(consumer.deliverSubject ? [problem(path, 'it is for pull consumers: this one has a deliverSubject')] : []),
    ...groups.flatMap((group, i) =>
      /^[A-Za-z0-9_/=-]{1,16}$/.test(group)
        ? []
        : [problem([...path, 'groups', i], `"${group}" is no name of a group: letters, digits, - _ / =, at most 16`)],
    ),
    ...(timeout !== undefined && policy !== 'pinnedClient'
      ? [problem([...path, 'timeout'], 'it is for policy: pinnedClient')]
      : []),
  ]
}
