import type { Context } from '../../ports/context.ts'
import { answerOf, brokerError } from './errors.ts'
import type { MoveRecord } from './move-record.ts'
import { api, itemError } from './protocol.ts'
import type { KafkaSession } from './session.ts'

const TIMEOUT_MS = 18_000
/** The controller refuses requests that make more than 10,000 records; a partition is one. */
const PARTITIONS_PER_REQUEST = 2000

/** A partition on its way: `replicas` are the old ones and the new ones together. */
export type Reassignment = {
  readonly replicas: readonly number[]
  readonly adding: readonly number[]
  readonly removing: readonly number[]
}
/** By topic, then by partition; whoever began them. */
export type Reassignments = ReadonlyMap<string, ReadonlyMap<number, Reassignment>>

/** All that run, as the controller has them. Null: this user may not see them. */
export async function readReassignments(session: KafkaSession, ctx: Context): Promise<Reassignments | null> {
  try {
    const answer = await session.call((connection) => api.listPartitionReassignments(connection, TIMEOUT_MS, null), ctx)
    return new Map(
      answer.topics.map(({ name, partitions }) => [
        name,
        new Map(
          partitions.map((p) => [
            p.partitionIndex,
            { replicas: p.replicas, adding: p.addingReplicas, removing: p.removingReplicas },
          ]),
        ),
      ]),
    )
  } catch (error) {
    if (brokerError(error) === 'CLUSTER_AUTHORIZATION_FAILED') return null
    throw error
  }
}

/** Where it goes: what it has when it is done. */
export const targetOf = ({ replicas, removing }: Reassignment): readonly number[] =>
  replicas.filter((id) => !removing.includes(id))

const sameSet = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((id) => b.includes(id))

/** Does this record of ours tell what runs? Another target, or another topic of that name, is somebody else's. */
export const isOurs = (
  record: MoveRecord | undefined,
  topic: { readonly spec: string; readonly id: string },
  running: ReadonlyMap<number, Reassignment>,
): boolean =>
  record !== undefined &&
  record.spec === topic.spec &&
  record.id === topic.id &&
  [...running].every(([index, one]) => sameSet(record.to[index] ?? [], targetOf(one)))

export type Wanted = { readonly name: string; readonly index: number; readonly replicas: readonly number[] | null }
export type Refusal = { readonly errorCode: number; readonly errorMessage?: string | null }

/** Starts (or with null gives up) reassignments. @returns by topic the first refusal, if any. */
export async function alterReassignments(
  session: KafkaSession,
  wanted: readonly Wanted[],
  ctx: Context,
): Promise<ReadonlyMap<string, Refusal>> {
  const refused = new Map<string, Refusal>()
  for (let i = 0; i < wanted.length; i += PARTITIONS_PER_REQUEST) {
    const portion = wanted.slice(i, i + PARTITIONS_PER_REQUEST)
    const topics = [...Map.groupBy(portion, (one) => one.name)].map(([name, partitions]) => ({
      name,
      partitions: partitions.map(({ index, replicas }) => ({
        partitionIndex: index,
        replicas: replicas === null ? null : [...replicas],
      })),
    }))
    const answer = await session.call(
      (connection) => answerOf(api.alterPartitionReassignments(connection, TIMEOUT_MS, true, topics)),
      ctx,
    )
    for (const { name } of topics) {
      const failures = answer.responses.find((one) => one.name === name)?.partitions ?? []
      const partition = failures.find((one) => one.errorCode !== 0 && !isNothingToGiveUp(one.errorCode))
      const found = answer.errorCode === 0 ? partition : answer
      if (found && !refused.has(name)) refused.set(name, found)
    }
  }
  return refused
}

const isNothingToGiveUp = (code: number): boolean => itemError(code, null)?.id === 'NO_REASSIGNMENT_IN_PROGRESS'
