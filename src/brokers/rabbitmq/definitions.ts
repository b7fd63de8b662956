import type { Json, JsonObject } from '../../model/json.ts'
import type { Context } from '../../ports/context.ts'
import { shared } from './pool.ts'
import type { RabbitmqSession } from './session.ts'

/**
 * GET /api/definitions: virtual hosts, users, permissions, policies, parameters, queues and bindings of the whole cluster by one request. It
 * reads the metadata store only: 7,000 queues take 50 ms, a third of their own list, and it answers at once even while
 * a member hangs, which the lists with statistics don't. Left out of it: exclusive queues, internal exchanges and what
 * the broker itself makes.
 */
export type Definitions = {
  readonly vhosts: readonly VhostDefinition[]
  readonly users: readonly UserDefinition[]
  readonly permissions: readonly PermissionDefinition[]
  readonly topic_permissions?: readonly TopicPermissionDefinition[]
  readonly parameters?: readonly ParameterDefinition[]
  readonly global_parameters?: readonly { readonly name: string; readonly value: Json }[]
  readonly policies?: readonly PolicyDefinition[]
  readonly queues: readonly QueueDefinition[]
  readonly bindings: readonly BindingDefinition[]
}
export type VhostDefinition = {
  readonly name: string
  readonly metadata?: {
    readonly description?: string
    readonly tags?: readonly string[]
    readonly default_queue_type?: string
  }
}
export type UserDefinition = {
  readonly name: string
  readonly tags: readonly string[] | string
  readonly limits?: Json // an empty list when there are none
}
export type TopicPermissionDefinition = {
  readonly user: string
  readonly vhost: string
  readonly exchange: string
  readonly write: string
  readonly read: string
}
/** Operator policies and limits of virtual hosts are among them, as components of their own. */
export type ParameterDefinition = {
  readonly vhost: string
  readonly component: string
  readonly name: string
  readonly value: Json
}
export type PolicyDefinition = {
  readonly vhost: string
  readonly name: string
  readonly pattern: string
  readonly 'apply-to': string
  readonly definition: JsonObject
  readonly priority: number
}
export type PermissionDefinition = {
  readonly user: string
  readonly vhost: string
  readonly configure: string
  readonly write: string
  readonly read: string
}
export type QueueDefinition = {
  readonly name: string
  readonly vhost: string
  readonly type?: string
  readonly durable: boolean
  readonly auto_delete: boolean
  readonly arguments: JsonObject
}
export type BindingDefinition = {
  readonly source: string
  readonly vhost: string
  readonly destination: string
  readonly destination_type: 'queue' | 'exchange'
  readonly routing_key: string
  readonly arguments: JsonObject
}

const readers = new WeakMap<RabbitmqSession, (ctx: Context) => Promise<Definitions>>()

/** Everything, read after this call: of 10,000 queues with bindings it is 4 MB, so those who ask at once share it. */
export function definitions(session: RabbitmqSession, ctx: Context): Promise<Definitions> {
  const read =
    readers.get(session) ??
    shared((of) => session.http.get('/api/definitions', of) as Promise<unknown> as Promise<Definitions>)
  readers.set(session, read)
  return read(ctx)
}
