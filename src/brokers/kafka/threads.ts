import type { Dict } from '../../model/json.ts'
import type { ClusterSpec } from '../../model/spec.ts'
import { BROKER_SETTINGS } from './broker-settings.ts'
import { kafkaFields } from './fields.ts'
import type { Scalar } from './settings.ts'

/** Numbers of threads of which a broker takes half or double of what it runs with, and no more, in one change. */
const THREADS =
  /^(num\.(network|io|recovery)\.threads.*|num\.replica\.fetchers|(background|log\.cleaner|remote\.log\.reader)\.threads|remote\.log\.manager\.(copier|expiration|follower)\.thread\.pool\.size)$/
export const isThreads = (name: string): boolean => THREADS.test(name)

/** May a broker go from one number to the other in one change? */
export const canStep = (from: number, to: number): boolean => to >= Math.floor(from / 2) && to <= 2 * from

/**
 * What a broker starts with, near enough to what it shall have. A start is a change, too: from the file's number to the
 * dynamic one; a broker that may not make it runs on with the file's, and from then on refuses every other change of its
 * settings (Kafka's DynamicThreadPool, LogCleaner). `usual`: what the file says otherwise.
 */
export function startingThreads(spec: ClusterSpec, broker: number, usual: Dict<Scalar>): Dict<Scalar> {
  const { config, brokers } = kafkaFields(spec)
  const wanted: Dict<Scalar> = { ...config, ...brokers?.[broker]?.config }
  return Object.fromEntries(
    Object.entries(wanted).flatMap(([name, value]) => {
      if (!isThreads(name)) return []
      const [want, base] = [Number(value), Number(usual[name] ?? BROKER_SETTINGS[name]?.default)]
      if (canStep(base, want)) return []
      return [[name, want > base ? Math.ceil(want / 2) : 2 * want]]
    }),
  )
}
