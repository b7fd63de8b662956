import type { Json, JsonObject } from '../../../model/json.ts'
import type { ForeignItem } from '../../../ports/foreign.ts'
import { given, part, type Reading } from '../../shared/foreign.ts'
import { EXCHANGE_TYPES } from '../fields.ts'
import type { Context } from './context.ts'

export function readExchange(vhost: string, name: string, one: Reading, { plugins }: Context): ForeignItem {
  one.what = `exchange ${name} in ${vhost}`
  const type = one.text('type') ?? 'direct'
  const plugin = Object.hasOwn(EXCHANGE_TYPES, type) ? EXCHANGE_TYPES[type] : null
  if (plugin) plugins.add(plugin)
  const value = given({
    type,
    durable: one.flag('durable') === false ? false : undefined,
    autoDelete: one.flag('auto_delete') || undefined,
    internal: one.flag('internal') || undefined,
    arguments: tableOf(one.table('arguments')),
  })
  one.ignore('name', 'vhost')
  one.leave('policy', 'which policy matches is found by the broker')
  one.end()
  return part(one.what, ['exchanges', name], value, one.at)
}

/** Arguments of classic mirroring and of its time: RabbitMQ 4 has no use for them. */
const OBSOLETE: Readonly<Record<string, string>> = {
  'x-ha-policy': 'RabbitMQ 4 has no mirrored classic queues',
  'x-queue-master-locator': 'RabbitMQ 4 has no masters of queues',
}

export function readQueue(vhost: string, name: string, one: Reading, { vhosts }: Context): ForeignItem {
  one.what = `queue ${name} in ${vhost}`
  const table: Record<string, Json> = { ...one.table('arguments') }
  const said = table['x-queue-type']
  delete table['x-queue-type']
  // Before 3.8 there were no others; and what says none is classic.
  const type = one.text('type') ?? (typeof said === 'string' ? said : 'classic')
  for (const argument of Object.keys(table)) {
    const why = Object.hasOwn(OBSOLETE, argument) ? OBSOLETE[argument] : undefined
    if (why === undefined) continue
    delete table[argument]
    const hint =
      argument === 'x-ha-policy' ? 'Take the type quorum.' : 'x-queue-leader-locator says where new queues are placed.'
    one.note(`"${argument}" is left out: ${why}`, hint, 'arguments', argument)
  }
  for (const size of [table['x-quorum-initial-group-size'], table['x-initial-cluster-size']])
    if (typeof size === 'number' && size <= 5) vhosts.largestGroup = Math.max(vhosts.largestGroup, size)
  const value = given({
    type,
    durable: one.flag('durable') === false ? false : undefined,
    autoDelete: one.flag('auto_delete') || undefined,
    arguments: tableOf(table),
  })
  one.ignore('name', 'vhost')
  one.end()
  return part(one.what, ['queues', name], value, one.at)
}

const tableOf = (table: JsonObject): JsonObject | undefined => (Object.keys(table).length === 0 ? undefined : table)
