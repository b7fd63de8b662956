import type { Access, NodeSpec } from '../../model/member.ts'
import type { ClusterSpec } from '../../model/spec.ts'
import type { Broker } from '../../ports/broker.ts'
import type { RabbitmqSession } from './session.ts'
import { check } from './check.ts'
import { clientFile, managementUrl, vhostFor } from './client-file.ts'
import { connect } from './connect.ts'
import { drain } from './drain.ts'
import { fields } from './fields.ts'
import { binding } from './kinds/binding.ts'
import { exchange } from './kinds/exchange.ts'
import { featureFlag } from './kinds/feature-flag.ts'
import { globalParameter } from './kinds/global-parameter.ts'
import { operatorPolicy } from './kinds/operator-policy.ts'
import { parameter } from './kinds/parameter.ts'
import { permission } from './kinds/permission.ts'
import { policy } from './kinds/policy.ts'
import { queue } from './kinds/queue.ts'
import { topicPermission } from './kinds/topic-permission.ts'
import { userLimits } from './kinds/user-limits.ts'
import { user } from './kinds/user.ts'
import { vhostLimits } from './kinds/vhost-limits.ts'
import { vhost } from './kinds/vhost.ts'
import { rollOrder } from './members.ts'
import { access, layout, nodes, passwordHash } from './nodes.ts'
import { refuse } from './refuse.ts'
import { reload } from './reload.ts'
import { formats } from './convert/index.ts'
import { toFields } from './import.ts'
import { starter } from './starter.ts'

/** RabbitMQ 4: Khepri, quorum queues and streams; managed through the management HTTP interface and AMQP 0-9-1. */
export const rabbitmq: Broker = {
  kind: 'RabbitMQ',
  software: 'rabbitmq',
  defaultVersion: '4.3',
  fields,
  kinds: [
    featureFlag,
    vhost,
    vhostLimits,
    user,
    userLimits,
    permission,
    policy,
    operatorPolicy,
    exchange,
    topicPermission,
    queue,
    binding,
    parameter,
    globalParameter,
  ],
  toFields,
  formats,
  starter,
  check,
  layout,
  nodes,
  access,
  refuse,
  format: () => ({}),
  rollOrder,
  hashes: { 'rabbitmq-sha256': async (secret, salt) => passwordHash(secret, salt) },
  connect,
  drain,
  reload: (spec: ClusterSpec, node: NodeSpec, files, session, tools, ctx) =>
    reload(spec, node, files, session as RabbitmqSession, tools.exec, ctx),
  client: (spec: ClusterSpec, to: Access) => ({
    file: 'rabbitmq.properties',
    render: (secrets) => clientFile(to, secrets, vhostFor(spec, secrets.user)),
    managementUrl: managementUrl(to),
  }),
}
