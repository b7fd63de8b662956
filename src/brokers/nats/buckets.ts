import type { BucketFields, KvFields, ObjectsFields, OriginFields } from './fields-bucket.ts'
import type { SourceFields, StreamFields } from './fields-stream.ts'
import { entries, streamName } from './names.ts'

/** Streams behind key-value buckets (ADR-8) and object stores (ADR-20), as every client library makes and reads them. */

export type BucketStream = {
  readonly kind: 'kv' | 'objects'
  readonly name: string
  /** Name of the stream. */
  readonly stream: string
  readonly fields: StreamFields
}

/** Of one account, in the order of the spec. Pure. */
export const bucketsOf = (account: BucketFields): readonly BucketStream[] => [
  ...entries(account.kv).map(
    ([name, of]): BucketStream => ({
      kind: 'kv',
      name,
      stream: streamName('kv', name),
      fields: kvStream(name, of),
    }),
  ),
  ...entries(account.objects).map(
    ([name, of]): BucketStream => ({
      kind: 'objects',
      name,
      stream: streamName('objects', name),
      fields: objectsStream(name, of),
    }),
  ),
]

export const keysOf = (bucket: string, keys = '>'): string => `$KV.${bucket}.${keys}`

function kvStream(name: string, kv: KvFields): StreamFields {
  const { history = 1, ttl, maxValueSize, limitMarkerTtl, mirror, sources, republish, ...same } = kv
  return {
    ...same,
    ...(mirror ? { mirror: mirrorOf(mirror) } : { subjects: [keysOf(name)] }),
    ...(sources ? { sources: sources.map((source) => sourceOf(name, source)) } : {}),
    maxMessagesPerSubject: history,
    ...(ttl === undefined ? {} : { maxAge: ttl }),
    ...(maxValueSize === undefined ? {} : { maxMessageSize: maxValueSize }),
    ...(limitMarkerTtl === undefined ? {} : { allowMessageTtl: true, deleteMarkerTtl: limitMarkerTtl }),
    ...(republish ? { republish: { source: keysOf(name), ...republish } } : {}),
    discard: 'new',
    allowRollup: true,
    denyDelete: true,
    allowDirect: kv.allowDirect ?? true,
  }
}

const originOf = ({ bucket, startSequence, startTime, api, deliver }: OriginFields): SourceFields => ({
  stream: streamName('kv', bucket),
  ...(startSequence === undefined ? {} : { startSequence }),
  ...(startTime === undefined ? {} : { startTime }),
  ...(api === undefined ? {} : { api }),
  ...(deliver === undefined ? {} : { deliver }),
})

/** A mirror keeps the subjects of its origin: clients read them from the bucket that they belong to. */
const mirrorOf = (origin: OriginFields): SourceFields => ({
  ...originOf(origin),
  ...(origin.filter === undefined ? {} : { filter: keysOf(origin.bucket, origin.filter) }),
})

/** Keys move from the origin's subjects to the bucket's own; of a bucket of the same name elsewhere they are right as they are. */
function sourceOf(name: string, origin: OriginFields): SourceFields {
  if (origin.bucket === name) return mirrorOf(origin)
  let nth = 0
  const destination = (origin.filter ?? '>').replaceAll(/(?<=^|\.)\*(?=\.|$)/g, () => `{{wildcard(${++nth})}}`)
  return {
    ...originOf(origin),
    transforms: [{ source: keysOf(origin.bucket, origin.filter), destination: keysOf(name, destination) }],
  }
}

function objectsStream(name: string, { ttl, ...same }: ObjectsFields): StreamFields {
  return {
    ...same,
    subjects: [`$O.${name}.C.>`, `$O.${name}.M.>`],
    ...(ttl === undefined ? {} : { maxAge: ttl }),
    discard: 'new',
    allowRollup: true,
    allowDirect: true,
  }
}
