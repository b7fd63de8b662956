import type { ForeignItem } from '../../../ports/foreign.ts'
import { given, part, passwordVariable, type Reading } from '../../shared/foreign.ts'
import { camel, type Principals } from './principals.ts'

/** A KafkaUser; its quotas stand beside the users in a spec. */
export function readUser(name: string, spec: Reading, cluster: string, principals: Principals): readonly ForeignItem[] {
  spec.what = `user ${name}`
  principals.add(name, spec.at)
  readAuthentication(name, spec, cluster)
  const authorization = spec.map('authorization')
  const type = authorization.word('type')
  if (type !== undefined && type !== 'simple')
    authorization.note(`a spec has Kafka's own rules, not authorization by ${type}`, undefined, 'type')
  for (const acl of authorization.maps('acls', `user ${name}`)) {
    const resource = acl.map('resource')
    const type = camel(resource.word('type') ?? '')
    const rule = {
      principal: `User:${name}`,
      type,
      pattern: patternOf(resource),
      name: type === 'cluster' ? 'kafka-cluster' : (resource.word('name') ?? ''),
      host: acl.text('host') ?? '*',
      permission: acl.text('type') ?? 'allow',
    }
    // Before v1 each entry could have one alone.
    const single = acl.word('operation')
    principals.allow(rule, [...(single === undefined ? [] : [single]), ...acl.words('operations')].map(camel), acl.at)
    resource.ignore('name')
    resource.end()
    acl.end()
  }
  authorization.end()
  spec.leave('template', 'it is about Kubernetes, not about Kafka')
  const quotas = readQuotas(name, spec.map('quotas'))
  spec.end()
  return quotas
}

/** prefix, where Kafka says prefixed. What is neither is reported, never read as literal. */
function patternOf(resource: Reading): string {
  const pattern = resource.text('patternType') ?? 'literal'
  return pattern === 'prefix' ? 'prefixed' : pattern
}

function readAuthentication(name: string, spec: Reading, cluster: string): void {
  const authentication = spec.map('authentication')
  const type = authentication.text('type')
  const todo = `Put its password into the environment variable ${passwordVariable(cluster, name).secretRef.env}.`
  const from = authentication.map('password').map('valueFrom').map('secretKeyRef')
  const [secret, key] = [from.text('name') ?? name, from.text('key') ?? 'password']
  if (type === 'scram-sha-512') authentication.note(`its password is in the Secret ${secret}, under ${key}`, todo)
  else if (type === 'tls' || type === 'tls-external')
    authentication.note(
      'it logs in by a client certificate, which a spec has no users for: here it is a SCRAM user of the same name',
      `${todo} Its clients then log in by it.`,
    )
  else
    spec.note(
      type === undefined
        ? 'the file does not say how it logs in: here it is a SCRAM user'
        : `it logs in by ${type}: here it is a SCRAM user`,
      todo,
    )
  authentication.ignore('password')
  authentication.end()
}

function readQuotas(name: string, quotas: Reading): readonly ForeignItem[] {
  const limits = given({
    producer_byte_rate: quotas.number('producerByteRate'),
    consumer_byte_rate: quotas.number('consumerByteRate'),
    request_percentage: quotas.number('requestPercentage'),
    controller_mutation_rate: quotas.number('controllerMutationRate'),
  })
  quotas.end()
  if (Object.keys(limits).length === 0) return []
  return [{ ...part(`quotas of user ${name}`, ['quotas'], { user: name, ...limits }, quotas.at), append: true }]
}
