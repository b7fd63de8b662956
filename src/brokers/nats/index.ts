import type { Broker } from '../../ports/broker.ts'
import { check } from './check.ts'
import { client } from './client-file.ts'
import { openSession } from './connect.ts'
import { disturbs } from './disturbs.ts'
import { drain } from './drain.ts'
import { fields } from './fields.ts'
import { hashes } from './hashes.ts'
import { account } from './kinds/account.ts'
import { consumer } from './kinds/consumer.ts'
import { kv } from './kinds/kv.ts'
import { objects } from './kinds/objects.ts'
import { stream } from './kinds/stream.ts'
import { user } from './kinds/user.ts'
import { access, layout, refuse } from './layout.ts'
import { rollOrder } from './members.ts'
import { nodes } from './nodes.ts'
import { reload } from './reload.ts'
import { formats } from './convert/index.ts'
import { toFields } from './import.ts'
import { starter } from './starter.ts'

/** NATS with JetStream: accounts, users, streams, buckets, object stores and consumers. */
export const nats: Broker = {
  kind: 'Nats',
  software: 'nats',
  defaultVersion: '2.15',
  fields,
  kinds: [account, user, stream, kv, objects, consumer],
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
  hashes,
  connect: (spec, access, _exec, ctx) => openSession(spec, access, ctx),
  drain,
  reload,
  disturbs,
  client,
}
