import type { Problem } from '../../model/spec.ts'
import { printSize } from '../../model/units.ts'
import { bucketsOf, keysOf } from './buckets.ts'
import { checkBucketRanges } from './check-ranges.ts'
import type { AccountFields, NatsFields } from './fields.ts'
import type { KvFields, ObjectsFields, OriginFields } from './fields-bucket.ts'
import { entries, isOwnStream, streamName } from './names.ts'
import { destinationOf, overlap, subjectProblem, transformProblem } from './subjects.ts'
import { type Path, problem } from './problem.ts'

/** What every client library takes for a bucket's name (nats.go `validBucketRe`). */
const NAME = /^[A-Za-z0-9_-]+$/

/** Problems of one account's key-value buckets and object stores. Pure. */
export const checkBuckets = (
  account: string,
  of: AccountFields,
  fields: NatsFields,
  foreign: boolean,
): readonly Problem[] => [
  ...entries(of.kv).flatMap(([name, kv]) => {
    const path = ['accounts', account, 'kv', name]
    return [...checkBucket('kv', path, name, kv, fields, foreign), ...checkKv(path, name, kv, of, foreign)]
  }),
  ...entries(of.objects).flatMap(([name, store]) =>
    checkBucket('objects', ['accounts', account, 'objects', name], name, store, fields, foreign),
  ),
  ...bucketsOf(of).flatMap((bucket) => checkBucketRanges(['accounts', account, bucket.kind, bucket.name], bucket)),
]

function checkBucket(
  kind: 'kv' | 'objects',
  path: Path,
  name: string,
  bucket: KvFields | ObjectsFields,
  fields: NatsFields,
  foreign: boolean,
): readonly Problem[] {
  const found: Problem[] = []
  const word = kind === 'kv' ? 'a bucket' : 'an object store'
  if (!NAME.test(name)) found.push(problem(path, `"${name}" is no name of ${word}: letters, digits, _ and -, no dots`))
  else if (name.length > 200) found.push(problem(path, `"${name.slice(0, 20)}…" is longer than 200 characters`))
  if (isOwnStream(streamName(kind, name))) found.push(problem(path, `${name} is mqops' own bucket`))
  if (!foreign && bucket.replicas !== undefined && bucket.replicas > fields.members)
    found.push(
      problem(
        [...path, 'replicas'],
        `${bucket.replicas} replicas, and the cluster has ${fields.members} member${fields.members === 1 ? '' : 's'}`,
      ),
    )
  const room = (bucket.storage ?? 'file') === 'file' ? fields.storage : fields.memory
  if (!foreign && bucket.maxBytes !== undefined && bucket.maxBytes > room)
    found.push(
      problem(
        [...path, 'maxBytes'],
        `it reserves ${printSize(bucket.maxBytes)} on each server that keeps a replica, and a server has ${printSize(room)}`,
      ),
    )
  return found
}

/** nats-server takes no shorter marker (error 10052). */
const SHORTEST_MARKER_MS = 1000

function checkKv(path: Path, name: string, kv: KvFields, of: AccountFields, foreign: boolean): readonly Problem[] {
  const found: Problem[] = []
  if (kv.mirror && kv.sources)
    found.push(problem([...path, 'sources'], 'a bucket is a mirror or has sources, not both'))
  if (kv.limitMarkerTtl !== undefined && kv.limitMarkerTtl < SHORTEST_MARKER_MS)
    found.push(problem([...path, 'limitMarkerTtl'], 'a marker stays for 1s at least'))
  if (kv.limitMarkerTtl !== undefined && kv.mirror)
    found.push(problem([...path, 'limitMarkerTtl'], 'a mirror has the markers of its origin'))
  const copies: readonly (readonly [Path, OriginFields])[] = [
    ...(kv.mirror ? [[[...path, 'mirror'], kv.mirror] as const] : []),
    ...(kv.sources ?? []).map((source, i) => [[...path, 'sources', i], source] as const),
  ]
  for (const [at, origin] of copies) {
    const wrong = origin.filter === undefined ? null : subjectProblem(origin.filter)
    if (wrong) found.push(problem([...at, 'filter'], wrong))
    if (origin.startSequence !== undefined && origin.startTime !== undefined)
      found.push(problem([...at, 'startTime'], 'give startSequence or startTime, not both'))
    if (origin.api !== undefined) continue
    if (origin.bucket === name) found.push(problem([...at, 'bucket'], `${name} would copy from itself`))
    else if (!foreign && !of.kv?.[origin.bucket])
      found.push(
        problem(
          [...at, 'bucket'],
          `there is no bucket ${origin.bucket} in this account`,
          'Name one of the spec, or give `api`.',
        ),
      )
  }
  if (kv.republish) {
    const { source = keysOf(name), destination } = kv.republish
    const wrong = subjectProblem(source)
    if (wrong) found.push(problem([...path, 'republish', 'source'], wrong))
    else if (!overlap(source, keysOf(name)))
      found.push(problem([...path, 'republish', 'source'], `no key of the bucket is written at "${source}"`))
    const mapping = wrong ? null : transformProblem(source, destination)
    if (mapping) found.push(problem([...path, 'republish', 'destination'], mapping))
    else if (overlap(destinationOf(destination), keysOf(name)))
      found.push(problem([...path, 'republish', 'destination'], 'it would write into the bucket again'))
  }
  return found
}
