import type { Problem } from '../../model/spec.ts'
import { printSize } from '../../model/units.ts'
import type { AccountFields, NatsFields } from './fields.ts'
import type { StreamFields } from './fields-stream.ts'
import { type BucketStream, bucketsOf } from './buckets.ts'
import { checkBuckets } from './check-buckets.ts'
import { checkConsumer, checkWorkQueue } from './check-consumers.ts'
import { checkFeatures, checkMappings } from './check-features.ts'
import { checkAccountLimits, checkStreamRanges } from './check-ranges.ts'
import { entries, isOwnStream, kindOfStream } from './names.ts'
import { nameProblem, overlap, subjectProblem } from './subjects.ts'
import { type Path, problem } from './problem.ts'

/**
 * Problems of one account's streams and their consumers. `foreign`: streams that the spec does not name may be there too.
 * Pure.
 */
export function checkStreams(
  account: string,
  of: AccountFields,
  fields: NatsFields,
  foreign: boolean,
): readonly Problem[] {
  const base = ['accounts', account, 'streams']
  const streams = entries(of.streams)
  const buckets = bucketsOf(of)
  const limits = of.jetstream === false ? undefined : of.jetstream
  const count = streams.length + buckets.length
  const what = buckets.length > 0 ? 'streams, buckets and object stores' : 'streams'
  return [
    ...(limits?.streams !== undefined && count > limits.streams
      ? [problem(base, `${count} ${what}, and the account may have ${limits.streams}`)]
      : []),
    ...streams.flatMap(([name, stream]) => checkStream([...base, name], name, stream, fields)),
    ...checkBuckets(account, of, fields, foreign),
    ...checkAccountLimits(base.slice(0, -1), keptBy(base.slice(0, -1), streams, buckets), limits ?? {}),
    ...overlaps(base, streams, buckets),
    ...checkCopies(base, streams, buckets, foreign),
    ...streams.flatMap(([name, stream]) =>
      entries(stream.consumers).flatMap(([consumer, c]) =>
        checkConsumer([...base, name, 'consumers', consumer], consumer, c, stream, fields),
      ),
    ),
    ...streams.flatMap(([name, stream]) => checkWorkQueue([...base, name], stream)),
  ]
}

const keptBy = (
  base: Path,
  streams: readonly (readonly [string, StreamFields])[],
  buckets: readonly BucketStream[],
): readonly { readonly at: Path; readonly fields: StreamFields }[] => [
  ...streams.map(([name, fields]) => ({ at: [...base, 'streams', name], fields })),
  ...buckets.map(({ kind, name, fields }) => ({ at: [...base, kind, name], fields })),
]

function checkStream(path: Path, name: string, stream: StreamFields, fields: NatsFields): readonly Problem[] {
  const found: Problem[] = []
  const illegal = nameProblem(name)
  if (illegal) found.push(problem(path, illegal))
  if (isOwnStream(name)) found.push(problem(path, `${name} is one of mqops' own names`))
  const [kind, bucket] = kindOfStream(name)
  if (kind !== 'stream')
    found.push(
      problem(
        path,
        `${name} is the stream behind ${kind === 'kv' ? 'the key-value bucket' : 'the object store'} ${bucket}`,
        `Write it as \`${kind}: { ${bucket}: … }\` of the account.`,
      ),
    )
  if (stream.replicas !== undefined && stream.replicas > fields.members)
    found.push(
      problem(
        [...path, 'replicas'],
        `${stream.replicas} replicas, and the cluster has ${fields.members} member${fields.members === 1 ? '' : 's'}`,
      ),
    )
  for (const [i, subject] of (stream.subjects ?? []).entries()) {
    const wrong = subjectProblem(subject) ?? reserved(subject, stream.noAck ?? false)
    if (wrong) found.push(problem([...path, 'subjects', i], wrong))
    const twin = (stream.subjects ?? []).findIndex((other, j) => j < i && overlap(other, subject))
    if (!wrong && twin >= 0)
      found.push(
        problem([...path, 'subjects', i], `"${subject}" overlaps "${stream.subjects?.[twin]}" of the same stream`),
      )
  }
  const room = (stream.storage ?? 'file') === 'file' ? fields.storage : fields.memory
  if (stream.maxBytes !== undefined && stream.maxBytes > room)
    found.push(
      problem(
        [...path, 'maxBytes'],
        `it reserves ${printSize(stream.maxBytes)} on each server that keeps a replica, and a server has ${printSize(room)}`,
      ),
    )
  const copies = stream.mirror !== undefined || (stream.sources ?? []).length > 0
  if (!stream.subjects && !copies) found.push(problem(path, 'a stream needs subjects, a mirror or sources'))
  if (stream.mirror && stream.subjects)
    found.push(problem([...path, 'subjects'], 'a mirror has the subjects of the stream that it mirrors'))
  if (stream.mirror && stream.sources)
    found.push(problem([...path, 'sources'], 'a stream is a mirror or has sources, not both'))
  return [
    ...found,
    ...checkStreamRanges(path, stream),
    ...checkFeatures(path, stream, fields),
    ...checkMappings(path, stream),
  ]
}

/** What mirrors and sources name must be there, and nothing may copy itself, not by way of others either. */
function checkCopies(
  base: Path,
  streams: readonly (readonly [string, StreamFields])[],
  buckets: readonly BucketStream[],
  foreign: boolean,
): readonly Problem[] {
  // One with `api` stands in another account or domain.
  const originsOf = (stream: StreamFields): readonly (readonly [string, Path])[] => [
    ...(stream.mirror && stream.mirror.api === undefined
      ? [[stream.mirror.stream, ['mirror', 'stream']] as const]
      : []),
    ...(stream.sources ?? []).flatMap((source, i) =>
      source.api === undefined ? [[source.stream, ['sources', i, 'stream']] as const] : [],
    ),
  ]
  const all = new Map([...streams, ...buckets.map(({ stream, fields }) => [stream, fields] as const)])
  const reaches = (from: string, to: string, seen = new Set<string>()): boolean => {
    if (from === to) return true
    const stream = all.get(from)
    if (!stream || seen.has(from)) return false
    seen.add(from)
    return originsOf(stream).some(([next]) => reaches(next, to, seen))
  }
  const rings = buckets.flatMap(({ kind, name, stream, fields }) =>
    originsOf(fields).some(([origin]) => origin !== stream && reaches(origin, stream))
      ? [problem([...base.slice(0, -1), kind, name], `${name} would copy from itself, by way of others`)]
      : [],
  )
  // Errors 10030 and 10046: what the origin takes must fit.
  const sizes = [...all].flatMap(([name, stream]) => {
    const own = stream.maxMessageSize
    const larger = originsOf(stream).find(([origin]) => (all.get(origin)?.maxMessageSize ?? 0) > (own ?? Infinity))
    const bucket = buckets.find((one) => one.stream === name)
    const at = bucket ? [bucket.kind, bucket.name, 'maxValueSize'] : ['streams', name, 'maxMessageSize']
    return larger
      ? [problem([...base.slice(0, -1), ...at], `it is less than that of ${larger[0]}, whose messages are copied`)]
      : []
  })
  return [
    ...rings,
    ...sizes,
    ...streams.flatMap(([name, stream]) =>
      originsOf(stream).flatMap(([origin, path]) => {
        const at = [...base, name, ...path]
        if (reaches(origin, name)) return [problem(at, `${name} would copy from itself`)]
        return foreign || all.has(origin)
          ? []
          : [problem(at, `there is no stream ${origin} in this account`, 'Name one of the spec, or give `api`.')]
      }),
    ),
  ]
}

/** nats-server `checkStreamCfg`: "capturing all subjects requires no-ack", "subjects that overlap with … api". */
function reserved(subject: string, noAck: boolean): string | null {
  if (subject === '>' && !noAck)
    return '">" catches every subject of the account, mqops\' and the server\'s own too: the server wants noAck for it'
  return /^\$(JS|SYS)(\.|$)/.test(subject) ? `"${subject}" is one of the server's own subjects` : null
}

/** JetStream refuses a stream whose subjects another stream of the account has (error 10065). */
function overlaps(
  base: Path,
  streams: readonly (readonly [string, StreamFields])[],
  buckets: readonly BucketStream[],
): readonly Problem[] {
  const exact = new Map<string, string>()
  // Buckets have the subjects that clients expect of them: the stream is what must give way.
  const wild: (readonly [string, string])[] = buckets.flatMap(({ kind, name, fields }) =>
    (fields.subjects ?? []).map((subject) => [subject, `${kind} ${name}`] as const),
  )
  const found: Problem[] = []
  for (const [name, stream] of streams) {
    for (const [i, subject] of (stream.subjects ?? []).entries()) {
      const isWild = /[*>]/.test(subject)
      const rivals = isWild
        ? [...exact, ...wild]
        : [...(exact.has(subject) ? [[subject, exact.get(subject) as string] as const] : []), ...wild]
      const rival = rivals.find(([other, owner]) => owner !== `stream ${name}` && overlap(other, subject))
      if (rival)
        found.push(
          problem(
            [...base, name, 'subjects', i],
            `"${subject}" overlaps "${rival[0]}" of ${rival[1]}`,
            'A subject belongs to one stream of an account.',
          ),
        )
    }
    for (const subject of stream.subjects ?? []) {
      if (/[*>]/.test(subject)) wild.push([subject, `stream ${name}`])
      else exact.set(subject, `stream ${name}`)
    }
  }
  return found
}
