import { isIP } from 'node:net'
import type { ClusterSpec, Problem } from '../../model/spec.ts'
import { checkBrokerConfig, checkSingleBrokers } from './check-brokers.ts'
import { checkQuotas } from './check-quotas.ts'
import { checkLags } from './compaction-lags.ts'
import { type AclEntry, aclResource, type KafkaFields, kafkaFields, OPERATIONS_OF } from './fields.ts'
import { GUARD_USER } from './guard-user.ts'
import { checkSetting, type Path, problem } from './check-settings.ts'
import { ownedBecause } from './settings.ts'
import { TOPIC_SETTINGS } from './topic-settings.ts'
import { brokerCount, defaultReplicas, isExternal } from './topology.ts'

/** A smaller heap ends in OutOfMemoryError during start. */
const SMALLEST_HEAP = 128 * 1024 ** 2

/** All that the schema can't say: cross-references, names, limits of the brokers. Pure; every problem at once. */
export function check(spec: ClusterSpec): readonly Problem[] {
  const fields = kafkaFields(spec)
  const brokers = isExternal(spec) ? null : brokerCount(spec)
  return [
    ...checkMembers(spec, fields),
    ...checkBrokerConfig(spec, fields, brokers),
    ...checkSingleBrokers(spec, fields),
    ...checkTopics(fields, brokers),
    ...checkUsers(spec, fields),
    ...checkQuotas(fields.quotas, !isExternal(spec)),
  ]
}

function checkMembers(spec: ClusterSpec, { members, pools, memory }: KafkaFields): readonly Problem[] {
  const found: Problem[] = []
  if (isExternal(spec)) {
    const given = (['members', 'pools'] as const).filter((key) => (key === 'members' ? members : pools) !== undefined)
    return given.map((key) =>
      problem([key], 'EXTERNAL', 'an external cluster has its members already', `Leave ${key} out.`),
    )
  }
  if (members !== undefined && pools !== undefined) {
    found.push(
      problem(
        ['pools'],
        'CONFLICT',
        'members and pools exclude each other',
        'members: N is one pool of broker and controller in one.',
      ),
    )
  }
  if (memory < SMALLEST_HEAP)
    found.push(problem(['memory'], 'VALUE', 'Kafka does not start with less than 128MiB of heap'))
  const all = pools ? Object.entries(pools) : []
  for (const [name, pool] of all) {
    if (new Set(pool.roles).size < pool.roles.length)
      found.push(problem(['pools', name, 'roles'], 'DUPLICATE', 'a role is named twice'))
  }
  const count = (role: 'broker' | 'controller') =>
    pools ? all.reduce((sum, [, pool]) => sum + (pool.roles.includes(role) ? pool.members : 0), 0) : (members ?? 3)
  const at: Path = pools ? ['pools'] : ['members']
  if (count('controller') === 0)
    found.push(problem(at, 'VALUE', 'no pool has the role controller', 'Add { roles: [controller], members: 3 }.'))
  if (count('broker') === 0)
    found.push(problem(at, 'VALUE', 'no pool has the role broker', 'Add { roles: [broker], members: 3 }.'))
  if (count('controller') === 2) {
    found.push(problem(at, 'VALUE', 'two controllers lose their quorum when either is down', 'Use 1 or 3.'))
  }
  return found
}

function checkTopics({ topics, config }: KafkaFields, brokers: number | null): readonly Problem[] {
  const found: Problem[] = []
  const colliding = new Map<string, string>()
  for (const [name, topic] of Object.entries(topics)) {
    const path = ['topics', name]
    const wrongName = topicNameProblem(name)
    if (wrongName !== null) found.push(problem(path, 'NAME', wrongName))
    const other = colliding.get(name.replaceAll('.', '_'))
    if (other !== undefined) {
      found.push(
        problem(
          path,
          'NAME',
          `"${name}" and "${other}" differ only in . and _: their metrics would be the same, and Kafka refuses the second`,
        ),
      )
    }
    colliding.set(name.replaceAll('.', '_'), name)
    if (brokers !== null && topic.replicas !== undefined && topic.replicas > brokers) {
      found.push(
        problem(
          [...path, 'replicas'],
          'VALUE',
          `${topic.replicas} replicas need as many brokers; there are ${brokers}`,
        ),
      )
    }
    for (const [key, value] of Object.entries(topic.config ?? {})) {
      const owned = ownedBecause(key)
      if (owned !== null) found.push(problem([...path, 'config', key], 'OWNED', `${key} can't be set here: ${owned}`))
      else found.push(...checkSetting([...path, 'config', key], key, value, TOPIC_SETTINGS, 'topic'))
    }
    found.push(...checkLags([...path, 'config'], topic.config ?? {}, config ?? {}))
    const replicas = topic.replicas ?? (brokers === null ? null : defaultReplicas(brokers))
    const minimum = Number(topic.config?.['min.insync.replicas'] ?? 1)
    if (replicas !== null && minimum > replicas) {
      found.push(
        problem(
          [...path, 'config', 'min.insync.replicas'],
          'VALUE',
          `no write could ever have ${minimum} copies of ${replicas}`,
        ),
      )
    }
  }
  return found
}

/** Kafka's own rule (org.apache.kafka.common.internals.Topic) and the names that are not for users; null: fine. */
export function topicNameProblem(name: string): string | null {
  if (name === '' || name === '.' || name === '..') return `"${name}" is no topic name`
  if (name.length > 249) return `a topic name has at most 249 characters, this one has ${name.length}`
  if (!/^[A-Za-z0-9._-]+$/.test(name)) return `"${name}": topic names are made of A-Z a-z 0-9 . _ -`
  if (name.startsWith('__')) return `"${name}": names that begin with __ belong to Kafka itself`
  if (name.startsWith('mqops.')) return `"${name}": names that begin with mqops. belong to mqops`
  return null
}

function checkUsers(spec: ClusterSpec, { users }: KafkaFields): readonly Problem[] {
  const found: Problem[] = []
  for (const [name, user] of Object.entries(users)) {
    const path = ['users', name]
    const wrong = userNameProblem(name)
    if (wrong !== null) found.push(problem(path, 'NAME', wrong))
    if (isExternal(spec) && user.password === undefined) {
      found.push(
        problem(
          path,
          'SECRET',
          `user ${name} wants a password: there is nowhere to keep a made-up one for an external cluster`,
          'Add password: { secretRef: { env: NAME } }.',
        ),
      )
    }
    const seen = new Set<string>()
    for (const [i, entry] of user.acls.entries()) found.push(...checkAcl([...path, 'acls', i], entry, seen))
  }
  return found
}

export function userNameProblem(name: string): string | null {
  const [, type] = /^([A-Za-z]+):/.exec(name) ?? []
  if (type !== undefined)
    return `"${name}": a user is named without "${type}:"; the principals of ACLs are users, Kafka's own authorizer knows no other type`
  if (!/^[A-Za-z0-9._@-]{1,128}$/.test(name) || name === '.' || name === '..')
    return `"${name}": user names are made of A-Z a-z 0-9 . _ @ -`
  if (name === GUARD_USER) return `"${name}" is mqops' own`
  if (name === 'admin' || name === 'ANONYMOUS' || /^kafka-\d+$/.test(name))
    return `"${name}" is a super user of the cluster's own`
  return null
}

function checkAcl(path: Path, entry: AclEntry, seen: Set<string>): readonly Problem[] {
  const found: Problem[] = []
  const { type, name } = aclResource(entry)
  const body = name.endsWith('*') ? name.slice(0, -1) : name
  if (type === 'topic' && body !== '' && !/^[A-Za-z0-9._-]+$/.test(body)) {
    found.push(
      problem(
        [...path, type],
        'NAME',
        `"${name}": topic names are made of A-Z a-z 0-9 . _ -`,
        'A * stands at the end only.',
      ),
    )
  } else if (/\p{C}/u.test(name)) {
    found.push(problem([...path, type], 'NAME', `${JSON.stringify(name)} has characters that can't be printed`))
  } else if (body.includes('*')) {
    found.push(problem([...path, type], 'NAME', `"${name}": a * stands at the end only`))
  }
  if (entry.host !== '*' && isIP(entry.host) === 0) {
    found.push(
      problem(
        [...path, 'host'],
        'VALUE',
        `"${entry.host}" is no address: Kafka compares the client's IP address, or * for any`,
      ),
    )
  }
  const permission = entry.allow ? 'allow' : 'deny'
  for (const operation of entry.allow ?? entry.deny ?? []) {
    const valid: readonly string[] = OPERATIONS_OF[type]
    if (operation !== 'all' && !valid.includes(operation)) {
      found.push(
        problem(
          [...path, permission],
          'VALUE',
          `${operation} means nothing on a ${type}`,
          `Use all or ${valid.join(', ')}.`,
        ),
      )
    }
    const same = JSON.stringify([type, name, permission, operation, entry.host])
    if (seen.has(same))
      found.push(problem(path, 'DUPLICATE', `${permission} ${operation} on ${type} ${name} stands here twice`))
    seen.add(same)
  }
  return found
}
