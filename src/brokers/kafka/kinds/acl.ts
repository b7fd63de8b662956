import type { Connection } from '@platformatic/kafka'
import type { JsonObject } from '../../../model/json.ts'
import type { Observed, Outcome } from '../../../model/plan.ts'
import type { Desired } from '../../../model/spec.ts'
import type { ClusterSpec } from '../../../model/spec.ts'
import type { Context } from '../../../ports/context.ts'
import type { Change, Kind, KindItem } from '../../../ports/kind.ts'
import { answerOf, brokerError } from '../errors.ts'
import { type AclEntry, aclResource, kafkaFields } from '../fields.ts'
import { AclOperations, AclPermissionTypes, ResourcePatternTypes, ResourceTypes } from '../acl-numbers.ts'
import { api } from '../protocol.ts'
import type { KafkaSession } from '../session.ts'
import { noAnswer, outcomeOf } from './answers.ts'

/** One rule. Its key is all of it: a rule is there or not, and never changes. */
export type Rule = {
  readonly principal: string // 'User:billing'
  readonly type: string // 'topic', 'group', 'transactionalId', 'cluster' …
  readonly pattern: string // 'literal' | 'prefixed'
  readonly name: string
  readonly permission: string // 'allow' | 'deny'
  readonly operation: string // 'read', 'describeConfigs', 'all'
  readonly host: string
}

const keyOf = (rule: Rule): readonly string[] => [
  rule.principal,
  rule.type,
  rule.pattern,
  rule.name,
  rule.permission,
  rule.operation,
  rule.host,
]

export function ruleOf(key: readonly string[]): Rule {
  const [principal, type, pattern, name, permission, operation, host] = key as [
    string,
    string,
    string,
    string,
    string,
    string,
    string,
  ]
  return { principal, type, pattern, name, permission, operation, host }
}

/** DESCRIBE_CONFIGS <-> describeConfigs: Kafka's names in the spec's spelling. */
const camel = (name: string): string =>
  name.toLowerCase().replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())
const numbers = <T extends Readonly<Record<string, number>>>(table: T) =>
  new Map(Object.entries(table).map(([name, number]) => [camel(name), number as T[keyof T]]))
const names = (table: Readonly<Record<string, number>>) =>
  new Map(Object.entries(table).map(([name, number]) => [number, camel(name)]))
const TYPES = numbers(ResourceTypes)
const PATTERNS = numbers(ResourcePatternTypes)
const OPERATIONS = numbers(AclOperations)
const PERMISSIONS = numbers(AclPermissionTypes)
const [TYPE_NAMES, PATTERN_NAMES, OPERATION_NAMES, PERMISSION_NAMES] = [
  ResourceTypes,
  ResourcePatternTypes,
  AclOperations,
  AclPermissionTypes,
].map(names) as [Map<number, string>, Map<number, string>, Map<number, string>, Map<number, string>]

const ANY = {
  resourceType: ResourceTypes.ANY,
  resourceName: null,
  resourcePatternType: ResourcePatternTypes.ANY,
  principal: null,
  host: null,
  operation: AclOperations.ANY,
  permissionType: AclPermissionTypes.ANY,
}

/** As the protocol wants it: one shape for creating and for the filter that matches exactly this one. */
const wireForm = (rule: Rule) => ({
  resourceType: TYPES.get(rule.type) ?? ResourceTypes.UNKNOWN,
  resourceName: rule.name,
  resourcePatternType: PATTERNS.get(rule.pattern) ?? ResourcePatternTypes.UNKNOWN,
  principal: rule.principal,
  host: rule.host,
  operation: OPERATIONS.get(rule.operation) ?? AclOperations.UNKNOWN,
  permissionType: PERMISSIONS.get(rule.permission) ?? AclPermissionTypes.UNKNOWN,
})

const userOf = ([principal = '']: readonly string[]): readonly (readonly string[])[] => [
  ['user', principal.replace(/^User:/, '')],
]

export const acl: Kind<KafkaSession, Rule & JsonObject, Rule & JsonObject> = {
  name: 'acl',
  action: 'kafka.acl',
  via: 'api',
  readsLate: true,
  maxBatch: 1000,
  after: ['user'],
  needs: userOf,
  // Each user waits for its own rules: with all of them for each, their number would grow by the product.
  standsOn: userOf,
  desired: desiredRules,
  list: listRules,
  diff: (want, have, { address, capabilities }) => {
    if (want && !capabilities.has('acl') && capabilities.size > 0) {
      return {
        code: 'MQOPS_NOT_SUPPORTED',
        summary: 'this cluster has no authorizer, so it has no ACLs',
        address,
        hint: 'Leave users.*.acls out.',
        retryable: false,
      }
    }
    return diffRule(want, have, capabilities.size === 0)
  },
  act: (verb, items, session, ctx) =>
    verb === 'delete' ? deleteRules(items, session, ctx) : createRules(items, session, ctx),
  toSpec: (have) => have,
}

/** Pure: one rule for each operation. 'orders.*' is a prefix, '*' alone is everything (a literal, by Kafka's convention). */
export function desiredRules(spec: ClusterSpec): readonly Desired<Rule & JsonObject>[] {
  return Object.entries(kafkaFields(spec).users).flatMap(([user, { acls }]) =>
    acls.flatMap((entry, i) =>
      rulesOf(`User:${user}`, entry).map((rule) => ({
        key: keyOf(rule),
        value: rule,
        path: ['users', user, 'acls', i],
      })),
    ),
  )
}

function rulesOf(principal: string, entry: AclEntry): readonly Rule[] {
  const { type, name } = aclResource(entry)
  const prefixed = name.length > 1 && name.endsWith('*')
  const pattern = prefixed ? { pattern: 'prefixed', name: name.slice(0, -1) } : { pattern: 'literal', name }
  const permission = entry.allow ? 'allow' : 'deny'
  return (entry.allow ?? entry.deny ?? []).map((operation) => ({
    principal,
    type,
    ...pattern,
    permission,
    operation,
    host: entry.host,
  }))
}

/** Pure. Taking a permission away, or denying, is what clients notice. `fresh`: the cluster is still to be built. */
export function diffRule(want: Rule | undefined, have: Observed<Rule>, fresh: boolean): readonly Change[] {
  if (have.is === 'unknown') return []
  if (have.is === 'absent') {
    if (!want) return []
    const denies = want.permission === 'deny'
    return [
      {
        verb: 'create',
        want: want,
        reads: { is: 'absent' },
        reason: denies ? 'the spec denies it' : 'the spec allows it',
        risk: denies && !fresh ? 'disruptive' : 'safe',
        reversible: true,
        changes: [
          {
            field: want.permission,
            to: `${want.operation} on ${want.type} ${want.name}${want.pattern === 'prefixed' ? '*' : ''}`,
          },
        ],
      },
    ]
  }
  if (want) return []
  const allowed = have.value.permission === 'allow'
  return [
    {
      verb: 'delete',
      want: null,
      reads: have.value,
      reason: `mqops made it and the spec has it no more`,
      risk: allowed ? 'disruptive' : 'safe',
      reversible: true,
      changes: [],
    },
  ]
}

type Listed = readonly (readonly [readonly string[], Observed<Rule & JsonObject>])[]

async function listRules(
  session: KafkaSession,
  scope: readonly (readonly string[])[] | 'all',
  ctx: Context,
): Promise<Listed> {
  let views: readonly ReadonlyMap<string, Rule>[]
  try {
    const ask = (connection: Connection) => api.describeAcls(connection, ANY)
    const answers =
      scope === 'all' ? [await session.call(ask, ctx)] : [...(await session.everyBroker(ask, ctx)).values()]
    views = answers.map(rulesIn)
  } catch (error) {
    const id = brokerError(error)
    if (id !== 'CLUSTER_AUTHORIZATION_FAILED' && id !== 'SECURITY_DISABLED') throw error
    // Not known is not absent; without an authorizer there really are none, and diff says so.
    if (scope === 'all') return []
    return scope.map((key) => [
      key,
      id === 'SECURITY_DISABLED' ? { is: 'absent' } : { is: 'unknown', why: 'this user may not read ACLs' },
    ])
  }
  const present = (rule: Rule) => ({ is: 'present' as const, value: rule, owner: { by: 'nobody' as const } })
  if (scope === 'all')
    return [...(views[0] as ReadonlyMap<string, Rule>).values()].map((rule) => [keyOf(rule), present(rule)])
  return scope.map((key) => {
    const text = JSON.stringify(key)
    const holders = views.filter((view) => view.has(text)).length
    if (holders === 0) return [key, { is: 'absent' }]
    return [
      key,
      holders === views.length
        ? present(ruleOf(key))
        : { is: 'unknown', why: 'not all brokers have heard of the change yet' },
    ]
  })
}

type Described = Awaited<ReturnType<typeof api.describeAcls>>

const rulesIn = ({ resources }: Described): ReadonlyMap<string, Rule> =>
  new Map(
    resources.flatMap((resource) =>
      resource.acls.map((one): [string, Rule] => {
        const rule = {
          principal: one.principal,
          type: TYPE_NAMES.get(resource.resourceType) ?? 'unknown',
          pattern: PATTERN_NAMES.get(resource.resourcePatternType) ?? 'unknown',
          name: resource.resourceName,
          permission: PERMISSION_NAMES.get(one.permissionType) ?? 'unknown',
          operation: OPERATION_NAMES.get(one.operation) ?? 'unknown',
          host: one.host,
        }
        return [JSON.stringify(keyOf(rule)), rule]
      }),
    ),
  )

type Items = readonly KindItem<Rule & JsonObject>[]

async function createRules(items: Items, session: KafkaSession, ctx: Context): Promise<readonly Outcome[]> {
  const creations = items.map((item) => wireForm(ruleOf(item.key)))
  const answer = await session.call((connection) => answerOf(api.createAcls(connection, creations)), ctx)
  return items.map((_, i) => (answer.results[i] ? outcomeOf(answer.results[i]) : noAnswer))
}

async function deleteRules(items: Items, session: KafkaSession, ctx: Context): Promise<readonly Outcome[]> {
  const filters = items.map((item) => wireForm(ruleOf(item.key)))
  const answer = await session.call((connection) => answerOf(api.deleteAcls(connection, filters)), ctx)
  return items.map((_, i) => (answer.filterResults[i] ? outcomeOf(answer.filterResults[i]) : noAnswer))
}
