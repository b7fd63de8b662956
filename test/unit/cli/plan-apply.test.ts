import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { MqopsError } from '../../../src/model/failure.ts'
import type { RunOptions, RunResult } from '../../../src/cli/application.ts'
import { check, cli, destructive, failure, folder, plan, result, runs, spec, step } from './support.ts'

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

describe('--adopt', () => {
  const asked: unknown[] = []
  const app = {
    plan: async (_: unknown, o: unknown) => (asked.push(o), { plan: plan([step()]), failures: [] }),
    printPlan: () => '',
  }

  it('reaches the plan, and stands in the command that is proposed', async () => {
    const ran = await cli(['plan', '--adopt', 'orders/topic/a', '--adopt', 'ord*/topic/*'], { app })
    expect(asked.splice(0)).toEqual([{ adopt: ['orders/topic/a', 'ord*/topic/*'] }])
    expect(ran.out).toContain("Next: mqops apply --adopt orders/topic/a --adopt 'ord*/topic/*'\n")
  })

  it.each([
    ['orders', /is no address[\s\S]*CLUSTER\/KIND\/NAME/],
    ['orders//a', /is no address/],
    ['ordes/topic/a', /no cluster "ordes"[\s\S]*Did you mean orders/],
    ['x*/topic/a', /no cluster "x\*"/],
  ])('%s is refused before anything is asked', async (address, said) => {
    for (const command of ['plan', 'apply']) {
      const ran = await cli([command, '--adopt', address], { app })
      expect([ran.code, ran.err, asked.splice(0)]).toEqual([64, expect.stringMatching(said), []])
    }
  })

  it('a plan file has its own', async () => {
    const ran = await cli(['apply', 'orders.plan', '--adopt', 'orders/topic/a'], { app })
    expect([ran.code, ran.err]).toEqual([64, expect.stringContaining('PLANFILE, --adopt')])
  })
})

describe('adopt', () => {
  const taken = step({ action: 'kafka.topic.adopt', args: { key: ['a'], want: {}, uid: null, from: 'theirs' } })
  const adopted: unknown[] = []
  const app = {
    plan: async () => ({ plan: plan([taken, step({ action: 'kafka.topic.adopt' })]), failures: [] }),
    adopt: async (_: unknown, takeOver: readonly string[]) => (
      adopted.push(takeOver), [{ cluster: 'orders', clusterId: 'id', resources: 2, claimed: 2 }]
    ),
  }

  it('names what another spec owns, and asks', async () => {
    const yes = await cli(['adopt'], { app, person: { confirm: true } })
    expect([yes.code, yes.err, adopted.splice(0)]).toEqual([
      0,
      expect.stringContaining('  orders/topic/a  theirs\n'),
      [['orders/topic/a']],
    ])
    expect((await cli(['adopt'], { app, person: { confirm: false } })).code).toBe(1)
    const nobody = await cli(['adopt'], { app })
    expect([nobody.code, nobody.err]).toEqual([1, expect.stringContaining('MQOPS_APPROVAL_NEEDED')])
    expect(adopted).toEqual([])
    expect((await cli(['adopt', '--yes'], { app })).code).toBe(0)
    expect(adopted.splice(0)).toEqual([['orders/topic/a']])
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

  it('--yes never covers removing what mqops made, data or not; the plan says so and --confirm does', async () => {
    const { app, approvals } = runs()
    const removal = step({ action: 'kafka.acl.delete', risk: 'disruptive', removes: true })
    const removing = { ...app, plan: async () => ({ plan: plan([step(), removal]), failures: [] }) }
    const refused = await cli(['apply', '--yes'], { app: removing })
    expect([refused.code, approvals]).toEqual([1, []])
    expect(refused.out).toContain('! removed: takes consent by name (--confirm orders)')
    expect(refused.err).toContain('--confirm orders')
    expect((await cli(['plan'], { app: removing })).out).toContain('mqops apply --confirm orders')
    expect((await cli(['plan', '-o', 'markdown'], { app: removing })).out).toContain('takes consent by name')
    const ran = await cli(['apply'], { app: removing, person: { confirm: true, text: 'orders' } })
    expect([ran.code, approvals]).toEqual([0, [{ all: true, confirmed: ['orders'] }]])
    expect(ran.asked).toEqual([
      'Apply this plan?',
      expect.stringContaining('removes 1 thing that mqops made in orders'),
    ])
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

it('locked: 75, before anything happened', async () => {
  const { app } = runs()
  const locked = async () => Promise.reject(new MqopsError({ code: 'MQOPS_LOCKED', summary: 'held by pid 812' }))
  const ran = await cli(['apply', '--yes'], { app: { ...app, run: locked } })
  expect([ran.code, ran.err]).toEqual([75, expect.stringMatching(/pid 812/)])
})
