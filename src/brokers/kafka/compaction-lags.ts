import type { Dict } from '../../model/json.ts'
import type { Desired, Problem } from '../../model/spec.ts'
import type { Clash, Standing } from '../../ports/kind.ts'
import { type Path, problem } from './check-settings.ts'
import type { Scalar } from './settings.ts'

/**
 * A topic may not wait for longer with its compaction than it may be without: Kafka refuses every change that would leave
 * it so (INVALID_CONFIG), and takes what the topic does not say from all brokers.
 */

const LEAST = { topic: 'min.compaction.lag.ms', broker: 'log.cleaner.min.compaction.lag.ms' }
const MOST = { topic: 'max.compaction.lag.ms', broker: 'log.cleaner.max.compaction.lag.ms' }
const LAGS = [LEAST, MOST]

const own = (config: Dict<Scalar>): readonly string[] =>
  LAGS.map(({ topic }) => topic).filter((name) => config[name] !== undefined)

/** Its setting that does not work with what all brokers have, and why; null: it has none, or they do. */
function conflict(topic: Dict<Scalar>, broker: Dict<Scalar>): readonly [name: string, why: string] | null {
  const [name] = own(topic)
  const least = Number(topic[LEAST.topic] ?? broker[LEAST.broker] ?? 0)
  const most = Number(topic[MOST.topic] ?? broker[MOST.broker] ?? Number.POSITIVE_INFINITY)
  const from = (lag: typeof LEAST) => (topic[lag.topic] === undefined ? `${lag.broker} of all brokers` : lag.topic)
  if (name === undefined || !(least > most)) return null
  return [name, `${from(LEAST)} (${least}) may not be more than ${from(MOST)} (${most})`]
}

/** Pure. */
export function checkLags(path: Path, topic: Dict<Scalar>, broker: Dict<Scalar>): readonly Problem[] {
  const found = conflict(topic, broker)
  if (found === null) return []
  const [name, why] = found
  return [problem([...path, name], 'VALUE', why)]
}

/** What a topic with lags of its own needs first. */
export const needsOfLags = (config: Dict<Scalar>): readonly (readonly string[])[] =>
  own(config).length === 0 ? [] : LAGS.map(({ broker }) => ['config', broker])

/** Values of all brokers that the spec does not have, or no more. Pure. */
export function lagClashes(wanted: readonly Desired[], others: readonly Standing[]): readonly Clash[] {
  const settings = others.filter(({ kind, key }) => kind === 'config' && LAGS.some(({ broker }) => broker === key[0]))
  return settings.flatMap((one) => {
    const broker = { [one.key[0] as string]: (one.value as { readonly value?: Scalar }).value } as Dict<Scalar>
    return wanted.flatMap(({ key, value }): readonly Clash[] => {
      const { config } = value as unknown as { readonly config: Dict<Scalar> }
      const found = conflict(config, broker)
      if (found === null) return []
      const [name, why] = found
      const summary = `${why}, which is not in the spec`
      return [{ key, with: one, code: 'MQOPS_SPEC_VALUE', summary, path: ['config', name] }]
    })
  })
}
