import type { Dict } from '../../model/json.ts'
import type { ClusterSpec, Problem } from '../../model/spec.ts'
import { BROKER_SETTINGS } from './broker-settings.ts'
import { checkSetting, problem } from './check-settings.ts'
import { checkTogether } from './check-together.ts'
import type { KafkaFields } from './fields.ts'
import { size } from './nodes.ts'
import { isBrokersThrottle, ownedBecause, type Scalar } from './settings.ts'
import { isExternal, places } from './topology.ts'

/** What the schema can't say of settings of all brokers. Pure. */
export function checkBrokerConfig(
  spec: ClusterSpec,
  { config }: KafkaFields,
  brokers: number | null,
): readonly Problem[] {
  const found: Problem[] = []
  for (const [name, value] of Object.entries(config ?? {})) {
    const path = ['config', name]
    const owned = ownedBecause(name)
    if (owned !== null) {
      found.push(problem(path, 'OWNED', `${name} can't be set here: ${owned}`))
      continue
    }
    found.push(...checkSetting(path, name, value, BROKER_SETTINGS, 'broker'))
    if (isExternal(spec) && BROKER_SETTINGS[name]?.mode === 'static') {
      found.push(problem(path, 'EXTERNAL', `${name} ${NOT_WRITTEN}`))
    }
    if (brokers !== null && name.endsWith('replication.factor') && Number(value) > brokers) {
      found.push(problem(path, 'VALUE', `${value} copies need as many brokers; there are ${brokers}`))
    }
    if (brokers !== null && /min\.(isr|insync\.replicas)$/.test(name) && Number(value) > brokers) {
      found.push(problem(path, 'VALUE', `no write could ever have ${value} copies on ${brokers} brokers`))
    }
  }
  return [...found, ...checkTogether(['config'], config ?? {}, isExternal(spec) ? {} : size(spec, brokers ?? 1))]
}

const NOT_WRITTEN = 'stands in server.properties, which mqops does not write for an external cluster'

/** And of those of one broker. Which brokers an external cluster has is only known when a plan is made. */
export function checkSingleBrokers(
  spec: ClusterSpec,
  { brokers = {}, config: common = {} }: KafkaFields,
): readonly Problem[] {
  const all = places(spec)
  return Object.entries(brokers).flatMap(([id, { config = {} }]) => {
    const path = ['brokers', id]
    if (!/^(0|[1-9]\d*)$/.test(id))
      return [problem(path, 'VALUE', `"${id}" is no id of a broker`, 'It is a number: write 1 for kafka-1.')]
    const place = all.find(({ slot }) => String(slot) === id)
    if (!isExternal(spec) && !place?.isBroker) {
      const ids = all.filter(({ isBroker }) => isBroker).map(({ slot }) => slot)
      const message = place ? `${place.name} is a controller` : `there is no broker ${id}`
      return [problem(path, 'VALUE', `${message}: brokers are ${ids.join(', ')}`)]
    }
    const at = [...path, 'config']
    const own = Object.keys(config).flatMap((name) => checkSingle([...at, name], name, config, isExternal(spec)))
    const behind = { ...(isExternal(spec) ? {} : size(spec, 1)), ...common }
    return [...own, ...checkTogether(at, config, behind)]
  })
}

function checkSingle(
  path: readonly string[],
  name: string,
  config: Dict<Scalar>,
  external: boolean,
): readonly Problem[] {
  const owned = isBrokersThrottle(name) ? 'throttles belong to whoever moves replicas' : ownedBecause(name)
  if (owned !== null) return [problem(path, 'OWNED', `${name} can't be set here: ${owned}`)]
  if (BROKER_SETTINGS[name]?.mode === 'static') {
    const hint = external ? undefined : `Put it into config, for all brokers: they restart one by one.`
    const why = external ? NOT_WRITTEN : 'takes a restart, and can not be set for one broker'
    return [problem(path, 'STATIC', `${name} is static: it ${why}`, hint)]
  }
  if (name === 'min.insync.replicas' && !external) {
    const message = `${name} can't be set for one broker while eligible leader replicas are on (KIP-966), as they are here`
    return [problem(path, 'VALUE', message, 'Put it into config, or into the config of a topic.')]
  }
  return checkSetting(path, name, config[name] as Scalar, BROKER_SETTINGS, 'broker')
}
