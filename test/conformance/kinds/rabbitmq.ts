import type { JsonObject } from '../../../src/model/json.ts'
import { KEPT, notPossible, type Sample } from './sample.ts'
import { altered, BOTH, gone, rabbit, type RabbitmqCall } from './rabbitmq-calls.ts'
import { routingSamples } from './rabbitmq-routing.ts'
import { userSamples } from './rabbitmq-users.ts'

/** A new cluster has all stable flags on, but for this. */
const NO_FLAGS: JsonObject = { advancedConfig: '[{rabbit, [{forced_feature_flags_on_init, []}]}].' }

const shovel = (more: JsonObject): JsonObject => ({
  'src-uri': 'amqp:///shop',
  'src-queue': 'from',
  'dest-uri': 'amqp:///shop',
  'dest-exchange': 'amq.fanout',
  ...more,
})
const shovels = (move: JsonObject): JsonObject =>
  rabbit(
    { queues: { from: { type: 'quorum' } }, parameters: { shovel: { move: shovel(move), second: shovel({}) } } },
    { plugins: ['rabbitmq_shovel'] },
  )
const policy = (field: string, first: JsonObject, second: JsonObject): JsonObject =>
  rabbit({ [field]: { first: { pattern: '^p', ...first }, second: { pattern: '^q', ...second } } })

export const rabbitmqSamples: readonly Sample<RabbitmqCall>[] = [
  {
    kind: 'vhost',
    base: { members: 3 },
    made: { vhosts: { stock: {}, attic: {} } },
    changed: { vhosts: { stock: { description: 'the stock', tags: ['a'] }, attic: {} } },
    drift: {
      tool: '`rabbitmqctl`, HTTP API',
      strangers: ['vhost/theirs'],
      calls: [
        altered({ vhosts: [{ name: 'theirs' }] }),
        { slot: 1, argv: ['rabbitmqctl', '--silent', 'update_vhost_metadata', 'stock', '--description', 'theirs'] },
        gone('vhosts/attic'),
      ],
      tells: [{ field: 'description', from: 'theirs', to: 'the stock' }],
      finds: ['update vhost/stock', 'create vhost/attic'],
    },
    creation: ['safe'],
    removal: ['destructive'],
    loses: { messages: 0 },
  },
  {
    kind: 'vhost-limits',
    base: rabbit({}),
    made: rabbit({ limits: { maxQueues: 100, maxConnections: 50 } }),
    changed: rabbit({ limits: { maxQueues: 200 } }),
    drift: {
      tool: '`rabbitmqctl import_definitions`',
      calls: [
        altered({
          parameters: [{ component: 'vhost-limits', name: 'limits', vhost: 'shop', value: { 'max-queues': 300 } }],
        }),
      ],
      tells: [{ field: 'max-queues', from: 300, to: 200 }],
      finds: ['update vhost-limits/shop'],
    },
    creation: ['safe'],
    removal: ['safe'],
  },
  ...userSamples,
  {
    kind: 'policy',
    base: rabbit({}),
    made: policy('policies', { definition: { 'dead-letter-exchange': 'dead' } }, { definition: { 'max-length': 9 } }),
    changed: policy(
      'policies',
      { applyTo: 'queues', definition: { 'dead-letter-exchange': 'late' } },
      { definition: { 'max-length': 9 } },
    ),
    drift: {
      tool: BOTH,
      calls: [
        altered({
          policies: [
            {
              vhost: 'shop',
              name: 'first',
              pattern: '^p',
              'apply-to': 'queues',
              priority: 3,
              definition: { 'dead-letter-exchange': 'theirs' },
            },
          ],
        }),
        altered({
          policies: [
            {
              vhost: 'shop',
              name: 'theirs',
              pattern: '^t',
              'apply-to': 'queues',
              priority: 0,
              definition: { 'message-ttl': 1000 },
            },
          ],
        }),
        gone('policies/shop/second'),
      ],
      strangers: ['policy/shop/theirs'],
      finds: ['update policy/shop/first', 'create policy/shop/second'],
    },
    creation: ['safe', 'disruptive'],
    removal: ['disruptive'],
  },
  {
    kind: 'operator-policy',
    base: rabbit({}),
    made: policy(
      'operatorPolicies',
      { definition: { 'target-group-size': 3 } },
      { definition: { expires: 3_600_000 } },
    ),
    changed: policy('operatorPolicies', { definition: { 'max-length': 9 } }, { definition: { expires: 3_600_000 } }),
    drift: {
      tool: BOTH,
      calls: [
        altered({
          parameters: [
            {
              component: 'operator_policy',
              vhost: 'shop',
              name: 'first',
              value: { pattern: '^p', 'apply-to': 'all', priority: 0, definition: { 'max-length': 99 } },
            },
          ],
        }),
        gone('operator-policies/shop/second'),
      ],
      finds: ['update operator-policy/shop/first', 'create operator-policy/shop/second'],
    },
    creation: ['safe', 'disruptive'],
    removal: ['disruptive'],
  },
  ...routingSamples,
  {
    kind: 'parameter',
    base: rabbit({ queues: { from: { type: 'quorum' } } }, { plugins: ['rabbitmq_shovel'] }),
    made: shovels({}),
    changed: shovels({ 'ack-mode': 'on-publish' }),
    drift: {
      tool: BOTH,
      calls: [
        altered({
          parameters: [{ component: 'shovel', vhost: 'shop', name: 'move', value: shovel({ 'ack-mode': 'no-ack' }) }],
        }),
        gone('parameters/shovel/shop/second'),
      ],
      finds: ['update parameter/shop/shovel/move', 'create parameter/shop/shovel/second'],
    },
    creation: ['safe'],
    removal: ['disruptive'],
  },
  {
    kind: 'global-parameter',
    base: {},
    made: { globalParameters: { team: { name: 'shop', tags: {} }, cost: 5 } },
    changed: { globalParameters: { team: { name: 'billing' }, cost: 5 } },
    drift: {
      tool: BOTH,
      calls: [
        altered({
          global_parameters: [
            { name: 'team', value: { name: 'theirs' } },
            { name: 'theirs', value: 1 },
          ],
        }),
        gone('global-parameters/cost'),
      ],
      strangers: ['global-parameter/theirs'],
      finds: ['update global-parameter/team', 'create global-parameter/cost'],
    },
    creation: ['safe'],
    removal: ['disruptive'],
  },
  {
    kind: 'feature-flag',
    base: NO_FLAGS,
    made: { ...NO_FLAGS, featureFlags: ['track_qq_members_uids'] },
    lasting: true,
    changed: notPossible('a flag is on or off'),
    drift: notPossible('nothing turns a flag off again'),
    imported: notPossible('what is on says nothing of what was asked for: import keeps what the spec has'),
    creation: ['safe'],
    removal: notPossible('nothing turns a flag off again: what the spec drops stays on'),
  },
  {
    kind: 'plugins',
    file: 'enabled_plugins',
    imported: KEPT,
    base: {},
    made: { plugins: ['rabbitmq_event_exchange'] },
    changed: { plugins: ['rabbitmq_event_exchange', 'rabbitmq_recent_history_exchange'] },
    drift: {
      tool: '`rabbitmq-plugins`',
      calls: [{ slot: 1, argv: ['rabbitmq-plugins', '--silent', 'disable', 'rabbitmq_event_exchange'] }],
      finds: ['reload member/1'],
    },
  },
  {
    kind: 'settings taken up while members run',
    file: 'conf.d/50-dynamic.conf',
    imported: KEPT,
    base: {},
    made: { diskFreeLimit: '200MiB' },
    changed: { diskFreeLimit: '300MiB' },
    drift: {
      tool: 'the file by hand',
      calls: [{ slot: 2, file: 'conf.d/50-dynamic.conf', from: '314572800', to: '1000000' }],
      finds: ['reload member/2'],
    },
  },
]
