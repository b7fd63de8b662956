import type { Dict, Json } from '../../../model/json.ts'
import type { FieldChange, Loss, Observed } from '../../../model/plan.ts'
import type { Change } from '../../../ports/kind.ts'
import { fieldChanges, pick, setFields } from './config.ts'
import { afterItsConsumers } from './consumer-limits.ts'
import { immutableChanges, normalStream, type StreamValue, tightened } from './stream-config.ts'

/** What was seen of a stream: its configuration, and how much stands in it. */
export type StreamSeen = { readonly config: StreamValue; readonly messages: number; readonly bytes: number }

/** What people call the server's fields, and the thing itself; fields that are not named keep the server's name. */
type Words = Dict<string>
const STREAM: Words = { thing: 'stream' }

/** Pure: what must be done so that `have` becomes `want`. */
export function diffStream(
  asked: StreamValue | undefined,
  have: Observed<StreamSeen>,
  words: Words = STREAM,
): readonly Change[] {
  if (have.is === 'unknown') return []
  if (have.is === 'absent') return asked ? [creation(asked, words)] : []
  const { config, messages, bytes } = have.value
  const loss = { messages, bytes }
  if (!asked) return [deletion(have.uid, 'mqops made it and the spec has it no more', loss)]
  const want = withServersChoice(words === STREAM ? asked : withFeatures(asked, config), config)
  const fixed = immutableChanges(config, want)
  if (fixed.length > 0) {
    const names = said(fixed, words)
    return [
      deletion(
        have.uid,
        `${names} can't be changed in place: the ${words.thing} is deleted and made anew, with ${words === STREAM ? "its messages and consumers' positions" : 'all that it holds'} lost`,
        loss,
      ),
      // What the old one had of its own is nothing to the new one.
      creation(asked, words, `made anew with the new ${names}`),
    ]
  }
  return updates(config, want, loss, words)
}

/**
 * Buckets are made by client libraries too, which differ in what no field of a bucket says and no update takes back: times
 * to live of single entries, deletes of single messages, the seal. It stays: nothing is made anew for it.
 */
export const withFeatures = (want: StreamValue, have: StreamValue): StreamValue => ({
  ...want,
  deny_delete: have['deny_delete'] === true,
  allow_msg_ttl: want['allow_msg_ttl'] === true || have['allow_msg_ttl'] === true,
  ...(have['sealed'] === true
    ? pick(have, ['sealed', 'deny_delete', 'deny_purge', 'allow_rollup_hdrs', 'max_age', 'duplicate_window', 'discard'])
    : {}),
})

const said = (fields: readonly string[], words: Words): string => fields.map((name) => words[name] ?? name).join(', ')
const named = (changes: readonly FieldChange[], words: Words): readonly FieldChange[] =>
  changes.map((change) => ({ ...change, field: words[change.field] ?? change.field }))

/** What the spec leaves to the server. Of a stream with sources that asks for no duplicate window, versions make different things: none, or two minutes, and never more than max_age (error 10052). */
export const withServersChoice = (asked: StreamValue, have: StreamValue): StreamValue => {
  // Where a stream began means nothing to a spec that does not say.
  const want = asked['first_seq'] === 0 ? { ...asked, first_seq: have['first_seq'] ?? 0 } : asked
  return (want.sources as readonly Json[]).length > 0 && want.duplicate_window === 0
    ? { ...want, duplicate_window: Math.min(have.duplicate_window, want.max_age || have.duplicate_window) }
    : want
}

const creation = (want: StreamValue, words: Words, reason = 'the spec has it, the cluster has not'): Change => ({
  verb: 'create',
  want,
  reads: { is: 'absent' },
  reason,
  risk: 'safe',
  reversible: true,
  changes: named(setFields(want, normalStream({})), words),
})

const deletion = (uid: string | undefined, reason: string, loses: Loss): Change => ({
  verb: 'delete',
  want: null,
  reads: { uid: uid ?? null },
  reason,
  risk: 'destructive',
  reversible: false,
  changes: [],
  loses,
})

/**
 * A change of replicas is a step of its own: never two changes of a Raft group at once (nats-server#6838, error 10123).
 * And what has to wait for its consumers comes last.
 */
function updates(have: StreamValue, all: StreamValue, holds: Loss, words: Words): readonly Change[] {
  const split = afterItsConsumers(have, all)
  if (split === null) return atOnce(have, all, holds, words)
  const reason = split.reason((name) => said([name], words))
  return [
    ...atOnce(have, split.before, holds, words),
    { ...update(split.before, all, holds, words), reason, last: true },
  ]
}

function atOnce(have: StreamValue, want: StreamValue, all: Loss, words: Words): readonly Change[] {
  const rest = { ...want, num_replicas: have.num_replicas } as StreamValue
  const others = fieldChanges(have, rest)
  const first = others.length > 0 ? [update(have, rest, all, words)] : []
  return have.num_replicas === want.num_replicas ? first : [...first, replicas(rest, want, words)]
}

function update(have: StreamValue, want: StreamValue, all: Loss, words: Words): Change {
  const changes = fieldChanges(have, want)
  const names = changes.map((change) => change.field)
  const tighter = tightened(have, want)
  const lost = have.subjects.filter((subject) => !want.subjects.includes(subject))
  const promoted = have.mirror !== null && want.mirror === null
  const seals = names.includes('sealed')
  const notes = [
    ...(tighter.length > 0 ? [`${said(tighter, words)} become tighter: messages beyond are deleted`] : []),
    ...(lost.length > 0 ? [`${lost.join(', ')} no longer kept`] : []),
    ...(promoted ? ['it stops being a mirror'] : []),
    ...(seals ? ['it is sealed: nothing can be written or deleted any more'] : []),
    // Its entries stand under the origin's subjects, where nobody looks for the bucket's own keys.
    ...(promoted && words.thing === 'bucket' ? ['what it has copied is not read in it any more'] : []),
  ]
  return {
    verb: 'update',
    want,
    reads: pick(have, names),
    reason: notes.length > 0 ? notes.join('; ') : `${said(names, words)} differ from the spec`,
    risk: tighter.length > 0 ? 'destructive' : lost.length > 0 || promoted || seals ? 'disruptive' : 'safe',
    reversible:
      tighter.length === 0 &&
      !promoted &&
      !seals &&
      !names.some((name) => ['deny_delete', 'deny_purge', 'allow_msg_ttl', 'allow_msg_schedules'].includes(name)),
    changes: named(changes, words),
    // How many stand beyond a limit of each subject is measured (see `lossOfUpdate`).
    ...(tighter.length > 0 && !countable(tighter) ? { loses: beyond(tighter, want, all) } : {}),
  }
}

const countable = (tighter: readonly string[]): boolean =>
  tighter.includes('max_msgs_per_subject') && !tighter.includes('max_age') && !tighter.includes('retention')

/** What an update lets go of at once; `subjects`: messages of each subject, null where they are too many to be told. */
export function lossOfUpdate(
  have: StreamSeen,
  want: StreamValue,
  subjects: Readonly<Record<string, number>> | null,
): Loss {
  const { config, messages, bytes } = have
  const tighter = tightened(config, want)
  if (!countable(tighter)) return tighter.length === 0 ? {} : beyond(tighter, want, { messages, bytes })
  if (subjects === null) return { messages, bytes }
  const over = Object.values(subjects).reduce((sum, count) => sum + Math.max(0, count - want.max_msgs_per_subject), 0)
  const rest = beyond(tighter, want, { messages, bytes })
  const lost = Math.min(messages, Math.max(over, rest.messages ?? 0))
  const size = messages === 0 ? 0 : Math.ceil((bytes / messages) * lost)
  return { messages: lost, bytes: Math.min(bytes, Math.max(size, rest.bytes ?? 0)) }
}

/** At most this much goes: what is beyond a count or size is known, what is too old or unwanted may be all. */
function beyond(tighter: readonly string[], want: StreamValue, all: Loss): Loss {
  if (tighter.some((name) => ['max_age', 'retention'].includes(name))) return all
  const messages = all.messages ?? 0
  const bytes = all.bytes ?? 0
  const mean = messages === 0 ? 0 : bytes / messages
  const byCount = tighter.includes('max_msgs') ? Math.max(0, messages - want.max_msgs) : 0
  const bySize = tighter.includes('max_bytes') ? Math.max(0, bytes - want.max_bytes) : 0
  const most = Math.min(messages, Math.max(byCount, mean === 0 ? 0 : Math.ceil(bySize / mean)))
  return { messages: most, bytes: Math.min(bytes, Math.max(bySize, Math.ceil(byCount * mean))) }
}

const replicas = (have: StreamValue, want: StreamValue, words: Words): Change => {
  const fewer = want.num_replicas < have.num_replicas
  return {
    verb: 'update',
    want,
    reads: { num_replicas: have.num_replicas },
    reason: fewer ? 'fewer copies of each message: less redundancy' : 'more copies of each message',
    risk: fewer ? 'disruptive' : 'safe',
    reversible: true,
    changes: named([{ field: 'num_replicas', from: have.num_replicas, to: want.num_replicas }], words),
  }
}
