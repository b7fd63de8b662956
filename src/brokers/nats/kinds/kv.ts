import { bucketsOf } from '../buckets.ts'
import { fieldsOf } from '../fields.ts'
import { entries } from '../names.ts'
import { streamKind } from './stream-kind.ts'

/** Key-value buckets: a stream KV_NAME each, laid out as every client library reads it (ADR-8). */
export const kv = streamKind({
  name: 'kv',
  streams: (spec) =>
    entries(fieldsOf(spec).accounts).flatMap(([account, of]) =>
      bucketsOf(of)
        .filter(({ kind }) => kind === 'kv')
        .map(({ name, fields }) => ({ account, name, fields, path: ['accounts', account, 'kv', name] })),
    ),
  words: {
    thing: 'bucket',
    allow_direct: 'allowDirect',
    max_msgs_per_subject: 'history',
    max_age: 'ttl',
    max_bytes: 'maxBytes',
    max_msg_size: 'maxValueSize',
    num_replicas: 'replicas',
    subject_delete_marker_ttl: 'limitMarkerTtl',
  },
})
