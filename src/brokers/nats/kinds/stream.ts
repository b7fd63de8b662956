import { fieldsOf } from '../fields.ts'
import { entries } from '../names.ts'
import { streamKind } from './stream-kind.ts'

/** Streams by the name that the server has for them. */
export const stream = streamKind({
  name: 'stream',
  streams: (spec) =>
    entries(fieldsOf(spec).accounts).flatMap(([account, of]) =>
      entries(of.streams).map(([name, fields]) => ({
        account,
        name,
        fields,
        path: ['accounts', account, 'streams', name],
      })),
    ),
})
