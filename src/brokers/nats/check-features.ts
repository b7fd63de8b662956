import type { Problem } from '../../model/spec.ts'
import type { NatsFields } from './fields.ts'
import type { StreamFields } from './fields-stream.ts'
import { usualReplicas } from './names.ts'
import { destinationOf, overlap, transformProblem } from './subjects.ts'
import { type Path, problem } from './problem.ts'

/** Milliseconds: the server takes no shorter age and no shorter window, and no shorter marker. */
const SHORTEST_MS = 100
const SHORTEST_MARKER_MS = 1000

/** Features of a stream that exclude each other (nats-server `checkStreamCfg`; tried one by one on 2.15.1). Pure. */
export function checkFeatures(path: Path, stream: StreamFields, fields: NatsFields): readonly Problem[] {
  const found: Problem[] = []
  const refuse = (key: keyof StreamFields, wrong: boolean, message: string): void => {
    if (stream[key] && wrong) found.push(problem([...path, key], message))
  }
  const { maxAge, duplicateWindow: window, deleteMarkerTtl: marker } = stream
  const copies = stream.mirror !== undefined || (stream.sources ?? []).length > 0
  const mirror = stream.mirror !== undefined
  const discardsNew = stream.discard === 'new'
  const rollup = stream.allowRollup ?? (stream.allowMessageSchedules === true || marker !== undefined)

  if (maxAge !== undefined && maxAge < SHORTEST_MS) found.push(problem([...path, 'maxAge'], 'it is 100ms at least'))
  if (window !== undefined && window > 0 && window < SHORTEST_MS)
    found.push(problem([...path, 'duplicateWindow'], 'it is 100ms at least'))
  if (window !== undefined && maxAge !== undefined && window > maxAge)
    found.push(problem([...path, 'duplicateWindow'], 'it is longer than maxAge'))
  refuse(
    'discardNewPerSubject',
    !(discardsNew || stream.sealed) || stream.maxMessagesPerSubject === undefined,
    'it wants discard: new and maxMessagesPerSubject',
  )
  if (marker !== undefined && marker < SHORTEST_MARKER_MS)
    found.push(problem([...path, 'deleteMarkerTtl'], 'a marker stays for 1s at least'))
  refuse('deleteMarkerTtl', !stream.allowMessageTtl, 'it wants allowMessageTtl: true')
  refuse('duplicateWindow', mirror, 'nobody publishes to a mirror')
  refuse('deleteMarkerTtl', mirror, 'a mirror has the markers of its origin')
  if (stream.allowRollup === false && (stream.allowMessageSchedules || marker !== undefined))
    found.push(
      problem([...path, 'allowRollup'], 'the server turns it on for allowMessageSchedules and deleteMarkerTtl'),
    )
  refuse('denyPurge', rollup, 'it forbids what allowRollup needs')
  refuse('allowMessageSchedules', !stream.allowMessageTtl, 'it wants allowMessageTtl: true')
  refuse('allowMessageSchedules', discardsNew, 'it wants discard: old')
  refuse('allowMessageSchedules', copies, 'a mirror and a stream with sources schedule nothing')
  refuse('allowMessageCounter', discardsNew, 'counters want discard: old')
  refuse(
    'allowMessageCounter',
    stream.allowMessageTtl === true,
    'counters have no time to live: leave allowMessageTtl out',
  )
  refuse('allowMessageCounter', (stream.retention ?? 'limits') !== 'limits', 'counters want retention: limits')
  for (const key of ['allowMessageCounter', 'allowAtomicPublish', 'allowBatchPublish'] as const)
    refuse(key, mirror, 'nobody publishes to a mirror')
  refuse('firstSequence', mirror, 'a mirror has the sequences of the stream that it mirrors')
  if (stream.persistMode === 'async') {
    const replicas = stream.replicas ?? usualReplicas(fields)
    refuse('persistMode', replicas > 1, `async wants replicas: 1, and it has ${replicas}`)
    refuse('persistMode', stream.storage === 'memory', 'async is for streams in files')
    refuse('persistMode', stream.allowAtomicPublish === true, 'async does not go with allowAtomicPublish')
  }
  for (const key of ['allowMessageCounter', 'allowMessageSchedules'] as const)
    refuse(key, stream.sealed === true, 'a sealed stream refuses new messages, and this wants discard: old')
  refuse('maxAge', stream.sealed === true, 'a sealed stream keeps its messages for ever')
  return found
}

/** Subjects that become other ones: of the stream, of what it copies, and of what it publishes again. Pure. */
export function checkMappings(path: Path, stream: StreamFields): readonly Problem[] {
  const found: Problem[] = []
  const mapping = (at: Path, source: string | undefined, destination: string): void => {
    const wrong = transformProblem(source || '>', destination)
    if (wrong) found.push(problem(at, wrong))
  }
  const { republish, subjectTransform } = stream
  if (subjectTransform) mapping([...path, 'subjectTransform'], subjectTransform.source, subjectTransform.destination)
  if (republish) {
    mapping([...path, 'republish'], republish.source, republish.destination)
    if ((stream.subjects ?? []).some((subject) => overlap(subject, destinationOf(republish.destination))))
      found.push(problem([...path, 'republish', 'destination'], 'it would write into the stream again'))
  }
  const origins = [
    ...(stream.mirror ? [[[...path, 'mirror'], stream.mirror] as const] : []),
    ...(stream.sources ?? []).map((source, i) => [[...path, 'sources', i], source] as const),
  ]
  for (const [at, origin] of origins) {
    if (origin.startSequence !== undefined && origin.startTime !== undefined)
      found.push(problem([...at, 'startTime'], 'give startSequence or startTime, not both'))
    if (origin.filter !== undefined && (origin.transforms ?? []).length > 0)
      found.push(problem([...at, 'filter'], 'transforms have a source of their own: leave filter out'))
    // Without a destination it only chooses.
    for (const [i, { source, destination }] of (origin.transforms ?? []).entries())
      if (destination !== '') mapping([...at, 'transforms', i], source, destination)
  }
  return found
}
