import { Ajv } from 'ajv'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { jsonSchema, starter } from '../../../src/spec/index.ts'
import { examples, loadReal, realBrokers, realTargets } from './real.ts'

const schema = jsonSchema(realBrokers, realTargets) as { definitions: Record<string, object> }
const ajv = new Ajv({ allErrors: true, strict: true, strictTypes: false, formats: { 'date-time': true } })
const validate = ajv.compile(schema)
const accepts = (document: unknown) => validate(document)
const errors = (document: unknown) =>
  accepts(document) ? [] : (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`)

const documents = (text: string) =>
  parseAllDocuments(text)
    .map((document) => document.toJS() as Record<string, unknown>)
    .filter((document) => document !== null)
const kafka = (spec: unknown, more: object = {}) => ({
  apiVersion: 'mqops/v1',
  kind: 'Kafka',
  metadata: { name: 'a' },
  spec,
  ...more,
})

describe('the JSON Schema', { timeout: 60_000 }, () => {
  test('is draft-07, and describes what it names', () => {
    expect(schema).toMatchObject({
      $schema: 'http://json-schema.org/draft-07/schema#',
      properties: { kind: { enum: ['Kafka', 'Nats', 'RabbitMQ'] } },
    })
    expect(ajv.validateSchema(schema)).toBe(true)
    expect(JSON.stringify(schema)).not.toContain('$defs')
    for (const [kind, node] of Object.entries(schema.definitions)) {
      if (!realBrokers.some((broker) => broker.kind === kind)) continue
      const { properties } = (node as { properties: { spec: { properties: Record<string, object> } } }).properties.spec
      for (const key of ['version', 'target', 'security', 'members'])
        expect(properties[key], `${kind} ${key}`).toHaveProperty('description')
    }
  })

  test.each(examples)('accepts %s', (_, text) => {
    for (const document of documents(text)) expect(errors(document)).toEqual([])
  })

  test('of a team file: resources, and nothing of the cluster', () => {
    const team = (spec: unknown, metadata: object = { cluster: 'a' }) => kafka(spec, { metadata })
    expect(errors(team({ topics: { a: { partitions: 1 } } }))).toEqual([])
    for (const wrong of [{ members: 3 }, { target: { local: {} } }, { config: {} }, { version: '4.3' }])
      expect(accepts(team(wrong)), JSON.stringify(wrong)).toBe(false)
    expect(accepts(team({}, { cluster: 'a', name: 'b' }))).toBe(false)
  })

  test('accepts the starters', () => {
    for (const document of documents(starter(realBrokers))) expect(errors(document)).toEqual([])
  })

  test('accepts substitutions where their values may be right', () => {
    const env = { N: '3', V: '4.3', K: '512MiB', T: 'off' }
    const spec = {
      version: '${env:V}',
      members: '${env:N:-3}',
      memory: '${env:K}',
      security: { tls: '${env:T}' },
      topics: { a: { partitions: '${env:N}' } },
    }
    expect(errors(kafka(spec))).toEqual([])
    expect(loadReal(JSON.stringify(kafka(spec)), env).failures).toEqual([])
    expect(accepts(kafka({ members: 'three' }))).toBe(false)
    expect(accepts(kafka({ version: 'newest' }))).toBe(false)
  })

  test('accepts references and units as people write them', () => {
    const spec = {
      memory: '512MiB',
      security: { tls: 'off' },
      config: { 'log.retention.ms': '7d' },
      users: { a: { password: { secretRef: { env: 'A' } } }, b: { password: { secretRef: { file: 'b' } } }, c: {} },
      target: { external: { endpoints: ['h:1'] } },
    }
    expect(errors(kafka(spec))).toEqual([])
  })

  test.each([
    ['no kind', { apiVersion: 'mqops/v1', metadata: { name: 'a' } }],
    ['another kind', kafka({}, { kind: 'Kafak' })],
    ['another version', kafka({}, { apiVersion: 'mqops/v2' })],
    ['no name', kafka({}, { metadata: {} })],
    ['a wrong name', kafka({}, { metadata: { name: 'A b' } })],
    ['a key too many', kafka({}, { zzz: 1 })],
    ['a misspelt key', kafka({ memebers: 3 })],
    ['text for a number', kafka({ members: 'x' })],
    ['too few', kafka({ topics: { a: { partitions: 0 } } })],
    ['a number for text', kafka({ version: 4.3 })],
    ['two targets', kafka({ target: { local: {}, external: { endpoints: ['h:1'] } } })],
    ['no target', kafka({ target: {} })],
    ['an unknown choice', kafka({ users: { u: { mechanism: 'PLAIN' } } })],
    ['a password', kafka({ users: { u: { password: 'hunter2' } } })],
  ])('refuses %s, as the loader does', (_, document) => {
    expect(accepts(document)).toBe(false)
    expect(loadReal(JSON.stringify(document)).failures.length).toBeGreaterThan(0)
  })

  test('refuses any unknown key, anywhere in the examples where the loader knows the keys', () => {
    const all = [...examples.map(([, text]) => text), starter(realBrokers)].flatMap(documents)
    const places = all.flatMap((document) => objectsIn(document).map((path) => ({ document, path })))
    fc.assert(
      fc.property(fc.constantFrom(...places), ({ document, path }) => {
        const changed = structuredClone(document)
        const at = path.reduce<unknown>(
          (value, part) => (value as Record<string | number, unknown>)[part],
          changed,
        ) as Record<string, unknown>
        at['zzz'] = [{ zzz: 1 }]
        const known = loadReal(JSON.stringify(changed)).failures.some(({ code }) => code === 'MQOPS_SPEC_UNKNOWN_KEY')
        if (known) expect(accepts(changed)).toBe(false)
      }),
      { numRuns: 300 },
    )
  })

  test('accepts what the loader accepts, however a good spec is changed', () => {
    const all = [...examples.map(([, text]) => text), starter(realBrokers)].flatMap(documents)
    const places = all.flatMap((document) => leavesIn(document).map((path) => ({ document, path })))
    const values = fc.oneof(
      fc.constantFrom<unknown>(
        0,
        1,
        3,
        1.5,
        -1,
        '',
        'x',
        '7d',
        '512MiB',
        '4.3',
        true,
        false,
        null,
        [],
        {},
        'on',
        'a b',
        '${env:N}',
        '-${env:N}-',
        '$${x}',
      ),
      fc.jsonValue(),
    )
    // Only what the loader takes counts as a run: most changes of a good spec make a bad one.
    fc.assert(
      fc.property(fc.constantFrom(...places), values, ({ document, path }, value) => {
        const changed = structuredClone(document)
        const parent = path
          .slice(0, -1)
          .reduce<unknown>((at, part) => (at as Record<string | number, unknown>)[part], changed) as Record<
          string | number,
          unknown
        >
        parent[path.at(-1) as string] = value
        const { failures } = loadReal(JSON.stringify(changed), { N: '3' })
        fc.pre(failures.length === 0)
        expect(errors(changed)).toEqual([])
      }),
      { numRuns: 40, maxSkipsPerRun: 200 },
    )
  })
})

type Path = readonly (string | number)[]

const childrenOf = (value: unknown): readonly (readonly [string | number, unknown])[] =>
  Array.isArray(value)
    ? value.map((item, index) => [index, item] as const)
    : typeof value === 'object' && value !== null
      ? Object.entries(value)
      : []

function objectsIn(value: unknown, path: Path = []): readonly Path[] {
  const own = typeof value === 'object' && value !== null && !Array.isArray(value) ? [path] : []
  return [...own, ...childrenOf(value).flatMap(([key, inner]) => objectsIn(inner, [...path, key]))]
}

function leavesIn(value: unknown, path: Path = []): readonly Path[] {
  const own = path.length > 0 ? [path] : []
  return [...own, ...childrenOf(value).flatMap(([key, inner]) => leavesIn(inner, [...path, key]))]
}
