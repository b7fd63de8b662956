import type { Json } from '../../../model/json.ts'
import type { ForeignCluster, ForeignDocument, ForeignFormat, ForeignItem } from '../../../ports/foreign.ts'
import { hasKeys, mapOf, Notes, part, Reading, textOf } from '../../shared/foreign.ts'
import { CANARY_VHOST, isBrokersParameter, isBuiltInExchange, LEASE_QUEUE } from '../names.ts'
import { ADMIN, OPERATOR } from '../nodes.ts'
import type { Context } from './context.ts'
import { readExchange, readQueue } from './queues.ts'
import { readParameter } from './parameters.ts'
import { readPolicy } from './policies.ts'
import { Users } from './users.ts'
import { Vhosts } from './vhosts.ts'

const MARKS = ['rabbit_version', 'rabbitmq_version', 'rabbitmq_definition_format']
const LISTS = ['vhosts', 'queues', 'exchanges', 'bindings', 'permissions', 'topic_permissions']
/** What the export says of itself. */
const BOOKKEEPING = [...MARKS, 'product_name', 'product_version', 'explanation', 'original_cluster_name']

/**
 * Definitions as `rabbitmqctl export_definitions` and the management API write them, of a whole broker or of one virtual
 * host; exports of 3.x and 4.x, and files written by hand for `load_definitions`.
 * Source: rabbit_definitions:all_definitions/0, RabbitMQ 4.3.6, and exports of it.
 */
export const definitions: ForeignFormat = {
  name: 'rabbitmq-definitions',
  about: 'JSON with queues, exchanges, bindings …, as rabbitmqctl export_definitions writes it',
  recognises: (value) =>
    MARKS.some((name) => hasKeys(value, name)) || LISTS.some((name) => Array.isArray(mapOf(value)[name])),
  convert: (documents, o) => [convert(documents, o.name)],
}

function convert(documents: readonly ForeignDocument[], called: string | null): ForeignCluster {
  const notes = new Notes()
  const name = documents.map(({ value }) => nameIn(value)).find((one) => one !== null) ?? null
  const cluster = called ?? name ?? 'rabbitmq'
  const plugins = new Set<string>()
  const vhosts = new Vhosts(notes)
  const users = new Users(cluster, notes)
  const ofMqops = documents.some(({ value }) => parametersIn(value).some(([key]) => key === 'mqops_cluster'))
  const globals: ForeignItem[] = []
  const context = { cluster, notes, vhosts, users, plugins, ofMqops }
  for (const [document, { value }] of documents.entries())
    globals.push(...readDocument(new Reading(value, { document, path: [] }, 'these definitions', notes), context))
  const first = { document: 0, path: [] }
  const groups = vhosts.largestGroup
  return {
    name,
    items: [
      ...(groups > 3 ? [part('the number of members', ['members'], 5, first)] : []),
      ...[...plugins]
        .sort()
        .map((one): ForeignItem => ({ ...part(`plugin ${one}`, ['plugins'], one, first), append: true })),
      ...vhosts.items(),
      ...users.items(),
      ...globals,
    ],
    notes: notes.all,
  }
}

const parametersIn = (value: Json): readonly (readonly [string, Json])[] => {
  const list = mapOf(value)['global_parameters']
  return Array.isArray(list)
    ? list.map((one: Json) => [textOf(mapOf(one)['name']), mapOf(one)['value'] ?? null] as const)
    : []
}

/** What the cluster calls itself; the default, rabbit@HOST, names a node. */
function nameIn(value: Json): string | null {
  const named =
    parametersIn(value).find(([name]) => name === 'cluster_name')?.[1] ?? mapOf(value)['original_cluster_name']
  return typeof named === 'string' && named !== '' && !named.includes('@') ? named : null
}

function readDocument(all: Reading, context: Context): readonly ForeignItem[] {
  const { vhosts, users, ofMqops } = context
  all.ignore(...BOOKKEEPING)
  // The form of one virtual host names it here, and not in each thing.
  const only = onlyVhost(all)
  if (only !== null) {
    vhosts.add(only, all)
    all.ignore('description', 'metadata', 'default_queue_type', 'limits', 'tags', 'tracing', 'original_vhost_name')
  }
  const inVhost = (one: Reading): string => one.text('vhost') ?? only ?? '/'
  const foreign = (one: Reading): boolean => !(ofMqops && inVhost(one) === CANARY_VHOST)
  for (const one of all.maps('vhosts', 'a virtual host')) {
    const name = one.text('name')
    if (name === undefined) one.note('it has no name: it is left out')
    else if (!ofMqops || name !== CANARY_VHOST) vhosts.add(name, one)
    one.ignore('name')
    if (!ofMqops || name !== CANARY_VHOST) one.end()
  }
  for (const one of all.maps('exchanges', 'an exchange').filter(foreign)) {
    const vhost = inVhost(one)
    const name = one.text('name')
    if (name === undefined) one.note('it has no name: it is left out')
    else if (!isBuiltInExchange(name)) vhosts.put(vhost, readExchange(vhost, name, one, context), one.at)
  }
  for (const one of all.maps('queues', 'a queue').filter(foreign)) {
    const vhost = inVhost(one)
    const name = one.text('name')
    if (name === undefined || name === '') one.note('it has no name: it is left out')
    else if (!ofMqops || name !== LEASE_QUEUE) vhosts.put(vhost, readQueue(vhost, name, one, context), one.at)
  }
  for (const one of all.maps('bindings', 'a binding').filter(foreign)) readBinding(inVhost(one), one, context)
  for (const one of all.maps('policies', 'a policy').filter(foreign))
    readPolicy(inVhost(one), one.text('name') ?? '', one, false, context)
  for (const one of all.maps('parameters', 'a parameter').filter(foreign)) readParameter(inVhost(one), one, context)
  const isOwn = (name: string): boolean => ofMqops && [ADMIN, OPERATOR].includes(name)
  for (const one of all.maps('users', 'a user')) if (!isOwn(one.text('name') ?? '')) users.add(one)
  for (const one of all.maps('permissions', 'a permission').filter(foreign))
    if (!isOwn(one.text('user') ?? '')) users.permit(inVhost(one), one)
  for (const one of all.maps('topic_permissions', 'a topic permission').filter(foreign))
    if (!isOwn(one.text('user') ?? '')) users.permitTopics(inVhost(one), one)
  const globals = all.maps('global_parameters', 'a global parameter').flatMap((one): readonly ForeignItem[] => {
    const name = one.text('name') ?? ''
    const value = one.any('value') ?? null
    if (name === 'cluster_tags' && Object.keys(one.table('value')).length > 0)
      one.note('cluster_tags come from rabbitmq.conf: left out', 'config: { cluster_tags.NAME: … } sets each.')
    one.what = `global parameter ${name}`
    one.end()
    return isBrokersParameter(name) ? [] : [part(one.what, ['globalParameters', name], value, one.place('value'))]
  })
  all.end()
  return globals
}

function onlyVhost(all: Reading): string | null {
  const said =
    all.text('original_vhost_name') ?? /^Definitions of virtual host '(.*)'$/.exec(all.text('explanation') ?? '')?.[1]
  if (said !== undefined) return said
  return all.text('rabbitmq_definition_format') === 'single_virtual_host' ? '/' : null
}

function readBinding(vhost: string, one: Reading, { vhosts }: Context): void {
  const source = one.text('source') ?? ''
  const destination = one.text('destination') ?? ''
  const kind = one.text('destination_type') ?? 'queue'
  const routingKey = one.text('routing_key') ?? ''
  one.what = `binding ${source} to ${kind} ${destination} in ${vhost}`
  const table = one.table('arguments')
  one.ignore('properties_key')
  one.end()
  if (!one.has('source')) return one.note('it has no source: it is left out')
  // Every queue is bound to the default exchange by its name, always.
  if (source === '') return
  if (kind !== 'queue' && kind !== 'exchange')
    return one.note(`left out: there are no bindings to a ${kind}`, undefined, 'destination_type')
  const value = {
    source,
    ...(kind === 'exchange' ? { destinationExchange: destination } : { destination }),
    routingKey,
    ...(Object.keys(table).length === 0 ? {} : { arguments: table }),
  }
  vhosts.put(vhost, { ...part(one.what, ['bindings'], value, one.at), append: true }, one.at)
}
