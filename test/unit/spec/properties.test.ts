import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { stringify } from 'yaml'
import { address, parseAddress, printAddress } from '../../../src/model/address.ts'
import { parseText, printText, type Text } from '../../../src/model/secret.ts'
import { parseDuration, parseSize, printDuration, printSize } from '../../../src/model/units.ts'
import { document, file, load, only } from './support.ts'

const anyText = fc.string({ unit: 'binary' })

describe('no text crashes the loader', { timeout: 60_000 }, () => {
  const sane = (text: string) => {
    const { failures, clusters } = load(text)
    expect(failures.length > 0 || clusters.length > 0).toBe(true)
    for (const { code, summary, source } of failures) {
      expect(code).toMatch(/^MQOPS_SPEC_[A-Z_]+$/)
      // oxlint-disable-next-line no-control-regex
      expect(summary).not.toMatch(/[\0-\x1f\x7f]/)
      if (code === 'MQOPS_SPEC_MORE') continue
      expect(source?.line).toBeGreaterThan(0)
      expect(source?.column).toBeGreaterThan(0)
      if (source?.excerpt !== undefined) expect(source.excerpt.split('\n')).toHaveLength(2)
    }
  }

  const piece = fc.constantFrom(
    ...[
      'a',
      'spec',
      'topics',
      '<<',
      '__proto__',
      'constructor',
      '"',
      "'",
      ':',
      ': ',
      ' ',
      '  ',
      '\n',
      '\n  ',
      '\n    ',
      '- ',
      '? ',
      '#',
      '{',
      '}',
      '[',
      ']',
      ',',
    ],
    ...[
      '&a ',
      '*a',
      '!',
      '!!str ',
      '!!int ',
      '!x ',
      '|',
      '>',
      '|2-',
      '%YAML 1.1\n',
      '%TAG ! x\n',
      '---\n',
      '...\n',
      '\t',
      '\r\n',
      '${env:A}',
      '${',
      '$${',
      '1',
      '0x',
      '.inf',
      '~',
      'é',
      '\u{1f600}',
      '\u2028',
      '\ufeff',
    ],
  )

  test('random bytes', () => fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => void load(bytes))))
  test('random text', () => fc.assert(fc.property(anyText, sane), { numRuns: 500 }))
  test('what looks like YAML', () =>
    fc.assert(fc.property(fc.string({ unit: piece, maxLength: 60 }), sane), { numRuns: 1000 }))
  test('the same inside a document', () =>
    fc.assert(
      fc.property(fc.string({ unit: piece, maxLength: 40 }), (text) => sane(document(`  ${text}`))),
      { numRuns: 1000 },
    ))
  test('a spec with a piece broken', () => {
    const good = document(
      '  members: 3\n  topics:\n    a: &a { partitions: 2, subjects: [x] }\n    b: *a\n  users: { u: { password: { secretRef: { env: P } } } }',
    )
    fc.assert(
      fc.property(fc.nat(good.length), fc.nat(5), fc.oneof(piece, anyText), (at, length, text) =>
        sane(good.slice(0, at) + text + good.slice(at + length)),
      ),
      { numRuns: 1000 },
    )
  })
  test('any JSON for a spec', () =>
    fc.assert(
      fc.property(fc.json(), (json) => sane(document(`  ${json}`))),
      { numRuns: 500 },
    ))
  test('any names of files', () =>
    fc.assert(
      fc.property(anyText, anyText, (name, text) => void load([file(text, name), file(document('  x: 1'), name)])),
    ))
})

describe('parse(print(x)) = x', { timeout: 60_000 }, () => {
  test('addresses', () => {
    fc.assert(
      fc.property(anyText, anyText, fc.array(anyText, { maxLength: 4 }), (cluster, kind, key) => {
        const wellFormed = (text: string) => text.toWellFormed()
        const given = address(wellFormed(cluster), wellFormed(kind), ...key.map(wellFormed))
        expect(parseAddress(printAddress(given))).toEqual(given)
        expect(printAddress(given)).not.toMatch(/\s/)
      }),
      { numRuns: 1000 },
    )
  })

  test('no text crashes the address parser, and what it reads it prints the same', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('/', '%', '2', 'F', 'a', ' ', 'é', '%25', '%2F') }), (text) => {
        const read = parseAddress(text)
        if (read) expect(parseAddress(printAddress(read))).toEqual(read)
      }),
      { numRuns: 1000 },
    )
  })

  test('durations and sizes', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), (n) => {
        expect(parseDuration(printDuration(n))).toBe(n)
        expect(parseSize(printSize(n))).toBe(n)
      }),
      { numRuns: 1000 },
    )
    fc.assert(
      fc.property(fc.nat(10_000), fc.constantFrom(1, 1000, 60_000, 3_600_000, 86_400_000), (n, unit) => {
        expect(parseDuration(printDuration(n * unit))).toBe(n * unit)
      }),
    )
    fc.assert(
      fc.property(fc.nat(1000), fc.nat(4), (n, power) => {
        expect(parseSize(printSize(n * 1024 ** power))).toBe(n * 1024 ** power)
      }),
    )
  })

  test('secret text', () => {
    const name = fc.string({ unit: fc.constantFrom(...'abzAZ09_-./'), minLength: 1 })
    const hole = fc
      .record(
        {
          secretRef: fc.oneof(
            name.map((env) => ({ env })),
            name.map((file) => ({ file })),
            name.map((generated) => ({ generated })),
          ),
          as: fc.constant('bcrypt'),
          salt: name,
        },
        { requiredKeys: ['secretRef'] },
      )
      .filter(({ as, salt }) => salt === undefined || as !== undefined)
    // Neighbouring plain parts are one when read again, and empty ones none.
    const plain = fc
      .string({ unit: fc.constantFrom('a', '$', '{', '}', '|', ':', '\n', ' '), minLength: 1 })
      .filter((text) => !text.includes('${'))
    const text = fc.array(fc.tuple(plain, hole), { maxLength: 4 }).map((pairs): Text => pairs.flat())
    fc.assert(
      fc.property(text, (given) => {
        expect(parseText(printText(given))).toEqual(given)
      }),
      { numRuns: 1000 },
    )
  })

  test('specs: written as YAML they are read the same', () => {
    const name = fc
      .oneof(
        anyText,
        fc.constantFrom(
          'constructor',
          'toString',
          '1',
          '0x1',
          'true',
          'null',
          '~',
          '- a',
          '#',
          'a: b',
          ' ',
          '!x',
          '*a',
        ),
      )
      .filter((key) => isYaml(key) && key !== '' && key !== '__proto__')
    const value = fc.string({ unit: 'binary' }).filter(isYaml)
    const topic = fc.record(
      {
        partitions: fc.integer({ min: 1, max: 10_000 }),
        replicas: fc.constantFrom(1, 3),
        compact: fc.boolean(),
        subjects: fc.array(
          value.filter((text) => text !== ''),
          { maxLength: 3 },
        ),
        kind: fc.constantFrom('quorum', 'classic'),
        arguments: fc.dictionary(
          name,
          fc.oneof(
            value,
            fc.integer(),
            fc.boolean(),
            fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e6, max: 1e6 }),
          ),
        ),
      },
      { requiredKeys: ['partitions', 'kind'] },
    )
    const spec = fc.record({
      members: fc.integer({ min: 3, max: 9 }),
      memory: fc.nat(),
      config: fc.dictionary(name, fc.oneof(value, fc.integer(), fc.boolean())),
      topics: fc.dictionary(name, topic),
      users: fc.dictionary(name, fc.record({ password: fc.constant({ secretRef: { env: 'P' } }) })),
    })
    const escape = (text: string) => text.replaceAll('${', () => '$${')
    fc.assert(
      fc.property(spec, fc.constantFrom('BLOCK', 'FLOW'), (fields, style) => {
        const escaped = JSON.parse(JSON.stringify(fields), (_, v: unknown) =>
          typeof v === 'string' ? escape(v) : v,
        ) as unknown
        const text = stringify(
          { apiVersion: 'mqops/v1', kind: 'Kafka', metadata: { name: 'a' }, spec: escaped },
          { collectionStyle: style === 'FLOW' ? 'flow' : 'block', version: '1.2' },
        )
        // -0 and 0 are one number in YAML.
        expect(JSON.stringify(only(load(text)).fields)).toBe(
          JSON.stringify(
            only(
              load(JSON.stringify({ apiVersion: 'mqops/v1', kind: 'Kafka', metadata: { name: 'a' }, spec: escaped })),
            ).fields,
          ),
        )
        expect(only(load(text)).fields).toEqual(JSON.parse(JSON.stringify(fields)))
      }),
      { numRuns: 300 },
    )
  })
})

/** Characters that may stand in a YAML file as they are; others are written as escapes, which `stringify` leaves to JSON. */
// oxlint-disable-next-line no-control-regex
const isYaml = (text: string) =>
  text.isWellFormed() && !/[\0-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]/.test(text)
