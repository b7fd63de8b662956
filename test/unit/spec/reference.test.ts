import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { MUTABILITIES } from '../../../src/ports/broker.ts'
import { allFields, printValue, referenceFiles, referenceOf } from '../../../src/spec/index.ts'
import { documentSchema } from '../../../src/spec/schema.ts'
import { realBrokers, realTargets } from './real.ts'
import { parse } from 'yaml'

const folder = join(import.meta.dirname, '../../../docs/reference')
const rootOf = (broker: (typeof realBrokers)[number]) => referenceOf(broker, realTargets)

test('docs/reference is what npm run reference writes', () => {
  const files = referenceFiles(realBrokers, rootOf)
  expect(readdirSync(folder).toSorted(), 'run: npm run reference').toEqual(Object.keys(files).toSorted())
  for (const [name, text] of Object.entries(files))
    expect(readFileSync(join(folder, name), 'utf8') === text, `${name} is not current: npm run reference`).toBe(true)
})

describe.each(realBrokers.map((broker) => [broker.kind, broker] as const))('fields of %s', (_, broker) => {
  const root = rootOf(broker)

  test('each says what it is, and how it can change', () => {
    for (const field of allFields(root).slice(1)) {
      expect(field.description, field.path.join('.')).toBeTruthy()
      expect(MUTABILITIES, field.path.join('.')).toContain(field.mutability)
    }
  })

  test('each has an example that the schema takes, also as it is printed', () => {
    const schema = documentSchema(broker, realTargets)
    const head = { apiVersion: 'mqops/v1', kind: broker.kind, metadata: { name: 'a' } }
    for (const field of root.children.find((one) => one.path[0] === 'spec')?.children ?? []) {
      const name = field.path[1] as string
      const printed = parse(`{ ${name}: ${printValue(field.example)} }`) as object
      const read = schema.safeParse({ ...head, spec: printed })
      expect(read.success ? null : z.prettifyError(read.error), `${name}: ${printValue(field.example)}`).toBeNull()
    }
    for (const { path, example } of allFields(root))
      expect(parse(`{ a: ${printValue(example)} }`), path.join('.')).toEqual({ a: example })
  })

  test("the broker's own documentation is named for each resource", () => {
    const linked = new Set(allFields(root).flatMap(({ link }) => (link === null ? [] : [new URL(link).protocol])))
    expect([...linked]).toEqual(['https:'])
  })
})

test('what is said of a map holds inside it, unless said otherwise', () => {
  const kafka = allFields(rootOf(realBrokers.find((one) => one.kind === 'Kafka') as (typeof realBrokers)[number]))
  const of = (path: string) => kafka.find((field) => field.path.join('.') === path)
  expect(of('spec.topics.partitions')).toMatchObject({
    mutability: 'grows',
    fallback: '1',
    type: 'whole number from 1 to 10000',
  })
  expect(of('spec.topics.config')?.keys['retention.ms']).toEqual({
    type: 'long, at least -1',
    default: '604800000',
    link: 'https://kafka.apache.org/documentation/#topicconfigs_retention.ms',
  })
  const rabbit = allFields(rootOf(realBrokers.find((one) => one.kind === 'RabbitMQ') as (typeof realBrokers)[number]))
  const keys = (path: string) => rabbit.find((field) => field.path.join('.') === path)?.keys ?? {}
  expect(keys('spec.vhosts.queues.arguments')['x-max-length']).toEqual({
    type: 'a whole number, 0 or more',
    about: 'Messages that are ready at most (quorum, classic)',
    link: 'https://www.rabbitmq.com/docs/maxlength',
  })
  expect(keys('spec.vhosts.policies.definition')).toHaveProperty(['federation-upstream-set'])
  expect(keys('spec.vhosts.operatorPolicies.definition')).toHaveProperty(['max-length'])
  expect(keys('spec.vhosts.operatorPolicies.definition')).not.toHaveProperty(['federation-upstream-set'])
  expect(of('spec.target.external.endpoints')).toMatchObject({ mutability: 'live', required: true })
  expect(of('spec.target.local.folder')?.mutability).toBe('fixed')
  expect(of('spec.memory')).toMatchObject({ type: 'size', fallback: '256MiB', mutability: 'restart' })
})
