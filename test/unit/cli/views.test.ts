import { describe, expect, it } from 'vitest'
import { messagesFor } from '../../../src/cli/messages/index.ts'
import { environmentText } from '../../../src/cli/views/connect.ts'
import { failureLines } from '../../../src/cli/views/failure.ts'
import { jsonLine, jsonText, yamlText } from '../../../src/cli/views/json.ts'
import { junitText } from '../../../src/cli/views/junit.ts'
import { isHealthy, statusLines } from '../../../src/cli/views/status.ts'
import { widthOf } from '../../../src/cli/views/text.ts'
import { bytes, moment, seconds, shellWord } from '../../../src/cli/views/units.ts'
import { verifyLines } from '../../../src/cli/views/verify.ts'
import { address } from '../../../src/model/address.ts'
import { check, printed as text, spec, status } from './support.ts'

const en = messagesFor('en')
const wide = { color: false, columns: Number.POSITIVE_INFINITY }

describe('a failure', () => {
  it('says what, where, why and what to do', () => {
    const lines = failureLines(
      {
        code: 'MQOPS_SPEC_UNKNOWN_KEY',
        summary: 'unknown key "partitons"',
        detail: 'first\nsecond',
        address: address('orders', 'topic', 'a'),
        source: { file: 'mqops.yaml', line: 12, column: 7, excerpt: '      partitons: 3' },
        hint: 'did you mean partitions?',
        cause: 'because',
        retryable: false,
      },
      en,
    )
    expect(text(lines)).toBe(`error[MQOPS_SPEC_UNKNOWN_KEY]: unknown key "partitons"
   --> mqops.yaml:12:7
12 |       partitons: 3
   |       ^
  about orders/topic/a
  first
  second
  because because
  hint: did you mean partitions?
`)
  })

  const caret = (excerpt: string, column: number, columns?: number): readonly string[] =>
    text(
      failureLines(
        { code: 'X', summary: 's', source: { file: 'f', line: 1, column, excerpt }, retryable: false },
        en,
        columns,
      ),
    ).split('\n')

  it('points at the place behind wide characters and tabs', () => {
    const [, , line, mark] = caret('集群:\t x', 6) as [string, string, string, string]
    expect(widthOf(line.slice(0, line.indexOf('x')))).toBe(mark.indexOf('^'))
  })

  it('points at the place in an excerpt that was cut on the left', () => {
    const [, , line, mark] = caret(`…${'a'.repeat(60)}!${'b'.repeat(60)}…\n${' '.repeat(61)}^`, 9_000_018) as [
      string,
      string,
      string,
      string,
    ]
    expect(line).toContain('!')
    expect(line.indexOf('!')).toBe(mark.indexOf('^'))
  })

  it('shows a long line around the place', () => {
    const [, , line, mark] = caret(`${'a'.repeat(5000)}!${'b'.repeat(5000)}`, 5001, 60) as [
      string,
      string,
      string,
      string,
    ]
    expect(line.length).toBeLessThanOrEqual(60)
    expect(line.indexOf('!')).toBe(mark.indexOf('^'))
  })
})

describe('status', () => {
  it('shows clusters, members, and what is wrong', () => {
    const down = status({
      spec: spec('stock', { broker: 'Nats' }),
      state: 'unreachable',
      members: [{ role: 'server', slot: 2, running: false, startedAt: null, health: null, ports: { client: 4222 } }],
      problem: { code: 'MQOPS_UNREACHABLE', summary: '127.0.0.1:4222 refuses', retryable: true },
      certificatesExpire: 86_400_000,
    })
    const both = [status(), down]
    expect(isHealthy(both)).toBe(false)
    expect(
      text(statusLines(both, { wide: false, now: 7_200_000 }, wide, en)),
    ).toBe(`CLUSTER  BROKER       STATE        MEMBERS  TARGET
orders   Kafka 4.3.1  healthy          1/1  local
stock    Nats 4.3.1   unreachable      0/1  local

MEMBER           STATE           UP FOR  PORTS  SEEN
orders/member/1  up, leads    2 h 0 min  20001  broker
stock/member/2   not running             4222   server

error[MQOPS_UNREACHABLE]: 127.0.0.1:4222 refuses
  about stock/cluster

Certificates of stock end on 1970-01-02 00:00:00Z; mqops apply renews them.
`)
  })

  it('says what to do about certificates that have ended', () => {
    const lines = text(statusLines([status({ certificatesExpire: 1000 })], { wide: false, now: 2000 }, wide, en))
    expect(lines).toMatch(
      /ended on 1970-01-01 00:00:01Z; mqops apply stops the members and starts them with new ones\.\n$/,
    )
  })

  it('fits 40 columns', () => {
    const lines = statusLines([status()], { wide: true, now: 0 }, { color: false, columns: 40 }, messagesFor('zh-CN'))
    for (const row of text(lines, 40).split('\n')) expect(widthOf(row)).toBeLessThanOrEqual(40)
  })
})

describe('verify', () => {
  const checks = [
    check(),
    check({ name: 'quorum', ok: false, evidence: '1 of 3 voters', about: address('orders', 'member', '2') }),
    check({ name: 'health', ok: null, evidence: 'no answer' }),
  ]

  it('shows each check with its evidence, and what failed once more', () => {
    expect(text(verifyLines(checks, ['orders'], wide, en))).toBe(`orders
   CHECK   ABOUT            SEEN                           ms
✓  canary  orders/cluster   100 of 100 messages read back  12
✗  quorum  orders/member/2  1 of 3 voters                  12
?  health  orders/cluster   no answer                      12

Not verified: 2 of 3 checks failed.
  ✗ orders/member/2  quorum  1 of 3 voters
  ? orders/cluster  health  no answer
`)
  })

  it('a cluster without a check is not verified', () => {
    expect(text(verifyLines([check()], ['orders', 'stock'], wide, en))).toContain('Not verified')
  })

  it('JUnit: failures, errors, and text that XML can hold', () => {
    const xml = junitText([...checks, check({ evidence: '<&"\'\u0000\ufffe]]>' })], ['orders', 'a"b'])
    expect(xml).toContain('<testsuites name="mqops verify" tests="4" failures="1" errors="1" time="0.048">')
    expect(xml).toContain('<failure message="1 of 3 voters">1 of 3 voters</failure>')
    expect(xml).toContain('<error message="no answer">')
    expect(xml).toContain('&lt;&amp;&quot;&apos;\\x00\ufffd]]&gt;')
    expect(xml).toContain('<testsuite name="a&quot;b" tests="0"')
    // oxlint-disable-next-line no-control-regex
    expect(xml).not.toMatch(/[\x00-\x08\x0b\x0c\x0e-\x1f]/)
  })
})

describe('for machines', () => {
  const hostile = { name: 'a\u009b31m\u202eb\u007f', 'k\u202ey': 'x' }

  it('JSON that a terminal can show, and that means the same', () => {
    for (const written of [jsonText(hostile), jsonLine(hostile)]) {
      expect(written).not.toMatch(/[\u007f-\u009f\u202e]/)
      expect(JSON.parse(written)).toEqual(hostile)
    }
  })

  it('YAML likewise', async () => {
    const { parse } = await import('yaml')
    const written = await yamlText({ ...hostile, list: [1, null, 'multi\nline'] })
    expect(written).not.toMatch(/[\u007f-\u009f\u202e]/)
    expect(parse(written)).toEqual({ ...hostile, list: [1, null, 'multi\nline'] })
  })

  it('a shell reads exports back as they are', async () => {
    const { execFileSync } = await import('node:child_process')
    const value = `it's "$HOME" \`id\` \\ \n end`
    const script = `${environmentText({ ORDERS_PASSWORD: value })}printf %s "$ORDERS_PASSWORD"`
    expect(execFileSync('sh', ['-c', script], { encoding: 'utf8' })).toBe(value)
  })
})

it('numbers for people', () => {
  expect([0, 940, 12_400, 65_000, 7_260_000, 200_000_000].map(seconds)).toEqual([
    '0.0 s',
    '0.9 s',
    '12 s',
    '1 min 5 s',
    '2 h 1 min',
    '2 d 7 h',
  ])
  expect([0, 1536, 123 * 1024, 5 * 1024 ** 3].map(bytes)).toEqual(['0 B', '1.5 KiB', '123 KiB', '5.0 GiB'])
  expect(moment(0)).toBe('1970-01-01 00:00:00Z')
  expect(['a/b.c', "it's", ''].map(shellWord)).toEqual(['a/b.c', "'it'\\''s'", "''"])
})
