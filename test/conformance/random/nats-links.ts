import { overlap } from '../../../src/brokers/nats/subjects.ts'
import type { JsonObject } from '../../../src/model/json.ts'
import { defined } from './arbitraries.ts'

/** Makes streams, consumers and buckets of one account fit each other, as the server takes them. */

const without = (fields: JsonObject, ...names: readonly string[]): JsonObject =>
  defined(Object.fromEntries(Object.entries(fields).filter(([name]) => !names.includes(name))))

/** Copies are of those before them, or `far`: of an account whose API is imported. What excludes each other is left out. */
export const linkedStreams = (streams: JsonObject, far: readonly Far[]): JsonObject => {
  const done: Record<string, JsonObject> = {}
  const taken: string[] = []
  for (const [name, raw] of Object.entries(streams)) {
    const names = Object.keys(done)
    const { shape, origin, more, far: away, shared, exact, consumers, ...own } = raw as JsonObject
    const free = (shared as readonly string[]).filter(
      (one, i, all) => ![...taken, ...all.slice(0, i)].some((other) => overlap(other, one)),
    )
    const fields = { ...own, subjects: [...(own['subjects'] as readonly string[]), ...free] }
    const nths = [origin, ...(more as readonly number[])] as readonly number[]
    const froms = nths.flatMap((nth): readonly JsonObject[] => {
      const other = far[nth % Math.max(1, far.length)]
      if (away && other) return [{ stream: STREAM_THERE, api: other.api, deliver: `${other.deliver}.${nth}` }]
      const from = names[nth % Math.max(1, names.length)]
      return from === undefined ? [] : [copyOf(from, nth, done[from])]
    })
    const [first] = froms
    const copied: JsonObject =
      first === undefined || shape === 'plain'
        ? fields
        : shape === 'mirror'
          ? { ...without(fields, 'subjects', 'republish', 'subjectTransform'), mirror: first }
          : { ...fields, sources: froms }
    if (copied['subjects']) taken.push(...free)
    const stream = fitted(copied)
    const all = linkedConsumers(consumers as JsonObject, stream)
    const count = Object.keys(all).length
    done[name] = { ...stream, ...(exact && count > 0 ? { maxConsumers: count } : {}), consumers: all }
  }
  return done
}

/** Where another account's API and deliveries are known. */
export type Far = { readonly api: string; readonly deliver: string }
const STREAM_THERE = 'ORDERS'

const copyOf = (stream: string, nth: number, of: JsonObject | undefined): JsonObject => {
  const [subject, second] = (of?.['subjects'] ?? []) as readonly string[]
  const moved = (source: string): JsonObject => {
    let star = 0
    return { source, destination: `m.${source.replaceAll('*', () => `{{wildcard(${++star})}}`)}` }
  }
  return (
    [
      { stream },
      { stream, startSequence: nth + 1 },
      { stream, startTime: '2026-01-01T01:00:00+01:00' },
      subject === undefined ? { stream } : { stream, filter: subject },
      subject === undefined ? { stream } : { stream, transforms: [moved(subject)] },
      subject === undefined || second === undefined
        ? { stream }
        : { stream, transforms: [moved(subject), { source: second, destination: '' }] },
    ] as readonly JsonObject[]
  )[nth % 6] as JsonObject
}

const fitted = (all: JsonObject): JsonObject => {
  let of = all
  const drop = (when: boolean, ...names: readonly string[]): void => void (of = when ? without(of, ...names) : of)
  const mirror = of['mirror'] !== undefined
  drop(
    mirror,
    'duplicateWindow',
    'firstSequence',
    'allowMessageCounter',
    'allowAtomicPublish',
    'allowBatchPublish',
    'deleteMarkerTtl',
  )
  drop(mirror || of['sources'] !== undefined, 'allowMessageSchedules')
  // One that stays as it is can't follow where it copies from.
  drop(of['sealed'] === true, 'maxAge', 'allowMessageCounter', 'allowMessageSchedules', 'sources')
  drop(of['maxAge'] !== undefined, 'duplicateWindow')
  drop(of['retention'] !== undefined && of['retention'] !== 'limits', 'allowMessageCounter')
  drop(of['discard'] === 'new', 'allowMessageSchedules', 'allowMessageCounter')
  drop(of['allowMessageCounter'] === true, 'allowMessageTtl')
  drop(of['discard'] !== 'new' || of['maxMessagesPerSubject'] === undefined, 'discardNewPerSubject')
  drop(of['allowMessageTtl'] !== true, 'deleteMarkerTtl', 'allowMessageSchedules')
  drop(of['allowMessageSchedules'] === true || of['deleteMarkerTtl'] !== undefined, 'allowRollup', 'denyPurge')
  drop(of['allowRollup'] === true, 'denyPurge')
  drop(
    of['persistMode'] === 'async' &&
      (of['replicas'] !== 1 || of['storage'] === 'memory' || of['allowAtomicPublish'] === true),
    'persistMode',
  )
  return of
}

const linkedConsumers = (consumers: JsonObject, stream: JsonObject): JsonObject => {
  const done: Record<string, JsonObject> = {}
  const works = stream['retention'] === 'workqueue'
  const limits = (stream['consumerLimits'] ?? {}) as JsonObject
  const replicas = (stream['replicas'] ?? 3) as number
  const subjects = ((stream['subjects'] ?? []) as readonly string[]).map((subject) =>
    subject.replaceAll('*', 'x').replace('>', 'y.>'),
  )
  for (const [nth, [name, raw]] of Object.entries(consumers).entries()) {
    const { push, filterCount, ...fields } = raw as JsonObject & { push: boolean; filterCount: number }
    let of: JsonObject = fields
    const drop = (when: boolean, ...names: readonly string[]): void => void (of = when ? without(of, ...names) : of)
    // Of a work queue each has subjects of its own.
    const filters = works
      ? subjects.slice(nth, nth + 1)
      : stream['subjectTransform']
        ? []
        : subjects.slice(0, filterCount)
    if (works && filters.length === 0) continue
    if (filters.length > 0) of = { ...of, ...(filters.length === 1 ? { filter: filters[0] as string } : { filters }) }
    drop(works, 'ack', 'deliver')
    drop(push, 'maxWaiting', 'maxRequestBatch', 'maxRequestBytes', 'maxRequestExpires', 'priority')
    drop(!push, 'deliverSubject', 'deliverGroup', 'flowControl', 'idleHeartbeat', 'rateLimit')
    drop(of['idleHeartbeat'] === undefined, 'flowControl')
    drop(of['ack'] === 'none', 'ackWait', 'backoff', 'maxAckPending')
    drop(of['deliver'] === 'lastPerSubject' && filters.length === 0, 'deliver')
    drop((of['replicas'] as number) > replicas || (stream['retention'] ?? 'limits') !== 'limits', 'replicas')
    drop(limits['maxAckPending'] !== undefined, 'maxAckPending')
    drop(limits['inactiveThreshold'] !== undefined, 'inactiveThreshold')
    done[name] = of
  }
  return done
}

export const linkedBuckets = (buckets: JsonObject): JsonObject => {
  const done: Record<string, JsonObject> = {}
  for (const [name, raw] of Object.entries(buckets)) {
    const { shape, origin: nth, copy, ...fields } = raw as JsonObject
    const names = Object.keys(done)
    const from = names[(nth as number) % Math.max(1, names.length)]
    const of = { bucket: from ?? '', ...(copy as JsonObject) }
    done[name] =
      from === undefined || shape === 'plain'
        ? fields
        : shape === 'mirror'
          ? { ...without(fields, 'maxValueSize', 'limitMarkerTtl', 'republish'), mirror: of }
          : { ...without(fields, 'maxValueSize'), sources: [of] }
  }
  return done
}
