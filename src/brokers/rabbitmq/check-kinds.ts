import type { JsonObject } from '../../model/json.ts'
import { isSecretRef } from '../../model/secret.ts'
import { parseTerms } from './erlang-terms.ts'
import type { RabbitmqFields, VhostField } from './fields.ts'
import { isBrokersParameter } from './names.ts'
import { checkPattern } from './patterns.ts'
import { checkReachable, type Path, type Put } from './problems.ts'
import { checkDefinition } from './policy-settings.ts'
import { checkShovel } from './shovel-rules.ts'
import { holdsPassword, isUri } from './uris.ts'

/** What a schema can't say of policies, parameters, topic permissions, global parameters and feature flags. Pure. */

const pattern = (text: string, path: Path, put: Put): void => {
  const wrong = checkPattern(text)
  if (wrong !== null) put(path, 'MQOPS_SPEC_PATTERN', `"${text}" is no regular expression: ${wrong}`)
}

type Plugins = readonly string[] | null

export function checkPolicies(vhost: string, value: VhostField, plugins: Plugins, put: Put): void {
  for (const field of ['policies', 'operatorPolicies'] as const) {
    const operator = field === 'operatorPolicies'
    for (const [name, policy] of Object.entries(value[field] ?? {})) {
      const path = ['vhosts', vhost, field, name]
      checkReachable(name, 'policy', path, put)
      pattern(policy.pattern, [...path, 'pattern'], put)
      for (const problem of checkDefinition(policy.definition, { operator, plugins }))
        put([...path, 'definition', ...problem.path], 'MQOPS_SPEC_POLICY', problem.message, problem.hint)
      checkFederation(vhost, value, policy.definition, [...path, 'definition'], put)
    }
  }
}

function checkFederation(vhost: string, value: VhostField, definition: JsonObject, path: Path, put: Put): void {
  const upstreams = Object.keys(value.parameters?.['federation-upstream'] ?? {})
  const sets = ['all', ...Object.keys(value.parameters?.['federation-upstream-set'] ?? {})]
  const missing = (field: string, what: string, known: readonly string[]) => {
    const name = definition[field]
    if (typeof name === 'string' && !known.includes(name))
      put(
        [...path, field],
        'MQOPS_SPEC_REFERENCE',
        `the virtual host "${vhost}" has no ${what} "${name}"`,
        `It has ${known.join(', ') || 'none'}: declare it in vhosts.${vhost}.parameters.`,
      )
  }
  missing('federation-upstream', 'federation upstream', upstreams)
  missing('federation-upstream-set', 'federation upstream set', sets)
  const by = definition['federation-upstream-pattern']
  if (typeof by === 'string') pattern(by, [...path, 'federation-upstream-pattern'], put)
}

const PLUGINS = {
  shovel: 'rabbitmq_shovel',
  'federation-upstream': 'rabbitmq_federation',
  'federation-upstream-set': 'rabbitmq_federation',
} as const

export function checkParameters(vhost: string, { parameters }: VhostField, plugins: Plugins, put: Put): void {
  const at = ['vhosts', vhost, 'parameters']
  for (const [component, plugin] of Object.entries(PLUGINS)) {
    const named = parameters[component as keyof typeof PLUGINS] ?? {}
    for (const name of Object.keys(named)) checkReachable(name, component, [...at, component, name], put)
    const on = plugins?.some((one) => one === plugin || one === `${plugin}_management`) ?? true
    if (Object.keys(named).length > 0 && !on)
      put(
        [...at, component],
        'MQOPS_SPEC_PLUGIN',
        `"${component}" comes with ${plugin}, which is not asked for`,
        `Add ${plugin} to plugins.`,
      )
  }
  for (const [name, shovel] of Object.entries(parameters.shovel ?? {})) {
    const path = [...at, 'shovel', name]
    for (const field of ['src-uri', 'dest-uri']) {
      checkUris(field, shovel, path, put)
      checkOwnVhost(vhost, field, shovel, path, put)
    }
    for (const problem of checkShovel(shovel))
      put([...path, ...problem.path], 'MQOPS_SPEC_SHOVEL', problem.message, problem.hint)
  }
  const upstreams = parameters['federation-upstream'] ?? {}
  for (const [name, upstream] of Object.entries(upstreams))
    checkUris('uri', upstream, [...at, 'federation-upstream', name], put)
  for (const [name, set] of Object.entries(parameters['federation-upstream-set'] ?? {})) {
    const path = [...at, 'federation-upstream-set', name]
    if (name === 'all')
      put(
        path,
        'MQOPS_SPEC_RESERVED',
        'the set "all" is there by itself: it holds every upstream',
        'Take another name.',
      )
    for (const [i, { upstream }] of set.entries())
      if (!(upstream in upstreams))
        put(
          [...path, i, 'upstream'],
          'MQOPS_SPEC_REFERENCE',
          `the virtual host "${vhost}" has no federation upstream "${upstream}"`,
          `It has ${Object.keys(upstreams).join(', ') || 'none'}.`,
        )
  }
}

function checkUris(field: string, value: JsonObject, path: Path, put: Put): void {
  const uri = value[field]
  if (isSecretRef(uri)) return
  for (const text of [uri].flat().filter((one) => typeof one === 'string')) {
    if (holdsPassword(text))
      put(
        [...path, field],
        'MQOPS_SPEC_SECRET',
        'a password can not stand in the spec',
        `Write ${field}: { secretRef: { env: NAME } } and put the whole URI there.`,
      )
    else if (!isUri(text))
      put([...path, field], 'MQOPS_SPEC_URI', `"${text}" is no URI that begins with amqp:// or amqps://`)
  }
}

/** Of a shovel within this cluster: a URI without a virtual host means "/", whatever the one that the shovel stands in. */
function checkOwnVhost(vhost: string, field: string, value: JsonObject, path: Path, put: Put): void {
  if (vhost === '/') return
  for (const uri of [value[field]].flat())
    if (uri === 'amqp://' || uri === 'amqp:///')
      put(
        [...path, field],
        'MQOPS_SPEC_URI',
        `"${uri}" leads to the virtual host "/", not to "${vhost}"`,
        `Write amqp:///${encodeURIComponent(vhost)}, or amqp:///%2F where that is meant.`,
      )
}

/** Topic permissions restrict what permissions allow: both ends must be there. */
export function checkTopicPermissions({ users, vhosts }: RabbitmqFields, put: Put): void {
  for (const [name, user] of Object.entries(users)) {
    for (const [vhost, exchanges] of Object.entries(user.topicPermissions ?? {})) {
      const path = ['users', name, 'topicPermissions', vhost]
      if (vhost !== '/' && !(vhost in vhosts))
        put(path, 'MQOPS_SPEC_REFERENCE', `there is no virtual host "${vhost}" in the spec`)
      for (const [exchange, { write, read }] of Object.entries(exchanges)) {
        const known = vhosts[vhost]?.exchanges ?? {}
        const found = known[exchange]
        if (exchange !== 'amq.topic' && found === undefined)
          put(
            [...path, exchange],
            'MQOPS_SPEC_REFERENCE',
            `the virtual host "${vhost}" has no exchange "${exchange}"`,
            `It has ${['amq.topic', ...Object.keys(known)].slice(0, 5).join(', ')}.`,
          )
        else if (found && found.type !== 'topic')
          put(
            [...path, exchange],
            'MQOPS_SPEC_EXCHANGE',
            `"${exchange}" is a ${found.type} exchange: RabbitMQ asks for topic permissions at topic exchanges only`,
          )
        pattern(write, [...path, exchange, 'write'], put)
        pattern(read, [...path, exchange, 'read'], put)
      }
    }
  }
}

/** What mqops sets itself, or what would open the door that it closes. */
const OWN_TERMS: readonly (readonly [application: string, keys: RegExp])[] = [
  ['osiris', /^replication_/],
  ['kernel', /^inet_dist_|^dist_auto_connect$/],
  [
    'rabbit',
    /^(tcp_listeners|ssl_listeners|ssl_options|auth_|loopback_users|default_(user|pass|vhost|permissions|user_tags)|cluster_nodes|cluster_formation|vm_memory_high_watermark|disk_free_limit|load_definitions|data_dir|ssl_cert_login_from)/,
  ],
  ['rabbitmq_management', /^(listener|tcp_config|ssl_config|load_definitions)/],
  ['rabbitmq_prometheus', /^(tcp_config|ssl_config|authentication)/],
  ['rabbitmq_stream', /^(tcp_listeners|ssl_listeners|advertised_)/],
  ['rabbitmq_mqtt', /^(tcp_listeners|ssl_listeners|allow_anonymous|default_(user|pass))/],
  ['rabbitmq_stomp', /^(tcp_listeners|ssl_listeners|default_user)/],
]

export function checkAdvanced(text: string, put: Put): void {
  if (text.trim() === '') return
  const path = ['advancedConfig']
  const terms = parseTerms(text)
  if ('problem' in terms)
    return put(
      path,
      'MQOPS_SPEC_SETTING',
      `line ${terms.line} is no Erlang term that a member could boot with: ${terms.problem}`,
      'It reads like [{rabbit, [{consumer_timeout, 3600000}]}].',
    )
  for (const { application, key } of terms.settings)
    if (OWN_TERMS.some(([name, keys]) => name === application && keys.test(key)))
      put(path, 'MQOPS_SPEC_SETTING', `"${key}" of ${application} belongs to mqops`)
}

/** Characters as Erlang counts them. */
export const codePoints = (text: string): number => Array.from(text).length
/** Erlang's, in characters: the broker makes atoms of names of global parameters and of tags. */
export const LONGEST_ATOM = 255
const FLAG = /^[a-z0-9_.]+$/

export function checkCluster(
  { globalParameters, featureFlags }: Pick<RabbitmqFields, 'globalParameters' | 'featureFlags'>,
  put: Put,
): void {
  for (const name of Object.keys(globalParameters)) {
    checkReachable(name, 'global parameter', ['globalParameters', name], put)
    if (codePoints(name) > LONGEST_ATOM)
      put(
        ['globalParameters', name],
        'MQOPS_SPEC_RANGE',
        `the name has ${codePoints(name)} characters, at most ${LONGEST_ATOM} are allowed`,
      )
    if (isBrokersParameter(name))
      put(
        ['globalParameters', name],
        'MQOPS_SPEC_RESERVED',
        `the global parameter "${name}" belongs to ${name.startsWith('mqops') ? 'mqops' : 'the broker'}`,
      )
  }
  for (const [i, name] of featureFlags.entries()) {
    if (!FLAG.test(name))
      put(['featureFlags', i], 'MQOPS_SPEC_PATTERN', `"${name}" is no feature flag's name: small letters, digits and _`)
    if (featureFlags.indexOf(name) < i)
      put(['featureFlags', i], 'MQOPS_SPEC_DUPLICATE', `the flag "${name}" stands in the list already`)
  }
}
