import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Application, ImportedText } from '../../../src/cli/application.ts'
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
