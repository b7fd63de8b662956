import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Application, ImportedText } from '../../../src/cli/application.ts'
import type { Conversion, ConvertedSpec } from '../../../src/spec/index.ts'
import { cli, failure, folder, spec } from './support.ts'

const imported = (name: string, more: Partial<ImportedText> = {}): ImportedText => ({
  spec: spec(name),
  fields: {},
  counts: { topic: 12, user: 2 },
  left: [],
  unmatched: [],
  text: `name: ${name}\n`,
  failures: [],
  ...more,
})

function app(...all: readonly ImportedText[]): { app: Partial<Application>; asked: unknown[] } {
  const asked: unknown[] = []
  return {
    asked,
    app: {
      remembered: async () => [spec('orders'), spec('events')],
      import: async (specs, only) => (
        asked.push(
          specs.map((one) => one.name),
          only,
        ),
        all
      ),
    },
  }
}

describe('import', () => {
  it('the text on standard output and nothing else there; what was found aside', async () => {
    const { app: one, asked } = app(imported('orders'))
    const ran = await cli(['import', 'orders', '--only', 'topic/a*', '--only', 'user/*'], { app: one })
    expect([ran.code, ran.out, asked]).toEqual([0, 'name: orders\n', [['orders'], ['topic/a*', 'user/*']]])
    expect(ran.err).toContain('Found in orders: topic 12, user 2')
  })

  it('several clusters are several documents', async () => {
    const ran = await cli(['import'], { app: app(imported('orders'), imported('events')).app })
    expect(ran.out).toBe('name: orders\n---\nname: events\n')
  })

  it('--out keeps a file that is there, --force does not; what comes next is proposed', async () => {
    const cwd = folder()
    writeFileSync(join(cwd, 'orders.yaml'), 'mine')
    const line = ['import', 'orders', '--out', 'orders.yaml']
    const kept = await cli(line, { app: app(imported('orders')).app, cwd })
    expect([kept.code, readFileSync(join(cwd, 'orders.yaml'), 'utf8')]).toEqual([1, 'mine'])
    const ran = await cli([...line, '--force'], { app: app(imported('orders')).app, cwd })
    expect([ran.code, ran.out]).toEqual([0, ''])
    expect(ran.err).toContain('Next: mqops plan -f orders.yaml')
    expect(readFileSync(join(cwd, 'orders.yaml'), 'utf8')).toBe('name: orders\n')
  })

  it('says what is not in the file, and what nothing was found for', async () => {
    const left = Array.from({ length: 12 }, (_, i) => ({ address: `topic/t${i}`, why: 'it is odd' }))
    const ran = await cli(['import', 'orders'], { app: app(imported('orders', { left, unmatched: ['nix*'] })).app })
    expect(ran.code).toBe(0)
    expect(ran.err).toMatch(/Nothing matches nix\*[\s\S]*12 in all:[\s\S]*topic\/t9: it is odd\n +and 2 more/)
  })

  it('a file of nothing is not written: its plan would remove what is there', async () => {
    const cwd = folder()
    const line = ['import', 'orders', '--only', 'nix*', '--out', 'orders.yaml']
    const ran = await cli(line, { app: app(imported('orders', { counts: {}, unmatched: ['nix*'] })).app, cwd })
    expect([ran.code, ran.out]).toEqual([64, ''])
    expect(existsSync(join(cwd, 'orders.yaml'))).toBe(false)
  })

  it('what the spec refuses of it is shown, and makes it partly done', async () => {
    const ran = await cli(['import', 'orders'], {
      app: app(imported('orders', { failures: [failure('MQOPS_SPEC_VALUE')] })).app,
    })
    expect([ran.code, ran.out]).toEqual([3, 'name: orders\n'])
    expect(ran.err).toContain('MQOPS_SPEC_VALUE')
  })

  it('a cluster that does not answer: its code; of several the others are written', async () => {
    const down = imported('orders', { text: '', problem: failure('MQOPS_UNREACHABLE') })
    const alone = await cli(['import', 'orders'], { app: app(down).app })
    expect([alone.code, alone.out]).toEqual([69, ''])
    const ran = await cli(['import'], { app: app(down, imported('events')).app })
    expect([ran.code, ran.out]).toEqual([3, 'name: events\n'])
    expect((await cli(['import'], { app: app(imported('a')).app, env: { LANG: 'zh_CN' } })).err).toContain('找到')
  })
})

const converted = (name: string, more: Partial<ConvertedSpec> = {}): ConvertedSpec => ({
  spec: spec(name),
  format: 'topicctl',
  text: `metadata: { name: ${name} }\n`,
  counts: { topic: 2 },
  left: [],
  ...more,
})

describe('import --from', () => {
  const asked: unknown[] = []
  const app = (conversion: Conversion): Partial<Application> => ({
    convert: async (paths, options) => {
      asked.splice(0, asked.length, paths, options)
      return conversion
    },
  })
  const left = (count: number) =>
    Array.from({ length: count }, (_, i) => ({
      what: `topic t${i}`,
      why: '"odd" is left out: it is not known here',
      hint: 'Write partitions.',
      source: { file: 'topics.yaml', line: i + 1, column: 3 },
    }))

  it('writes the spec on standard output, and aside what is not as in the files', async () => {
    const one = app({ specs: [converted('orders', { left: left(1) })], failures: [] })
    const ran = await cli(['import', 'orders', '--from', 'a', '--from', 'b', '--format', 'topicctl'], { app: one })
    expect([ran.code, ran.out]).toEqual([0, 'metadata: { name: orders }\n'])
    expect(asked).toEqual([['a', 'b'], { format: 'topicctl', names: ['orders'] }])
    expect(ran.err).toBe(`Read into orders (topicctl): topic 2
Not as in those files, 1 in all:
  topics.yaml:1:3 topic t0: "odd" is left out: it is not known here
    hint: Write partitions.
`)
  })

  it('in Chinese', async () => {
    const one = app({ specs: [converted('orders', { left: left(1) })], failures: [] })
    const ran = await cli(['import', '--from', 'a', '--lang', 'zh-CN'], { app: one })
    expect(ran.err).toContain('topics.yaml:1:3 主题 t0：已略去 "odd"：这里不认识它')
    expect(ran.err).toContain('请写明 partitions。')
  })

  it('names so many on the terminal, counts the others', async () => {
    const ran = await cli(['import', '--from', 'a'], {
      app: app({ specs: [converted('orders', { left: left(100) })], failures: [] }),
    })
    expect(ran.err).toMatch(/100 in all:[\s\S]*topics\.yaml:40:3[\s\S]*and 60 more, named at the end of the file/)
    expect(ran.err).not.toContain('topics.yaml:41:3')
  })

  it('--out writes the file and says what comes next; -o json tells what was left, with places', async () => {
    const cwd = folder()
    const one = app({ specs: [converted('orders', { left: left(1) }), converted('other')], failures: [] })
    const ran = await cli(['import', '--from', 'a', '--out', 'o.yaml', '-o', 'json'], { app: one, cwd })
    expect(readFileSync(join(cwd, 'o.yaml'), 'utf8')).toBe(
      'metadata: { name: orders }\n---\nmetadata: { name: other }\n',
    )
    expect(ran.err).toContain('Next: mqops plan -f o.yaml')
    expect(JSON.parse(ran.out)).toMatchObject({
      clusters: [
        {
          cluster: 'orders',
          broker: 'Kafka',
          format: 'topicctl',
          counts: { topic: 2 },
          left: [{ what: 'topic t0', source: { file: 'topics.yaml', line: 1, column: 3 } }],
          document: { metadata: { name: 'orders' } },
        },
        { cluster: 'other', left: [] },
      ],
    })
  })

  it('writes nothing where nothing could be read', async () => {
    const cwd = folder()
    const one = app({ specs: [], failures: [failure('MQOPS_SPEC_FORMAT')] })
    const ran = await cli(['import', '--from', 'a', '--out', 'o.yaml'], { app: one, cwd })
    expect([ran.code, ran.out, existsSync(join(cwd, 'o.yaml'))]).toEqual([78, '', false])
    expect(ran.err).toContain('MQOPS_SPEC_FORMAT')
  })

  it.each([
    [['import', '--from', 'a', '--only', 'topic/*'], '--only chooses from a cluster that runs'],
    [['import', '--from', 'a', '-f', 'b'], '-f says how a cluster that runs is reached'],
    [['import', '--format', 'strimzi'], '--format says how to read a file'],
    [['import', '--from', 'a', '--format', 'strimz'], 'strimz'],
  ])('%j is a mistake', async (line, words) => {
    const ran = await cli(line, { app: app({ specs: [], failures: [] }) })
    expect(ran.code).toBe(64)
    expect(ran.err).toContain(words)
  })
})

it('import -o json: the document as a value', async () => {
  const ran = await cli(['import', 'orders', '-o', 'json'], { app: app(imported('orders')).app })
  expect(JSON.parse(ran.out)).toEqual({
    clusters: [
      { cluster: 'orders', broker: 'Kafka', counts: { topic: 12, user: 2 }, left: [], document: { name: 'orders' } },
    ],
  })
})
