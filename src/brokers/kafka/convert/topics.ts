import type { Json } from '../../../model/json.ts'
import type { ForeignItem, ForeignPlace } from '../../../ports/foreign.ts'
import { given, part, type Reading } from '../../shared/foreign.ts'
import { printed } from '../import.ts'
import { scalar } from '../settings.ts'

/** Topics of foreign files. */

export type TopicFound = {
  readonly name: string
  readonly partitions: number | undefined
  readonly replicas: number | undefined
  readonly config: readonly (readonly [name: string, value: Json, at: ForeignPlace])[]
  readonly at: ForeignPlace
}

/** Each setting is judged by itself: one that Kafka has no more does not take the topic with it. */
export const topicItem = ({ name, partitions, replicas, config, at }: TopicFound): ForeignItem => ({
  ...part(`topic ${name}`, ['topics', name], given({ partitions, replicas }), at),
  parts: config.map(([key, value, place]) =>
    part(`topic ${name}, ${key}`, ['config', key], setting(key, value), place),
  ),
})

/** What the brokers decide where a file leaves it open, and a spec decides otherwise. -1 stands for that. */
export function noteCounts(
  topic: Reading,
  { partitions, replicas }: Pick<TopicFound, 'partitions' | 'replicas'>,
): void {
  if (partitions === undefined)
    topic.note("it has as many partitions as the brokers' num.partitions says; here it has 1", 'Write partitions.')
  if (replicas === undefined)
    topic.note(
      "it has as many replicas as the brokers' default.replication.factor says; here it has 3, or as many as there are brokers",
      'Write replicas.',
    )
}

/** As import writes them: 7d for 604800000, true for "true". Lists are one text for Kafka. */
export function setting(name: string, value: Json): Json {
  if (Array.isArray(value)) return value.join(',')
  if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') return value
  return printed(name, scalar(value))
}

/** Brokers that a spec's cluster has unless it says otherwise. */
const USUAL = 3

/** So many as the topics have replicas, where that is more than a cluster has by itself. */
export function membersFor(topics: readonly TopicFound[], at: ForeignPlace): readonly ForeignItem[] {
  const most = Math.max(0, ...topics.map(({ replicas }) => replicas ?? 0))
  return most > USUAL && most <= 100 ? [part('the number of members', ['members'], most, at)] : []
}
