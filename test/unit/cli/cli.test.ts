import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { exitFor } from '../../../src/cli/failures.ts'
import { wantsColor } from '../../../src/cli/cli.ts'
import { address } from '../../../src/model/address.ts'
import type { Broker } from '../../../src/ports/broker.ts'
import type { Runtimes } from '../../../src/ports/runtimes.ts'
import type { Approval } from '../../../src/model/event.ts'
import { type Failure, MqopsError } from '../../../src/model/failure.ts'
import type { Application, RunOptions, RunResult } from '../../../src/cli/application.ts'
import { check, cli, folder, plan, result, spec, status, step } from './support.ts'

const failure = (code: string): Failure => ({ code, summary: `it was ${code}`, retryable: false })
const destructive = step({ id: 'd', action: 'kafka.topic.delete', risk: 'destructive', loses: { messages: 7 } })

/** Keeps what a run was asked for. */
function runs(more: Partial<Parameters<typeof result>[0]> = {}): {
  app: Partial<Application>
  approvals: Approval[]
  o: RunOptions[]
} {
  const approvals: Approval[] = []
  const o: RunOptions[] = []
  return {
    approvals,
    o,
    app: {
      plan: async () => ({ plan: plan([step()]), failures: [] }),
      run: async (_, approval, options) => {
        approvals.push(approval)
        o.push(options)
        return result(more)
      },
      verify: async (_, { seen }) => {
        seen(check())
        return [check()]
      },
    },
  }
}

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

describe('plan', () => {
  const app = { plan: async () => ({ plan: plan([destructive]), failures: [] }), printPlan: () => 'THE PLAN' }

  it('proposes the command that would apply it, consent and files included', async () => {
    const ran = await cli(['plan', 'orders', '-f', 'a b.yaml'], { app })
    expect(ran.out).toMatch(/Next: mqops apply orders -f 'a b\.yaml' --confirm orders\n$/)
    expect(ran.code).toBe(0)
  })

  it('--detailed-exitcode: 2 for changes, 0 for none', async () => {
    expect((await cli(['plan', '--detailed-exitcode'], { app })).code).toBe(2)
    expect(
      (await cli(['plan', '--detailed-exitcode'], { app: { plan: async () => ({ plan: plan([]), failures: [] }) } }))
        .code,
    ).toBe(0)
  })

  it('--out keeps it, for its owner only', async () => {
    const cwd = folder()
    const ran = await cli(['plan', '--out', 'p.json'], { app, cwd })
    expect(readFileSync(join(cwd, 'p.json'), 'utf8')).toBe('THE PLAN')
    expect(ran.out).toContain('Next: mqops apply p.json')
  })

  it('failures: the code is theirs, the rest of the plan is still shown', async () => {
    const ran = await cli(['plan'], {
      app: { plan: async () => ({ plan: plan([step()]), failures: [failure('MQOPS_UNREACHABLE')] }) },
    })
    expect(ran.code).toBe(69)
    expect(ran.out).toMatch(/\+ orders\/topic\/a[\s\S]*nothing can be applied/)
    expect(ran.err).toContain('MQOPS_UNREACHABLE')
  })

  it('only the clusters that are named', async () => {
    const asked: string[] = []
    const two = { load: async () => ({ clusters: [spec('a1'), spec('b2')], failures: [], sourceOf: () => null }) }
    await cli(['plan', 'b2'], {
      app: {
        ...two,
        plan: async (specs) => (asked.push(...specs.map((one) => one.name)), { plan: plan([]), failures: [] }),
      },
    })
    expect(asked).toEqual(['b2'])
    const ran = await cli(['plan', 'b1'], { app: two })
    expect([ran.code, ran.err]).toEqual([64, expect.stringMatching(/Did you mean/)])
  })
})

describe('apply', () => {
  it('off a terminal without --yes: shows the plan, says what it needs, does nothing', async () => {
    const { app, approvals } = runs()
    const ran = await cli(['apply'], { app })
    expect([ran.code, approvals]).toEqual([1, []])
    expect(ran.out).toContain('orders/topic/a')
    expect(ran.err).toContain('--yes')
  })

  it('--yes runs it, verifies, and tells both', async () => {
    const { app, approvals } = runs()
    const ran = await cli(['apply', '--yes'], { app })
    expect([ran.code, approvals]).toEqual([0, [{ all: true, confirmed: [] }]])
    expect(ran.out).toMatch(/Done\. 1 step in [\s\S]*Verified: all 1 checks/)
  })

  it('--yes never covers losing data; --confirm does', async () => {
    const { app, approvals } = runs()
    const losing = { ...app, plan: async () => ({ plan: plan([step(), destructive]), failures: [] }) }
    const refused = await cli(['apply', '--yes'], { app: losing })
    expect([refused.code, approvals]).toEqual([1, []])
    expect(refused.err).toContain('--confirm orders')
    expect((await cli(['apply', '--yes', '--confirm', 'orders'], { app: losing })).code).toBe(0)
  })

  it('a person is asked y/N, and for the name where data is lost', async () => {
    const { app, approvals } = runs()
    const losing = { ...app, plan: async () => ({ plan: plan([step(), destructive]), failures: [] }) }
    expect((await cli(['apply'], { app: losing, person: { confirm: false } })).code).toBe(1)
    const wrong = await cli(['apply'], { app: losing, person: { confirm: true, text: 'order' } })
    expect([wrong.code, approvals]).toEqual([1, []])
    const ran = await cli(['apply'], { app: losing, person: { confirm: true, text: 'orders' } })
    expect([ran.code, approvals]).toEqual([0, [{ all: true, confirmed: ['orders'] }]])
    expect(ran.asked).toEqual(['Apply this plan?', expect.stringMatching(/destroys data of orders \(7 messages\)/)])
  })

  it('nothing to do is said at once, and nothing is verified unless asked for', async () => {
    const { app } = runs()
    const empty = { ...app, plan: async () => ({ plan: plan([]), failures: [] }) }
    const ran = await cli(['apply'], { app: { ...empty, verify: undefined as never } })
    expect([ran.code, ran.out]).toEqual([0, 'No changes: the cluster is as the spec says.\n'])
    expect((await cli(['apply', '--verify'], { app: empty })).out).toContain('Verified')
  })

  it('a plan with failures is not run', async () => {
    const { app, approvals } = runs()
    const ran = await cli(['apply', '--yes'], {
      app: { ...app, plan: async () => ({ plan: plan([step()]), failures: [failure('MQOPS_UNREACHABLE')] }) },
    })
    expect([ran.code, approvals]).toEqual([69, []])
  })

  it.each<[Partial<RunResult>, number]>([
    [{ state: 'partly', failures: [failure('MQOPS_BROKER')] }, 3],
    [{ state: 'failed', failures: [failure('MQOPS_TIMEOUT')] }, 75],
    [{ state: 'cancelled' }, 130],
    [{ state: 'needs-human', todo: ['mend it'] }, 1],
    [{ state: 'partly', uncovered: [destructive] }, 3],
    [{ state: 'done', uncovered: [destructive] }, 3],
  ])('a run that ends %j', async (more, code) => {
    const ran = await cli(['apply', '--yes', '--no-verify'], { app: runs(more).app })
    expect(ran.code).toBe(code)
    expect(ran.err).toMatch(/mqops resume run-1/)
    for (const one of more.failures ?? []) expect(ran.err).toContain(one.code)
  })

  it('--no-verify runs it, and that is all', async () => {
    const { app, approvals } = runs()
    const ran = await cli(['apply', '--yes', '--no-verify'], { app: { ...app, verify: undefined as never } })
    expect([ran.code, approvals.length]).toEqual([0, 1])
    expect(ran.out).not.toContain('Verified')
  })

  it('a check that does not hold makes it 1', async () => {
    const { app } = runs()
    const ran = await cli(['apply', '--yes'], { app: { ...app, verify: async () => [check({ ok: null })] } })
    expect(ran.code).toBe(1)
  })

  it('what the run finds out needs consent again', async () => {
    const { app } = runs({ state: 'partly', uncovered: [destructive] })
    const resumed: unknown[] = []
    const ran = await cli(['apply', '--yes', '--no-verify'], {
      app: { ...app, runEvents: async () => [], resume: async (run, o) => (resumed.push(run, o.approval), result()) },
      person: { text: 'orders' },
    })
    expect([ran.code, resumed]).toEqual([0, ['run-1', { all: true, confirmed: ['orders'] }]])
  })

  it('a plan file is applied as it is', async () => {
    const cwd = folder()
    writeFileSync(join(cwd, 'orders.plan'), 'TEXT')
    const { app, approvals } = runs()
    const read: string[] = []
    const ran = await cli(['apply', 'orders.plan', '--yes', '--no-verify'], {
      app: {
        ...app,
        plan: undefined as never,
        readPlan: async (text) => (read.push(text), { plan: plan([step()]), failures: [] }),
      },
      cwd,
    })
    expect([ran.code, read, approvals.length]).toEqual([0, ['TEXT'], 1])
    expect((await cli(['apply', 'nowhere.plan'], { app, cwd })).err).toMatch(/can't be read/)
  })

  it('--json: events, then the result, and nothing else on standard output', async () => {
    const { app } = runs()
    const live = {
      ...app,
      run: async (_plan: unknown, _approval: unknown, o: RunOptions) => {
        o.live({ type: 'waiting', step: 'x', why: 'y' })
        return result()
      },
    }
    const ran = await cli(['apply', '--yes', '--json'], { app: live })
    expect(
      ran.out
        .trim()
        .split('\n')
        .map((line) => (JSON.parse(line) as { type: string }).type),
    ).toEqual(['waiting', 'check', 'result'])
  })

  it('-o json and yaml: one document', async () => {
    expect(JSON.parse((await cli(['apply', '--yes', '-o', 'json'], { app: runs().app })).out)).toMatchObject({
      run: 'run-1',
      state: 'done',
      verified: true,
    })
    expect((await cli(['apply', '--yes', '-o', 'yaml'], { app: runs().app })).out).toMatch(
      /^type: result\nrun: run-1\n/,
    )
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

describe('verify', () => {
  it('0 when everything holds, 1 when something does not or could not be judged', async () => {
    const verify = async (checks: ReturnType<typeof check>[]) =>
      (await cli(['verify'], { app: { verify: async () => checks } })).code
    expect([
      await verify([check()]),
      await verify([check({ ok: false })]),
      await verify([check({ ok: null })]),
      await verify([]),
    ]).toEqual([0, 1, 1, 1])
  })

  it('-o json and junit', async () => {
    const app = { verify: async () => [check({ ok: false })] }
    expect(JSON.parse((await cli(['verify', '-o', 'json'], { app })).out)).toMatchObject({
      ok: false,
      checks: [{ cluster: 'orders', about: 'orders/cluster' }],
    })
    expect((await cli(['verify', '-o', 'junit'], { app })).out).toMatch(/^<\?xml/)
  })

  it('--json: each check as it comes, then all of them', async () => {
    const app: Partial<Application> = {
      verify: async (_, { seen }) => {
        seen(check())
        return [check()]
      },
    }
    const lines = (await cli(['verify', '--json'], { app })).out.trim().split('\n')
    expect(lines.map((line) => (JSON.parse(line) as { type: string }).type)).toEqual(['check', 'result'])
  })

  it('after a run goes on although nobody reads any more: its exit code counts', async () => {
    let gone = () => {}
    const ran = await cli(['apply', '--yes', '--json'], {
      app: {
        plan: async () => ({ plan: plan([step()]), failures: [] }),
        run: async () => {
          gone()
          return result()
        },
        verify: async (_, { signal }) => {
          signal.throwIfAborted()
          return [check()]
        },
      },
      onTerminal: (_, unread) => {
        gone = unread
      },
    })
    expect(ran.code).toBe(0)
  })

  it('--watch ends when nobody reads any more', async () => {
    let gone = () => {}
    let rounds = 0
    const ran = await cli(['verify', '--watch'], {
      app: {
        verify: async () => {
          if (++rounds === 3) gone()
          return [check()]
        },
      },
      onTerminal: (_, unread) => {
        gone = unread
      },
    })
    expect([ran.code, rounds]).toEqual([0, 3])
  })
})

describe('status', () => {
  it('clusters of the spec and those remembered, each once', async () => {
    const cwd = folder()
    writeFileSync(join(cwd, 'mqops.yaml'), '')
    const asked: string[] = []
    const app = {
      remembered: async () => [spec('orders'), spec('demo-nats')],
      status: async (specs: readonly ReturnType<typeof spec>[]) => {
        asked.push(...specs.map((one) => one.name))
        return specs.map((one) => status({ spec: one }))
      },
    }
    expect((await cli(['status'], { app, cwd })).code).toBe(0)
    expect(asked).toEqual(['orders', 'demo-nats'])
  })

  it('without a spec: what is remembered; nothing at all is said so', async () => {
    const ran = await cli(['status'], { app: { load: undefined as never, remembered: async () => [] } })
    expect([ran.code, ran.err]).toEqual([64, expect.stringMatching(/mqops init/)])
  })

  it('1 unless all is healthy; JSON has a row for each cluster', async () => {
    const app = { remembered: async () => [spec('orders')], status: async () => [status({ state: 'stopped' })] }
    const ran = await cli(['status', '-o', 'json'], { app })
    expect(ran.code).toBe(1)
    expect(JSON.parse(ran.out)).toMatchObject([{ cluster: 'orders', state: 'stopped', spec: { name: 'orders' } }])
  })
})

describe('destroy', () => {
  const app = (bytes: number) => ({
    ...runs().app,
    remembered: async () => [spec('orders')],
    planDestroy: async () => ({
      plan: plan([
        step({
          address: address('orders', 'cluster'),
          action: 'cluster.destroy',
          risk: 'destructive',
          loses: { bytes },
        }),
      ]),
      failures: [],
    }),
  })

  it('takes the name where there is data, whatever --yes says', async () => {
    const ran = await cli(['destroy', '--yes'], { app: app(5000) })
    expect([ran.code, ran.err]).toEqual([1, expect.stringMatching(/--confirm orders/)])
    expect((await cli(['destroy', '--confirm', 'orders'], { app: app(5000) })).code).toBe(0)
    expect((await cli(['destroy'], { app: app(5000), person: { text: 'orders' } })).code).toBe(0)
  })

  it('a yes is enough where there is none', async () => {
    expect((await cli(['destroy', '--yes'], { app: app(0) })).code).toBe(0)
  })
})

describe('start', () => {
  it('starts members as they were last applied, and does nothing else', async () => {
    const { app, approvals } = runs()
    const member = step({
      id: 'm',
      address: address('orders', 'member', '1'),
      action: 'member.start',
      needs: ['topic'],
    })
    const planned: unknown[] = []
    const ran = await cli(['start', '--yes', '--json'], {
      app: {
        ...app,
        remembered: async () => [spec('orders', { version: '4.2' })],
        plan: async (specs) => {
          planned.push(specs[0]?.version)
          return {
            plan: plan([step({ id: 'topic' }), destructive, member], { later: [address('orders', 'cluster')] }),
            failures: [],
          }
        },
        run: async (started, approval, o) => {
          planned.push(
            started.steps.map((one) => [one.id, one.needs]),
            started.later,
          )
          return (app.run as Application['run'])(started, approval, o)
        },
      },
    })
    expect([ran.code, planned, approvals.length]).toEqual([0, ['4.2', [['m', []]], []], 1])
  })

  it('what was never built is not started', async () => {
    const ran = await cli(['start', '--yes'], {
      app: {
        remembered: async () => [spec('orders')],
        plan: async () => ({ plan: plan([step()], { clusters: { orders: null } }), failures: [] }),
      },
    })
    expect([ran.code, ran.err]).toEqual([1, expect.stringMatching(/mqops apply/)])
  })
})

describe('resume', () => {
  it('says when there is nothing, and knows which runs there are', async () => {
    expect((await cli(['resume'], { app: { resume: async () => null, runs: async () => [] } })).out).toMatch(
      /Nothing to resume/,
    )
    const app = { runEvents: async () => [], runs: async () => [{ run: 'run-1' } as never] }
    const ran = await cli(['resume', 'run-2'], { app })
    expect([ran.code, ran.err]).toEqual([64, expect.stringMatching(/Did you mean run-1/)])
  })
})

it('locked: 75, before anything happened', async () => {
  const { app } = runs()
  const locked = async () => Promise.reject(new MqopsError({ code: 'MQOPS_LOCKED', summary: 'held by pid 812' }))
  const ran = await cli(['apply', '--yes'], { app: { ...app, run: locked } })
  expect([ran.code, ran.err]).toEqual([75, expect.stringMatching(/pid 812/)])
})

it('connect: the password only when asked for, to the application as well', async () => {
  const asked: unknown[] = []
  const connection = {
    cluster: 'orders',
    broker: 'Kafka',
    endpoints: ['127.0.0.1:1'],
    username: 'shop',
    password: { secretRef: { generated: 'shop' } },
    ca: null,
    caFile: null,
    managementUrl: null,
    properties: { file: 'client.properties', text: 'a=b\n' },
    environment: { ORDERS_USERNAME: 'shop', ORDERS_PASSWORD: '${secretRef:generated:shop}' },
  }
  const app = {
    connect: async (_: unknown, o: unknown) => (asked.push(o), connection),
    remembered: async () => [spec('orders')],
  }
  const shown = await cli(['connect', 'orders', '--user', 'shop'], { app })
  expect(shown.out).toContain('(generated:shop)')
  expect((await cli(['connect', 'orders', '--properties', '--show-secrets'], { app })).out).toBe('a=b\n')
  expect((await cli(['connect', 'orders', '--env'], { app })).out).toBe('export ORDERS_USERNAME=shop\n')
  expect(asked).toEqual([
    { user: 'shop', secrets: false },
    { user: null, secrets: true },
    { user: null, secrets: false },
  ])
})

it('logs: a terminal is not steered by what a client made a broker write', async () => {
  const app = {
    brokers: [
      {
        kind: 'Kafka',
        layout: () => ({
          members: [
            { role: 'broker', slot: 1, ports: [] },
            { role: 'broker', slot: 2, ports: [] },
          ],
        }),
      },
    ] as never,
    remembered: async () => [spec('orders')],
    logs: async function* () {
      yield '\u001b[2J\thello'
    },
  }
  expect((await cli(['logs', 'orders/member/2'], { app, columns: 80 })).out).toBe('\\x1b[2J  hello\n')
  expect((await cli(['logs', 'orders/2'], { app })).out).toBe('\u001b[2J\thello\n')
  expect((await cli(['logs', 'orders'], { app })).out).toBe('orders/1 \u001b[2J\thello\norders/2 \u001b[2J\thello\n')
  expect((await cli(['logs', 'orders/member/3'], { app })).err).toMatch(/orders\/member\/1, orders\/member\/2/)
})

it('init writes a spec once, the schema beside it, and overwrites when forced', async () => {
  const cwd = folder()
  const app = {
    brokers: [{ kind: 'Kafka' }, { kind: 'Nats' }] as never,
    starter: (kinds: readonly string[]) => `# mqops.schema.json ${kinds.join()}\n`,
    schema: () => ({ type: 'object' }),
  }
  expect((await cli(['init', 'nats'], { app, cwd })).code).toBe(0)
  expect(readFileSync(join(cwd, 'mqops.yaml'), 'utf8')).toContain('Nats')
  expect(existsSync(join(cwd, 'mqops.schema.json'))).toBe(true)
  const again = await cli(['init'], { app, cwd })
  expect([again.code, again.err]).toEqual([1, expect.stringMatching(/--force/)])
  expect((await cli(['init', '--force'], { app, cwd })).code).toBe(0)
  expect(readFileSync(join(cwd, 'mqops.yaml'), 'utf8')).toContain('Kafka,Nats')
  expect((await cli(['init', 'natz'], { app, cwd })).err).toMatch(/Did you mean nats/)
})

it('doctor: 1 when something is missing, with the command that mends it', async () => {
  const cwd = folder()
  const report = async () => [{ software: 'nats', version: '2.15.1', state: 'missing', mend: 'mqops apply' } as const]
  const app = { stateFolder: join(cwd, '.mqops'), runtimes: { report } as never }
  const ran = await cli(['doctor'], { app, cwd })
  expect([ran.code, ran.out]).toEqual([1, expect.stringMatching(/nats 2\.15\.1[\s\S]*mqops apply/)])
  expect((await cli(['doctor'], { app: { ...app, runtimes: { report: async () => [] } as never }, cwd })).code).toBe(0)
})

describe('demo', () => {
  it('builds, verifies, shows, and proposes what to do next', async () => {
    const { app, approvals } = runs()
    const loaded: (readonly string[])[] = []
    const ran = await cli(['demo'], {
      app: {
        ...app,
        load: async (paths) => (
          loaded.push(paths), { clusters: [spec('demo-kafka')], failures: [], sourceOf: () => null }
        ),
        status: async () => [status({ spec: spec('demo-kafka') })],
      },
    })
    expect([ran.code, approvals]).toEqual([0, [{ all: true, confirmed: [] }]])
    expect(loaded[0]?.[0]).toMatch(/examples\/demo\.yaml$/)
    expect(ran.out).toMatch(
      /healthy[\s\S]*Ready and verified[\s\S]*1\. [\s\S]*mqops plan[\s\S]*2\. [\s\S]*mqops status[\s\S]*3\. [\s\S]*mqops connect demo-kafka/,
    )
  })

  it('prints lines that work when they are typed as they stand, and names only the downloads it needs', async () => {
    const { app } = runs()
    const cwd = folder()
    const missing = (software: 'kafka' | 'nats' | 'java', version: string) =>
      ({ software, version, state: 'missing' }) as const
    const demo = () =>
      cli(['demo'], {
        cwd,
        program: './mqops',
        app: {
          ...app,
          brokers: [{ kind: 'Kafka', software: 'kafka' } as Broker],
          runtimes: {
            report: async () => [
              missing('kafka', '4.3.1'),
              missing('kafka', '4.2.1'),
              missing('nats', '2.15.1'),
              missing('java', '17'),
            ],
          } as unknown as Runtimes,
          load: async () => ({ clusters: [spec('demo-kafka')], failures: [], sourceOf: () => null }),
          status: async () => [status({ spec: spec('demo-kafka') })],
        },
      })
    const ran = await demo()
    expect(ran.out).toContain('To be downloaded once: kafka 4.3.1, java 17.\n')
    const lines = ran.out.split('\n').flatMap((line) => /^ +\$ (.*)$/.exec(line)?.[1] ?? [])
    expect(lines).toEqual([
      expect.stringMatching(/^cp \/\S+\/examples\/demo\.yaml mqops\.yaml$/),
      './mqops plan',
      './mqops status',
      './mqops connect demo-kafka --show-secrets',
    ])
    expect(ran.out).toContain('./mqops demo --down\n')
    writeFileSync(join(cwd, 'mqops.yaml'), 'mine')
    expect((await demo()).out).not.toContain('cp ')
  })

  it('--down asks nobody and leaves nothing remembered', async () => {
    const { app, approvals } = runs()
    const forgotten: (readonly string[])[] = []
    const ran = await cli(['demo', '--down'], {
      app: {
        ...app,
        load: async () => ({ clusters: [spec('demo-kafka')], failures: [], sourceOf: () => null }),
        planDestroy: async () => ({ plan: plan([destructive]), failures: [] }),
        forget: async (names) => void forgotten.push(names),
      },
    })
    expect([ran.code, approvals, forgotten]).toEqual([0, [{ all: true, confirmed: ['demo-kafka'] }], [['demo-kafka']]])
  })
})

it('__complete proposes names, and nothing when it can not', async () => {
  expect(
    (await cli(['__complete', 'clusters'], { app: { remembered: async () => [spec('orders'), spec('a')] } })).out,
  ).toBe('orders\na\n')
  const ran = await cli(['__complete', 'clusters'], {
    app: { remembered: async () => Promise.reject(new Error('no')) },
  })
  expect([ran.code, ran.out, ran.err]).toEqual([0, '', ''])
})
