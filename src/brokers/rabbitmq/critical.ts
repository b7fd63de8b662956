import type { Context } from '../../ports/context.ts'
import { reasonOf } from './errors.ts'
import type { QueueName } from './leaders.ts'
import type { RabbitmqSession } from './session.ts'

/** What replicated queues and streams would miss a member that goes down. */

/** Of one member. `critical`: why it must not stop now; `bare`: those without a replica to spare, however long one waits. */
export type Needed = { readonly critical: string | null; readonly bare: readonly string[] }

type CriticalBody = {
  readonly queues?: readonly {
    readonly readable_name?: string
    readonly name?: string
    readonly virtual_host?: string
  }[]
}
/** Only quorum queues and streams have members. */
type QueueRow = QueueName & { readonly members?: readonly string[]; readonly online?: readonly string[] }

const CHECK = '/api/health/checks/node-is-quorum-critical'
const ROWS = '/api/queues?columns=name,vhost,members,online'

/**
 * Asked of the member at one endpoint, whose Erlang name is `named`. RabbitMQ's own check says "critical" of a queue with one
 * or two replicas for good, and (seen with 4.3.6) answers 500 for one whose name it can't write, beyond Latin-1: then the
 * list of queues tells, but not of the metadata store, which counts every member that is up. Throws what can't be told.
 */
export async function neededBy(
  { http }: RabbitmqSession,
  named: Promise<string | undefined>,
  ctx: Context,
  at: { readonly at: number; readonly timeoutMs: number },
): Promise<Needed> {
  const { status, body } = await http.ask(CHECK, ctx, { ...at, accept: [500, 503] })
  if (status === 200) return { critical: null, bare: [] }
  const [rows, node] = await Promise.all([
    http.get(ROWS, ctx, at) as Promise<unknown> as Promise<readonly QueueRow[]>,
    named,
  ])
  if (node === undefined) throw new Error(`the member at endpoint ${at.at} does not say its name`)
  const mine = rows.filter(({ members = [] }) => members.includes(node))
  const bare = mine.filter(isBare).map(nameOf)
  const others = (name: string): boolean => !bare.includes(name)
  if (status === 500) return { critical: text(mine.filter(isEndangered).map(nameOf).filter(others)), bare }
  const { queues } = (body ?? {}) as CriticalBody
  if (!queues?.length) return { critical: reasonOf(body), bare }
  const told = queues.filter((one) => others(nameOf({ name: one.name ?? '', vhost: one.virtual_host ?? '' })))
  return { critical: text(told.map((one) => one.readable_name ?? one.name ?? '?')), bare }
}

function text(names: readonly string[]): string | null {
  if (names.length === 0) return null
  const more = names.length > 3 ? ` and ${names.length - 3} more` : ''
  return `${names.slice(0, 3).join(', ')}${more} would lose the majority without it`
}

const nameOf = ({ vhost, name }: QueueName): string => `${vhost}/${name}`

const majorityOf = ({ members = [] }: QueueRow): number => Math.floor(members.length / 2) + 1

const isBare = ({ members = [], online = [] }: QueueRow): boolean =>
  members.length <= 2 && online.length === members.length

/** No more replicas run than make the majority. */
const isEndangered = (row: QueueRow): boolean => (row.online ?? []).length <= majorityOf(row)
