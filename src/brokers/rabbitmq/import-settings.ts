import type { z } from 'zod'
import type { Json, JsonObject } from '../../model/json.ts'
import { isSecretRef, type SecretRef } from '../../model/secret.ts'
import type { SeenResource } from '../../ports/broker.ts'
import { type Taken, variableFor } from '../shared/import.ts'
import { checkCluster, checkParameters, checkPolicies, checkTopicPermissions } from './check-kinds.ts'
import type { RabbitmqFields, UserField, VhostField } from './fields.ts'
import { federationUpstream, federationUpstreamSet, shovel } from './fields-parameters.ts'
import { argument, operatorPolicy, policy, userLimits, vhostLimits } from './fields-policy.ts'
import type { Limits } from './kinds/limits.ts'
import type { ParameterValue } from './kinds/parameter.ts'
import type { TopicPermissionValue } from './kinds/topic-permission.ts'
import type { Put } from './problems.ts'
import { isMasked } from './uris.ts'

/**
 * Import of what is set on virtual hosts and users. Each is judged as a spec's own would be, by the same schemas and
 * checks: what does not pass is left, with the words of the check.
 */

export type ImportedVhost = Record<string, Json> & {
  exchanges: Record<string, JsonObject>
  parameters: Record<string, Record<string, Json>>
}
export type ImportedUser = Record<string, Json> & { topicPermissions: Record<string, Record<string, JsonObject>> }

type Into = {
  readonly cluster: string
  readonly given: RabbitmqFields
  readonly plugins: Set<string>
  readonly vhosts: ReadonlyMap<string, ImportedVhost>
  vhostOf(name: string): ImportedVhost
  readonly users: ReadonlyMap<string, ImportedUser>
}

export function takeSettings(taken: Taken, into: Into): { readonly globalParameters: JsonObject } {
  takeLimits(taken, into)
  takeParameters(taken, into)
  takePolicies(taken, into)
  takeTopicPermissions(taken, into)
  const globalParameters: Record<string, Json> = {}
  for (const one of taken.take('global-parameter')) {
    const [name = ''] = one.key
    const read = readAs(argument, (one.value as { value: Json }).value)
    const why =
      'why' in read
        ? read.why
        : firstOf((put) => checkCluster({ globalParameters: { [name]: read.value }, featureFlags: [] }, put))
    if (why !== null) taken.leave(one, why)
    else globalParameters[name] = (one.value as { value: Json }).value
  }
  taken.take('feature-flag') // as the spec has them
  return { globalParameters }
}

type Read<T> = { readonly value: T } | { readonly why: string }

function readAs<T>(schema: z.ZodType<T>, value: unknown): Read<T> {
  const read = schema.safeParse(value)
  if (read.success) return { value: read.data }
  const [issue] = read.error.issues
  return { why: `a spec of this version can not say it: ${[...(issue?.path ?? []), issue?.message].join(': ')}` }
}

/** The first thing that is wrong, in the words of the check; null: nothing. */
function firstOf(check: (put: Put) => void): string | null {
  const problems: string[] = []
  check((_path, _code, message) => problems.push(message))
  return problems[0] ?? null
}

const VHOST_LIMITS = { 'max-connections': 'maxConnections', 'max-queues': 'maxQueues' }
const USER_LIMITS = { 'max-connections': 'maxConnections', 'max-channels': 'maxChannels' }

function takeLimits(taken: Taken, { vhostOf, users }: Into): void {
  const limits = (one: SeenResource, names: Readonly<Record<string, string>>, schema: z.ZodType): Json | null => {
    const fields = Object.entries(one.value as Limits).map(([name, value]) => [names[name] ?? name, value])
    const read = readAs(schema, Object.fromEntries(fields))
    if ('value' in read) return read.value as Json
    taken.leave(one, read.why)
    return null
  }
  for (const one of taken.take('vhost-limits')) {
    const found = limits(one, VHOST_LIMITS, vhostLimits)
    if (found !== null) vhostOf(one.key[0] as string)['limits'] = found
  }
  for (const one of taken.take('user-limits')) {
    const [name = ''] = one.key
    const user = users.get(name)
    if (!user) {
      taken.leave(one, `the user ${name} is not part of it`)
      continue
    }
    const found = limits(one, USER_LIMITS, userLimits)
    if (found !== null) user['limits'] = found
  }
}

const COMPONENTS: Readonly<Record<string, { readonly schema: z.ZodType; readonly plugin: string }>> = {
  // In this order: a set names upstreams.
  'federation-upstream': { schema: federationUpstream, plugin: 'rabbitmq_federation' },
  'federation-upstream-set': { schema: federationUpstreamSet, plugin: 'rabbitmq_federation' },
  shovel: { schema: shovel, plugin: 'rabbitmq_shovel' },
}

function takeParameters(taken: Taken, into: Into): void {
  const all = taken.take('parameter')
  for (const one of all.filter(({ key }) => !((key[1] as string) in COMPONENTS)))
    taken.leave(one, `mqops does not import parameters of ${one.key[1]} yet`)
  for (const [component, { schema, plugin }] of Object.entries(COMPONENTS))
    for (const one of all.filter(({ key }) => key[1] === component)) {
      const [vhost = '', , name = ''] = one.key
      const value = withReferences(one, into)
      const read = value === null ? { why: LIST_OF_SECRETS } : readAs(schema, value)
      const { parameters } = into.vhostOf(vhost)
      const why = 'why' in read ? read.why : wrongParameter(vhost, component, name, read.value as Json, parameters)
      if (why !== null) taken.leave(one, why)
      else {
        parameters[component] = { ...parameters[component], [name]: value }
        if (![...into.plugins].some((on) => on === plugin || on === `${plugin}_management`)) into.plugins.add(plugin)
      }
    }
}

function wrongParameter(vhost: string, component: string, name: string, value: Json, have: JsonObject): string | null {
  const upstreams =
    component === 'federation-upstream-set' ? { 'federation-upstream': have['federation-upstream'] ?? {} } : {}
  const parameters = { ...upstreams, [component]: { [name]: value } }
  return firstOf((put) => checkParameters(vhost, { parameters } as unknown as VhostField, null, put))
}

const LIST_OF_SECRETS = 'several URIs, of which one holds a password: a spec names one secret for all of a field'

/** Passwords can't be read back: as the spec had it, else a variable to be set. null: no reference can say it. */
function withReferences(one: SeenResource, { cluster, given }: Into): Json | null {
  const [vhost = '', component = '', name = ''] = one.key
  const { value } = one.value as unknown as ParameterValue
  if (Array.isArray(value)) return value
  const parameters = given.vhosts[vhost]?.parameters as unknown as JsonObject | undefined
  const before = (parameters?.[component] as JsonObject | undefined)?.[name] as JsonObject | undefined
  const fields: Record<string, Json> = {}
  for (const [field, text] of Object.entries(value as JsonObject)) {
    const isOne = ['uri', 'src-uri', 'dest-uri'].includes(field)
    const reference = before?.[field]
    if (isOne && isSecretRef(reference)) fields[field] = reference
    else if (isOne && Array.isArray(text) && text.length > 1 && text.some(isMasked)) return null
    else if (isOne && [text].flat().some(isMasked)) fields[field] = uriVariable(cluster, vhost, name, field)
    // What goes through Erlang's terms comes back with every empty table as an empty list.
    else fields[field] = Array.isArray(text) && text.length === 0 ? {} : text
  }
  return fields
}

const uriVariable = (cluster: string, vhost: string, name: string, field: string): SecretRef => ({
  secretRef: { env: variableFor(cluster, ...(vhost === '/' ? [] : [vhost]), name, field) },
})

const POLICIES = {
  policy: { schema: policy, field: 'policies' },
  'operator-policy': { schema: operatorPolicy, field: 'operatorPolicies' },
} as const

function takePolicies(taken: Taken, { vhostOf }: Into): void {
  for (const [kind, { schema, field }] of Object.entries(POLICIES))
    for (const one of taken.take(kind)) {
      const [vhost = '', name = ''] = one.key
      const of = vhostOf(vhost)
      const read = readAs<unknown>(schema, one.value)
      const fields = 'why' in read ? null : { parameters: of.parameters, [field]: { [name]: read.value } }
      const why =
        'why' in read ? read.why : firstOf((put) => checkPolicies(vhost, fields as unknown as VhostField, null, put))
      if (why !== null) taken.leave(one, why)
      else of[field] = { ...(of[field] as JsonObject | undefined), [name]: one.value }
    }
}

function takeTopicPermissions(taken: Taken, { users, vhosts }: Into): void {
  for (const one of taken.take('topic-permission')) {
    const [name = '', vhost = '', exchange = ''] = one.key
    const user = users.get(name)
    const { write, read } = one.value as unknown as TopicPermissionValue
    const alone = {
      users: { [name]: { topicPermissions: { [vhost]: { [exchange]: { write, read } } } } as unknown as UserField },
      vhosts: Object.fromEntries(vhosts),
    } as unknown as RabbitmqFields
    const why = user ? firstOf((put) => checkTopicPermissions(alone, put)) : `the user ${name} is not part of it`
    if (why !== null) taken.leave(one, why)
    else if (user) user.topicPermissions[vhost] = { ...user.topicPermissions[vhost], [exchange]: { write, read } }
  }
}
