import fc from 'fast-check'
import type { Json, JsonObject } from '../../../src/model/json.ts'
import { constantFrom, count, exactly, map, mapOf, rarely, someOf, sparse, WIDTH, wide } from './arbitraries.ts'
import { linked } from './rabbitmq-links.ts'
import { advanced, restarting } from './rabbitmq-settings.ts'
import { vhost } from './rabbitmq-vhosts.ts'
import type { RandomSpecs } from './specs.ts'

/** Random specs of RabbitMQ: virtual hosts with all that is in them, users, parameters and settings of the cluster. */

const VHOSTS = ['shop', 'ünï/✓ %2F', '/', ' "quoted"', 'v'.repeat(200)]
const USERS = wide(['clerk', 'ünï ✓', 'a/b@c:d "e"', 'u'.repeat(128)])
const SECRETS = {
  MQOPS_RANDOM_A: 'correct horse "battery" stäple',
  MQOPS_RANDOM_B: 'b',
  MQOPS_RANDOM_URI: 'amqp://someone:s3cret%2F@localhost:1/there',
}

const pattern = constantFrom('.*', '', '^$', '^(orders|ünï)-.*$', '^a"b\\.c')
const user = sparse({
  password: constantFrom<Json>({ secretRef: { env: 'MQOPS_RANDOM_A' } }, { secretRef: { env: 'MQOPS_RANDOM_B' } }),
  tags: someOf(['monitoring', 'management', 'policymaker', 'administrator', 'impersonator']),
  limits: sparse({ maxConnections: count(0, 2 ** 53 - 1), maxChannels: count(0, 2 ** 53 - 1) }),
})
const may = mapOf(VHOSTS, 3, () => sparse({ configure: pattern, write: pattern, read: pattern }))
const mayRoute = mapOf(VHOSTS, 2, () =>
  mapOf(['amq.topic', 'orders', 'ünï/✓%2F'], 2, () => sparse({ write: pattern, read: pattern })),
)

const PLUGINS = [
  'rabbitmq_shovel',
  'rabbitmq_federation',
  'rabbitmq_consistent_hash_exchange',
  'rabbitmq_random_exchange',
  'rabbitmq_recent_history_exchange',
  'rabbitmq_sharding',
]

const any = exactly({
  vhosts: mapOf(VHOSTS, 3, () => vhost, WIDTH > 1 ? 2 : 0),
  users: mapOf(USERS, 3 * WIDTH, () =>
    fc
      .tuple(user, exactly({ permissions: may, topicPermissions: mayRoute }))
      .map(([fields, rights]) => ({ ...fields, ...rights })),
  ),
  globalParameters: mapOf(wide(['team', 'ünï/✓', 'p'.repeat(255)], 255), 2 * WIDTH, () =>
    constantFrom<Json>('text', '', 0, -1.5, 2 ** 53 - 1, true, [], {}, [1, [2]], { a: { b: [] }, c: {} }),
  ),
  featureFlags: rarely(3, someOf(['khepri_db', 'rabbitmq_4.0.0'])),
  memory: rarely(4, constantFrom('512MiB', '600MB')),
  diskFreeLimit: rarely(4, constantFrom('1GiB', '100MB')),
  plugins: rarely(
    8,
    someOf([
      'rabbitmq_top',
      'rabbitmq_shovel_management',
      'rabbitmq_event_exchange',
      'rabbitmq_federation_management',
      'rabbitmq_jms_topic_exchange',
      'rabbitmq_stream',
      'rabbitmq_stream_management',
      'rabbitmq_mqtt',
      'rabbitmq_stomp',
      'rabbitmq_tracing',
    ]),
  ),
  config: rarely(3, exactly({ 'log.file.level': constantFrom('debug', 'warning', 'none') })),
  // A rolling restart.
  restarting: rarely(15, exactly({ config: restarting, advancedConfig: rarely(2, advanced) })),
}).map(({ vhosts, users, plugins, config, restarting, ...fields }) => {
  const { config: settings, ...restarted } = map<Json>(restarting)
  const hosts = Object.fromEntries(
    Object.entries(map<JsonObject>(vhosts)).map(([name, one]) => [name, linked(name, one)]),
  )
  return {
    members: 3,
    ...fields,
    plugins: [...PLUGINS, ...((plugins ?? []) as readonly string[])],
    ...restarted,
    config: { ...map<Json>(config), ...map<Json>(settings) },
    vhosts: hosts,
    users: Object.fromEntries(Object.entries(map<JsonObject>(users)).map(([name, one]) => [name, allowed(one, hosts)])),
  }
})

/** Only where there is something to be allowed. */
function allowed(user: JsonObject, vhosts: Readonly<Record<string, JsonObject>>): JsonObject {
  const isThere = ([name]: readonly [string, unknown]): boolean => name === '/' || vhosts[name] !== undefined
  const isTopic = (vhost: string, exchange: string): boolean =>
    exchange === 'amq.topic' || map<JsonObject>(vhosts[vhost]?.['exchanges'])[exchange]?.['type'] === 'topic'
  return {
    ...user,
    permissions: Object.fromEntries(Object.entries(map<Json>(user['permissions'])).filter(isThere)),
    topicPermissions: Object.fromEntries(
      Object.entries(map<JsonObject>(user['topicPermissions']))
        .filter(isThere)
        .map(([name, of]) => [
          name,
          Object.fromEntries(Object.entries(of).filter(([exchange]) => isTopic(name, exchange))),
        ]),
    ),
  }
}

export const rabbitmqSpecs: RandomSpecs = {
  broker: 'RabbitMQ',
  first: { members: 3, plugins: PLUGINS },
  any,
  possible: (_, after) => after,
  env: SECRETS,
  runs: 4,
}
