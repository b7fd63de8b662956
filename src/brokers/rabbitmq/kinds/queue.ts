import { type JsonObject, same } from '../../../model/json.ts'
import type { Change, Kind } from '../../../ports/kind.ts'
import type { ClusterSpec } from '../../../model/spec.ts'
import { fieldsOf } from '../fields.ts'
import { mayMatch } from '../patterns.ts'
import { settingFor } from '../policy-settings.ts'
import { keepSelfDeleting } from '../self-deleting.ts'
import type { RabbitmqSession } from '../session.ts'
import { measureQueues } from './messages.ts'
import { declareQueues } from './queue-actions.ts'
import { queueClashes } from './queue-clashes.ts'
import { listQueues, queueNames } from './queue-list.ts'
import { removeAll } from './queue-removal.ts'
import { desired, type QueueHave, type QueueWant, settingsOf } from './queue-value.ts'
import { bindingsToRestore, changesWithArguments } from './shared.ts'

const declareAgain = (want: QueueWant, reads: JsonObject): Change => ({
  verb: 'update',
  want,
  reads: { ...reads, neverLed: true },
  reason: 'it never had a leader, because its declaration was cut off: it holds nothing, and is declared again',
  risk: 'safe',
  reversible: true,
  changes: [],
})

/** What a policy decides when a queue is declared, and not any more once it stands. */
const AT_DECLARATION = [
  'initial-cluster-size',
  'queue-leader-locator',
  'stream-filter-size-bytes',
  'stream-max-segment-size-bytes',
]

/** Policies that must be there before a queue is. */
const policiesFirst = (vhost: string, queue: string, spec: ClusterSpec | undefined): readonly (readonly string[])[] =>
  Object.entries((spec && fieldsOf(spec).vhosts[vhost]?.policies) ?? {})
    .filter(([, { definition }]) => AT_DECLARATION.some((name) => definition[name] !== undefined))
    .filter(([, { pattern }]) => mayMatch(pattern, queue))
    .map(([name]) => ['policy', vhost, name])

/** A queue of any type. All of it is fixed at declaration: a change is a delete and a new declaration. */
export const queue: Kind<RabbitmqSession, QueueWant, QueueHave> = {
  name: 'queue',
  action: 'rabbitmq.queue',
  via: 'api',
  maxBatch: 2500, // each batch reads everything three times: 0.3 s for 10,000 queues with bindings
  after: ['vhost', 'policy'],
  needs: ([vhost = '', name = ''], _want, spec) => [['vhost', vhost], ...policiesFirst(vhost, name, spec)],
  standsOn: ([vhost = '']) => [['vhost', vhost]],
  desired,

  list: listQueues,
  names: queueNames,
  clashes: queueClashes,

  diff(want, have, { address }): readonly Change[] {
    const create = (value: QueueWant, reason: string, changes: Change['changes']): Change => ({
      verb: 'create',
      want: value,
      reads: null,
      reason,
      risk: 'safe',
      reversible: true,
      changes,
    })
    if (have.is !== 'present') return want === undefined ? [] : [create(want, 'it is not there', [])]
    const reads = settingsOf(have.value)
    const { messages, bytes } = have.value
    const loses = messages === undefined ? {} : { loses: { messages, ...(bytes === undefined ? {} : { bytes }) } }
    const remove: Change = {
      verb: 'delete',
      want: null,
      reads,
      reason: 'the spec has it no more',
      risk: 'destructive',
      reversible: false,
      changes: [],
      ...loses,
    }
    if (want === undefined) return [remove]
    if (same(reads, settingsOf(want)))
      return have.value.neverLed ? [declareAgain(want, reads)] : bindingsToRestore(want, reads, have.value.unbound)
    const changes = changesWithArguments(reads, settingsOf(want))
    const why = `${changes.map((c) => c.field).join(', ')} can't be changed on a declared queue`
    const settings = changes.map(({ field }) => settingFor(field))
    const policy = settings.every((one) => one !== null) ? ` (a policy with ${settings.join(', ')} can be)` : ''
    return [
      { ...remove, reason: `${why}${policy}: it is deleted and declared again`, changes },
      create(want, `declared again as the spec says; ${address.key[1]}'s bindings come back`, changes),
    ]
  },

  act: (verb, items, session, ctx) =>
    verb === 'delete'
      ? keepSelfDeleting(session, items, ctx, () => removeAll(items, session, ctx))
      : declareQueues(items, session, ctx),
  loses: measureQueues,

  toSpec: (have) => settingsOf(have),
}
