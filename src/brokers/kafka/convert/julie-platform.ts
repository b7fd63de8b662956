import type { JsonObject } from '../../../model/json.ts'
import type { ForeignPlace } from '../../../ports/foreign.ts'
import { given, type Reading } from '../../shared/foreign.ts'
import { type Allow, needed, principalOf } from './julie-users.ts'

const RBAC = 'role bindings are made by Confluent Server, which Kafka is not'
/** JulieOps' defaults of confluent.{monitoring,command,metrics}.topic. */
const CONTROL_TOPICS = [
  '_confluent-monitoring',
  '_confluent-command',
  '_confluent-metrics',
  '_confluent-controlcenter*',
]

type Quota = { readonly user: string; readonly limits: JsonObject; readonly at: ForeignPlace }

/** What a topology says of the services around Kafka: their rules; and quotas. */
export function readPlatform(platform: Reading, allow: Allow): readonly Quota[] {
  const instances = (name: string): readonly Reading[] => {
    const of = platform.map(name, `platform ${name}`)
    of.leave('rbac', RBAC)
    const found = of.maps('instances', of.what)
    of.end()
    return found
  }
  for (const one of instances('schema_registry')) {
    const principal = principalOf(one)
    if (principal === null) continue
    const operations = ['create', 'describeConfigs', 'describe', 'write', 'read']
    allow(principal, 'topic', one.word('topic') ?? '_schemas', operations, one.at)
    allow(principal, 'topic', one.word('consumer_offsets_topic') ?? '__consumer_offsets', ['describe'], one.at)
    allow(principal, 'group', one.word('group') ?? 'schema-registry', ['read'], one.at)
    one.end()
  }
  for (const one of instances('control_center')) {
    const [principal, app] = [principalOf(one), needed(one, 'appId')]
    if (principal === null || app === null) continue
    for (const group of [`${app}*`, `${app}-command*`]) allow(principal, 'group', group, ['read'], one.at)
    allow(principal, 'group', '*', ['describe'], one.at)
    for (const topic of CONTROL_TOPICS)
      allow(principal, 'topic', topic, ['write', 'read', 'create', 'describe'], one.at)
    allow(principal, 'topic', '*', ['create'], one.at)
    allow(principal, 'cluster', 'kafka-cluster', ['describe', 'describeConfigs'], one.at)
    one.end()
  }
  for (const one of instances('ksql')) {
    const [principal, id] = [principalOf(one), needed(one, 'ksqlDbId')]
    if (principal === null || id === null) continue
    allow(principal, 'cluster', 'kafka-cluster', ['describeConfigs'], one.at)
    allow(principal, 'topic', `_confluent-ksql-${id}*`, ['all'], one.at)
    allow(principal, 'topic', `${id}ksql_processing_log`, ['all'], one.at)
    allow(principal, 'group', `_confluent-ksql-${id}*`, ['all'], one.at)
    one.leaveAll('owner', 'owners of ksqlDB', 'a spec has no place for them', 'Keep them as comments.')
    one.end()
  }
  const quotas = readKafka(platform.map('kafka', 'platform kafka'))
  platform.leave('kafka_connect', RBAC)
  platform.end()
  return quotas
}

function readKafka(kafka: Reading): readonly Quota[] {
  kafka.leave('rbac', RBAC)
  kafka.ignore('instances') // of role bindings
  const quotas = kafka.maps('quotas', 'quotas').flatMap((one) => {
    const user = principalOf(one)?.replace(/^User:/, '')
    if (user === undefined) return []
    const limits = given({
      producer_byte_rate: one.number('producer_byte_rate'),
      consumer_byte_rate: one.number('consumer_byte_rate'),
      request_percentage: one.number('request_percentage'),
    })
    one.end()
    return [{ user, limits, at: one.at }]
  })
  kafka.end()
  return quotas
}
