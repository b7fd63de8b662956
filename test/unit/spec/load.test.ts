import { describe, expect, test } from 'vitest'
import { document, load, only, shown } from './support.ts'

describe('a document', () => {
  test('is normalised: defaults filled, units resolved, secrets still references', () => {
    const text = document(`  version: "4.2"
  memory: 2KiB
  topics:
    a.b: { partitions: 2, retention: 1h30m, arguments: { x: [1, { y: null }] } }
    2024: {}
    constructor: { replicas: 3 }
    "0": { kind: classic }
  users: { u: { password: { secretRef: { env: P } } } }`)
    expect(only(load(text))).toEqual({
      broker: 'Kafka',
      name: 'orders',
      labels: {},
      version: '4.2',
      target: { name: 'local', options: {} },
      security: { tls: true },
      folder: '/work',
      fields: {
        members: 3,
        memory: 2048,
        config: {},
        topics: {
          'a.b': { partitions: 2, retention: 5_400_000, kind: 'quorum', arguments: { x: [1, { y: null }] } },
          '2024': { partitions: 1, kind: 'quorum' },
          constructor: { partitions: 1, replicas: 3, kind: 'quorum' },
          '0': { partitions: 1, kind: 'classic' },
        },
        users: { u: { password: { secretRef: { env: 'P' } } } },
      },
    })
  })

  test('needs no spec: everything has a default', () => {
    expect(only(load('apiVersion: mqops/v1\nkind: Nats\nmetadata: { name: n, labels: { env: prod } }'))).toMatchObject({
      broker: 'Nats',
      version: '4.3',
      labels: { env: 'prod' },
      fields: { members: 3 },
    })
  })

  test.each([
    ['on', true],
    ['off', false],
    ['true', true],
    ['false', false],
    ['"on"', true],
  ])('takes tls: %s', (written, tls) => {
    expect(only(load(document(`  security: { tls: ${written} }`))).security).toEqual({ tls })
  })

  test('reads anchors, aliases and merge keys; own keys win, then the earlier of several', () => {
    const text = document(`  topics:
    a: &a { partitions: 2, kind: classic }
    b: &b { partitions: 3, compact: true }
    c: *a
    d: { <<: [*a, *b], kind: quorum }`)
    expect(only(load(text)).fields['topics']).toMatchObject({
      c: { partitions: 2, kind: 'classic' },
      d: { partitions: 2, compact: true, kind: 'quorum' },
    })
  })

  test('secret files stand against the folder of the file that names them', () => {
    const text = document(
      '  users: { a: { password: { secretRef: { file: ../keys/./a } } }, b: { password: { secretRef: { file: /b } } } }',
    )
    expect(only(load(text)).fields['users']).toEqual({
      a: { password: { secretRef: { file: '/keys/a' } } },
      b: { password: { secretRef: { file: '/b' } } },
    })
  })

  test('several in a file, empty ones between, in file order', () => {
    const { clusters, failures } = load(
      `---\n${document('', 'b').replace('spec:\n', '')}---\n---\n# nothing\n---\n${document('  members: 1', 'a')}`,
    )
    expect(failures).toEqual([])
    expect(clusters.map(({ name }) => name)).toEqual(['b', 'a'])
  })

  test('sourceOf finds what stands in the file, else what is nearest', () => {
    const loaded = load(document('  topics:\n    a: { partitions: 2 }'))
    expect(loaded.sourceOf('orders', ['topics', 'a', 'partitions'])).toEqual({
      file: 'mqops.yaml',
      line: 6,
      column: 22,
      excerpt: `    a: { partitions: 2 }\n${' '.repeat(21)}^`,
    })
    expect(loaded.sourceOf('orders', ['topics', 'a', 'replicas'])).toMatchObject({ line: 6, column: 5 })
    expect(loaded.sourceOf('orders', ['users', 'x'])).toMatchObject({ line: 4, column: 1 })
    expect(loaded.sourceOf('nobody', [])).toBeNull()
  })

  test('16,000 topics cost time in proportion', () => {
    const topics = Array.from({ length: 16_000 }, (_, i) => `    orders.${i}: { partitions: 12, replicas: 3 }`)
    const before = process.cpuUsage()
    expect(
      Object.keys(only(load(document(`  topics:\n${topics.join('\n')}`))).fields['topics'] as object),
    ).toHaveLength(16_000)
    // About 0.6 s of one core when nothing else runs; anything quadratic takes minutes.
    expect(process.cpuUsage(before).user / 1000).toBeLessThan(8000)
  }, 60_000)
})

describe('names', () => {
  const named = (name: string) => shown(load(`apiVersion: mqops/v1\nkind: Kafka\nmetadata: { name: ${name} }`))

  test.each(['a', '0', 'orders-1', 'a'.repeat(40)])('%s is one', (name) =>
    expect(named(JSON.stringify(name))).toEqual([]),
  )
  test.each(['', 'A', 'a.b', '-a', 'a-', 'ä', 'a'.repeat(41), '../x', 'a\nb', 'a b'])('%j is none', (name) => {
    expect(named(JSON.stringify(name))).toEqual([
      'VALUE 3:19 metadata.name: a name has 1 to 40 characters: lower case letters, digits and -, which neither begins nor ends it',
    ])
  })

  test('are unique across brokers', () => {
    const loaded = load(`${document('  members: 1')}---\n${document('  members: 1', 'orders', 'Nats')}`)
    expect(shown(loaded)).toEqual(['DUPLICATE 9:19 the name "orders" is taken by Kafka'])
    expect(loaded.failures[0]?.detail).toBe('first at mqops.yaml:3:19')
    expect(loaded.clusters).toEqual([])
  })

  test('are given once in one file', () => {
    const loaded = load(`${document('  members: 1')}---\n${document('  members: 1')}`)
    expect(shown(loaded)).toEqual(['DUPLICATE 9:19 the name "orders" is taken by another Kafka'])
    expect(loaded.failures[0]?.detail).toBe('first at mqops.yaml:3:19')
  })

  test('previousName, which nothing acts on yet, is no key', () =>
    expect(shown(load('apiVersion: mqops/v1\nkind: Kafka\nmetadata: { name: a, previousName: b }\n'))).toEqual([
      'UNKNOWN_KEY 3:22 metadata: unknown key "previousName"',
    ]))
})
