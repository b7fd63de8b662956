import { describe, expect, it } from 'vitest'
import { exitFor } from '../../../src/cli/failures.ts'
import { wantsColor } from '../../../src/cli/cli.ts'
import { cli, failure, plan, result, runs } from './support.ts'

describe('before any command', () => {
  it('help and completions ask nothing of the application', async () => {
    for (const line of [
      [],
      ['--help'],
      ['plan', '-h'],
      ['help', 'runs', 'show'],
      ['completion', 'bash'],
      ['--version'],
    ]) {
      const ran = await cli(line, { app: new Proxy({}, { get: () => expect.unreachable() }) })
      expect([ran.code, ran.err]).toEqual([0, ''])
      expect(ran.out).not.toBe('')
    }
  })

  it.each([
    [['aplly'], /there is no command "aplly"[\s\S]*apply/],
    [['plan', '--detailed-exitcod'], /no option[\s\S]*--detailed-exitcode/],
    [['plan', '-o', 'xml'], /xml[\s\S]*markdown/],
    [['runs', 'shwo'], /shwo[\s\S]*show/],
    [['connect'], /CLUSTER is missing/],
    [['logs', 'a/b/c/d'], /names no member/],
    [['logs', 'orders', '-n', '1.5'], /whole number/],
    [['completion', 'powershell'], /powershell/],
    [['schema', 'x'], /too many/],
    [['connect', 'orders', '--env', '--properties'], /only one of/],
  ])('%j is refused with 64', async (line, message) => {
    const ran = await cli(line)
    expect([ran.code, ran.out]).toEqual([64, ''])
    expect(ran.err).toMatch(message)
  })

  it('--lang and --no-color stand anywhere', async () => {
    expect((await cli(['plan', '--lang', 'zh-CN', '--help', '--no-color'])).out).toContain('用法')
    expect((await cli(['--lang=zh-CN', 'aplly'])).err).toContain('没有“aplly”这个命令')
    expect((await cli(['--help'], { env: { LANG: 'zh_CN.UTF-8' } })).out).toContain('一切都是计划')
  })

  it('colours: a terminal, and nobody who objects', () => {
    expect([
      wantsColor(true, {}),
      wantsColor(false, {}),
      wantsColor(true, { NO_COLOR: '1' }),
      wantsColor(true, { TERM: 'dumb' }),
      wantsColor(false, { FORCE_COLOR: '1' }),
    ]).toEqual([true, false, false, false, true])
  })
})

describe('exit codes', () => {
  it.each([
    ['MQOPS_USAGE', 64],
    ['MQOPS_SPEC_UNKNOWN_KEY', 78],
    ['MQOPS_PLAN_EDITED', 78],
    ['MQOPS_PLAN_STALE', 1],
    ['MQOPS_UNREACHABLE', 69],
    ['MQOPS_LOCKED', 75],
    ['MQOPS_TIMEOUT', 75],
    ['MQOPS_AUTHENTICATION', 1],
    ['MQOPS_RUNTIME_CHECKSUM', 1],
    ['MQOPS_RUNTIME_ABORTED', 130],
  ])('%s is %i', (code, exit) => {
    expect(exitFor([failure(code)])).toBe(exit)
  })

  it('of several: what they agree on; a bad spec before all', () => {
    expect(exitFor([failure('MQOPS_UNREACHABLE'), failure('MQOPS_UNREACHABLE')])).toBe(69)
    expect(exitFor([failure('MQOPS_UNREACHABLE'), failure('MQOPS_BROKER')])).toBe(1)
    expect(exitFor([failure('MQOPS_UNREACHABLE'), failure('MQOPS_SPEC_TYPE')])).toBe(78)
  })
})

describe('failures', () => {
  const broken = {
    load: async () => ({
      clusters: [],
      failures: [failure('MQOPS_SPEC_A'), failure('MQOPS_SPEC_B')],
      sourceOf: () => null,
    }),
  }

  it('all of them are shown, on standard error, and nothing is planned', async () => {
    const ran = await cli(['plan'], { app: broken })
    expect([ran.code, ran.out]).toEqual([78, ''])
    expect(ran.err).toMatch(/MQOPS_SPEC_A[\s\S]*MQOPS_SPEC_B/)
  })

  it('with -o json they are JSON', async () => {
    const ran = await cli(['plan', '-o', 'json'], { app: broken })
    expect(JSON.parse(ran.err)).toMatchObject({ failures: [{ code: 'MQOPS_SPEC_A' }, { code: 'MQOPS_SPEC_B' }] })
  })

  it('with --json they are events', async () => {
    const ran = await cli(['apply', '--json'], { app: broken })
    expect(
      ran.out
        .trim()
        .split('\n')
        .map((line) => (JSON.parse(line) as { type: string }).type),
    ).toEqual(['failure', 'failure'])
  })

  it('an unknown error is MQOPS_INTERNAL without a stack, with one when asked for', async () => {
    const app = { load: async () => Promise.reject(new Error('oops', { cause: new Error('deep') })) }
    const ran = await cli(['plan'], { app })
    expect(ran.code).toBe(1)
    expect(ran.err).toMatch(/error\[MQOPS_INTERNAL\]: oops: deep/)
    expect(ran.err).not.toMatch(/\n +at /)
    expect((await cli(['plan'], { app, env: { MQOPS_DEBUG: '1' } })).err).toMatch(/\n +at /)
  })

  it('of the runtimes keep their code and hint', async () => {
    const error = Object.assign(new Error('sum'), {
      failure: { code: 'MQOPS_RUNTIME_CHECKSUM', summary: 'sum', hint: 'again', retryable: false },
    })
    expect((await cli(['plan'], { app: { load: async () => Promise.reject(error) } })).err).toMatch(
      /MQOPS_RUNTIME_CHECKSUM[\s\S]*again/,
    )
  })

  it('the application is closed, even after a failure', async () => {
    let closed = 0
    await cli(['plan'], { app: { ...broken, close: async () => void closed++ } })
    expect(closed).toBe(1)
  })
})

describe('Ctrl-C', () => {
  it('once: stops after what runs; twice: leaves at once', async () => {
    let press = () => {}
    const { app } = runs()
    const seen: boolean[] = []
    const ran = await cli(['apply', '--yes', '--no-verify'], {
      app: {
        ...app,
        run: async (_plan, _approval, { stopping, signal }) => {
          press()
          seen.push(stopping.aborted, signal.aborted)
          expect(press).toThrow('left with 130')
          seen.push(signal.aborted)
          return result({ state: 'cancelled' })
        },
      },
      onTerminal: (interrupt) => {
        press = interrupt
      },
    })
    expect([ran.code, seen]).toEqual([130, [true, false, true]])
    expect(ran.err).toMatch(/Stopping after what runs now[\s\S]*mqops resume/)
  })

  it('outside of a run it leaves with 130', async () => {
    let press = () => {}
    await cli(['plan'], {
      app: {
        plan: async () => {
          expect(press).toThrow('left with 130')
          return { plan: plan([]), failures: [] }
        },
      },
      onTerminal: (interrupt) => {
        press = interrupt
      },
    })
    expect.assertions(1)
  })

  it('a verification is ended in order, with 130', async () => {
    let press = () => {}
    const ran = await cli(['verify'], {
      app: {
        verify: async (_, { signal }) => {
          press()
          signal.throwIfAborted()
          return []
        },
      },
      onTerminal: (interrupt) => {
        press = interrupt
      },
    })
    expect([ran.code, ran.out]).toEqual([130, ''])
  })
})
