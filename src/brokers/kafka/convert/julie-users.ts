import type { ForeignPlace } from '../../../ports/foreign.ts'
import type { Reading } from '../../shared/foreign.ts'

/** Who uses topics in a JulieOps topology, as the rules that JulieOps makes of it (its AclsBindingsBuilder). */

/** Allows it from everywhere; a name that ends with * is a prefix. */
export type Allow = (
  principal: string,
  type: string,
  name: string,
  operations: readonly string[],
  at: ForeignPlace,
) => void

const CLUSTER = 'kafka-cluster'

/** Of a project they are for all its topics, of a topic for it alone. */
export function readConsumers(of: Reading, topics: readonly string[], allow: Allow): void {
  for (const one of of.maps('consumers', `${of.what}, consumers`)) {
    const principal = principalOf(one)
    const group = one.word('group') ?? '*'
    if (principal === null) continue
    for (const topic of topics) allow(principal, 'topic', topic, ['describe', 'read'], one.at)
    if (topics.length > 0) allow(principal, 'group', group, ['read'], one.at)
    one.end()
  }
}

export function readProducers(of: Reading, topics: readonly string[], allow: Allow): void {
  for (const one of of.maps('producers', `${of.what}, producers`)) {
    const principal = principalOf(one)
    if (principal === null) continue
    const transaction = one.word('transactionId')
    const idempotent = one.any('idempotence') !== undefined
    for (const topic of topics) allow(principal, 'topic', topic, ['describe', 'write'], one.at)
    if (topics.length > 0 && transaction !== undefined)
      allow(principal, 'transactionalId', transaction, ['describe', 'write'], one.at)
    if (topics.length > 0 && (transaction !== undefined || idempotent))
      allow(principal, 'cluster', CLUSTER, ['idempotentWrite'], one.at)
    one.end()
  }
}

/** Streams, connectors and ksqlDB applications. */
export function readApplications(prefix: string, project: Reading, allow: Allow): void {
  for (const one of listOf(project, 'streams')) {
    const [principal, own] = [principalOf(one), one.word('applicationId') ?? prefix]
    if (principal === null) continue
    readTopics(one, principal, allow)
    allow(principal, 'topic', `${own}*`, ['all'], one.at)
    allow(principal, 'group', `${own}*`, ['read'], one.at)
    if (one.any('exactlyOnce') === true) allow(principal, 'transactionalId', `${own}*`, ['describe', 'write'], one.at)
    one.end()
  }
  for (const one of listOf(project, 'connectors')) {
    const principal = principalOf(one)
    if (principal === null) continue
    const topics = {
      status_topic: 'connect-status',
      offset_topic: 'connect-offsets',
      configs_topic: 'connect-configs',
    }
    for (const [field, usual] of Object.entries(topics))
      allow(principal, 'topic', one.word(field) ?? usual, ['read', 'write'], one.at)
    allow(principal, 'cluster', CLUSTER, ['create'], one.at)
    allow(principal, 'group', one.word('group') ?? 'connect-cluster', ['read'], one.at)
    readTopics(one, principal, allow)
    one.leave('connectors', 'who may use a connector is kept by Connect, not by Kafka')
    one.ignore('cluster_id')
    one.end()
  }
  for (const one of listOf(project, 'ksql')) {
    const [principal, own] = [principalOf(one), one.word('applicationId') ?? prefix]
    if (principal === null) continue
    readTopics(one, principal, allow)
    for (const type of ['topic', 'group']) allow(principal, type, `${own}*`, ['all'], one.at)
    one.ignore('ksqlDbId')
    one.end()
  }
}

/** Older files have a list, newer ones a map with it in `access_control`, beside what JulieOps deploys itself. */
function listOf(project: Reading, name: string): readonly Reading[] {
  const what = `${project.what}, ${name}`
  if (Array.isArray(project.any(name))) return project.maps(name, what)
  const all = project.map(name, what)
  for (const part of ['artefacts', 'artifacts'])
    all.leave(part, 'what runs in Connect or ksqlDB is no part of a Kafka cluster')
  const found = all.maps('access_control', what)
  all.end()
  return found
}

/** A name that rules are made of; null, and told, where there is none: they would be for something else. */
export function needed(one: Reading, field: string): string | null {
  const word = one.word(field) ?? ''
  if (word === '') one.note(`it has no ${field}: it is left out`)
  return word || null
}

export function principalOf(one: Reading): string | null {
  const principal = needed(one, 'principal')
  if (principal !== null) one.what = `user ${principal.replace(/^User:/, '')}`
  one.leaveAll('metadata', 'metadata of users', 'a spec has no place for it', 'Keep it as a comment.')
  return principal
}

function readTopics(one: Reading, principal: string, allow: Allow): void {
  const topics = one.map('topics')
  for (const operation of ['read', 'write'])
    for (const topic of topics.words(operation)) allow(principal, 'topic', topic, [operation], one.at)
  topics.end()
}
