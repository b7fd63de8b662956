import { describe, expect, test } from 'vitest'
import { document, file, load, only, shown } from './support.ts'

const bytes = (...parts: readonly (string | readonly number[])[]) =>
  new Uint8Array(parts.flatMap((part) => (typeof part === 'string' ? [...new TextEncoder().encode(part)] : part)))

describe('bytes', () => {
  test('a UTF-8 byte order mark is accepted, and does not move columns', () => {
    expect(only(load(bytes([0xef, 0xbb, 0xbf], document('  members: 1')))).fields['members']).toBe(1)
    expect(shown(load(bytes([0xef, 0xbb, 0xbf], 'kind: Kafak')))[0]).toMatch(/^VALUE 1:7 /)
  })

  test.each([
    ['UTF-16LE', [0xff, 0xfe, 0x61, 0x00]],
    ['UTF-16BE', [0xfe, 0xff, 0x00, 0x61]],
  ])('%s is told by its byte order mark', (encoding, mark) => {
    expect(shown(load(bytes(mark)))).toEqual([
      `ENCODING 1:1 mqops.yaml is ${encoding} (byte order mark at byte 0), not UTF-8`,
    ])
  })

  test.each([
    ['a wrong byte', bytes('kind: Kafka\n# ', [0xff], ' x'), '2:3', 'not UTF-8: byte 0xFF at byte position 14'],
    ['behind multibyte text', bytes('# ä', [0xe4], 'x'), '1:4', 'not UTF-8: byte 0xE4 at byte position 4'],
    ['a cut sequence', bytes('# ', [0xe2, 0x82]), '1:3', 'not UTF-8: byte 0xE2 at byte position 2'],
    ['an overlong form', bytes([0xc0, 0x80]), '1:1', 'not UTF-8: byte 0xC0 at byte position 0'],
  ])('%s', (_, given, place, words) => {
    const [failure] = load(given).failures
    expect(failure).toMatchObject({ code: 'MQOPS_SPEC_ENCODING', summary: `mqops.yaml is ${words}` })
    expect(`${failure?.source?.line}:${failure?.source?.column}`).toBe(place)
  })

  test.each([
    ['NUL', 'a: "\0"', 'a NUL byte at byte position 4'],
    ['other controls', '# ä\n\x07', 'the control character U+0007 at byte position 5'],
  ])('%s are refused', (_, text, words) => expect(load(text).failures[0]?.summary).toBe(`mqops.yaml holds ${words}`))

  test('Windows line ends are line ends', () => {
    expect(only(load(document('  members: 1').replaceAll('\n', '\r\n'))).fields['members']).toBe(1)
    const [failure] = load(document('  members: x').replaceAll('\n', '\r\n')).failures
    expect(failure?.source).toMatchObject({ line: 5, column: 12, excerpt: '  members: x\n           ^' })
  })

  test('10 MiB are read, a byte more is not, and 100 MB cost nothing', () => {
    const head = `${document('  members: 1')}# `
    const most = 10 * 1024 ** 2 - head.length
    expect(load(head + 'x'.repeat(most)).failures).toEqual([])
    expect(shown(load(head + 'x'.repeat(most + 1)))).toEqual([
      'TOO_LARGE 1:1 mqops.yaml is too large: 10.0 MiB, at most 10 MiB are read',
    ])
    const before = process.cpuUsage()
    expect(shown(load(new Uint8Array(1e8)))).toEqual([
      'TOO_LARGE 1:1 mqops.yaml is too large: 95.4 MiB, at most 10 MiB are read',
    ])
    expect(process.cpuUsage(before).user).toBeLessThan(100_000)
  })

  test('a file that is none does not stop the others', () => {
    const files = [file(new Uint8Array([0xff]), 'a'), file(document('  zzz: 1'), 'b'), file('', 'c')]
    expect(load(files).failures.map(({ code, source }) => `${source?.file} ${code}`)).toEqual([
      'a MQOPS_SPEC_ENCODING',
      'b MQOPS_SPEC_UNKNOWN_KEY',
      'c MQOPS_SPEC_EMPTY',
    ])
  })
})

describe('what would grow without end', () => {
  const nines = (name: string) => `[${Array(9).fill(name).join(',')}]`
  const laughs = Array.from({ length: 30 }, (_, i) => `a${i}: &a${i} ${nines(i === 0 ? 'x' : `*a${i - 1}`)}`).join('\n')
  const chain = Array.from({ length: 5000 }, (_, i) => `a${i}: &a${i} [${i === 0 ? 'x' : `*a${i - 1}`}]`).join('\n')
  const merges = `b: &b {${Array.from({ length: 2000 }, (_, i) => `k${i}: 1`).join(', ')}}\n${Array.from({ length: 2000 }, (_, i) => `m${i}: { <<: *b }`).join('\n')}`
  const many = (text: string, bytes = 10 * 1024 ** 2) => text.repeat(Math.floor(bytes / text.length))

  test.each([
    ['a billion laughs', laughs, 'BOMB'],
    ['merge keys', merges, 'BOMB'],
    ['a chain of aliases', chain, 'TOO_DEEP'],
    ['[[[[', many('['), 'TOO_DEEP'],
    ['{a: {a: ', many('{a: '), 'TOO_DEEP'],
    ['- - - ', many('- '), 'TOO_DEEP'],
    ['ever deeper keys', Array.from({ length: 3000 }, (_, i) => `${' '.repeat(i)}a:`).join('\n'), 'TOO_DEEP'],
    ['documents', many('---\n'), 'TOO_LARGE'],
    ['closing brackets', many(']\n'), 'SYNTAX'],
    ['an open quote', `"${many('a\n', 1e6)}`, 'SYNTAX'],
    ['open substitutions', document(`  version: "${many('${')}"`, 'a').slice(0, 1e6), 'SYNTAX'],
  ])(
    '%s',
    (_, text, code) => {
      const before = process.cpuUsage()
      const { failures } = load(text)
      expect(failures[0]?.code).toBe(`MQOPS_SPEC_${code}`)
      expect(failures.length).toBeLessThanOrEqual(101)
      expect(process.cpuUsage(before).user / 1000).toBeLessThan(8000)
    },
    30_000,
  )

  test('64 levels are enough, and aliases that are used in moderation', () => {
    const nested = (levels: number) =>
      document(`  topics: { a: { arguments: { x: ${'['.repeat(levels)}${']'.repeat(levels)} } } }`)
    expect(load(nested(58)).failures).toEqual([])
    expect(shown(load(nested(60)))[0]).toMatch(/^TOO_DEEP /)
  })
})
