import { address } from '../../model/address.ts'
import type { Check } from '../../model/check.ts'
import type { Context } from '../../ports/context.ts'
import { checked, checkedIf, type Verdict } from './verdict.ts'
import { isShort, othersMoves, rackSpread, readPlaces } from './checks-moves.ts'
import { missingNodes, readQuorum } from './members.ts'
import { type Partition, printPartition, readPartitions, someOf } from './partitions.ts'
import { api } from './protocol.ts'
import { readReassignments } from './reassignments.ts'
import type { KafkaSession } from './session.ts'

/** Health that is about no single resource: quorum, brokers, partitions that are short of copies, disks. Read only. */
export async function checks(session: KafkaSession, ctx: Context): Promise<readonly Check[]> {
  const about = address(session.cluster, 'cluster')
  let partitions: Promise<readonly Partition[]> | null = null
  const read = () => (partitions ??= readPartitions(session, ctx))
  const all = await Promise.all([
    checked(about, 'quorum', ctx, () => quorum(session, ctx)),
    checked(about, 'brokers', ctx, async () => brokers(session, await read(), ctx)),
    checked(about, 'offline partitions', ctx, async () =>
      none(await read(), (p) => p.leader < 0, 'has a leader', 'without a leader'),
    ),
    checked(about, 'under min ISR', ctx, async () =>
      none(await read(), (p) => p.isr.length < p.minIsr, 'takes writes with acks=all', 'below min.insync.replicas'),
    ),
    checked(about, 'under-replicated', ctx, async () => {
      const running = await readReassignments(session, ctx)
      return none(await read(), (p) => isShort(p, running), 'has all its replicas in sync', 'with replicas out of sync')
    }),
    checked(about, 'log folders', ctx, () => logFolders(session, ctx)),
    checkedIf(about, 'racks', ctx, async () => rackSpread(await read(), await readPlaces(session, ctx))),
    checkedIf(about, 'moves', ctx, () => othersMoves(session, ctx)),
  ])
  return all.flat()
}

async function quorum(session: KafkaSession, ctx: Context): Promise<Verdict> {
  const { leader, voters } = await readQuorum(session, ctx)
  const behind = voters.filter((voter) => !voter.caughtUp)
  const evidence = `kafka-${leader} leads, ${voters.length - behind.length} of ${voters.length} voters are caught up`
  return {
    ok: leader >= 0 && behind.length === 0,
    evidence: behind.length === 0 ? evidence : `${evidence}; behind: ${behind.map((v) => `kafka-${v.id}`).join(', ')}`,
    data: { leader, voters: voters.map((v) => v.id), behind: behind.map((v) => v.id) },
  }
}

async function brokers(session: KafkaSession, partitions: readonly Partition[], ctx: Context): Promise<Verdict> {
  const cluster = await session.ask((connection) => api.describeCluster(connection, false, 1), ctx)
  const alive = new Set(cluster.brokers.map((broker) => broker.brokerId))
  const nodes = [...session.nodes, ...missingNodes(session.nodes, partitions)]
  const expected = nodes.filter((node) => node.role === 'broker').map((node) => node.id)
  const missing = expected.filter((id) => !alive.has(id))
  const evidence = `${expected.length - missing.length} of ${expected.length} brokers are registered and unfenced`
  return {
    ok: missing.length === 0,
    evidence:
      missing.length === 0 ? evidence : `${evidence}; missing: ${missing.map((id) => `kafka-${id}`).join(', ')}`,
    data: { missing },
  }
}

function none(partitions: readonly Partition[], is: (p: Partition) => boolean, good: string, bad: string): Verdict {
  if (partitions.length === 0) return { ok: null, evidence: 'no partition is to be seen by this user' }
  const found = partitions.filter(is).map(printPartition)
  if (found.length === 0)
    return { ok: true, evidence: `each of ${partitions.length} partitions ${good}`, data: { partitions: 0 } }
  return {
    ok: false,
    evidence: `${found.length} of ${partitions.length} partitions ${bad}: ${someOf(found)}`,
    data: { partitions: found.length, names: found.slice(0, 100) },
  }
}

/** Share of a disk that has to be free: below it a broker is close to stopping for good. */
const FREE_SHARE = 0.05

async function logFolders(session: KafkaSession, ctx: Context): Promise<Verdict> {
  const answers = await session.everyBroker((connection) => api.describeLogDirs(connection, []), ctx)
  const wrong: string[] = []
  for (const [id, { results }] of answers) {
    for (const folder of results) {
      if (folder.errorCode !== 0) wrong.push(`kafka-${id}: ${folder.logDir} is offline`)
      else if (folder.totalBytes > 0n && Number(folder.usableBytes) / Number(folder.totalBytes) < FREE_SHARE) {
        wrong.push(
          `kafka-${id}: ${folder.logDir} has ${Math.floor((100 * Number(folder.usableBytes)) / Number(folder.totalBytes))}% free`,
        )
      }
    }
  }
  return wrong.length === 0
    ? { ok: true, evidence: `online with room on ${answers.size} brokers` }
    : { ok: false, evidence: someOf(wrong) }
}
