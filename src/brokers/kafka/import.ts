import type { Dict, JsonObject } from '../../model/json.ts'
import { printDuration, printSize } from '../../model/units.ts'
import type { Broker } from '../../ports/broker.ts'
import { passwordOf, Taken } from '../shared/import.ts'
import { topicNameProblem, userNameProblem } from './check.ts'
import { checkQuotas } from './check-quotas.ts'
import { BROKER_SETTINGS } from './broker-settings.ts'
import {
  type AclEntry,
  aclResource,
  type AclResource,
  kafkaFields,
  type Limits,
  type Mechanism,
  OPERATIONS_OF,
  quota,
  type QuotaEntry,
  type TopicFields,
} from './fields.ts'
import { ruleOf, type Rule } from './kinds/acl.ts'
import { BROKER_CONFIG, type Override } from './kinds/broker-overrides.ts'
import type { SettingHave } from './kinds/config.ts'
import type { TopicHave } from './kinds/topic-value.ts'
import type { UserHave } from './kinds/user.ts'
import { readUnits, type Scalar } from './settings.ts'
import { TOPIC_SETTINGS } from './topic-settings.ts'
import { brokerCount, defaultReplicas, generatedPassword, isExternal } from './topology.ts'

/** From what was seen in a cluster back to the fields of a spec. Pure. */
export const toFields: Broker['toFields'] = (seen, { spec, generated }) => {
  const taken = new Taken(seen)
  const usual = defaultReplicas(isExternal(spec) ? 3 : brokerCount(spec))
  const topics = taken.take('topic').flatMap((one): readonly (readonly [string, JsonObject])[] => {
    const topic = topicNameProblem(one.key[0] as string) ?? topicOf(one.value as unknown as TopicHave, usual)
    if (typeof topic !== 'string') return [[one.key[0] as string, topic]]
    taken.leave(one, topic)
    return []
  })
  const given = kafkaFields(spec).users
  const users = new Map<string, { mechanism: Mechanism; acls: AclEntry[] }>()
  for (const one of taken.take('user')) {
    const [name = ''] = one.key
    const { mechanisms } = one.value as unknown as UserHave
    const [mechanism] = mechanisms
    const wrong = userNameProblem(name)
    if (wrong !== null) taken.leave(one, wrong)
    else if (mechanism !== undefined && mechanisms.length === 1) users.set(name, { mechanism, acls: [] })
    else taken.leave(one, `it has passwords for ${mechanisms.join(' and ')}; a spec says one`)
  }
  for (const one of taken.take('acl')) {
    const why = addRule(users, ruleOf(one.key))
    if (why !== null) taken.leave(one, why)
  }
  const quotas = taken.take('quota').flatMap((one): readonly QuotaEntry[] => {
    const entry = quotaOf(one.key, one.value as unknown as Limits)
    const read = quota.safeParse(entry)
    const why = read.success ? checkQuotas([entry], !isExternal(spec))[0]?.message : read.error.issues[0]?.message
    if (why === undefined) return [entry]
    taken.leave(one, `a spec can not say it: ${why}`)
    return []
  })
  const { config, brokers } = settingsOf(taken, kafkaFields(spec).config)
  return {
    fields: {
      config,
      ...(Object.keys(brokers).length === 0 ? {} : { brokers }),
      topics: Object.fromEntries(topics),
      users: Object.fromEntries(
        [...users].map(([name, { mechanism, acls }]) => [
          name,
          {
            ...passwordOf({
              cluster: spec.name,
              user: name,
              given: given[name]?.password,
              generated: generated.has(generatedPassword(name)),
            }),
            mechanism,
            acls,
          },
        ]),
      ),
      quotas,
    },
    left: taken.rest(),
  }
}

/** What all brokers have, and what single ones have in its place. */
function settingsOf(
  taken: Taken,
  given: Dict<Scalar> | undefined,
): { readonly config: Dict<Scalar>; readonly brokers: Dict<{ readonly config: Dict<Scalar> }> } {
  const config = Object.fromEntries(Object.entries(given ?? {}).filter(([name]) => isStatic(name)))
  const brokers: Record<string, { config: Record<string, Scalar> }> = {}
  const single = (id: string, name: string, value: Scalar) =>
    void ((brokers[id] ??= { config: {} }).config[name] = printed(name, value))
  const unknown = 'this version of mqops does not know the setting'
  for (const one of taken.take('config')) {
    const [name = ''] = one.key
    const { value, own } = one.value as unknown as SettingHave
    if (!BROKER_SETTINGS[name]) taken.leave(one, unknown)
    else {
      if (value !== undefined) config[name] = printed(name, value)
      for (const [id, of] of Object.entries(own)) single(id, name, of)
    }
  }
  for (const one of taken.take(BROKER_CONFIG)) {
    const [id = '', name = ''] = one.key
    if (BROKER_SETTINGS[name]) single(id, name, (one.value as unknown as Override).value)
    else taken.leave(one, unknown)
  }
  return { config, brokers }
}

/** Its key says whom it is for: pairs of type and name. */
function quotaOf(key: readonly string[], limits: Limits): QuotaEntry {
  const name = (type: string): string | undefined => key.find((_, i) => i % 2 === 1 && key[i - 1] === type)
  const whom = { user: name('user'), clientId: name('client-id'), ip: name('ip') }
  return { ...Object.fromEntries(Object.entries(whom).filter(([, of]) => of !== undefined)), ...limits }
}

/** In server.properties: told by the spec alone. */
const isStatic = (name: string): boolean => BROKER_SETTINGS[name]?.mode !== 'cluster'

/** Its fields, or why a spec can't say it. */
function topicOf({ partitions, replicas, config }: TopicHave, usual: number): TopicFields | string {
  const unknown = Object.keys(config).filter((name) => !TOPIC_SETTINGS[name])
  if (unknown.length > 0) return `this version of mqops does not know ${unknown.join(', ')}`
  const [copies] = replicas
  if (copies === undefined || replicas.length !== 1)
    return `its partitions have ${replicas.join(' and ')} replicas; a spec says one number`
  const settings = Object.entries(config).map(([name, value]) => [name, printed(name, value)] as const)
  return {
    partitions,
    ...(copies === usual ? {} : { replicas: copies }),
    ...(settings.length === 0 ? {} : { config: Object.fromEntries(settings) }),
  }
}

/** 7d and 1GiB where that reads back as the same number, and says more than it. */
export function printed(name: string, value: Scalar): Scalar {
  if (typeof value !== 'number' || value <= 0 || !Number.isSafeInteger(value)) return value
  const text = name.endsWith('.ms') ? printDuration(value) : name.includes('bytes') ? printSize(value) : ''
  return text !== '' && !text.startsWith(String(value)) && readUnits(name, text) === value ? text : value
}

/** Into the entry of the same resource, host and permission; or why a spec can't say it. */
function addRule(users: ReadonlyMap<string, { acls: AclEntry[] }>, rule: Rule): string | null {
  const name = rule.principal.replace(/^User:/, '')
  const user = users.get(name)
  if (!rule.principal.startsWith('User:') || !user) return `${rule.principal} is no SCRAM user of this cluster's spec`
  const resource = resourceOf(rule)
  if (typeof resource === 'string') return resource
  const permission = rule.permission === 'deny' ? 'deny' : 'allow'
  const key = JSON.stringify([resource, rule.host])
  const entry = user.acls.find(
    ({ allow, deny, host, ...of }) => JSON.stringify([of, host]) === key && (permission === 'allow' ? allow : deny),
  )
  if (entry) (entry[permission] as string[]).push(rule.operation)
  else user.acls.push({ ...resource, [permission]: [rule.operation], host: rule.host })
  return null
}

/** What of an entry names the resource, { topic: 'orders.*' }; or why a spec can't say it. */
export function resourceOf(rule: Pick<Rule, 'type' | 'pattern' | 'name' | 'host'>): JsonObject | string {
  if (!(rule.type in OPERATIONS_OF)) return `rules for the type ${rule.type} are not in a spec of this version`
  const type = rule.type as AclResource
  const literal = rule.pattern === 'literal'
  if (!literal && rule.pattern !== 'prefixed') return `patterns of the type ${rule.pattern} are not in a spec`
  // A user as a resource is named by the whole principal, in a spec by the name alone.
  const named = type === 'user' ? rule.name.replace(/^User:/, '') : rule.name
  const resource = type === 'cluster' ? { cluster: true as const } : { [type]: literal ? named : `${named}*` }
  const back = aclResource({ ...resource, host: rule.host })
  const readsBack = literal
    ? back.name === rule.name && !(rule.name.length > 1 && rule.name.endsWith('*'))
    : rule.name !== '' && back.name === `${rule.name}*`
  return readsBack ? resource : `a spec reads "${rule.name}" otherwise: a * at its end stands for a prefix`
}
