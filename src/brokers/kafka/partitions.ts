import type { Context } from '../../ports/context.ts'
import { api, RESOURCE } from './protocol.ts'
import type { KafkaSession } from './session.ts'

/** One partition as the controller has it. `minIsr` as it works: never more than there are replicas (KIP-966). */
export type Partition = {
  readonly topic: string
  readonly index: number
  readonly leader: number // -1: none
  readonly replicas: readonly number[]
  readonly isr: readonly number[]
  readonly minIsr: number
}

export const printPartition = (p: { readonly topic: string; readonly index: number }): string => `${p.topic}-${p.index}`

/** The first few names, and how many more there are. */
export const someOf = (names: readonly string[], show = 5): string =>
  names.slice(0, show).join(', ') + (names.length > show ? ` and ${names.length - show} more` : '')

/** Topics in one request: the answer for more would be tens of megabytes. */
const CONFIG_CHUNK = 1000

export function chunks<T>(items: readonly T[], size: number): readonly (readonly T[])[] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, i) => items.slice(i * size, (i + 1) * size))
}

/** Every partition of every topic, internal ones too. */
export async function readPartitions(session: KafkaSession, ctx: Context): Promise<readonly Partition[]> {
  const metadata = await session.ask((connection) => api.metadata(connection, null), ctx)
  // Of a single copy one is the minimum, whatever the topic says.
  const names = metadata.topics
    .filter((topic) => topic.partitions.some((p) => p.replicaNodes.length > 1))
    .flatMap((topic) => topic.name ?? [])
  const minimum = new Map<string, number>()
  for (const chunk of chunks(names, CONFIG_CHUNK)) {
    const resources = chunk.map((name) => ({
      resourceType: RESOURCE.topic,
      resourceName: name,
      configurationKeys: ['min.insync.replicas'],
    }))
    const answer = await session.ask((connection) => api.describeConfigs(connection, resources, false, false), ctx)
    for (const result of answer.results) minimum.set(result.resourceName, Number(result.configs[0]?.value ?? 1))
  }
  return metadata.topics.flatMap((topic) =>
    topic.partitions.map((p) => ({
      topic: topic.name ?? '',
      index: p.partitionIndex,
      leader: p.leaderId,
      replicas: p.replicaNodes,
      isr: p.isrNodes,
      minIsr: Math.min(minimum.get(topic.name ?? '') ?? 1, p.replicaNodes.length),
    })),
  )
}
