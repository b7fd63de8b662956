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
  const { config = {}, brokers } = kafkaFields(spec)
  const own = brokers?.[broker]?.config ?? {}
  return Object.fromEntries(
    Object.entries({ ...config, ...own }).flatMap(([name, value]) => {
      if (!isThreads(name)) return []
      const [want, base] = [Number(value), Number(usual[name] ?? BROKER_SETTINGS[name]?.default)]
      const common = own[name] === undefined || config[name] === undefined ? want : Number(config[name])
      const [least, most] = startsFor(want, common)
      return base < least || base > most ? [[name, base < least ? least : most]] : []
    }),
  )
}

/**
 * From where a broker gets to its own number, least and most. When it starts it may be given the common one first: where it
 * could not go on from that one to its own, it must begin where it does not take that one either.
 */
function startsFor(want: number, common: number): readonly [least: number, most: number] {
  const [least, most] = [Math.ceil(want / 2), 2 * want]
  if (canStep(common, want)) return [least, most]
  return want > common ? [Math.max(least, 2 * common + 2), most] : [least, Math.min(most, Math.ceil(common / 2) - 1)]
}
