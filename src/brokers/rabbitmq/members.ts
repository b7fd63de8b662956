import { toFailure } from '../../model/failure.ts'
import { notYet, type Outcome, yes } from '../../model/plan.ts'
import type { Context } from '../../ports/context.ts'
import type { MemberHealth } from '../../ports/session.ts'
import { neededBy } from './critical.ts'
import { reasonOf } from './errors.ts'
import { slotOf } from './names.ts'
import { inParallel } from './pool.ts'
import type { RabbitmqSession } from './session.ts'

/** What a RabbitMQ that knows no such question answers: is-in-service came with 4.1. */
const UNKNOWN_PATH = [404, 405, 406]

/** A health question that a sound member answers in milliseconds. */
const HEALTH_MS = 4_000

/**
 * What one member says of itself and of the others. Questions about itself are answered at once; those that it must ask
 * its peers for hang while one of them does, until the cluster has noticed: null then.
 */
export type MemberView = {
  readonly slot: number
  readonly endpoint: string
  readonly error: string | null // why it does not answer for itself
  readonly version: string | null
  readonly node: string | null // its Erlang name
  readonly nodes: readonly NodeRow[] | null // the cluster as it sees it
  readonly alarm: string | null
  readonly critical: string | null // why it must not stop: queues that would lose their majority
  readonly bare: readonly string[] // those that have no replica to spare, now or later
}
export type NodeRow = { readonly name: string; readonly running: boolean; readonly being_drained?: boolean }

/** Every member asked for itself, side by side; one that hangs costs HEALTH_MS and nothing else. */
export const views = (session: RabbitmqSession, ctx: Context): Promise<readonly MemberView[]> =>
  inParallel(session.http.endpoints, (endpoint, at) => view(session, endpoint, at, ctx))

async function view(session: RabbitmqSession, endpoint: string, at: number, ctx: Context): Promise<MemberView> {
  const { http } = session
  const o = { at, timeoutMs: HEALTH_MS }
  const slot = at + 1
  const named = unlessSlow(http.get('/api/overview?columns=node', ctx, o), ctx).then(
    (overview) => (overview as { node?: string } | null)?.node,
  )
  const aboutPeers = Promise.all([
    named,
    unlessSlow(http.get('/api/nodes?columns=name,running,being_drained', ctx, o), ctx),
    unlessSlow(neededBy(session, named, ctx, o), ctx),
  ])
  try {
    const [alarms, service, version] = await Promise.all([
      http.ask('/api/health/checks/local-alarms', ctx, { ...o, accept: [503] }),
      http.ask('/api/health/checks/is-in-service', ctx, { ...o, accept: [...UNKNOWN_PATH, 503] }),
      http.ask('/api/version', ctx, { ...o, accept: UNKNOWN_PATH }),
    ])
    const [node, nodes, needed] = await aboutPeers
    return {
      slot,
      endpoint,
      error: service.status === 503 ? `it is not in service: ${reasonOf(service.body)}` : null,
      version: typeof version.body === 'string' && version.status === 200 ? version.body : null,
      node: node ?? null,
      nodes: nodes as unknown as readonly NodeRow[] | null,
      alarm: alarms.status === 200 ? null : describeAlarm(alarms.body),
      critical: needed === null ? 'it can not tell yet which queues need it' : needed.critical,
      bare: needed?.bare ?? [],
    }
  } catch (error) {
    ctx.signal.throwIfAborted()
    await aboutPeers
    const { summary } = toFailure(error)
    const nothing = { version: null, node: null, nodes: null, alarm: null, critical: null, bare: [] }
    return { slot, endpoint, error: summary, ...nothing }
  }
}

/** null when it takes too long or the member can't tell: half booted, it answers 500. */
const unlessSlow = <T>(asked: Promise<T>, ctx: Context): Promise<T | null> =>
  asked.catch(() => {
    ctx.signal.throwIfAborted()
    return null
  })

type AlarmBody = { readonly alarms?: readonly { readonly resource?: string; readonly node?: string }[] }

function describeAlarm(body: unknown): string {
  const alarms = (body as AlarmBody | null)?.alarms ?? []
  if (alarms.length === 0) return 'an alarm is in effect'
  return `alarm: ${alarms.map((a) => `${a.resource ?? 'resource'} on ${a.node ?? 'a node'}`).join(', ')}`
}

/**
 * Up: it answers, and the majority counts it as running. May stop: no queue or stream would lose its majority, and no
 * alarm stands anywhere (field notes 3.2, 3.6: in an alarm drain consumers, never restart).
 */
export async function members(session: RabbitmqSession, ctx: Context): Promise<readonly MemberHealth[]> {
  return judge(await views(session, ctx))
}

/** Pure. Nodes of the cluster that no endpoint leads to (an external cluster behind a balancer) come last. */
export function judge(seen: readonly MemberView[]): readonly MemberHealth[] {
  const answering = seen.filter((v) => v.error === null)
  const listed = [...new Set(answering.flatMap((v) => v.nodes ?? []).map((n) => n.name))]
  const ballot: Ballot = { asked: seen.length, answering }
  const nodeOf = (v: MemberView): string | null => v.node ?? listed.find((name) => slotOf(name) === v.slot) ?? null
  const known = seen.map((v) => ({ ...v, slot: (v.node === null ? null : slotOf(v.node)) ?? v.slot, node: nodeOf(v) }))
  const behind = new Set(known.map((v) => v.node))
  // While an endpoint's node is unknown, any listed node may be the one behind it.
  const extra = behind.has(null) ? [] : listed.filter((name) => !behind.has(name))
  const next = Math.max(0, ...known.map((v) => v.slot)) + 1
  return [
    ...known.map((v) => health(v, ballot, known)),
    ...extra.map((name, i): MemberHealth => {
      const why = countedOut(name, ballot)
      const slot = slotOf(name) ?? next + i
      return { role: 'server', slot, up: why === null, leader: false, ...(why === null ? {} : { why }), mayStop: yes }
    }),
  ]
}

/** `asked`: endpoints; an external cluster may have more members than those. */
type Ballot = { readonly asked: number; readonly answering: readonly MemberView[] }

const majorityOf = (count: number): number => Math.floor(count / 2) + 1

function health(v: MemberView, ballot: Ballot, all: readonly MemberView[]): MemberHealth {
  // A drained member has closed its listeners: its peers tell why.
  const drained = v.error !== null && isDrained(v.node, ballot)
  const why = drained ? MAINTENANCE : (v.error ?? countedOut(v.node, ballot))
  return {
    role: 'server',
    slot: v.slot,
    up: why === null,
    leader: false,
    ...(v.version === null ? {} : { version: v.version }),
    ...(why === null ? {} : { why }),
    ...(why === null && v.alarm !== null ? { warning: `${v.alarm}: publishers wait` } : {}),
    ...(v.bare.length > 0 ? { outage: v.bare } : {}),
    mayStop: mayStop(v, all),
  }
}

const MAINTENANCE = 'it is in maintenance mode: rabbitmq-upgrade revive, or a restart, brings it back'

const isDrained = (node: string | null, { answering }: Ballot): boolean =>
  answering.some((v) => v.nodes?.some((row) => row.name === node && row.running && row.being_drained === true))

/** Why the majority does not count a node in; null when it does. */
function countedOut(node: string | null, { asked, answering }: Ballot): string | null {
  if (answering.length < majorityOf(asked)) return `only ${answering.length} of ${asked} members answer: no majority`
  const telling = answering.flatMap((v) => (v.nodes === null ? [] : [{ of: v.node, nodes: v.nodes }]))
  if (node === null || telling.length === 0) return null // it answers, a majority does, and nobody can say more yet
  // Who sees a minority only is cut off: it does not vote, and is itself not in.
  const cutOff = telling.filter(({ nodes }) => nodes.filter((row) => row.running).length < majorityOf(nodes.length))
  if (cutOff.some((view) => view.of === node)) return `${node} sees only a minority of the cluster`
  const voters = telling.filter((view) => !cutOff.includes(view))
  const rows = voters.map(({ nodes }) => nodes.find((row) => row.name === node))
  if (rows.some((row) => row?.being_drained === true)) return MAINTENANCE
  const votes = rows.filter((row) => row?.running === true).length
  return votes >= majorityOf(voters.length) ? null : `the majority does not see ${node} running`
}

function mayStop(v: MemberView, all: readonly MemberView[]): Outcome {
  const alarmed = all.find((one) => one.alarm !== null)
  if (alarmed) return notYet(`member ${alarmed.slot}: ${alarmed.alarm}: publishers wait; drain consumers first`)
  return v.critical === null ? yes : notYet(v.critical)
}

/** Unready first, then by slot: RabbitMQ has no leader that should go last. */
export const rollOrder = (all: readonly MemberHealth[]): readonly MemberHealth[] =>
  [...all].sort((a, b) => Number(a.up) - Number(b.up) || a.slot - b.slot)
