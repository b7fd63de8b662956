import type { Problem } from '../../model/spec.ts'
import { printSize } from '../../model/units.ts'
import type { AccountFields, NatsFields } from './fields.ts'
import type { StreamFields } from './fields-stream.ts'
import { type BucketStream, bucketsOf } from './buckets.ts'
import { checkBuckets } from './check-buckets.ts'
import { checkConsumer, checkWorkQueue } from './check-consumers.ts'
import { checkCopies } from './check-copies.ts'
import { checkFeatures, checkMappings } from './check-features.ts'
import { checkAccountLimits, checkStreamRanges } from './check-ranges.ts'
import { entries, isOwnStream, kindOfStream, usualReplicas } from './names.ts'
import { covers, nameProblem, overlap, subjectProblem } from './subjects.ts'
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
    ...streams.flatMap(([name, stream]) => checkStream([...base, name], name, stream, fields, foreign)),
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

function checkStream(
  path: Path,
  name: string,
  stream: StreamFields,
  fields: NatsFields,
  foreign: boolean,
): readonly Problem[] {
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
  // How many servers somebody else runs, and with how much room, no spec says.
  if (!foreign && stream.replicas !== undefined && stream.replicas > fields.members)
    found.push(
      problem(
        [...path, 'replicas'],
        `${stream.replicas} replicas, and the cluster has ${fields.members} member${fields.members === 1 ? '' : 's'}`,
      ),
    )
  for (const [i, subject] of (stream.subjects ?? []).entries()) {
    const wrong = subjectProblem(subject) ?? reserved(subject, stream, stream.replicas ?? usualReplicas(fields))
    if (wrong) found.push(problem([...path, 'subjects', i], wrong))
    const twin = (stream.subjects ?? []).findIndex((other, j) => j < i && overlap(other, subject))
    if (!wrong && twin >= 0)
      found.push(
        problem([...path, 'subjects', i], `"${subject}" overlaps "${stream.subjects?.[twin]}" of the same stream`),
      )
  }
  const room = (stream.storage ?? 'file') === 'file' ? fields.storage : fields.memory
  if (!foreign && stream.maxBytes !== undefined && stream.maxBytes > room)
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

/** nats-server `checkStreamCfg`: "capturing all subjects requires …", "subjects that overlap with … api". */
function reserved(subject: string, { noAck = false }: StreamFields, replicas: number): string | null {
  if (subject === '>' && !noAck)
    return '">" catches every subject of the account, mqops\' and the server\'s own too: the server wants noAck for it'
  if (subject === '>' && replicas > 1)
    return '">" catches every subject of the account: the server wants replicas: 1 for it'
  if (noAck) return null
  const own = OWN.find(([space, but]) => overlap(subject, space) && !(but && covers(but, subject)))
  if (!own) return null
  return /[*>]/.test(subject)
    ? `"${subject}" catches the server's own subjects (${own[0]}): it wants noAck for it`
    : `"${subject}" is one of the server's own subjects: it wants noAck for it`
}

/** Subjects of the server, and those of them that may be kept. */
const OWN: readonly (readonly [string, string?])[] = [
  ['$JS.>', '$JS.EVENT.>'],
  ['$JSC.>'],
  ['$NRG.>'],
  ['$SYS.>', '$SYS.ACCOUNT.>'],
]

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
