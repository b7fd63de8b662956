import { describe, expect, test } from 'vitest'
import { document, load, shown } from './support.ts'

/** Failures of one line of `spec:`, which is line 5. */
const of = (line: string, env = {}) => load(document(line), env)

describe('what people read', () => {
  test.each([
    ['  memebers: 3', 'UNKNOWN_KEY 5:3 spec: unknown key "memebers"'],
    ['  members: three', 'TYPE 5:12 spec.members: expected a whole number, got text "three"'],
    ['  members: 2.5', 'TYPE 5:12 spec.members: expected a whole number, got the number 2.5'],
    ['  members: 0', 'VALUE 5:12 spec.members: must be at least 1, got the number 0'],
    ['  members: 10', 'VALUE 5:12 spec.members: must be at most 9, got the number 10'],
    ['  members: ~', 'TYPE 5:12 spec.members: expected a whole number, got nothing'],
    ['  members: [3]', 'TYPE 5:3 spec.members: expected a whole number, got a list'],
    ['  version: 4.10', 'TYPE 5:12 spec.version: expected text, got the number 4.1'],
    ['  version: "4"', 'VALUE 5:12 spec.version: a version reads like "4.3" or "4.3.1"'],
    [
      '  memory: 3 parsecs',
      'VALUE 5:11 spec.memory: "3 parsecs" is not a size: write 512MiB, 1GB or a number of bytes',
    ],
    ['  memory: true', 'TYPE 5:11 spec.memory: expected text or a whole number, got true'],
    ['  topics:', 'TYPE 5:10 spec.topics: expected a map, got nothing'],
    ['  topics: [a]', 'TYPE 5:3 spec.topics: expected a map, got a list'],
    ['  topics: { a: { replicas: 2 } }', 'VALUE 5:28 spec.topics.a.replicas: expected 1 or 3, got the number 2'],
    [
      '  topics: { a: { kind: qorum } }',
      'VALUE 5:24 spec.topics.a.kind: expected one of quorum, classic, got text "qorum"',
    ],
    ['  topics: { a: { compact: yes } }', 'TYPE 5:27 spec.topics.a.compact: expected true or false, got text "yes"'],
    ['  topics: { a: { limits: true } }', 'VALUE 5:26 spec.topics.a.limits: expected false or a map, got true'],
    ['  topics: { a: { limits: { memroy: 1 } } }', 'UNKNOWN_KEY 5:28 spec.topics.a.limits: unknown key "memroy"'],
    [
      '  topics: { a: { limits: { share: 1 } } }',
      'VALUE 5:35 spec.topics.a.limits.share: must be less than 1, got the number 1',
    ],
    ['  topics: { a: { subjects: [x, ""] } }', 'VALUE 5:32 spec.topics.a.subjects[1]: must not be empty'],
    ['  topics: { a: { subjects: [a, b, c, d] } }', 'VALUE 5:18 spec.topics.a.subjects: must have at most 3 items'],
    ['  topics: { "": {} }', 'VALUE 5:13 spec.topics[""]: a name must not be empty'],
    [
      '  topics: { a.b: { partitions: x } }',
      'TYPE 5:32 spec.topics["a.b"].partitions: expected a whole number, got text "x"',
    ],
    [
      '  members: 1\n  topics: { a: { replicas: 3 } }',
      'VALUE 6:28 spec.topics.a.replicas: more replicas than members in "a"',
    ],
    [
      '  users: { u: { password: hunter2 } }',
      'TYPE 5:27 spec.users.u.password: expected a secret by reference, { secretRef: { env: NAME } }, got text',
    ],
    [
      '  users: { u: { password: { secretRef: { env: A, file: b } } } }',
      'VALUE 5:29 spec.users.u.password.secretRef: give exactly one of env, file',
    ],
    ['  target: {}', 'VALUE 5:3 spec.target: give exactly one of local, external'],
    [
      '  target: { local: {}, external: { endpoints: [a] } }',
      'VALUE 5:3 spec.target: give exactly one of local, external',
    ],
    ['  target: { loacl: {} }', 'UNKNOWN_KEY 5:13 spec.target: unknown key "loacl"'],
    ['  target: { external: {} }', 'MISSING 5:13 spec.target.external.endpoints: is missing: expected a list'],
    [
      '  target: { external: { endpoints: [a], user: u } }',
      'TARGET 5:13 spec.target.external: user and password go together',
    ],
    ['  security: { tls: yes }', 'VALUE 5:20 spec.security.tls: expected true, false, on or off, got text "yes"'],
    ['  config: { a: [1] }', 'TYPE 5:13 spec.config.a: expected text, a number, true or false, got a list'],
    ['  config: { a: 9223372036854775807 }', "VALUE 5:16 the number 9223372036854775807 can't be kept exactly"],
    ['  config: { a: .inf }', "VALUE 5:16 the number .inf can't be kept exactly"],
    ['  topics: { a: {}, a: {} }', 'DUPLICATE 5:20 the key "a" is given twice in one map'],
    ['  topics: { __proto__: {} }', "VALUE 5:13 __proto__ can't be a name"],
    ['  topics: { ? [a] : {} }', 'TYPE 5:15 a key must be text, not a map, a list or an unknown alias'],
    ['  members: !mine 3', 'TAG 5:18 the tag "!mine" has no meaning here'],
    ['  members: !!binary aGk=', 'TAG 5:21 the tag "tag:yaml.org,2002:binary" has no meaning here'],
    ['  members: *nobody', 'SYNTAX 5:12 *nobody names no anchor above it'],
    ['  topics: &a { x: *a }', 'SYNTAX 5:19 *a stands inside what it names'],
    ['  topics: { a: { <<: 3 } }', 'SYNTAX 5:22 a merge key (<<) takes a map or a list of maps'],
    ['  topics: [a', 'SYNTAX 6:1 a ] is missing, or does not stand further right than the key'],
    ['  topics: { a: {}', 'SYNTAX 6:1 a } is missing, or does not stand further right than the key'],
    ['  version: "4.3', 'SYNTAX 6:1 a closing " is missing'],
    ["  version: 'it's'", 'SYNTAX 5:16 there is more behind the end of the value'],
    ['  version: "\\q"', 'SYNTAX 5:13 "\\q" means nothing in double quotes'],
    ['  members:3\n  topics: {}', 'SYNTAX 5:3 a key must be on one line'],
    ['\tmembers: 3', 'SYNTAX 5:1 a tab indents this line: YAML wants spaces'],
    ['  members: a: b', 'SYNTAX 5:12 a second ": " in one line'],
    ['  members: @a', 'SYNTAX 5:12 Plain value cannot start with reserved character @'],
    ['  topics: { a: { partitions: ${env:P} } }', 'SYNTAX 5:31 a ${…} without quotes inside { } or [ ]'],
  ])('%j', (line, expected) => expect(shown(of(line))).toEqual([expected]))

  test.each([
    [
      '  memebers: 3',
      'did you mean members? allowed: version, target, security, members, memory, config, topics, users',
    ],
    [
      '  MEMBERS: 3',
      'did you mean members? allowed: version, target, security, members, memory, config, topics, users',
    ],
    ['  zzz: 3', 'allowed: version, target, security, members, memory, config, topics, users'],
    ['  version: 4.10', 'quote it: "4.10"'],
    ['  members: "3"', 'write it without quotes'],
    ['  topics:', 'write {} for an empty one, or remove the key'],
    ['  topics: { a: { kind: qorum } }', 'did you mean quorum?'],
    ['  topics: { a: { compact: yes } }', 'YAML 1.2 reads this as text: write true or false'],
  ])('%j helps', (line, hint) => expect(of(line).failures[0]?.hint).toBe(hint))

  test('the envelope', () => {
    expect(shown(load('spec: {}'))).toEqual(['MISSING 1:1 kind: is missing: expected one of Kafka, Nats'])
    expect(shown(load('kind: Kafak'))).toEqual(['VALUE 1:7 kind: expected one of Kafka, Nats, got "Kafak"'])
    expect(shown(load('kind: [Kafka]'))).toEqual(['VALUE 1:7 kind: expected one of Kafka, Nats'])
    expect(shown(load('kind: Kafka'))).toEqual([
      'MISSING 1:1 apiVersion: is missing: expected mqops/v1',
      'MISSING 1:1 metadata: is missing: expected a map',
    ])
    expect(shown(load('- kind: Kafka'))).toEqual(['TYPE 1:1 a document is a map that begins with apiVersion: mqops/v1'])
    expect(shown(load(document('  members: 1').replace('mqops/v1', 'mqops/v2')))).toEqual([
      'VALUE 1:13 apiVersion: expected mqops/v1, got text "mqops/v2"',
    ])
    for (const nothing of ['', '# only a comment\n', '---\n---\n', '\n\n'])
      expect(shown(load(nothing))).toEqual(['EMPTY 1:1 mqops.yaml holds no document'])
  })

  test('all at once, in file order', () => {
    const text = `${document('  members: x\n  memory: y\n  topics: { a: { partitions: "${env:NO}", b: 1 } }', 'A')}---\n${document('  zzz: 1', 'b', 'Nats')}`
    expect(shown(load(text)).map((line) => line.split(' ').slice(0, 2).join(' '))).toEqual([
      'VALUE 3:19',
      'TYPE 5:12',
      'VALUE 6:11',
      'ENV 7:30',
      'UNKNOWN_KEY 7:43',
      'UNKNOWN_KEY 13:3',
    ])
  })

  test('a broken document hides no errors of others, and invents none about its cluster', () => {
    const broken = `${document('  members: @x', 'a')}---\n${document('  zzz: 1', 'b')}`
    expect(shown(load(broken))).toEqual(['SYNTAX 5:12 Plain value cannot start with reserved character @'])
    const other = load([
      {
        name: 'a.yaml',
        folder: '/',
        bytes: new TextEncoder().encode(document('  target: { external: { endpoints: @ } }')),
      },
      {
        name: 'b.yaml',
        folder: '/',
        bytes: new TextEncoder().encode(`${document('  target: { external: {} }')}---\n${document('  z: 1', 'b')}`),
      },
    ])
    expect(other.failures.map(({ source, code }) => `${source?.file}:${source?.line} ${code}`)).toEqual([
      'a.yaml:5 MQOPS_SPEC_SYNTAX',
      'b.yaml:11 MQOPS_SPEC_UNKNOWN_KEY',
    ])
  })

  test('thousands are cut, and counted', () => {
    const keys = Array.from({ length: 1500 }, (_, i) => `  z${i}: 1`).join('\n')
    const { failures } = of(keys)
    expect(failures).toHaveLength(1001)
    expect(failures.at(-1)).toMatchObject({ code: 'MQOPS_SPEC_MORE', summary: 'and 500 more errors' })
  })
})

describe('an excerpt', () => {
  const excerpt = (line: string) => of(line).failures[0]?.source?.excerpt

  test('has a caret below the place', () => expect(excerpt('  members: x')).toBe('  members: x\n           ^'))
  test('counts wide characters as two columns', () =>
    expect(excerpt('  config: { 主题: [1] }')).toBe('  config: { 主题: [1] }\n            ^'))
  test('a place behind wide characters', () =>
    expect(excerpt('  topics: { 主题: { partitions: x } }')).toBe(
      `  topics: { 主题: { partitions: x } }\n${' '.repeat(32)}^`,
    ))
  test('shows a part of a long line', () => {
    const text = excerpt(`  topics: { ${'a'.repeat(300)}: { partitions: x, kind: ${'b'.repeat(300)} } }`) as string
    const [line, caret] = text.split('\n') as [string, string]
    expect(line.length).toBeLessThan(130)
    expect(line[caret.length - 1]).toBe('x')
  })
  test('hides what looks like a password, and keeps columns', () => {
    expect(excerpt('  users: { u: { password: hunter2, z: 1 } }')).toBe(
      `  users: { u: { password: *******, z: 1 } }\n${' '.repeat(26)}^`,
    )
  })
})

describe('hostile names', () => {
  test.each([
    ['quotes', '"a\\"b"', '["a"b"]'],
    ['line breaks', '"a\\nb"', '["a\\nb"]'],
    ['terminal escapes', '"\\e[31m"', '["\\u{1b}[31m"]'],
    ['right-to-left marks', '"a\\u202eb"', '["a\\u{202e}b"]'],
    ['climbing paths', '"../../etc"', '["../../etc"]'],
  ])('%s stay on one line', (_, written, path) => {
    const summaries = of(`  topics: { ${written}: { partitions: x } }`).failures.map(({ summary }) => summary)
    expect(summaries).toEqual([`spec.topics${path}.partitions: expected a whole number, got text "x"`])
  })

  test('values and file names too', () => {
    const [failure] = load([{ name: 'a\nb.yaml', folder: '/', bytes: new Uint8Array([0xff]) }]).failures
    expect(failure?.summary).toContain('a\\nb.yaml')
    expect(of('  members: "\\e[2J"').failures[0]?.summary).toBe(
      'spec.members: expected a whole number, got text "\\u{1b}[2J"',
    )
    expect(of('  "\\e[2J": 1').failures[0]?.summary).toBe('spec: unknown key "\\u{1b}[2J"')
  })

  test('long values are cut', () =>
    expect(of(`  members: ${'x'.repeat(5000)}`).failures[0]?.summary.length).toBeLessThan(150))
})
