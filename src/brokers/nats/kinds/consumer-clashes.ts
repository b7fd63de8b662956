import type { ClusterSpec, Desired } from '../../../model/spec.ts'
import type { Clash, Standing } from '../../../ports/kind.ts'
import { fieldsOf, type NatsFields } from '../fields.ts'
import { entries } from '../names.ts'
import { overlap } from '../subjects.ts'
import type { ConsumerSeen, ConsumerValue } from './consumer-config.ts'

/** What the server refuses of a consumer because of the other ones of its stream. Pure. */
export function consumerClashes(
  wanted: readonly Desired<ConsumerValue>[],
  others: readonly Standing[],
  spec: ClusterSpec,
): readonly Clash[] {
  const fields = fieldsOf(spec)
  const byStream = Map.groupBy(
    others.filter(({ kind }) => kind === 'consumer'),
    ({ key: [account, stream] }) => JSON.stringify([account, stream]),
  )
  return wanted.flatMap((one) => {
    const [account, stream] = one.key
    const there = byStream.get(JSON.stringify([account, stream])) ?? []
    return [...filterClashes(one, there, fields), ...countClashes(one, there, fields)]
  })
}

const streamOf = ({ accounts }: NatsFields, [account = '', stream = '']: readonly string[]) =>
  accounts[account]?.streams?.[stream]

/** Each message of a work queue has one consumer (errors 10099 and 10100). */
function filterClashes(
  { key, value }: Desired<ConsumerValue>,
  there: readonly Standing[],
  fields: NatsFields,
): readonly Clash[] {
  if (streamOf(fields, key)?.retention !== 'workqueue') return []
  return there.flatMap((other): readonly Clash[] => {
    const { retention, config } = other.value as unknown as ConsumerSeen
    if (retention !== 'workqueue') return [] // its stream is made anew
    const theirs = config.filters.length === 0 ? ['>'] : config.filters
    const mine = value.filters.length === 0 ? ['>'] : value.filters
    const both = mine.flatMap((a) => theirs.filter((b) => overlap(a, b)).map((b) => [a, b] as const))
    return both.slice(0, 1).map(([a, b]) => ({
      key,
      with: other,
      code: 'MQOPS_SPEC_NATS',
      summary: `"${a}" overlaps "${b}" of consumer ${other.key[2]}, which is not in the spec: each message of a work queue has one consumer`,
      hint: 'Change its filter, or remove the other.',
    }))
  })
}

/** What the stream and the account let it have (error 10026). */
function countClashes(
  { key }: Desired<ConsumerValue>,
  there: readonly Standing[],
  fields: NatsFields,
): readonly Clash[] {
  const [account = ''] = key
  const stream = streamOf(fields, key)
  const { jetstream } = fields.accounts[account] ?? {}
  const limits = [stream?.maxConsumers, jetstream ? jetstream.consumers : undefined].filter((of) => of !== undefined)
  const theirs = there.filter(({ becomes }) => becomes === undefined)
  const count = entries(stream?.consumers).length
  const most = Math.min(...limits)
  if (count + theirs.length <= most) return []
  return theirs.map((other) => ({
    key,
    with: other,
    code: 'MQOPS_SPEC_NATS',
    summary: `its stream may have ${most} consumers: the spec has ${count}, and ${theirs.length} more ${theirs.length === 1 ? 'is' : 'are'} there, ${other.key[2]} for one`,
    hint: "Raise the stream's maxConsumers, or the account's `jetstream.consumers`, or remove what nobody needs.",
  }))
}
