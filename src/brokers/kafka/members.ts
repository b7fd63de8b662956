import { type Failure, MqopsError } from '../../model/failure.ts'
import { notYet, type Outcome, yes } from '../../model/plan.ts'
import type { Context } from '../../ports/context.ts'
import type { MemberHealth } from '../../ports/session.ts'
import type { Node } from './access.ts'
import { versionOf } from './capabilities.ts'
import { type Partition, printPartition, readPartitions, someOf } from './partitions.ts'
import { api } from './protocol.ts'
import type { KafkaSession } from './session.ts'

/** A voter that last had everything longer ago than this lags; the active controller writes at least twice a second. */
const CAUGHT_UP_WITHIN_MS = 5000

export type Voter = { readonly id: number; readonly caughtUp: boolean; readonly behindMs: number | null }
export type Quorum = { readonly leader: number; readonly voters: readonly Voter[] }

/** What was seen of the members, before it is judged. A Failure stands for what could not be asked. */
export type Seen = {
  readonly nodes: readonly Node[]
  /** By node: the version it says it is, or why it did not answer. */
  readonly answers: ReadonlyMap<number, { readonly version: string } | { readonly why: string }>
  /** Brokers that the controller counts as alive. */
  readonly registered: ReadonlySet<number> | Failure
  readonly quorum: Quorum | Failure
  readonly partitions: readonly Partition[] | Failure
}

export const isFailure = <T extends object>(value: T | Failure): value is Failure =>
  'code' in value && 'summary' in value

/** Asks every member itself, then the cluster about them. Never takes longer than a few probes' limits. */
export async function observeMembers(session: KafkaSession, ctx: Context): Promise<readonly MemberHealth[]> {
  const asked = await Promise.all([
    session.probe((connection) => api.apiVersions(connection, 'mqops', '1'), ctx),
    told(
      session.ask((connection) => api.describeCluster(connection, false, 1), ctx),
      ctx,
    ),
    told(readQuorum(session, ctx), ctx),
    told(readPartitions(session, ctx), ctx),
  ])
  const [answers, cluster, quorum, partitions] = asked
  const gone = isFailure(partitions) ? [] : missingNodes(session.nodes, partitions)
  return judgeMembers({
    nodes: [...session.nodes, ...gone],
    answers: new Map([
      ...[...answers].map(
        ([id, answer]) =>
          [id, answer instanceof MqopsError ? { why: answer.message } : { version: versionOf(answer) }] as const,
      ),
      ...gone.map(
        ({ id }) => [id, { why: 'replicas are on it, but the controller does not count it as alive' }] as const,
      ),
    ]),
    registered: isFailure(cluster) ? cluster : new Set(cluster.brokers.map((broker) => broker.brokerId)),
    quorum,
    partitions,
  })
}

/**
 * Brokers of a cluster that somebody else built are known by what the cluster tells, and it tells of those alone that are
 * alive: the others show in the replicas that are on them. Pure.
 */
export function missingNodes(nodes: readonly Node[], partitions: readonly Partition[]): readonly Node[] {
  const known = new Set(nodes.map((node) => node.id))
  const missing = new Set(partitions.flatMap((p) => p.replicas).filter((id) => !known.has(id)))
  return [...missing].sort((a, b) => a - b).map((id) => ({ id, role: 'broker', isController: null, endpoints: {} }))
}

/** The value, or why it can't be had. */
async function told<T>(question: Promise<T>, ctx: Context): Promise<T | Failure> {
  try {
    return await question
  } catch (error) {
    ctx.signal.throwIfAborted()
    if (error instanceof MqopsError) return error.failure
    throw error
  }
}

/** The controllers and how far each has come. Throws when there is no active controller to ask. */
export async function readQuorum(session: KafkaSession, ctx: Context): Promise<Quorum> {
  const answer = await session.askController(
    (connection) =>
      api.describeQuorum(connection, [{ topicName: '__cluster_metadata', partitions: [{ partitionIndex: 0 }] }]),
    ctx,
  )
  const partition = answer.topics[0]?.partitions[0]
  if (!partition)
    throw new MqopsError({ code: 'MQOPS_BROKER', summary: 'the answer about the quorum is empty', retryable: true })
  const stamps = partition.currentVoters.map((voter) => Number(voter.lastCaughtUpTimestamp))
  const now = Math.max(...stamps)
  return {
    leader: partition.leaderId,
    voters: partition.currentVoters.map((voter, i) => {
      const at = stamps[i] as number
      return {
        id: voter.replicaId,
        caughtUp: at >= 0 && now - at <= CAUGHT_UP_WITHIN_MS,
        behindMs: at < 0 ? null : now - at,
      }
    }),
  }
}

/** Pure: who is up, who leads, and who may go down now. */
export function judgeMembers(seen: Seen): readonly MemberHealth[] {
  return seen.nodes.map((node) => {
    const answer = seen.answers.get(node.id) ?? { why: 'it was not asked' }
    const why = 'why' in answer ? answer.why : notCounted(node, seen)
    const leader = !isFailure(seen.quorum) && seen.quorum.leader === node.id
    const outage = 'why' in answer ? [] : outageWithout(node, seen)
    return {
      role: node.role,
      slot: node.id,
      up: why === null,
      leader,
      ...('version' in answer ? { version: answer.version } : {}),
      ...(why === null ? {} : { why }),
      // What does not answer serves nobody: ending it takes nothing away, and starting it anew is the way to mend it.
      mayStop: 'why' in answer ? yes : mayStop(node, seen),
      ...(outage.length > 0 ? { outage } : {}),
    }
  })
}

/** Why a member that answers is not a full member yet; null when it is one. */
function notCounted(node: Node, { registered, quorum }: Seen): string | null {
  if (isFailure(quorum)) {
    // A user that may not ask about controllers still sees which brokers they have let in.
    if (quorum.code === 'MQOPS_FORBIDDEN' && node.isController === null) return notLetIn(node, registered)
    return `it answers, but the quorum doesn't: ${quorum.summary}`
  }
  const voter = quorum.voters.find((v) => v.id === node.id)
  if (node.isController && !voter) return 'it is not among the voters'
  if (voter && !voter.caughtUp)
    return voter.behindMs === null
      ? 'as a voter it has not caught up yet'
      : `as a voter it is ${voter.behindMs} ms behind`
  return node.role === 'broker' ? notLetIn(node, registered) : null
}

function notLetIn(node: Node, registered: Seen['registered']): string | null {
  if (isFailure(registered)) return `its registration is not known: ${registered.summary}`
  return registered.has(node.id) ? null : 'it answers, but the controller has not let it in (fenced)'
}

/**
 * A member may go down only when every partition on it keeps its minimum of in-sync replicas without it and, as a
 * voter, when the others that are caught up are a majority. A cluster with one broker or one controller never asked for
 * more.
 */
function mayStop(node: Node, { nodes, quorum, partitions }: Seen): Outcome {
  if (isFailure(quorum)) return notYet(`the quorum does not answer: ${quorum.summary}`)
  const votes = quorum.voters.length
  if (votes > 1 && quorum.voters.some((voter) => voter.id === node.id)) {
    const others = quorum.voters.filter((voter) => voter.caughtUp && voter.id !== node.id).length
    const majority = Math.floor(votes / 2) + 1
    if (others < majority && votes - 1 >= majority)
      return notYet(`only ${others} other controllers are caught up, ${majority} are the majority of ${votes}`)
    if (others < majority)
      return needsHuman(
        `the ${votes} controllers have no majority while kafka-${node.id} is down`,
        'Have three controllers',
      )
  }
  if (node.role !== 'broker' || nodes.filter((n) => n.role === 'broker').length === 1) return yes
  if (isFailure(partitions)) return notYet(`the partitions can't be read: ${partitions.summary}`)
  // One without a replica to spare never keeps its minimum: it is an outage to be consented to, but then with all its
  // replicas in sync, so that nothing that was acknowledged is missing when it comes back.
  const short = partitions.filter((p) => {
    if (!p.replicas.includes(node.id)) return false
    if (noneToSpare(p)) return p.isr.length < p.replicas.length
    return p.isr.filter((id) => id !== node.id).length < p.minIsr
  })
  if (short.length === 0) return yes
  return notYet(`too few in-sync replicas without kafka-${node.id}: ${someOf(short.map(printPartition))}`)
}

/** As few replicas as must be in sync: while one is down it can't be written. */
const noneToSpare = (p: Partition): boolean => p.replicas.length <= p.minIsr

/** Topics of which partitions can't be written, or not be read either, while this member is down. */
function outageWithout(node: Node, { partitions, nodes }: Seen): readonly string[] {
  if (node.role !== 'broker' || isFailure(partitions) || nodes.filter((n) => n.role === 'broker').length === 1)
    return []
  const hit = partitions.filter((p) => p.replicas.includes(node.id) && noneToSpare(p))
  return [...Map.groupBy(hit, (p) => p.topic)]
    .map(([topic, [first]]) => `${topic} (replicas ${first?.replicas.length}, min.insync.replicas ${first?.minIsr})`)
    .sort()
}

const needsHuman = (what: string, mend: string): Outcome => ({
  is: 'needs-human',
  todo: `${what}. ${mend}; or accept the outage: mqops stop, then mqops apply.`,
})

/**
 * Unready members first: they take nothing away and may be what has to be mended. Then controllers before brokers, the
 * one that leads last among its like, so that leadership moves once (the order of Strimzi's KafkaRoller). Pure.
 */
export const rollOrder = (members: readonly MemberHealth[]): readonly MemberHealth[] => {
  const rank = (m: MemberHealth) => [m.up ? 1 : 0, m.role === 'controller' ? 0 : 1, m.leader ? 1 : 0, m.slot]
  return [...members].sort((a, b) => {
    const [x, y] = [rank(a), rank(b)]
    const i = x.findIndex((value, k) => value !== y[k])
    return i < 0 ? 0 : (x[i] as number) - (y[i] as number)
  })
}
