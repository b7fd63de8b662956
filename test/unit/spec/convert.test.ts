import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FORMATS } from '../../../src/cli/definitions.ts'
import type { Json } from '../../../src/model/json.ts'
import { type ConvertedSpec, convertFiles } from '../../../src/spec/index.ts'
import { parseJson } from '../../../src/spec/json-text.ts'
import { createReport } from '../../../src/spec/report.ts'
import { toJson } from '../../../src/spec/tree.ts'
import { convertShape, SHAPES, shapes } from '../../support/shapes.ts'
import { loadReal, realBrokers, realTargets } from './real.ts'

const o = { brokers: realBrokers, targets: realTargets, env: {} }
const file = (text: string, name = 'file.json') => ({ name, folder: '/work', bytes: new TextEncoder().encode(text) })
const convert = (text: string, name?: string, more: { format?: string; names?: readonly string[] } = {}) =>
  convertFiles([file(text, name)], { ...o, format: null, names: [], ...more })
/** 'line:column what: why' of what is not as in the file. */
const notes = (conversion: ReturnType<typeof convertFiles>) =>
  conversion.specs.flatMap(({ left }) =>
    left.map(({ source, what, why }) => `${source.line}:${source.column} ${what}: ${why}`),
  )
const failures = (conversion: ReturnType<typeof convertFiles>) =>
  conversion.failures.map(({ code, source, summary }) => `${code} ${source?.line}:${source?.column} ${summary}`)

describe('shapes of real files', () => {
  it('are at least ten, of every format', () => {
    expect(shapes.length).toBeGreaterThanOrEqual(10)
    const seen = shapes.map((name) => convertShape(name, o).specs[0]?.format)
    expect([...new Set(seen)].toSorted()).toEqual([...FORMATS].toSorted())
    expect(realBrokers.flatMap(({ formats }) => formats.map(({ name }) => name))).toEqual([...FORMATS])
  })

  it.each(shapes)('%s becomes a spec that reads back as it was meant', async (name) => {
    const { specs, failures: wrong } = convertShape(name, o)
    expect([wrong, specs.length]).toEqual([[], 1])
    const [one] = specs
    await expect(one?.text).toMatchFileSnapshot(join(SHAPES, `${name}.golden.yaml`))
    const again = loadReal(one?.text ?? '')
    expect(again.failures).toEqual([])
    const { folder: _, ...meant } = (one as ConvertedSpec).spec
    expect(again.clusters).toMatchObject([meant])
  })

  it('no secret of a file stands in what is written or said', () => {
    for (const name of shapes) {
      const text = JSON.stringify(convertShape(name, o).specs)
      expect(text).not.toMatch(/hunter-two|not-for-a-spec|bm90IGEg/)
    }
  })
})

describe('what is no file of any format', () => {
  it('is said with its place and the formats there are', () => {
    const { specs, failures: wrong } = convert('\n  {"a": 1}')
    expect(specs).toEqual([])
    expect(wrong).toMatchObject([{ code: 'MQOPS_SPEC_FORMAT', source: { line: 2, column: 3 } }])
    for (const format of FORMATS) expect(wrong[0]?.detail).toContain(`${format}: `)
  })

  it.each([
    ['{"queues": [1,]}', 'file.json', 'MQOPS_SPEC_SYNTAX 1:15 JSON: a , stands before this ]'],
    ['{"queues": [', 'file.json', 'MQOPS_SPEC_SYNTAX 1:13 JSON: expected a value, got the end of the text'],
    [
      '{"queues": [1',
      'file.json',
      'MQOPS_SPEC_SYNTAX 1:12 JSON: the ] that closes this is missing: the text ends before it',
    ],
    ['{"queues": "a', 'file.json', 'MQOPS_SPEC_SYNTAX 1:12 JSON: the closing " is missing'],
    ['{"queues": "\\x"}', 'file.json', 'MQOPS_SPEC_SYNTAX 1:12 JSON: a backslash in this text means nothing'],
    ['{"queues" 1}', 'file.json', 'MQOPS_SPEC_SYNTAX 1:11 JSON: expected : after the key, got "1"'],
    ['{queues: []}', 'file.json', 'MQOPS_SPEC_SYNTAX 1:2 JSON: expected a key in double quotes, got "q"'],
    [
      '{"queues": [],\n "queues": []}',
      'file.json',
      'MQOPS_SPEC_DUPLICATE 2:2 the key "queues" is given twice in one map',
    ],
    ['meta:\n  name: a\n bad', 'a.yaml', 'MQOPS_SPEC_SYNTAX 3:1 wrong indentation'],
    ['', 'a.yaml', 'MQOPS_SPEC_EMPTY 1:1 a.yaml holds no document'],
    [' \n', 'a.json', 'MQOPS_SPEC_EMPTY 1:1 a.json holds no document'],
    ['['.repeat(100), 'a.json', 'MQOPS_SPEC_SYNTAX 1:65 JSON: nested deeper than 64 levels'],
  ])('%j', (text, name, wrong) => {
    const conversion = convert(text, name)
    expect(conversion.specs).toEqual([])
    expect(failures(conversion)[0]).toBe(wrong)
  })

  it('another format than the one asked for, and one that there is not', () => {
    const rabbitmq = '{"rabbitmq_version": "4.1.0"}'
    expect(failures(convert(rabbitmq, 'a.json', { format: 'strimzi' }))).toEqual([
      'MQOPS_SPEC_FORMAT 1:1 a.json is of no format that mqops reads',
    ])
    expect(convert(rabbitmq, 'a.json', { format: 'strimz' }).failures).toMatchObject([
      { code: 'MQOPS_USAGE', hint: expect.stringContaining('did you mean strimzi?') },
    ])
  })

  it('a document of another kind beside good ones is left out and told', () => {
    const text =
      'apiVersion: kafka.strimzi.io/v1\nkind: KafkaTopic\nmetadata: { name: a }\nspec: { partitions: 1, replicas: 3 }\n---\nkind: Deployment\n'
    const conversion = convert(text, 'a.yaml')
    expect(conversion.specs[0]?.counts).toEqual({ topic: 1 })
    expect(notes(conversion)).toEqual(['6:1 this document: it is of no format that mqops reads: it is left out'])
  })
})

describe('names', () => {
  const strimzi = (...clusters: readonly string[]) =>
    clusters
      .map(
        (name) =>
          `apiVersion: kafka.strimzi.io/v1\nkind: KafkaTopic\nmetadata: { name: t, labels: { strimzi.io/cluster: ${name} } }\nspec: { partitions: 1 }\n`,
      )
      .join('---\n')

  it('one cluster is called as is said; of several the named ones are taken', () => {
    const called = (clusters: readonly string[], names: readonly string[]) =>
      convert(strimzi(...clusters), 'a.yaml', { names }).specs.map(({ spec }) => spec.name)
    expect(called(['a'], [])).toEqual(['a'])
    expect(called(['a'], ['orders'])).toEqual(['orders'])
    expect(called(['a', 'b'], [])).toEqual(['a', 'b'])
    expect(called(['a', 'b'], ['b'])).toEqual(['b'])
    expect(called(['A_b.C'], [])).toEqual(['a-b-c'])
  })

  it('one that the files do not tell of is an error that names those they do', () => {
    const { failures: wrong } = convert(strimzi('a', 'b'), 'a.yaml', { names: ['c'] })
    expect(wrong).toMatchObject([{ code: 'MQOPS_USAGE', hint: 'They tell of a, b.' }])
  })
})

describe('what the spec refuses', () => {
  it('goes out with what stands on it, and each is told at its place', () => {
    const conversion = convert(`{ "rabbitmq_version": "4.1.0",
"exchanges": [{ "name": "e", "vhost": "/", "type": "x-odd", "durable": true }],
"queues": [{ "name": "q", "vhost": "/", "durable": false, "type": "quorum", "surprise": 1 }],
"bindings": [{ "source": "e", "vhost": "/", "destination": "q", "destination_type": "queue", "routing_key": "" }],
"news": {} }`)
    expect(conversion.specs[0]?.spec.fields['vhosts']).toMatchObject({
      '/': { queues: {}, exchanges: {}, bindings: [] },
    })
    expect(notes(conversion)).toEqual([
      expect.stringMatching(/^2:52 exchange e in \/: left out: type: expected one of direct, /),
      '3:52 queue q in /: left out: durable: a quorum queue is always durable',
      '3:77 queue q in /: "surprise" is left out: it is not known here',
      '4:26 binding e to queue q in /: left out: source: the virtual host "/" has no exchange "e"',
      '5:1 these definitions: "news" is left out: it is not known here',
    ])
  })

  it('of two of one name the first holds, unless the spec refuses it', () => {
    const queue = (more: string) => `{ "name": "q", "vhost": "/", ${more} }`
    const text = (...queues: readonly string[]) => `{ "queues": [\n${queues.join(',\n')}] }`
    const twice = convert(text(queue('"type": "quorum"'), queue('"type": "classic"')))
    expect(twice.specs[0]?.spec.fields['vhosts']).toMatchObject({ '/': { queues: { q: { type: 'quorum' } } } })
    expect(notes(twice)).toEqual(['3:1 queue q in /: left out: it stands at file.json:2:1 already'])
    const second = convert(text(queue('"type": "odd"'), queue('"type": "classic"')))
    expect(second.specs[0]?.spec.fields['vhosts']).toMatchObject({ '/': { queues: { q: { type: 'classic' } } } })
    expect(notes(second)).toHaveLength(1)
  })

  it('wrong types are told, not read', () => {
    const conversion = convert('{ "rabbitmq_version": "4.1.0", "queues": { "a": 1 }, "users": [5] }')
    expect(notes(conversion)).toContain('1:32 these definitions: "queues": expected a list, got a map')
    expect(notes(conversion)).toContain('1:64 a user: expected a map, got the number 5')
  })
})

it('members, storage and memory are as many as the files need', () => {
  const kafka = 'meta: { name: t, cluster: c }\nspec: { partitions: 1, replicationFactor: 5 }\n'
  expect(convert(kafka, 't.yaml').specs[0]?.spec.fields).toMatchObject({ members: 5, topics: { t: { replicas: 5 } } })
  const stream = {
    name: 'S',
    retention: 'limits',
    storage: 'file',
    subjects: ['s'],
    num_replicas: 5,
    max_bytes: 20 * 1024 ** 3,
  }
  const { specs } = convert(JSON.stringify({ config: stream }))
  expect(specs[0]?.spec.fields).toMatchObject({ members: 5, storage: 20 * 1024 ** 3 })
  const [queue] = convert(
    '{ "queues": [{ "name": "q", "type": "quorum", "arguments": { "x-quorum-initial-group-size": 5 } }] }',
  ).specs
  expect(queue?.spec.fields).toMatchObject({ members: 5, vhosts: { '/': { queues: { q: {} } } } })
})

it('10,000 queues with bindings, each of them with something to be told', () => {
  const numbers = Array.from({ length: 10_000 }, (_, i) => i)
  const definitions = {
    rabbitmq_version: '4.1.0',
    exchanges: [{ name: 'e', vhost: '/', type: 'topic', durable: true }],
    queues: numbers.map((i) => ({ name: `q${i}`, vhost: '/', type: 'quorum', arguments: { 'x-ha-policy': 'all' } })),
    bindings: numbers.map((i) => ({
      source: 'e',
      vhost: '/',
      destination: `q${i}`,
      destination_type: 'queue',
      routing_key: `k${i}`,
    })),
  }
  const { specs } = convert(JSON.stringify(definitions))
  expect(specs[0]?.counts).toEqual({ vhost: 1, exchange: 1, queue: 10_000, binding: 10_000 })
  expect(specs[0]?.left).toHaveLength(10_000)
})

describe('JSON with places', () => {
  const read = (text: string) => {
    const report = createReport()
    const trees = parseJson({ name: 'a.json', folder: '/', text, order: 0 }, report)
    return { values: trees?.map((tree) => toJson(tree)), failures: report.failures() }
  }

  it('is what JSON.parse reads, however it is laid out', () => {
    const json = fc.json({ maxDepth: 4 }).filter((text) => !text.includes('__proto__'))
    fc.assert(
      fc.property(json, fc.nat(3), (text, indent) => {
        const value = JSON.parse(text) as Json
        expect(read(JSON.stringify(value, null, indent))).toEqual({ values: [value], failures: [] })
      }),
    )
  })

  it('never throws, and takes nothing that JSON.parse does not', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...'{}[]",:1-e.0tfn\\u a\n'), { maxLength: 20 }), (marks) => {
        const text = marks.join('')
        const { values, failures: wrong } = read(text)
        if (values?.length === 1 && wrong.length === 0) expect(values[0]).toEqual(JSON.parse(text))
      }),
    )
  })

  it('several values, one behind the other', () => {
    expect(read('{"a":1}\n{"a":2} [3]').values).toEqual([{ a: 1 }, { a: 2 }, [3]])
  })
})
