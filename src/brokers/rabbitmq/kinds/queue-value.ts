import type { JsonObject } from '../../../model/json.ts'
import type { ClusterSpec } from '../../../model/spec.ts'
import { fieldsOf } from '../fields.ts'

export type QueueWant = {
  readonly type: string
  readonly durable: boolean
  readonly autoDelete: boolean
  readonly arguments: JsonObject
}
/**
 * Messages and bytes are counted only where a delete may be planned. `unbound`: bindings noted when it was replaced, and
 * not back yet. `neverLed`: known, but of no use: a declaration of it was cut off.
 */
export type QueueHave = QueueWant & {
  readonly messages?: number
  readonly bytes?: number
  readonly unbound?: number
  readonly neverLed?: true
}

export const settingsOf = ({ type, durable, autoDelete, arguments: table }: QueueWant): QueueWant & JsonObject => ({
  type,
  durable,
  autoDelete,
  arguments: table,
})

export const desired = (spec: ClusterSpec) =>
  Object.entries(fieldsOf(spec).vhosts).flatMap(([vhost, { queues }]) =>
    Object.entries(queues).map(([name, { type, durable, autoDelete, arguments: table }]) => ({
      key: [vhost, name],
      value: { type, durable, autoDelete, arguments: table },
      path: ['vhosts', vhost, 'queues', name],
    })),
  )
