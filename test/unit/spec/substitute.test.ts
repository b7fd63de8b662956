import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { substitute } from '../../../src/spec/substitute.ts'
import { document, load, only, shown } from './support.ts'

const topic = (line: string, env = {}) =>
  (only(load(document(`  topics: { a: { ${line} } }`), env)).fields['topics'] as Record<string, unknown>)['a']

describe('${env:NAME}', () => {
  test('is the value; the default serves when it is unset or empty', () => {
    const of = (text: string) => substitute(text, { A: 'x', E: '' })
    expect(of('${env:A}')).toMatchObject({ text: 'x', whole: true })
    expect(of('-${env:A:-y}-${env:E:-z}-${env:E}-${env:NO:-}-')).toMatchObject({ text: '-x-z---', whole: false })
  })

  test('what it holds is text: neither YAML nor a substitution', () => {
    const env = { V: '{ kind: classic }', W: '${env:V}', X: 'a\n    b: {}' }
    const config = only(load(document('  config: { v: "${env:V}", w: "${env:W}", x: "${env:X}" }'), env)).fields[
      'config'
    ]
    expect(config).toEqual({ v: env.V, w: env.W, x: env.X })
  })

  test.each([
    ['"$${env:A}"', '${env:A}'],
    ['"$$${env:A}"', '$${env:A}'],
    ['"$${file:/a:b}"', '${file:/a:b}'],
    ['"$ {env:A} $A $$ {"', '$ {env:A} $A $$ {'],
  ])('%s is %s', (written, text) =>
    expect(only(load(document(`  config: { v: ${written} }`), { A: 'x' })).fields['config']).toEqual({ v: text }),
  )

  test('keys are not substituted', () => {
    expect(only(load(document('  config: { "${env:A}": 1 }'), { A: 'x' })).fields['config']).toEqual({ '${env:A}': 1 })
  })

  test('a scalar that is wholly one gets the type that the field wants', () => {
    const env = { N: '3', T: 'true', D: '1h', V: '4.3' }
    expect(only(load(document('  members: ${env:N}\n  version: ${env:V}'), env))).toMatchObject({
      version: '4.3',
      fields: { members: 3 },
    })
    expect(
      topic('partitions: "${env:N}", compact: "${env:T}", retention: "${env:D}", replicas: "${env:N}"', env),
    ).toMatchObject({
      partitions: 3,
      compact: true,
      retention: 3_600_000,
      replicas: 3,
    })
  })

  test('where both fit, quotes say text', () => {
    const config = only(load(document('  config:\n    a: ${env:N}\n    b: "${env:N}"\n    c: ${env:N}0'), { N: '3' }))
      .fields['config']
    expect(config).toEqual({ a: 3, b: '3', c: '30' })
  })

  test.each([
    ['${env:NO}', 'ENV 5:12 the environment variable NO is not set'],
    ['${env:toString}', 'ENV 5:12 the environment variable toString is not set'],
    ['${NO}', 'ENV 5:12 "${NO}" holds a ${ that is no ${env:NAME} or ${env:NAME:-default}'],
    ['${env:1}', 'ENV 5:12 "${env:1}" holds a ${ that is no ${env:NAME} or ${env:NAME:-default}'],
    ['${env:A', 'ENV 5:12 "${env:A" holds a ${ that is no ${env:NAME} or ${env:NAME:-default}'],
    ['${env:A}', 'TYPE 5:12 spec.members: expected a whole number, got the text of ${env:A}'],
  ])('%s', (written, failure) =>
    expect(shown(load(document(`  members: ${written}`), { A: 'three' }))).toEqual([failure]),
  )

  test('errors do not tell what a variable holds', () => {
    const env = { SECRET: 'hunter2', BIG: 'hunter2 ' }
    const text = document(
      '  memory: "${env:SECRET}"\n  version: "${env:BIG}"\n  topics: { a: { kind: "${env:SECRET}", replicas: "${env:SECRET}" } }',
    )
    const { failures } = load(text, env)
    expect(failures).toHaveLength(4)
    expect(JSON.stringify(failures)).not.toContain('hunter2')
  })
})

describe('for any text', () => {
  test('escaping it keeps it', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('$', '{', '}', 'env:A', ':-', 'x', ' ') }), (text) => {
        expect(
          substitute(
            text.replaceAll('${', () => '$${'),
            {},
          ),
        ).toMatchObject({ is: 'text', text, changed: false })
      }),
    )
  })

  test('the value of a variable comes out as it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (value) => {
        expect(substitute('<${env:A}>', { A: value })).toMatchObject({ text: `<${value}>` })
        expect(only(load(document('  config: { v: "<${env:A}>" }'), { A: value })).fields['config']).toEqual({
          v: `<${value}>`,
        })
      }),
    )
  })
})
