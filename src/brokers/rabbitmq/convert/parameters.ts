import type { Json } from '../../../model/json.ts'
import { part, type Reading } from '../../shared/foreign.ts'
import { variableFor } from '../../shared/import.ts'
import { holdsPassword } from '../uris.ts'
import type { Context } from './context.ts'
import { readPolicy } from './policies.ts'

const PLUGINS: Readonly<Record<string, string>> = {
  shovel: 'rabbitmq_shovel',
  'federation-upstream': 'rabbitmq_federation',
  'federation-upstream-set': 'rabbitmq_federation',
}

/** Names of shovels' fields before 3.7, which the server still takes (rabbit_shovel_parameters). */
const RENAMED: Readonly<Record<string, string>> = {
  'prefetch-count': 'src-prefetch-count',
  'delete-after': 'src-delete-after',
  'add-forward-headers': 'dest-add-forward-headers',
  'publish-properties': 'dest-publish-properties',
}

const URIS = ['uri', 'src-uri', 'dest-uri']

export function readParameter(vhost: string, one: Reading, context: Context): void {
  const component = one.text('component') ?? ''
  const name = one.text('name') ?? ''
  one.what = `${component} ${name} in ${vhost}`
  one.ignore('vhost')
  if (component === 'operator_policy') {
    const inner = one.map('value')
    one.end()
    return readPolicy(vhost, name, inner, true, context)
  }
  const value = one.any('value') ?? null
  one.end()
  if (component === 'vhost-limits') return context.vhosts.limit(vhost, one.table('value'), one.place('value'))
  const plugin = Object.hasOwn(PLUGINS, component) ? PLUGINS[component] : undefined
  if (plugin === undefined) {
    one.note(
      `a spec has no parameters of the component "${component}": it is left out`,
      `Set it with rabbitmqctl set_parameter -p ${vhost} ${component} ${name} …`,
    )
    return
  }
  const read = Array.isArray(value) ? value : readFields(vhost, component, name, one, context)
  if (read === null) return
  context.plugins.add(plugin)
  context.vhosts.put(vhost, part(one.what, ['parameters', component, name], read, one.place('value')), one.at)
}

function readFields(vhost: string, component: string, name: string, one: Reading, { cluster }: Context): Json | null {
  const fields: Record<string, Json> = {}
  for (const [field, value] of Object.entries(one.table('value'))) {
    const uris = URIS.includes(field) ? [value].flat().filter((uri) => typeof uri === 'string') : []
    if (!uris.some((uri) => holdsPassword(uri)))
      // What goes through Erlang's terms comes back with every empty table as an empty list.
      fields[(component === 'shovel' ? RENAMED[field] : undefined) ?? field] =
        Array.isArray(value) && value.length === 0 ? {} : value
    else if (uris.length > 1) {
      one.note(
        `${field} has several URIs, of which one holds a password: a spec names one secret for all of a field. It is left out`,
        'Leave one URI, or give each node a shovel or upstream of its own.',
        'value',
        field,
      )
      return null
    } else {
      const env = variableFor(cluster, ...(vhost === '/' ? [] : [vhost]), name, field)
      fields[field] = { secretRef: { env } }
      one.note(
        `${field} holds a password, which no spec may`,
        `Put the whole URI into the environment variable ${env}.`,
        'value',
        field,
      )
    }
  }
  return fields
}
