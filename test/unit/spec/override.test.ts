import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Json } from '../../../src/model/json.ts'
import { mergeTrees } from '../../../src/spec/documents.ts'
import type { SpecText } from '../../../src/spec/text.ts'
import { toJson, type Tree } from '../../../src/spec/tree.ts'
import { document, file, load, only, shown } from './support.ts'

describe('a later file', () => {
  const base = file(
    document(`  members: 3
  target: { local: { folder: f } }
  topics:
    a: { partitions: 1, subjects: [x, y], kind: classic }
    b: {}
  users: { u: { password: { secretRef: { env: P } } } }`),
    'base.yaml',
    '/base',
  )

  test('wins: maps are joined, lists, the target and secrets replaced', () => {
    const over = file(
      `apiVersion: mqops/v1
kind: Kafka
metadata: { name: orders, labels: { env: prod } }
spec:
  target: { external: { endpoints: ["h:1"] } }
  topics:
    a: { partitions: 5, subjects: [z] }
    c: { partitions: 2 }
  users: { u: { password: { secretRef: { file: p } } } }`,
      'prod.yaml',
      '/prod',
    )
    expect(only(load([base, over]))).toEqual({
      broker: 'Kafka',
      name: 'orders',
      labels: { env: 'prod' },
      version: '4.3',
      target: { name: 'external', options: { endpoints: ['h:1'] } },
      security: { tls: true },
      folder: '/base',
      fields: {
        members: 3,
        memory: 1024,
        config: {},
        topics: {
          a: { partitions: 5, subjects: ['z'], kind: 'classic' },
          b: { partitions: 1, kind: 'quorum' },
          c: { partitions: 2, kind: 'quorum' },
        },
        users: { u: { password: { secretRef: { file: '/prod/p' } } } },
      },
    })
  })

  test('is named in its errors', () => {
    const over = file(document('  topics: { a: { partitions: x } }'), 'prod.yaml')
    const loaded = load([base, over])
    expect(loaded.failures[0]?.source).toMatchObject({ file: 'prod.yaml', line: 5, column: 30 })
    expect(loaded.sourceOf('orders', ['topics', 'a', 'subjects', 1])).toMatchObject({ file: 'base.yaml', line: 8 })
  })

  test('with another kind is a mistake', () => {
    const loaded = load([base, file(document('  members: 1', 'orders', 'Nats'), 'b.yaml')])
    expect(shown(loaded)).toEqual(['DUPLICATE 3:19 the name "orders" is taken by Kafka'])
    expect(loaded.failures[0]).toMatchObject({ source: { file: 'b.yaml' }, detail: 'first at base.yaml:3:19' })
  })

  test('may come third', () => {
    const over = (n: number) => file(document(`  members: ${n}`), `${n}.yaml`)
    expect(only(load([base, over(5), over(7)])).fields['members']).toBe(7)
  })
})

describe('merging', () => {
  const at = { file: {} as SpecText, offset: 0 }
  const scalar = (value: string): Tree => ({ is: 'scalar', ...at, value })
  const { tree } = fc.letrec<{ tree: Tree }>((tie) => ({
    tree: fc.oneof(
      { maxDepth: 4 },
      fc.constantFrom('1', '2', '3').map(scalar),
      fc
        .array(fc.constantFrom('1', '2').map(scalar), { maxLength: 2 })
        .map((items): Tree => ({ is: 'list', ...at, items })),
      fc.dictionary(fc.constantFrom('a', 'b', 'c', 'secretRef'), tie('tree'), { maxKeys: 3 }).map(
        (map): Tree => ({
          is: 'map',
          ...at,
          entries: new Map(Object.entries(map).map(([key, value]) => [key, { keyAt: at, value }])),
        }),
      ),
    ),
  }))
  const json = (t: Tree): Json => JSON.parse(JSON.stringify(toJson(t))) as Json
  const isMap = (t: Tree) => t.is === 'map'
  const map = tree.filter(isMap)

  test('is associative as long as maps stay maps', () => {
    // A map over a scalar over a map forgets the first one or not, by the order of joining: only (a+b)+c is ever done.
    const sameShape = (a: Tree, b: Tree): boolean =>
      a.is === b.is &&
      (a.is !== 'map' ||
        b.is !== 'map' ||
        [...a.entries].every(([key, { value }]) => {
          const other = b.entries.get(key)
          return other === undefined || sameShape(value, other.value)
        }))
    fc.assert(
      fc.property(map, map, map, (a, b, c) => {
        fc.pre(sameShape(a, b) && sameShape(b, c) && sameShape(a, c))
        expect(json(mergeTrees(mergeTrees(a, b), c))).toEqual(json(mergeTrees(a, mergeTrees(b, c))))
      }),
      { numRuns: 1000 },
    )
  })

  test('with nothing changes nothing, with itself neither; the later wins', () => {
    const empty: Tree = { is: 'map', ...at, entries: new Map() }
    fc.assert(
      fc.property(map, tree, (a, b) => {
        expect(json(mergeTrees(a, empty))).toEqual(json(a))
        expect(json(mergeTrees(empty, a))).toEqual(json(a))
        expect(json(mergeTrees(a, a))).toEqual(json(a))
        expect(json(mergeTrees(mergeTrees(a, b), b))).toEqual(json(mergeTrees(a, b)))
      }),
    )
  })
})
