import type { JsonObject } from '../../../src/model/json.ts'
import type { Sample } from './sample.ts'
import { altered, BOTH, gone, HTTP, rabbit, type RabbitmqCall } from './rabbitmq-calls.ts'

const user = (name: string, of: JsonObject): JsonObject => rabbit({}, { users: { [name]: of } })

const may = (robot: JsonObject): JsonObject => ({ vhosts: { shop: {}, yard: {} }, users: { robot } })

/** Users, and what they may do. */
export const userSamples: readonly Sample<RabbitmqCall>[] = [
  {
    kind: 'user',
    base: rabbit({}),
    made: rabbit({}, { users: { clerk: {}, guard: {} } }),
    changed: rabbit({}, { users: { clerk: { tags: ['monitoring'] }, guard: {} } }),
    drift: {
      tool: BOTH,
      calls: [
        altered({
          users: [
            {
              name: 'clerk',
              password_hash: 'kI3GCqW5JLMJa4iX1lo7X4D6XbYqlLgxIs30+P6tENUV2POR',
              hashing_algorithm: 'rabbit_password_hashing_sha256',
              tags: ['administrator'],
            },
          ],
        }),
        gone('users/guard'),
      ],
      finds: ['update user/clerk', 'create user/guard'],
    },
    creation: ['safe'],
    removal: ['disruptive'],
  },
  {
    kind: 'user-limits',
    base: rabbit({}, { users: { robot: {} } }),
    made: user('robot', { limits: { maxConnections: 5 } }),
    changed: user('robot', { limits: { maxChannels: 5 } }),
    drift: {
      tool: HTTP,
      calls: [
        { method: 'PUT', path: 'user-limits/robot/max-connections', body: { value: 7 } },
        gone('user-limits/robot/max-channels'),
      ],
      finds: ['update user-limits/robot'],
    },
    creation: ['safe'],
    removal: ['safe'],
  },
  {
    kind: 'permission',
    base: may({}),
    made: may({ permissions: { shop: { read: '.*' }, yard: { write: '.*' } } }),
    changed: may({ permissions: { shop: { read: '^a' }, yard: { write: '.*' } } }),
    drift: {
      tool: BOTH,
      calls: [
        altered({ permissions: [{ user: 'robot', vhost: 'shop', configure: '.*', write: '.*', read: '.*' }] }),
        gone('permissions/yard/robot'),
      ],
      finds: ['update permission/robot/shop', 'create permission/robot/yard'],
    },
    creation: ['safe'],
    removal: ['disruptive'],
  },
  {
    kind: 'topic-permission',
    base: rabbit({ exchanges: { news: { type: 'topic' } } }, { users: { robot: {} } }),
    made: rabbit(
      { exchanges: { news: { type: 'topic' } } },
      { users: { robot: { topicPermissions: { shop: { news: { write: '^a' }, 'amq.topic': { read: '^a' } } } } } },
    ),
    changed: rabbit(
      { exchanges: { news: { type: 'topic' } } },
      { users: { robot: { topicPermissions: { shop: { news: { write: '^b' }, 'amq.topic': { read: '^a' } } } } } },
    ),
    drift: {
      tool: BOTH,
      calls: [
        altered({ topic_permissions: [{ user: 'robot', vhost: 'shop', exchange: 'news', write: '.*', read: '.*' }] }),
        gone('topic-permissions/shop/robot/amq.topic'),
      ],
      finds: ['update topic-permission/robot/shop/news', 'create topic-permission/robot/shop/amq.topic'],
    },
    creation: ['safe'],
    removal: ['disruptive'],
  },
]
