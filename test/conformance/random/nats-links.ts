import type { Json, JsonObject } from '../../../src/model/json.ts'
import { defined } from './arbitraries.ts'

/** Makes streams, consumers and buckets of one account fit each other, as the server takes them. */

const without = (fields: JsonObject, ...names: readonly string[]): JsonObject =>
  defined(Object.fromEntries(Object.entries(fields).filter(([name]) => !names.includes(name))))

/** Copies are of those before them; what excludes each other is left out. */
export const linkedStreams = (streams: JsonObject): JsonObject => {
  const done: Record<string, JsonObject> = {}
  for (const [name, raw] of Object.entries(streams)) {
    const names = Object.keys(done)
    const { shape, origin: nth, consumers, ...fields } = raw as JsonObject
    const from = names[(nth as number) % Math.max(1, names.length)]
    const origins = done[from ?? '']
    const copied =
      from === undefined || shape === 'plain'
        ? fields
        : shape === 'mirror'
          ? {
              ...without(fields, 'subjects', 'republish', 'subjectTransform'),
              mirror: copyOf(from, nth as number, origins),
            }
          : { ...fields, sources: [copyOf(from, nth as number, origins)] }
    const stream = fitted(copied, origins?.['maxMessageSize'])
    done[name] = { ...stream, consumers: linkedConsumers(consumers as JsonObject, stream) }
  }
  return done
}

const copyOf = (stream: string, nth: number, of: JsonObject | undefined): JsonObject => {
  const [subject] = (of?.['subjects'] ?? []) as readonly string[]
  return (
    [
      { stream },
      { stream, startSequence: nth + 1 },
      { stream, startTime: '2026-01-01T01:00:00+01:00' },
      subject === undefined ? { stream } : { stream, filter: subject },
      subject === undefined
        ? { stream }
        : { stream, transforms: [{ source: subject, destination: subject.replaceAll('*', '{{wildcard(1)}}') }] },
    ] as readonly JsonObject[]
  )[nth % 5] as JsonObject
}

const fitted = (all: JsonObject, largest: Json | undefined): JsonObject => {
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
  // What it copies must fit.
  drop((mirror || of['sources'] !== undefined) && largest !== undefined, 'maxMessageSize')
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
