import type { Problem } from '../../model/spec.ts'
import type { BucketStream } from './buckets.ts'
import type { SourceFields, StreamFields } from './fields-stream.ts'
import { normalStream, sourceOf } from './kinds/stream-config.ts'
import { covers, overlap, subjectProblem } from './subjects.ts'
import { type Path, problem } from './problem.ts'

type Streams = ReadonlyMap<string, StreamFields>
type Origin = readonly [of: SourceFields, path: Path]

/** All that a stream copies, with where it stands in the stream's fields. */
const originsOf = (stream: StreamFields): readonly Origin[] => [
  ...(stream.mirror ? [[stream.mirror, ['mirror']] as const] : []),
  ...(stream.sources ?? []).map((source, i) => [source, ['sources', i]] as const),
]
/** One with `api` stands in another account or domain. */
const near = (stream: StreamFields): readonly Origin[] => originsOf(stream).filter(([{ api }]) => api === undefined)

/** What mirrors and sources name must be there and fit, and nothing may copy itself, not by way of others either. */
export function checkCopies(
  base: Path,
  streams: readonly (readonly [string, StreamFields])[],
  buckets: readonly BucketStream[],
  foreign: boolean,
): readonly Problem[] {
  const all: Streams = new Map([...streams, ...buckets.map(({ stream, fields }) => [stream, fields] as const)])
  const account = base.slice(0, -1)
  return [
    ...buckets.flatMap(({ kind, name, stream, fields }) => {
      const at = [...account, kind, name]
      const rings = near(fields).filter(([{ stream: origin }]) => reaches(origin, stream, all))
      // Of itself, and of what is not there, the bucket's own fields tell.
      const byOthers = rings.some(([{ stream: origin }]) => origin !== stream)
      return [
        ...(byOthers ? [problem(at, `${name} would copy from itself, by way of others`)] : []),
        ...(rings.length > 0 ? [] : fitting(stream, fields, all, [at, 'maxValueSize'])),
        ...checkOrigins(at, fields, all),
      ]
    }),
    ...streams.flatMap(([name, stream]) => {
      const at = [...base, name]
      const rings = near(stream).filter(([{ stream: origin }]) => reaches(origin, name, all))
      return [
        ...rings.map(([, path]) => problem([...at, ...path, 'stream'], `${name} would copy from itself`)),
        ...near(stream).flatMap(([{ stream: origin }, path]) =>
          foreign || all.has(origin) || reaches(origin, name, all)
            ? []
            : [
                problem(
                  [...at, ...path, 'stream'],
                  `there is no stream ${origin} in this account`,
                  'Name one of the spec, or give `api`.',
                ),
              ],
        ),
        ...(rings.length > 0 ? [] : fitting(name, stream, all, [at, 'maxMessageSize'])),
        ...checkOrigins(at, stream, all),
      ]
    }),
  ]
}

function reaches(from: string, to: string, all: Streams, seen = new Set<string>()): boolean {
  if (from === to) return true
  const stream = all.get(from)
  if (!stream || seen.has(from)) return false
  seen.add(from)
  return near(stream).some(([{ stream: next }]) => reaches(next, to, all, seen))
}

const fitting = (name: string, stream: StreamFields, all: Streams, [at, size]: readonly [Path, string]) => [
  ...tooLarge([...at, size], stream, all),
  ...seenAsRing(name, stream, all, at),
]

/** Errors 10030 and 10046: what the origin takes must fit. */
function tooLarge(path: Path, stream: StreamFields, all: Streams): readonly Problem[] {
  const own = stream.maxMessageSize ?? Infinity
  const larger = near(stream).find(([{ stream: origin }]) => (all.get(origin)?.maxMessageSize ?? 0) > own)
  return larger ? [problem(path, `it is less than that of ${larger[0].stream}, whose messages are copied`)] : []
}

/** Sources in the order in which the server gets them. */
function asSent(stream: StreamFields): readonly Origin[] {
  const origins = near(stream)
  if (origins.length < 2) return origins
  const { sources } = normalStream({ sources: origins.map(([of], i) => ({ ...sourceOf(of), place: i })) })
  return (sources as readonly { readonly place?: number }[]).map(({ place = 0 }) => origins[place] as Origin)
}

/**
 * The server looks for rings from one stream to the next by name, and takes it for one when it comes to a stream that it
 * has met before by a shorter way (nats-server `checkStreamCfg`, "detected cycle").
 */
function seenAsRing(name: string, stream: StreamFields, all: Streams, path: Path): readonly Problem[] {
  const visit: (readonly [string, StreamFields])[] = [[name, stream]]
  const visited = new Set<string>()
  for (let next = visit.shift(); next; next = visit.shift()) {
    const [at, of] = next
    visited.add(at)
    for (const [{ stream: origin, filter }, [how]] of asSent(of)) {
      const there = all.get(origin)
      if (!visited.has(origin)) visit.push(...(there ? [[origin, there] as const] : []))
      else if (how === 'mirror' || !filter || (of.subjects ?? []).some((subject) => overlap(subject, filter)))
        return [
          problem(
            path,
            `it copies ${origin} in two ways, one of them longer, by ${at}: the server takes that for a ring`,
            'Copy it in one of the two ways only.',
          ),
        ]
    }
  }
  return []
}

/** Each origin by itself, and sources that the server takes for the same one. */
function checkOrigins(path: Path, stream: StreamFields, all: Streams): readonly Problem[] {
  const identities = (stream.sources ?? []).map(identityOf)
  return [
    ...originsOf(stream).flatMap(([of, at]) => [
      ...checkPrefixes([...path, ...at], of, stream, all),
      ...checkChoice([...path, ...at], of, at[0] === 'mirror'),
    ]),
    ...identities.flatMap((one, i) =>
      identities.indexOf(one) < i
        ? [problem([...path, 'sources', i], 'the same messages are copied twice: another one takes them already')]
        : [],
    ),
  ]
}

/** nats-server `composeIName` (error 10140): where it begins makes no difference. */
const identityOf = ({ stream, api, filter, transforms = [] }: SourceFields): string =>
  JSON.stringify([
    stream,
    api,
    ...(transforms.length === 0
      ? [[filter || '>', '>']]
      : transforms.map((one) => [one.source || '>', one.destination || '>'])),
  ])

/** Errors 10021, 10022 and 10024. */
function checkPrefixes(path: Path, of: SourceFields, stream: StreamFields, all: Streams): readonly Problem[] {
  const found: Problem[] = []
  for (const name of ['api', 'deliver'] as const) {
    const prefix = of[name]
    if (prefix === undefined) continue
    const wrong = subjectProblem(prefix) ?? (/[*>]/.test(prefix) ? `"${prefix}" is a prefix: without * and >` : null)
    if (wrong) found.push(problem([...path, name], wrong))
  }
  if (of.api === '$JS.API')
    found.push(
      problem([...path, 'api'], 'that is the prefix of this account itself', 'Leave it out, or give another one.'),
    )
  const { api, deliver } = of
  if (deliver !== undefined && api === undefined)
    found.push(problem([...path, 'deliver'], 'it wants api, of another account'))
  const caught = near(stream)
    .flatMap(([{ stream: origin }]) => all.get(origin)?.subjects ?? [])
    .find((subject) => deliver && overlap(subject, `${deliver}.${subject}`))
  if (caught !== undefined)
    found.push(problem([...path, 'deliver'], `"${caught}" of another origin would catch what is delivered there`))
  return found
}

/** What is chosen of an origin (errors 10147 and 10152). */
function checkChoice(path: Path, { filter, transforms = [] }: SourceFields, mirror: boolean): readonly Problem[] {
  const wrong = filter ? subjectProblem(filter) : null
  const sources = transforms.map(({ source }) => source || '>')
  const twice = (a: string, b: string): boolean => (mirror ? overlap(a, b) : covers(a, b) || covers(b, a))
  return [
    ...(wrong ? [problem([...path, 'filter'], wrong)] : []),
    ...sources.flatMap((source, i) => {
      const other = sources.slice(0, i).find((before) => twice(before, source))
      return other === undefined || subjectProblem(source)
        ? []
        : [problem([...path, 'transforms', i, 'source'], `"${source}" overlaps "${other}" of another one`)]
    }),
  ]
}
