import type { JsonObject } from '../../model/json.ts'
import type { Broker } from '../../ports/broker.ts'
import { passwordOf, Taken } from '../shared/import.ts'
import { EXCHANGE_TYPES, fieldsOf, QUEUE_TYPES, USER_TAGS, type BindingField } from './fields.ts'
import { type ImportedUser, type ImportedVhost, takeSettings } from './import-settings.ts'
import type { BindingValue } from './kinds/binding.ts'
import type { ExchangeHave } from './kinds/exchange.ts'
import type { PermissionValue } from './kinds/permission.ts'
import type { QueueHave } from './kinds/queue-value.ts'
import type { UserHave } from './kinds/user.ts'
import type { VhostHave } from './kinds/vhost.ts'
import { ADMIN, OPERATOR } from './nodes.ts'

type Vhost = ImportedVhost & { queues: Record<string, JsonObject>; bindings: JsonObject[] }
type User = ImportedUser & { permissions: Record<string, JsonObject> }

/** From what was seen in a cluster back to the fields of a spec. Pure. */
export const toFields: Broker['toFields'] = (seen, { spec, generated }) => {
  const taken = new Taken(seen)
  const plugins = new Set<string>(fieldsOf(spec).plugins)
  const vhosts = new Map<string, Vhost>()
  const vhostOf = (name: string): Vhost => {
    const found = vhosts.get(name) ?? { exchanges: {}, queues: {}, bindings: [], parameters: {} }
    vhosts.set(name, found)
    return found
  }
  for (const { key, value } of taken.take('vhost')) {
    const { description, tags, defaultQueueType } = value as unknown as VhostHave
    // Left out it is not managed: 'classic' is what the broker does by itself, unless the spec says it.
    const asked = fieldsOf(spec).vhosts[key[0] as string]?.defaultQueueType
    Object.assign(vhostOf(key[0] as string), {
      description,
      tags,
      ...((defaultQueueType === 'classic' && asked === undefined) || !isQueueType(defaultQueueType)
        ? {}
        : { defaultQueueType }),
    })
  }
  for (const one of taken.take('exchange')) {
    const [vhost = '', name = ''] = one.key
    const { type, durable, autoDelete, internal, arguments: table } = one.value as unknown as ExchangeHave
    if (!(type in EXCHANGE_TYPES)) taken.leave(one, `mqops does not know exchanges of the type ${type}`)
    else {
      vhostOf(vhost).exchanges[name] = { type, durable, autoDelete, internal, arguments: table }
      const plugin = EXCHANGE_TYPES[type]
      if (plugin) plugins.add(plugin)
    }
  }
  for (const one of taken.take('queue')) {
    const [vhost = '', name = ''] = one.key
    const { type, durable, autoDelete, arguments: table } = one.value as unknown as QueueHave
    if (!isQueueType(type)) taken.leave(one, `mqops does not know queues of the type ${type}`)
    else vhostOf(vhost).queues[name] = { type, durable, autoDelete, arguments: table }
  }
  for (const { key, value } of taken.take('binding')) {
    const [vhost = '', source = '', kind = '', destination = '', routingKey = ''] = key
    const end = kind === 'queue' ? { destination } : { destinationExchange: destination }
    const table = (value as unknown as BindingValue).arguments
    const binding = { source, ...end, routingKey, arguments: table } satisfies Partial<BindingField>
    vhostOf(vhost).bindings.push(binding as unknown as JsonObject)
  }
  const users = new Map<string, User>()
  for (const one of taken.take('user')) {
    const [name = ''] = one.key
    const { tags } = one.value as unknown as UserHave
    const strange = tags.filter((tag) => !(USER_TAGS as readonly string[]).includes(tag))
    if (RESERVED.includes(name))
      taken.leave(one, 'a spec has no user of that name: it is a built-in one, or mqops makes it')
    else if (strange.length > 0)
      taken.leave(one, `a spec of this version has no tags but ${USER_TAGS.join(', ')}; it has ${strange.join(', ')}`)
    else users.set(name, { tags, permissions: {}, topicPermissions: {} })
  }
  for (const one of taken.take('permission')) {
    const [user = '', vhost = ''] = one.key
    const { configure, write, read } = one.value as unknown as PermissionValue
    const of = users.get(user)
    if (of) of.permissions[vhost] = { configure, write, read }
    else taken.leave(one, `the user ${user} is not part of it`)
  }
  const { globalParameters } = takeSettings(taken, {
    cluster: spec.name,
    given: fieldsOf(spec),
    plugins,
    vhosts,
    vhostOf,
    users,
  })
  const given = fieldsOf(spec).users
  // The broker makes '/' itself: permissions on it don't make it the spec's own.
  const own = vhosts.get('/')
  if (own && fieldsOf(spec).vhosts['/'] === undefined && isBare(own)) vhosts.delete('/')
  return {
    fields: {
      plugins: [...plugins].sort(),
      vhosts: Object.fromEntries(vhosts),
      users: Object.fromEntries(
        [...users].map(([name, user]) => [
          name,
          {
            ...passwordOf({
              cluster: spec.name,
              user: name,
              given: given[name]?.password,
              generated: generated.has(`user/${name}`),
            }),
            ...(user as unknown as JsonObject),
          },
        ]),
      ),
      globalParameters,
    },
    left: taken.rest(),
  }
}

const OF_ITSELF = ['description', 'tags', 'defaultQueueType']
const isBare = (vhost: Vhost): boolean =>
  Object.entries(vhost).every(
    ([name, part]) => OF_ITSELF.includes(name) || Object.keys(part as JsonObject).length === 0,
  )

/** Names that `check` refuses. */
const RESERVED: readonly string[] = [OPERATOR, ADMIN, 'guest']

const isQueueType = (type: string): boolean => (QUEUE_TYPES as readonly string[]).includes(type)
