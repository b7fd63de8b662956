import { bucketsOf } from '../buckets.ts'
import { fieldsOf } from '../fields.ts'
import { entries } from '../names.ts'
import { streamKind } from './stream-kind.ts'

/** Object stores: a stream OBJ_NAME each, laid out as every client library reads it (ADR-20). */
export const objects = streamKind({
  name: 'objects',
  streams: (spec) =>
    entries(fieldsOf(spec).accounts).flatMap(([account, of]) =>
      bucketsOf(of)
        .filter(({ kind }) => kind === 'objects')
        .map(({ name, fields }) => ({ account, name, fields, path: ['accounts', account, 'objects', name] })),
    ),
  words: { thing: 'object store', max_age: 'ttl', max_bytes: 'maxBytes', num_replicas: 'replicas' },
})
