import { describe, expect, test } from 'vitest'
import { check } from '../../../src/brokers/rabbitmq/check.ts'
import { parseTerms } from '../../../src/brokers/rabbitmq/erlang-terms.ts'
import { nodes } from '../../../src/brokers/rabbitmq/nodes.ts'
import { printText } from '../../../src/model/secret.ts'
import { allocationFor, specOf } from './support.ts'

const GOOD = String.raw`%% ours
[
  {rabbit, [{consumer_timeout, 3600000}, {'quoted atom', "a \"string\" ] with %"}, {ratio, 0.4}]},
  {rabbitmq_shovel, [{shovels, [{s, [{source, [{uris, ["amqp://"]}]}, {bin, <<"x">>}, {map, #{a => 1}}]}]}]}
].
`

test('settings by application, and the text between the outer brackets', () => {
  const terms = parseTerms(GOOD)
  expect('settings' in terms && terms.settings).toEqual([
    { application: 'rabbit', key: 'consumer_timeout' },
    { application: 'rabbit', key: 'quoted atom' },
    { application: 'rabbit', key: 'ratio' },
    { application: 'rabbitmq_shovel', key: 'shovels' },
  ])
  expect('body' in terms && terms.body.startsWith('{rabbit,') && terms.body.endsWith('}')).toBe(true)
})

test.each([
  ['', /begin/],
  ['{rabbit, []}.', /begin with "\["/],
  ['[{rabbit, []}]', /end with "\]\."/],
  ['[{rabbit, []}]. [].', /end with/],
  ['[\n{rabbit, [{a, 1}}]}].', /closed by/],
  ['[{rabbit, [{a, 1]}].', /closed by/],
  ['[{rabbit, [{a, "x}]}].', /no Erlang term/],
  ['[{rabbit, [{a, 1},]}].', /missing after/],
  ['[{rabbit, [,{a, 1}]}].', /missing before/],
  ['[{rabbit, [{a, 1} {b, 2}]}].', /comma is missing/],
  ['[{rabbit, [{a b}]}].', /comma is missing/],
  ['[{Rabbit, [{a, 1}]}].', /no Erlang term/],
  ['[{rabbit, {a, 1}}].', /list of settings/],
  ['[{rabbit, [a]}].', /expected \{key, VALUE\}/],
  ['[rabbit].', /expected \{application, VALUE\}/],
])('%j', (text, problem) => {
  expect(parseTerms(text)).toMatchObject({ problem: expect.stringMatching(problem) })
})

test('a problem names its line', () => {
  expect(parseTerms('[\n\n{rabbit, [{a, 1}}]}].')).toMatchObject({ line: 3 })
})

describe('in a spec', () => {
  const problems = (advancedConfig: string) => check(specOf({ advancedConfig })).map((one) => one.message)
  test.each([
    ['[{rabbit, [{tcp_listeners, [5672]}]}].', /"tcp_listeners" of rabbit belongs to mqops/],
    ['[{osiris, [{replication_transport, tcp}]}].', /belongs to mqops/],
    ['[{rabbit, [{a, 1}', /line 1 is no Erlang term/],
  ])('%j', (text, message) => {
    expect(problems(text)).toEqual([expect.stringMatching(message)])
  })

  test('what is good stands in the file, beside what mqops says itself, and can be read again', () => {
    expect(problems(GOOD)).toEqual([])
    const file = (fields: object, tls: boolean) => {
      const spec = { ...specOf(fields), security: { tls } }
      const text = nodes(spec, allocationFor(spec))[0]?.files['advanced.config']?.text
      return text === undefined ? null : printText(text)
    }
    const both = file({ advancedConfig: GOOD }, true) ?? ''
    expect(both).toContain('consumer_timeout')
    expect(both).toContain('replication_transport')
    expect(parseTerms(both.replaceAll("fun erlang:'=/='/2", 'f'))).toHaveProperty('settings')
    expect(file({}, false)).toBeNull()
    expect(file({ advancedConfig: GOOD }, false)).toContain('consumer_timeout')
  })
})
