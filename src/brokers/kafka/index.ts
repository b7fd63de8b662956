import type { Broker } from '../../ports/broker.ts'
import { access, client } from './access.ts'
import { bootstrap } from './bootstrap.ts'
import { check } from './check.ts'
import { connect } from './connect.ts'
import { fields } from './fields.ts'
import { createGroups } from './groups/index.ts'
import { acl } from './kinds/acl.ts'
import { brokerConfig } from './kinds/broker-config.ts'
import { config } from './kinds/config.ts'
import { quota } from './kinds/quota.ts'
import { topic } from './kinds/topic.ts'
import { user } from './kinds/user.ts'
import { rollOrder } from './members.ts'
import { format, nodes } from './nodes.ts'
import { refuse } from './refuse.ts'
import type { KafkaSession } from './session.ts'
import { reload } from './reload.ts'
import { formats } from './convert/index.ts'
import { toFields } from './import.ts'
import { starter } from './starter.ts'
import { layout } from './topology.ts'

/** Apache Kafka in KRaft mode: brokers and controllers, topics, SCRAM users with ACLs, cluster-wide settings. */
export const kafka: Broker = {
  kind: 'Kafka',
  software: 'kafka',
  defaultVersion: '4.3',
  fields,
  kinds: [config, brokerConfig, topic, user, acl, quota],
  toFields,
  formats,
  starter,
  check,
  layout,
  nodes,
  access,
  refuse,
  format,
  rollOrder,
  hashes: {},
  connect: (spec, access, _exec, ctx) => connect(spec, access, ctx),
  groups: (session) => createGroups(session as KafkaSession),
  bootstrap,
  reload,
  client,
}
