import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { escapeControls, lineWidth, paint, print, truncate, widthOf, wrap } from '../../../src/cli/views/text.ts'

const text = (line: ReturnType<typeof wrap>[number]): string =>
  line.map((span) => (typeof span === 'string' ? span : span.text)).join('')

describe('escapeControls', () => {
  it.each([
    ['\u001b[2J', '\\x1b[2J'],
    ['a\nb\tc\r', 'a\\nb\\tc\\r'],
    ['\u009b31m', '\\x9b31m'],
    ['user\u202etxt', 'user\\u{202e}txt'],
    ['\u2028', '\\u{2028}'],
    ['\ud800', '\\u{d800}'],
    ['日本語 👩‍💻 é', '日本語 👩‍💻 é'],
  ])('%j', (input, shown) => {
    expect(escapeControls(input)).toBe(shown)
  })

  it('whatever is printed, only line breaks and our own colours control the terminal', () => {
    // Cheaper to make than fast-check's own binary strings; controls come often.
    const character = fc.oneof(fc.integer({ min: 0, max: 0xa0 }), fc.integer({ min: 0, max: 0x10ffff }))
    const binary = fc.array(character).map((codes) => String.fromCodePoint(...codes))
    fc.assert(
      fc.property(fc.array(binary, { maxLength: 4 }), fc.integer({ min: 1, max: 60 }), (texts, columns) => {
        const printed = print([texts.map((one) => paint('red', one))], { color: true, columns })
        // oxlint-disable-next-line no-control-regex
        expect(printed.replaceAll(/\u001b\[(31|39)m|\n/g, '')).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\u202a-\u202e]/u)
      }),
    )
  })
})

describe('wrap', () => {
  it('breaks at words, and further rows hang', () => {
    expect(wrap('  one two three four', 10).map(text)).toEqual(['  one two', '    three', '    four'])
  })

  it('breaks wide characters anywhere, by columns', () => {
    expect(wrap('部署并验证集群', 8, 0).map(text)).toEqual(['部署并验', '证集群'])
  })

  it('cuts what has no space', () => {
    expect(wrap('abcdefghij', 4, 0).map(text)).toEqual(['abcd', 'efgh', 'ij'])
  })

  it('no row is wider than the terminal, and no letter is lost', () => {
    const line = fc.array(fc.oneof(fc.string({ unit: 'grapheme' }), fc.constantFrom('群', ' ', 'orders', '👩‍💻')))
    fc.assert(
      fc.property(line, fc.integer({ min: 6, max: 50 }), (spans, columns) => {
        const rows = wrap(spans, columns).map(text)
        for (const row of rows) expect(widthOf(row.trimEnd())).toBeLessThanOrEqual(columns)
        expect(rows.join('').replaceAll(' ', '')).toBe(escapeControls(spans.join('')).replaceAll(' ', ''))
      }),
    )
  })
})

it('truncate counts columns, not letters', () => {
  expect(truncate(['集群名称很长'], 7)).toEqual(['集群名', '…'])
  expect(lineWidth(truncate('abcdefgh', 4))).toBe(4)
  expect(truncate('abcd', 4)).toBe('abcd')
})

it('a word longer than a row ends behind a joint where it can', () => {
  const rows = print(['  nats/consumer/ORDERS/ORDERS/billing'], { color: false, columns: 26 })
  expect(rows).toBe('  nats/consumer/ORDERS/\n    ORDERS/billing\n')
})
