import { describe, expect, it } from 'vitest'
import { brokers } from '../../../src/brokers/registry.ts'
import type { Application } from '../../../src/cli/application.ts'
import { externalTarget } from '../../../src/targets/external/index.ts'
import { referenceOf } from '../../../src/spec/index.ts'
import { loadReal } from '../spec/real.ts'
import { cli } from './support.ts'

const { clusters } = loadReal(`apiVersion: mqops/v1
kind: Kafka
metadata: { name: orders }
spec: { topics: { paid: {} }, users: { shop: {}, audit: {} } }
---
apiVersion: mqops/v1
kind: Nats
metadata: { name: events }
spec: { members: 1, accounts: { A: { users: { app: {} }, streams: { S: { subjects: [s] } } } } }
`)
const asked: string[] = []
const live = async (_: unknown, kind: string) => (asked.push(kind), [`${kind}/created`, `${kind}/paid`])
const app: Partial<Application> = {
  brokers,
  remembered: async () => clusters,
  reference: (kind) =>
    referenceOf(brokers.find((one) => one.kind === kind) as (typeof brokers)[number], [externalTarget]),
  names: live,
}
const complete = async (what: string, current = '', words: readonly string[] = [], more: Partial<Application> = {}) => {
  const { code, out, err } = await cli(['__complete', what, current, ...words], { app: { ...app, ...more } })
  expect([code, err]).toEqual([0, ''])
  return out.split('\n').slice(0, -1)
}

describe('addresses are completed part by part', () => {
  it('clusters, then kinds, and no cluster is asked for them', async () => {
    expect(await complete('resources')).toEqual(['orders/', 'events/'])
    expect(await complete('resources', 'or')).toEqual(['orders/'])
    expect(await complete('resources', 'orders/t')).toEqual(['orders/topic/'])
    expect(asked).toEqual([])
  })

  it('then names, of that kind of that cluster alone', async () => {
    expect(await complete('resources', 'orders/topic/')).toEqual(['orders/topic/created', 'orders/topic/paid'])
    expect(await complete('resources', 'orders/topic/c')).toEqual(['orders/topic/created'])
    expect(asked.splice(0)).toEqual(['topic', 'topic'])
  })

  it('a cluster that does not answer: what the spec names', async () => {
    const names = async () => Promise.reject(new Error('late'))
    expect(await complete('resources', 'orders/topic/', [], { names })).toEqual(['orders/topic/paid'])
  })

  it('patterns are without the cluster, of the one that is named', async () => {
    expect(await complete('patterns', '', ['import', 'events', '--only'])).toContain('stream/')
    expect(await complete('patterns', 'to', ['import', 'events', '--only'])).toEqual([])
    expect(await complete('patterns', 'topic/', ['import', 'orders', '--only'])).toEqual([
      'topic/created',
      'topic/paid',
    ])
    asked.splice(0)
  })

  it.each(['orders/nothing/', 'nobody/topic/', 'orders//', '%'])('%s: nothing, quietly', async (current) => {
    expect(await complete('resources', current)).toEqual([])
  })
})

it('members, users and fields', async () => {
  expect(await complete('members', 'orders/m')).toEqual([1, 2, 3].map((slot) => `orders/member/${slot}`))
  expect(await complete('members', 'e')).toEqual(['events', 'events/member/1'])
  expect(await complete('users', '', ['connect', 'orders', '--user'])).toEqual(['shop', 'audit'])
  expect(await complete('users', '', ['connect', 'events', '--user'])).toEqual(['app'])
  expect(await complete('fields')).toEqual(brokers.map(({ software }) => `${software}.`))
  expect(await complete('fields', 'kafka.top')).toEqual(['kafka.topics'])
  expect(await complete('fields', 'kafka.topics.config.retention.')).toEqual([
    'kafka.topics.config.retention.bytes',
    'kafka.topics.config.retention.ms',
  ])
})

it('the files of -f are read, whichever way it is written', async () => {
  const read: (readonly string[])[] = []
  const load = async (paths: readonly string[]) => (read.push(paths), { clusters, failures: [], sourceOf: () => null })
  for (const words of [['-f', 'a.yaml'], ['--file=a.yaml'], ['--file', '=', 'a.yaml']])
    expect(await complete('clusters', '', ['plan', ...words], { load })).toEqual(['orders', 'events'])
  expect(read).toEqual([['a.yaml'], ['a.yaml'], ['a.yaml']])
})

it('what goes wrong is not told to anybody', async () => {
  const remembered = async () => Promise.reject(new Error('corrupt'))
  expect(await complete('clusters', '', [], { remembered })).toEqual([])
  expect(await complete('nonsense')).toEqual([])
})
